"""Table structure: rows, and the cells that a column and a row have in common."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.browser.geometry import Box
from vigorl.policy.perception.layout import (
    SAME_LEFT_PX,
    em_px,
    gap_x,
    gap_y,
    in_reading_order,
    misalignment_x,
    overlap_y,
    rows_of,
    same_row,
    union,
)
from vigorl.policy.perception.screen import Screen, TextLine

_SLACK_PX = 4.0
_SAME_CELL_EM = 0.5
"""Largest gap between two lines of one cell, in em."""
_TABLE_ENDS_EM = 2.5
_TABLE_ENDS_PITCHES = 1.8
"""A gap between two rows beyond both of these ends a table: em, and usual gaps."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and what stands under it; one extent in x for each column, px."""

    heads: tuple[TextLine, ...]
    body: tuple[TextLine, ...]
    extents: tuple[tuple[float, float], ...]

    def column(self, line: TextLine) -> int:
        """The column that a text stands in: that which it shares most with, else the nearest."""

        def fit(index: int) -> tuple[float, float]:
            left, right = self.extents[index]
            common = min(right, line.box_px.right) - max(left, line.box_px.left)
            return -max(common, 0.0), max(left - line.box_px.right, line.box_px.left - right)

        return min(range(len(self.extents)), key=fit)

    def rows(self) -> list[TextLine]:
        """The first text of each row, from the top."""
        return [
            min(row, key=lambda line: line.box_px.left)
            for row in rows_of(self.body)
            if len(row) > 1
        ]

    def cell(self, column: int, row: TextLine) -> tuple[TextLine, ...]:
        """The texts of a cell, from the top; empty where nothing stands in it."""
        own = self.column(row)
        entries = self._entries(own)
        mine = min(entries, key=lambda entry: _off(row, entry), default=())
        inside = [line for line in self.body if self.column(line) == column]
        found = [
            line
            for line in inside
            if min(entries, key=lambda entry: self._strangeness(line, entry, inside)) == mine
        ]
        return tuple(in_reading_order(found, lambda line: line.box_px))

    def _entries(self, column: int) -> list[tuple[TextLine, ...]]:
        """The cells of the column that names the rows, each as its lines."""
        entries: list[list[TextLine]] = []
        others = [line for line in self.body if self.column(line) != column]
        for line in sorted(
            (line for line in self.body if self.column(line) == column),
            key=lambda line: line.box_px.top,
        ):
            last = entries[-1][-1] if entries else None
            near = last and gap_y(last.box_px, line.box_px) <= _SAME_CELL_EM * em_px(line)
            if near and not any(same_row(line.box_px, other.box_px) for other in others):
                entries[-1].append(line)
            else:
                entries.append([line])
        return [tuple(entry) for entry in entries]

    def _strangeness(
        self, line: TextLine, entry: tuple[TextLine, ...], column: Sequence[TextLine]
    ) -> tuple[bool, float]:
        """How little a text belongs to the row of an entry."""
        box = union(part.box_px for part in entry)
        if overlap_y(box, line.box_px) >= 0.5:
            return False, 0.0
        # The following lines of a cell that begins beside its row's name.
        above = [
            other
            for other in column
            if other is not line
            and other.box_px.top < line.box_px.top
            and gap_y(other.box_px, line.box_px) <= _SAME_CELL_EM * em_px(line)
        ]
        nearest = max(above, key=lambda other: other.box_px.top, default=None)
        if nearest is not None and same_row(nearest.box_px, entry[0].box_px):
            return True, 0.0
        return True, abs(line.box_px.center.y - box.center.y)


def _off(row: TextLine, entry: tuple[TextLine, ...]) -> float:
    return min(abs(row.box_px.center.y - line.box_px.center.y) for line in entry)


