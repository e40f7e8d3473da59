"""Supervised fine-tuning of a checkpoint on examples: `vigorl-agent train sft`.

The same tokens, masks and trees as practice; what a batch is, and its loss:
`vigorl.training.sft.example_batches`.

::

    OUT/
        config.json     what was asked for, and the fingerprint of the data
        metrics.jsonl   `loss` and, at times, `held_out`: the same of examples never learnt from
        checkpoints/    the newest one, to resume from (`vigorl.training.run.training_run`)
        model/          the same model, plays as --model; adapters are added to its weights
        adapter/        the adapter alone, where one is trained, as peft writes it

Several processes fine-tune as one where a launcher starts them (`vigorl.training.run.ranks`): each
computes its share of every batch.
"""

import math
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from transformers.utils.logging import disable_progress_bar

from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import Identity, json_values, whole_folder
from vigorl.policy.backend import Hardware
from vigorl.training.data.examples import Examples, read_examples
from vigorl.training.run.base_model import base_model, family_of_model
from vigorl.training.run.network_weights import ADAPTER, NetworkWeights
from vigorl.training.run.ranks import Ranks
from vigorl.training.run.training_run import check_folder
from vigorl.training.sft.config import FineTuneConfig
from vigorl.training.sft.example_batches import BatchConfig, ExampleObjective
from vigorl.training.sft.loop import SftConfig, train


def fine_tune(
    config: FineTuneConfig, out: Path, say: Callable[[str], None], ranks: Ranks | None = None
) -> Path:
    """Fine-tune a checkpoint, or resume in `out`, and return the new checkpoint.

    Ctrl-C saves, and is raised again.

    Args:
        config: How.
        out: Gets everything that is written.
        say: Told every line of metrics, for a person.
        ranks: The processes that train as one, where there are several: each calls this.

    Raises:
        UsageError: the checkpoint, the data or the folder is not what it should be.
        PolicyFault: a batch does not fit into memory; what was learnt is saved.
        StorageFault: the disk refuses; what was saved before is whole.
    """
    disable_progress_bar()  # of every checkpoint that is written
    ranks = ranks or Ranks()
    say = say if ranks.is_first else _to_nobody
    weights = NetworkWeights(
        base_model(config.model),
        family_of_model(config.model, config.family),
        Hardware(device=config.device, dtype=config.dtype),
        lora_rank=config.lora_rank,
        adapter=config.adapter,
        rounds_base=config.quantization == "8bit",
        trains_vision=config.trains_vision,
        seed=config.seed,
    )
    network = weights.network
    shown = (config.chains, config.selection, config.tree_tokens, config.thoughts)
    everything = read_examples(config.data, network, *shown, skips_longer=config.skips_longer)
    learnt, held_out = everything.divided(config.held_out)
    if not learnt.examples:
        raise UsageError(
            f"all {len(everything.examples)} examples are held out: name more data, or --held-out 0"
        )
    identity = _identity(config, everything)
    check_folder(out, identity)
    _tell(everything, len(held_out.examples), say)
    batches = BatchConfig(
        config.epochs, config.batch, config.tree_tokens, config.gradient_checkpointing, config.seed
    )
    objective, measured = (
        ExampleObjective(network, part, batches, ranks) for part in (learnt, held_out)
    )
    steps = config.updates or objective.steps

    def evaluate(step: int) -> dict[str, float]:
        network.model.eval()
        return {"held_out": round(measured.mean_loss(), 4)}

    train(
        objective,
        weights,
        SftConfig(
            steps=steps,
            learning_rate=config.learning_rate,
            final_learning_rate=0.0,
            warmup_steps=math.ceil(config.warmup * steps),
            weight_decay=config.weight_decay,
            seed=config.seed,
            workers=0,
            checkpoint_every_s=config.checkpoint_every_s,
            log_every=max(1, min(25, steps // 20)),
            seconds=math.inf if config.minutes is None else 60 * config.minutes,
        ),
        out,
        publish=lambda checkpoint: _publish(checkpoint, out),
        evaluate=evaluate if held_out.examples else None,
        evaluate_every=config.evaluate_every,
        say=say,
        identity=identity,
        ranks=ranks,
    )
    return out / "model"


def _publish(checkpoint: Path, out: Path) -> None:
    """Replace the model that is played with; it is whole at any moment.

    Its files are those of the checkpoint, which are never written again: linked where the disk can.
    """
    for name in ("model", ADAPTER):
        if (checkpoint / name).is_dir():
            with whole_folder(out / name) as partial:
                shutil.copytree(
                    checkpoint / name, partial, copy_function=_linked, dirs_exist_ok=True
                )


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _identity(config: FineTuneConfig, examples: Examples) -> Identity:
    """What makes it this run."""
    known = {**asdict(config), "examples": len(examples.examples), "data_is": examples.fingerprint}
    may_change = ("evaluate_every", "checkpoint_every_s", "device", "gradient_checkpointing")
    return Identity("training", json_values(known), may_change, "data_is")


def _to_nobody(line: str) -> None:
    """Of several processes, the first one alone tells what it does."""


def _tell(examples: Examples, held_out: int, say: Callable[[str], None]) -> None:
    tokens = sum(example.tokens for example in examples.examples)
    parts = [
        f"{len(examples.examples)} examples with {tokens} tokens to learn, {held_out} held out"
    ]
    parts += [f"left out: {count} {why}" for why, count in examples.left_out.items()]
    say("; ".join(parts))
