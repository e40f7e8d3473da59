"""A MiniWoB++ task as an environment: its page does the judging."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from playwright.async_api import Page

from vigorl.browser.action_space import PAGE, ActionSpace, not_offered
from vigorl.browser.actions import Action, Wait
from vigorl.browser.environment import Score
from vigorl.browser.errors import PageCrashed, PageHung, TaskFault
from vigorl.browser.fault_boundary import boundary
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.tasks.miniwob.pages import MiniwobStage, PagePool
from vigorl.tasks.miniwob.registry import find
from vigorl.tasks.task import TaskRow

_T = TypeVar("_T")

STATE_LIMIT_S = 5.0
"""Time for the page to say how the task stands."""

ALONE = "This page stands alone: there is nowhere else to go."


@dataclass(frozen=True, slots=True)
class State:
    """How a task stands."""

    here: bool
    """The page is still the one in which the episode began."""
    done: bool
    raw_reward: float
    """As the task gives it, in [-1, 1] and whatever the time: 0 while it is not done."""
    reason: str
    """In the task's own words; mostly empty."""

    @property
    def ended(self) -> bool:
        """Whether nothing more can come of it."""
        return self.done or not self.here

    def judged(self) -> Score:
        """1 where the raw reward is above 0, as BrowserGym counts success."""
        if not self.here:
            return Score(0.0, "the task's page was left")
        if not self.done:
            return Score(0.0, "the task is not done")
        reason = f" ({self.reason})" if self.reason else ""
        return Score(float(self.raw_reward > 0), f"raw reward {self.raw_reward:g}{reason}")


class MiniwobEnvironment:
    """One episode of one row.

    Args:
        pages: lends the page to play in; outlives the episode.
        row: the task, as `PagePool.draw` made it.
    """

    actions: ActionSpace = PAGE - {"upload"}

    def __init__(self, pages: PagePool, row: TaskRow) -> None:
        self.row = row
        self.goal = row.goal
        self._pages = pages
        self._stage: MiniwobStage | None = None
        self._state = State(here=True, done=False, raw_reward=0.0, reason="")
        self._broken = False  # the page is not to be used again

    @property
    def page(self) -> Page:
        """The page that is shown, for the oracle and for tests."""
        return self._live.page

    @property
    def state(self) -> State:
        """How the task stood after the last step."""
        return self._state

    async def reset(self) -> Observation:
        """Let the page draw the task, and look.

        Raises:
            TaskFault: it has drawn another task than the row's.
            BrowserFault: the browser does not start, or its page broke.
        """
        ticket = find(self.row.id)
        self._stage = await self._pages.lend(ticket.task)
        drawn = await self._whole(self._stage.begin(ticket))
        if drawn["goal"] != self.goal:
            raise TaskFault(f"{self.row.id}: the page drew {drawn['goal']!r}, not {self.goal!r}")
        return await self._look(Wait(0))

    async def step(self, action: Action) -> Observation:
        """Act on the page and look; what leads away from the page is answered in words.

        Raises:
            PageCrashed: the page died: there is nothing in it that could make it, and no other page
                can be gone to.
            PageHung: it had to be loaded again, since it did not answer, though no script ran.
            BrowserFault: the browser broke.
        """
        if action.type in self.actions:
            return await self._look(action)
        observation = await self._look(Wait(0))
        return observation.with_event("bad_action", not_offered(action, self.actions, ALONE))

    async def score(self, answer: str | None) -> Score:
        """Judge by the task's own reward; answers in words count for nothing."""
        return self._state.judged()

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew."""
        return await self._live.magnify(region_css_px, width_px, height_px)

    async def close(self) -> None:
        """Give the page back, or close it where something broke; may be called twice."""
        stage, self._stage = self._stage, None
        if stage is None:
            return
        if self._broken or not self._state.here:
            await self._pages.discard(stage)
        else:
            await self._pages.take_back(stage)

    async def _look(self, action: Action) -> Observation:
        observation = await self._whole(self._live.step(action))
        if not self._state.ended:
            self._state = await self._whole(self._read_state())
        if not self._state.here:
            _require_alive(observation)
        here = f"file:{self.row.url}"
        return replace(
            observation,
            url=here,
            tabs=tuple(replace(tab, url=here) for tab in observation.tabs),
            ended=self._state.ended,
        )

    async def _read_state(self) -> State:
        page = self._live.page
        async with boundary(page.context, STATE_LIMIT_S):
            found: dict[str, Any] | None = await page.evaluate(
                "globalThis.__vigorl_miniwob?.state()"
            )
        if found is None or not found["begun"]:
            return State(here=False, done=False, raw_reward=0.0, reason="")
        return State(True, found["done"], float(found["raw"] or 0), str(found["reason"] or ""))

    async def _whole(self, work: Awaitable[_T]) -> _T:
        """Do something to the page; where it is cut short or fails, the page is not used again."""
        self._broken = True
        result = await work
        self._broken = False
        return result

    @property
    def _live(self) -> LivePage:
        if self._stage is None:
            raise RuntimeError("an episode begins with reset and ends with close")
        return self._stage.live


def _require_alive(observation: Observation) -> None:
    """Tell a page that the policy left from one that died under it.

    Raises:
        PageCrashed, PageHung: it died.
    """
    for event in observation.events:
        match event.kind:
            case "page_crashed":
                raise PageCrashed(f"the task's page died: {event.text}")
            case "page_hung":
                raise PageHung(f"the task's page was lost: {event.text}")
