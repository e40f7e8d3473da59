"""One browser and one pool of pages for all tests of MiniWoB++, and a way to play an oracle."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest_asyncio

from vigorl.browser.actions import Action, Done
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.errors import TaskFault
from vigorl.tasks.miniwob.environment import MiniwobEnvironment, State
from vigorl.tasks.miniwob.oracle import solve
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.tasks.miniwob.registry import Ticket

AT_ONCE = 8
"""Episodes side by side."""


@dataclass
class Play:
    """What came of an oracle's episode."""

    ticket: Ticket
    goal: str = ""
    actions: list[Action] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    score: Score | None = None
    state: State | None = None


@dataclass(frozen=True)
class Stage:
    """Where tasks are played."""

    browser: Browser
    pages: PagePool
    places: asyncio.Semaphore

    async def open(self, name: str, seed: int) -> MiniwobEnvironment:
        """The environment of a task, not reset yet."""
        return MiniwobEnvironment(self.pages, await self.pages.draw(Ticket(name, seed)))

    async def play(self, ticket: Ticket) -> Play:
        """Let the oracle do the task; what goes wrong is a complaint."""
        play = Play(ticket)
        async with self.places:
            env = await self.open(ticket.task, ticket.seed)
            play.goal = env.goal
            try:
                await env.reset()
                async for action in solve(env):
                    play.actions.append(action)
                    if isinstance(action, Done):
                        break
                    seen = await env.step(action)
                    play.complaints += [
                        f"{event.kind}: {event.text}"
                        for event in seen.events
                        if event.kind != "not_settled"  # a loaded machine is slow
                    ]
                    if seen.ended:
                        break
                play.score, play.state = await env.score(None), env.state
            except TaskFault as fault:
                play.complaints.append(str(fault))
            finally:
                await env.close()
        return play


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def miniwob() -> AsyncIterator[Stage]:
    async with Browser() as browser, PagePool(browser, idle=AT_ONCE) as pages:
        yield Stage(browser, pages, asyncio.Semaphore(AT_ONCE))
