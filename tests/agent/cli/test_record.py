"""`record` as somebody meets it: what it needs, said at once, and how it is ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vigorl.agent.cli import record
from vigorl.agent.cli.app import app
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.run_config import RunConfig
from vigorl.browser.actions import Accept, Dismiss, Done, GiveUp
from vigorl.browser.errors import UsageError


def test_what_is_missing_is_said_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    told = CliRunner().invoke(app, ["record", "https://shop.example"])
    assert told.exit_code == 2 and "--goal" in told.output
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    told = CliRunner().invoke(app, ["record", "--task", "shop:3"])
    assert told.exit_code == 2 and "xvfb-run" in told.output and "--cdp" in told.output
    record.require_screen(RunConfig("x", "https://shop.example", cdp="http://localhost:9222"))
    with pytest.raises(UsageError, match="no screen"):
        record.require_screen(RunConfig("x", "https://shop.example", headed=True))


async def test_words_in_the_terminal_end_a_demonstration_or_answer_the_browser() -> None:
    heard: list[Any] = []

    class Demonstration:
        end = staticmethod(heard.append)

        async def answer(self, answer: Any) -> bool:
            heard.append(answer)
            return False

    prompt = record.TerminalPrompt(Demonstration(), heard.append)  # type: ignore[arg-type]
    for words in ("done", 'answer "$12"', "answer 12", 'give up "sold out"', "answer", "what?"):
        prompt.obey(words)
    for words in ("accept", "dismiss"):
        prompt.obey(words)
        await prompt.finish()
    usage = 'write done, answer "…", give up "…", accept or dismiss'
    nothing = "the browser asks nothing just now; dialogs are answered in its window"
    endings = [Done(), Done("$12"), Done("12"), GiveUp("sold out")]
    assert heard == [*endings, usage, usage, Accept(), nothing, Dismiss(), nothing]


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_of_ones_own_is_recorded_until_the_terminal_says_so(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    switches = ("--remote-debugging-port=0", "--no-sandbox", f"--user-data-dir={profile}")
    page = tmp_path / "page.html"
    page.write_text("<title>Shop</title><h1>12 €</h1>")
    browser = subprocess.Popen(
        ["chromium-headless-shell", *switches], stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        port_file = profile / "DevToolsActivePort"
        while not port_file.is_file() or len(lines := port_file.read_text().splitlines()) < 2:
            time.sleep(0.05)
        address = f"http://localhost:{lines[0]}"
        arguments = ["record", page.as_uri(), "--goal", "the price", "--cdp", address, "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "vigorl.agent.cli", *arguments, "--out", tmp_path / "runs"],
            input='answer "12 €"\n',
            capture_output=True,
            text=True,
            timeout=100,
            env={**os.environ, "DISPLAY": ""},
        )
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    trajectory = read_trajectory(Path(result["trajectory"]))
    assert (result["status"], result["answer"]) == ("done", "12 €")
    assert trajectory.steps[-1].seen.title == "Shop"
