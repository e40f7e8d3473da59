"""Reading a value off a screen: what stands beside a label, in a table's cell, or as a price.

A value is read only where its label, and its row and column where they are named, are what was
asked for. What is missing is said in `Values.missing`.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vigorl.browser.geometry import Box
from vigorl.policy.reader.aim import SURE, Aim, aims, line_aim
from vigorl.policy.reader.blocks import blocks, rows
from vigorl.policy.reader.labels import is_label, is_value, value_span
from vigorl.policy.reader.layout import (
    below_neighbour,
    em_px,
    gap_x,
    gap_y,
    inside,
    overlap_x,
    relation_cost,
    right_neighbour,
    same_row,
    same_size,
)
from vigorl.policy.reader.prices import product_prices
from vigorl.policy.reader.screen import Line, Screen
from vigorl.policy.reader.steps import Target
from vigorl.policy.reader.tables import Table, table_under

_CARD = 0.25
"""Share of the screen up to which a panel is a card: what stands in it belongs together."""
_WORD_GAP_EM = 0.62
"""Gap between two words from which on they are two texts, where links or columns were joined."""
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Part(Line):
    """A piece of a line that stands for itself: a cell, or one of several links."""

    whole: Line | None = None
    start: int = 0


@dataclass
class Values:
    """What may be meant, best first, and what is missing where nothing is."""

    aims: list[Aim] = field(default_factory=list)
    missing: str = ""


def values(screen: Screen, target: Target) -> list[Aim]:
    """What the screen says for the target, best first; each text is a value, not its label."""
    return read_values(screen, target).aims


def read_values(screen: Screen, target: Target) -> Values:
    """What the screen says for the target, and what is missing where it says nothing."""
    relation = target.relation
    if target.role == "price" and not target.names:
        return _prices(screen, target)
    if not target.names and relation and target.role is None:
        return Values(_neighbours(screen, target))
    if not target.names:
        return Values(aims(screen, target))
    if relation and relation.side in ("row", "of", "in"):
        return _of_row(screen, target)
    lines = parts(screen)
    labels = _labels(screen, lines, target)
    if target.ordinal is not None:
        return Values(_of_nth(lines, labels, target))
    found = [aim for label in labels for aim in _values_of(screen, lines, label, target)]
    return Values(sorted(found, key=lambda aim: -aim.score))


def parts(screen: Screen) -> list[Line]:
    """The screen's lines, cut where a gap is wider than one between words."""
    return [piece for line in screen.lines for piece in _pieces(line)]


def _pieces(line: Line) -> Iterable[Line]:
    if not line.edges_px or " " not in line.text:
        return [line]
    wide_px = _WORD_GAP_EM * em_px(line)
    cuts = [
        index
        for index, character in enumerate(line.text)
        if character == " " and line.edges_px[index + 1] - line.edges_px[index] > wide_px
    ]
    if not cuts:
        return [line]
    found, start = [], 0
    for cut in (*cuts, len(line.text)):
        text = line.text[start:cut]
        edges = line.edges_px[start : cut + 1]
        box = line.part(start, cut)
        found.append(Part(text, box, line.confidence, edges, line.link, (), line, start))
        start = cut + 1
    return found


def part_aim(line: Line, score: float, start: int = 0, stop: int | None = None) -> Aim:
    """A line or a part of one, or some characters of it."""
    aim = line_aim(line, score, start, stop)
    return replace(aim, source=line.whole) if isinstance(line, Part) and line.whole else aim


# Labels -------------------------------------------------------------------------------------


def _labels(screen: Screen, lines: Sequence[Line], target: Target) -> list[tuple[float, Line]]:
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
            if isinstance(aim.source, Line) and aim.score >= SURE
        ][:1]
    return found


def _values_of(
    screen: Screen, lines: Sequence[Line], label: tuple[float, Line], target: Target
) -> list[Aim]:
    """The values that belong to a label; several where it is a column's."""
    score, line = label
    anchor = part_aim(line, score)
    if span := value_span(line.text, target.names):
        return [replace(part_aim(line, score, *span), anchor=anchor)]
    table = table_under(lines, line)
    if table and len(table.rows()) >= 2 and _is_header(table, line):
        column = table.heads.index(line)
        cells = [table.cell(column, row) for row in table.rows()]
        return [replace(part_aim(cell[0], score - 0.005), anchor=anchor) for cell in cells if cell]
    others = [other for other in lines if other is not line]
    return [
        replace(part_aim(other, score), anchor=anchor) for other in _beside(screen, others, line)
    ]


