"""The seam between whatever can be met and whatever chooses."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from vigorl.browser.actions import Action
from vigorl.browser.geometry import Box
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture


@dataclass(frozen=True, slots=True)
class Score:
    """What a judge said: `value` in [0, 1] and, in one sentence, why."""

    value: float
    why: str = ""
    by_other_rules: dict[str, float] = field(default_factory=dict)
    """What the same state scores by other rules than the task's own, by their name."""

    @property
    def is_solved(self) -> bool:
        """Whether the task is solved; a part of the score is not enough."""
        return is_solved(self.value)


def is_solved(value: float) -> bool:
    """Whether a score, from 0 to 1, says that the task is solved: the one place that decides it."""
    return value >= 1


class Environment(Protocol):
    """One episode's world: a live page, a static screenshot, a desktop. Used once.

    `reset` once, then `step` until the policy or the world ends the episode, then `score`, then
    `close`, which is always called, also after a fault, and never hangs.

    An action that the world cannot carry out is answered by an observation with a `bad_action`
    event. `Done` and `GiveUp` end the episode in the loop and never reach `step`.

    Raises (all methods):
        InfrastructureFault: the world itself broke; the episode cannot go on.
    """

    goal: str

    async def reset(self) -> Observation:
        """Begin; returns the first observation, whose view is a screen."""
        ...

    async def step(self, action: Action) -> Observation:
        """Carry out one action and see what came of it."""
        ...

    async def score(self, answer: str | None) -> Score | None:
        """Judge the state reached and the answer given; None where nobody can tell.

        `answer` is None where the policy did not finish (it gave up or ran into a limit).
        """
        ...

    async def close(self) -> None:
        """Let go of everything; may be called twice."""
        ...


@runtime_checkable
class Optics(Protocol):
    """An environment that can render a region of its screen again, sharper."""

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew and invisible to the page."""
        ...
