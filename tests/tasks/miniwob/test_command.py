"""`vigorl-agent eval miniwob` and `tasks list --miniwob`, as processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vigorl.agent.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


@pytest.mark.browser
def test_tasks_are_played_and_counted_by_task(tmp_path: Path) -> None:
    tasks = ("--task", "click-test", "--task", "miniwob/click-color")
    options = ("--model", "random", "--seeds", "2", "--max-steps", "3", "--json")
    done = run("eval", "miniwob", *tasks, *options, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert list(summary["cells"]) == ["miniwob/click-test", "miniwob/click-color", "all"]
    assert summary["cells"]["all"]["n"] == 4 and summary["faults"] == 0
    lines = [json.loads(line) for line in (tmp_path / "out/results.jsonl").read_text().splitlines()]
    assert {line["id"].split(":")[1] for line in lines} == {"1000000", "1000001"}
    assert all(line["steps"] <= 3 for line in lines)


@pytest.mark.slow
@pytest.mark.browser
def test_one_task_is_played_and_recorded(tmp_path: Path) -> None:
    task = ("--task", "miniwob/click-button:17", "--model", "random", "--max-steps", "2")
    done = run("run", *task, "--json", "--out", tmp_path)
    result = json.loads(done.stdout)
    assert result["status"] in ("done", "limit"), done.stderr
    lines = (Path(result["trajectory"]) / "trajectory.jsonl").read_text().splitlines()
    start = json.loads(lines[0])
    assert start["goal"] == 'Click on the "submit" button.'
    assert start["task"]["name"] == "miniwob/click-button"


def test_a_task_that_is_none_is_refused(tmp_path: Path) -> None:
    done = run("eval", "miniwob", "--task", "click-buton", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "click-button" in done.stderr and "Traceback" not in done.stderr


def test_the_list_says_which_tasks_have_no_oracle() -> None:
    done = run("tasks", "list", "--miniwob")
    assert done.returncode == 0
    assert "miniwob/click-button" in done.stdout
    assert "curved" in done.stdout
