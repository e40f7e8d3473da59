"""A task of practice as an environment: a live page on sites of its own, judged by their state."""

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from playwright.async_api import Page

from vigorl.browser.action_space import BROWSER, ActionSpace
from vigorl.browser.actions import Action
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.tasks.sites.practice.contents import Contents, drawn_contents
from vigorl.tasks.sites.practice.registry import site_task
from vigorl.tasks.sites.practice.task import SiteState, SiteTask
from vigorl.tasks.sites.serving import StandIns
from vigorl.tasks.visualwebarena.accounts import Accounts
from vigorl.tasks.visualwebarena.log_in import StoredLogIns


class PracticeSites:
    """The three sites with the contents of a seed, while entered. One episode at a time.

    Args:
        browser: Shows them.
        seed: Of their contents and tasks.
    """

    def __init__(self, browser: Browser, seed: int) -> None:
        self.browser = browser
        self.seed = seed
        self.contents: Contents = drawn_contents(seed)
        self._entered = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Serve.

        Raises:
            UsageError: what the sites need is not installed.
            TaskFault: a port cannot be had.
        """
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(TemporaryDirectory(prefix="vigorl-practice-"))
            self.served = await stack.enter_async_context(StandIns(contents=self.contents))
            self.log_ins = StoredLogIns(self.browser, self.served.urls, Accounts(), Path(folder))
            self._entered = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        await self._entered.aclose()

    def task(self, name: str) -> SiteTask:
        """A task on these contents.

        Raises:
            UsageError: there is no such task.
        """
        return site_task(name, self.seed, self.contents)


class PracticeEnvironment:
    """One episode of one task; the sites are put back before it."""

    actions: ActionSpace = BROWSER

    def __init__(
        self, sites: PracticeSites, task: SiteTask, settings: PageSettings | None = None
    ) -> None:
        self.task = task
        self.goal = task.goal
        self._sites = sites
        self._settings = settings or PageSettings()
        self._live: LivePage | None = None

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._shown.page

    async def reset(self) -> Observation:
        """Put the sites back, sign in, and open the task's.

        Raises:
            TaskFault: the site does not answer or does not let us in.
            BrowserFault: the browser does not start, or its page cannot be used.
        """
        sites, name = self._sites, self.task.site
        sites.served.reset()
        url = getattr(sites.served.urls, name)
        settings = replace(
            self._settings,
            storage_state=await sites.log_ins.state((name,)),
            boundary=Boundary().also(url),
        )
        self._live = LivePage(sites.browser, self.goal, url, settings)
        return await self._live.reset()

    async def step(self, action: Action) -> Observation:
        """Act on the page and look.

        Raises:
            BrowserFault: the browser broke.
        """
        return await self._shown.step(action)

    async def score(self, answer: str | None) -> Score:
        """Judge what was said and what the site holds.

        Raises:
            TaskFault: a page of the site broke meanwhile.
        """
        self._sites.served.check()
        url = urlsplit(self.page.url)
        path = url.path + (f"?{url.query}" if url.query else "")
        site = self._sites.served.sites[self.task.site]
        return self.task.score(SiteState(site, path, answer))

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew."""
        return await self._shown.magnify(region_css_px, width_px, height_px)

    async def close(self) -> None:
        """Close the pages; may be called twice."""
        if self._live is not None:
            await self._live.close()

    @property
    def _shown(self) -> LivePage:
        if self._live is None:
            raise RuntimeError("an episode begins with reset")
        return self._live
