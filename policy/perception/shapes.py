"""Control detection by outline: buttons, fields, lists, checkboxes, radios, switches.

What makes a rectangle one or the other is how text stands in it: in the middle of a button, at
the left of a field, nothing in an empty field, a small arrow at the end of a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.perception.icons import atlas
from vigorl.policy.perception.ink import Mask, PixelBox, Pixels, background, difference, ink, spans
from vigorl.policy.perception.regions import ROUND, Region, blobs, contrast
from vigorl.policy.perception.screen import Shape, TextLine

DOT_MIXED = 0.15
"""Share of the middle of a radio button's dot that may differ from it."""
TICK_PX = (10, 30)
"""Side of a checkbox or radio button."""
SWITCH_PX = (12, 40)
"""Height of a switch."""
BUTTON_PX = (16, 76)
"""Height of a button."""
FIELD_PX = (17, 66)
"""Height of a field for one line."""
PAPER = 225
"""Of 255, in each channel: an empty box may be so light on any ground; otherwise it differs …"""
FILLED_BY = 80
"""… by no more than this from its ground."""
LETTER_GAP_PX = 4
"""Letters of a word are nearer to each other; a label stands further from its box."""
LABEL_GAP_PX = 26
"""Greatest distance of a ruled field's text to the label above."""
RULED_PX = 38
"""Height of a field above its rule."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is on the picture, for telling controls apart."""

    lines: Sequence[TextLine]
    marks: Sequence[PixelBox]
    """Blobs: letters, icons, arrows."""


