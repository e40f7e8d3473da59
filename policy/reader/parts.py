"""Line splitting: the cells of a table row that OCR read as one line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vigorl.policy.perception.layout import em_px, gap_x, gap_y, overlap_x, same_row
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.reader.candidates import Candidate, line_aim

_WORD_GAP_EM = 0.62
"""Gap between two words from which on they are two texts, where links or columns were joined."""
_SAME_CELL_EM = 0.9
"""Gap between two lines up to which they are of one cell."""


@dataclass(frozen=True, slots=True)
class Part(TextLine):
    """A piece of a line that stands for itself: a cell, or one of several links."""

    whole: TextLine | None = None
    start: int = 0


def parts(screen: Screen) -> list[TextLine]:
    """The screen's lines, cut where a gap is wider than one between words."""
    return [piece for line in screen.lines for piece in _pieces(line)]


def _pieces(line: TextLine) -> Iterable[TextLine]:
    if not line.edges_px or " " not in line.text:
        return [line]
    wide_px = _WORD_GAP_EM * em_px(line)
    spaces = [index for index, character in enumerate(line.text) if character == " "]
    cuts = sorted(
        {
            min(spaces, key=lambda index: abs(line.part(index, index + 1).center.x - middle))
            for left, right in line.gaps_px
            if right - left > wide_px
            for middle in ((left + right) / 2,)
        }
    )
    if not cuts:
        return [line]
    found, start = [], 0
    for cut in (*cuts, len(line.text)):
        text = line.text[start:cut]
        edges = line.edges_px[start : cut + 1]
        box = line.part(start, cut)
        found.append(
            Part(
                text,
                box,
                line.confidence,
                edges,
                line.link,
                look=line.look,
                whole=line,
                start=start,
            )
        )
        start = cut + 1
    return found


def part_aim(line: TextLine, score: float, start: int = 0, stop: int | None = None) -> Candidate:
    """A line or a part of one, or some characters of it."""
    aim = line_aim(line, score, start, stop)
    return replace(aim, source=line.whole) if isinstance(line, Part) and line.whole else aim


def cell_aim(lines: Sequence[TextLine], score: float) -> Candidate:
    """A cell of one or more lines, from the top; what stands far from the rest is not its own.

    A rule of the table may be read as a dash: beside words, what holds neither letter nor digit is
    no part of a value.
    """
    lines = [line for line in lines if any(map(str.isalnum, line.text))] or list(lines)
    first, *others = lines
    more, last = [], first
    for line in others:
        if not _goes_on(line, last, first):
            break
        more.append(line)
        last = line
    return replace(part_aim(first, score), more=tuple(more))


def _goes_on(line: TextLine, last: TextLine, first: TextLine) -> bool:
    """Whether a text is more of a cell: close below in its column, or the next word of a line."""
    em = em_px(last)
    if same_row(line.box_px, last.box_px):
        return gap_x(line.box_px, last.box_px) <= em
    close = gap_y(line.box_px, last.box_px) <= _SAME_CELL_EM * em
    return close and overlap_x(line.box_px, first.box_px) > 0
