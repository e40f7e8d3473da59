"""The stand-in tasks as samples of an evaluation and as a list."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

from playwright.async_api import Page
from rich.markup import escape
from rich.table import Table

from vigorl.agent.benchmarks.visualwebarena import (
    VwaConfig,
    chosen,
    open_visualwebarena,
    sample_of,
)
from vigorl.agent.evaluation.evaluation import Sample
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment, EnvironmentWrapper, Optics, Score
from vigorl.browser.geometry import Box
from vigorl.browser.marks import PageEnvironment
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.remote import RemotePage, RemoteService
from vigorl.browser.wire import AskedTask, row_sha256
from vigorl.tasks.sites.registry import TASKS, needs_pictures, stand_in_tasks
from vigorl.tasks.sites.serving import StandIns
from vigorl.tasks.visualwebarena.environment import VwaEnvironment
from vigorl.tasks.visualwebarena.task import VwaTask

CELLS = {
    "classifieds": "stand-in classifieds",
    "reddit": "stand-in forum",
    "shopping": "stand-in shop",
}
"""What a site is called in the table."""


NO_MODELS: dict[str, str | None] = {"texts": None, "pictures": None}
"""What judges beside the rules."""


@asynccontextmanager
async def open_stand_ins(
    names: Sequence[str] | None = None,
    limit: int | None = None,
    boundary: Boundary | None = None,
    browser: Browser | None = None,
    envs: RemoteService | None = None,
) -> AsyncIterator[list[Sample]]:
    """Samples on sites that are served as long as the block lasts; to be played one at a time.

    They are scored by the mended rules, and their pages are at rest at once.

    Args:
        names: Sites or tasks as their files call them (`reddit`, `reddit/3`); None: all.
        limit: How many tasks; None: all.
        boundary: Where pages may go beside the sites; None: nowhere else.
        browser: Which they are played in, and which stays open; None: one of their own.
        envs: A service on which they are played instead, each on sites of its own.

    Raises:
        UsageError: a name is no task, or what the sites or the evaluators need is not installed.
        InfrastructureFault: the browser or a site does not start.
    """
    unfilled = {task.id: task for task in stand_in_tasks()}
    if envs is not None:
        await envs.check("standin")
        yield [_remote(unfilled[task.id], envs) for task in chosen(stand_in_tasks(), names)[:limit]]
        return
    async with StandIns() as sites:
        config = VwaConfig(
            sites.urls,
            data=TASKS,
            names=tuple(names) if names else None,
            limit=limit,
            fixed=True,
            rest_s=0.0,
            boundary=boundary or Boundary(allow=()),
        )
        async with open_visualwebarena(config, browser) as samples:
            yield [_stand_in(sample, unfilled[sample.id], sites) for sample in samples]


def _remote(task: VwaTask, envs: RemoteService) -> Sample:
    def make() -> Environment:
        asked = AskedTask("standin", task.id, row_sha256=row_sha256(sample.task))
        return RemotePage(envs, asked, VwaEnvironment.actions, task.intent)

    sample = _named(sample_of(task, make, "official", True, NO_MODELS), task)
    return sample


class FreshSites(EnvironmentWrapper[PageEnvironment]):
    """An environment whose sites are put back to how they were before it begins."""

    def __init__(self, inner: PageEnvironment, sites: StandIns) -> None:
        super().__init__(inner)
        self._sites = sites

    @property
    def page(self) -> Page:
        """The page of the environment inside."""
        return self._inner.page

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """As the environment inside."""
        assert isinstance(self._inner, Optics)
        return await self._inner.magnify(region_css_px, width_px, height_px)

    async def reset(self) -> Observation:
        """Reset the sites, then the environment inside."""
        self._sites.reset()
        return await self._inner.reset()

    async def score(self, answer: str | None) -> Score | None:
        """As the environment inside.

        Raises:
            TaskFault: a page of the sites broke, as far as here or while it was judged.
        """
        score = await self._inner.score(answer)
        self._sites.check()
        return score


def stand_in_table() -> Table:
    """Names and goals."""
    table = Table(title="Stand-in tasks", title_justify="left")
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("pictures")
    table.add_column("goal")
    for task in stand_in_tasks():
        table.add_row(task.id, "needed" if needs_pictures(task) else "", escape(task.intent))
    return table


def _stand_in(sample: Sample, task: VwaTask, sites: StandIns) -> Sample:
    def make() -> Environment:
        return FreshSites(cast(PageEnvironment, sample.make()), sites)

    return _named(replace(sample, make=make), task)


def _named(sample: Sample, task: VwaTask) -> Sample:
    """A sample of VisualWebArena's format with what it is called and counted as here."""
    return replace(
        sample,
        id=f"stand-in/{task.id}",
        cells=(
            CELLS[task.site],
            f"stand-in {'with' if needs_pictures(task) else 'without'} pictures",
        ),
        # Addresses with ports would make of every run another evaluation.
        task={**sample.task, "benchmark": "stand-in", "entry": task.json},
    )
