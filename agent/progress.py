"""How an evaluation looks while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vigorl.agent.evaluation import Result
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
