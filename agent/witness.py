"""Witness: writes down what can be named on each screen of an episode, for measurements alone."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vigorl.agent.record.named_boxes import BoxFile, NamedBox, named_boxes
from vigorl.browser.actions import Action
from vigorl.browser.environment import Environment, EnvironmentWrapper
from vigorl.browser.observation import Observation
from vigorl.tasks.truth import read_truth

if TYPE_CHECKING:  # who plays still pictures alone may have no browser
    from vigorl.browser.marks import PageEnvironment

READ_LIMIT_S = 3.0
"""Time for a page to say what it shows."""

Look = Callable[[], Awaitable[tuple[NamedBox, ...] | None]]
"""Says what can be named now; None where that cannot be told."""


class WitnessedEnvironment(EnvironmentWrapper[Environment]):
    """An environment of whose screens the named boxes are written down; nothing else is changed.

    It is put around whatever the policy looks through, so that a screen has the name here that it
    has in the record.

    Args:
        inner: The world, equipped for its policy.
        look: Is asked after each screen that was not seen before.
        folder: Of the record.
    """

    def __init__(self, inner: Environment, look: Look, folder: Path) -> None:
        super().__init__(inner)
        self._look = look
        self._file = BoxFile(folder)

    async def reset(self) -> Observation:
        """As the environment inside."""
        return await self._witnessed(await self._inner.reset())

    async def step(self, action: Action) -> Observation:
        """As the environment inside."""
        return await self._witnessed(await self._inner.step(action))

    async def _witnessed(self, observation: Observation) -> Observation:
        view, question = observation.view, observation.question
        if view is None or view.kind != "screen" or self._file.holds(view.picture.sha256):
            return observation
        if question is not None and question.halts:  # the page answers nothing
            return observation
        boxes = await self._look()
        if boxes is not None:
            self._file.append(view.picture.sha256, boxes)
        return observation


async def boxes_on(world: "PageEnvironment") -> tuple[NamedBox, ...] | None:
    """What can be named on the page that a world shows now; None where it does not say."""
    from playwright.async_api import Error as PlaywrightError

    try:
        async with asyncio.timeout(READ_LIMIT_S):
            return named_boxes(await read_truth(world.page))
    except (TimeoutError, PlaywrightError):  # it is gone, or another one is being loaded
        return None
