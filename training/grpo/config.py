"""Configuration of a GRPO training run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from typer import Option

from vigorl.browser.errors import UsageError
from vigorl.browser.grounding_rule import GroundingRule
from vigorl.browser.vault import parted_url

LOCAL = "local"
"""The sampler that is the network in this process."""

Normalisation = Literal["dapo", "dr_grpo", "grpo"]
VarianceOf = Literal["score", "reward"]
RewardName = Literal["multi-turn", "single-turn", "vanilla", "score"]
"""Names of the reward rules in `vigorl.training.grpo.rewards`."""


@dataclass(frozen=True)
class GrpoConfig:
    """The GRPO loss and its optimizer."""

    learning_rate: float = 1e-6
    """Learning rate of AdamW. Source: arXiv 2505.23678, like the next three."""
    weight_decay: Annotated[float, Option(min=0, rich_help_panel="Optimization")] = 1e-2
    """Weight decay of AdamW; vectors (norms, biases) are not decayed."""
    kl: Annotated[float, Option(min=0)] = 1e-2
    """Coefficient of the KL against the base model; 0 disables it, and needs no reference."""
    gradient_norm: Annotated[float, Option(min=0)] = 1.0
    """Gradients are clipped to this norm. Source: the same; its multi-turn runs use 0.2."""
    warmup_steps: Annotated[int, Option(min=0)] = 0
    """Updates over which the learning rate rises from 0."""
    final_learning_rate: Annotated[float, Option(min=0, max=1)] = 1.0
    """Final learning rate as a fraction of the first (cosine decay); 1 keeps it constant."""
    trains_vision: Annotated[bool, Option("--train-vision")] = False
    """Train the vision tower as well."""
    lora_rank: Annotated[int, Option("--lora", min=0)] = 0
    """Rank of LoRA adapters trained in place of the weights; 0 trains all weights."""
    gradient_checkpointing: Annotated[
        bool, Option("--gradient-checkpointing", rich_help_panel="Compute")
    ] = False
    """Recompute activations in the backward pass: less memory, more time."""
    clip_low: Annotated[float, Option(min=0, rich_help_panel="Loss")] = 0.2
    """The importance ratio is clipped at 1 - this; it matters with several updates of a batch."""
    clip_high: Annotated[float, Option(min=0)] = 0.28
    """The importance ratio is clipped at 1 + this. Source: arXiv 2503.14476 (DAPO)."""
    normalisation: Normalisation = "dapo"
    """Averaging of token losses: over all tokens of an update ([bold]dapo[/bold]), over those of
    each rollout first ([bold]grpo[/bold]), or over a constant ([bold]dr_grpo[/bold])."""
    scale_by_std: bool = True
    """Divide advantages by their group's standard deviation."""
    variance_of: Annotated[VarianceOf, Option("--variance-of")] = "score"
    """By what a group's rollouts have to differ to be learnt from, and what advantages are divided
    by the standard deviation of: the judge's [bold]score[/bold], beside which shaping counts as
    little as the reward says; or the whole [bold]reward[/bold], where groups that are all right
    or all wrong teach form."""
    clip_dual: Annotated[float, Option(min=1)] = 3.0
    """With a negative advantage a token's loss is at most this times its advantage; above 1."""
    importance_cap: Annotated[float, Option(min=0)] = 2.0
    """Largest importance weight of the trainer against the sampler (truncated); above 0."""
    longest_tokens: Annotated[int, Option(min=1)] = 2048
    """Sampled tokens of a rollout that [bold]dr_grpo[/bold] divides by."""
    tree_tokens: Annotated[int, Option(min=1, rich_help_panel="Compute")] = 16_384
    """Most tokens of a prefix tree, which is what has to fit into memory at once."""

    def __post_init__(self) -> None:
        if min(self.learning_rate, self.gradient_norm, self.importance_cap) <= 0:
            raise UsageError("learning_rate, gradient_norm and importance_cap are above 0")
        if self.clip_dual <= 1:
            raise UsageError("clip_dual is above 1")
        if min(self.weight_decay, self.kl, self.clip_low, self.clip_high) < 0:
            raise UsageError("weight_decay, kl, clip_low and clip_high are at least 0")
        if not 0 <= self.final_learning_rate <= 1:
            raise UsageError("final_learning_rate is a share, from 0 to 1")
        if min(self.warmup_steps, self.lora_rank) < 0:
            raise UsageError("warmup_steps and lora_rank are at least 0")
        if min(self.longest_tokens, self.tree_tokens) < 1:
            raise UsageError("longest_tokens and tree_tokens are at least 1")


