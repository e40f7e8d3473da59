"""No Chromium process outlives the command that started it, and closing never hangs."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from vigorl.browser.actions import Wait
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.errors import BrowserDied, BrowserFault, BrowserMissing, UsageError
from vigorl.browser.live import LivePage

pytestmark = [pytest.mark.browser]

COMMAND = """
import asyncio, sys
from vigorl.browser.actions import Click
from vigorl.browser.actions import Wait
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings

URL = "data:text/html,<body style='height:500px' onclick='for (;;);'>"

async def main():
    async with Browser() as browser:
        page = LivePage(browser, "", URL, PageSettings(step_limit_s=9, hang_limit_s=3))
        await page.reset()
        print("ready", flush=True)
        try:
            await page.step(Click(Point(9, 9)))  # hangs for as long as it is let
            raise RuntimeError("an exception") if "fail" in sys.argv else SystemExit(0)
        finally:
            await page.close()

asyncio.run(main())
"""
GONE_LIMIT_S = 10.0
"""For Chromium to be gone after its command was; usually 1.5 s."""


OTHERS: set[psutil.Process] = set()
"""What this process had started before the test: not its affair."""


@pytest.fixture(autouse=True)
def _others() -> None:
    OTHERS.clear()
    OTHERS.update(psutil.Process().children(recursive=True))


def below_now(root: psutil.Process) -> list[psutil.Process]:
    """All that was started below a process since the test began."""
    return [process for process in root.children(recursive=True) if process not in OTHERS]


def processes(root: psutil.Process) -> list[psutil.Process]:
    """All below a process: the driver, Chromium, its renderers."""
    below = [process for process in below_now(root) if process.status() != psutil.STATUS_ZOMBIE]
    assert any("--type=renderer" in process.cmdline() for process in below)
    return below


def kill_chromium(below: list[psutil.Process]) -> None:
    """Kill everything but Playwright's driver."""
    for process in [process for process in below if "run-driver" not in process.cmdline()]:
        process.kill()