def _is_header(table: Table, head: Line) -> bool:
    """Whether the top of a table names its columns, rather than being its first row."""
    if any(is_value(line.text) for line in table.heads if line is not head and _only(line)):
        return False
    under = [line for line in table.body if any(c.isdecimal() for c in line.text)]
    return bool(under) or len(table.heads) > 2


def _only(line: Line) -> bool:
    """Whether a text is a figure, not a name with a number in it."""
    digits = sum(character.isdecimal() for character in line.text)
    return digits * 2 >= sum(character.isalnum() for character in line.text)


def _beside(screen: Screen, lines: Sequence[Line], label: Line) -> list[Line]:
    """What stands where the value of a label stands; two where that cannot be told."""
    box = label.box_px
    right = right_neighbour(box, lines, lambda line: line.box_px)
    below = below_neighbour(box, lines, lambda line: line.box_px)
    above = _above(box, lines)
    if below and gap_y(below.box_px, box) > 1.6 * em_px(label):
        below = None
    if above and not (em_px(above) > 1.25 * em_px(label) and is_value(above.text)):
        above = None
    card = _card(screen, lines, label)
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
    return [line for line in (right, below) if line]


def _many_in_row(lines: Sequence[Line], label: Line) -> bool:
    return sum(same_row(line.box_px, label.box_px) for line in lines) >= 2


def _row_or_column(lines: Sequence[Line], label: Line, right: Line, below: Line) -> list[Line]:
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


def _card(screen: Screen, lines: Sequence[Line], label: Line) -> Box | None:
    """The smallest panel around a label that holds more than it, where it is a card."""
    whole = screen.frame.region_css_px.area
    holding = [
        panel
        for panel in screen.panels
        if panel.area < _CARD * whole
        and panel.contains(label.box_px.center)
        and any(line is not label and inside(line.box_px, panel) for line in lines)
    ]
    return min(holding, key=lambda panel: panel.area, default=None)


def _above(box: Box, lines: Sequence[Line]) -> Line | None:
    """The next line above, in the same column and close."""
    above = [
        line
        for line in lines
        if line.box_px.bottom <= box.center.y
        and overlap_x(line.box_px, box) > 0.3
        and gap_y(line.box_px, box) <= 1.5 * box.height
    ]
    return max(above, key=lambda line: line.box_px.bottom, default=None)


# Rows and columns ---------------------------------------------------------------------------


def _of_nth(
    lines: Sequence[Line], labels: Sequence[tuple[float, Line]], target: Target
) -> list[Aim]:
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
                return [replace(part_aim(cell[0], score), anchor=part_aim(line, score))]
    return []


def _of_row(screen: Screen, target: Target) -> Values:
    """The value where a named column and a named row meet, or of a label under a heading."""
    lines = parts(screen)
    relation = target.relation
    if relation is None:
        return Values()
    columns = [
        (score, line) for score, line in _labels(screen, lines, replace(target, relation=None))
    ]
    anchors = _anchors(screen, lines, relation.anchor)
    found: list[tuple[float, Aim]] = []
    empty = False
    for upright in (True, False):  # A table's rows may as well be what is asked for.
        for (score, head), (anchor_score, row) in itertools.product(columns, anchors):
            cell = _cell(lines, head, row) if upright else _cell(lines, row, head)
            if cell:
                aim = part_aim(cell[0], min(score, anchor_score))
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
        for aim in _values_of(screen, lines, label, target)
        if belongs(screen, aim.box, anchor)
    ]
    if beside and not empty:
        return Values(beside)
    return Values(missing=_what_is_missing(lines, target, columns, anchors, empty))


def _anchors(screen: Screen, lines: Sequence[Line], anchor: Target) -> list[tuple[float, Line]]:
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
    return [(aim.score, aim.source) for aim in found_aims if isinstance(aim.source, Line)]


def _cell(lines: Sequence[Line], head: Line, row: Line) -> tuple[Line, ...] | None:
    """The cell under a header in a row; empty where nothing stands there, None without a table."""
    if head.box_px.bottom > row.box_px.center.y or same_row(head.box_px, row.box_px):
        return None
    table = table_under(lines, head)
    if table is None or row not in table.body:
        return None
    column = table.heads.index(head)
    if table.column(row) == column:
        return None
    return table.cell(column, row)


