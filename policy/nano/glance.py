"""Large screens: read at a glance first, then closely, part by part.

Up to a full HD screen everything is read as it is: shrunk to a million pixels, as vision-language
models see it, two of 38 texts and four of 21 controls of generated pages were lost. What cannot be
read at a glance is looked at in parts, squares that overlap a little::

    +-------+-------+-------+
    |   1   |   2   |   3   |      a screen of 3840 x 2160, at a glance 2024 x 1138:
    +-------+-------+-------+      six parts, each of which a zoom shows on
    |   4   |   5   |   6   |      1280 x 1280 pixels
    +-------+-------+-------+
"""

import math
from collections.abc import Sequence

from PIL import Image

from vigorl.browser.actions import ZoomStyle
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.picture import Picture, View
from vigorl.policy.grammar import Lens

GLANCE_PX = 1920 * 1200
"""Pixels of a glance."""
PART_PX = 768
"""Side of a part, px of the glance."""
OVERLAP_PX = 48
"""By which neighbouring parts overlap at least, px of the glance."""
CLOSE_STYLE = ZoomStyle(output_px=1280, dot=False, edge="shift", source="optical")


def glance_size(width_px: float, height_px: float) -> tuple[int, int]:
    """Width and height of a picture at a glance; small ones stay as they are."""
    shrink = min(1.0, math.sqrt(GLANCE_PX / (width_px * height_px)))
    return max(1, round(width_px * shrink)), max(1, round(height_px * shrink))


def glance(view: View) -> View:
    """The view at a glance; the same one where it is small enough."""
    size = glance_size(view.frame.width_px, view.frame.height_px)
    if size == (view.frame.width_px, view.frame.height_px):
        return view
    small = view.picture.image().resize(size, Image.Resampling.LANCZOS)
    return View(Picture.from_image(small), view.frame.resized(*size), view.kind)


def close_lens(frame: Frame) -> Lens:
    """How a part of a glance is looked at closely."""
    region = frame.region_css_px
    return Lens(
        PART_PX / 2 * region.width / frame.width_px,
        PART_PX / 2 * region.height / frame.height_px,
        CLOSE_STYLE,
    )


def parts(frame: Frame) -> list[Point]:
    """Middles of the parts of a glance, row by row, CSS px."""
    return [
        frame.to_region(Point(x, y))
        for y in _middles(frame.height_px)
        for x in _middles(frame.width_px)
    ]


def without(unseen: Sequence[Point], looked_at: Box) -> list[Point]:
    """The parts that a look at that region, CSS px, has not shown."""
    quarter_x, quarter_y = looked_at.width / 4, looked_at.height / 4
    middle = looked_at.center
    return [
        part
        for part in unseen
        if abs(part.x - middle.x) > quarter_x or abs(part.y - middle.y) > quarter_y
    ]


def _middles(length_px: int) -> list[float]:
    if length_px <= PART_PX:
        return [length_px / 2]
    count = math.ceil((length_px - OVERLAP_PX) / (PART_PX - OVERLAP_PX))
    step = (length_px - PART_PX) / (count - 1)
    return [PART_PX / 2 + index * step for index in range(count)]
