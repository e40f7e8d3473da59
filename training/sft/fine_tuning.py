"""Supervised fine-tuning of a checkpoint on examples: `vigorl-agent train sft`.

The same tokens, masks and trees as practice; what a batch is, and its loss:
`vigorl.training.sft.example_batches`.

::

    OUT/
        config.json     what was asked for, and the fingerprint of the data
        metrics.jsonl   `loss` and, at times, `held_out`: the same of examples never learnt from
        state.pt        to go on from
        model/          plays as --model; adapters are added to its weights
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from transformers.utils.logging import disable_progress_bar

from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import Identity, json_values, whole_folder
from vigorl.policy.backend import Hardware
from vigorl.policy.local.network import Network
from vigorl.policy.thought_text import Thoughts
from vigorl.training.compute.lora import add_adapters, merged_state
from vigorl.training.data.episodes import Selection
from vigorl.training.data.examples import Examples, read_examples
from vigorl.training.run.base_model import family_of_model, trainable
from vigorl.training.search.linearise import ChainConfig
from vigorl.training.sft.example_batches import CourseConfig, ExampleCourse
from vigorl.training.sft.loop import SftConfig, train


@dataclass(frozen=True)
class FineTuneConfig:
    """One fine-tuning."""

    model: str
    """Where it starts: `nano`, a checkpoint's folder, or a hub id."""
    data: tuple[Path, ...]
    """Runs, evaluations, searches, exported conversations, or screenshots with targets."""
    family: str | None = None
    """How the model is talked to; None: told by its name."""
    epochs: float = 1.0
    """How often every example is learnt from."""
    updates: int | None = None
    """So many in all, however many epochs that is; None: as `epochs` has it."""
    batch: int = 16
    """Examples of an update."""
    learning_rate: float = 1e-5
    """Of AdamW, after the warm-up."""
    warmup: float = 0.05
    """Share of the updates in which the rate rises from 0; then it falls as a cosine."""
    weight_decay: float = 0.0
    lora_rank: int = 0
    """Of adapters that learn in place of the weights; 0: all weights learn."""
    trains_vision: bool = False
    """Whether the vision tower learns as well."""
    held_out: float = 0.05
    """Share of the examples that are never learnt from, but measured."""
    thoughts: Thoughts = "pointed"
    """How they are taught: as they were said, without their points, or not at all."""
    evaluate_every: int = 50
    """Updates between two measurements; there is one at the end, too."""
    tree_tokens: int = 8192
    """Computed at a time: what fits into memory, and no row is longer."""
    gradient_checkpointing: bool = False
    """Whether layers are computed twice so that less has to be kept (gradient checkpointing)."""
    checkpoint_every_s: float = 300.0
    seed: int = 0
    """Of the order of the examples, and of the first weights of adapters."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    chains: ChainConfig = field(default_factory=ChainConfig)
    selection: Selection = field(default_factory=Selection)

    def __post_init__(self) -> None:
        if not self.data:
            raise UsageError("there is nothing to learn from: name folders with --data")
        if self.epochs <= 0 or min(self.batch, self.tree_tokens, self.evaluate_every) < 1:
            raise UsageError("epochs are above 0; batch, tree_tokens and evaluate_every at least 1")
        if self.updates is not None and self.updates < 1:
            raise UsageError("updates are at least 1")
        if not (0 <= self.held_out < 1 and 0 <= self.warmup <= 1):
            raise UsageError("held_out and warmup are shares, from 0 to 1")


def fine_tune(config: FineTuneConfig, out: Path, say: Callable[[str], None]) -> Path:
    """Teach a checkpoint, go on where `out` was interrupted, and return what came of it.

    Ctrl-C saves, and is raised again.

    Raises:
        UsageError: the checkpoint, the data or the folder is not what it should be.
        PolicyFault: a batch does not fit into memory; what was learnt is saved.
        StorageFault: the disk refuses; what was saved before is whole.
    """
    disable_progress_bar()  # of every checkpoint that is written
    checkpoint, family = trainable(config.model), family_of_model(config.model, config.family)
    network = Network(checkpoint, family, Hardware(device=config.device, dtype="float32"))
    everything = read_examples(
        config.data,
        network,
        config.chains,
        config.selection,
        config.tree_tokens,
        config.thoughts,
    )
    learnt, held_out = everything.divided(config.held_out)
    if not learnt.examples:
        raise UsageError(
            f"all {len(everything.examples)} examples are held out: name more data, or --held-out 0"
        )
    about = _about(config, everything)
    Identity("training", about, _MAY_CHANGE, "data_is").check(out)
    _tell(everything, len(held_out.examples), say)
    _let_learn(network, config)
    batches = CourseConfig(
        config.epochs, config.batch, config.tree_tokens, config.gradient_checkpointing, config.seed
    )
    course, measured = (ExampleCourse(network, part, batches) for part in (learnt, held_out))
    steps = config.updates or course.steps

    def evaluate(step: int) -> dict[str, float]:
        network.model.eval()
        return {"held_out": round(measured.mean_loss(), 4)}

    train(
        course,
        network.model,
        SftConfig(
            steps=steps,
            learning_rate=config.learning_rate,
            final_learning_rate=0.0,
            warmup_steps=math.ceil(config.warmup * steps),
            weight_decay=config.weight_decay,
            seed=config.seed,
            workers=0,
            device=network.device.type,
            checkpoint_every_s=config.checkpoint_every_s,
            log_every=max(1, min(25, steps // 20)),
        ),
        out,
        save=lambda: _save(network, config, out),
        evaluate=evaluate if held_out.examples else None,
        evaluate_every=config.evaluate_every,
        say=say,
        about=about,
    )
    return out / "model"


def _let_learn(network: Network, config: FineTuneConfig) -> None:
    """Choose the weights that learn."""
    if config.lora_rank:
        add_adapters(
            network, config.lora_rank, trains_vision=config.trains_vision, seed=config.seed
        )
        return
    visual = getattr(network.model.model, "visual", None)
    if visual is not None:
        visual.requires_grad_(config.trains_vision)


def _save(network: Network, config: FineTuneConfig, out: Path) -> None:
    """Replace the checkpoint that is played with; it is whole at any moment."""
    with whole_folder(out / "model") as partial:
        network.save(partial, merged_state(network) if config.lora_rank else None)


def _about(config: FineTuneConfig, examples: Examples) -> dict[str, Any]:
    known = {**asdict(config), "examples": len(examples.examples), "data_is": examples.fingerprint}
    about: dict[str, Any] = json_values(known)
    return about


_MAY_CHANGE = ("evaluate_every", "checkpoint_every_s", "device", "gradient_checkpointing")


def _tell(examples: Examples, held_out: int, say: Callable[[str], None]) -> None:
    tokens = sum(example.tokens for example in examples.examples)
    parts = [
        f"{len(examples.examples)} examples with {tokens} tokens to learn, {held_out} held out"
    ]
    parts += [f"left out: {count} {why}" for why, count in examples.left_out.items()]
    say("; ".join(parts))
