"""How an evaluation looks while it runs and when it is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from vigorl.agent.evaluation import Result, Summary
from vigorl.agent.statistics import Cell, wilson


@dataclass(frozen=True)
class Report:
    """What is shown of an evaluation when it is over."""

    tables: tuple[RenderableType, ...]
    numbers: dict[str, Any] = field(default_factory=dict)
    """The same as JSON, beside the summary's cells; kept as `tables.json`."""


@contextmanager
def progress(total: int, console: Console) -> Iterator[Callable[[Result], None]]:
    """One bar with the mean so far; yields what is to be called with each result."""
    scores: list[float | None] = []
    bar = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[last]}"),
        console=console,
    )
    with bar:
        task = bar.add_task("score –", total=total, last="")

        def on_result(result: Result) -> None:
            scores.append(result.score)
            mean = wilson(scores).mean
            bar.update(
                task,
                advance=1,
                description="score –" if mean is None else f"score {mean:.1%}",
                last=escape(result.id),
            )

        yield on_result


def plain_report(summary: Summary, title: str) -> Report:
    """The cells as one table."""
    return Report((summary_table(summary, title),))


def summary_table(summary: Summary, title: str) -> Table:
    """The cells with their 95 % intervals."""
    table = Table(title=escape(title), caption=caption(summary), title_justify="left")
    table.add_column("", style="bold")
    for heading in ("score", "95 % interval", "n"):
        table.add_column(heading, justify="right")
    for name, cell in summary.cells.items():
        table.add_row(escape(name), *percent(cell), str(cell.n))
    return table


def caption(summary: Summary) -> str:
    """What a table does not say: episodes without a score, the time, the place."""
    text = f"median {summary.median_s:.2f} s an episode · recorded in {escape(str(summary.folder))}"
    if summary.faults:
        return f"{summary.faults} without a score (left out of the means) · {text}"
    return text


def percent(cell: Cell) -> tuple[str, str]:
    """Mean and interval in percent; dashes where nothing is known."""
    if cell.mean is None or cell.low is None or cell.high is None:
        return "–", "–"
    return f"{cell.mean:.1%}", f"{cell.low:.1%} – {cell.high:.1%}"
