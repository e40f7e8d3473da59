"""Sites and one browser for all tests of the tasks, and a way to play a plan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from vigorl.browser.actions import Action, Done, Scroll
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.plan import PlanStep
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.local.site import Site
from vigorl.tasks.sites.serving import StandIns
from vigorl.tasks.task import TaskRow

AT_ONCE = 6
"""Episodes side by side; two busy cores are filled by four to eight."""


EXPECTED = ("tab_opened", "tab_closed", "not_settled")
"""Events that say nothing against a page: tasks open tabs, and a loaded machine is slow."""


@dataclass
class Play:
    """What came of a plan: the score, and whatever a page or the screen did wrong."""

    score: Score | None = None
    actions: list[Action] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Look = Callable[[TaskEnvironment, PlanStep], Awaitable[Sequence[str]]]
"""Looks at the screen before a step and says what is wrong with it."""


@dataclass(frozen=True)
class Stage:
    """Where plans are played."""

    site: Site
    browser: Browser
    places: asyncio.Semaphore

    def environment(self, row: TaskRow) -> TaskEnvironment:
        return TaskEnvironment(self.site, self.browser, row)

    async def play(self, row: TaskRow, steps: Sequence[PlanStep], look: Look | None = None) -> Play:
        """Carry out a plan with the package's own actions, then judge."""
        play, answer = Play(), ""
        async with self.places:
            env = self.environment(row)
            try:
                await env.reset()
                env.page.context.on("weberror", lambda e: play.complaints.append(str(e.error)))
                for step in steps:
                    if look is not None:
                        play.complaints += [
                            f"{step.phrasings[0]}: {words}" for words in await look(env, step)
                        ]
                    async for action in step.moves(env):
                        play.actions.append(action)
                        if isinstance(action, Done):
                            answer = action.answer
                            break
                        if isinstance(action, Scroll) and "scroll" not in step.phrasings[0]:
                            play.complaints.append(f"{step.phrasings[0]}: only after scrolling")
                        observation = await env.step(action)
                        play.complaints += [
                            f"{e.kind}: {e.text}"
                            for e in observation.events
                            if e.kind not in EXPECTED
                        ]
                play.score = await env.score(answer)
            finally:
                await env.close()
        return play


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with Site() as site, Browser() as browser:
        yield Stage(site, browser, asyncio.Semaphore(AT_ONCE))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served() -> AsyncIterator[StandIns]:
    async with StandIns() as served:
        yield served


@pytest.fixture
def stand_ins(served: StandIns) -> StandIns:
    """The stand-in sites as they begin."""
    served.reset()
    return served


@pytest.fixture(params=list(TASKS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)
