"""Configuration of a GRPO training run."""

from dataclasses import dataclass, field
from typing import Literal

from vigorl.browser.errors import UsageError
from vigorl.training.grpo.rewards import RULES
from vigorl.training.grpo.update import GrpoConfig


@dataclass(frozen=True)
class GrpoRunConfig:
    """One GRPO training run: the model, its tasks, how rollouts are sampled and learnt from."""

    model: str
    """Base model: `nano`, a checkpoint folder, or a hub id. Also the reference of the KL."""
    family: str | None = None
    """Prompt and answer format; None: inferred from the model's name."""
    zoom: bool = True
    """Whether the model may zoom, where its family can."""
    tasks: tuple[str, ...] = ()
    """Names of the embedded tasks to train on; none: all."""
    data: str | None = None
    """A folder of still screenshots to train grounding on, in place of embedded tasks."""
    skipped_seeds: int = 0
    """Seeds of each task to leave out, counted from the first: those seen in earlier training."""
    steps: int = 500
    """Optimizer updates in all; the learning-rate schedule ends there. Source: arXiv 2505.23678."""
    group_size: int = 8
    """Rollouts of one task in a group. Source: the same, with zoom (5 without)."""
    groups: int = 16
    """Groups with reward variance in a rollout batch."""
    max_groups: int = 48
    """Most groups sampled to find `groups` with variance; the update then uses those it has."""
    updates_per_batch: int = 1
    """Optimizer updates into which a rollout batch is divided. Source: theirs are two."""
    epochs_per_batch: int = 1
    """Passes over each rollout batch. Source: the iterations of arXiv 2402.03300."""
    reward: str = "multi-turn"
    """Reward rule: one of `vigorl.training.grpo.rewards.RULES`."""
    episodes_at_once: int = 8
    """Rollouts sampled at the same time."""
    turns: int = 10
    """Most turns of a rollout."""
    turn_tokens: int = 512
    """Most tokens sampled in one turn."""
    episode_s: float = 300.0
    """Wall-clock limit of a rollout, seconds."""
    seed: int = 0
    """Seed of sampling, and of the first weights of adapters."""
    checkpoint_every: int = 10
    """Updates between checkpoints; there is one at the end and at an interruption, too."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: a CUDA device where there is one."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Number format of sampling and of gradients; the optimizer keeps float32 masters."""
    update: GrpoConfig = field(default_factory=GrpoConfig)
    """The loss and the optimizer."""

    def __post_init__(self) -> None:
        if self.reward not in RULES:
            raise UsageError(f"no reward is called {self.reward!r}; there are {', '.join(RULES)}")
        if self.group_size < 2:
            raise UsageError(f"a group of {self.group_size}: at least 2, or nothing is compared")
        if not 1 <= self.updates_per_batch <= self.groups <= self.max_groups:
            raise UsageError(
                f"{self.updates_per_batch} updates from {self.groups} of {self.max_groups} groups: "
                "the first number is at least 1, and none is above the next"
            )
        if min(self.steps, self.epochs_per_batch, self.episodes_at_once) < 1:
            raise UsageError("steps, epochs_per_batch and episodes_at_once are at least 1")
        if self.checkpoint_every < 1:
            raise UsageError("checkpoint_every is at least 1")
        if self.skipped_seeds < 0:
            raise UsageError("skipped_seeds is at least 0")
        if self.data is not None and (self.tasks or self.skipped_seeds):
            raise UsageError("train on either embedded tasks or still screenshots, not both")
        if seeded := [name for name in self.tasks if ":" in name]:
            raise UsageError(
                f"{seeded[0]} is one seed of a task: training takes many, so name the task alone"
            )


RENAMED = {
    "most_groups": "max_groups",
    "updates": "updates_per_batch",
    "passes": "epochs_per_batch",
    "update.recomputes": "update.gradient_checkpointing",
    "update.budget_tokens": "update.tree_tokens",
}
"""Names under which the config.json of an older run holds what is called otherwise now."""
