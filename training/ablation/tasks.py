"""What an ablation practises, and what it holds out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING

from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.agent.evaluation.evaluation import Sample
from vigorl.training.ablation.config import AblationTasks
from vigorl.training.data.held_out import check_learnable

if TYPE_CHECKING:
    pass


@asynccontextmanager
async def open_ablation_tasks(
    wanted: AblationTasks,
) -> AsyncIterator[tuple[list[Sample], list[Sample]]]:
    """Tasks to practise and held-out ones, playable as long as the block lasts.

    Raises:
        UsageError: a name is no task, or an entry of the data is broken.
        InfrastructureFault: the browser or the site does not start.
    """
    if wanted.data is not None and wanted.held_out is not None:
        check_learnable(wanted.data)
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
