"""The episode loop: one policy in one environment, from reset to score. There is no second one.

Here alone is decided what is scored and what is a fault, by the rule of `vigorl.browser.errors`:
what the policy did is never a fault, and what it did not do is never its score.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vigorl.agent.blame import Blame, told, trace_of
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import (
    DoneCheck,
    EndRecord,
    Seen,
    StartRecord,
    Status,
    StepRecord,
    Trajectory,
    now,
)
from vigorl.agent.referee import INSTEAD, CutShort, Referee, Ruling, Veto
from vigorl.browser.actions import Action, Done, GiveUp, Wait
from vigorl.browser.clock import Clock, OutOfTime
from vigorl.browser.environment import Environment, Score
from vigorl.browser.errors import (
    BrowserFault,
    InfrastructureFault,
    PageCrashed,
    PageHung,
    PolicyFault,
    StoppedByPerson,
    StorageFault,
    TaskFault,
    UsageError,
)
from vigorl.browser.observation import Observation
from vigorl.browser.picture import View
from vigorl.browser.quoting import quoted
from vigorl.browser.text import cleaned, whole
from vigorl.policy.policy import Actor, Policy, Turn
from vigorl.policy.usage import UNUSED, Usage

if TYPE_CHECKING:
    from vigorl.policy.second_look import Opinion

JUDGE_LIMIT_S = 180.0
"""Time for a judge, who may have to look at a dozen pages."""
STEP_LIMIT_S = 180.0
"""Time for the world to begin, or to answer an action; one that takes longer hangs. It stands while
somebody else is waited for, a person who is asked for a yes, say."""
CLOSE_LIMIT_S = 15.0
LAST_SCREENS = 3
"""Screens that a second look is shown."""


class Watcher:
    """Somebody who is told how an episode goes; this one is not interested."""

    def recording(self, folder: Path) -> None:
        """The record begins, in this folder."""

    def stage(self, what: str) -> None:
        """Something that takes time begins: `starting Chromium`."""

    def seen(self, index: int, seen: Seen) -> None:
        """The policy is about to choose step `index` (from 0) by what it sees."""

    def step(self, record: StepRecord) -> None:
        """A step is chosen and recorded; it is carried out next."""


class SecondLook(Protocol):
    """Somebody who judges by the last screens whether a task is done."""

    async def check(self, goal: str, answer: str, screens: tuple[View, ...]) -> "Opinion":
        """Whether it is done, and why.

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
    """That the policy may use, from the first look to the last action: for thinking, and for what
    its actions take. Waiting for a server that is away, a judge, or a page that has to be brought
    back is not its own."""
    tokens: int | None = None
    """Tokens sampled by the policy; None: no limit."""
    cost_usd: float | None = None
    """What the policy's turns may cost, in US dollars; None: no limit."""
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

    usage: Usage = UNUSED
    malformed: int = 0
    repeats: int = 1
    unchanged: int = 0
    last_action: Action | None = None
    last_screen: str = ""
    last_turn: Turn | None = None

    def note_turn(self, turn: Turn) -> None:
        self.last_turn = turn
        self.usage += turn.usage
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
        if limits.tokens is not None and self.usage.sampled_tokens >= limits.tokens:
            return f"{limits.tokens} tokens sampled"
        if limits.cost_usd is not None and not self.usage.is_priced:
            return "what a turn costs is not known, so no limit on it can be kept: give its price"
        if limits.cost_usd is not None and (self.usage.cost_usd or 0) >= limits.cost_usd:
            return f"{limits.cost_usd:g} dollars spent"
        if self.malformed >= limits.malformed:
            unread = _unread(self.last_turn) if self.last_turn is not None else ""
            return f"{limits.malformed} turns in a row without a readable action{unread}"
        if self.repeats >= limits.repeats and not isinstance(self.last_action, Wait):
            return f"the same action {limits.repeats} times in a row changed nothing"
        if self.unchanged >= limits.unchanged:
            return f"{limits.unchanged} actions in a row changed nothing on the screen"
        return None


