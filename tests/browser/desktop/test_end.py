"""A virtual screen leaves nothing behind, however it ends; what breaks on it is told or a fault."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.desktop.conftest import Make
from vigorl.browser.actions import Click, Press, Wait
from vigorl.browser.desktop import guard as guard_script
from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.opening import WINDOW_LIMIT_S, Program
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.desktop.x11 import X11Screen
from vigorl.browser.errors import ScreenFault, StartFault
from vigorl.browser.geometry import Point

pytestmark = [pytest.mark.desktop, pytest.mark.asyncio(loop_scope="session")]

AGENT = Path(__file__).with_name("agent.py")
ROOT = Path(__file__).parents[3]
END_LIMIT_S = 20.0


def processes_of(folder: Path) -> dict[int, bytes]:
    """Living processes that know of a folder by their command or environment, with the command."""
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            environment = (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in environment + command:
            found[int(process.name)] = command
    return found


def programs_of(folder: Path) -> set[bytes]:
    return {each.split(b"\0")[0].rpartition(b"/")[2] for each in processes_of(folder).values()}


@pytest.fixture
def agent(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, AGENT, tmp_path / "log"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGKILL, id="kill -9"),
        pytest.param(signal.SIGINT, id="Ctrl-C", marks=pytest.mark.slow),
    ],
)
async def test_nothing_is_left_behind_whatever_ends_the_agent(
    agent: "subprocess.Popen[str]", tmp_path: Path, number: signal.Signals
) -> None:
    assert agent.stdout is not None
    display, cookie, home = json.loads(agent.stdout.readline())
    folder = Path(cookie).parent
    traces = [Path(f"/tmp/.X11-unix/X{display[1:]}"), folder, Path(home, "letter.txt"), Path(home)]
    assert all(trace.exists() for trace in traces)
    deadline_s = time.monotonic() + END_LIMIT_S
    # The last one's parent is gone; it is started a moment after its key.
    while missing := {b"Xvfb", b"openbox", b"sleep"} - programs_of(folder):
        assert time.monotonic() < deadline_s, missing
        time.sleep(0.02)
    assert any(b"board.py" in command for command in processes_of(Path(home)).values())
    agent.send_signal(number)
    agent.wait(END_LIMIT_S)
    deadline_s = time.monotonic() + END_LIMIT_S
    lock = Path(f"/tmp/.X{display[1:]}-lock")
    while left := [*(each for each in (*traces, lock) if each.exists()), *processes_of(folder)]:
        assert time.monotonic() < deadline_s, (left, processes_of(folder))
        time.sleep(0.02)


class Guard:
    """The process that starts and ends programs, and what it answers to orders."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard_script.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def told(self, **order: Any) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "error" not in answer
        return answer

    def end(self, terminate_after_s: float | None = None) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        if terminate_after_s is not None:
            due_s = time.perf_counter() + terminate_after_s
            while time.perf_counter() < due_s:
                pass
            self.process.terminate()
        assert self.process.wait(END_LIMIT_S) == 0
        self.process.stdout.close()


async def test_an_input_that_ends_and_a_signal_right_after_it_leave_nothing(tmp_path: Path) -> None:
    """An agent that dies closes the guard's input, and the kernel sends SIGTERM a moment later."""
    for number in range(60):
        folder = tmp_path / str(number)
        folder.mkdir()
        guard = Guard()
        guard.told(remove=str(folder))
        guard.told(start=["sleep", "300"], env={"IN": str(folder)}, cwd="/")
        guard.end(terminate_after_s=number * 7e-6)
        assert not folder.exists() and not processes_of(folder)


@pytest.mark.parametrize("is_taken", [False, True])
async def test_the_socket_of_a_server_that_has_taken_the_number_since_stays(is_taken: bool) -> None:
    number = 100_000 + os.getpid()
    path = Path(f"/tmp/.X11-unix/X{number}")
    path.parent.mkdir(exist_ok=True)
    guard = Guard()
    serve = f"import time; print({number}, flush=True); time.sleep(300)"
    guard.told(server=[sys.executable, "-c", serve], limit_s=END_LIMIT_S)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            if is_taken:
                server.listen()
            guard.end()
            assert path.exists() is is_taken
    finally:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("script", "how"), [("exit 3", "with exit code 3"), ("kill -9 $$", "by signal 9")]
)
async def test_a_program_that_fails_before_it_shows_a_window_is_told_at_once(
    script: str, how: str
) -> None:
    program = Program(f"sh -c '{script}'")
    environment = DesktopEnvironment(
        "", DesktopSettings(virtual=VirtualSize(400, 400), programs=(program,))
    )
    started_s = time.monotonic()
    try:
        with pytest.raises(StartFault, match=f"ended {how} before it showed a window"):
            await environment.reset()
    finally:
        await environment.close()
    assert time.monotonic() - started_s < WINDOW_LIMIT_S


async def test_a_script_that_fails_after_it_has_started_a_program_is_waited_for() -> None:
    board = f"{sys.executable} {AGENT.with_name('board.py')} /dev/null Board 300x300+0+0 green"
    program = Program(f"sh -c '(sleep 0.5; exec {board}) & exit 3'")
    environment = DesktopEnvironment(
        "", DesktopSettings(virtual=VirtualSize(400, 400), programs=(program,))
    )
    try:
        assert [tab.title for tab in (await environment.reset()).tabs] == ["Board"]
    finally:
        await environment.close()


async def test_a_program_that_dies_is_told_a_screen_that_dies_is_a_fault_and_nothing_is_left(
    make: Make,
) -> None:
    board = ("Board", "300x300+0+0", "#336633")
    world = await make("400x400", board, home=lambda home: (home / "letter.txt").touch())
    environment = world.environment
    assert environment._opened is not None and isinstance(environment._opened.screen, X11Screen)
    screen = environment._opened.screen
    await environment.step(Press("F4"))  # the program's child, whose parent is gone
    (window,) = screen.windows()
    os.kill(screen.windows_of.program_of(window.id)[1], signal.SIGSEGV)
    answer = await environment.step(Wait(0.3))
    assert [event.text for event in answer.events] == ['The window "Board" has closed.']
    assert answer.tabs == () and answer.view is not None
    assert not (await environment.step(Click(Point(100, 100)))).events
    assert screen.server.xauthority is not None
    folder, home = screen.server.xauthority.parent, environment._opened.home
    there = processes_of(folder)
    assert any(command.startswith(b"sleep") for command in there.values())
    assert home is not None and home.is_dir()
    (server,) = [process for process, command in there.items() if b"Xvfb" in command]
    os.kill(server, signal.SIGKILL)
    with pytest.raises(ScreenFault):
        await environment.step(Press("a"))
    await environment.close()
    number = screen.server.display[1:]
    traces = (folder, home, Path(f"/tmp/.X{number}-lock"), Path(f"/tmp/.X11-unix/X{number}"))
    assert not [*(trace for trace in traces if trace.exists()), *processes_of(folder)]
