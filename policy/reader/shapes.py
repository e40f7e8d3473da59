"""Controls by their outlines: buttons, fields, lists, checkboxes, radio buttons, switches.

What makes a rectangle one or the other is how text stands in it: in the middle of a button, at
the left of a field, nothing in an empty field, a small arrow at the end of a list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.reader.ink import Mask, PixelBox, Pixels, difference
from vigorl.policy.reader.regions import Colour, Region, blobs, contrast
from vigorl.policy.reader.screen import Line, Shape

TICK_PX = (10, 30)
"""Side of a checkbox or radio button."""
SWITCH_PX = (12, 40)
"""Height of a switch."""
BUTTON_PX = (16, 76)
"""Height of a button."""
FIELD_PX = (17, 66)
"""Height of a field for one line."""
LEAST_CONTRAST = 7
"""Between a control and what is around it, of 255."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is on the picture, for telling controls apart."""

    lines: Sequence[Line]
    marks: Sequence[PixelBox]
    """Blobs: letters, icons, arrows."""


def controls(
    pixels: Pixels,
    drawn: Mask,
    regions: Sequence[Region],
    lines: Sequence[Line],
) -> list[Shape]:
    """The controls of a picture, without icons.

    Args:
        pixels: the picture.
        drawn: its edges, as `regions.edges` gives them.
        regions: its flat regions.
        lines: its text.
    """
    marks = blobs(drawn, 1)
    around = Surroundings(lines, marks)
    switches = list(_switches(pixels, regions))
    ticks = [
        shape
        for mark in marks
        if (shape := tick(pixels, mark)) is not None
        and not any(_covers(switch.box_px, shape.box_px) for switch in switches)
    ]
    small = [*switches, *ticks]
    large = [
        shape
        for region in regions
        if not _is_cell(region, regions) and (shape := _rectangle(region, around)) is not None
    ]
    return [*small, *_outermost(large)]


def tick(pixels: Pixels, mark: PixelBox) -> Shape | None:
    """A checkbox or radio button, where a blob is one."""
    low, high = TICK_PX
    if not (low <= mark.width <= high and low <= mark.height <= high):
        return None
    if abs(mark.width - mark.height) > max(1, 0.12 * mark.height):
        return None
    frame = PixelBox(
        max(mark.left - 2, 0),
        max(mark.top - 2, 0),
        min(mark.right + 2, pixels.shape[1]),
        min(mark.bottom + 2, pixels.shape[0]),
    )
    patch = frame.of(pixels)
    ring = np.concatenate([patch[0], patch[-1], patch[:, 0], patch[:, -1]])
    if np.ptp(ring, axis=0).max() > 24:
        return None
    distance = difference(patch, np.median(ring, axis=0).astype(np.int16))
    outline = outline_of(distance > max(12, 0.25 * float(distance.max())))
    if outline is None:
        return None
    kind: Literal["checkbox", "radio"]
    if outline.share > 0.93:
        kind = "checkbox"
    elif abs(outline.share - np.pi / 4) < 0.07 and outline.circularity > 0.8:
        kind = "radio"
    else:
        return None
    state = _state(patch, outline, kind)
    if state is None:
        return None
    box = Box(
        frame.left + outline.left,
        frame.top + outline.top,
        frame.left + outline.right,
        frame.top + outline.bottom,
    )
    return Shape(kind, box, checked=state)


@dataclass(frozen=True, slots=True)
class Outline:
    """The outer contour of a mask."""

    left: int
    top: int
    right: int
    bottom: int
    share: float
    """Of the bounding box, that lies inside the contour."""
    circularity: float
    """1 for a circle: 4 pi area / perimeter squared."""


