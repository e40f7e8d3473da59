"""What a study practises, and what it holds out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.agent.evaluation.evaluation import Sample
from vigorl.browser.errors import UsageError

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary


@dataclass(frozen=True)
class StudyTasks:
    """Still screenshots, or embedded tasks where there are none."""

    data: Path | None = None
    """Screenshots to practise pointing on."""
    held_out: Path | None = None
    """Others, to be measured on."""
    tasks: tuple[str, ...] = ()
    """Names of embedded tasks; none: all."""
    skipped_seeds: int = 3000
    """Of the training split, of each: those that a model has learnt from already."""
    practised: int = 40
    """Screenshots, or seeds of each task."""
    measured: int = 40
    """The same, held out."""
    boundary: "Boundary | None" = None
    """Where pages of embedded tasks may go beside the tasks' site; None: nowhere else."""

    def __post_init__(self) -> None:
        if (self.data is None) != (self.held_out is None):
            raise UsageError("screenshots to practise on need others that are held out: name both")
        if self.data is not None and self.tasks:
            raise UsageError("study either embedded tasks or still screenshots, not both")
        if self.data is not None and self.data == self.held_out:
            raise UsageError(f"{self.data} cannot be practised on and held out as well")


@asynccontextmanager
async def open_study_tasks(wanted: StudyTasks) -> AsyncIterator[tuple[list[Sample], list[Sample]]]:
    """Tasks to practise and held-out ones, playable as long as the block lasts.

    Raises:
        UsageError: a name is no task, or an entry of the data is broken.
        InfrastructureFault: the browser or the site does not start.
    """
    if wanted.data is not None and wanted.held_out is not None:
        yield (
            _some(still_samples(wanted.data), wanted.practised),
            _some(still_samples(wanted.held_out), wanted.measured),
        )
        return
    # Playwright is needed here alone.
    from vigorl.agent.benchmarks.embedded import open_tasks

    names = wanted.tasks or None
    skipped, boundary = wanted.skipped_seeds, wanted.boundary
    practised = open_tasks(wanted.practised, names, "train", "goal", skipped, boundary)
    held_out = open_tasks(wanted.measured, names, "test", "goal", boundary=boundary)
    async with practised as known, held_out as unknown:
        yield known, unknown


def _some(samples: list[Sample], count: int) -> list[Sample]:
    """So many of them, in an order that mixes their pages."""
    return Random(0).sample(samples, min(count, len(samples)))
