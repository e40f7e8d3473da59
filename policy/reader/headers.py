"""Header detection: column headers are drawn differently from the cells below them."""

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from vigorl.policy.perception.layout import (
    em_px,
    gap_y,
    misalignment_x,
    rows_of,
    same_row,
    same_size,
    union,
)
from vigorl.policy.perception.screen import TextLine
from vigorl.policy.perception.tables import Table
from vigorl.policy.reader.labels import is_value

_MEASURE = re.compile(r"[^\w\s]?\s?\d[\d.,’']*\s?[^\W\d]{1,5}\.?")
"""A figure with its unit: 5 min, 128 MB."""
_YEAR = re.compile(r"\d{1,4}")
"""A number that may head a column: a year, a day, a size."""
_LARGER = 1.25
"""How much larger a figure is drawn than its name and than the note below it."""
_ALIGNED_PX = 6.0
_SAME_PITCH = 1.4
"""Ratio of the gaps between three rows up to which they are of one table."""
_BOLDER = 1.2
"""Ratio of the widths of strokes from which on a row is bolder than those below it."""
_SHORTEST = 3
"""Letters and digits from which on the width of a text's strokes tells how bold it is."""


def is_header(lines: Sequence[TextLine], table: Table, head: TextLine) -> bool:
    """Whether the top of a table names its columns, rather than being its first row.

    Figures in large type, each under its name and with a note below, are no table either.

    Args:
        lines: the texts of the screen.
        table: what stands under a row of texts.
        head: the text of that row that may be a header.
    """
    if _are_figures(table) or _is_inner_row(lines, table):
        return False
    by_look = _differs(table)
    figures = [
        line for line in table.heads if line is not head and is_value(line.text) and _only(line)
    ]
    if by_look is not None and all(_YEAR.fullmatch(line.text.strip()) for line in figures):
        return by_look
    if figures:
        return False
    under = [line for line in table.body if any(c.isdecimal() for c in line.text)]
    return bool(under) or len(table.heads) > 2


def _are_figures(table: Table) -> bool:
    """Whether what stands under the heads is larger than they are and than what follows."""
    sizes = [statistics.median(map(em_px, row)) for row in rows_of(table.body) if len(row) > 1]
    sizes.append(statistics.median(map(em_px, table.heads)))
    return sizes[0] > _LARGER * max(sizes[1:])


def _only(line: TextLine) -> bool:
    """Whether a text is a figure, with or without a unit, not a name with a number in it."""
    if _MEASURE.fullmatch(line.text.strip()):
        return True
    digits = sum(character.isdecimal() for character in line.text)
    return digits * 2 >= sum(character.isalnum() for character in line.text)


def _is_inner_row(lines: Sequence[TextLine], table: Table) -> bool:
    """Whether a row of the same columns stands above, as near as the next one below."""
    top = union(line.box_px for line in table.heads)
    above = [line for line in lines if line.box_px.bottom <= top.top + 1]
    if not above:
        return False
    last = max(above, key=lambda line: line.box_px.bottom)
    row = [line for line in above if same_row(line.box_px, last.box_px)]
    pairs = list(zip(sorted(row, key=lambda line: line.box_px.left), table.heads, strict=False))
    if len(row) != len(table.heads) or not all(
        misalignment_x(one.box_px, other.box_px) <= _ALIGNED_PX for one, other in pairs
    ):
        return False
    below = union(line.box_px for line in rows_of(table.body)[0])
    gap = gap_y(union(line.box_px for line in row), top)
    return gap <= _SAME_PITCH * max(1.0, gap_y(top, below))


def _differs(table: Table) -> bool | None:
    """Whether the first row is drawn unlike the others; None where that does not tell.

    Headers look alike, and unlike the cells below them, but for the names of rows. In a list of
    names and values each column looks the same from the first row to the last, and names look
    unlike values.
    """
    rows = [
        sorted(row, key=lambda line: line.box_px.left)
        for row in rows_of(table.body)
        if len(row) == len(table.heads)
    ]
    if not rows:
        return None
    columns = [
        _most(_may_be_alike(head, row[index]) for row in rows)
        for index, head in enumerate(table.heads)
    ]
    bolder = _stroke_px(table.heads) / max(0.1, statistics.median(map(_stroke_px, rows)))
    if all(_may_be_alike(*pair) for pair in pairwise(table.heads)) and (
        not any(columns[1:]) or bolder > _BOLDER
    ):
        return True
    names_differ = _is_alike(table.heads[0], table.heads[1]) is False
    return False if names_differ and all(columns) else None


def _most(found: Iterable[bool]) -> bool:
    """What more of them say; that they are alike where as many say the contrary."""
    count = Counter(found)
    return count[True] >= count[False]


def _stroke_px(row: Sequence[TextLine]) -> float:
    """Mean width of the strokes of a row of texts, long ones counting for more."""
    looks = [(line.look.stroke_px, len(line.text)) for line in row if line.look]
    return sum(px * count for px, count in looks) / max(1, sum(count for _, count in looks))


def _is_alike(one: TextLine, other: TextLine) -> bool | None:
    """Whether two texts are drawn alike; None where they are too short to tell."""
    if one.look is None or other.look is None:
        return None
    if not _may_be_alike(one, other):
        return False
    shortest = min(sum(map(str.isalnum, line.text)) for line in (one, other))
    return one.look.is_as_bold_as(other.look) if shortest >= _SHORTEST else None


def _may_be_alike(one: TextLine, other: TextLine) -> bool:
    """Whether nothing but how bold they are may tell two texts apart."""
    coloured = not (one.look and other.look) or one.look.is_coloured_like(other.look)
    return coloured and same_size(one, other, 0.15)
