"""Pictures of things, drawn from a line of words: a stand-in for the photos of a real site.

`bicycle red`, `mug blue x3 striped on table`, `sign white on street "NO PARKING"`. What a picture
shows is nowhere else on a site: file names are numbers, and alternative texts repeat the title.
"""

import io
import random
import re
import textwrap
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from vigorl.tasks.sites.things import PAINTS, THINGS, Stroke, strokes

WIDTH_PX, HEIGHT_PX = 400, 300
FINER = 2
"""Pictures are drawn this many times as large, so that edges come out smooth."""

Colour = tuple[int, int, int]

SCENES: dict[str, tuple[Colour, Colour, float]] = {
    "studio": ((236, 236, 238), (222, 222, 226), 0.78),
    "room": ((214, 222, 214), (176, 138, 98), 0.70),
    "table": ((226, 214, 200), (150, 104, 66), 0.52),
    "lawn": ((190, 220, 245), (122, 172, 92), 0.62),
    "street": ((188, 182, 178), (118, 120, 126), 0.68),
    "sea": ((200, 226, 245), (84, 140, 176), 0.55),
}
"""Colours behind and below, and how far down the ground begins."""

PATTERNS = ("striped", "dotted")

_LINE = re.compile(
    r"(?P<thing>[a-z]+) (?P<colour>[a-z]+)(?: x(?P<count>\d))?(?: (?P<pattern>striped|dotted))?"
    r"(?: on (?P<scene>[a-z]+))?(?: \"(?P<text>[^\"]*)\")?"
)


@dataclass(frozen=True, slots=True)
class Photo:
    """What a picture shows."""

    thing: str
    colour: str
    count: int = 1
    pattern: str = ""
    scene: str = "studio"
    text: str = ""

    @classmethod
    def read(cls, line: str) -> "Photo":
        """From its line of words.

        Raises:
            ValueError: a word stands for nothing.
        """
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{line!r} describes no picture")
        photo = cls(
            match["thing"],
            match["colour"],
            int(match["count"] or 1),
            match["pattern"] or "",
            match["scene"] or "studio",
            match["text"] or "",
        )
        known = ((photo.thing, THINGS), (photo.colour, PAINTS), (photo.scene, SCENES))
        for word, words in known:
            if word not in words:
                raise ValueError(f"{line!r}: there is no {word!r}")
        return photo