def controls(
    pixels: Pixels,
    drawn: Mask,
    regions: Sequence[Region],
    lines: Sequence[TextLine],
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
    small = [shape for mark in marks if (shape := small_control(pixels, mark)) is not None]
    large = [
        shape
        for region in regions
        if not _is_cell(region, regions)
        and (shape := _rectangle(pixels, region, around)) is not None
    ]
    ruled = [
        shape
        for mark in marks
        if (shape := _ruled_field(pixels, mark, around)) is not None
        and not any(_meet(shape.box_px, other.box_px) for other in [*small, *large])
    ]
    return [*small, *_outermost(large), *ruled]


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


def _rectangle(pixels: Pixels, region: Region, around: Surroundings) -> Shape | None:
    """A button, field or list, where a flat rectangle is one."""
    box = region.box
    if box.width < 18 or box.height < FIELD_PX[0] - 3:
        return None
    outer = Box(box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
    if any(_runs_through(line.box_px, outer) for line in around.lines):
        return None
    lines = [line for line in around.lines if _covers(outer, line.box_px)]
    marks = [mark for mark in around.marks if _inside(mark, box)]
    has_arrow = _ends_in_arrow(box.of(pixels))
    if _is_field(region, lines, marks, has_arrow):
        return Shape("select" if has_arrow else "field", outer, confidence=0.9)
    if _is_button(region, lines, marks):
        return Shape("button", outer, confidence=0.9)
    return None


def _is_field(
    region: Region, lines: Sequence[TextLine], marks: Sequence[PixelBox], has_arrow: bool
) -> bool:
    box = region.box
    if box.left <= 3:
        return False
    if box.width < 50 or max(region.colour) - min(region.colour) > 48:
        return False
    single = FIELD_PX[0] - 3 <= box.height <= FIELD_PX[1]
    if not single:
        return 66 < box.height <= 400 and box.width >= 150 and _is_text_area(box, lines, marks)
    if not lines:
        return box.width >= 1.5 * box.height and len(marks) <= 4 and _at_ends(marks, box)
    left = min(line.box_px.left for line in lines)
    right = max(line.box_px.right for line in lines)
    if max(line.box_px.top for line in lines) >= min(line.box_px.bottom for line in lines):
        return False
    before, after = left - box.left, box.right - right
    return before < 48 and (has_arrow or after > 2.2 * before + 8)


def _ruled_field(pixels: Pixels, rule: PixelBox, around: Surroundings) -> Shape | None:
    """A field that is only a rule, where a blob is one: a label above, at most one text on it."""
    if rule.height > 5 or not 80 <= rule.width <= 0.7 * pixels.shape[1] or rule.left <= 3:
        return None
    box = PixelBox(rule.left, max(rule.top - RULED_PX, 0), rule.right, rule.bottom)
    above = [
        line
        for line in around.lines
        if line.box_px.right > rule.left - 4
        and line.box_px.left < rule.right + 4
        and rule.top - 2 * RULED_PX < line.box_px.center.y < rule.top
        and sum(character.isalnum() for character in line.text) > 1
    ]
    written = [line for line in above if line.box_px.bottom > rule.top - RULED_PX + 12]
    labels = [
        line
        for line in above
        if line not in written
        and abs(line.box_px.left - rule.left) <= 8
        and line.box_px.height < 20
    ]
    if len(written) > 1 or len(labels) != 1 or len(above) != len(written) + 1:
        return None
    top = written[0].box_px.top if written else rule.top - RULED_PX
    if top - labels[0].box_px.bottom > LABEL_GAP_PX:
        return None
    if written and not (
        rule.left - 2 <= written[0].box_px.left <= rule.left + 16 and written[0].box_px.height < 20
    ):
        return None
    has_arrow = _ends_in_arrow(PixelBox(box.left, box.top, box.right, rule.top).of(pixels))
    right = max((line.box_px.right for line in written), default=float(rule.left))
    drawn = [
        mark
        for mark in around.marks
        if mark.left > right + 2 and _inside(mark, PixelBox(box.left, box.top, box.right, rule.top))
    ]
    if drawn and not has_arrow:
        return None
    outline = Box(box.left, box.top, box.right, box.bottom)
    return Shape("select" if has_arrow else "field", outline, confidence=0.7)


def _is_text_area(box: PixelBox, lines: Sequence[TextLine], marks: Sequence[PixelBox]) -> bool:
    """Whether a tall box is a field: empty, or with a grip for its size in the corner."""
    grip = any(mark.right > box.right - 20 and mark.bottom > box.bottom - 20 for mark in marks)
    others = [mark for mark in marks if mark.right <= box.right - 20]
    if not lines:
        return not others
    at_left = all(line.box_px.left < box.left + 24 for line in lines)
    hint = len(lines) == 1 and lines[0].box_px.bottom < box.top + 0.5 * box.height
    return at_left and (grip or (hint and box.height <= 260))


def _is_button(region: Region, lines: Sequence[TextLine], marks: Sequence[PixelBox]) -> bool:
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


def _ends_in_arrow(inside: Pixels) -> bool:
    """Whether the last thing drawn in a box, apart from the text, is a small arrow downwards."""
    height, width = inside.shape[:2]
    margin = max(2, round(0.18 * height))  # leaves out what rounded corners leave outside
    mask = ink(inside[margin : height - margin, max(width - 60, 0) : width - 2])
    columns = spans(mask.any(axis=0), widest_gap=1)
    if not columns:
        return False
    left, right = columns[-1]
    before = columns[-2][1] if len(columns) > 1 else 0
    if not (5 <= right - left <= 18 and left - before >= 3 and mask.shape[1] - right <= 30):
        return False
    arrow = mask[:, left:right]
    rows = np.flatnonzero(arrow.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    if not 3 <= bottom - top <= 14 or abs((top + bottom) / 2 - mask.shape[0] / 2) > 5:
        return False
    widths = [int(np.ptp(np.flatnonzero(row))) + 1 for row in arrow[top:bottom] if row.any()]
    pointed = widths[-1] <= 0.55 * (right - left) and max(widths[:2]) >= 0.75 * (right - left)
    balance = arrow[top:bottom].mean(axis=0)
    even = abs(balance[: len(balance) // 2].sum() - balance[::-1][: len(balance) // 2].sum())
    return pointed and even <= 0.4 * balance.sum()


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


def _runs_through(line: Box, box: Box) -> bool:
    """Whether a line of text goes on beyond a box that it crosses: code within a sentence."""
    common = line.intersection(box)
    return (
        common is not None
        and common.width > 0.3 * box.width
        and box.top < line.center.y < box.bottom
        and (line.left < box.left - 4 or line.right > box.right + 4)
    )


def _meet(one: Box, other: Box) -> bool:
    common = one.intersection(other)
    return common is not None and common.area > 0


def _inside(mark: PixelBox, box: PixelBox) -> bool:
    return (
        box.left < mark.left
        and box.top < mark.top
        and mark.right < box.right
        and mark.bottom < box.bottom
    )
