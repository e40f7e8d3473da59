"""What a boundary refused, as it stands in the record and at the end of a run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from vigorl.agent.evaluation.evaluation import Result, evaluate, summarise
from vigorl.agent.evaluation.report import notes_of
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import EndRecord, StartRecord, StepRecord, read_trajectory
from vigorl.agent.rollout import Limits
from vigorl.agent.viewer.show import ending
from vigorl.browser.actions import GiveUp, Goto, Wait
from vigorl.browser.chromium import Browser
from vigorl.browser.live import LivePage
from vigorl.browser.observation import Observation, RefusedConnections
from vigorl.policy.policy import Turn


def test_refusals_are_counted_by_host_over_the_whole_episode(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run")
    recorder.start(StartRecord("a goal", {"name": "script"}, {}, None, "2026-11-29T00:00:00"))
    ads, near = RefusedConnections("ads.example", 443, 2), RefusedConnections("::1", 80, 1)
    for index, refused in enumerate(((ads,), (), (ads, near))):
        seen = recorder.seen(Observation(None, refused=refused))
        recorder.step(StepRecord(index, seen, Turn("wait", "", (), Wait(0)), 0.0, 0.0))
    last = recorder.seen(Observation(None, refused=(near,)))
    recorder.end(EndRecord("limit", "", None, None, last, 1.0))
    trajectory = read_trajectory(tmp_path / "run")
    assert trajectory.end is not None
    assert trajectory.end.refused == {"ads.example:443": 4, "[::1]:80": 2}
    console = Console(width=120, record=True, file=(tmp_path / "out").open("w"))
    console.print(ending(trajectory))
    console.file.close()
    said = " ".join(console.export_text().split())
    assert "6 requests to hosts that are not allowed: ads.example:443 (4), [::1]:80 (2)" in said


def test_an_evaluation_says_how_much_was_refused_and_denied(tmp_path: Path) -> None:
    result = Result("a", (), 1.0, "", "done", "", 1, 1.0, "a")
    ads = {"ads.example:443": 9}
    results = [
        replace(result, refused={**ads, "[::1]:80": 1}, denied=2),
        replace(result, refused=ads),
    ]
    summary = summarise(results, tmp_path)
    assert "refused or denied: 19 connections, most to ads.example:443 (18); 2 actions" in (
        notes_of(summary)
    )
    assert summary.as_json()["refused"] == {"ads.example:443": 18, "[::1]:80": 1}
    assert not any("refused" in note for note in notes_of(summarise([result], tmp_path)))


@pytest.mark.browser
async def test_a_denied_action_and_a_refused_host_are_counted_in_the_result(tmp_path: Path) -> None:
    class Wanderer:
        name, acts_on_marks = "wanderer", False

        def actor(self, goal: str) -> "Wanderer":
            return Wanderer()

        async def act(self, observation: Observation) -> Turn:
            blocked = any(event.kind == "blocked" for event in observation.events)
            return Turn("", "", (), GiveUp("no") if blocked else Goto("http://127.0.0.1:8099/"))

        def describe(self) -> dict[str, Any]:
            return {"name": self.name}

        async def close(self) -> None:
            return None

    async with Browser() as browser:
        sample = Sample("a", (), {}, lambda: LivePage(browser, "a goal", "about:blank"))
        summary = await evaluate(Wanderer(), [sample], tmp_path, limits=Limits(steps=3))
    assert (summary.denied, summary.refused) == (1, {"127.0.0.1:8099": 1})
