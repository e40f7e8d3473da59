"""What a run of verl starts from, without verl: its files, its log, and what is refused."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from PIL import Image
from pyarrow import parquet

from vigorl.browser.errors import UsageError
from vigorl.browser.remote import RemoteService
from vigorl.policy.family import family_named
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig
from vigorl.training.grpo.sources import open_samples
from vigorl.training.verl.engine import metrics_line, train_grpo_with_verl
from vigorl.training.verl.play_config import PlayConfig
from vigorl.training.verl.run_files import RunFiles
from vigorl.training.verl.verl_config import EngineOptions

CONFIG = GrpoRunConfig("a/model", family="qwen2.5-vl", groups=4, max_groups=8, turn_tokens=256)
TWO_NODES = EngineOptions("verl", nodes=2, gpus_per_node=4, gpus_per_sampler=2)


def files(out: Path, config: GrpoRunConfig = CONFIG, envs: tuple[str, ...] = ()) -> RunFiles:
    return RunFiles(config, family_named("qwen2.5-vl"), "a/model", out, TWO_NODES, envs)


def settings_of(made: RunFiles) -> dict[str, str]:
    return dict(line.split("=", 1) for line in made.settings())


async def test_tasks_and_what_is_played_are_written_and_read_again(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    row = {"image": "a.png", "instruction": 'it\'s \\ "there"', "ui_type": "icon"}
    rows = [{"id": number, **row, "bbox_xyxy": [1, 1, 9, 9]} for number in range(5)]
    (tmp_path / "manifest.json").write_text(json.dumps(rows))
    config = replace(CONFIG, data=(str(tmp_path),), grounding_rule="distance")
    made = files(tmp_path / "it's out", config)
    async with open_samples(made.play.sources) as samples:
        made.write(samples)
    read = parquet.read_table(made.folder / "tasks.parquet").to_pylist()
    assert [each["sample"] for each in read] == [sample.id for sample in samples]
    assert [each["sample"] for each in read] != [str(number) for number in range(5)]
    assert {each["agent_name"] for each in read} == {"vigorl"}
    assert read[0]["prompt"] == [{"role": "user", "content": row["instruction"]}]
    (entry,) = json.loads((made.folder / "agent_loops.yaml").read_text())
    assert entry.pop("name") == "vigorl"
    assert entry.pop("_target_").startswith("vigorl.training.verl.agent_loop.")
    assert PlayConfig(**entry) == made.play
    assert made.settings() == (made.folder / "settings.txt").read_text().splitlines()


def test_settings_say_what_the_run_says(tmp_path: Path) -> None:
    update = GrpoConfig(kl=0, lora_rank=8, normalisation="dr_grpo", final_learning_rate=0.1)
    said = settings_of(files(tmp_path, replace(CONFIG, update=update, updates_per_batch=2)))
    assert said["data.train_batch_size"] == "4"
    assert said["actor_rollout_ref.actor.ppo_mini_batch_size"] == "2"
    assert said["actor_rollout_ref.actor.use_kl_loss"] == "false"
    assert said["actor_rollout_ref.actor.loss_agg_mode"] == "'seq-mean-token-sum-norm'"
    assert said["actor_rollout_ref.actor.optim.lr_scheduler_type"] == "'cosine'"
    assert said["actor_rollout_ref.model.exclude_modules"] == "'.*visual.*'"
    assert said["trainer.nnodes"] == "2" and said["trainer.n_gpus_per_node"] == "4"
    context = int(said["actor_rollout_ref.rollout.max_model_len"])
    assert int(said["actor_rollout_ref.actor.ppo_max_token_len_per_gpu"]) >= context
    halves = (int(said[f"data.max_{part}_length"]) for part in ("prompt", "response"))
    assert sum(halves) == context
    assert files(tmp_path).play.at_once == CONFIG.episodes_at_once // 2
    own = replace(TWO_NODES, settings=("trainer.device=npu",))
    last = RunFiles(CONFIG, family_named("qwen2.5-vl"), "a/model", tmp_path, own).settings()[-1]
    assert last == "trainer.device=npu"


def test_verls_log_becomes_a_line_of_ours() -> None:
    told = {"actor/pg_loss": 0.5, "actor/lr": 1e-6, "timing_s/gen": 2.0, "note": "text"}
    line = metrics_line(3, told, [])  # type: ignore[arg-type]
    assert (line["step"], line["loss"], line["learning_rate"], line["play_s"]) == (3, 0.5, 1e-6, 2)
    assert line["verl/timing_s/gen"] == 2 and "verl/note" not in line
    assert line["episodes"] == 0 and "score" not in line


async def test_what_cannot_be_done_is_said_before_anything_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    nano = replace(CONFIG, model="nano", family=None)
    with pytest.raises(UsageError, match="--engine local"):
        await train_grpo_with_verl(nano, out, TWO_NODES)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "qwen2_5_vl"}')
    config = replace(CONFIG, model=str(tmp_path / "model"))
    envs = RemoteService(("http://127.0.0.1:9",), "a token")
    engine = EngineOptions("verl", verl_python=sys.executable)
    with pytest.raises(UsageError, match=r"no verl, .*--verl-python"):
        await train_grpo_with_verl(config, out, engine, envs=envs)
    with pytest.raises(UsageError, match="--verl-python /no/python"):
        await train_grpo_with_verl(config, out, replace(engine, verl_python="/no/python"))
    served = GrpoConfig(lora_rank=8)
    asked = replace(config, sampler="http://127.0.0.1:9", update=served)
    with pytest.raises(UsageError, match="leave out --sampler"):
        await train_grpo_with_verl(asked, out, engine)
    assert not out.exists()
    with pytest.raises(UsageError, match="a multiple"):
        EngineOptions("verl", gpus_per_node=3, gpus_per_sampler=2)
    with pytest.raises(UsageError, match="NAME=VALUE"):
        EngineOptions("verl", settings=("trainer.device",))
