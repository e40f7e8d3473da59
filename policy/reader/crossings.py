"""Table lookup: the cell of a named column and row, and which of them is missing."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vigorl.policy.perception.blocks import blocks
from vigorl.policy.perception.layout import inside, same_row
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.perception.tables import Table, rows, table_under
from vigorl.policy.reader.belonging import belongs
from vigorl.policy.reader.candidates import SURE, Candidate, aims
from vigorl.policy.reader.captions import labels_of, values_of
from vigorl.policy.reader.labels import is_label
from vigorl.policy.reader.language.steps import Target
from vigorl.policy.reader.parts import cell_aim, part_aim, parts

MOST_NAMED = 6
"""How many texts are named of those that there are."""


@dataclass
class Values:
    """What may be meant, best first, and what is missing where nothing is."""

    aims: list[Candidate] = field(default_factory=list)
    missing: str = ""


def of_nth(
    lines: Sequence[TextLine], labels: Sequence[tuple[float, TextLine]], target: Target
) -> list[Candidate]:
    """The value in the nth row of a column; of several labels of that name, the nth one's."""
    which = target.ordinal or 1
    index = which - 1 if which > 0 else which
    for score, line in labels:
        table = table_under(lines, line)
        if table is None:
            continue
        found = table.rows()
        if -len(found) <= index < len(found):
            cell = table.cell(table.heads.index(line), found[index])
            if cell:
                return [replace(cell_aim(cell, score), anchor=part_aim(line, score))]
    return []


def of_row(screen: Screen, target: Target) -> Values:
    """The value where a named column and a named row meet, or of a label under a heading."""
    lines = parts(screen)
    relation = target.relation
    if relation is None:
        return Values()
    columns = [
        (score, line) for score, line in labels_of(screen, lines, replace(target, relation=None))
    ]
    anchors = anchors_of(screen, lines, relation.anchor)
    is_counted = not relation.anchor.names
    found: list[tuple[float, Candidate]] = []
    empty = False
    for upright in (True, False):  # A table's rows may as well be what is asked for.
        for (score, head), (anchor_score, row) in itertools.product(columns, anchors):
            cell = (
                _cell(lines, head, row, is_counted=is_counted)
                if upright
                else _cell(lines, row, head)
            )
            if cell:
                aim = cell_aim(cell, min(score, anchor_score))
                found.append((aim.score, replace(aim, anchor=part_aim(row, anchor_score))))
            elif cell is not None:
                empty = True
        if found or empty:
            break
    if found:
        return Values([aim for _, aim in sorted(found, key=lambda item: -item[0])])
    beside = [
        replace(aim, anchor=part_aim(anchor, score))
        for score, anchor in anchors
        for label in columns
        if belongs(screen, label[1].box_px, anchor)
        for aim in values_of(screen, lines, label, target)
        if belongs(screen, aim.box, anchor)
    ]
    if beside and not empty:
        return Values(beside)
    return Values(missing=_what_is_missing(lines, target, columns, anchors, empty))


def anchors_of(
    screen: Screen, lines: Sequence[TextLine], anchor: Target
) -> list[tuple[float, TextLine]]:
    """The texts that name a row, or stand in the row that is counted."""
    if anchor.role in ("row", "item") and not anchor.names and anchor.ordinal is not None:
        found = rows(screen) if anchor.role == "row" else [b.box for b in blocks(screen)]
        index = anchor.ordinal - 1 if anchor.ordinal > 0 else anchor.ordinal
        if not -len(found) <= index < len(found):
            return []
        inner = [line for line in lines if inside(line.box_px, found[index])]
        first = min(inner, key=lambda line: (line.box_px.left, line.box_px.top), default=None)
        return [(1.0, first)] if first else []
    exact = [
        (1.0 if line.text.strip() in anchor.names else 0.99, line)
        for line in lines
        if any(is_label(line.text, name) for name in anchor.names)
    ]
    if exact and not anchor.relation and anchor.ordinal is None:
        return exact
    found_aims = [aim for aim in aims(screen, anchor) if aim.score >= SURE]
    return [(aim.score, aim.source) for aim in found_aims if isinstance(aim.source, TextLine)]


def _cell(
    lines: Sequence[TextLine], head: TextLine, row: TextLine, *, is_counted: bool = False
) -> tuple[TextLine, ...] | None:
    """The cell under a header in a row; empty where nothing stands there, None without a table.

    Args:
        lines: the texts of the screen.
        head: the header of a column.
        row: a text that stands in the row.
        is_counted: whether the row was counted: then the cell may be that which names the row.
    """
    if head.box_px.bottom > row.box_px.center.y or same_row(head.box_px, row.box_px):
        return None
    table = table_under(lines, head)
    if table is None or row not in table.body:
        return None
    column = table.heads.index(head)
    if table.column(row) == column and not is_counted:
        return None
    return table.cell(column, row)


def _what_is_missing(
    lines: Sequence[TextLine],
    target: Target,
    columns: Sequence[tuple[float, TextLine]],
    anchors: Sequence[tuple[float, TextLine]],
    empty: bool,
) -> str:
    """Which of row and column is not there, and what there is."""
    anchor = target.relation.anchor if target.relation else Target()
    row = f'"{anchor.name}"' if anchor.names else "such a row"
    if empty:
        return f'I see "{target.name}" and {row}, but nothing stands where they meet.'
    if columns and not anchors:
        table = table_under(lines, columns[0][1])
        named = _listed(table.rows() if table else ())
        said = f" The rows are: {named}." if named else ""
        return f'I see "{columns[0][1].text}", but not {row}.{said}'
    if anchors and not columns:
        top = _table_over(lines, anchors[0][1])
        named = _listed(top.heads if top else ())
        said = f" The columns are: {named}." if named else ""
        return f'I see {row}, but no "{target.name}".{said}'
    if columns and anchors:
        return f'I see "{target.name}" and {row}, but they do not belong together.'
    return ""


def _table_over(lines: Sequence[TextLine], row: TextLine) -> Table | None:
    """The table that a text stands in."""
    over = sorted(
        (line for line in lines if line.box_px.bottom <= row.box_px.top),
        key=lambda line: line.box_px.top,
    )
    tables = (table_under(lines, line) for line in over)
    return next((table for table in tables if table and row in table.body), None)


def _listed(lines: Iterable[TextLine]) -> str:
    texts = list(dict.fromkeys(line.text for line in lines))
    more = ", …" if len(texts) > MOST_NAMED else ""
    return ", ".join(f'"{text}"' for text in texts[:MOST_NAMED]) + more
