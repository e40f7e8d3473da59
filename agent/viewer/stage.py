"""A picture of the screen at the size of an animation, and the signs that are drawn on it."""

import math
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw

from vigorl.agent.plain_text import one_line
from vigorl.agent.viewer.typeface import draw_text, text_width_px
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.picture import View

_SAMPLING = 2
"""Signs are drawn this much larger and then made small: smooth edges."""
_CARD, _DOT, _ACT, _HALO = "#eceae5", (43, 95, 158), (211, 17, 92), (255, 255, 255)
_LABEL_LENGTH = 48
_PIN_PX = 19
"""From a point of the thought to the middle of its number."""
_CURSOR = ((0, 0), (0, 17), (4, 13.5), (7, 20), (10, 18.7), (7, 12.5), (12.5, 12.5))
"""The outline of the mouse, px from its tip."""


@dataclass(frozen=True, slots=True)
class StageSigns:
    """What is drawn on a stage. Points and boxes are viewport CSS px."""

    dots: tuple[Point, ...] = ()
    """The points of the thought, numbered from 1."""
    cursor: Point | None = None
    target: Point | None = None
    ring: float = 1.0
    """Radius of the ring around the target, 1: as it stays."""
    path: tuple[Point, ...] = ()
    push: tuple[float, float] | None = None
    region: Box | None = None
    label: str = ""
    """Beside the target; untrusted text."""
    banner: str = ""
    """In the middle below, for what has no place on the screen; untrusted text."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A view, fitted into a picture of a given size."""

    image: Image.Image
    frame: Frame
    """Of the view, at the size at which it is shown."""
    left_px: float
    top_px: float
    """Where the view begins on the image."""
    inset: "Stage | None" = None
    """A zoomed view, which hides a part of this one; its own image is the same."""

    @classmethod
    def of(cls, view: View, width_px: int, height_px: int) -> "Stage":
        """A view in the middle of a picture of this size, as large as fits."""
        image = Image.new("RGB", (width_px, height_px), _CARD)
        shown = _fitted(view, width_px, height_px)
        left, top = (width_px - shown.width) // 2, (height_px - shown.height) // 2
        image.paste(shown, (left, top))
        return cls(image, view.frame.resized(*shown.size), left, top)

    def with_inset(self, zoomed: View) -> "Stage":
        """The same, dimmed, with a zoomed view over it, on the side away from what it shows."""
        image = Image.blend(self.image, Image.new("RGB", self.image.size, "#1e2124"), 0.45)
        width, height = image.size
        shown = _fitted(zoomed, round(0.62 * width), round(0.86 * height))
        region = zoomed.frame.region_css_px
        where = self.at(region.center)
        left = 24 if where is not None and where.x > width / 2 else width - shown.width - 24
        top = (height - shown.height) // 2
        draw = ImageDraw.Draw(image)
        start, end = (
            self._px(Point(region.left, region.top)),
            self._px(Point(region.right, region.bottom)),
        )
        if region.area < 0.98 * self.region_css_px.area:
            draw.rectangle((start.x, start.y, end.x, end.y), outline=_ACT, width=2)
        draw.rectangle(
            (left - 3, top - 3, left + shown.width + 2, top + shown.height + 2), fill=_HALO
        )
        image.paste(shown, (left, top))
        inset = Stage(image, zoomed.frame.resized(*shown.size), left, top)
        return Stage(image, self.frame, self.left_px, self.top_px, inset)

    @property
    def region_css_px(self) -> Box:
        """What of the viewport it shows."""
        return self.frame.region_css_px

    def at(self, point_css_px: Point) -> Point | None:
        """Where a point of the viewport stands on the image; None where that is not shown."""
        if self.inset is not None and (within := self.inset.at(point_css_px)) is not None:
            return within
        place = self._px(point_css_px) if self.region_css_px.contains(point_css_px) else None
        hidden = place is not None and self.inset is not None and self.inset.covers(place)
        return None if hidden else place

    def covers(self, place: Point) -> bool:
        """Whether the view itself, without a border, stands at this place of the image."""
        return self.frame.contains(Point(place.x - self.left_px, place.y - self.top_px))

    def _px(self, point_css_px: Point) -> Point:
        point = self.frame.from_region(point_css_px)
        return Point(self.left_px + point.x, self.top_px + point.y)