def _unread(turn: Turn) -> str:
    """How the last turn looked that could not be read, and what is known of it."""
    said = f", the last: {quoted(turn.text)}" if turn.text.strip() else ", the last without a word"
    return f"{said} ({turn.notice})" if turn.notice else said


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why the loop stopped."""

    status: Status
    reason: str = ""
    answer: str | None = None
    score: Score | None = None
    checks: tuple[DoneCheck, ...] = ()
    fault: str = ""
    trace: str = ""
    second_look: Usage = UNUSED

    @classmethod
    def by(cls, error: Exception) -> "_Ending":
        """Of an episode that says nothing about the policy."""
        return cls("fault", told(error), fault=type(error).__name__, trace=trace_of(error))


async def rollout(
    policy: Policy,
    environment: Environment,
    recorder: Recorder,
    limits: Limits | None = None,
    task: dict[str, Any] | None = None,
    watcher: Watcher | None = None,
    second_look: SecondLook | None = None,
    truth: GroundTruth | None = None,
    referee: Referee | None = None,
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
        truth: What is right, stored with the record; the policy never sees it.
        referee: Who may change or veto actions before they are done.

    Raises:
        StorageFault: the record itself cannot be written.
    """
    limits = limits or Limits()
    watcher = watcher or Watcher()
    watcher.recording(recorder.folder)
    episode = _Episode(environment, recorder, limits, watcher, referee or Referee())
    goal = whole(environment.goal)
    try:
        offered = tuple(sorted(environment.actions))
        start = StartRecord(
            goal, policy.describe(), asdict(limits), task, now(), truth, actions=offered
        )
        recorder.start(start)
        try:
            ending = await episode.play(policy.actor(goal))
            ending = await episode.looked_at_again(ending, second_look)
        except StorageFault:
            raise
        except InfrastructureFault as fault:
            ending = _Ending.by(fault)
        except StoppedByPerson as stop:
            ending = _Ending("interrupted", str(stop))
        except asyncio.CancelledError as cancelled:
            episode.end(_Ending("interrupted", str(cancelled) or "stopped from outside"))
            raise
        except Exception as mistake:
            episode.end(_Ending.by(mistake))
            raise
        trajectory = episode.end(ending)
    finally:
        recorder.close()
        unsaved = await _close(environment)
    return replace(trajectory, unsaved=unsaved)


