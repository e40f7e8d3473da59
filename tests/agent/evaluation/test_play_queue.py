"""Attempts in a line before places: workers that die, hang, or are gone for good."""

import asyncio
import json
import math
from pathlib import Path

import pytest
from PIL import Image

from vigorl.agent.benchmarks.builtin.grounding import GroundingOptions
from vigorl.agent.benchmarks.grounding import grounding_samples
from vigorl.agent.evaluation.evaluation import evaluate, read_results
from vigorl.agent.evaluation.play_queue import Here, PlayQueue, WorkerLost, started_queue
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.rollout import Limits
from vigorl.agent.workers.process_place import process_queue
from vigorl.agent.workers.worker_setting import WorkerSetting
from vigorl.browser.errors import UsageError
from vigorl.policy.factory import open_policy
from vigorl.policy.model_config import ModelConfig

POLICY = '''
"""Clicks in the middle; kills or stops its own process at some goals, always or once."""
import os, signal, time
from pathlib import Path
from vigorl.browser.actions import Click
from vigorl.browser.geometry import Point
from vigorl.policy.policy import Turn


class Deadly:
    name, acts_on_marks, needs_instructions, goal = "deadly", False, False, ""

    def actor(self, goal):
        actor = Deadly()
        actor.goal = goal
        return actor

    def describe(self):
        return {"policy": self.name}

    async def act(self, observation):
        place = Path(os.environ["DEADLY"]) / self.goal.replace(" ", "-")
        is_first = not place.exists()
        with place.open("a") as file:
            file.write(f"{os.getpid()}\\n")
        if self.goal == "always dies" or (self.goal == "dies once" and is_first):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.goal == "hangs once" and is_first:
            time.sleep(60)
        print("to whoever reads what a worker says")
        return Turn("", "", (), Click(Point(10, 10)))

    async def close(self):
        pass


def open_deadly(config):
    return Deadly()
'''


def write_rows(folder: Path, goals: list[str]) -> Path:
    Image.new("RGB", (40, 30), "white").save(folder / "one.png")
    row = {"image": "one.png", "bbox_xyxy": [0, 0, 20, 20], "ui_type": "text"}
    rows = [{**row, "id": goal, "instruction": goal} for goal in goals]
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


async def test_processes_that_die_and_hang_lose_nothing_and_score_nothing_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goals = ["dies once", "hangs once", "always dies", *(f"find {n}" for n in range(5))]
    data, out, said = write_rows(tmp_path, goals), tmp_path / "out", tmp_path / "said"
    said.mkdir()
    (tmp_path / "deadly.py").write_text(POLICY)
    monkeypatch.setenv("DEADLY", str(said))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    model, limits = ModelConfig("deadly:open_deadly"), Limits(steps=12)
    setting = WorkerSetting("grounding", GroundingOptions(data), model, out)
    policy, samples = await open_policy(model), grounding_samples(data)
    async with process_queue(setting, 2, deadline_s=5) as queue:
        summary = await evaluate(policy, samples, out, limits=limits, queue=queue, max_faults=0.5)
    results = {result.id: result for result in read_results(out)}
    assert len(results) == len((out / "results.jsonl").read_text().splitlines()) == len(goals)
    lost = results.pop("always dies")
    assert (lost.score, lost.status, lost.fault) == (None, "fault", "WorkerLost")
    assert "3 workers were lost with it" in lost.reason and "ended with signal 9" in lost.reason
    assert read_trajectory(out / lost.trajectory).start.goal == "always dies"
    assert {result.score for result in results.values()} == {1.0}
    assert (summary.broken, summary.cells["all"].n, summary.cells["all"].mean) == (1, 7, 1.0)
    pids = {goal: (said / goal.replace(" ", "-")).read_text().split() for goal in goals}
    assert [len(pids[goal]) for goal in goals] == [2, 2, 3, 1, 1, 1, 1, 1]
    assert all(len(set(each)) == len(each) for each in pids.values())  # elsewhere each time
    used = {int(pid) for each in pids.values() for pid in each}
    assert not [pid for pid in used if Path(f"/proc/{pid}").exists()]


async def test_what_a_process_cannot_open_is_said_before_anything_is_played(
    tmp_path: Path,
) -> None:
    setting = WorkerSetting(
        "grounding", GroundingOptions(tmp_path / "gone"), ModelConfig("random"), tmp_path / "out"
    )
    with pytest.raises(UsageError, match=r"manifest\.json"):
        async with process_queue(setting, 1, deadline_s=5):
            raise AssertionError("it has begun")


class Mortal(Here[int, str]):
    """A place whose worker dies at some attempts, and cannot be replaced for ever."""

    def __init__(self, lives: int, deadly: int, log: list[tuple[str, int]], name: str) -> None:
        async def play(attempt: int) -> str:
            log.append((name, attempt))
            await asyncio.sleep(0.001)
            if attempt == deadly:
                raise WorkerLost("its machine is gone")
            return f"{attempt} by {name}"

        super().__init__(play)
        self.lives = lives

    async def renew(self) -> None:
        self.lives -= 1
        if self.lives < 1:
            raise WorkerLost("there is no machine")


async def test_an_attempt_is_tried_elsewhere_and_nothing_hangs_when_no_place_is_left() -> None:
    log: list[tuple[str, int]] = []
    places = [Mortal(9, 3, log, name) for name in "ab"]
    queue = PlayQueue(places)
    played = await asyncio.gather(*map(queue.play, range(6)), return_exceptions=True)
    assert [attempt for attempt, each in enumerate(played) if isinstance(each, WorkerLost)] == [3]
    tried = [name for name, attempt in log if attempt == 3]
    assert len(tried) == 3 and len(set(tried)) == 2
    assert len(log) == 5 + 3  # each of the others once

    dying = PlayQueue([Mortal(1, 0, log, "c"), Mortal(1, 1, log, "d")])
    async with asyncio.timeout(5):
        played = await asyncio.gather(*map(dying.play, range(4)), return_exceptions=True)
    assert all(isinstance(each, WorkerLost) for each in played[2:] if not isinstance(each, str))
    assert "no worker is left: there is no machine" in str(played[0] or played[1])

    async def hang(attempt: int) -> str:
        await asyncio.sleep(60 if attempt else 0)
        return "done"

    slow = PlayQueue([Here(hang)], deadline_s=0.05, tries=2)
    assert await slow.play(0) == "done"
    with pytest.raises(WorkerLost, match=r"2 workers .* not over after 0\.05 s"):
        await slow.play(1)
    assert await slow.play(0) == "done"


async def test_a_worker_that_does_not_start_is_told_and_left_out() -> None:
    log: list[tuple[str, int]] = []
    places = [Mortal(9, -1, log, "a"), Mortal(1, -1, log, "b")]
    async with started_queue(places, math.inf) as queue:
        assert [str(fault) for fault in queue.absent] == ["there is no machine"]
        assert await asyncio.gather(queue.play(1), queue.play(2)) == ["1 by a", "2 by a"]
    with pytest.raises(WorkerLost, match="there is no machine"):
        async with started_queue(places[1:], math.inf):
            raise AssertionError("nobody is there")