def outline_of(mask: Mask) -> Outline | None:
    """The contour of a mask's largest part, or None where it is empty or in several parts."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return None
    largest = max(found, key=cv2.contourArea)
    left, top, width, height = cv2.boundingRect(largest)
    if width < 4 or height < 4:
        return None
    area = cv2.contourArea(largest)
    perimeter = cv2.arcLength(largest, True)
    share = area / ((width - 1) * (height - 1))
    circularity = 4 * np.pi * area / max(perimeter, 1.0) ** 2
    return Outline(left, top, left + width, top + height, share, float(circularity))


def _state(patch: Pixels, outline: Outline, kind: Literal["checkbox", "radio"]) -> bool | None:
    """Whether a box is ticked; None where its inside looks like neither."""
    width, height = outline.right - outline.left, outline.bottom - outline.top
    inset = max(3, round(0.22 * width))
    inside = patch[
        outline.top + inset : outline.bottom - inset, outline.left + inset : outline.right - inset
    ].astype(np.int16)
    if inside.size == 0:
        return None
    border = patch[outline.top + height // 2, outline.left : outline.left + 2].astype(np.int16)
    plain = np.median(inside.reshape(-1, 3), axis=0)
    spread = np.abs(inside - plain).max(axis=2)
    if float((spread > 40).mean()) > 0.04:
        if kind == "radio":
            middle = patch[(outline.top + outline.bottom) // 2, (outline.left + outline.right) // 2]
            dot = np.abs(inside - middle.astype(np.int16)).max(axis=2) < 40
            return True if 0.2 < float(dot.mean()) < 0.98 else None
        return True
    framed = int(np.abs(border - plain).max(axis=1).max()) >= 24
    return False if framed and spread.max() < 30 else None


def _switches(pixels: Pixels, regions: Sequence[Region]) -> Iterator[Shape]:
    """Pills with a round knob at one end; the knob's side is the state."""
    low, high = SWITCH_PX
    for pill in regions:
        box = pill.box
        if not (low <= box.height <= high and 1.4 * box.height < box.width < 2.6 * box.height):
            continue
        for knob in regions:
            inner = knob.box
            if (
                inner is not box
                and 0.35 * box.height <= inner.height <= box.height + 4
                and abs(inner.width - inner.height) <= 0.25 * inner.height
                and box.left - 4 <= inner.left
                and inner.right <= box.right + 4
                and abs((inner.top + inner.bottom) - (box.top + box.bottom)) <= 4
                and contrast(knob.colour, pill.colour) > 24
            ):
                offset = (inner.left + inner.right) / 2 - (box.left + box.right) / 2
                if abs(offset) < 0.12 * box.width:
                    continue
                left, right = min(box.left, inner.left), max(box.right, inner.right)
                top, bottom = min(box.top, inner.top), max(box.bottom, inner.bottom)
                yield Shape(
                    "switch",
                    Box(left - 1, top - 1, right + 1, bottom + 1),
                    checked=offset > 0,
                )
                break


