"""The episode loop: one policy in one environment, from reset to score. There is no second one.

Here alone is decided what is scored and what is a fault, by the rule of `vigorl.browser.errors`:
what the policy did is never a fault, and what it did not do is never its score.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, get_args

from vigorl.agent.blame import Blame, told, trace_of
from vigorl.agent.limits import Limits, Progress
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
from vigorl.agent.referee import (
    CutShort,
    Instead,
    Referee,
    Ruling,
    TakeOver,
    Veto,
    amendment,
)
from vigorl.agent.watcher import Watcher
from vigorl.browser.actions import Action, Done, GiveUp
from vigorl.browser.clock import Clock, OutOfTime, somebody_elses_time
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
)
from vigorl.browser.observation import Event, Observation
from vigorl.browser.picture import View
from vigorl.browser.text import cleaned, whole
from vigorl.policy.policy import Actor, Policy, Turn
from vigorl.policy.usage import UNUSED, Usage

if TYPE_CHECKING:
    from vigorl.policy.second_look import Opinion

__all__ = ["Limits", "SecondLook", "Watcher", "rollout"]

JUDGE_LIMIT_S = 180.0
"""Time for a judge, who may have to look at a dozen pages."""
STEP_LIMIT_S = 180.0
"""Time for the world to begin, or to answer an action; one that takes longer hangs. It stands while
somebody else is waited for, a person who is asked for a yes, say."""
CLOSE_LIMIT_S = 15.0
LAST_SCREENS = 3
"""Screens that a second look is shown."""


class SecondLook(Protocol):
    """Somebody who judges by the last screens whether a task is done."""

    async def check(self, goal: str, answer: str, screens: tuple[View, ...]) -> "Opinion":
        """Whether it is done, and why.

        Raises:
            PolicyFault: the model's server or device broke.
        """
        ...


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
            ending = await _unless_stopped(episode.play(policy.actor(goal)), episode.referee)
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


async def _unless_stopped(playing: Coroutine[Any, Any, _Ending], referee: Referee) -> _Ending:
    """How the episode ends, unless a person stops it before, whatever it is at.

    Raises:
        StoppedByPerson: somebody has.
    """
    play, stop = asyncio.ensure_future(playing), asyncio.ensure_future(referee.stopped())
    try:
        await asyncio.wait((play, stop), return_when=asyncio.FIRST_COMPLETED)
        if play.done():
            return play.result()
        raise StoppedByPerson(stop.result())
    finally:
        play.cancel()
        stop.cancel()
        await asyncio.wait((play, stop))


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
        self.steps = 0
        """Recorded so far, a person's among them."""
        self.is_steered = False
        """Something else was done than what the policy had chosen: what it has seen come of its
        steps says no more whether it is done."""
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
        except OutOfTime as error:
            if self.limits.clock == "world":
                raise BrowserFault(
                    f"its pages took {self.limits.seconds:g} seconds and more to answer"
                ) from error
            ending = _Ending("limit", f"{self.limits.seconds:g} seconds have passed")
        except BrowserFault as fault:
            if not self.blame.is_policys(fault):
                raise
            broken = True
            ending = _Ending("limit", f"the page that it went to broke: {fault}")
        if not self.steps:
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
        progress = Progress()
        began_s = time.monotonic()
        self.watcher.stage("loading the first page")
        observation = await self._answered(self.environment.reset())
        self.blame.note_observation(observation)
        progress.note_screen(None, observation)
        while progress.turns < self.limits.steps:
            before = self.steps
            stepped = await self._stepped_in(observation, time.monotonic() - began_s)
            if isinstance(stepped, _Ending):
                return stepped
            observation, observe_s = stepped
            if self.steps > before:
                progress.begin_again(observation)
            turn, step = await self._turn(actor, observation, observe_s)
            progress.note_turn(turn)
            ruling, step = await self._ruled(turn.action, step)
            began_s = time.monotonic()
            match ruling:
                case CutShort(reason=reason):
                    return _Ending("limit", reason)
                case Veto(why=why, kind=kind):
                    observation = observation.answer(kind, why)
                case TakeOver():
                    observation = observation.again()
                case (Done() | GiveUp()) as ending:
                    return _ended_by(ending, None if self.is_steered else turn.verified)
                case Instead(action=(Done() | GiveUp()) as ending):
                    return _ended_by(ending, None if self.is_steered else turn.verified)
                case _ if self.clock.left_s <= 0:
                    raise OutOfTime
                case None:
                    observation = observation.answer("malformed", turn.error or "no action")
                case Instead(action=action, told=words):
                    observation = await self._step(action)
                    progress.note_screen(action, observation)
                    observation = observation.with_event("steered", words)
                case action:
                    observation = await self._step(action)
                    progress.note_screen(action, observation)
            await self.referee.after(step)
            self.unanswered = self.recorder.seen(observation)
            if observation.ended:
                return _Ending("done", answer="")
            if limit := progress.exceeded(self.limits):
                return _Ending("limit", limit)
        return _Ending("limit", f"{self.limits.steps} steps taken")

    async def _stepped_in(
        self, observation: Observation, observe_s: float
    ) -> tuple[Observation, float] | _Ending:
        """What the policy is to see once nobody else acts, and how long that took to come about."""
        events: tuple[Event, ...] = ()
        while True:
            began_s = time.monotonic()
            action = await self.referee.step_in(observation)
            if action is None:
                break
            seen = self._see(observation)
            record = StepRecord(
                self.steps,
                seen,
                Turn("", "", (), action),
                observe_s,
                time.monotonic() - began_s,
                by="person",
            )
            self.watcher.step(self.recorder.as_written(record))
            step = self._write(record)
            began_s = time.monotonic()
            if isinstance(action, Done | GiveUp):
                await self.referee.after(step)
                return _ended_by(action)
            events += observation.events
            observation = await self._persons_step(action)
            observe_s = time.monotonic() - began_s
            await self.referee.after(step)
            self.unanswered = self.recorder.seen(observation)
            if observation.ended:
                return _Ending("done", answer="")
        told = tuple(Event(kind, words) for kind, words in self.referee.sayings())
        return replace(observation, events=(*events, *observation.events, *told)), observe_s

    async def _persons_step(self, action: Action) -> Observation:
        """What comes of a person's action, which takes none of the policy's time."""
        async with self.clock.running():
            with somebody_elses_time():
                observation = await self._answered(self.environment.step(action))
        self.blame.note_observation(observation)
        return observation

    async def _ruled(
        self, action: Action | None, step: StepRecord
    ) -> tuple[Ruling | None, StepRecord]:
        """What is to be done of what the policy has chosen, and the step as it is recorded.

        An ending is a step that is over.
        """
        began_s = time.monotonic()
        ruling: Ruling | None = None
        try:
            if action is not None:
                ruling = await self.referee.rule(action, self.recorder.as_written(step))
                if ruling != action and isinstance(ruling, get_args(Action)):
                    ruling = Instead(ruling)
        finally:  # what the policy has said is kept, also where it is stopped here
            held_s = time.monotonic() - began_s
            step = replace(step, amendment=amendment(action, ruling), held_s=held_s)
            written = self._write(step)
        if isinstance(ruling, CutShort | Done | GiveUp | Instead):
            ends = not isinstance(ruling, Instead) or isinstance(ruling.action, Done | GiveUp)
            if ends:
                await self.referee.after(written)
        return ruling, written

    async def _turn(
        self, actor: Actor, observation: Observation, observe_s: float
    ) -> tuple[Turn, StepRecord]:
        """What the policy says, not recorded yet."""
        seen = self._see(observation)
        began_s = time.monotonic()
        async with self.clock.running():
            with somebody_elses_time() if self.limits.clock == "world" else nullcontext():
                turn = cleaned(await actor.act(observation), whole)
        self.instruction = turn.instruction
        record = StepRecord(self.steps, seen, turn, observe_s, time.monotonic() - began_s)
        self.watcher.step(self.recorder.as_written(record))
        return turn, record

    def _see(self, observation: Observation) -> Seen:
        """An observation that somebody is about to answer, as it is recorded."""
        seen = self.unanswered = self.recorder.seen(observation)
        if observation.view is not None and observation.view.kind == "screen":
            self.screens.append(observation.view)
        self.watcher.seen(self.steps, seen)
        return seen

    def _write(self, record: StepRecord) -> StepRecord:
        """Record a step; returns it as it is written."""
        self.steps += 1
        changed = record.amendment is not None and record.done is not None
        taken_over = record.amendment is not None and record.amendment.is_take_over
        self.is_steered |= record.by == "person" or changed or taken_over
        written = self.recorder.step(record)
        self.unanswered = None
        return written

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


def _ended_by(action: Done | GiveUp, verified: bool | None = None) -> _Ending:
    """The ending that somebody calls out; what the policy has checked itself stands beside it."""
    if isinstance(action, GiveUp):
        return _Ending("gave_up", action.reason)
    own = () if verified is None else (DoneCheck(verified, "policy"),)
    return _Ending("done", answer=action.answer, checks=own)


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