def assert_gone(below: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(below, timeout=GONE_LIMIT_S)
    left = [(process.pid, process.name()) for process in alive]
    for process in alive:
        process.kill()
    assert left == []


@pytest.fixture
def start(tmp_path: Path):
    """Start the command and wait until its page is open."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        script = tmp_path / "command.py"
        script.write_text(COMMAND)
        command = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        started.append(command)
        assert command.stdout is not None and command.stderr is not None
        if command.stdout.readline() != "ready\n":
            raise AssertionError(command.stderr.read())
        return command

    yield start
    for command in started:
        command.kill()
        command.communicate()


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "name",
    [
        "SIGTERM",
        "SIGKILL",
        pytest.param("SIGINT", marks=pytest.mark.slow),
        pytest.param("SIGHUP", marks=pytest.mark.slow),
    ],
)
def test_no_process_outlives_a_command_that_is_ended_by(name, start, tmp_path):
    command = start()
    below = processes(psutil.Process(command.pid))
    time.sleep(0.3)  # the page hangs by now
    command.send_signal(getattr(signal, name))
    assert_gone(below)
    assert command.wait(5) != 0
    assert [path.name for path in tmp_path.iterdir()] == ["command.py"]


@pytest.mark.slow
def test_no_process_outlives_a_command_whose_driver_is_killed_first(start):
    command = start()
    below = processes(psutil.Process(command.pid))
    (driver,) = [process for process in below if "run-driver" in process.cmdline()]
    driver.kill()
    assert_gone([process for process in below if process != driver])
    command.kill()


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_reaches_the_whole_group_and_ends_it(tmp_path):
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    command = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "ready\n"
    below = processes(psutil.Process(command.pid))
    os.killpg(command.pid, signal.SIGINT)
    assert_gone(below)
    _, errors = command.communicate(timeout=5)
    assert errors.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.slow
def test_no_process_outlives_a_command_that_fails(start):
    command = start("fail")
    below = processes(psutil.Process(command.pid))
    assert_gone(below)
    _, errors = command.communicate(timeout=5)
    assert errors.rstrip().endswith("RuntimeError: an exception")


async def test_a_browser_that_does_not_answer_is_killed_when_it_is_closed():
    browser = Browser(BrowserSettings(close_limit_s=1))
    async with browser:
        page = await (await browser.context()).new_page()
        await page.goto("data:text/html,hello")
        below = processes(psutil.Process())
        for process in below:
            if "run-driver" not in process.cmdline():
                process.suspend()
        started = time.monotonic()
    assert time.monotonic() - started < 4
    await asyncio.to_thread(assert_gone, below)


async def test_closing_that_is_cancelled_leaves_nothing():
    browser = await Browser().__aenter__()
    await (await browser.context()).new_page()
    below = processes(psutil.Process())
    closing = asyncio.create_task(browser.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await asyncio.to_thread(assert_gone, below)


@pytest.mark.parametrize(
    "after_s",
    [0.25, *(pytest.param(after_s, marks=pytest.mark.slow) for after_s in (0.02, 0.1, 0.4, 0.6))],
)
async def test_a_start_that_is_cancelled_leaves_nothing(after_s):
    before = set(psutil.Process().children(recursive=True))
    starting = asyncio.create_task(Browser().__aenter__())
    await asyncio.sleep(after_s)
    below = set(psutil.Process().children(recursive=True)) - before
    if not starting.cancel():
        await (await starting).close()
    else:
        with pytest.raises(asyncio.CancelledError):
            await starting
    await asyncio.to_thread(assert_gone, [*below])
    assert set(psutil.Process().children(recursive=True)) <= before


async def test_a_browser_that_died_is_started_again_for_the_next_context():
    async with Browser() as browser:
        first = await browser.context()
        await first.new_page()
        kill_chromium(processes(psutil.Process()))
        while browser.alive:
            await asyncio.sleep(0.02)
        second = await browser.context()
        assert browser.alive and second.browser is not first.browser
        await second.new_page()
        assert sum("run-driver" in p.cmdline() for p in processes(psutil.Process())) == 1


async def test_a_killed_driver_ends_the_episode_and_leaves_neither_process_nor_folder(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    async with Browser(BrowserSettings(close_limit_s=1)) as browser:
        page = LivePage(browser, "a goal", "data:text/html,hello")
        await page.reset()
        below = processes(psutil.Process())
        (driver,) = [process for process in below if "run-driver" in process.cmdline()]
        driver.kill()
        with pytest.raises(BrowserFault):
            await page.step(Wait(0.1))
        await page.close()
        await asyncio.to_thread(assert_gone, below)
        assert await (await browser.context()).new_page(), "the next episode has another one"
        below = processes(psutil.Process())
    await asyncio.to_thread(assert_gone, below)
    left = list(tmp_path.iterdir())  # an empty folder each, of which only the driver knew
    assert all("artifacts" in path.name and not any(path.iterdir()) for path in left), left


async def test_a_browser_that_is_not_there_is_missing_and_one_that_is_none_does_not_start(
    tmp_path, monkeypatch
):
    with pytest.raises(BrowserMissing, match="There is no /no/such"):
        await Browser(BrowserSettings(executable_path=Path("/no/such"))).__aenter__()
    with pytest.raises(BrowserDied, match="/bin/true did not start"):
        await Browser(BrowserSettings(executable_path=Path("/bin/true"))).__aenter__()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    if not Path("/opt/google/chrome/chrome").exists():
        with pytest.raises(BrowserMissing, match="apt-get install"):
            await Browser().__aenter__()
    below = [process.name() for process in below_now(psutil.Process())]
    assert below == []


async def test_the_headless_shell_is_preferred(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    for name in ("chromium", "chromium-headless-shell"):
        (tmp_path / name).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrowserDied, match="/chromium-headless-shell did not start"):
        await Browser().__aenter__()
    with pytest.raises(BrowserDied, match="/chromium did not start"):
        await Browser(BrowserSettings(headless=False)).__aenter__()


@pytest.mark.skipif(not shutil.which("chromium"), reason="only the headless shell is here")
async def test_a_window_without_a_screen_is_a_usage_error_that_says_so(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(UsageError, match="--headed"):
        await Browser(BrowserSettings(headless=False)).__aenter__()


async def test_an_endless_animation_fills_no_core_where_the_frame_rate_is_limited():
    page = (
        "data:text/html,<style>@keyframes turn { to { rotate: 360deg } }</style>"
        "<p style='width: 80px; animation: turn 1s linear infinite'>Loading"
    )
    async with Browser(BrowserSettings(unlimited_frame_rate=False)) as browser:
        await (await (await browser.context()).new_page()).goto(page)
        before_s = cpu_s(psutil.Process())
        await asyncio.sleep(2)
        assert cpu_s(psutil.Process()) - before_s < 0.5 * 2


def cpu_s(process: psutil.Process) -> float:
    times = [child.cpu_times() for child in process.children(recursive=True)]
    return sum(time.user + time.system for time in times)
