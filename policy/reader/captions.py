"""Label-value pairs: the value beside, below or above a label."""

from collections.abc import Sequence
from dataclasses import replace

from vigorl.browser.geometry import Box
from vigorl.policy.perception.layout import (
    below_neighbour,
    em_px,
    gap_x,
    gap_y,
    inside,
    misalignment_x,
    overlap_x,
    right_neighbour,
    rows_of,
    same_row,
    same_size,
)
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.perception.tables import table_under
from vigorl.policy.reader.belonging import card_of
from vigorl.policy.reader.candidates import SURE, Candidate, aims
from vigorl.policy.reader.headers import is_header
from vigorl.policy.reader.labels import is_label, is_value, value_span
from vigorl.policy.reader.language.steps import Target
from vigorl.policy.reader.parts import cell_aim, part_aim

_ALIGNED_PX = 6.0
_LARGER = 1.25
"""How much larger a figure is drawn than its name and than the note below it."""


def labels_of(
    screen: Screen, lines: Sequence[TextLine], target: Target
) -> list[tuple[float, TextLine]]:
    """The texts that are, or hold, the label of the target, each with how sure that is."""
    names = target.names
    found = [
        (1.0 if line.text.strip() in names else 0.98, line)
        for line in lines
        if any(is_label(line.text, name) for name in names) or value_span(line.text, names)
    ]
    if target.relation:
        allowed = [aim.source for aim in aims(screen, replace(target, role=None))]
        found = [
            (score, line)
            for score, line in found
            if any(line is other or getattr(line, "whole", None) is other for other in allowed)
        ]
    if not found and not target.quoted:
        found = [
            (aim.score, aim.source)
            for aim in aims(screen, replace(target, role=None))
            if isinstance(aim.source, TextLine) and aim.score >= SURE
        ][:1]
    return found


def values_of(
    screen: Screen, lines: Sequence[TextLine], label: tuple[float, TextLine], target: Target
) -> list[Candidate]:
    """The values that belong to a label; several where it is a column's."""
    score, line = label
    anchor = part_aim(line, score)
    if span := value_span(line.text, target.names):
        return [replace(part_aim(line, score, *span), anchor=anchor)]
    table = table_under(lines, line)
    if table and len(table.rows()) >= 2 and is_header(lines, table, line):
        column = table.heads.index(line)
        cells = [table.cell(column, row) for row in table.rows()]
        return [replace(cell_aim(cell, score - 0.005), anchor=anchor) for cell in cells if cell]
    others = [other for other in lines if other is not line]
    found = _in_row_of_table(others, line) or _beside(screen, others, line)
    return [replace(part_aim(other, score), anchor=anchor) for other in found]


def _in_row_of_table(lines: Sequence[TextLine], label: TextLine) -> list[TextLine]:
    """The several texts that follow what names the row of a table: one is not told from another.

    Empty where there is but one, where no other row has its texts in the same columns, and where
    labels and values take turns: under no header a label's value is the next text.
    """
    row = [line for line in lines if same_row(line.box_px, label.box_px)]
    mates = [line for line in row if line.box_px.left >= label.box_px.right]
    if len(mates) < 2 or len(mates) < len(row) or not any(is_value(line.text) for line in mates):
        return []
    others = [
        other
        for other in rows_of([line for line in lines if line not in row])
        if len(other) >= len(mates) and _columns_shared((label, *mates), other) > 2
    ]
    if not others:
        return []
    is_headed = not any(is_value(line.text) for line in others[0])
    return mates if is_headed or all(is_value(line.text) for line in mates) else []


def _columns_shared(row: Sequence[TextLine], other: Sequence[TextLine]) -> int:
    """How many texts of a row stand over or under one of another row."""
    return sum(
        any(misalignment_x(cell.box_px, line.box_px) <= _ALIGNED_PX for line in other)
        for cell in row
    )


def _beside(screen: Screen, lines: Sequence[TextLine], label: TextLine) -> list[TextLine]:
    """What stands where the value of a label stands; two where that cannot be told."""
    box = label.box_px
    right = right_neighbour(box, lines, lambda line: line.box_px)
    below = below_neighbour(box, lines, lambda line: line.box_px)
    figure = above = _figure_above(box, lines)
    if below and gap_y(below.box_px, box) > 1.6 * em_px(label):
        below = None
    if above and em_px(above) <= _LARGER * em_px(label):
        above = None
    card = card_of(screen, lines, label)
    if card:
        right, below, above = (
            line if line and inside(line.box_px, card) else None for line in (right, below, above)
        )
    if above and below:
        near_above = gap_y(above.box_px, box) * 1.3 <= gap_y(below.box_px, box)
        above, below = (above, None) if near_above else (None, below)
    if above:
        return [above] if right is None or not is_value(right.text) else [above, right]
    if label.text.rstrip().endswith((":", "：")) and right:
        return [right]
    if right and _many_in_row(lines, label) and not is_value(right.text):
        right = None  # A row of headers or of links.
    if right and below:
        return _row_or_column(lines, label, right, below)
    if figure and right and not is_value(right.text):
        # Of figures over their names the next one is a name as well.
        return [figure] if _figure_above(right.box_px, lines) else [figure, right]
    return [line for line in (right, below) if line]


def _many_in_row(lines: Sequence[TextLine], label: TextLine) -> bool:
    return sum(same_row(line.box_px, label.box_px) for line in lines) >= 2


def _row_or_column(
    lines: Sequence[TextLine], label: TextLine, right: TextLine, below: TextLine
) -> list[TextLine]:
    """Which of two neighbours is a label's value: by digits, else by type, else by distance."""
    if is_value(right.text) != is_value(below.text):
        return [right if is_value(right.text) else below]
    if not same_size(label, right, 0.1) and same_size(label, below, 0.1):
        return [right]
    if not same_size(label, below, 0.1) and same_size(label, right, 0.1):
        return [below]
    down = gap_y(below.box_px, label.box_px) / em_px(label)
    if down <= 0.6 and gap_x(right.box_px, label.box_px) > 1.5 * em_px(label):
        return [below]
    return [right] if down >= 0.7 else [right, below]


def _figure_above(box: Box, lines: Sequence[TextLine]) -> TextLine | None:
    """The next line above, in the same column and close, where it is a figure."""
    above = [
        line
        for line in lines
        if line.box_px.bottom <= box.center.y
        and overlap_x(line.box_px, box) > 0.3
        and gap_y(line.box_px, box) <= 1.5 * box.height
    ]
    nearest = max(above, key=lambda line: line.box_px.bottom, default=None)
    return nearest if nearest and is_value(nearest.text) else None
