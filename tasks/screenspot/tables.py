"""Verdicts on points, and the tables in which the authors publish them.

Source: the evaluation scripts published with arXiv 2401.10935 (v1, v2) and 2504.07981 (Pro).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from vigorl.browser.geometry import Box, Point
from vigorl.tasks.screenspot.rows import GROUPS, ScreenspotRow

Correctness = Literal["correct", "wrong", "wrong_format"]


def judge(point_px: Point | None, target_px: Box) -> Correctness:
    """Whether a point lies in the target, borders included.

    Args:
        point_px: Pixels of the image; None where an answer could not be read.
        target_px: Pixels of the image.
    """
    if point_px is None:
        return "wrong_format"
    return "correct" if target_px.contains(point_px) else "wrong"


@dataclass(frozen=True, slots=True)
class Count:
    """How often the answers to some rows were right."""

    total: int
    correct: int
    wrong_format: int
    """Answers that could not be read; wrong, and in the total."""
    by_image: tuple[tuple[int, int], ...] = ()
    """Total and correct of each image: its rows are not independent."""

    @property
    def accuracy(self) -> float | None:
        """Correct ones of all; None of none."""
        return self.correct / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line of a table."""

    text: Count
    icon: Count
    both: Count


ScoreTable = dict[str, TableLine]
"""Lines by name."""


@dataclass(frozen=True, slots=True)
class SixCells:
    """The table of v1 and v2."""

    lines: ScoreTable
    """By group, then `all`."""
    mean_of_cells: float | None
    """The average that the papers print: every cell counts the same; None where one is empty."""

    @property
    def micro(self) -> float | None:
        """Every row counts the same."""
        return self.lines["all"].both.accuracy


def six_cells(rows: Sequence[ScreenspotRow], verdicts: Sequence[Correctness]) -> SixCells:
    """Text and icons on mobile, desktop and web."""
    judged = list(zip(rows, verdicts, strict=True))
    lines: ScoreTable = {
        group: _line([pair for pair in judged if pair[0].group == group]) for group in GROUPS
    }
    cells = [count.accuracy for line in lines.values() for count in (line.text, line.icon)]
    known = [cell for cell in cells if cell is not None]
    mean = sum(known) / len(known) if len(known) == len(cells) else None
    return SixCells({**lines, "all": _line(judged)}, mean)


def pro_tables(
    rows: Sequence[ScreenspotRow], verdicts: Sequence[Correctness]
) -> dict[str, ScoreTable]:
    """Pro's four tables; the line `all` of each is the overall result."""
    judged = list(zip(rows, verdicts, strict=True))
    return {name: _table(judged, key) for name, key in _PRO.items()}


_PRO: dict[str, Callable[[ScreenspotRow], str]] = {
    "fine-grained": lambda row: (
        f"plat:{row.platform} app:{row.application} "
        f"inst_style:{row.instruction_style} gt_type:{row.gt_type}"
    ),
    "by style": lambda row: (
        f"plat:{row.platform} inst_style:{row.instruction_style} gt_type:{row.gt_type}"
    ),
    "by group": lambda row: f"group:{row.group}",
    "by application": lambda row: f"app:{row.application}",
}
"""What rows of one line share, in each table."""


def _table(
    judged: Sequence[tuple[ScreenspotRow, Correctness]], key: Callable[[ScreenspotRow], str]
) -> ScoreTable:
    names = dict.fromkeys(key(row) for row, _ in judged)
    lines = {name: _line([pair for pair in judged if key(pair[0]) == name]) for name in names}
    return {**lines, "all": _line(judged)}


def _line(judged: Sequence[tuple[ScreenspotRow, Correctness]]) -> TableLine:
    return TableLine(
        _count([pair for pair in judged if pair[0].ui_type == "text"]),
        _count([pair for pair in judged if pair[0].ui_type == "icon"]),
        _count(judged),
    )


def _count(judged: Sequence[tuple[ScreenspotRow, Correctness]]) -> Count:
    verdicts = [verdict for _, verdict in judged]
    totals = Counter(row.image for row, _ in judged)
    correct = Counter(row.image for row, verdict in judged if verdict == "correct")
    return Count(
        len(verdicts),
        verdicts.count("correct"),
        verdicts.count("wrong_format"),
        tuple((total, correct[image]) for image, total in totals.items()),
    )
