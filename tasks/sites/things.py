"""What pictures show: a few strokes for each thing, on a square of 100 x 100.

A stroke is a letter, coordinates, a paint, and a width where it is a line::

    e x0 y0 x1 y1 paint          ellipse          o x0 y0 x1 y1 paint width    ring
    r x0 y0 x1 y1 paint          rounded box      l x y x y … paint width      line
    p x y x y x y … paint        polygon          t x y                        where a text goes

Paints: `main` is the thing's own colour, `dark` and `light` are made from it; others are `PAINTS`.
"""

from typing import NamedTuple

PAINTS: dict[str, tuple[int, int, int]] = {
    "black": (45, 45, 50),
    "white": (246, 244, 240),
    "grey": (140, 145, 150),
    "red": (204, 44, 44),
    "orange": (240, 130, 30),
    "yellow": (245, 205, 50),
    "green": (50, 145, 75),
    "blue": (40, 95, 190),
    "purple": (125, 65, 165),
    "pink": (240, 130, 175),
    "brown": (125, 80, 45),
    "beige": (222, 202, 165),
    "wood": (170, 120, 70),
    "metal": (185, 190, 198),
    "glass": (175, 215, 235),
    "leaf": (60, 140, 65),
}

_STROKES = {
    "bicycle": "o 4 48 42 86 black 4; o 58 48 96 86 black 4; l 23 67 40 36 66 36 77 67 main 5;"
    "l 40 36 50 67 66 36 main 5; l 23 67 50 67 main 5; l 36 30 42 36 50 67 main 4;"
    "r 30 26 46 31 black; l 66 36 63 26 74 24 black 4; e 46 63 54 71 grey",
    "car": "r 6 46 94 72 main; p 24 48 36 28 68 28 80 48 main; p 30 46 39 32 51 32 51 46 glass;"
    "p 54 46 54 32 66 32 74 46 glass; e 16 60 36 80 black; e 64 60 84 80 black;"
    "e 22 66 30 74 metal; e 70 66 78 74 metal; r 88 52 94 58 yellow; r 6 52 11 58 red",
    "van": "r 6 30 94 74 main; r 62 36 88 52 glass; e 14 62 34 82 black; e 66 62 86 82 black;"
    "e 20 68 28 76 metal; e 72 68 80 76 metal; l 58 32 58 74 dark 1; t 32 48",
    "boat": "p 8 62 92 62 80 82 20 82 main; l 50 62 50 12 wood 3; p 53 14 53 56 84 56 white;"
    "p 47 20 47 56 22 56 light; t 50 72",
    "sofa": "r 10 34 90 64 main; r 4 44 20 76 dark; r 80 44 96 76 dark; r 20 56 50 72 light;"
    "r 50 56 80 72 light; r 14 72 86 80 main; r 10 78 16 88 wood; r 84 78 90 88 wood",
    "chair": "r 30 12 70 50 main; r 26 52 74 62 main; r 28 60 34 92 wood; r 66 60 72 92 wood;"
    "r 30 46 35 56 wood; r 65 46 70 56 wood",
    "table": "e 4 30 96 52 main; e 4 27 96 49 light; r 18 46 24 90 dark; r 76 46 82 90 dark;"
    "r 46 49 53 84 dark",
    "lamp": "p 34 10 66 10 80 46 20 46 main; r 48 46 52 84 metal; e 32 80 68 92 metal",
    "mug": "o 60 34 90 70 main 7; r 18 24 70 82 main; e 18 18 70 32 dark; e 23 20 65 30 brown;"
    "t 44 56",
    "kettle": "o 26 8 74 56 black 5; p 22 46 6 34 10 52 22 62 main; e 18 32 82 88 main;"
    "r 24 78 76 90 main; e 44 24 56 36 black; e 32 44 48 60 light",
    "bottle": "r 40 6 60 14 black; r 42 12 58 34 main; r 30 32 70 94 main; r 30 48 70 78 white;"
    "t 50 63",
    "shirt": "p 30 14 4 34 16 52 28 44 28 90 72 90 72 44 84 52 96 34 70 14 58 20 42 20 main;"
    "e 40 8 60 24 dark; t 50 58",
    "shoe": "p 8 40 34 36 56 54 88 60 96 74 8 74 main; r 6 72 96 82 white; l 36 42 48 50 white 3;"
    "l 42 47 54 54 white 3; r 8 34 32 44 dark",
    "hat": "e 4 58 96 80 main; p 26 66 30 26 70 26 74 66 main; e 30 20 70 34 light;"
    "r 26 54 74 62 black",
    "backpack": "o 38 4 62 26 dark 4; r 20 16 80 92 main; r 28 52 72 84 dark; r 30 60 70 63 light;"
    "l 24 34 76 34 light 2; r 12 40 20 78 dark; r 80 40 88 78 dark; t 50 44",
    "guitar": "e 8 50 52 94 main; e 28 38 60 72 main; e 28 56 46 74 black; l 42 60 84 16 wood 6;"
    "p 80 12 92 6 94 16 86 22 black; l 26 76 36 84 black 3",
    "drum": "r 14 36 86 84 main; e 14 74 86 94 main; e 14 24 86 46 white; o 14 24 86 46 metal 3;"
    "l 24 46 34 84 44 47 56 84 66 47 76 82 light 2",
    "phone": "r 30 6 70 94 main; r 34 14 66 84 glass; e 46 86 54 92 light; t 50 46",
    "laptop": "r 16 16 84 66 main; r 20 20 80 62 glass; p 16 66 84 66 96 84 4 84 metal;"
    "p 22 69 78 69 82 76 18 76 grey; t 50 41",
    "camera": "r 8 30 92 82 main; r 32 20 62 34 main; e 32 34 72 76 black; e 40 42 64 68 glass;"
    "e 46 47 54 55 white; r 76 36 86 42 white; r 14 24 26 30 black",
    "clock": "e 10 10 90 90 main; e 17 17 83 83 white; l 50 50 50 26 black 4;"
    "l 50 50 68 60 black 4;"
    "e 47 47 53 53 black; l 50 18 50 23 black 2; l 82 50 77 50 black 2; l 50 82 50 77 black 2;"
    "l 18 50 23 50 black 2",
    "watch": "r 38 2 62 30 main; r 38 70 62 98 main; e 24 24 76 76 metal; e 29 29 71 71 white;"
    "l 50 50 50 35 black 3; l 50 50 62 55 black 3",
    "umbrella": "p 4 52 14 28 34 14 50 10 66 14 86 28 96 52 main; e 4 46 28 60 light;"
    "e 28 45 50 60 light; e 50 45 72 60 light; e 72 46 96 60 light; l 50 10 50 84 black 3;"
    "l 50 84 54 92 62 88 black 3",
    "ball": "e 14 14 86 86 main; l 50 14 50 86 light 3; l 16 40 50 52 84 40 light 3;"
    "l 20 70 50 52 80 70 light 3",
    "tent": "p 50 14 96 86 4 86 main; p 50 34 66 86 34 86 dark; l 50 8 50 20 wood 3;"
    "p 50 8 62 12 50 16 light",
    "plant": "p 28 62 72 62 66 94 34 94 main; r 24 56 76 66 main; l 50 58 50 24 leaf 4;"
    "e 22 30 50 46 leaf; e 50 24 80 42 leaf; e 32 6 52 30 leaf; e 50 8 68 30 leaf",
    "apple": "e 14 28 60 88 main; e 40 28 86 88 main; l 50 34 54 14 brown 4; e 54 12 76 24 leaf;"
    "e 24 40 36 54 light",
    "fish": "e 14 30 74 72 main; p 68 50 94 30 94 72 main; e 24 42 32 50 white;"
    "e 26 44 30 48 black;"
    "p 40 32 58 20 60 36 dark; l 44 44 44 58 dark 2; l 54 42 54 60 dark 2",
    "cat": "e 26 52 74 96 main; e 28 22 72 62 main; p 28 38 30 8 46 26 main;"
    "p 72 38 70 8 54 26 main;"
    "e 38 36 45 44 yellow; e 55 36 62 44 yellow; e 40 37 43 44 black; e 57 37 60 44 black;"
    "p 47 47 53 47 50 51 pink; l 72 88 90 80 92 62 main 6; e 38 64 62 92 light",
    "dog": "r 24 46 76 74 main; r 26 66 34 92 main; r 66 66 74 92 main; e 58 16 92 50 main;"
    "p 60 20 52 46 66 36 dark; e 74 26 79 31 black; e 86 34 96 42 black; l 26 50 10 32 main 6",
    "bird": "e 22 34 74 74 main; e 56 18 84 46 main; p 82 28 98 34 82 38 orange;"
    "e 68 26 74 32 white;"
    "e 70 28 73 31 black; p 24 56 2 46 8 70 dark; e 32 44 60 66 dark; l 44 74 44 90 orange 2;"
    "l 54 74 54 90 orange 2",
    "house": "r 14 44 86 92 main; p 4 48 50 10 96 48 brown; r 42 62 58 92 wood;"
    "r 22 54 36 70 glass;"
    "r 64 54 78 70 glass; e 53 76 56 79 yellow",
    "tree": "r 44 54 56 96 brown; e 12 26 56 70 main; e 44 26 88 70 main; e 26 4 74 54 main",
    "book": "r 18 10 82 92 main; r 18 84 82 92 white; r 18 10 26 92 dark; t 54 42",
    "sign": "r 46 60 54 98 wood; r 4 12 96 66 main; r 8 16 92 62 light; t 50 39",
    "balloon": "e 22 6 78 70 main; p 46 68 54 68 58 76 42 76 dark; l 50 76 46 88 52 98 black 1;"
    "e 34 18 44 34 light",
    "cake": "e 8 66 92 92 beige; r 14 42 86 80 main; e 14 34 86 52 white; r 30 18 33 40 light;"
    "r 48 16 51 40 light; r 66 18 69 40 light; e 29 10 34 18 orange; e 47 8 52 16 orange;"
    "e 65 10 70 18 orange; t 50 66",
    "box": "p 8 36 50 50 50 96 8 80 main; p 92 36 50 50 50 96 92 80 dark;"
    "p 8 36 50 22 92 36 50 50 light",
}


class Stroke(NamedTuple):
    """One stroke, read."""

    kind: str
    at: tuple[float, ...]
    """Coordinates on the square."""
    paint: str
    width: float


def strokes(thing: str) -> list[Stroke]:
    """A thing's strokes, from the back to the front."""
    return [_read(each.split()) for each in _STROKES[thing].split(";")]


def _read(words: list[str]) -> Stroke:
    kind, *rest = words
    split = next((i for i, word in enumerate(rest) if word.isalpha()), len(rest))
    at = tuple(float(word) for word in rest[:split])
    paint, width = (*rest[split:], "", "0")[:2] if split < len(rest) else ("", "0")
    return Stroke(kind, at, paint, float(width or 0))


THINGS = tuple(_STROKES)