class _Episode:
    """The loop's room: who plays, where it is written, and what was seen last."""

    def __init__(
        self,
        environment: Environment,
        recorder: Recorder,
        limits: Limits,
        watcher: Watcher,
        referee: Referee,
    ) -> None:
        self.environment = environment
        self.recorder = recorder
        self.limits = limits
        self.watcher = watcher
        self.referee = referee
        self.clock = Clock(limits.seconds)
        self.blame = Blame()
        self.turns = 0
        self.screens: deque[View] = deque(maxlen=LAST_SCREENS)
        self.instruction = ""
        self.unanswered: Seen | None = None
        self.started_s = time.monotonic()

    async def play(self, actor: Actor) -> _Ending:
        """Look, act, and so on until somebody ends it; then ask for the score.

        Raises:
            InfrastructureFault: what became of it is not the policy's doing.
        """
        broken = False
        try:
            ending = await self._turns(actor)
        except OutOfTime:
            ending = _Ending("limit", f"{self.limits.seconds:g} seconds have passed")
        except BrowserFault as fault:
            if not self.blame.is_policys(fault):
                raise
            broken = True
            ending = _Ending("limit", f"the page that it went to broke: {fault}")
        if not self.turns:
            raise PolicyFault(f"it has not said anything: {ending.reason}")
        if ending.status == "limit" and self.instruction:
            ending = replace(ending, reason=f"{ending.reason}, at {self.instruction}")
        try:
            score = await self._judged(ending.answer)
        except InfrastructureFault as fault:
            if not broken:
                raise
            score = Score(0.0, f"there is nothing left to be judged: {fault}")
        if self.blame.crash and score is not None and not score.is_solved:
            raise PageCrashed(f"a page died that the policy had not made to: {self.blame.crash}")
        return replace(ending, score=score)

    async def _judged(self, answer: str | None) -> Score | None:
        """What the judge says.

        Raises:
            TaskFault: it says nothing in time, or no number from 0 to 1.
        """
        try:
            async with asyncio.timeout(JUDGE_LIMIT_S) as limit:
                score = await self.environment.score(answer)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TaskFault(f"the judge did not answer within {JUDGE_LIMIT_S:g} s") from error
        if score is None:
            return None
        for value in (score.value, *score.by_other_rules.values()):
            if not isinstance(value, int | float) or not 0 <= value <= 1:  # nor a number
                raise TaskFault(f"the judge says {value!r}, which is no number from 0 to 1")
        return cleaned(score)

    async def looked_at_again(self, ending: _Ending, second_look: SecondLook | None) -> _Ending:
        """The ending with what a second look says of it, where the policy calls it done."""
        if second_look is None or ending.status != "done":
            return ending
        self.watcher.stage("asking for a second look")
        goal, answer = self.environment.goal, ending.answer or ""
        try:
            opinion = await second_look.check(goal, answer, tuple(self.screens))
        except PolicyFault as fault:  # the episode itself is whole
            return replace(ending, reason=f"the second look failed: {fault}")
        ending = replace(ending, second_look=opinion.usage)
        if opinion.passed is None:
            return replace(ending, reason="the second look could not tell whether it is done")
        check = DoneCheck(opinion.passed, "second look", opinion.why)
        return replace(ending, checks=(*ending.checks, check))

    async def _turns(self, actor: Actor) -> _Ending:
        progress = _Progress()
        began_s = time.monotonic()
        self.watcher.stage("loading the first page")
        observation = await self._answered(self.environment.reset())
        self.blame.note_observation(observation)
        progress.note_screen(None, observation)
        for index in range(self.limits.steps):
            turn, step = await self._turn(actor, index, observation, time.monotonic() - began_s)
            progress.note_turn(turn)
            began_s = time.monotonic()
            match await self._ruled(turn.action, step):
                case CutShort(reason=reason):
                    return _Ending("limit", reason)
                case Veto(why=why, kind=kind):
                    observation = observation.answer(kind, why)
                case Done(answer=answer):
                    own = () if turn.verified is None else (DoneCheck(turn.verified, "policy"),)
                    return _Ending("done", answer=answer, checks=own)
                case GiveUp(reason=reason):
                    return _Ending("gave_up", reason)
                case _ if self.clock.left_s <= 0:
                    raise OutOfTime
                case None:
                    observation = observation.answer("malformed", turn.error or "no action")
                case action:
                    observation = await self._step(action)
                    progress.note_screen(action, observation)
                    if action != turn.action:
                        observation = observation.with_event("input", INSTEAD)
            await self.referee.after(step)
            self.unanswered = self.recorder.seen(observation)
            if observation.ended:
                return _Ending("done", answer="")
            if limit := progress.exceeded(self.limits):
                return _Ending("limit", limit)
        return _Ending("limit", f"{self.limits.steps} steps taken")

    async def _ruled(self, action: Action | None, step: StepRecord) -> Ruling | None:
        """What is to be done of what the policy has chosen; an ending is a step that is over."""
        if action is None:
            return None
        ruling = await self.referee.rule(action, step)
        if isinstance(ruling, CutShort | Done | GiveUp):
            await self.referee.after(step)
        return ruling

    async def _turn(
        self, actor: Actor, index: int, observation: Observation, observe_s: float
    ) -> tuple[Turn, StepRecord]:
        """What the policy says, and how it is recorded."""
        seen = self.recorder.seen(observation)
        self.unanswered = seen
        if observation.view is not None and observation.view.kind == "screen":
            self.screens.append(observation.view)
        self.watcher.seen(index, seen)
        began_s = time.monotonic()
        async with self.clock.running():
            turn = cleaned(await actor.act(observation), whole)
        self.turns += 1
        self.instruction = turn.instruction
        record = StepRecord(index, seen, turn, observe_s, time.monotonic() - began_s)
        written = self.recorder.step(record)
        self.unanswered = None
        self.watcher.step(written)
        return turn, written

    async def _step(self, action: Action) -> Observation:
        """What comes of an action; the time for bringing back a page that broke is given back."""
        self.blame.note_action(action)
        before_s = self.clock.left_s
        async with self.clock.running():
            observation = await self._answered(self.environment.step(action))
        if self.blame.note_observation(observation):
            self.clock.give(before_s - self.clock.left_s)
        return observation

    async def _answered(self, asked: Coroutine[Any, Any, Observation]) -> Observation:
        """What the world shows, cleaned: from here on nobody need look at its texts again.

        Raises:
            PageHung: it shows nothing in time.
        """
        try:
            async with self.clock.patience(STEP_LIMIT_S) as limit:
                observation = await asked
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise PageHung(f"the world did not answer within {STEP_LIMIT_S:g} s") from error
        return replace(cleaned(observation), actions=self.environment.actions)

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
                ending.fault,
                ending.trace,
                second_look=ending.second_look,
            )
        )


async def _close(environment: Environment) -> str:
    """Close in bounded time, also while the episode is being cancelled.

    Returns:
        What was to be kept and could not be; empty where nothing is lost.
    """
    closing = asyncio.ensure_future(environment.close())
    done, _ = await asyncio.wait({closing}, timeout=CLOSE_LIMIT_S)
    if not done:
        closing.cancel()
        return ""
    match closing.exception():
        case StorageFault() as refused:
            return str(refused)
        case None | InfrastructureFault():
            return ""
        case mistake:
            raise mistake