@dataclass(frozen=True)
class GrpoRunConfig:
    """One GRPO training run: the model, its tasks, how rollouts are sampled and learnt from."""

    model: Annotated[str, Option("--model", "-m", metavar="MODEL", rich_help_panel="Model")]
    """Base model: [bold]nano[/bold] (embedded, learns on a laptop), a checkpoint folder, or a hub
    id. It is also the reference of the KL."""
    family: Annotated[str | None, Option(metavar="NAME")] = None
    """Prompt and answer format. Default: inferred from the model's name."""
    zoom: bool = True
    """Let the model zoom, where its family can."""
    tasks: Annotated[
        tuple[str, ...], Option("--task", metavar="NAME", rich_help_panel="Tasks")
    ] = ()
    """Train on this task, given as a goal: an embedded one ([bold]shop[/bold]), one on the stand-in
    sites ([bold]sites/shop-buy[/bold]) or of MiniWoB++'s training split
    ([bold]miniwob/enter-text[/bold]), or all that a pattern fits ([bold]'sites/*'[/bold]). May be
    repeated; the three kinds take turns. Default: all embedded tasks, or none with --data."""
    skipped_seeds: Annotated[int, Option("--skip-seeds", min=0)] = 0
    """Leave out the first N training seeds of each task: those seen in earlier training."""
    data: Annotated[tuple[str, ...], Option(metavar="PATH")] = ()
    """Train on these pictures: still screenshots with targets, whatever [bold]eval grounding[/bold]
    takes, or questions in the format of sat, vstar, blink or robospatial ([bold]sat:PATH[/bold]).
    May be repeated; takes turns with the others and with --task."""
    grounding_rule: GroundingRule = "hit"
    """Right answer on a screenshot: a click in the target ([bold]hit[/bold]), where a miss may be
    worth how near it is ([bold]distance[/bold]); or a box, drawn by a drag, with its middle in the
    target ([bold]center[/bold]) or with an overlap (IoU) of at least 0.5, where a smaller one is
    worth itself ([bold]overlap[/bold])."""
    reward: RewardName = "multi-turn"
    """Shaping added to the task's score: format, grounding and zoom ([bold]multi-turn[/bold]);
    format and grounding ([bold]single-turn[/bold]); format ([bold]vanilla[/bold]); or none
    ([bold]score[/bold])."""
    steps: Annotated[int, Option(min=1, rich_help_panel="Optimization")] = 500
    """Optimizer updates in all; the learning-rate schedule ends there. Source: arXiv 2505.23678."""
    update: GrpoConfig = field(default_factory=GrpoConfig)
    """The loss and the optimizer."""
    seed: int = 0
    """Seed of sampling, and of the first weights of adapters."""
    sampler: Annotated[
        str, Option("--sampler", metavar="local|URL", rich_help_panel="Rollouts")
    ] = LOCAL
    """Who samples rollouts: the network in this process ([bold]local[/bold]), or a server of vLLM
    with the same base model, which is handed the adapters of [bold]--lora[/bold] after each
    batch: [bold]vigorl-agent serve MODEL --lora RANK[/bold] on another GPU."""
    group_size: Annotated[int, Option("--group-size", min=2)] = 8
    """Rollouts of one task in a group. Source: the same, with zoom (5 without)."""
    groups: Annotated[int, Option(min=1)] = 16
    """Groups with reward variance that an update is made of."""
    max_groups: int = 48
    """Most groups sampled to find `groups` with variance; the update then uses those it has."""
    updates_per_batch: Annotated[int, Option(min=1)] = 1
    """Optimizer updates that a rollout batch is divided into. Source: theirs are two."""
    epochs_per_batch: Annotated[int, Option(min=1)] = 1
    """Passes over each rollout batch. Source: the iterations of arXiv 2402.03300."""
    episodes_at_once: Annotated[int, Option("--workers", min=1)] = 8
    """Rollouts sampled at the same time."""
    turns: Annotated[int, Option("--max-turns", min=1)] = 10
    """Most turns of a rollout."""
    turn_tokens: Annotated[int, Option("--turn-tokens", min=1)] = 512
    """Most tokens sampled in one turn."""
    episode_s: Annotated[float, Option("--max-seconds", min=1)] = 300.0
    """Seconds that pages may take in a rollout; one that takes longer is a fault: neither scored
    nor learnt from. Waiting for the policy does not count."""
    refills: Annotated[int, Option("--refills", min=0)] = 3
    """Times that a rollout is played again after a fault, each with a new seed; 0 leaves it out. If
    5 % of the episodes break, 3 leave 6 in a million places of groups empty."""
    refill_s: Annotated[float, Option("--refill-seconds", min=0)] = 600.0
    """Seconds since its first start after which a rollout that broke is not played again, so that
    the others wait for no world that is gone."""
    device: Annotated[Literal["auto", "cpu", "cuda"], Option(rich_help_panel="Compute")] = "auto"
    """Device; [bold]auto[/bold] takes a CUDA device where there is one."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Number format of sampling and of gradients; the optimizer keeps float32 masters."""
    checkpoint_every: Annotated[int, Option(min=1)] = 10
    """Updates between two checkpoints; there is one at the end and at an interruption, too."""

    def __post_init__(self) -> None:
        if self.reward not in get_args(RewardName):
            names = ", ".join(get_args(RewardName))
            raise UsageError(f"no reward is called {self.reward!r}; there are {names}")
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
        if min(self.refills, self.refill_s) < 0:
            raise UsageError("refills and refill_s are at least 0")
        if self.skipped_seeds < 0:
            raise UsageError("skipped_seeds is at least 0")
        self._check_sampler()
        if self.data and self.skipped_seeds and not self.tasks:
            raise UsageError("pictures have no seeds: leave out --skip-seeds, or add a --task")
        if self.grounding_rule not in get_args(GroundingRule):
            names = ", ".join(get_args(GroundingRule))
            raise UsageError(
                f"no grounding rule is called {self.grounding_rule!r}; there are {names}"
            )
        if self.grounding_rule != "hit" and not self.data:
            raise UsageError("a grounding rule is for screenshots: name some with --data")
        if seeded := [name for name in self.tasks if ":" in name]:
            raise UsageError(
                f"{seeded[0]} is one seed of a task: training takes many, so name the task alone"
            )

    def _check_sampler(self) -> None:
        if self.sampler == LOCAL:
            return
        if not self.sampler.startswith(("http://", "https://")):
            raise UsageError(
                f"no sampler {self.sampler}: give {LOCAL}, or the URL of a server of vLLM "
                "(http://HOST:PORT)"
            )
        if parted_url(self.sampler)[1] is not None:
            raise UsageError(
                "the URL of --sampler is recorded, and holds a log-in: give the server's key in "
                "VIGORL_API_KEY"
            )
        if not self.update.lora_rank:
            raise UsageError(
                "a server samples what is learnt only as a LoRA adapter, since whole weights are "
                "not handed over: train with --lora RANK, or leave out --sampler"
            )
        if self.update.trains_vision:
            raise UsageError(
                "vLLM takes adapters of the language model alone: leave out --train-vision, or "
                "--sampler"
            )


RENAMED = {
    "most_groups": "max_groups",
    "updates": "updates_per_batch",
    "passes": "epochs_per_batch",
    "update.recomputes": "update.gradient_checkpointing",
    "update.budget_tokens": "update.tree_tokens",
}
"""Names under which the config.json of an older run holds what is called otherwise now."""


def as_now(known: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an older run's config.json, called and written as they are now."""
    values = {RENAMED.get(name, name): value for name, value in known.items()}
    match values.get("data"):
        case None:
            values["data"] = []
        case str(path):
            values["data"] = [path]
    return {"grounding_rule": "hit", **values}
