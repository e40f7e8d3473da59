"""Configuration of supervised fine-tuning."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from typer import Option

from vigorl.browser.errors import UsageError
from vigorl.policy.thought_text import Thoughts
from vigorl.training.data.selection import Selection
from vigorl.training.search.config import ChainConfig


@dataclass(frozen=True)
class FineTuneConfig:
    """One supervised fine-tuning run: the model, its examples, how it learns from them."""

    data: Annotated[tuple[Path, ...], Option(metavar="PATH", rich_help_panel="Examples")]
    """Examples: a folder of runs, evaluations, GRPO rollouts, a search, or exported conversations;
    or screenshots with targets, as [bold]eval grounding[/bold] takes them; may be repeated."""
    model: Annotated[str, Option("--model", "-m", metavar="MODEL", rich_help_panel="Model")]
    """Base model: [bold]nano[/bold], a checkpoint folder, or a hub id."""
    family: Annotated[str | None, Option(metavar="NAME")] = None
    """Prompt and answer format. Default: inferred from the model's name."""
    thoughts: Annotated[Thoughts, Option(rich_help_panel="Examples")] = "pointed"
    """Teach the reasoning as it was written, without its coordinates ([bold]plain[/bold]), or not
    at all."""
    held_out: Annotated[float, Option(min=0, max=0.99)] = 0.05
    """Fraction of the examples that is only evaluated on."""
    selection: Selection = field(default_factory=Selection)
    """Which episodes are taken."""
    chains: ChainConfig = field(default_factory=ChainConfig)
    """Which chains are made of a search's trees."""
    epochs: Annotated[float, Option(min=0, rich_help_panel="Optimization")] = 1.0
    """Passes over all examples."""
    updates: Annotated[int | None, Option(min=1)] = None
    """Optimizer updates in all, in place of [bold]--epochs[/bold]."""
    minutes: Annotated[float | None, Option(min=0.01, metavar="N")] = None
    """Training ends after so long, however many updates were made, and the learning rate has
    fallen to 0 by then. Counted again where it is resumed. Default: no limit."""
    batch: Annotated[int, Option(min=1)] = 16
    """Examples in a batch."""
    learning_rate: float = 1e-5
    """Peak learning rate of AdamW, after the warm-up."""
    warmup: Annotated[float, Option(min=0, max=1)] = 0.05
    """Fraction of the updates over which the learning rate rises from 0; then it decays as a
    cosine."""
    weight_decay: float = field(default=0.0, metadata={"option": False})
    """Weight decay of AdamW."""
    lora_rank: Annotated[int, Option("--lora", min=0)] = 0
    """Rank of LoRA adapters trained in place of the weights; 0 trains all weights."""
    adapter: Annotated[Path | None, Option(metavar="PATH")] = None
    """Adapter to begin with, as peft or an earlier run with [bold]--lora[/bold] wrote it: it must
    be of the same rank. Default: one that adds nothing."""
    trains_vision: Annotated[bool, Option("--train-vision")] = False
    """Train the vision tower as well."""
    seed: int = 0
    """Seed of the order of the examples, and of the first weights of adapters."""
    evaluate_every: Annotated[int, Option(min=1)] = 50
    """Updates between two evaluations on held-out examples; there is one at the end, too."""
    tree_tokens: Annotated[int, Option(min=1, rich_help_panel="Compute")] = 8192
    """Most tokens of a prefix tree, which is what has to fit into memory at once; no example may be
    longer."""
    skips_longer: Annotated[bool, Option("--skip-longer")] = False
    """Leave out examples that are longer, and say how many they are."""
    gradient_checkpointing: Annotated[bool, Option("--gradient-checkpointing")] = False
    """Recompute activations in the backward pass: less memory, more time."""
    checkpoint_every_s: float = field(default=300.0, metadata={"option": False})
    """Seconds between two checkpoints."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Device; [bold]auto[/bold] takes a CUDA device where there is one."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Number format of weights and gradients; the optimizer keeps float32 masters. On CUDA, float32
    weights are computed with in bfloat16 where that is safe (autocast)."""
    quantization: Literal["none", "8bit"] = "none"
    """Weights that adapters are trained beside ([bold]--lora[/bold]), rounded or not. On a CPU
    [bold]8bit[/bold] is faster where it has VNNI instructions; gradients are rounded as well."""

    def __post_init__(self) -> None:
        if not self.data:
            raise UsageError("there is nothing to learn from: name folders with --data")
        if self.epochs <= 0 or min(self.batch, self.tree_tokens, self.evaluate_every) < 1:
            raise UsageError("epochs are above 0; batch, tree_tokens and evaluate_every at least 1")
        if self.updates is not None and self.updates < 1:
            raise UsageError("updates are at least 1")
        if self.minutes is not None and not self.minutes > 0:
            raise UsageError("minutes are above 0")
        if not (0 <= self.held_out < 1 and 0 <= self.warmup <= 1):
            raise UsageError("held_out and warmup are shares, from 0 to 1")
        if self.quantization != "none" and (not self.lora_rank or self.device == "cuda"):
            raise UsageError("--quantization 8bit is for adapters (--lora 16) on a CPU")
        if self.adapter is not None and not self.lora_rank:
            raise UsageError("--adapter is trained further with --lora, at the adapter's rank")
