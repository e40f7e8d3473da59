"""How an evaluation or a search looks while it runs."""

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
    with _bar(console) as bar:
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


@contextmanager
def counting(what: str, total: int, console: Console) -> Iterator[Callable[[str], None]]:
    """One bar of things that are done one by one; yields what is to be called with each one's name.

    Args:
        what: Their name, in the plural.
        total: How many there are.
        console: Where it is drawn.
    """
    with _bar(console) as bar:
        task = bar.add_task(what, total=total, last="")
        yield lambda name: bar.update(task, advance=1, last=escape(name))


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[last]}"),
        console=console,
    )
