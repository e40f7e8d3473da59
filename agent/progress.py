"""How an evaluation looks while it runs and when it is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from vigorl.agent.evaluation import Result, Summary
from vigorl.agent.statistics import wilson


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


def summary_table(summary: Summary, title: str) -> Table:
    """The cells with their 95 % intervals."""
    caption = (
        f"median {summary.median_s:.2f} s an episode · recorded in {escape(str(summary.folder))}"
    )
    if summary.faults:
        caption = f"{summary.faults} without a score (left out of the means) · {caption}"
    table = Table(title=escape(title), caption=caption, title_justify="left")
    table.add_column("", style="bold")
    for heading in ("score", "95 % interval", "n"):
        table.add_column(heading, justify="right")
    for name, cell in summary.cells.items():
        if cell.mean is None or cell.low is None or cell.high is None:
            table.add_row(escape(name), "–", "–", "0")
        else:
            interval = f"{cell.low:.1%} – {cell.high:.1%}"
            table.add_row(escape(name), f"{cell.mean:.1%}", interval, str(cell.n))
    return table
