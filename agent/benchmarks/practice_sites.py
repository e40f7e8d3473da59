"""Tasks to practise on at the stand-in sites, as samples: nothing of the 64 tasks is in them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial

from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.trajectory import as_json
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.page_settings import PageSettings
from vigorl.tasks.sites.practice.contents import drawn_contents
from vigorl.tasks.sites.practice.pool import PooledPractice, SitesPool
from vigorl.tasks.sites.practice.registry import site_task
from vigorl.tasks.task import TRAIN_SEEDS, TaskRow


@asynccontextmanager
async def open_practice_sites(
    seeds_per_task: int,
    names: Sequence[str],
    skipped_seeds: int = 0,
    workers: int = 8,
    boundary: Boundary | None = None,
    browser: Browser | None = None,
) -> AsyncIterator[list[Sample]]:
    """Samples on training seeds, playable as long as the block lasts, `workers` at once.

    All tasks of a seed come before the next seed, on sites with the contents of that seed. Each
    episode has sites of its own. Their pages may go where the boundary says, beside their site;
    None: nowhere else.

    Raises:
        UsageError: one of the names is no task, or what the sites need is not installed.
        InfrastructureFault: the browser does not start.
    """
    seeds = TRAIN_SEEDS[skipped_seeds : skipped_seeds + seeds_per_task]
    rows = [row for seed in seeds for row in _rows(names, seed)]
    settings = PageSettings(boundary=boundary or Boundary(allow=()))
    async with (
        nullcontext(browser) if browser else Browser() as shown,
        SitesPool(shown, workers) as pool,
    ):
        yield [
            Sample(
                row.id,
                (row.name,),
                as_json(row),
                partial(PooledPractice, pool, row, settings),
                instruction=row.goal,
                truth=GroundTruth(answer=row.answer),
            )
            for row in rows
        ]


def _rows(names: Sequence[str], seed: int) -> list[TaskRow]:
    """Tasks of a seed, all on the same contents."""
    contents = drawn_contents(seed)
    tasks = [(name, site_task(name, seed, contents)) for name in names]
    return [TaskRow(name, seed, task.goal, task.goal, "/", task.answer, {}) for name, task in tasks]