def belongs(screen: Screen, box: Box, anchor: Line) -> bool:
    """Whether a thing belongs to what a text names: in its card or block, its row, or under it."""
    lines = screen.lines
    card = _card(screen, lines, anchor)
    if card:
        return card.contains(box.center)
    found = blocks(screen)
    mine = next((b for b in found if b.box.contains(anchor.box_px.center)), None)
    if mine:
        return mine.box.contains(box.center) or (
            same_row(box, anchor.box_px)
            and not any(b.box.contains(box.center) for b in found if b is not mine)
        )
    if same_row(box, anchor.box_px):
        return box.left > anchor.box_px.right
    if box.top < anchor.box_px.center.y or relation_cost("in", box, anchor.box_px) is None:
        return False
    between = [
        line
        for line in lines
        if line is not anchor
        and anchor.box_px.bottom <= line.box_px.top
        and line.box_px.bottom <= box.top
        and abs(line.box_px.left - anchor.box_px.left) <= 6
    ]
    if any(em_px(line) >= 0.93 * em_px(anchor) for line in between) and _is_heading(lines, anchor):
        return False
    bottom, em = anchor.box_px.bottom, em_px(anchor)
    for line in sorted(between, key=lambda line: line.box_px.top):
        if line.box_px.top - bottom > 2 * em:
            return False
        bottom = max(bottom, line.box_px.bottom)
    return box.top - bottom <= 2 * em and box.left >= anchor.box_px.left - 2 * em


def _is_heading(lines: Sequence[Line], line: Line) -> bool:
    sizes = sorted(em_px(other) for other in lines)
    return em_px(line) > 1.1 * sizes[len(sizes) // 2]


def _what_is_missing(
    lines: Sequence[Line],
    target: Target,
    columns: Sequence[tuple[float, Line]],
    anchors: Sequence[tuple[float, Line]],
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


def _table_over(lines: Sequence[Line], row: Line) -> Table | None:
    """The table that a text stands in."""
    over = sorted(
        (line for line in lines if line.box_px.bottom <= row.box_px.top),
        key=lambda line: line.box_px.top,
    )
    tables = (table_under(lines, line) for line in over)
    return next((table for table in tables if table and row in table.body), None)


def _listed(lines: Iterable[Line]) -> str:
    texts = list(dict.fromkeys(line.text for line in lines))
    more = ", …" if len(texts) > _MOST_NAMED else ""
    return ", ".join(f'"{text}"' for text in texts[:_MOST_NAMED]) + more


# Prices and neighbours ----------------------------------------------------------------------


def _prices(screen: Screen, target: Target) -> Values:
    """Amounts of money: of what is named, else the page's own."""
    relation = target.relation
    if relation and relation.side in ("of", "in", "row") and relation.anchor.names:
        amounts = aims(screen, Target(role="price"))
        anchors = _anchors(screen, parts(screen), relation.anchor)
        mine = [
            replace(aim, anchor=part_aim(anchor, score))
            for score, anchor in anchors
            for aim in product_prices(
                screen, [aim for aim in amounts if belongs(screen, aim.box, anchor)]
            )
        ]
        if not mine and anchors:
            return Values(missing=f'I see "{relation.anchor.name}", but no price that is its own.')
        return Values(mine)
    found = aims(screen, target)
    if relation or target.ordinal or target.place or not found:
        return Values(found)
    own = product_prices(screen, found)
    missing = ", ".join(f'"{aim.text}"' for aim in found[:_MOST_NAMED])
    return Values(own, "" if own else f"I see {missing}, but no price of a product.")


def _neighbours(screen: Screen, target: Target) -> list[Aim]:
    """The texts beside, under or over what is named, nearest first."""
    relation = target.relation
    if relation is None:
        return []
    found = []
    for anchor in aims(screen, relation.anchor):
        for line in screen.lines:
            if line is anchor.source:
                continue
            cost = relation_cost(relation.side, line.box_px, anchor.box)
            if cost is None or not re.search(r"\w", line.text):
                continue
            found.append((cost, replace(line_aim(line, anchor.score), anchor=anchor)))
    return [aim for _, aim in sorted(found, key=lambda item: item[0])][:1]
