"""The tables of ScreenSpot's authors with intervals: for the terminal, and as JSON."""

from dataclasses import asdict
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table as RichTable

from vigorl.agent.evaluation import Summary
from vigorl.agent.progress import Report, caption
from vigorl.agent.statistics import Cell, mean_of, wilson
from vigorl.tasks.screenspot.tables import Count, Line, SixCells, Table


def screenspot_report(tables: SixCells | dict[str, Table], summary: Summary, title: str) -> Report:
    """What is shown of an evaluation on ScreenSpot.

    Args:
        tables: As `screenspot_table` gives them.
        summary: Of the same evaluation.
        title: What was evaluated.
    """
    if isinstance(tables, SixCells):
        named = {"cells": tables.lines}
        mean = mean_of([_cell(count) for count in _six(tables)])
        further = {"mean of cells": asdict(mean)}
        notes = [f"mean of the six cells {_text(mean)}"]
    else:
        named, further, notes = tables, {}, []
    overall = next(iter(named.values()))["all"].both
    notes.append(f"{overall.wrong_format} answers without a point, which count as wrong")
    shown = [
        _table(lines, title if len(named) == 1 else f"{title} · {name}")
        for name, lines in named.items()
    ]
    shown[-1].caption = " · ".join([*notes, caption(summary)])
    numbers = {name: _lines_json(lines) for name, lines in named.items()}
    return Report(tuple(shown), {**numbers, **further})


def _six(tables: SixCells) -> list[Count]:
    lines = [line for name, line in tables.lines.items() if name != "all"]
    return [count for line in lines for count in (line.text, line.icon)]


def _table(lines: Table, title: str) -> RichTable:
    table = RichTable(
        title=f"{escape(title)}: % right [95 % interval] of n",
        title_justify="left",
        box=box.SIMPLE,
    )
    table.add_column("", style="bold")
    for heading in ("text", "icon", "both"):
        table.add_column(heading, justify="right")
    for name, line in zip(_short(list(lines)), lines.values(), strict=True):
        cells = (_cell(count) for count in (line.text, line.icon, line.both))
        table.add_row(escape(name), *(escape(_text(cell)) for cell in cells))
    return table


def _short(names: list[str]) -> list[str]:
    """Names of lines without what all of them share, and without the words before colons."""
    parts = [name.split(" ") for name in names if name != "all"]
    shared = set(parts[0]).intersection(*parts) if len(parts) > 1 else set()
    return [
        " ".join(part.split(":", 1)[-1] for part in name.split(" ") if part not in shared)
        for name in names
    ]


def _cell(count: Count) -> Cell:
    return wilson([1.0] * count.correct + [0.0] * (count.total - count.correct))


def _text(cell: Cell) -> str:
    if cell.mean is None or cell.low is None or cell.high is None:
        return "–"
    return f"{100 * cell.mean:.1f} [{100 * cell.low:.1f}, {100 * cell.high:.1f}] {cell.n}"


def _lines_json(lines: Table) -> dict[str, Any]:
    return {name: _line_json(line) for name, line in lines.items()}


def _line_json(line: Line) -> dict[str, Any]:
    counts = {"text": line.text, "icon": line.icon, "both": line.both}
    return {
        name: {**asdict(_cell(count)), "wrong_format": count.wrong_format}
        for name, count in counts.items()
    }
