"""Worlds: every environment that a service can be asked for, and how one is made."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self, cast, get_args

from vigorl.agent.benchmarks.mock_sites import open_stand_ins
from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.trajectory import as_json
from vigorl.agent.service.pool import BrowserPool
from vigorl.agent.service.service_config import ENVIRONMENTS, ServiceConfig
from vigorl.browser.environment import Environment
from vigorl.browser.errors import UsageError
from vigorl.browser.marks import MarkedEnvironment, PageEnvironment
from vigorl.browser.wire import AskedTask, row_sha256
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.tasks.environment import TaskEnvironment, Told
from vigorl.tasks.local.registry import find_task
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob import registry as miniwob
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.files import html_folder
from vigorl.tasks.miniwob.registry import Ticket
from vigorl.tasks.task import TaskRow

BEGINNING_A_CORE = 2
"""Episodes that begin at once: a page has 10 s to load, and 32 that load on two cores miss that."""

LONGEST_NAME = 500
"""Of a task, characters."""

MOST_ROWS = 20_000
"""Rows of MiniWoB++ that are remembered: each costs a look at its page."""


@dataclass(frozen=True)
class MadeWorld:
    """An environment, not begun, and the row that it was made from."""

    environment: Environment
    row: dict[str, Any]


class Worlds:
    """What a service has to offer, as long as it is entered.

    Args:
        config: Which environments.
        pool: Lends the browsers that they are played in.

    Raises:
        UsageError: an environment that was asked for cannot be served here.
    """

    def __init__(self, config: ServiceConfig, pool: BrowserPool) -> None:
        self._pool = pool
        self._site = Site()
        self._stills: dict[str, Sample] = {}
        if config.stills is not None:
            self._stills = {sample.id: sample for sample in still_samples(config.stills)}
        self._rows: dict[Ticket, TaskRow] = {}
        self.beginning = asyncio.Semaphore(BEGINNING_A_CORE * _cores())
        """Held while an episode begins."""
        self._makers: Mapping[str, Callable[[AskedTask, AsyncExitStack], Awaitable[MadeWorld]]] = {
            "tasks": self._embedded,
            "miniwob": self._miniwob,
            "standin": self._stand_in,
            "stills": self._still,
        }
        lacking = {name: why for name in ENVIRONMENTS if (why := self._lacks(name))}
        self.names = tuple(config.environment or (n for n in ENVIRONMENTS if n not in lacking))
        """Of the environments that can be asked for."""
        for name in self.names:
            if name in lacking:
                raise UsageError(lacking[name])

    async def __aenter__(self) -> Self:
        await self._site.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._site.__aexit__(kind, error, trace)

    async def make(self, asked: AskedTask, stack: AsyncExitStack) -> MadeWorld:
        """The world of a task, not begun.

        Args:
            asked: Which one.
            stack: Closes the world, and gives its browser back.

        Raises:
            UsageError: there is none, or another one than the client means.
            InfrastructureFault: a browser or site does not start.
        """
        self._require(asked.environment)
        if len(asked.task) > LONGEST_NAME:
            raise UsageError(f"the name of a task has at most {LONGEST_NAME} characters")
        made = await self._makers[asked.environment](asked, stack)
        if asked.row_sha256 not in ("", row_sha256(made.row)):
            raise UsageError(
                f"{asked.task} is another task here than where you are: run the same version of "
                "the package at both ends"
            )
        environment = made.environment
        stack.push_async_callback(environment.close)
        if asked.marked:
            if not hasattr(type(environment), "page"):
                raise UsageError(f"{asked.environment} has no elements to number")
            environment = MarkedEnvironment(cast(PageEnvironment, environment))
        if asked.zoom:
            environment = ZoomEnvironment(environment)
        return MadeWorld(environment, made.row)

    async def row(self, asked: AskedTask) -> dict[str, Any]:
        """The row of a task of MiniWoB++, as its page draws it.

        Raises:
            UsageError: there is no such task.
            InfrastructureFault: the page broke.
        """
        self._require(asked.environment)
        if asked.environment != "miniwob":
            raise UsageError("the rows of other tasks than MiniWoB++'s are drawn where you are")
        ticket = _ticket(asked)
        async with self._pool.lent() as chromium:
            if ticket not in self._rows:
                self._remember(ticket, await chromium.pages.draw(ticket))
            row: dict[str, Any] = as_json(self._rows[ticket])
            return row

    async def _embedded(self, asked: AskedTask, stack: AsyncExitStack) -> MadeWorld:
        if asked.told not in get_args(Told):
            raise UsageError(f"a policy is told {' or '.join(get_args(Told))}, not {asked.told!r}")
        row = find_task(_with_seed(asked))
        chromium = await stack.enter_async_context(self._pool.lent())
        told = cast(Told, asked.told)
        return MadeWorld(
            TaskEnvironment(self._site, chromium.browser, row, told=told), as_json(row)
        )

    async def _miniwob(self, asked: AskedTask, stack: AsyncExitStack) -> MadeWorld:
        ticket = _ticket(asked)
        chromium = await stack.enter_async_context(self._pool.lent())
        if ticket not in self._rows:
            self._remember(ticket, await chromium.pages.draw(ticket))
        row = self._rows[ticket]
        return MadeWorld(MiniwobEnvironment(chromium.pages, row), as_json(row))

    async def _stand_in(self, asked: AskedTask, stack: AsyncExitStack) -> MadeWorld:
        """On sites of its own, so that episodes see nothing of each other."""
        chromium = await stack.enter_async_context(self._pool.lent())
        samples = await stack.enter_async_context(
            open_stand_ins([asked.task], limit=1, browser=chromium.browser)
        )
        return MadeWorld(samples[0].make(), samples[0].task)

    async def _still(self, asked: AskedTask, stack: AsyncExitStack) -> MadeWorld:
        sample = self._stills.get(asked.task)
        if sample is None:
            raise UsageError(f"there is no still picture {asked.task!r}")
        return MadeWorld(await asyncio.to_thread(sample.make), sample.task)

    def _remember(self, ticket: Ticket, row: TaskRow) -> None:
        while len(self._rows) >= MOST_ROWS:
            del self._rows[next(iter(self._rows))]
        self._rows[ticket] = row

    def _require(self, name: str) -> None:
        if name not in self.names:
            raise UsageError(
                f"there is no environment {name!r} here: there are {', '.join(self.names)}"
            )

    def _lacks(self, name: str) -> str:
        """What an environment lacks to be served; empty where nothing."""
        match name:
            case "miniwob":
                try:
                    html_folder()
                except UsageError as error:
                    return str(error)
            case "standin" if find_spec("python_multipart") is None or find_spec("nltk") is None:
                return "the stand-in sites are not installed: pip install 'vigorl-agent[sites]'"
            case "stills" if not self._stills:
                return "no still pictures are named: --stills FOLDER"
        return ""


def _cores() -> int:
    """CPU cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _with_seed(asked: AskedTask) -> str:
    return asked.task if asked.seed is None else f"{asked.task}:{asked.seed}"


def _ticket(asked: AskedTask) -> Ticket:
    return miniwob.find(_with_seed(asked))
