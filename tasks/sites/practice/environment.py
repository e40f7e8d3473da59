"""A task of practice as an environment: a live page on sites of its own, judged by their state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from playwright.async_api import Page

from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import EnvironmentWrapper, Score
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
from vigorl.tasks.visualwebarena.task import SiteName


@dataclass(frozen=True)
class PracticeSites:
    """The three sites with the contents of a seed, and who is signed in to them."""

    browser: Browser
    served: StandIns
    seed: int
    contents: Contents
    log_ins: Path | None
    """A storage state."""

    def task(self, name: str) -> SiteTask:
        """A task on these contents.

        Raises:
            UsageError: there is no such task.
        """
        return site_task(name, self.seed, self.contents)


@asynccontextmanager
async def practice_sites(browser: Browser, seed: int) -> AsyncIterator[PracticeSites]:
    """Sites as long as the block lasts, for one episode at a time.

    Args:
        browser: Shows them.
        seed: Of their contents and tasks.

    Raises:
        UsageError: what the sites need is not installed.
        TaskFault: a port cannot be had, or a site does not let us in.
        BrowserFault: the browser does not start.
    """
    contents = drawn_contents(seed)
    names: tuple[SiteName, ...] = tuple(contents)
    with TemporaryDirectory(prefix="vigorl-practice-") as folder:
        async with StandIns(contents=contents) as served:
            stored = StoredLogIns(browser, served.urls, Accounts(), Path(folder))
            log_ins = await stored.state(names)
            yield PracticeSites(browser, served, seed, contents, log_ins)


class PracticeEnvironment(EnvironmentWrapper[LivePage]):
    """One episode of one task; the sites are put back before it.

    Args:
        sites: With the contents that the task was drawn from.
        task: What is to be done.
        settings: Of the page, which reaches its site besides; None: nothing but that.
    """

    def __init__(
        self, sites: PracticeSites, task: SiteTask, settings: PageSettings | None = None
    ) -> None:
        url = getattr(sites.served.urls, task.site)
        settings = settings or PageSettings(boundary=Boundary(allow=()))
        settings = replace(
            settings, storage_state=sites.log_ins, boundary=settings.boundary.also(url)
        )
        super().__init__(LivePage(sites.browser, task.goal, url, settings))
        self.task = task
        self._served = sites.served

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._inner.page

    async def reset(self) -> Observation:
        """Put the sites back, and open the task's.

        Raises:
            BrowserFault: the browser does not start, or its page cannot be used.
        """
        self._served.reset()
        return await super().reset()

    async def score(self, answer: str | None) -> Score:
        """Judge what was said and what the site holds.

        Raises:
            TaskFault: a page of the site broke meanwhile.
        """
        self._served.check()
        url = urlsplit(self.page.url)
        path = url.path + (f"?{url.query}" if url.query else "")
        return self.task.score(SiteState(self._served.sites[self.task.site], path, answer))

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew."""
        return await self._inner.magnify(region_css_px, width_px, height_px)