@lru_cache(maxsize=1000)
def jpeg(line: str, number: int) -> bytes:
    """A picture as a file; `number` makes it another picture of the same."""
    buffer = io.BytesIO()
    draw_photo(Photo.read(line), number).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def draw_photo(photo: Photo, number: int = 0) -> Image.Image:
    """A picture, 400 x 300 px. The same number gives the same light, grain and places."""
    draw = random.Random(number)
    image = _background(photo.scene, number)
    for centre, side in _places(photo.count, draw):
        thing = _thing(photo, round(side * draw.uniform(0.94, 1.0)))
        if draw.random() < 0.5 and not photo.text:
            thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        thing = thing.rotate(draw.uniform(-4, 4), Image.Resampling.BILINEAR)
        corner = (round(centre[0] - thing.width / 2), round(centre[1] - thing.height / 2))
        shadow = thing.getchannel("A").point(lambda alpha: alpha // 4)
        shadow = shadow.filter(ImageFilter.BoxBlur(6))
        image.paste((0, 0, 0), (corner[0] + 12, corner[1] + 10), shadow)
        image.paste(thing, corner, thing)
    return _grained(image.reduce(FINER), number)


def _background(scene: str, number: int) -> Image.Image:
    """Wall and floor, or sky and ground, a little different in every picture."""
    behind, below, horizon = SCENES[scene]
    draw = random.Random(number + 1)
    width, height = WIDTH_PX * FINER, HEIGHT_PX * FINER
    tint = [draw.randint(-14, 14) for _ in range(3)]
    image = Image.new("RGB", (width, height), _mixed(behind, tint))
    brush = ImageDraw.Draw(image)
    line = round(height * (horizon + draw.uniform(-0.04, 0.04)))
    brush.rectangle((0, line, width, height), fill=_mixed(below, tint))
    for _ in range(5):
        x, y = draw.randrange(width), draw.randrange(line, height)
        stripe = _mixed(below, [value - 10 for value in tint])
        brush.rectangle((x, y, x + draw.randrange(60, 300), y + 4), fill=stripe)
    return image


def _grained(image: Image.Image, number: int) -> Image.Image:
    """Uneven light and grain, so that no two pictures are alike in their empty parts."""
    random_numbers = np.random.default_rng(number)
    coarse = Image.fromarray(random_numbers.integers(0, 256, (15, 20), dtype=np.uint8))
    light = np.asarray(coarse.resize(image.size, Image.Resampling.BICUBIC), np.float64) / 255 - 0.5
    grain = random_numbers.normal(0.0, 4.5, light.shape)
    pixels = np.asarray(image, np.float64) + (20 * light + grain)[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _places(count: int, draw: random.Random) -> list[tuple[tuple[float, float], float]]:
    """Centres and sides of so many things, px of the fine picture."""
    columns = {1: 1, 2: 2, 3: 3, 4: 2}.get(count, (count + 1) // 2)
    rows = -(-count // columns)
    width, height = WIDTH_PX * FINER / columns, HEIGHT_PX * FINER / rows
    side = 0.92 * min(width, height)
    places = []
    for i in range(count):
        row, column = divmod(i, columns)
        in_row = min(columns, count - row * columns)
        x = (column + 0.5 + (columns - in_row) / 2) * width
        y = (row + 0.5) * height
        slack = 0.12 * (width - side), 0.12 * (height - side)
        places.append(
            (
                (x + draw.uniform(-slack[0], slack[0]), y + draw.uniform(-slack[1], slack[1])),
                side,
            )
        )
    return places


def _thing(photo: Photo, side_px: int) -> Image.Image:
    """One thing on a transparent square."""
    scale = side_px / 100
    image = Image.new("RGBA", (side_px, side_px), (0, 0, 0, 0))
    own = Image.new("L", image.size, 0)  # where the thing has its own colour
    main = PAINTS[photo.colour]
    shades = {"main": main, "dark": _shade(main, 0.72), "light": _light(main)}
    spot = None
    for stroke in strokes(photo.thing):
        if stroke.kind == "t":
            spot = (stroke.at[0] * scale, stroke.at[1] * scale)
            continue
        _paint(
            ImageDraw.Draw(image), stroke, scale, shades.get(stroke.paint) or PAINTS[stroke.paint]
        )
        _paint(ImageDraw.Draw(own), stroke, scale, 255 if stroke.paint == "main" else 0)
    if photo.pattern:
        pattern = _pattern(photo.pattern, side_px, shades["light"])
        cut = Image.composite(pattern.getchannel("A"), Image.new("L", own.size, 0), own)
        image.paste(pattern, (0, 0), cut)
    if photo.text:
        _write(image, photo.text, spot)
    return image


def _paint(brush: ImageDraw.ImageDraw, stroke: Stroke, scale: float, fill: Colour | int) -> None:
    at = [value * scale for value in stroke.at]
    width = max(1, round(stroke.width * scale))
    match stroke.kind:
        case "e":
            brush.ellipse(at, fill=fill)
        case "o":
            brush.ellipse(at, outline=fill, width=width)
        case "r":
            brush.rounded_rectangle(at, radius=3 * scale, fill=fill)
        case "p":
            brush.polygon(at, fill=fill)
        case _:
            brush.line(at, fill=fill, width=width, joint="curve")


def _pattern(name: str, side_px: int, colour: Colour) -> Image.Image:
    image = Image.new("RGBA", (side_px, side_px), (0, 0, 0, 0))
    brush = ImageDraw.Draw(image)
    step = side_px / 11
    for i in range(11):
        if name == "striped":
            brush.rectangle((0, i * step, side_px, (i + 0.42) * step), fill=(*colour, 255))
            continue
        for j in range(11):
            x, y = (j + 0.5 * (i % 2)) * step, i * step
            brush.ellipse((x, y, x + 0.5 * step, y + 0.5 * step), fill=(*colour, 255))
    return image


def _write(image: Image.Image, text: str, spot: tuple[float, float] | None) -> None:
    """A text on the thing where it has a place for one, on a slip of paper below otherwise."""
    brush = ImageDraw.Draw(image)
    lines = "\n".join(textwrap.wrap(text, 10))
    room_px = image.width * (0.8 if spot is None else 0.36 if len(text) < 6 else 0.7)
    size = image.width // 5
    while brush.textbbox((0, 0), lines, ImageFont.load_default(size))[2] > room_px and size > 8:
        size -= 1
    font = ImageFont.load_default(size)
    x, y = spot or (image.width / 2, image.height * 0.9)
    box = brush.textbbox((x, y), lines, font=font, anchor="mm", align="center")
    margin = size // 4
    paper = (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)
    brush.rounded_rectangle(paper, radius=margin, fill=(252, 250, 240))
    brush.text((x, y), lines, font=font, anchor="mm", align="center", fill=(30, 30, 35))


def _shade(colour: Colour, factor: float) -> Colour:
    return (
        round(colour[0] * factor),
        round(colour[1] * factor),
        round(colour[2] * factor),
    )


def _light(colour: Colour) -> Colour:
    return (
        (colour[0] + 2 * 255) // 3,
        (colour[1] + 2 * 255) // 3,
        (colour[2] + 2 * 255) // 3,
    )


def _mixed(colour: Colour, tint: list[int]) -> Colour:
    red, green, blue = (
        min(255, max(0, value + change)) for value, change in zip(colour, tint, strict=True)
    )
    return red, green, blue