def table_under(lines: Sequence[TextLine], head: TextLine) -> Table | None:
    """The table that a header belongs to; None where nothing stands under it as in a table."""
    heads = sorted(
        (line for line in lines if same_row(line.box_px, head.box_px)),
        key=lambda line: line.box_px.left,
    )
    if len(heads) < 2:
        return None
    body = _body(lines, heads, head)
    if not body:
        return None
    extents = [(line.box_px.left, line.box_px.right) for line in heads]
    # The column of the rows' names may have no header of its own beside the others.
    stub = [line for line in body if line.box_px.right < heads[0].box_px.left - _SLACK_PX]
    named = bool(stub) and not any(line.box_px.right >= heads[0].box_px.left for line in stub)
    for row in rows_of([line for line in body if line not in stub] if named else body):
        if len(row) == len(heads):
            ordered = sorted(row, key=lambda line: line.box_px.left)
            extents = [
                (min(left, line.box_px.left), max(right, line.box_px.right))
                for (left, right), line in zip(extents, ordered, strict=True)
            ]
    if named and all(max(line.box_px.right for line in stub) < left for left, _ in extents[:1]):
        whole = union(line.box_px for line in stub)
        extents.append((whole.left, whole.right))
    return Table(tuple(heads), tuple(body), tuple(extents))


def _body(lines: Sequence[TextLine], heads: Sequence[TextLine], head: TextLine) -> list[TextLine]:
    """The texts under a header, down to where the table ends."""
    whole = union(line.box_px for line in heads)
    margin_px = 8 * em_px(head)
    under = [
        line
        for line in lines
        if line.box_px.top > head.box_px.center.y
        and not same_row(line.box_px, head.box_px)
        and gap_x(line.box_px, whole) <= margin_px
    ]
    names = {line.text.casefold() for line in heads}
    body: list[TextLine] = []
    gaps: list[float] = []
    bottom = whole.bottom
    for row in rows_of(under):
        box = union(line.box_px for line in row)
        gap = max(0.0, box.top - bottom)
        usual = statistics.median(gaps) if gaps else gap
        em = statistics.median(map(em_px, row))
        if gap > max(_TABLE_ENDS_EM * em, _TABLE_ENDS_PITCHES * usual):
            break
        if sum(line.text.casefold() in names for line in row) >= 2:
            break
        if body and len(row) == 1:
            usual_em = statistics.median(map(em_px, body))
            wide = row[0].box_px.width > 0.6 * whole.width and len(heads) > 2
            if em_px(row[0]) > 1.12 * usual_em or wide:
                break
        gaps.append(gap)
        body += row
        bottom = max(bottom, box.bottom)
    return body


def rows(screen: Screen) -> list[Box]:
    """The boxes of the rows of the screen's largest table, without its head."""
    table: list[list[TextLine]] = []
    best: list[list[TextLine]] = []
    for row in rows_of(screen.lines):
        if table and not _same_columns(table[-1], row):
            table = []
        if len(row) >= 2:
            table.append(row)
        best = max(best, table, key=len)
    if len(best) > 1 and _is_head(best[0], best[1:]):
        best = best[1:]
    return [union(line.box_px for line in row) for row in best]


def _same_columns(a: Sequence[TextLine], b: Sequence[TextLine]) -> bool:
    """Whether at least two texts of a row stand under texts of the one above it."""
    shared = sum(
        any(misalignment_x(below.box_px, above.box_px) <= SAME_LEFT_PX for above in a)
        for below in b
    )
    return shared >= 2


def _is_head(first: Sequence[TextLine], rest: Sequence[Sequence[TextLine]]) -> bool:
    """Whether the first row of a table names its columns: no digits where the others have some."""
    others = [any(char.isdecimal() for line in row for char in line.text) for row in rest]
    has_digits = any(char.isdecimal() for line in first for char in line.text)
    usual_px = statistics.median(em_px(line) for row in rest for line in row)
    smaller = statistics.median(map(em_px, first)) < 0.95 * usual_px
    return (not has_digits and all(others)) or smaller
