"""Small controls by outline: checkboxes, radio buttons and switches, with their states."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.perception.bevels import BEVEL_PX, Bevel
from vigorl.policy.perception.icons import atlas
from vigorl.policy.perception.ink import Mask, PixelBox, Pixels, background, difference
from vigorl.policy.perception.regions import ROUND
from vigorl.policy.perception.screen import Shape, TextLine

DOT_MIXED = 0.15
"""Share of the middle of a radio button's dot that may differ from it."""
TICK_PX = (10, 30)
"""Side of a checkbox or radio button."""
SWITCH_PX = (12, 40)
"""Height of a switch."""
PAPER = 225
"""Of 255, in each channel: an empty box may be so light on any ground; otherwise it differs …"""
FILLED_BY = 80
"""… by no more than this from its ground."""
LETTER_GAP_PX = 4
"""Letters of a word are nearer to each other; a label stands further from its box."""


def small_control(pixels: Pixels, mark: PixelBox) -> Shape | None:
    """A checkbox, radio button or switch, where a blob is one."""
    if not (TICK_PX[0] <= mark.height <= SWITCH_PX[1] + 6 and mark.width <= 2.8 * SWITCH_PX[1]):
        return None
    if not 0.8 <= mark.width / mark.height <= 2.8:
        return None
    frame = PixelBox(
        max(mark.left - 2, 0),
        max(mark.top - 2, 0),
        min(mark.right + 2, pixels.shape[1]),
        min(mark.bottom + 2, pixels.shape[0]),
    )
    patch = frame.of(pixels)
    ring = np.concatenate([patch[0], patch[-1], patch[:, 0], patch[:, -1]]).astype(np.int16)
    ground = np.median(ring, axis=0).astype(np.int16)
    if float((np.abs(ring - ground).max(axis=1) > 24).mean()) > 0.1:
        return None
    distance = difference(patch, ground)
    # What is pressed into a page has two dark sides, and may be hardly lighter than it inside.
    least = max(12.0, 0.25 * float(distance.max()))
    for above in (least, 20.0) if least > 20 else (least,):
        outline = outline_of(distance > above)
        if outline is not None and (found := _control_in(pixels, patch, frame, outline, ground)):
            return found
    return None


def bevelled_boxes(
    pixels: Pixels, found: Sequence[Bevel], lines: Sequence[TextLine]
) -> list[Shape]:
    """The checkboxes among bevels.

    A pressed one with paper in it is as any box. One that is raised is off, as Motif has it, where
    a label follows. One that is filled with a colour may be either, unless another box above or
    below it, of the same size and in the same column, is empty: then the colour is the mark.
    """
    known: list[Shape] = []
    filled: list[Box] = []
    for bevel in sorted(found, key=lambda bevel: -bevel.box.width):
        box, side = bevel.box.box, bevel.box.width
        if not TICK_PX[0] <= side <= TICK_PX[1] or abs(side - bevel.box.height) > 2:
            continue
        core = bevel.box.shrunk(BEVEL_PX + 1).of(pixels).astype(np.int16)
        plain = np.median(core.reshape(-1, 3), axis=0)
        is_flat = float((np.abs(core - plain).max(axis=2) > 30).mean()) <= 0.04
        if not is_flat:
            if bevel.is_light and _is_mark(bevel.box.shrunk(BEVEL_PX).of(pixels)):
                known.append(Shape("checkbox", box, checked=True))
        elif bevel.is_light and plain.min() > bevel.ground:
            known.append(Shape("checkbox", box, checked=False))
        elif bevel.is_pressed and np.abs(plain - bevel.ground).max() > FILLED_BY:
            filled.append(box)
        elif not bevel.is_pressed and _has_label(box, lines):
            known.append(Shape("checkbox", box, checked=False))
    empty = [shape.box_px for shape in known if shape.checked is False]
    known += [
        Shape("checkbox", box, checked=True)
        for box in filled
        if any(_is_in_column(box, other) for other in empty)
    ]
    return known


def _has_label(box: Box, lines: Sequence[TextLine]) -> bool:
    """Whether text follows a box closely on its row; the box may have been read as a letter."""
    return any(
        line.box_px.left - box.right <= 1.5 * box.height
        and line.box_px.right > box.right + box.height
        and line.box_px.top - 2 <= box.center.y <= line.box_px.bottom + 2
        for line in lines
    )


def _is_in_column(one: Box, other: Box) -> bool:
    """Whether two boxes are of one size and stand above each other."""
    return abs(one.left - other.left) <= 2 and abs(one.width - other.width) <= 2


def _control_in(
    pixels: Pixels,
    patch: Pixels,
    frame: PixelBox,
    outline: "Outline",
    ground: npt.NDArray[np.int16],
) -> Shape | None:
    """The control that an outline in a patch of the screen is, if it is one."""
    box = Box(
        frame.left + outline.left,
        frame.top + outline.top,
        frame.left + outline.right,
        frame.top + outline.bottom,
    )
    if _is_letter(pixels, box, ground):
        return None
    inside = patch[outline.top : outline.bottom, outline.left : outline.right]
    return _tick(inside, outline, box, ground) or _switch(inside, outline, box)


