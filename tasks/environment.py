"""An embedded task as an environment: a live page on the task's site, and the task's judge."""

from dataclasses import replace
from typing import Literal

from playwright.async_api import Page

from vigorl.browser.action_space import BROWSER, ActionSpace
from vigorl.browser.actions import Action
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.errors import StartFault, TaskFault
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Event, Observation, PendingQuestion
from vigorl.browser.picture import Picture
from vigorl.tasks.local.site import Site, SiteEpisode
from vigorl.tasks.task import TaskRow

Told = Literal["goal", "instructions"]
"""What the policy is told: what to reach, or how to reach it, step by step."""


class TaskEnvironment:
    """One episode of one task row.

    Args:
        site: serves the task's pages; entered before `reset`, left after `close`.
        browser: gives the episode a context of its own.
        row: the task; kept for the record.
        settings: how the page is shown, and where it may go beside the task's site (nowhere,
            where there are none); the viewport is the row's.
        told: whether `goal` is the row's goal or its instructions.
    """

    actions: ActionSpace = BROWSER

    def __init__(
        self,
        site: Site,
        browser: Browser,
        row: TaskRow,
        settings: PageSettings | None = None,
        told: Told = "goal",
    ) -> None:
        self.row = row
        self.goal = row.goal if told == "goal" else row.instructions
        self._site = site
        self._browser = browser
        self._settings = replace(
            settings or PageSettings(boundary=Boundary(allow=())),
            width_px=row.width_px,
            height_px=row.height_px,
        )
        self._episode: SiteEpisode | None = None
        self._live: LivePage | None = None

    @property
    def page(self) -> Page:
        """The page that is shown, for the oracle and for tests."""
        return self._shown.page

    def told(self) -> tuple[tuple[Event, ...], PendingQuestion | None]:
        """What has happened since the last observation, and what is asked."""
        return self._shown.told()

    async def reset(self) -> Observation:
        """Set the world up and open its first page.

        Raises:
            TaskFault: the site does not serve that page.
            BrowserFault: the browser does not start, or its page cannot be used.
        """
        self._episode = episode = self._site.begin(self.row)
        self._live = LivePage(self._browser, self.goal, episode.url, self._settings)
        try:
            observation = await self._live.reset()
        except StartFault as error:
            raise TaskFault(f"{self.row.id}: its first page could not be shown") from error
        if not episode.visited or episode.fault is not None:
            raise TaskFault(f"{self.row.id}: its first page could not be shown") from episode.fault
        return observation

    async def step(self, action: Action) -> Observation:
        """Act on the page and look."""
        return await self._shown.step(action)

    async def score(self, answer: str | None) -> Score:
        """Judge the state of the site as it stands now, and the answer.

        A task that is about a state is judged by it, also where the policy did not finish.

        Raises:
            TaskFault: the task itself is defective.
        """
        return self._begun.judge(answer)

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew."""
        return await self._shown.magnify(region_css_px, width_px, height_px)

    async def close(self) -> None:
        """Close the page and forget the world; may be called twice."""
        try:
            if self._live is not None:
                await self._live.close()
        finally:
            if self._episode is not None:
                self._site.end(self._episode)

    @property
    def _shown(self) -> LivePage:
        if self._live is None:
            raise RuntimeError("an episode begins with reset")
        return self._live

    @property
    def _begun(self) -> SiteEpisode:
        if self._episode is None:
            raise RuntimeError("an episode begins with reset")
        return self._episode
