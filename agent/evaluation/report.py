"""Reports of evaluations: grids of means with intervals, for the terminal, JSON and a page.

A grid is a table of a benchmark: lines by name, and in each column a mean with its 95 % interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from vigorl.agent.evaluation.evaluation import Summary
from vigorl.agent.evaluation.statistics import Cell


@dataclass(frozen=True, slots=True)
class ResultTable:
    """One table."""

    name: str
    """Empty where there is only one."""
    columns: tuple[str, ...]
    lines: Mapping[str, tuple[Cell, ...]]
    """A cell for each column."""

    @property
    def labels(self) -> list[str]:
        """Of the lines: without what all of them share, and without the words before colons."""
        parts = [line.split(" ") for line in self.lines if line != "all"]
        shared = set(parts[0]).intersection(*parts) if len(parts) > 1 else set()
        return [
            " ".join(part.split(":", 1)[-1] for part in line.split(" ") if part not in shared)
            for line in self.lines
        ]


@dataclass(frozen=True)
class EvaluationReport:
    """All of it."""

    title: str
    grids: tuple[ResultTable, ...]
    notes: tuple[str, ...]
    """What the grids do not say."""
    numbers: dict[str, Any]
    """The grids as JSON, kept as `tables.json`; empty where `summary.json` says the same."""


def plain_report(summary: Summary, title: str) -> EvaluationReport:
    """The summary's own cells."""
    grid = ResultTable("", ("score",), {name: (cell,) for name, cell in summary.cells.items()})
    return EvaluationReport(title, (grid,), notes_of(summary), {})


def notes_of(summary: Summary) -> tuple[str, ...]:
    """Episodes without a score, those that share pictures, and the time that one takes."""
    notes = [f"median {summary.median_s:.2f} s an episode", *summary.usage.told()]
    if summary.clusters < summary.cells["all"].n:
        pictures = f"{summary.clusters} picture{'s' * (summary.clusters != 1)}"
        notes.insert(0, f"on {pictures}: intervals do not take episodes on one for independent")
    if looks := summary.second_looks:
        notes.append(
            f"second look: of {looks} called done it disputes {summary.disputed}; it and the judge "
            f"differ on {summary.misjudged}"
        )
    if unjudged := summary.faults - summary.broken:
        notes.insert(0, f"{unjudged} without a score, left out of the means")
    if summary.broken:
        notes.insert(0, f"{summary.broken} broke ({kinds_of(summary)}), left out of the means")
    if summary.retried:
        notes.append(f"{summary.retried} played again after a fault")
    if summary.refused or summary.denied:
        notes.append(f"refused or denied: {_refusals(summary)}")
    if summary.mistakes:
        notes.append(
            f"{summary.mistakes} met a mistake in vigorl-agent: {summary.folder / 'mistakes.txt'}"
        )
    return tuple(notes)


def _refusals(summary: Summary) -> str:
    """`14 connections, most to ads.example:443 (9); 2 actions`."""
    said = []
    if hosts := summary.refused:
        most, count = next(iter(hosts.items()))
        where = f", most to {most} ({count})" if len(hosts) > 1 else f" to {most}"
        total = sum(hosts.values())
        said.append(f"{total} connection{'s' * (total != 1)}{where}")
    if summary.denied:
        said.append(f"{summary.denied} action{'s' * (summary.denied != 1)}")
    return "; ".join(said)


def kinds_of(summary: Summary) -> str:
    """What has ended episodes, the most frequent kind first: `3 PolicyFault, 1 PageCrashed`."""
    return ", ".join(f"{count} {kind}" for kind, count in summary.kinds.items())


def disbelief(summary: Summary) -> str | None:
    """Why there is no number, and between which it lies; None where there is one."""
    if summary.is_believable or summary.bounds is None:
        return None
    played = summary.cells["all"].n + summary.broken
    low, high = summary.bounds
    return (
        f"the score cannot be believed: {summary.broken} of {played} episodes broke "
        f"({summary.broken / played:.0%}; at most {summary.max_faults:.0%} may). It lies between "
        f"{low:.1%}, had all of them scored 0, and {high:.1%}, had they scored 1. The same command "
        "with --out and this folder plays them again"
    )


def grids_as_json(grids: Sequence[ResultTable]) -> dict[str, Any]:
    """By grid, line and column."""
    return {
        grid.name: {
            line: {column: asdict(cell) for column, cell in zip(grid.columns, cells, strict=True)}
            for line, cells in grid.lines.items()
        }
        for grid in grids
    }


def grid_table(report: EvaluationReport, grid: ResultTable) -> Table:
    """A grid for the terminal."""
    title = " · ".join(part for part in (report.title, grid.name) if part)
    headings = grid.columns
    if len(headings) == 1:
        table = Table(title=escape(title), title_justify="left")
        headings = (*headings, "95 % interval", "n")
    else:
        table = Table(
            title=escape(f"{title}: % [95 % interval] of n"), title_justify="left", box=box.SIMPLE
        )
    table.add_column("", style="bold")
    for heading in headings:
        table.add_column(heading, justify="right")
    for label, cells in zip(grid.labels, grid.lines.values(), strict=True):
        texts = (
            [_in_columns(cells[0])] if len(cells) == 1 else [(in_brief(cell),) for cell in cells]
        )
        table.add_row(escape(label), *(escape(text) for each in texts for text in each))
    return table


def in_brief(cell: Cell) -> str:
    """Percent, interval and number: `57.3 [52.1, 62.3] 273`."""
    if cell.mean is None or cell.low is None or cell.high is None:
        return "–"
    return f"{100 * cell.mean:.1f} [{100 * cell.low:.1f}, {100 * cell.high:.1f}] {cell.n}"


def _in_columns(cell: Cell) -> tuple[str, str, str]:
    if cell.mean is None or cell.low is None or cell.high is None:
        return "–", "–", "0"
    return f"{cell.mean:.1%}", f"{cell.low:.1%} – {cell.high:.1%}", str(cell.n)
