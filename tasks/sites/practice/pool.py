"""Sites that are lent to one episode at a time, and kept for the next one with the same contents.

To serve them and to sign in takes seconds; the next task of the same seed finds them ready.
"""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from playwright.async_api import Page

from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import Action
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.tasks.sites.practice.environment import (
    PracticeEnvironment,
    PracticeSites,
    practice_sites,
)
from vigorl.tasks.task import TaskRow


class SitesPool:
    """Sites of practice; `async with SitesPool(browser) as pool`.

    Args:
        browser: Shows them; entered before, left afterwards.
        idle: How many are kept between episodes: as many as play at once.
    """

    def __init__(self, browser: Browser, idle: int = 8) -> None:
        self._browser = browser
        self._limit = idle
        self._idle: list[PracticeSites] = []  # those that were used last are the last
        self._served: dict[int, AsyncExitStack] = {}
        """What stops each, by its `id`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._idle.clear()
        async with AsyncExitStack() as all_of_them:
            while self._served:
                all_of_them.push_async_callback(self._served.popitem()[1].aclose)

    async def lend(self, seed: int) -> PracticeSites:
        """Sites with the contents of a seed, for one episode.

        Raises:
            UsageError: what the sites need is not installed.
            TaskFault: a port cannot be had, or a site does not let us in.
            BrowserFault: the browser does not start.
        """
        for index, sites in enumerate(self._idle):
            if sites.seed == seed:
                return self._idle.pop(index)
        async with AsyncExitStack() as stack:
            sites = await stack.enter_async_context(practice_sites(self._browser, seed))
            self._served[id(sites)] = stack.pop_all()
        return sites

    async def take_back(self, sites: PracticeSites) -> None:
        """Keep sites for the next episode; those that were not used for longest are stopped."""
        self._idle.append(sites)
        if len(self._idle) > self._limit:
            await self._served.pop(id(self._idle.pop(0))).aclose()


class PooledPractice:
    """One episode of a task of practice, on sites that a pool lends when it begins.

    Args:
        pool: Lends them; outlives the episode.
        row: Of the task, with its training seed.
        settings: Of the page.
    """

    actions: ActionSpace = LivePage.actions

    def __init__(self, pool: SitesPool, row: TaskRow, settings: PageSettings | None = None) -> None:
        self.goal = row.goal
        self._pool = pool
        self._row = row
        self._settings = settings
        self._sites: PracticeSites | None = None
        self._inner: PracticeEnvironment | None = None

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._begun.page

    async def reset(self) -> Observation:
        """Get sites, put them back to how they were, and open the task's.

        Raises:
            TaskFault: the sites are not served.
            BrowserFault: the browser does not start, or its page cannot be used.
        """
        self._sites = sites = await self._pool.lend(self._row.seed)
        self._inner = PracticeEnvironment(sites, sites.task(self._row.name), self._settings)
        return await self._inner.reset()

    async def step(self, action: Action) -> Observation:
        """Act on the page and look."""
        return await self._begun.step(action)

    async def score(self, answer: str | None) -> Score:
        """Judge what was said and what the site holds.

        Raises:
            TaskFault: a page of the site broke meanwhile.
        """
        return await self._begun.score(answer)

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew."""
        return await self._begun.magnify(region_css_px, width_px, height_px)

    async def close(self) -> None:
        """Close the page and give the sites back; may be called twice."""
        inner, self._inner = self._inner, None
        sites, self._sites = self._sites, None
        try:
            if inner is not None:
                await inner.close()
        finally:
            if sites is not None:
                await self._pool.take_back(sites)

    @property
    def _begun(self) -> PracticeEnvironment:
        if self._inner is None:
            raise RuntimeError("an episode begins with reset and ends with close")
        return self._inner
