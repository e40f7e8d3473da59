"""Referees of an episode: who may change or veto what a policy has chosen, before it is done."""

from dataclasses import dataclass

from vigorl.agent.record.trajectory import StepRecord
from vigorl.browser.actions import Action
from vigorl.browser.observation import EventKind


@dataclass(frozen=True, slots=True)
class Veto:
    """An action is not to be done, and the policy is told why; the episode goes on."""

    why: str
    """A sentence to the policy, best with what to do instead."""
    kind: EventKind = "denied"
    """What it is to the policy: somebody's no, or an action that was no good as given."""


@dataclass(frozen=True, slots=True)
class CutShort:
    """The episode ends here, like one that has reached a limit."""

    reason: str


INSTEAD = "Something else was done in its place: who watches over the run has changed it."
"""What the policy is told where a referee has put another action in the place of its own."""

Ruling = Action | Veto | CutShort
"""What a referee says to an action: do this, do nothing, or end."""


class Referee:
    """Somebody who is asked before each action, and told after it; this one lets all pass."""

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        """What is to be done: the action itself, another one, or none.

        Args:
            action: What the policy has chosen, or a referee before this one.
            step: As it is recorded, with what the policy saw and thought.
        """
        return action

    async def after(self, step: StepRecord) -> None:
        """A step is over: its action is done, or was vetoed, or ends the episode."""


class Referees(Referee):
    """Several referees, asked one after the other; the first that says no decides."""

    def __init__(self, *referees: Referee) -> None:
        self._referees = referees

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        """What they say."""
        for referee in self._referees:
            ruling = await referee.rule(action, step)
            if isinstance(ruling, Veto | CutShort):
                return ruling
            action = ruling
        return action

    async def after(self, step: StepRecord) -> None:
        """Tell each of them."""
        for referee in self._referees:
            await referee.after(step)