def _rectangle(region: Region, around: Surroundings) -> Shape | None:
    """A button, field or list, where a flat rectangle is one."""
    box = region.box
    if box.width < 18 or box.height < FIELD_PX[0] - 3:
        return None
    outer = Box(box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
    lines = [line for line in around.lines if _covers(outer, line.box_px)]
    marks = [mark for mark in around.marks if _inside(mark, box)]
    light = abs(region.contrast) >= LEAST_CONTRAST or True
    if not light:
        return None
    arrow = _arrow(box, lines, marks)
    if _is_field(region, lines, marks, arrow):
        return Shape("select" if arrow is not None else "field", outer, confidence=0.9)
    if _is_button(region, lines, marks):
        return Shape("button", outer, confidence=0.9)
    return None


def _is_field(
    region: Region, lines: Sequence[Line], marks: Sequence[PixelBox], arrow: PixelBox | None
) -> bool:
    box = region.box
    if box.width < 50 or max(region.colour) - min(region.colour) > 48:
        return False
    single = FIELD_PX[0] - 3 <= box.height <= FIELD_PX[1]
    if not single:
        return 66 < box.height <= 320 and box.width >= 150 and not lines and not marks
    if not lines:
        others = [mark for mark in marks if mark != arrow]
        return box.width >= 1.5 * box.height and (
            not others or (len(others) <= 4 and _at_ends(others, box))
        )
    left = min(line.box_px.left for line in lines)
    right = max(line.box_px.right for line in lines)
    if len({round(line.box_px.center.y / 8) for line in lines}) > 1:
        return False
    before, after = left - box.left, box.right - right
    if arrow is not None:
        return True
    return before < 48 and after > 2.2 * before + 8


def _is_button(region: Region, lines: Sequence[Line], marks: Sequence[PixelBox]) -> bool:
    box = region.box
    low, high = BUTTON_PX
    if not (low <= box.height <= high) or box.width > 640:
        return False
    if not lines:
        return (
            bool(marks)
            and box.width <= 2.2 * box.height
            and _centred(min(mark.left for mark in marks), max(mark.right for mark in marks), box)
        )
    rows = [line.box_px.center.y for line in lines]
    if max(rows) - min(rows) > 0.3 * box.height:
        return False
    left = min([line.box_px.left for line in lines] + [float(mark.left) for mark in marks])
    right = max([line.box_px.right for line in lines] + [float(mark.right) for mark in marks])
    middle = (box.top + box.bottom) / 2
    return _centred(left, right, box) and abs(rows[0] - middle) <= 0.22 * box.height


def _centred(left: float, right: float, box: PixelBox) -> bool:
    offset = abs((left + right) / 2 - (box.left + box.right) / 2)
    return offset <= max(4.0, 0.06 * box.width)


def _arrow(
    box: PixelBox, lines: Sequence[Line], marks: Sequence[PixelBox]
) -> PixelBox | None:
    """The small arrow at the right end of a list, or None."""
    text_right = max((line.box_px.right for line in lines), default=float(box.left))
    middle = (box.top + box.bottom) / 2
    ends = [
        mark
        for mark in marks
        if mark.right > box.right - 44
        and mark.left > text_right + 2
        and 4 <= mark.width <= 18
        and 2 <= mark.height <= 18
        and abs((mark.top + mark.bottom) / 2 - middle) <= 5
    ]
    return ends[0] if len(ends) == 1 else None


def _at_ends(marks: Sequence[PixelBox], box: PixelBox) -> bool:
    """Whether everything drawn in a field stands near its left or right end."""
    return all(mark.right < box.left + 44 or mark.left > box.right - 44 for mark in marks)


def _is_cell(region: Region, regions: Sequence[Region]) -> bool:
    """Whether a rectangle is one of a table: another of its colour and width touches it."""
    box = region.box
    return any(
        other is not region
        and abs(other.box.left - box.left) <= 2
        and abs(other.box.right - box.right) <= 2
        and min(abs(other.box.top - box.bottom), abs(box.top - other.box.bottom)) <= 4
        and contrast(other.colour, region.colour) <= 24
        for other in regions
    )


def _outermost(shapes: Sequence[Shape]) -> list[Shape]:
    """Shapes that do not lie in a larger one of these."""
    return [
        shape
        for shape in shapes
        if not any(
            other is not shape
            and other.box_px.area > shape.box_px.area
            and _covers(other.box_px, shape.box_px)
            for other in shapes
        )
    ]


def _covers(outer: Box, inner: Box) -> bool:
    """Whether a box lies in another, but for 2 px."""
    return (
        outer.left - 2 <= inner.left
        and outer.top - 2 <= inner.top
        and inner.right <= outer.right + 2
        and inner.bottom <= outer.bottom + 2
    )


def _inside(mark: PixelBox, box: PixelBox) -> bool:
    return (
        box.left < mark.left
        and box.top < mark.top
        and mark.right < box.right
        and mark.bottom < box.bottom
    )


def same_colour(one: Colour, other: Colour) -> bool:
    """Whether two colours can hardly be told apart."""
    return contrast(one, other) < LEAST_CONTRAST
