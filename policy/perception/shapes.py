"""Control detection by outline: buttons, fields, lists, checkboxes, radios, switches.

What makes a rectangle one or the other is how text stands in it: in the middle of a button, at
the left of a field, nothing in an empty field, a small arrow at the end of a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vigorl.browser.geometry import Box
from vigorl.policy.perception.bevels import BEVEL_PX, Bevel
from vigorl.policy.perception.ink import Mask, PixelBox, Pixels, ink, spans
from vigorl.policy.perception.regions import Region, blobs, contrast
from vigorl.policy.perception.screen import Shape, TextLine
from vigorl.policy.perception.small_controls import bevelled_boxes, small_control

BUTTON_PX = (16, 76)
"""Height of a button."""
FIELD_PX = (17, 66)
"""Height of a field for one line."""
LABEL_GAP_PX = 26
"""Greatest distance of a ruled field's text to the label above."""
RULE_PX, SHADE_PX = 5, 20
"""Greatest height of a rule, and of one with the shade that a lossy picture has around it."""
BESIDE_PX = 24
"""Greatest distance of a ruled field without a label to the button behind it."""
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
    pressed: Sequence[Bevel],
    lines: Sequence[TextLine],
) -> list[Shape]:
    """The controls of a picture, without icons.

    Args:
        pixels: the picture.
        drawn: its edges, as `regions.edges` gives them.
        regions: its flat regions.
        pressed: its bevels.
        lines: its text.
    """
    marks = blobs(drawn, 1)
    around = Surroundings(lines, marks)
    small = [shape for mark in marks if (shape := small_control(pixels, mark)) is not None]
    small += _new(bevelled_boxes(pixels, pressed, lines), small)
    large = [
        shape
        for region in regions
        if not _is_cell(region, regions)
        and (shape := _rectangle(pixels, region, around)) is not None
        and not (shape.kind == "field" and _is_row(shape.box_px, pressed))
    ]
    large += _new(_pressed_fields(pixels, pressed, regions, around), large)
    ruled = [
        shape
        for mark in marks
        if (rule := _rule_of(pixels, mark)) is not None
        and (shape := _ruled_field(pixels, rule, around, large)) is not None
        and not any(_meet(shape.box_px, other.box_px) for other in [*small, *large])
    ]
    return [*small, *_outermost(large), *ruled]


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


def _pressed_fields(
    pixels: Pixels, found: Sequence[Bevel], regions: Sequence[Region], around: Surroundings
) -> list[Shape]:
    """Fields that are pressed into a darker window, and are no flat rectangle.

    A letter that touches its frame, or a frame that hardly differs from the window, is enough to
    run the inside of such a field into what is around it.
    """
    fields = []
    for bevel in found:
        if not bevel.is_light or any(_coincide(region.box, bevel.box) for region in regions):
            continue
        region = Region.of(pixels, bevel.box.shrunk(BEVEL_PX))
        shape = _rectangle(pixels, region, around)
        if shape is not None and shape.kind != "button" and bevel.box.height <= FIELD_PX[1]:
            fields.append(replace(shape, box_px=bevel.box.box))
    return fields


def _is_row(box: Box, found: Sequence[Bevel]) -> bool:
    """Whether a box is a row of a list: as wide as something pressed that is much higher."""
    return any(
        bevel.is_light
        and bevel.box.height > 2 * box.height
        and box.width > bevel.box.width - 4 * BEVEL_PX
        and _covers(bevel.box.box, box)
        for bevel in found
    )


def _rule_of(pixels: Pixels, mark: PixelBox) -> PixelBox | None:
    """The rule that a wide blob is, without the shade that compression has drawn around it."""
    if mark.width < 80 or mark.height > SHADE_PX:
        return None
    if mark.height <= RULE_PX:
        return mark
    rows = mark.of(pixels).astype(np.int16)
    drawn = np.abs(rows - np.median(rows, axis=(0, 1))).max(axis=2)
    strength = np.median(drawn, axis=1)
    inked = np.flatnonzero(strength > 0.5 * strength.max())
    if not 0 < len(inked) <= RULE_PX or inked[-1] - inked[0] >= RULE_PX:
        return None
    across = np.flatnonzero(drawn[inked[0]] > 0.5 * strength.max())
    top, left = mark.top + int(inked[0]), mark.left + int(across[0])
    return PixelBox(left, top, mark.left + int(across[-1]) + 1, mark.top + int(inked[-1]) + 1)


def _ruled_field(
    pixels: Pixels, rule: PixelBox, around: Surroundings, boxes: Sequence[Shape]
) -> Shape | None:
    """A field that is only a rule, where a blob is one.

    It has a label above and at most one text on it; or one text, which a title's rule would begin
    with and a field's does not, and a button behind its end.
    """
    if rule.width > 0.7 * pixels.shape[1] or rule.left <= 3:
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
    if len(written) > 1 or any(line.link for line in written):
        return None  # what lies under a link is its underline
    is_inset = len(written) == 1 and written[0].box_px.left >= rule.left + 3
    if not (is_inset and _has_button(box, boxes)):
        if len(labels) != 1 or len(above) != len(written) + 1:
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


def _has_button(field: PixelBox, boxes: Sequence[Shape]) -> bool:
    """Whether a button of a field's height stands right behind its end."""
    return any(
        shape.kind == "button"
        and 0 <= shape.box_px.left - field.right <= BESIDE_PX
        and abs(shape.box_px.center.y - (field.top + field.bottom) / 2) <= field.height / 4
        for shape in boxes
    )


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


def _new(shapes: Sequence[Shape], known: Sequence[Shape]) -> list[Shape]:
    """Shapes that meet none of the known ones, nor an earlier one of their own."""
    found: list[Shape] = []
    for shape in shapes:
        if not any(_meet(shape.box_px, other.box_px) for other in [*known, *found]):
            found.append(shape)
    return found


def _coincide(one: PixelBox, other: PixelBox) -> bool:
    """Whether two boxes are one, but for a frame."""
    return (
        max(
            abs(one.left - other.left),
            abs(one.top - other.top),
            abs(one.right - other.right),
            abs(one.bottom - other.bottom),
        )
        <= 2 * BEVEL_PX
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
