"""Pages drawn without a browser, hundreds a second: where nano learns to read.

They have the letters, colours and clutter of interfaces but none of their sense. Everything that
is drawn is written down: each character's middle for the supervision of reading, and the targets
that can be asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vigorl.browser.errors import UsageError

Colour = tuple[int, int, int]
BoxPx = tuple[float, float, float, float]

_MARGIN_PX = 40
"""Letters may reach so far over the edge of the page."""
_FONT_FILES = ("*.ttf", "*.otf")
_UNREADABLE = ("MathTeX", "Symbol", "Emoji", "Awesome", "Icons", "D050000L", "StandardSymbols")


@dataclass(frozen=True, slots=True)
class SketchTarget:
    """Something on the page that can be asked for."""

    label: str
    box_px: BoxPx
    kind: str
    """'text' for what is written there, or the control that belongs to the label."""


@dataclass
class Sketch:
    """One page and the truth about it."""

    pixels: NDArray[np.uint8]
    """[H, W, 3]."""
    targets: list[SketchTarget] = field(default_factory=list)
    characters: list[tuple[str, float, float]] = field(default_factory=list)
    """Each with the middle of its place, px; in order of drawing."""


class Typefaces:
    """The fonts of a folder, and how wide their letters are."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.paths = _fonts(
            path for folder in folders for pattern in _FONT_FILES for path in folder.rglob(pattern)
        )
        if not self.paths:
            raise UsageError(
                f"no fonts in {', '.join(map(str, folders))}: apt-get install fonts-dejavu "
                "fonts-liberation, or give another folder with --fonts"
            )

    @classmethod
    def of_files(cls, paths: Iterable[Path]) -> "Typefaces":
        """The fonts of these files."""
        faces = cls.__new__(cls)
        faces.paths = _fonts(path for path in paths if path.suffix in (".ttf", ".otf"))
        return faces

    def draw(self, random: Random, sizes: tuple[int, int]) -> "Typeface":
        """Any font at any of these sizes, px."""
        return _typeface(str(random.choice(self.paths)), random.randint(*sizes))


def _fonts(paths: Iterable[Path]) -> list[Path]:
    """Those that have letters."""
    return sorted(path for path in paths if not any(part in path.name for part in _UNREADABLE))


@lru_cache(maxsize=2048)
def _typeface(path: str, size_px: int) -> "Typeface":
    return Typeface(path, size_px)


@dataclass(frozen=True, slots=True)
class Glyph:
    """The picture of a character, seen from its origin on the baseline."""

    alpha: NDArray[np.uint8]
    left_px: int
    top_px: int

    @property
    def high(self) -> int:
        """Rows of pixels."""
        return len(self.alpha)

    @property
    def wide(self) -> int:
        """Columns of pixels."""
        return int(self.alpha.shape[1])


class Typeface:
    """One font at one size."""

    def __init__(self, path: str, size_px: int) -> None:
        self.size_px = size_px
        self.font = ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.BASIC)
        self.ascent_px, self.descent_px = self.font.getmetrics()
        self._advances: dict[str, float] = {}
        self._glyphs: dict[str, Glyph] = {}

    def advance(self, character: str) -> float:
        """Width of a character, px."""
        width = self._advances.get(character)
        if width is None:
            width = self._advances[character] = self.font.getlength(character)
        return width

    def glyph(self, character: str) -> Glyph:
        """How dark a character makes which pixels; drawn once and remembered."""
        found = self._glyphs.get(character)
        if found is None:
            mask, (left, top) = self.font.getmask2(character, "L", anchor="ls")
            pixels = np.asarray(mask, np.uint8).reshape(mask.size[1], mask.size[0])
            found = self._glyphs[character] = Glyph(pixels, left, top)
        return found

    def width(self, text: str) -> float:
        """Width of a text, px."""
        return sum(map(self.advance, text))


