"""verl's own trainer takes real steps on the CPU: its queue, worker, FSDP and agent loops, ours.

What generates is `TinyServers` in place of vLLM, which the trainer hands its weights after each
update; what is missing of a device is in `cpu`.
"""

import asyncio
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("verl", reason="verl has an environment of its own: make test-verl")

from tests.training.verl.small_family import FAMILY, know_it
from tests.training.verl.teaching import write_stills, write_taught
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig
from vigorl.training.verl.engine import train_grpo_with_verl
from vigorl.training.verl.verl_config import EngineOptions

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(3000)]

ROOT = Path(__file__).parent.parent.parent.parent
STEPS = 3
ON_CPU = (
    "actor_rollout_ref.rollout.name=tiny",
    "trainer.device=cpu",
    "actor_rollout_ref.model.use_remove_padding=False",
    "+actor_rollout_ref.model.override_config.attn_implementation=eager",
    "actor_rollout_ref.actor.use_torch_compile=False",
    "actor_rollout_ref.actor.fsdp_config.use_torch_compile=False",
    "actor_rollout_ref.ref.use_torch_compile=False",
    "ray_kwargs.ray_init.num_cpus=8",
    "+ray_kwargs.ray_init.num_gpus=1",
    "transfer_queue.backend.SimpleStorage.num_data_storage_units=1",
)
VARIABLES = {
    "VERL_USE_EXTERNAL_MODULES": "tests.training.verl.cpu",
    "VERL_PLATFORM": "cpu",
    "VERL_ENGINE_DEVICE": "cuda",  # whose class of FSDP engine needs none
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def test_verls_trainer_takes_three_steps_on_our_episodes_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    know_it()
    stills = write_stills(tmp_path / "stills", count=4)
    config = GrpoRunConfig(
        str(write_taught(tmp_path / "taught", stills)),
        family=FAMILY,
        data=(str(stills),),
        steps=STEPS,
        groups=2,
        max_groups=4,
        group_size=4,
        turns=4,
        turn_tokens=60,
        refills=0,
        checkpoint_every=STEPS,
        update=GrpoConfig(learning_rate=1e-4, kl=0),  # a reference would ask for pinned memory
    )
    engine = EngineOptions("verl", sys.executable, gpus_per_node=1, settings=ON_CPU)
    out = tmp_path / "out"
    done = asyncio.run(train_grpo_with_verl(config, out, engine, print))
    assert done.step == STEPS
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        print({name: line[name] for name in line if "/" not in name})  # noqa: T201
    assert [line["step"] for line in lines] == list(range(1, STEPS + 1))
    for line in lines:
        assert math.isfinite(line["loss"]) and line["norm"] > 0
        # What the trainer makes of the tokens that its servers have sampled with its last weights:
        # the same, but for placeholders, which only they leave out.
        assert line["verl/training/rollout_probs_diff_max"] < 2e-2
        assert line["episodes"] >= config.groups * config.group_size and 0 <= line["score"] <= 1
    more = asyncio.run(train_grpo_with_verl(replace(config, steps=STEPS + 1), out, engine, print))
    assert more.step == STEPS + 1  # from its checkpoint
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(1, STEPS + 2))
    assert (out / "verl" / "checkpoints" / f"global_step_{STEPS}" / "actor").is_dir()
    played = [read_trajectory(path.parent) for path in (out / "rollouts").glob("*/*.jsonl")]
    assert all(each.end is not None for each in played)
