"""Programs that end with the agent, however it ends: started by a guard process of their own."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vigorl.browser.errors import ScreenFault

END_LIMIT_S = 6.0
"""Time for a guard to end everything; then it is killed, and what it has started with it."""

_SCRIPT = Path(__file__).with_name("guard.py")


class Guarded:
    """A guard process and what runs under it (`vigorl.browser.desktop.guard`)."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._speaking = asyncio.Lock()

    async def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> int:
        """Start a program; returns its process id.

        Raises:
            ScreenFault: it cannot be started; the message is the system's reason.
        """
        order = {"start": list(argv), "env": dict(env), "cwd": str(cwd)}
        return int((await self._told(order))["pid"])

    async def exit_code(self, pid: int) -> int | None:
        """How a program that was started here ended, below 0 by a signal.

        None: it runs, or what it has started in the background does.
        """
        code: int | None = (await self._told({"ended": pid}))["code"]
        return code

    async def serve(self, argv: Sequence[str], limit_s: float) -> int:
        """Start an X server; returns the number of its display.

        Raises:
            ScreenFault: it does not start.
        """
        return int((await self._told({"server": list(argv), "limit_s": limit_s}))["display"])

    async def remove(self, folder: Path) -> None:
        """Have a folder removed in the end."""
        await self._told({"remove": str(folder)})

    async def close(self) -> None:
        """End everything; may be called twice."""
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(_end, process)

    async def _told(self, order: dict[str, Any]) -> dict[str, Any]:
        async with self._speaking:
            if self._process is None:
                # In this thread, which lasts as long as the agent: its end is the guard's.
                self._process = subprocess.Popen(
                    (sys.executable, "-I", "-S", str(_SCRIPT)),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            answer = await asyncio.to_thread(_asked, self._process, order)
        if "error" in answer:
            name = (order.get("start") or order.get("server") or ["the guard"])[0]
            raise ScreenFault(f"{name} does not start: {answer['error']}")
        return answer


def _asked(process: "subprocess.Popen[str]", order: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError as error:
        raise ScreenFault("the guard of the screen is gone") from error
    if not line:
        raise ScreenFault("the guard of the screen is gone")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
