"""verl reads the settings that a run writes: each name is one of its own, and they fit together."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("verl", reason="verl has an environment of its own: make test-verl")

from hydra import compose, initialize_config_module
from verl.trainer.ppo.utils import need_critic, need_reference_policy
from verl.utils.config import validate_config

from tests.training.verl.small_family import SMALL
from vigorl.policy.local.tiny import write_tiny_checkpoint
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig
from vigorl.training.verl.run_files import RunFiles
from vigorl.training.verl.verl_config import EngineOptions

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    "update",
    [
        GrpoConfig(),
        GrpoConfig(kl=0, lora_rank=8, normalisation="dr_grpo", final_learning_rate=0.1),
        GrpoConfig(normalisation="grpo", scale_by_std=False, variance_of="reward"),
    ],
)
def test_verl_reads_the_settings(tmp_path: Path, update: GrpoConfig) -> None:
    checkpoint = write_tiny_checkpoint(tmp_path / "it's {tiny}", "qwen2_5_vl")
    config = replace(GrpoRunConfig(str(checkpoint), family=SMALL.name), update=update)
    engine = EngineOptions("verl", nodes=2, gpus_per_node=4, gpus_per_sampler=2)
    made = RunFiles(config, SMALL, str(checkpoint), tmp_path / "out", engine)
    with initialize_config_module("verl.trainer.config", version_base=None):
        read = compose("ppo_trainer", made.settings())
    if not update.lora_rank:  # of which it asks vLLM, which is not here
        validate_config(read, need_reference_policy(read), need_critic(read))
    assert read.actor_rollout_ref.model.path == str(checkpoint)
    assert read.actor_rollout_ref.actor.optim.lr == update.learning_rate
    assert read.actor_rollout_ref.actor.use_kl_loss == (update.kl > 0)
    assert need_reference_policy(read) == (update.kl > 0)
    assert read.algorithm.filter_groups.metric == update.variance_of
    assert read.data.mm_processor_kwargs.size.longest_edge == SMALL.size.max_pixels
    for part in (read.actor_rollout_ref.actor, read.actor_rollout_ref.ref):
        assert part.fsdp_config.mixed_precision.param_dtype == "fp32"
    limits = read.actor_rollout_ref.rollout.engine_kwargs.vllm.limit_mm_per_prompt
    assert limits == {"image": SMALL.max_images, "video": 0}
