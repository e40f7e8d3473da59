"""`eval standin`, `sites up` and `tasks list --standin`, as a person or a script meets them."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from vigorl.agent.cli.app import app


def run(*arguments: str | Path | int) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.slow
@pytest.mark.browser
def test_results_are_called_stand_in_and_an_evaluation_goes_on(tmp_path: Path) -> None:
    command = ("eval", "standin", "--model", "random", "--max-steps", 1, "--out", tmp_path)
    result = run(*command, "--task", "reddit/7", "--json")
    assert result.exit_code == 0, result.output
    numbers = json.loads(result.stdout)
    assert numbers["cells"]["all"]["n"] == 1
    assert all("stand-in" in name for name in numbers["cells"] if name != "all")
    assert "stand-in · random" in result.output and "isualWebArena" not in result.output
    page = (tmp_path / "index.html").read_text()
    assert "stand-in · random" in page and "isualWebArena" not in page
    again = run(*command, "--task", "reddit/7", "--json")
    assert json.loads(again.stdout) == numbers  # on other ports, and nothing was played


def test_a_task_that_is_none_is_refused() -> None:
    result = run("eval", "standin", "--task", "forum")
    assert result.exit_code == 2
    assert "there is no 'forum': name a site (reddit)" in result.output


def test_the_tasks_are_listed() -> None:
    result = run("tasks", "list", "--standin")
    assert result.exit_code == 0
    assert len(re.findall(r"(classifieds|reddit|shopping)/\d+", result.output)) >= 60


def test_the_sites_are_served_until_they_are_stopped() -> None:
    command = [sys.executable, "-m", "vigorl.agent.cli", "sites", "up"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        for line, title in zip(lines, ("Classifieds", "Forum", "One Stop Market"), strict=True):
            url = re.findall(r"http://127\.0\.0\.1:\d+", line)[0]
            assert f"<title>{title}</title>" in httpx.get(url, trust_env=False).text
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
