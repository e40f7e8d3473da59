"""What a task knows of its program: its state, and where things are on the screen."""

import asyncio
import json
from pathlib import Path
from typing import Any

from vigorl.browser.errors import TaskFault
from vigorl.browser.geometry import Frame, Point

ANSWER_LIMIT_S = 5.0


class ProgramLink:
    """A line to the program of a desktop task.

    Args:
        folder: That the program was started with.
        frame: The screen: its physical pixels over the unit of points.
    """

    def __init__(self, folder: Path, frame: Frame) -> None:
        self._folder = folder
        self._frame = frame

    async def state(self) -> dict[str, Any]:
        """The program's state now, or as its window was closed.

        Raises:
            TaskFault: it neither answers nor has left one.
        """
        try:
            state: dict[str, Any] = await self._asked("state")
        except OSError:
            left = self._folder / "state.json"
            if not left.is_file():
                raise TaskFault("the task's program is gone without a word") from None
            state = json.loads(left.read_text("utf-8"))
        return state

    async def where(self, name: str) -> Point:
        """The middle of what is called so, in the unit of points.

        Raises:
            TaskFault: it is not on the screen.
        """
        try:
            box = await self._asked("where", name)
        except OSError as error:
            raise TaskFault("the task's program does not answer") from error
        if box is None:
            raise TaskFault(f"{name!r} is not on the screen")
        left, top, right, bottom = box
        return self._frame.to_region(Point((left + right) / 2, (top + bottom) / 2))

    async def _asked(self, *question: str) -> Any:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            reader, writer = await asyncio.open_unix_connection(str(self._folder / "talk"))
            try:
                writer.write((json.dumps(question) + "\n").encode())
                return json.loads(await reader.readline())
            finally:
                writer.close()
