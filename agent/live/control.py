"""Control of a run under way: what a person asks for, and what the loop is told of it.

::

              pause                take_over
    running ────────▶ paused ────────────────▶ taken_over
       ▲ ◀──────────── │ ▲ ◀───────────────────── │
       │     resume    │ │          pause         │
       │               └─┘ step, edit, veto       │
       └──────────────────────────────────────────┘ resume

An action is asked about (`rule`) before it is done. While the run is paused that takes as long as
the person likes: nobody's limit of time runs meanwhile. A person who has taken over acts in the
policy's place (`step_in`); the policy is told when it is its turn again. `stop` ends the episode
wherever it is.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, assert_never

from vigorl.agent.live.commands import (
    Act,
    Command,
    Decide,
    Edit,
    GiveAnswer,
    NotNow,
    Pause,
    Refuse,
    Resume,
    Say,
    StepOnce,
    Stop,
    TakeControl,
)
from vigorl.agent.live.lines import action_of, deed_in_words
from vigorl.agent.live.state import PastStep, Proposal, Question, SteeredState
from vigorl.agent.record.trajectory import StepRecord
from vigorl.agent.referee import Instead, Referee, Ruling, TakeOver, Veto
from vigorl.agent.watcher import Watcher
from vigorl.browser.actions import Action
from vigorl.browser.deeds import Deed
from vigorl.browser.environment import Optics
from vigorl.browser.observation import EventKind, Observation
from vigorl.browser.picture import Picture
from vigorl.browser.vault import Vault
from vigorl.policy.policy import Policy

MOST_CHARACTERS = 4000
"""Of what a person says."""

STOPPED = "a person stopped it"
_EDITED = "A person who watches did something else in its place."
_VETOED = "A person who watches said no to this action, and it was not done"


class LiveControl(Referee, Watcher):
    """Steers one episode; terminal and pages look at `state` and give commands to `do`.

    Args:
        paused: Hold the first action back.
    """

    def __init__(self, *, paused: bool = False) -> None:
        self.state = SteeredState(mode="paused" if paused else "running")
        self.vault = Vault()
        """What is kept secret, also from who looks."""
        self._grace_s = 0.0
        self._changed = asyncio.Event()
        self._decision: asyncio.Future[Ruling] | None = None
        self._act: asyncio.Future[Action | None] | None = None
        self._answer: asyncio.Future[GiveAnswer | Decide] | None = None
        self._stopped: asyncio.Future[str] | None = None
        self._said: list[str] = []
        self._deeds: list[str] | None = None
        """What a person has done in the policy's place, which it has not been told; None: nobody
        has taken over."""
        self.folder: Path | None = None
        """Of the record; None before it begins."""
        self.optics: Optics | None = None
        """Renders the page as it is now, unseen by it; None: it cannot be rendered again."""
        self.acts_by_person = False
        """Whether what is being done now is a person's own doing."""

    # ------------------------------------------------------------------ who looks

    async def states(self) -> AsyncIterator[SteeredState]:
        """The state now, and again after each change; the last one has ended."""
        while True:
            state, changed = self.state, self._changed
            yield state
            if state.mode == "ended":
                return
            if self.state is state:
                await changed.wait()

    async def glance(self) -> Picture | None:
        """The page as it is at this moment, unseen by it; None where somebody acts.

        Raises:
            BrowserFault: it does not render, or the browser is gone.
        """
        state = self.state
        rests = state.awaits_action or (state.mode == "paused" and state.proposal is not None)
        if self.optics is None or state.screen is None or not rests:
            return None
        frame = state.screen.frame
        return await self.optics.magnify(frame.region_css_px, frame.width_px, frame.height_px)

    def begin(self, goal: str, policy: Policy, vault: Vault, grace_s: float = 0.0) -> None:
        """The episode begins.

        Args:
            goal: What is to be done.
            policy: Who is steered; one of literal instructions reads no messages.
            vault: What is kept secret, from it as well.
            grace_s: Time that each action is shown before it is done, s.
        """
        self.vault, self._grace_s = vault, grace_s
        self._set(goal=vault.redact(goal), policy=policy.name, hears=not policy.needs_instructions)

    def end(self, how: str) -> None:
        """The episode is over, in a sentence."""
        self._set(mode="ended", doing="", ending=how, proposal=None, asked=None)

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, revision=self.state.revision + 1, **changes)
        self._changed.set()
        self._changed = asyncio.Event()

    # ------------------------------------------------------------------ what a person asks for

    def do(self, command: Command) -> None:
        """Carry a command out.

        Raises:
            NotNow: it cannot be, as things are; says why.
        """
        if self.state.mode == "ended":
            raise NotNow("The run is over.")
        turn = getattr(command, "turn", None)
        if turn is not None and turn != self.state.turn:
            raise NotNow("That is decided already: look at what there is now.")
        match command:
            case Pause():
                self._give_back("paused")
            case Resume():
                self._give_back("running")
                if self._is_open(self._decision) and self.state.proposal is not None:
                    self._decide(self.state.proposal.action)
            case StepOnce():
                self._step_once()
            case TakeControl():
                self._take_over()
            case Act(action):
                self._do_act(action)
            case Edit(action):
                self._require_proposal()
                self._decide(Instead(self._read(action), "person", _EDITED), by_person=True)
            case Refuse(why):
                self._require_proposal()
                self._decide(Veto(self._veto(why), by="person"))
            case Say(text):
                self._say(text)
            case GiveAnswer() | Decide():
                self._reply(command)
            case Stop():
                if self._stopping().done():
                    raise NotNow("It is being stopped already.")
                self._stopping().set_result(STOPPED)
                self._set(doing="stopping")
            case _:
                assert_never(command)

    def _step_once(self) -> None:
        if self.state.mode == "taken_over":
            raise NotNow("You have taken over: give back first.")
        self._set(mode="paused", lets_one=True)
        if self._is_open(self._decision) and self.state.proposal is not None:
            self._decide(self.state.proposal.action)

    def _take_over(self) -> None:
        if self.state.mode == "taken_over":
            raise NotNow("Somebody has taken over already.")
        self._set(mode="taken_over", lets_one=False)
        if self._is_open(self._decision):
            self._decide(TakeOver())

    def _give_back(self, mode: str) -> None:
        self._set(mode=mode, lets_one=False)
        if self._act is not None and not self._act.done():
            self._act.set_result(None)

    def _do_act(self, action: Action | str) -> None:
        if self.state.mode != "taken_over":
            raise NotNow("Take over first: the policy is acting.")
        if self._act is None or self._act.done():
            raise NotNow("Wait a moment: the page is not ready for your next action.")
        read = self._read(action)
        self._act.set_result(read)
        self.acts_by_person = True
        self._set(turn=self.state.turn + 1, awaits_action=False, doing=f"you {read.type}")

    def _say(self, text: str) -> None:
        text = _whole(text)
        if not text:
            raise NotNow("Nothing was said.")
        if not self.state.hears:
            raise NotNow(
                f"{self.state.policy} follows its instructions and reads no messages: change what "
                "it does (edit, veto), or take over."
            )
        self._said.append(text)
        self._set(to_be_told=tuple(self._said))

    def _reply(self, command: GiveAnswer | Decide) -> None:
        asks = isinstance(self.state.asked, Question)
        if self._answer is None or self._answer.done() or asks != isinstance(command, GiveAnswer):
            raise NotNow("Nothing is asked that this would answer.")
        if isinstance(command, GiveAnswer):
            if not (text := command.text.strip()):
                raise NotNow("The answer is empty.")
            if command.is_secret and not text.isprintable():
                raise NotNow("A secret is one line, without control characters.")
        self._answer.set_result(command)
        self._set(turn=self.state.turn + 1, asked=None)

    def _require_proposal(self) -> None:
        if not self._is_open(self._decision):
            raise NotNow("There is no action to be decided about: pause, and wait for the next.")

    def _decide(self, ruling: Ruling, by_person: bool = False) -> None:
        assert self._decision is not None
        self._decision.set_result(ruling)
        self.acts_by_person = by_person
        self._set(turn=self.state.turn + 1, proposal=None)

    def _read(self, action: Action | str) -> Action:
        """An action that can be done here.

        Raises:
            NotNow: it is none.
        """
        seen = self.state.seen
        assert seen is not None, "there is something to see before anybody acts"
        return action_of(action, seen, self.state.screen)

    def _veto(self, why: str) -> str:
        why = self.vault.redact(_whole(why)).rstrip(".")
        return f"{_VETOED}: {why}." if why else f"{_VETOED}. Do something else."

    @staticmethod
    def _is_open(future: "asyncio.Future[Any] | None") -> bool:
        return future is not None and not future.done()

    # ------------------------------------------------------------------ what the loop asks

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        """What a person makes of it; while nobody holds it back, it is done."""
        state = self.state
        if state.mode == "taken_over":
            self._deeds = self._deeds or []
            return TakeOver()
        decision = self._decision = asyncio.get_running_loop().create_future()
        proposal = Proposal(action, step.turn)
        self._set(turn=state.turn + 1, proposal=proposal, doing="deciding")
        ruling: Ruling | None = None
        try:
            if state.mode == "running":
                await asyncio.wait((decision,), timeout=self._grace_s)
            if not decision.done() and (self.state.mode == "running" or self.state.lets_one):
                decision.set_result(action)
            ruling = await decision
            return ruling
        finally:
            if isinstance(ruling, TakeOver):
                self._deeds = self._deeds or []
            self._decision = None
            self._set(proposal=None, lets_one=False, doing=deed_in_words(action))

    async def after(self, step: StepRecord) -> None:
        """Note a step that is over."""
        self.acts_by_person = False
        if step.by == "person" and step.turn.action is not None:
            self._deeds = [*(self._deeds or []), deed_in_words(step.turn.action)]
        past = (*self.state.past, PastStep(step.index + 1, step))
        self._set(past=past, doing="looking")

    async def step_in(self, seen: Observation) -> Action | None:
        """What a person who has taken over does; None where nobody has, or they give back."""
        screen = self.state.screen
        if seen.view is not None and seen.view.kind == "screen":
            screen = seen.view
        self._set(seen=seen, screen=screen, events=seen.events, doing="thinking")
        if self.state.mode != "taken_over":
            return None
        self._act = asyncio.get_running_loop().create_future()
        self._set(turn=self.state.turn + 1, awaits_action=True, doing="your turn")
        try:
            return await self._act
        finally:
            self._act = None
            self._set(awaits_action=False)

    def sayings(self) -> tuple[tuple[EventKind, str], ...]:
        """What a person did in the policy's place, and what they said."""
        told: list[tuple[EventKind, str]] = []
        if self._deeds is not None:
            done = "; ".join(f"{number}. {deed}" for number, deed in enumerate(self._deeds, 1))
            words = f"did this in your place: {done}" if done else "did nothing in your place"
            told.append(
                ("steered", f"A person who watches took over and {words}. Go on from what you see.")
            )
            self._deeds = None
        told += [("person", f"The person who watches says: {text}") for text in self._said]
        self._said.clear()
        if self.state.to_be_told:
            self._set(to_be_told=())
        return tuple((kind, self.vault.redact(words)) for kind, words in told)

    async def stopped(self) -> str:
        """Return when a person stops the run."""
        return await asyncio.shield(self._stopping())

    def _stopping(self) -> "asyncio.Future[str]":
        if self._stopped is None:
            self._stopped = asyncio.get_running_loop().create_future()
        return self._stopped

    def recording(self, folder: Path) -> None:
        """Note where it is recorded."""
        self.folder = folder

    def stage(self, what: str) -> None:
        """Note what has begun."""
        self._set(doing=what)

    # ------------------------------------------------------------------ what is asked of a person

    async def asked(self, about: Deed | Question) -> GiveAnswer | Decide:
        """Put a question to whoever looks, and wait for the answer."""
        with self._asking(about) as answer:
            return await answer

    @contextmanager
    def _asking(self, about: Deed | Question) -> Iterator["asyncio.Future[GiveAnswer | Decide]"]:
        answer = self._answer = asyncio.get_running_loop().create_future()
        self._set(turn=self.state.turn + 1, asked=about)
        try:
            yield answer
        finally:
            self._answer = None
            self._set(asked=None)


def _whole(text: str) -> str:
    """What a person has written, in one line of bounded length."""
    return " ".join(text.split())[:MOST_CHARACTERS]
