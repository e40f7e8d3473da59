"""One policy in one environment, from the first look to the score. There is no second loop."""

import asyncio
import time
from collections import deque
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from vigorl.agent.trajectory import (
    Check,
    EndRecord,
    Recorder,
    Seen,
    StartRecord,
    Status,
    StepRecord,
    Trajectory,
    now,
)
from vigorl.browser.actions import Action, Done, GiveUp, Wait
from vigorl.browser.environment import Environment, Score
from vigorl.browser.errors import (
    InfrastructureFault,
    PolicyFault,
    StoppedByPerson,
    StorageFault,
    TaskFault,
    UsageError,
)
from vigorl.browser.observation import Observation
from vigorl.browser.picture import View
from vigorl.policy.policy import Policy, Turn

JUDGE_LIMIT_S = 180.0
"""Time for a judge, who may have to look at a dozen pages."""
CLOSE_LIMIT_S = 15.0
LAST_SCREENS = 3
"""Screens that a second look is shown."""


class Watcher:
    """Somebody who is told how an episode goes; this one is not interested."""

    def stage(self, what: str) -> None:
        """Something that takes time begins: `starting Chromium`."""

    def seen(self, index: int, seen: Seen) -> None:
        """The policy is about to choose step `index` (from 0) by what it sees."""

    def step(self, record: StepRecord) -> None:
        """A step is chosen and recorded; it is carried out next."""


class SecondLook(Protocol):
    """Somebody who judges by the last screens whether a task is done."""

    async def check(
        self, goal: str, answer: str, screens: tuple[View, ...]
    ) -> tuple[bool, str] | None:
        """Whether it is done and why; None where that cannot be told.

        Raises:
            PolicyFault: the model's server or device broke.
        """
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """When an episode is cut short."""

    steps: int = 30
    """Turns of the policy, malformed ones included."""
    seconds: float = 600.0
    """Wall clock from reset to the last action."""
    tokens: int | None = None
    """Tokens sampled by the policy; None: no limit."""
    malformed: int = 3
    """Turns in a row without a readable action."""
    repeats: int = 5
    """Equal actions in a row that each left the screen as it was."""
    unchanged: int = 12
    """Actions in a row, equal or not, after which the screen was byte for byte the same."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and value <= 0:
                raise UsageError(f"the limit on {name} is {value}; give a number above 0")


@dataclass
class _Progress:
    """What the limits look at; the only state of the loop beside the observation."""

    sampled_tokens: int = 0
    malformed: int = 0
    repeats: int = 1
    unchanged: int = 0
    last_action: Action | None = None
    last_screen: str = ""

    def note_turn(self, turn: Turn) -> None:
        self.sampled_tokens += turn.sampled_token_count
        self.malformed = 0 if turn.action else self.malformed + 1

    def note_screen(self, action: Action | None, observation: Observation) -> None:
        if observation.view is None or observation.view.kind != "screen":
            return
        screen = observation.view.picture.sha256
        same = screen == self.last_screen
        self.repeats = self.repeats + 1 if same and action == self.last_action else 1
        self.unchanged = self.unchanged + 1 if same else 0
        self.last_action, self.last_screen = action, screen

    def exceeded(self, limits: Limits) -> str | None:
        """The limit that was reached, in words."""
        if limits.tokens is not None and self.sampled_tokens >= limits.tokens:
            return f"{limits.tokens} tokens sampled"
        if self.malformed >= limits.malformed:
            return f"{limits.malformed} turns in a row without a readable action"
        if self.repeats >= limits.repeats and not isinstance(self.last_action, Wait):
            return f"the same action {limits.repeats} times in a row changed nothing"
        if self.unchanged >= limits.unchanged:
            return f"{limits.unchanged} actions in a row changed nothing on the screen"
        return None


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why the loop stopped."""

    status: Status
    reason: str = ""
    answer: str | None = None
    score: Score | None = None
    checks: tuple[Check, ...] = ()


async def rollout(
    policy: Policy,
    environment: Environment,
    recorder: Recorder,
    limits: Limits | None = None,
    task: dict[str, Any] | None = None,
    watcher: Watcher | None = None,
    second_look: SecondLook | None = None,
) -> Trajectory:
    """Play one episode, record it, score it, and close the environment.

    Whatever happens, the record ends with a status and a reason. A fault of the infrastructure
    ends the episode without a score and is not raised; a cancellation (Ctrl-C) and a programming
    mistake are recorded and raised again.

    Args:
        policy: Who chooses.
        environment: The world, not yet reset; it is used up.
        recorder: Where the episode is written, step by step.
        limits: When to stop; the default is `Limits()`.
        task: The frozen row the environment was made from, stored with the record.
        watcher: Who is told how it goes.
        second_look: Who is asked whether it is done, where the policy says so.

    Raises:
        StorageFault: the record itself cannot be written.
    """
    limits = limits or Limits()
    episode = _Episode(policy, environment, recorder, limits, watcher or Watcher())
    try:
        recorder.start(
            StartRecord(environment.goal, policy.describe(), asdict(limits), task, now())
        )
        try:
            ending = await episode.play()
            ending = await episode.looked_at_again(ending, second_look)
        except StorageFault:
            raise
        except InfrastructureFault as fault:
            ending = _Ending("fault", f"{type(fault).__name__}: {fault}")
        except StoppedByPerson as stop:
            ending = _Ending("interrupted", str(stop))
        except asyncio.CancelledError:
            episode.end(_Ending("interrupted", "stopped from outside"))
            raise
        except Exception as mistake:
            episode.end(_Ending("fault", f"{type(mistake).__name__}: {mistake}"))
            raise
        return episode.end(ending)
    finally:
        recorder.close()
        await _close(environment)


