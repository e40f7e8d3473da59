"""What a worker of a cluster is without Ray: what it asks of its node, plays, and answers."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from vigorl.agent.benchmarks.builtin.grounding import GroundingOptions
from vigorl.agent.cli.app import app
from vigorl.agent.cli.bare_options import with_values
from vigorl.agent.evaluation.play_queue import PlayQueue, WorkerLost
from vigorl.agent.evaluation.sample_outcome import PlayOrder
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.workers.messages import READY, answer_of, packed
from vigorl.agent.workers.ray_cluster import joined
from vigorl.agent.workers.ray_place import marked
from vigorl.agent.workers.ray_worker import RayWorker
from vigorl.agent.workers.worker_setting import WorkerSetting
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.policy.model_config import ModelConfig


@pytest.fixture
def setting(tmp_path: Path) -> WorkerSetting:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "one.png")
    row = {"image": "one.png", "bbox_xyxy": [0, 0, 40, 30], "ui_type": "text"}
    rows = [{**row, "id": name, "instruction": f"find {name}"} for name in "ab"]
    (tmp_path / "manifest.json").write_text(json.dumps(rows))
    options = GroundingOptions(tmp_path)
    return WorkerSetting("grounding", options, ModelConfig("random"), tmp_path / "out")


@pytest.fixture(autouse=True)
def here() -> Iterator[None]:
    """A worker goes to where paths are read from; the others start where they did."""
    before = os.getcwd()
    yield
    os.chdir(before)


async def test_a_worker_plays_into_the_folder_that_it_sees(setting: WorkerSetting) -> None:
    worker = RayWorker()
    with marked(setting.folder) as check:
        assert answer_of(await worker.open(check, packed(setting))) == READY
        outcome = answer_of(await worker.play(PlayOrder(1, "b")))
        await worker.close()
    assert (outcome.result.id, outcome.result.score, outcome.result.status) == ("b", 1.0, "done")
    assert read_trajectory(setting.folder / "b").start.goal == "find b"
    assert {path.name for path in setting.folder.iterdir()} == {"b", "images"}  # no mark


async def test_a_node_says_what_it_lacks(
    setting: WorkerSetting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with marked(setting.folder) as check:
        for wrong, said in (
            (replace(check, folder=tmp_path), r"does not see .* choose an --out on a disk"),
            (replace(check, version="0.0.1"), r"this machine 0\.0\.1: install the same"),
            (replace(check, working_folder=tmp_path / "gone"), r"cannot enter .*/gone"),
        ):
            with pytest.raises(UsageError, match=said):
                answer_of(await RayWorker().open(wrong, packed(setting)))
        absent = replace(setting, options=GroundingOptions(tmp_path / "x"))
        with pytest.raises(UsageError, match=r"manifest\.json"):
            answer_of(await RayWorker().open(check, packed(absent)))
        told = packed(setting)
        monkeypatch.setitem(sys.modules, GroundingOptions.__module__, None)
        with pytest.raises(UsageError, match=r"install it there as on this machine"):
            answer_of(await RayWorker().open(check, told))


async def test_a_cluster_is_joined_by_ray_itself_or_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'vigorl-agent\[ray\]'"):
        async with joined("local", 1):
            raise AssertionError("there is no Ray")
    assert "RAY_AUTH_TOKEN" not in os.environ
    with pytest.raises(UsageError, match="ray start --address HOST:PORT"):
        async with joined("ray://node:10001", 1):
            raise AssertionError("it is no node's address")


def test_ray_stands_for_this_machine_where_no_address_follows() -> None:
    known = {"--ray", "--out", "--json"}
    assert with_values(["--ray"], known) == ["--ray", "local"]
    assert with_values(["--ray", "--out", "x"], known) == ["--ray", "local", "--out", "x"]
    assert with_values(["--ray", "a:1", "--json"], known) == ["--ray", "a:1", "--json"]
    assert with_values(["--ray"], {"--out"}) == ["--ray"] and with_values([], known) == []
    both = CliRunner().invoke(app, ["eval", "tasks", "--ray", "--workers", "2"])
    assert both.exit_code == 2 and "give --ray or --workers, not both" in both.output


class Unsuited:
    """A place whose worker is lost, and whose next one would be on a machine that lacks things."""

    is_closed = False

    async def play(self, attempt: int) -> str:
        raise WorkerLost("its machine is gone")

    async def renew(self) -> None:
        raise InconsistentData("the other machine sees another disk")

    async def close(self) -> None:
        self.is_closed = True


async def test_a_place_that_another_machine_cannot_take_is_given_up_and_not_the_run() -> None:
    place = Unsuited()
    with pytest.raises(WorkerLost, match="no worker is left: the other machine sees another disk"):
        await PlayQueue([place]).play(1)
    assert place.is_closed
