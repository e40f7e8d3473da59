r"""The files that a run of verl starts from: tasks, our agent loop, and verl's settings.

::

    OUT/verl/
        tasks.parquet       a task a row, in the order in which they are trained on
        agent_loops.yaml    what is played, and how: `VigorlAgentLoop` with `PlayConfig`
        settings.txt        verl's settings, a line each, as its command line takes them

They can be used with verl's own command as well::

    xargs -d '\n' -a OUT/verl/settings.txt python -m verl.trainer.main_ppo

Source: the configuration of verl 0.9.1 (`verl/trainer/config/ppo_trainer.yaml`), whose names the
settings are; a test has verl read them.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vigorl.agent.evaluation.sample import Sample
from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import disk, write_whole
from vigorl.policy.backend import Sampling
from vigorl.policy.family import Family
from vigorl.policy.vllm.limits import EngineLimits, limits_of, model_tokens, read_config
from vigorl.training.data.export_parquet import PracticeTask, write_practice
from vigorl.training.grpo.config import LOCAL, GrpoRunConfig, Normalisation
from vigorl.training.verl.play_config import NAME, PlayConfig
from vigorl.training.verl.verl_config import EngineOptions

_AGGREGATION: dict[Normalisation, str] = {
    "dapo": "token-mean",
    "dr_grpo": "seq-mean-token-sum-norm",
    "grpo": "seq-mean-token-mean",
}
_PRECISION = {
    "float32": {"param_dtype": "fp32", "reduce_dtype": "fp32", "buffer_dtype": "fp32"},
    "bfloat16": {"param_dtype": "bf16", "reduce_dtype": "fp32", "buffer_dtype": "fp32"},
}
"""Of what is computed; the optimizer's weights are float32 either way."""
_MOST_CONTEXT = 32_768
"""Where neither family nor checkpoint says how long a conversation can be."""


