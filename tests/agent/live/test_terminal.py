"""Live control in a terminal: keys, lines, and a terminal that is as before afterwards."""

import asyncio
import contextlib
import io
import os
import pty
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.agent.live.rooms import NORTH, SOUTH, Lines, Run
from vigorl.agent.live.asking import AskingEnvironment, LiveAsking
from vigorl.agent.live.session import LiveSession
from vigorl.agent.live.terminal import LiveTerminal
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.watching import TerminalWatcher
from vigorl.browser.actions import AskPerson, Done
from vigorl.browser.errors import UsageError


class Sitting:
    """A person at a terminal: types once something is shown there."""

    def __init__(self, run: Run, person: int, keys: io.TextIOWrapper) -> None:
        self.run, self.person = run, person
        self.shown = io.StringIO()
        console = Console(file=self.shown, force_terminal=True, color_system=None, width=100)
        self.terminal = LiveTerminal(run.control, console, keys, contextlib.nullcontext)

    async def types(self, *steps: tuple[str, bytes]) -> Trajectory:
        async def steer() -> None:
            at = 0
            for awaited, typed in steps:
                while awaited not in self.shown.getvalue()[at:]:
                    await asyncio.sleep(0.01)
                at = len(self.shown.getvalue())
                await asyncio.sleep(0.03)
                os.write(self.person, typed)

        async with self.terminal.steering():
            return await self.run.played(steer())


@pytest.fixture
def terminal() -> Iterator[tuple[int, io.TextIOWrapper]]:
    person, program = pty.openpty()
    with os.fdopen(program, "r") as keys:
        yield person, keys
    os.close(person)


async def test_keys_and_lines_steer_a_run_and_the_terminal_is_as_before(
    tmp_path: Path, terminal: tuple[int, io.TextIOWrapper]
) -> None:
    before = termios.tcgetattr(terminal[1].fileno())
    run = Run(tmp_path, Lines(SOUTH, SOUTH, SOUTH, Done()))
    sitting = Sitting(run, *terminal)
    trajectory = await sitting.types(
        ("before click (5, 6)", b"x\x1b[Ay"),  # no keys of ours
        ("", b"m"),
        ("say:", b"north is right\n"),
        ("", b"v"),
        ("why not?", b"south is a trap\n"),
        ("before click (5, 6)", b"e"),
        ("instead of click (5, 6)", b"click (3, 4)\n"),
        ("before click (5, 6)", b"t"),
        ("you:", b"click (3, 4)\n"),
        ("you:", b"fly\n"),
        ("not a command", b"click (3, 4)\n"),
        ("you:", b"p\n"),
        ("before done", b"\n"),
    )
    assert trajectory.is_solved and termios.tcgetattr(terminal[1].fileno()) == before
    assert [step.done for step in trajectory.steps] == [None, NORTH, None, NORTH, NORTH, Done()]
    assert ("person", "The person who watches says: north is right") in run.policy.events


async def test_a_secret_answer_is_not_shown_and_q_stops(
    tmp_path: Path, terminal: tuple[int, io.TextIOWrapper]
) -> None:
    run = Run(tmp_path, Lines(AskPerson("Your password?"), Done()))
    run.environment = AskingEnvironment(run.rooms, LiveAsking(run.control), run.vault)
    os.set_blocking(terminal[0], False)
    trajectory = await Sitting(run, *terminal).types(
        ("before ask", b"s"), ("answer (hidden)", b"open-sesame\n"), ("before done", b"q")
    )
    assert trajectory.status == "interrupted" and run.vault.names == ("ANSWER_1",)
    with contextlib.suppress(BlockingIOError):
        assert b"sesame" not in os.read(terminal[0], 4096), "not echoed either"


def test_without_a_terminal_nothing_is_read_and_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("qqq"))
    console = Console(file=io.StringIO())
    shown = TerminalWatcher(console)
    session = LiveSession(console, shown, 1)
    assert session.additions.live is None and session.watcher is shown
    for asked in ({"pause": True}, {"ask": True}):
        with pytest.raises(UsageError, match="--view"):
            LiveSession(console, shown, 1, **asked)
    assert LiveSession(console, shown, 1, view=True, ask=True).additions.person is not None
