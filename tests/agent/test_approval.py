"""Who is asked: a person in a terminal, in time or not, or nobody."""

import asyncio
import contextlib
import io
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from vigorl.agent.approval import DEAF_S, InTime, TerminalApprover, panel
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.agent.rollout import rollout
from vigorl.agent.run import ModelConfig, RunConfig, run
from vigorl.agent.viewer.show import print_trajectory
from vigorl.browser.actions import Click, Done
from vigorl.browser.approvals import Approvals
from vigorl.browser.chromium import Browser
from vigorl.browser.clock import Clock, OutOfTime
from vigorl.browser.deeds import ActionTarget, Approval, Deed
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.prospect import Prospect
from vigorl.policy.policy import Turn

DEED = Deed(
    'click the button "Place order"',
    "https://shop.example",
    "Till",
    ("pay",),
    "It pays, orders or books something.",
    (("email", "ann@mail.test"), ("card", "••••••")),
    "POST https://shop.example/orders",
)
PAGE = """<!doctype html><title>Till</title><body style="font: 24px sans-serif; margin: 40px">
<h1>One kettle</h1><button style="font: inherit; padding: 10px 30px"
 onclick="out.textContent = 'Thank you'">Place order</button><p id=out></p>"""
GOAL = 'click "Place order", wait until you see "Thank you"'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "index.html").write_text(PAGE)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextlib.contextmanager
def terminal() -> Iterator[tuple[int, io.TextIOWrapper]]:
    """A terminal: what a person types into, and what a program reads from."""
    person, program = pty.openpty()
    with os.fdopen(program, "r") as keys:
        yield person, keys
    os.close(person)