class RunFiles:
    """The files of one run, and what they say.

    Args:
        config: The run.
        family: Of its model.
        checkpoint: The base model's folder, or its hub id.
        out: The run's folder.
        engine: On what it runs.
        envs: Addresses of environment services.
    """

    def __init__(
        self,
        config: GrpoRunConfig,
        family: Family,
        checkpoint: str,
        out: Path,
        engine: EngineOptions,
        envs: tuple[str, ...] = (),
    ) -> None:
        if family.reads:
            raise UsageError(
                f"models of {family.name} are told what is on the screen, and verl's servers do "
                "not know how: train them with --engine local"
            )
        if config.sampler != LOCAL:
            raise UsageError(
                "verl samples on servers of its own: leave out --sampler, or --engine verl"
            )
        self.config = config
        self.family = family
        self.checkpoint = checkpoint
        self.out = out.absolute()
        self.engine = engine
        self.play = PlayConfig.of(
            config, family.name, str(self.out / "rollouts"), envs, engine.nodes
        )

    @property
    def folder(self) -> Path:
        """Theirs."""
        return self.out / "verl"

    @property
    def limits(self) -> EngineLimits:
        """What a prompt may hold."""
        known = model_tokens(read_config(Path(self.checkpoint)))
        return limits_of(self.family, Sampling(max_tokens=self.config.turn_tokens), known)

    def write(self, samples: Sequence[Sample]) -> None:
        """Write all of them.

        Args:
            samples: The tasks, as verl's workers will open them, in their order.

        Raises:
            UsageError: pyarrow is not installed, or there are no tasks.
            StorageFault: the disk refuses.
        """
        if not samples:
            raise UsageError("there is nothing to train on: no tasks")
        tasks = (PracticeTask(each.id, each.instruction, NAME) for each in samples)
        with disk(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_practice(tasks, self.folder / "tasks.parquet")
        entry = json.dumps([self.play.entry()], indent=2, ensure_ascii=False)  # YAML as well
        write_whole(self.folder / "agent_loops.yaml", entry.encode())
        lines = "".join(f"{line}\n" for line in self.settings())
        write_whole(self.folder / "settings.txt", lines.encode())

    def settings(self) -> list[str]:
        """Verl's settings as its command line takes them, `name=value`."""
        settings = {
            **dict(self._data()),
            **dict(self._algorithm()),
            **dict(self._actor()),
            **dict(self._rollout()),
            **dict(self._trainer()),
        }
        ours = [f"{name}={_written(value)}" for name, value in settings.items()]
        return [*ours, *self.engine.settings]

    def _data(self) -> Iterator[tuple[str, Any]]:
        context = self.limits.context_tokens or _MOST_CONTEXT
        tasks = str(self.folder / "tasks.parquet")
        yield from {
            "data.train_files": tasks,
            "data.val_files": tasks,  # read, and never played
            "data.train_batch_size": self.config.groups,
            "data.max_prompt_length": context - context // 2,
            "data.max_response_length": context // 2,
            "data.shuffle": False,  # they are in their order
            "data.seed": self.config.seed,
            "data.dataloader_num_workers": 0,
            "+data.mm_processor_kwargs": self.limits.processor,
        }.items()

    def _algorithm(self) -> Iterator[tuple[str, Any]]:
        update = self.config.update
        yield from {
            "algorithm.adv_estimator": "grpo",
            "algorithm.norm_adv_by_std_in_grpo": update.scale_by_std,
            "algorithm.filter_groups.enable": True,
            "algorithm.filter_groups.metric": update.variance_of,
            "algorithm.rollout_correction.rollout_is": "token",
            "algorithm.rollout_correction.rollout_is_threshold": update.importance_cap,
            "reward.num_workers": 1,  # ours come with the episodes
        }.items()

    def _actor(self) -> Iterator[tuple[str, Any]]:
        config, update = self.config, self.config.update
        actor, model = "actor_rollout_ref.actor", "actor_rollout_ref.model"
        context = self.limits.context_tokens or _MOST_CONTEXT
        fades = update.final_learning_rate < 1
        yield from {
            f"{model}.path": self.checkpoint,
            f"{model}.enable_gradient_checkpointing": update.gradient_checkpointing,
            f"{model}.lora_rank": update.lora_rank,
            f"{actor}.strategy": "fsdp2",
            f"+{actor}.fsdp_config.mixed_precision": _PRECISION[config.dtype],
            "+actor_rollout_ref.ref.fsdp_config.mixed_precision": _PRECISION[config.dtype],
            f"{actor}.optim.lr": update.learning_rate,
            f"{actor}.optim.weight_decay": update.weight_decay,
            f"{actor}.optim.lr_warmup_steps": update.warmup_steps,
            f"{actor}.optim.lr_scheduler_type": "cosine" if fades else "constant",
            f"{actor}.optim.min_lr_ratio": update.final_learning_rate,
            f"{actor}.grad_clip": update.gradient_norm,
            f"{actor}.optim.clip_grad": update.gradient_norm,
            f"{actor}.clip_ratio_low": update.clip_low,
            f"{actor}.clip_ratio_high": update.clip_high,
            f"{actor}.clip_ratio_c": update.clip_dual,
            f"{actor}.loss_agg_mode": _AGGREGATION[update.normalisation],
            f"{actor}.use_kl_loss": update.kl > 0,
            f"{actor}.kl_loss_coef": update.kl,
            f"{actor}.kl_loss_type": "low_var_kl",
            f"{actor}.ppo_mini_batch_size": max(1, config.groups // config.updates_per_batch),
            f"{actor}.ppo_epochs": config.epochs_per_batch,
            f"{actor}.use_dynamic_bsz": True,
            f"{actor}.ppo_max_token_len_per_gpu": max(update.tree_tokens, context),
        }.items()
        if update.normalisation == "dr_grpo":
            yield f"{actor}.loss_scale_factor", update.longest_tokens
        if update.lora_rank:
            yield f"{model}.lora_alpha", 2 * update.lora_rank
            if not update.trains_vision:
                yield f"{model}.exclude_modules", ".*visual.*"

    def _rollout(self) -> Iterator[tuple[str, Any]]:
        rollout, limits = "actor_rollout_ref.rollout", self.limits
        yield from {
            f"{rollout}.name": "vllm",
            f"{rollout}.n": self.config.group_size,
            f"{rollout}.temperature": 1.0,
            f"{rollout}.top_p": 1.0,
            f"{rollout}.top_k": -1,
            f"{rollout}.calculate_log_probs": True,
            f"{rollout}.skip_tokenizer_init": False,  # or it knows no stop strings
            f"{rollout}.dtype": self.config.dtype,
            f"{rollout}.max_model_len": limits.context_tokens or _MOST_CONTEXT,
            f"{rollout}.tensor_model_parallel_size": self.engine.gpus_per_sampler,
            f"+{rollout}.engine_kwargs.vllm.limit_mm_per_prompt": limits.per_prompt,
            f"{rollout}.agent.num_workers": self.engine.nodes,
            f"{rollout}.agent.default_agent_loop": NAME,
            f"{rollout}.agent.agent_loop_config_path": str(self.folder / "agent_loops.yaml"),
        }.items()

    def _trainer(self) -> Iterator[tuple[str, Any]]:
        config = self.config
        yield from {
            "trainer.use_v1": True,
            "trainer.v1.trainer_mode": "sync",
            "trainer.v1.sampler.sync_refill_failed_groups": True,
            "trainer.total_training_steps": config.steps,
            "trainer.total_epochs": 1_000_000,  # the steps say when it ends
            "trainer.nnodes": self.engine.nodes,
            "trainer.n_gpus_per_node": self.engine.gpus_per_node,
            "trainer.save_freq": config.checkpoint_every,
            "trainer.test_freq": -1,
            "trainer.val_before_train": False,
            "trainer.resume_mode": "auto",
            "trainer.default_local_dir": str(self.folder / "checkpoints"),
            "trainer.project_name": "vigorl",
            "trainer.experiment_name": "grpo",
            "trainer.logger": ["console", "file"],
        }.items()


def _written(value: Any) -> str:
    """A value in Hydra's grammar, whatever stands in its texts."""
    match value:
        case bool() | None:
            return json.dumps(value)
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case dict():
            return "{" + ",".join(f"{name}:{_written(each)}" for name, each in value.items()) + "}"
        case list() | tuple():
            return f"[{','.join(map(_written, value))}]"
        case _:
            return str(value)
