"""A desktop task as an environment: its program on a virtual screen, and the task's judge."""

import asyncio
import json
import shlex
import shutil
import sys
import tempfile
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
from vigorl.tasks.desktop.link import ProgramLink
from vigorl.tasks.desktop.registry import DESKTOP_TASKS
from vigorl.tasks.desktop.task import PREFIX
from vigorl.tasks.environment import Told
from vigorl.tasks.task import TaskRow

_LOOK_EVERY_S = 0.05
_PROGRAM = Path(__file__).with_name("program.py")


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
        self._folder: Path | None = None
        self._desktop: DesktopEnvironment | None = None
        scale = row.parameters["look"]["scale"]
        self._size = VirtualSize(row.width_px, row.height_px, scale)

    @property
    def link(self) -> ProgramLink:
        """The line to the program, for the oracle and for tests."""
        if self._folder is None:
            raise RuntimeError("an episode begins with reset")
        size = self._size
        shown = Frame.of_viewport(size.width_px, size.height_px)
        return ProgramLink(
            self._folder, shown.resized(size.width_px * size.scale, size.height_px * size.scale)
        )

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
        _require_tk()
        require_screen(is_virtual=True)
        folder = self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="vigorl-"))
        told = {"spec": self.row.parameters["spec"], "look": self.row.parameters["look"]}
        (folder / "spec.json").write_text(json.dumps(told), "utf-8")
        command = shlex.join((sys.executable, "-I", str(_PROGRAM), str(folder)))
        program = Program(command)
        settings = replace(self._settings, virtual=self._size, programs=(program,), may_start=False)
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
        """End the program and its screen; may be called twice."""
        try:
            if self._desktop is not None:
                await self._desktop.close()
        finally:
            if self._folder is not None:
                await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def _shown(self) -> DesktopEnvironment:
        if self._desktop is None:
            raise RuntimeError("an episode begins with reset")
        return self._desktop


def _require_tk() -> None:
    """Refuse to play where the task's program cannot run.

    Raises:
        UsageError: this Python has no Tk.
    """
    try:
        import tkinter  # noqa: F401 -- it is the program that needs it
    except ImportError as error:
        raise UsageError(
            "the desktop tasks need Tk, which this Python lacks: apt-get install python3-tk"
        ) from error
