"""The `Environment` protocol: one episode's world, whatever it is, and wrappers around one."""

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, runtime_checkable

from vigorl.browser.action_space import ActionSpace
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

    Points are in a unit of the world's own, which its frames' regions are in: CSS px of the
    viewport in a browser, px of the screen on a desktop, px of a still picture.

    An action that the world does not offer, or cannot carry out, is answered by an observation
    with a `bad_action` event. `Done` and `GiveUp` end the episode in the loop and never reach
    `step`.

    Raises (all methods):
        InfrastructureFault: the world itself broke; the episode cannot go on.
    """

    @property
    def goal(self) -> str:
        """What is to be done; some tasks know only after `reset`."""
        ...

    @property
    def actions(self) -> ActionSpace:
        """The types of action that `step` takes; the same throughout the episode."""
        ...

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


_Inner = TypeVar("_Inner", bound=Environment)


class EnvironmentWrapper(Generic[_Inner]):
    """An environment around another one: what it does not change goes through.

    `magnify` does not: what is put around may show something else than the world renders.
    """

    def __init__(self, inner: _Inner) -> None:
        self._inner = inner

    @property
    def goal(self) -> str:
        """As the environment inside."""
        return self._inner.goal

    @property
    def actions(self) -> ActionSpace:
        """As the environment inside."""
        return self._inner.actions

    async def reset(self) -> Observation:
        """As the environment inside."""
        return await self._inner.reset()

    async def step(self, action: Action) -> Observation:
        """As the environment inside."""
        return await self._inner.step(action)

    async def score(self, answer: str | None) -> Score | None:
        """As the environment inside."""
        return await self._inner.score(answer)

    async def close(self) -> None:
        """As the environment inside."""
        await self._inner.close()
