"""How a training by doing is made."""

from dataclasses import dataclass, field
from typing import Literal

from vigorl.browser.errors import UsageError
from vigorl.training.grpo.rewards import RULES
from vigorl.training.grpo.update import GrpoConfig


@dataclass(frozen=True)
class PracticeConfig:
    """One training by doing."""

    model: str
    """Where it starts: `nano`, a checkpoint's folder, or a hub id; the reference of the KL, too."""
    family: str | None = None
    """How the model is talked to; None: told by its name."""
    zoom: bool = True
    """Whether it may look closer, where its family can."""
    tasks: tuple[str, ...] = ()
    """Names of embedded tasks; none: all."""
    data: str | None = None
    """A folder of still screenshots to practise pointing on, in place of embedded tasks."""
    skipped_seeds: int = 0
    """So many seeds of each are left out, the first ones: those that it has learnt already."""
    steps: int = 500
    """Updates in all, by which a rate that falls has fallen. Source: arXiv 2505.23678."""
    group_size: int = 8
    """Episodes of one task. Source: the same, with looks closer (5 without)."""
    groups: int = 16
    """Groups with variance that are wanted for a batch of rollouts."""
    most_groups: int = 48
    """So many are played at most to find them; with fewer, the update is made of these."""
    updates: int = 1
    """Into so many updates a batch of rollouts is divided. Source: theirs are two."""
    passes: int = 1
    """How often a batch of rollouts is learnt from. Source: the iterations of arXiv 2402.03300."""
    reward: str = "multi-turn"
    """One of `vigorl.training.grpo.rewards.RULES`."""
    episodes_at_once: int = 8
    turns: int = 10
    """Of an episode, at most."""
    turn_tokens: int = 512
    """Sampled in one turn, at most."""
    episode_s: float = 300.0
    """Wall clock of an episode, at most."""
    seed: int = 0
    checkpoint_every: int = 10
    """Updates between two checkpoints; there is one at the end and at an interruption, too."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: a CUDA device where there is one."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What it plays and computes gradients in; in bfloat16 it learns in float32 all the same."""
    update: GrpoConfig = field(default_factory=GrpoConfig)

    def __post_init__(self) -> None:
        if self.reward not in RULES:
            raise UsageError(f"no reward is called {self.reward!r}; there are {', '.join(RULES)}")
        if self.group_size < 2:
            raise UsageError(f"a group of {self.group_size}: at least 2, or nothing is compared")
        if not 1 <= self.updates <= self.groups <= self.most_groups:
            raise UsageError(
                f"{self.updates} updates from {self.groups} of {self.most_groups} groups: the "
                "first number is at least 1, and none is above the next"
            )
        if min(self.steps, self.passes, self.episodes_at_once, self.checkpoint_every) < 1:
            raise UsageError("steps, passes, episodes_at_once and checkpoint_every are at least 1")
        if self.skipped_seeds < 0:
            raise UsageError("skipped_seeds is at least 0")
        if self.data is not None and (self.tasks or self.skipped_seeds):
            raise UsageError("practise either embedded tasks or still screenshots, not both")
        if seeded := [name for name in self.tasks if ":" in name]:
            raise UsageError(
                f"{seeded[0]} is one seed of a task: practice takes many, so name the task alone"
            )