class _Episode:
    """The loop's room: who plays, where it is written, and what was seen last."""

    def __init__(
        self,
        policy: Policy,
        environment: Environment,
        recorder: Recorder,
        limits: Limits,
        watcher: Watcher,
    ) -> None:
        self.actor = policy.actor(environment.goal)
        self.environment = environment
        self.recorder = recorder
        self.limits = limits
        self.watcher = watcher
        self.screens: deque[View] = deque(maxlen=LAST_SCREENS)
        self.instruction = ""
        self.unanswered: Seen | None = None
        self.started_s = time.monotonic()

    async def play(self) -> _Ending:
        """Look, act, and so on until somebody ends it; then ask for the score."""
        try:
            async with asyncio.timeout(self.limits.seconds) as clock:
                ending = await self._turns()
        except TimeoutError:
            if not clock.expired():
                raise
            ending = _Ending("limit", f"{self.limits.seconds:g} seconds have passed")
        if ending.status == "limit" and self.instruction:
            ending = replace(ending, reason=f"{ending.reason}, at {self.instruction}")
        try:
            async with asyncio.timeout(JUDGE_LIMIT_S) as clock:
                score = await self.environment.score(ending.answer)
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise TaskFault(f"the judge did not answer within {JUDGE_LIMIT_S:g} s") from error
        return replace(ending, score=score)

    async def looked_at_again(self, ending: _Ending, second_look: SecondLook | None) -> _Ending:
        """The ending with what a second look says of it, where the policy calls it done."""
        if second_look is None or ending.status != "done":
            return ending
        self.watcher.stage("asking for a second look")
        goal, answer = self.environment.goal, ending.answer or ""
        try:
            verdict = await second_look.check(goal, answer, tuple(self.screens))
        except PolicyFault as fault:  # the episode itself is whole
            return replace(ending, reason=f"the second look failed: {fault}")
        if verdict is None:
            return replace(ending, reason="the second look could not tell whether it is done")
        passed, why = verdict
        return replace(ending, checks=(*ending.checks, Check(passed, "second look", why)))

    async def _turns(self) -> _Ending:
        progress = _Progress()
        began_s = time.monotonic()
        self.watcher.stage("loading the first page")
        observation = await self.environment.reset()
        progress.note_screen(None, observation)
        for index in range(self.limits.steps):
            turn = await self._turn(index, observation, time.monotonic() - began_s)
            progress.note_turn(turn)
            began_s = time.monotonic()
            match turn.action:
                case None:
                    observation = observation.answer("malformed", turn.error or "no action")
                case Done(answer=answer):
                    own = () if turn.verified is None else (Check(turn.verified, "policy"),)
                    return _Ending("done", answer=answer, checks=own)
                case GiveUp(reason=reason):
                    return _Ending("gave_up", reason)
                case action:
                    observation = await self.environment.step(action)
                    progress.note_screen(action, observation)
            self.unanswered = self.recorder.seen(observation)
            if observation.ended:
                return _Ending("done", answer="")
            if limit := progress.exceeded(self.limits):
                return _Ending("limit", limit)
        return _Ending("limit", f"{self.limits.steps} steps taken")

    async def _turn(self, index: int, observation: Observation, observe_s: float) -> Turn:
        seen = self.recorder.seen(observation)
        self.unanswered = seen
        if observation.view is not None and observation.view.kind == "screen":
            self.screens.append(observation.view)
        self.watcher.seen(index, seen)
        began_s = time.monotonic()
        turn = await self.actor.act(observation)
        self.instruction = turn.instruction
        record = StepRecord(index, seen, turn, observe_s, time.monotonic() - began_s)
        self.recorder.step(record)
        self.unanswered = None
        self.watcher.step(record)
        return turn

    def end(self, ending: _Ending) -> Trajectory:
        """Write the last line."""
        return self.recorder.end(
            EndRecord(
                ending.status,
                ending.reason,
                ending.answer,
                ending.score,
                self.unanswered,
                time.monotonic() - self.started_s,
                ending.checks,
            )
        )


async def _close(environment: Environment) -> None:
    """Close in bounded time, also while the episode is being cancelled."""
    closing = asyncio.ensure_future(environment.close())
    done, _ = await asyncio.wait({closing}, timeout=CLOSE_LIMIT_S)
    if not done:
        closing.cancel()
    elif (error := closing.exception()) and not isinstance(error, InfrastructureFault):
        raise error
