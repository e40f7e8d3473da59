"""Episodes driven from outside, an action at a time; in the loop and recorded like any other.

Whoever drives one is the policy: the loop waits for the next action as it waits for a model's turn.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from vigorl.agent.limits import UNLIMITED
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.run import Additions, run
from vigorl.agent.run_config import RunConfig
from vigorl.browser.actions import Action
from vigorl.browser.deeds import Approver
from vigorl.browser.observation import Observation
from vigorl.policy.model_config import ModelConfig
from vigorl.policy.policy import Policy, Turn


class RunEnded(Exception):
    """A driven episode is over; the next action begins another one.

    Attributes:
        trajectory: Its record.
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        super().__init__(f"the run is over ({trajectory.status})")


@dataclass
class _Driver:
    """The policy of a driven episode: what it sees is handed out, what it does is handed in."""

    name: str
    goal: str = field(default="", init=False)
    acts_on_marks: bool = field(default=False, init=False)
    needs_instructions: bool = field(default=False, init=False)
    seen: "asyncio.Queue[Observation]" = field(default_factory=asyncio.Queue, init=False)
    chosen: "asyncio.Queue[tuple[str, Action]]" = field(default_factory=asyncio.Queue, init=False)

    def actor(self, goal: str) -> "_Driver":
        """Itself: it plays one episode."""
        self.goal = goal
        return self

    async def act(self, observation: Observation) -> Turn:
        """Hand out what is seen, and wait for what is to be done."""
        self.seen.put_nowait(observation)
        text, action = await self.chosen.get()
        return Turn(text, "", (), action)

    def describe(self) -> dict[str, Any]:
        """Who drives."""
        return {"name": self.name}

    async def close(self) -> None:
        """Nothing to let go of."""


Playing = Callable[[Policy], Coroutine[Any, Any, Trajectory]]
"""Lets a policy play one episode."""


class DrivenEpisode:
    """An episode that is acted on from outside; begins when it is looked at first.

    Args:
        play: Plays it.
        driver: Who drives, for the record.
    """

    def __init__(self, play: Playing, driver: str) -> None:
        self._play = play
        self._name = driver
        self._driver = _Driver(driver)
        self._running: asyncio.Task[Trajectory] | None = None
        self.last: Observation | None = None
        """What was seen last; None: nothing yet."""

    @property
    def goal(self) -> str:
        """What is to be done, once it has begun."""
        return self._driver.goal

    async def begin(self) -> Observation:
        """Begin, and look.

        Raises:
            UsageError: what is to be played does not hold.
            InfrastructureFault: it cannot begin.
            RunEnded: nothing is to be seen: its world broke.
        """
        self._driver = _Driver(self._name)
        self._running = asyncio.create_task(self._play(self._driver))
        return await self._next()

    async def do(self, text: str, action: Action) -> Observation:
        """Carry out an action, and see what came of it.

        Args:
            text: As whoever drives has written it.
            action: What it says.

        Raises:
            RunEnded: that ended the episode.
        """
        if self._running is None:
            await self.begin()
        self._driver.chosen.put_nowait((text, action))
        return await self._next()

    async def close(self) -> None:
        """End the episode, with its record; may be called twice."""
        running, self._running, self.last = self._running, None, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _next(self) -> Observation:
        assert self._running is not None
        seeing = asyncio.create_task(self._driver.seen.get())
        try:
            await asyncio.wait({seeing, self._running}, return_when=asyncio.FIRST_COMPLETED)
            if not seeing.done():
                running, self._running, self.last = self._running, None, None
                raise RunEnded(running.result())
            self.last = seeing.result()
            return self.last
        finally:
            seeing.cancel()


class DrivenRun(DrivenEpisode):
    """A page that is acted on from outside.

    Args:
        config: Where it begins, and what bounds it.
        driver: Who drives, for the record.
        approver: Who is asked about what needs a yes.
    """

    def __init__(self, config: RunConfig, driver: str, approver: Approver | None = None) -> None:
        model = ModelConfig(model=driver)

        def play(policy: Policy) -> Coroutine[Any, Any, Trajectory]:
            return run(config, model, None, approver, Additions(policy, limits=UNLIMITED))

        super().__init__(play, driver)
