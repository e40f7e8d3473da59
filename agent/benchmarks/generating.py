"""Progress bar of `data generate`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from vigorl.tasks.world.generate import GenerationProgress


@contextmanager
def generating(pages: int, console: Console) -> Iterator[Callable[["GenerationProgress"], None]]:
    """One bar with the pages a second; yields what is to be called with each page."""
    bar = Bar(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[last]}"),
        console=console,
    )
    began = monotonic()
    with bar:
        task = bar.add_task("pages", total=pages, last="")

        def on_page(progress: "GenerationProgress") -> None:
            rate = progress.made / max(0.001, monotonic() - began)
            size = progress.image_bytes / max(1, progress.made) / 1000
            bar.update(
                task,
                completed=progress.done,
                last=f"{rate:.1f}/s · {progress.questions} questions · {size:.0f} kB a picture",
            )

        yield on_page