def _is_letter(pixels: Pixels, box: Box, ground: npt.NDArray[np.int16]) -> bool:
    """Whether a blob stands so close to others on its line that it is a letter of a word."""
    rows = slice(round(box.top), round(box.bottom))
    left, right = round(box.left), round(box.right)
    beside = (
        pixels[rows, max(left - LETTER_GAP_PX, 0) : max(left - 1, 0)],
        pixels[rows, right + 1 : right + LETTER_GAP_PX],
    )
    return any(strip.size > 0 and int(difference(strip, ground).max()) > 60 for strip in beside)


def _tick(
    inside: Pixels, outline: "Outline", box: Box, ground: npt.NDArray[np.int16]
) -> Shape | None:
    low, high = TICK_PX
    if not (low <= box.width <= high and low <= box.height <= high):
        return None
    if abs(box.width - box.height) > max(1, 0.12 * box.height):
        return None
    kind: Literal["checkbox", "radio"]
    if outline.share > 0.93:
        kind = "checkbox"
    elif abs(outline.share - np.pi / 4) < 0.07 and outline.circularity > 0.8:
        kind = "radio"
    else:
        return None
    state = _state(inside, kind, ground)
    return None if state is None else Shape(kind, box, checked=state)


def _switch(inside: Pixels, outline: "Outline", box: Box) -> Shape | None:
    """A pill with a round knob at one end; the knob's side is the state."""
    low, high = SWITCH_PX
    height, width = inside.shape[:2]
    if not (low <= height <= high and 1.4 * height <= width <= 2.5 * height):
        return None
    if abs(outline.share - (1 - ROUND * height / width)) > 0.05:
        return None
    reach = max(2, round(0.15 * height))
    middle = slice(height // 2 - reach, height // 2 + reach + 1)

    def colour_at(column: int) -> npt.NDArray[np.int16]:
        strip = inside[middle, max(column - reach, 0) : column + reach + 1].reshape(-1, 3)
        return np.asarray(np.median(strip, axis=0), dtype=np.int16)

    left, track, right = (
        colour_at(column) for column in (height // 2, width // 2, width - height // 2)
    )
    at_left, at_right = (int(np.abs(end - track).max()) for end in (left, right))
    if max(at_left, at_right) < 32 or min(at_left, at_right) > 0.5 * max(at_left, at_right):
        return None
    return Shape("switch", box, checked=at_right > at_left)


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


def _state(
    box: Pixels, kind: Literal["checkbox", "radio"], ground: npt.NDArray[np.int16]
) -> bool | None:
    """Whether a box is ticked; None where its inside looks like neither.

    One that is filled with a colour and has no mark may be either: in some looks that is the mark.
    """
    height, width = box.shape[:2]
    if kind == "radio" and _has_dot(box):
        return True
    inset = max(3, round((0.22 if kind == "checkbox" else 0.3) * width))
    inside = box[inset : height - inset, inset : width - inset].astype(np.int16)
    border = box[height // 2, :2].astype(np.int16)
    plain = np.median(inside.reshape(-1, 3), axis=0)
    spread = np.abs(inside - plain).max(axis=2)
    if float((spread > 40).mean()) > 0.04:
        ticked = kind == "checkbox" and _is_mark(box[2 : height - 2, 2 : width - 2])
        return True if ticked else None
    framed = int(np.abs(border - plain).max(axis=1).max()) >= 24
    is_empty = plain.min() >= PAPER or np.abs(plain - ground).max() <= FILLED_BY
    return False if framed and spread.max() < 30 and is_empty else None


def _has_dot(circle: Pixels) -> bool:
    """Whether the middle of a circle differs from a ring around it, all the way round."""
    height, width = circle.shape[:2]
    rows, columns = np.indices((height, width))
    radius = np.hypot((rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5) * 2
    core = circle[radius < 0.25].reshape(-1, 3).astype(np.int16)
    middle = np.median(core, axis=0)
    if float((np.abs(core - middle).max(axis=1) > 48).mean()) > DOT_MIXED:
        return False  # a question mark, or a half of the circle
    for inner, outer in ((0.45, 0.6), (0.55, 0.7), (0.65, 0.8)):
        ring = circle[(radius >= inner) & (radius < outer)].reshape(-1, 3).astype(np.int16)
        if float((np.abs(ring - middle).max(axis=1) > 48).mean()) > 0.85:
            return True
    return False


def _is_mark(inside: Pixels) -> bool:
    """Whether the inside of a box shows what ticks a box: a check, a cross, a dash, a square."""
    ground = background(inside)
    mask = difference(inside, ground).astype(np.float32)
    mask[mask < 0.3 * mask.max()] = 0
    return atlas().guesses([mask])[0][0].concept in ("check", "close", "minus", "stop")
