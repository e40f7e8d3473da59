"""A desktop task as an environment: its program on a virtual screen, and the task's judge."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import Action
from vigorl.browser.desktop.environment import DESKTOP, DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.opening import Program, require_screen
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.environment import Score
from vigorl.browser.errors import StartFault, TaskFault, UsageError
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.tasks.desktop.registry import DESKTOP_TASKS
from vigorl.tasks.desktop.task import PREFIX, Link
from vigorl.tasks.environment import Told
from vigorl.tasks.task import TaskRow

_LOOK_EVERY_S = 0.05
_ENGLISH = {"LC_ALL": "C.UTF-8", "LANGUAGE": "C"}
"""The language of the tasks, whatever the user's."""


class DesktopTaskEnvironment:
    """One episode of one row.

    Args:
        row: the task; kept for the record.
        told: whether `goal` is the row's goal or its instructions.
        settings: of the desktop; size and program are the row's.
    """

    actions: ActionSpace = DESKTOP

    def __init__(
        self, row: TaskRow, told: Told = "goal", settings: DesktopSettings | None = None
    ) -> None:
        self.row = row
        self.goal = row.goal if told == "goal" else row.instructions
        self.task = DESKTOP_TASKS[row.name.removeprefix(PREFIX)]
        self._settings = settings or DesktopSettings()
        self._home: Path | None = None
        self._desktop: DesktopEnvironment | None = None
        scale = row.parameters["look"]["scale"]
        self._size = VirtualSize(row.width_px, row.height_px, scale)

    @property
    def link(self) -> Link:
        """The line to the program, for the judge, the oracle and tests."""
        if self._home is None:
            raise RuntimeError("an episode begins with reset")
        size = self._size
        shown = Frame.of_viewport(size.width_px, size.height_px)
        physical = shown.resized(size.width_px * size.scale, size.height_px * size.scale)
        return self.task.link(self._home, physical)

    async def stopped(self) -> str:
        """Wait, once it has begun, until a person stops the agent; returns in which way."""
        while self._desktop is None:
            await asyncio.sleep(_LOOK_EVERY_S)
        return await self._desktop.stopped()

    async def reset(self) -> Observation:
        """Start the screen and the program on it.

        Raises:
            UsageError: what a virtual screen needs is not installed.
            TaskFault: the program shows no window.
            ScreenFault: the screen does not start.
        """
        require_screen(is_virtual=True)
        require_programs([self.row])
        parameters = self.row.parameters
        settings = replace(
            self._settings,
            virtual=self._size,
            programs=(Program(self.task.command(parameters["spec"])),),
            may_start=False,
            variables=_ENGLISH,
            home=self._fill,
            place_px=tuple(parameters["look"]["place_px"]),
        )
        self._desktop = DesktopEnvironment(self.goal, settings)
        try:
            return replace(await self._desktop.reset(), actions=self.actions)
        except StartFault as error:
            raise TaskFault(f"{self.row.id}: {error}") from error

    async def step(self, action: Action) -> Observation:
        """Act on the screen and look."""
        return await self._shown.step(action)

    async def score(self, answer: str | None) -> Score:
        """Judge the program's state as it is now.

        Raises:
            TaskFault: the program is gone without having been closed.
        """
        return self.task.judge(self.row.parameters["spec"], await self.link.state())

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region with all the pixels that the screen has."""
        return await self._shown.magnify(region_css_px, width_px, height_px)

    async def close(self) -> None:
        """End the program and its screen, with the program's home; may be called twice."""
        if self._desktop is not None:
            await self._desktop.close()

    def _fill(self, home: Path) -> None:
        self.task.fill(home, self.row.parameters)
        self._home = home

    @property
    def _shown(self) -> DesktopEnvironment:
        if self._desktop is None:
            raise RuntimeError("an episode begins with reset")
        return self._desktop


def require_programs(rows: Sequence[TaskRow]) -> None:
    """Refuse to play where a program is missing.

    Raises:
        UsageError: one is; the message names the packages, and the tasks that need none of them.
    """
    tasks = {row.name: DESKTOP_TASKS[row.name.removeprefix(PREFIX)] for row in rows}
    missing = {name: task.package for name, task in tasks.items() if not task.is_installed()}
    if not missing:
        return
    names = ", ".join(missing)
    packages = " ".join(sorted(set(missing.values())))
    there = [f"--task {name}" for name in tasks if name not in missing]
    raise UsageError(
        f"{names}: the program is not installed: "
        f"apt-get install --no-install-recommends {packages}"
        + (f"; or name the tasks to be played: {' '.join(there)}" if there else "")
    )