def asked(typed: list[tuple[float, bytes]], limit_s: float = 5.0) -> tuple[Approval, str]:
    """The answer of a terminal in which this is typed, each after so many seconds."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=90)

    async def ask(person: int, keys: io.TextIOWrapper) -> Approval:
        loop = asyncio.get_running_loop()
        for after_s, data in typed:
            loop.call_later(after_s, os.write, person, data)
        return await TerminalApprover(console, keys, limit_s=limit_s).approve(DEED)

    with terminal() as (person, keys):
        return asyncio.run(ask(person, keys)), shown.getvalue()


@pytest.mark.parametrize(
    ("key", "approval"),
    [
        (b"y", Approval(True)),
        (b"Y", Approval(True)),
        (b"n", Approval(False, why="the person said no")),
        (b"a", Approval(True, always=True)),
        (b"s", Approval(False, stop=True, why="the person stopped it")),
    ],
)
def test_one_key_answers(key: bytes, approval: Approval) -> None:
    said, shown = asked([(DEAF_S + 0.2, key)])
    assert said == approval
    for words in ("Place order", "https://shop.example", "ann@mail.test", "••••••", "always"):
        assert words in shown


def test_what_was_typed_before_one_could_read_is_no_answer() -> None:
    said, _ = asked([(0.0, b"y"), (DEAF_S / 2, b"yyy"), (DEAF_S + 0.3, b"n")])
    assert not said.granted


def test_other_keys_are_no_answer() -> None:
    said, _ = asked([(DEAF_S + 0.2, b"x"), (DEAF_S + 0.3, b"\r"), (DEAF_S + 0.5, b"y")])
    assert said.granted


def test_no_answer_in_time_is_a_no() -> None:
    said, shown = asked([], limit_s=DEAF_S + 0.4)
    assert not said.granted and "nobody answered" in said.why and "nobody answered" in shown


def test_a_callback_that_takes_too_long_is_a_no() -> None:
    class Asleep:
        async def approve(self, deed: Deed) -> Approval:
            await asyncio.sleep(60)
            return Approval(True)

    said = asyncio.run(InTime(Asleep(), 0.05).approve(DEED))
    assert not said.granted and "0.05 s" in said.why


def test_a_page_cannot_steer_the_terminal_that_asks() -> None:
    nasty = "\x1b[2J\x1b]0;x\x07\u202e:bomb: [bold red]yes[/]"
    shown = io.StringIO()
    deed = Deed(nasty, nasty, nasty, ("pay",), nasty, ((nasty, nasty),), nasty)
    Console(file=shown, force_terminal=True, width=200, no_color=True).print(panel(deed))
    text = shown.getvalue()
    assert "\x1b[2J" not in text and "\x07" not in text and "\u202e" not in text
    assert ":bomb:" in text and "[bold red]" in text


def test_the_time_of_whoever_is_asked_is_nobody_elses() -> None:
    class Slow:
        async def approve(self, deed: Deed) -> Approval:
            await asyncio.sleep(0.4)
            return Approval(True)

    async def forget() -> None:
        async with Clock(0.2).running():
            await Slow().approve(DEED)

    async def play() -> None:
        approvals = Approvals("risky", Slow(), "http://a.test", lambda *_: None)
        target = ActionTarget(name="Place order", is_button=True, url="http://a.test/")
        async with Clock(0.2).running():
            assert await approvals.admits(Prospect(Click(Point(1, 1)), target, True))

    asyncio.run(play())
    with pytest.raises(OutOfTime):
        asyncio.run(forget())


class Answers:
    """An approver and a policy in one: it clicks the button, and is asked about that."""

    name, acts_on_marks = "clicks", False

    def __init__(self, approval: Approval) -> None:
        self.approval = approval
        self.turns = iter((Click(Point(100, 130)), Done()))

    async def approve(self, deed: Deed) -> Approval:
        return self.approval

    def actor(self, goal: str) -> "Answers":
        return self

    def describe(self) -> dict[str, Any]:
        return {}

    async def act(self, observation: Observation) -> Turn:
        return Turn("", "", (), next(self.turns))

    async def close(self) -> None:
        return None


async def played(url: str, folder: Path, approval: Approval) -> Trajectory:
    answers = Answers(approval)
    settings = PageSettings(approve="risky", approver=answers)
    async with Browser() as browser:
        page = LivePage(browser, "order it", url, settings)
        return await rollout(answers, page, Recorder(folder))


@pytest.mark.browser
def test_a_denial_is_recorded_and_read(shop: str, tmp_path: Path) -> None:
    asyncio.run(played(shop, tmp_path / "run", Approval(False, why="too dear")))
    trajectory = read_trajectory(tmp_path / "run")
    seen = trajectory.steps[1].seen
    (consent,) = seen.consents
    assert consent.deed.rules == ("pay",) and not consent.approval.granted
    assert [event.kind for event in seen.events] == ["denied"]
    assert "too dear" in seen.events[0].text
    show = io.StringIO()
    print_trajectory(trajectory, Console(file=show))
    assert 'click the button "Place order": denied' in show.getvalue()


@pytest.mark.browser
def test_whoever_stops_it_ends_the_episode_with_its_record(shop: str, tmp_path: Path) -> None:
    asyncio.run(played(shop, tmp_path / "run", Approval(False, stop=True)))
    end = read_trajectory(tmp_path / "run").end
    assert end is not None and end.status == "interrupted" and "Place order" in end.reason


@pytest.mark.browser
def test_without_a_terminal_it_is_denied_and_reader_says_why(shop: str, tmp_path: Path) -> None:
    trajectory = asyncio.run(run(RunConfig(GOAL, shop, runs=tmp_path), ModelConfig()))
    assert trajectory.status == "gave_up" and trajectory.end is not None
    assert "Not allowed" in trajectory.end.reason and "--approve never" in trajectory.end.reason


def test_a_task_asks_nobody_unless_told_to() -> None:
    assert RunConfig("x", "http://a.test").approves == "risky"
    assert RunConfig(task="todo").approves == "never"
    assert RunConfig(task="todo", approve="always").approves == "always"
    with pytest.raises(UsageError, match="--approve"):
        RunConfig(task="miniwob/click-test", approve="risky")


@pytest.mark.browser
def test_run_asks_in_its_terminal(shop: str, tmp_path: Path) -> None:
    person, program = pty.openpty()
    command = [sys.executable, "-m", "vigorl.agent.cli", "run", GOAL, "--url", shop]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        stdin=program, stdout=program, stderr=program, start_new_session=True,
        env={**os.environ, "COLUMNS": "90", "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(program)
    shown, pressed_s = b"", 0.0
    ends_s = time.monotonic() + 80
    try:
        while time.monotonic() < ends_s:
            try:
                shown += os.read(person, 4096)
            except OSError:  # its end
                break
            if b"Allow this?" in shown and not pressed_s:
                pressed_s = time.monotonic()
                threading.Timer(DEAF_S + 0.7, os.write, (person, b"y")).start()
        process.wait(20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(person)
    (folder,) = tmp_path.iterdir()
    assert pressed_s and read_trajectory(folder).status == "done", shown.decode(errors="replace")
    text = shown.decode(errors="replace")
    assert "✓ allowed" in text and "Place order" in text
