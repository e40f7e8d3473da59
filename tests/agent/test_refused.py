"""What a boundary refused, as it stands in the record and at the end of a run."""

from pathlib import Path

from rich.console import Console

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import EndRecord, StartRecord, StepRecord, read_trajectory
from vigorl.agent.viewer.show import ending
from vigorl.browser.actions import Wait
from vigorl.browser.observation import Observation, Refused
from vigorl.policy.policy import Turn


def test_refusals_are_counted_by_host_over_the_whole_episode(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run")
    recorder.start(StartRecord("a goal", {"name": "script"}, {}, None, "2026-11-29T00:00:00"))
    ads, near = Refused("ads.example", 443, 2), Refused("::1", 80, 1)
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
