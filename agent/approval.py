"""Approval of risky actions: by a person in a terminal, or by a callback.

Any object with `async def approve(self, deed: Deed) -> Approval` can be asked
(`vigorl.browser.deeds.Approver`). Deeds, approvals and what became of them (`Consent`) are plain
records that pydantic writes as JSON, so that a page or a chat can ask as well as a terminal.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Literal, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from vigorl.agent.plain_text import one_line
from vigorl.browser.deeds import Approval, Approver, Deed

ANSWER_LIMIT_S = 120.0
"""Time to answer; then it is no."""

DEAF_S = 0.5
"""Keys that are pressed before one can have read what is asked are no answer."""

Answer = Literal["y", "n", "a", "s"]
_ANSWERS: dict[str, Answer] = {"y": "y", "n": "n", "a": "a", "s": "s", "\x1b": "n"}
_SAID: dict[Answer, tuple[Approval, str, str]] = {
    "y": (Approval(True), "✓ allowed", "green"),
    "a": (Approval(True, always=True), "✓ allowed, here and always in this run", "green"),
    "n": (Approval(False, why="the person said no"), "✗ not allowed", "yellow"),
    "s": (Approval(False, stop=True, why="the person stopped it"), "◼ stopped", "red"),
}
_KEYS = (("y", "yes"), ("n", "no"), ("a", "always for this here"), ("s", "stop the run"))


class InTime:
    """Asks somebody else, and says no where no answer comes in time.

    Args:
        approver: Who is asked.
        limit_s: Time to answer, s.
    """

    def __init__(self, approver: Approver, limit_s: float = ANSWER_LIMIT_S) -> None:
        self._approver = approver
        self._limit_s = limit_s

    async def approve(self, deed: Deed) -> Approval:
        """The other's answer, or no."""
        try:
            async with asyncio.timeout(self._limit_s) as limit:
                return await self._approver.approve(deed)
        except TimeoutError:
            if not limit.expired():
                raise
            return Approval(False, why=f"nobody answered within {self._limit_s:g} s")


class TerminalApprover:
    """Asks whoever sits at the terminal, with a key for each answer.

    Args:
        console: Where it is asked.
        keys: The terminal's input.
        aside: Keeps others from writing to the terminal meanwhile.
        limit_s: Time to answer, s; then it is no.
    """

    def __init__(
        self,
        console: Console,
        keys: TextIO,
        aside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
        limit_s: float = ANSWER_LIMIT_S,
    ) -> None:
        self._console = console
        self._keys = keys
        self._aside = aside
        self._limit_s = limit_s

    async def approve(self, deed: Deed) -> Approval:
        """What the person says; no, where nobody answers in time or the input has ended."""
        with self._aside():
            self._console.print(panel(deed))
            answer = await self._answer()
            if answer is None:
                words = f"nobody answered within {self._limit_s:g} s"
                self._console.print(Text(f"✗ not allowed: {words}", style="yellow"))
                return Approval(False, why=words)
            approval, words, style = _SAID[answer]
            self._console.print(Text(words, style=style))
            return approval

    async def _answer(self) -> Answer | None:
        ends_s = time.monotonic() + self._limit_s
        async with pressed(self._keys) as keys:
            with Live(_choices(self._limit_s), console=self._console, transient=True) as live:
                while (left_s := ends_s - time.monotonic()) > 0:
                    live.update(_choices(left_s))
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(1.0, left_s)):
                            key = await keys.get()
                            if key is None:  # nobody can answer any more
                                return None
                            if answer := _ANSWERS.get(key.lower()):
                                return answer
        return None


def terminal_approver(
    console: Console, aside: Callable[[], AbstractContextManager[None]], limit_s: float
) -> TerminalApprover | None:
    """Who is at the terminal; None where there is no terminal to ask and answer in."""
    if not (console.is_terminal and sys.stdin is not None and sys.stdin.isatty()):
        return None
    return TerminalApprover(console, sys.stdin, aside, limit_s)


def panel(deed: Deed) -> RenderableType:
    """A deed for somebody who is to decide. What a page says cannot steer the terminal."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", justify="right")
    grid.add_column(overflow="fold")
    where = deed.origin or "this page"
    page = f"  {one_line(deed.page, 80)}" if deed.page else ""
    grid.add_row("where", Text.assemble((one_line(where), "bold cyan"), (page, "dim")))
    grid.add_row("why", Text(one_line(deed.why)))
    if deed.request:
        grid.add_row("request", Text(one_line(deed.request)))
    for index, (name, value) in enumerate(deed.values):
        along = Text.assemble((one_line(name, 40) or "…", "dim"), "  ", one_line(value, 120))
        grid.add_row("with it" if index == 0 else "", along)
    what = Text(one_line(deed.what[:1].upper() + deed.what[1:]), style="bold")
    return Panel(
        Group(what, Text(), grid),
        title="Allow this?",
        title_align="left",
        border_style="yellow",
        padding=(0, 1),
    )


def _choices(left_s: float) -> Text:
    parts: list[str | tuple[str, str]] = []
    for key, words in _KEYS:
        parts += [(f" {key} ", "black on yellow"), f" {words}   "]
    return Text.assemble(*parts, (f"no in {left_s:.0f} s", "dim"))


@contextlib.asynccontextmanager
async def pressed(keys: TextIO) -> AsyncIterator[asyncio.Queue[str | None]]:
    """Single keys as they are pressed; None once the input has ended.

    Keys that were pressed before, or within `DEAF_S`, are thrown away.
    """
    found: asyncio.Queue[str | None] = asyncio.Queue()
    descriptor = keys.fileno()
    loop = asyncio.get_running_loop()

    def take() -> None:
        data = os.read(descriptor, 64)
        found.put_nowait(data.decode("utf-8", "replace")[:1] if data else None)
        if not data:
            loop.remove_reader(descriptor)

    with _single_keys(descriptor) as throw_away:
        throw_away()
        await asyncio.sleep(DEAF_S)
        throw_away()
        loop.add_reader(descriptor, take)
        try:
            yield found
        finally:
            loop.remove_reader(descriptor)


@contextlib.contextmanager
def _single_keys(descriptor: int) -> Iterator[Callable[[], None]]:
    """Let a terminal hand over each key at once, and not show it; it is as before afterwards."""
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSANOW)
    try:
        yield lambda: termios.tcflush(descriptor, termios.TCIFLUSH)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
