"""Referees of an episode: who may change or veto what a policy has chosen, or act in its place."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from vigorl.agent.record.trajectory import Amendment, StepRecord
from vigorl.browser.actions import Action
from vigorl.browser.observation import EventKind, Observation

Overseer = Literal["person", "program"]
"""Who watches over a run: somebody who looks at it, or somebody's program."""

INSTEAD = "Something else was done in its place: who watches over the run has changed it."
"""What the policy is told where a referee has put another action in the place of its own."""


@dataclass(frozen=True, slots=True)
class Veto:
    """An action is not to be done, and the policy is told why; the episode goes on."""

    why: str
    """A sentence to the policy, best with what to do instead."""
    kind: EventKind = "denied"
    """What it is to the policy: somebody's no, or an action that was no good as given."""
    by: Overseer = "program"


@dataclass(frozen=True, slots=True)
class Instead:
    """Another action is done in the place of the policy's, and it is told so."""

    action: Action
    by: Overseer = "program"
    told: str = INSTEAD


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A person acts from here on (`Referee.step_in`); what the policy has chosen is not done."""


@dataclass(frozen=True, slots=True)
class CutShort:
    """The episode ends here, like one that has reached a limit."""

    reason: str


Ruling = Action | Veto | Instead | TakeOver | CutShort
"""What a referee says to an action: do this, do nothing, or end."""


class Referee:
    """Somebody who is asked before each action, and told after it; this one lets all pass."""

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        """What is to be done: the action itself, another one, or none.

        Args:
            action: What the policy has chosen, or a referee before this one.
            step: As it will be recorded, with what the policy saw and thought.
        """
        return action

    async def after(self, step: StepRecord) -> None:
        """A step is over: its action is done, or was vetoed, or ends the episode."""

    async def step_in(self, seen: Observation) -> Action | None:
        """An action of a person, done before the policy is asked; None: it is the policy's turn.

        Args:
            seen: What there is to see now.
        """
        return None

    def sayings(self) -> tuple[tuple[EventKind, str], ...]:
        """What the policy is to be told beside what it sees next; each is said once."""
        return ()

    async def stopped(self) -> str:
        """Return when a person ends the episode, with the reason."""
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never


class Referees(Referee):
    """Several referees, asked one after the other; the first that says no decides."""

    def __init__(self, *referees: Referee) -> None:
        self._referees = referees

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        """What they say."""
        ruling: Ruling = action
        for referee in self._referees:
            said = await referee.rule(action, step)
            if isinstance(said, Veto | CutShort | TakeOver):
                return said
            chosen = said.action if isinstance(said, Instead) else said
            if chosen != action:
                ruling = said if isinstance(said, Instead) else Instead(said)
            action = chosen
        return ruling

    async def after(self, step: StepRecord) -> None:
        """Tell each of them."""
        for referee in self._referees:
            await referee.after(step)

    async def step_in(self, seen: Observation) -> Action | None:
        """The first action that one of them brings."""
        for referee in self._referees:
            if (action := await referee.step_in(seen)) is not None:
                return action
        return None

    def sayings(self) -> tuple[tuple[EventKind, str], ...]:
        """What they all say."""
        return tuple(each for referee in self._referees for each in referee.sayings())

    async def stopped(self) -> str:
        """Return when one of them ends the episode."""
        waiting = [asyncio.ensure_future(each.stopped()) for each in self._referees]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for each in waiting:
                each.cancel()


def amendment(action: Action | None, ruling: Ruling | None) -> Amendment | None:
    """What a ruling makes of an action, for the record; None where it is done as it was chosen."""
    match ruling:
        case Veto(why, _, by):
            return Amendment(by, None, why)
        case CutShort(reason):
            return Amendment("program", None, reason)
        case TakeOver():
            return Amendment("person", None, "a person took over", is_take_over=True)
        case Instead(instead, by):
            return Amendment(by, instead) if instead != action else None
        case None:
            return None
        case other:
            return Amendment("program", other) if other != action else None