def paint(stage: Stage, signs: StageSigns) -> Image.Image:
    """The stage with signs on it."""
    image = stage.image.copy()
    layer = Image.new("RGBA", (image.width * _SAMPLING, image.height * _SAMPLING), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    numbered = _draw_pins(draw, stage, signs)
    _draw_gesture(draw, stage, signs)
    if signs.cursor is not None and (tip := stage.at(signs.cursor)) is not None:
        _draw_cursor(draw, tip)
    image.paste(layer_small := layer.reduce(_SAMPLING), (0, 0), layer_small)
    text = ImageDraw.Draw(image)
    for number, at in numbered:
        width = text_width_px(number, 13)
        draw_text(text, (at.x - width / 2, at.y - 8), number, "white", 13)
    if signs.label and signs.target and (target := stage.at(signs.target)) is not None:
        _draw_label(text, image, signs.label, target.x + 22, target.y - 13)
    if signs.banner:
        width = text_width_px(one_line(signs.banner, _LABEL_LENGTH), 17) + 24
        _draw_label(text, image, signs.banner, (image.width - width) / 2, image.height - 58, 17)
    return image


def _fitted(view: View, width_px: int, height_px: int) -> Image.Image:
    image = view.picture.image()
    scale = min(width_px / image.width, height_px / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _draw_pins(
    draw: ImageDraw.ImageDraw, stage: Stage, signs: StageSigns
) -> list[tuple[str, Point]]:
    """A pin for each point of the thought; the numbers that belong on their heads, stage px."""
    numbered = []
    for number, point in enumerate(signs.dots, 1):
        if (tip := stage.at(point)) is None:
            continue
        side = -1 if tip.y > 2 * _PIN_PX else 1
        head = Point(tip.x, tip.y + side * _PIN_PX)
        middle = (head.x * _SAMPLING, head.y * _SAMPLING)
        stem = (tip.x * _SAMPLING, tip.y * _SAMPLING, *middle)
        for ink, rim in (((*_HALO, 255), 1.5), ((*_DOT, 255), 0.0)):
            draw.line(stem, fill=ink, width=round((2 + 2 * rim) * _SAMPLING))
            draw.circle(stem[:2], (2.5 + rim) * _SAMPLING, fill=ink)
            draw.circle(middle, (9 + rim) * _SAMPLING, fill=ink)
        numbered.append((str(number), head))
    return numbered


def _draw_gesture(draw: ImageDraw.ImageDraw, stage: Stage, signs: StageSigns) -> None:
    """The target, the way of a drag or scroll, a zoomed region: in colour on a light rim."""
    for ink, width in (((*_HALO, 255), 5 * _SAMPLING), ((*_ACT, 255), 2 * _SAMPLING)):
        if signs.region is not None:
            _draw_region(draw, stage, signs.region, ink, width)
        if signs.target is None or (at := stage.at(signs.target)) is None:
            continue
        middle = (at.x * _SAMPLING, at.y * _SAMPLING)
        radius = 14 * signs.ring * _SAMPLING + width / 2
        draw.circle(middle, radius, outline=ink, width=width)
        draw.circle(middle, width / 2 + _SAMPLING, fill=ink)
        places = [place for point in signs.path if (place := stage.at(point)) is not None]
        for start, end in pairwise(places):
            _draw_arrow(draw, start, end, ink, width)
        if signs.push is not None:
            dx, dy = signs.push
            start, end = (Point(at.x + reach * dx, at.y + reach * dy) for reach in (24, 60))
            _draw_arrow(draw, start, end, ink, width)


def _draw_region(
    draw: ImageDraw.ImageDraw, stage: Stage, region: Box, ink: tuple[int, ...], width: int
) -> None:
    box = region.intersection(stage.region_css_px)
    if box is None:
        return
    upper, lower = stage.at(Point(box.left, box.top)), stage.at(Point(box.right, box.bottom))
    if upper is not None and lower is not None:
        corners = [value * _SAMPLING for value in (upper.x, upper.y, lower.x, lower.y)]
        draw.rectangle(corners, outline=ink, width=width)


def _draw_arrow(
    draw: ImageDraw.ImageDraw, start: Point, end: Point, ink: tuple[int, ...], width: int
) -> None:
    tip = (end.x * _SAMPLING, end.y * _SAMPLING)
    draw.line((start.x * _SAMPLING, start.y * _SAMPLING, *tip), fill=ink, width=width)
    angle = math.atan2(end.y - start.y, end.x - start.x)
    for side in (-0.6, 0.6):
        x = tip[0] - 12 * _SAMPLING * math.cos(angle + side)
        y = tip[1] - 12 * _SAMPLING * math.sin(angle + side)
        draw.line((x, y, *tip), fill=ink, width=width)
        draw.circle((x, y), width / 2, fill=ink)
    draw.circle(tip, width / 2, fill=ink)


def _draw_cursor(draw: ImageDraw.ImageDraw, tip: Point) -> None:
    outline = [((tip.x + 1.35 * x) * _SAMPLING, (tip.y + 1.35 * y) * _SAMPLING) for x, y in _CURSOR]
    draw.polygon(outline, fill=(20, 22, 24, 255))
    draw.line([*outline, outline[0]], fill=(*_HALO, 255), width=3, joint="curve")


def _draw_label(
    draw: ImageDraw.ImageDraw,
    image: Image.Image,
    text: str,
    left: float,
    top: float,
    size_px: int = 15,
) -> None:
    """A text on a card, kept on the picture."""
    line = one_line(text, _LABEL_LENGTH)
    width, height = text_width_px(line, size_px) + 20, size_px + 13
    left = max(4, min(left, image.width - width - 4))
    top = max(4, min(top, image.height - height - 4))
    draw.rounded_rectangle((left, top, left + width, top + height), 6, "#d3115c", "white", 2)
    draw_text(draw, (left + 10, top + 5), line, "white", size_px)