class Pen:
    """Draws on one page and writes down what it draws."""

    def __init__(self, random: Random, width_px: int, height_px: int, words: "WordSource") -> None:
        self.random = random
        self.width_px, self.height_px = width_px, height_px
        self.words = words
        self.dark = random.random() < 0.3
        self.paper = self._paper()
        self.image = Image.new("RGB", (width_px, height_px), self.paper)
        self.canvas = ImageDraw.Draw(self.image)
        self.sketch = Sketch(np.empty(0, np.uint8))
        padded = (height_px + 2 * _MARGIN_PX, width_px + 2 * _MARGIN_PX)
        self._shade = np.zeros(padded, np.uint8)
        self._ink_numbers = np.zeros(padded, np.int16)
        self._inks: list[Colour] = []

    def _paper(self) -> Colour:
        if self.random.random() < 0.35:
            return (16, 16, 18) if self.dark else (255, 255, 255)
        low, high = (0, 70) if self.dark else (190, 255)
        return self._colour(low, high)

    def _colour(self, low: int, high: int) -> Colour:
        random = self.random
        if random.random() < 0.5:
            grey = random.randint(low, high)
            return (grey, grey, grey)
        return (random.randint(low, high), random.randint(low, high), random.randint(low, high))

    def ink(self, paper: Colour) -> Colour:
        """A colour that can be read on that one."""
        bright = luminance(paper)
        for _ in range(8):
            colour = self._colour(0, 255)
            if abs(luminance(colour) - bright) > 90:
                return colour
        return (0, 0, 0) if bright > 110 else (255, 255, 255)

    def write(
        self, x: float, baseline: float, text: str, face: Typeface, ink: Colour
    ) -> tuple[BoxPx, list[BoxPx]]:
        """Put a text on the page, from its left end on its baseline; it lies above all shapes.

        Returns:
            The box of it all and one of each word.
        """
        self._inks.append(ink)
        number, across, base = len(self._inks), round(x) + _MARGIN_PX, round(baseline) + _MARGIN_PX
        top, bottom = baseline - 0.8 * face.size_px, baseline + 0.22 * face.size_px
        middle = baseline - 0.33 * face.size_px
        boxes, at, begins = [], x, x
        for character in text:
            wide = face.advance(character)
            if character == " ":
                boxes.append((begins, top, at, bottom))
                begins = at + wide
            else:
                self.sketch.characters.append((character, at + wide / 2, middle))
                glyph = face.glyph(character)
                left, above = across + round(at - x) + glyph.left_px, base + glyph.top_px
                place = slice(above, above + glyph.high), slice(left, left + glyph.wide)
                shade = self._shade[place]
                if above >= 0 <= left and shade.shape == glyph.alpha.shape:
                    np.maximum(shade, glyph.alpha, out=shade)
                    self._ink_numbers[place] = number
            at += wide
        boxes.append((begins, top, at, bottom))
        return (x, top, at, bottom), boxes

    def fill(
        self, box: BoxPx, colour: Colour, radius: float = 0, rim: Colour | None = None
    ) -> None:
        """A box, with round corners or without, with a rim or without."""
        self.canvas.rounded_rectangle(box, radius, colour, rim)

    def target(self, label: str, box: BoxPx, kind: str) -> None:
        """Write down what can be asked for, as far as it is on the page."""
        left, top, right, bottom = box
        shown = (max(left, 0), max(top, 0), min(right, self.width_px), min(bottom, self.height_px))
        if shown[2] - shown[0] > 0.7 * (right - left) and shown[3] - shown[1] > 0.7 * (
            bottom - top
        ):
            self.sketch.targets.append(SketchTarget(label, shown, kind))

    def finish(self) -> Sketch:
        """The page; a target whose label stands there twice for the same kind is left out."""
        self.sketch.pixels = np.array(self.image)
        inside = slice(_MARGIN_PX, -_MARGIN_PX), slice(_MARGIN_PX, -_MARGIN_PX)
        numbers = self._ink_numbers[inside]
        written = numbers > 0
        paper = self.sketch.pixels[written].astype(np.int32)
        ink = np.array(self._inks, np.int32).reshape(-1, 3)[numbers[written] - 1]
        shade = self._shade[inside][written][:, None]
        self.sketch.pixels[written] = paper + (ink - paper) * shade // 255
        seen: dict[tuple[str, str], int] = {}
        for target in self.sketch.targets:
            key = (target.label.lower(), target.kind)
            seen[key] = seen.get(key, 0) + 1
        self.sketch.targets = [
            target for target in self.sketch.targets if seen[target.label.lower(), target.kind] == 1
        ]
        return self.sketch


def luminance(colour: Colour) -> float:
    """How bright a colour is, 0 to 255."""
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


class WordSource:
    """Words to write: real ones, invented ones, numbers."""

    def __init__(self, real: Sequence[str]) -> None:
        self._real = tuple(real)
        self._follows: dict[str, str] = {}
        for word in self._real:
            for before, after in zip(f"^{word}", f"{word}$", strict=True):
                self._follows[before] = self._follows.get(before, "") + after

    def word(self, random: Random) -> str:
        """One word, as it may stand in an interface."""
        kind = random.random()
        if kind < 0.55:
            word = random.choice(self._real)
        elif kind < 0.85:
            word = self._invented(random)
        else:
            return _number(random)
        case = random.random()
        if case < 0.45:
            return word.capitalize()
        return word.upper() if case < 0.55 else word

    def _invented(self, random: Random) -> str:
        """Letters that follow each other as they do in real words."""
        word = ""
        last = "^"
        while len(word) < 12:
            last = random.choice(self._follows[last])
            if last == "$":
                if len(word) > 1:
                    break
                last = word[-1:] or "^"
                continue
            word += last
        return word

    def phrase(self, random: Random, most: int = 3) -> str:
        """A few words."""
        return " ".join(self.word(random) for _ in range(random.randint(1, most)))


def _number(random: Random) -> str:
    kind = random.randrange(6)
    if kind == 0:
        return f"{random.choice('$€£')}{random.randint(0, 999)}.{random.randint(0, 99):02}"
    if kind == 1:
        return f"{random.randint(1, 31):02}.{random.randint(1, 12):02}.{random.randint(1990, 2040)}"
    if kind == 2:
        return f"{random.randint(0, 23):02}:{random.randint(0, 59):02}"
    if kind == 3:
        return f"{random.randint(0, 100)}%"
    return str(random.randint(0, 10 ** random.randint(1, 5)))
