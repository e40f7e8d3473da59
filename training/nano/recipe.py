"""How nano is trained: the two routes, and what a laptop or a GPU can do of each.

Route 'reading' learns to act from readings of the screen and is the one that is shipped; route
'pixels' learns to read and to point from pixels alone.
"""

import math
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from transformers.utils.logging import disable_progress_bar

from vigorl.browser.errors import UsageError
from vigorl.tasks.world.lexicon import LANGUAGES, words_of
from vigorl.training.nano import architecture, reading_objective
from vigorl.training.nano.config import NanoConfig, Preset
from vigorl.training.nano.packed import AttentionTap
from vigorl.training.nano.pixels import PageSource, PixelNano, PixelObjective, Sketches, pointed
from vigorl.training.nano.shard_pages import shards_of
from vigorl.training.nano.sketch import Typefaces, WordSource
from vigorl.training.sft.loop import SftConfig, train


def train_nano(config: NanoConfig, out: Path, say: Callable[[str], None]) -> Path:
    """Train, go on where `out` was interrupted, and return the checkpoint's folder.

    The folder's name tells `--model` how the checkpoint is talked to.
    """
    disable_progress_bar()  # of every checkpoint that is written
    train = _train_pixels if config.route == "pixels" else _train_reading
    return train(config, out, say)


def _sft(config: NanoConfig, learning_rate: float) -> SftConfig:
    return SftConfig(
        steps=config.steps or _STEPS,
        learning_rate=learning_rate,
        seconds=math.inf if config.steps else 60 * config.minutes,
        seed=config.seed,
        workers=config.workers,
    )


def _compiled(config: NanoConfig, parts: Iterable[Any]) -> None:
    """Compile these parts of a network for a GPU; the first steps then take up to a minute."""
    if config.preset == "gpu" and torch.cuda.is_available():
        for part in parts:
            part.compile()


def take_over(module: nn.Module, checkpoint: Path, prefix: str = "") -> None:
    """Take over the weights of a checkpoint; a head that it lacks stays as it is.

    Raises:
        UsageError: it is no checkpoint of such a network.
    """
    try:
        weights = {
            prefix + name: weight.float()
            for name, weight in load_file(checkpoint / "model.safetensors").items()
        }
        head = checkpoint / _READING_HEAD
        if head.exists():
            weights |= {f"reading.{name}": part.float() for name, part in load_file(head).items()}
        loaded = module.load_state_dict(weights, strict=False)
    except (OSError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{checkpoint} is no checkpoint to go on from: {reason}") from error
    lacking = [name for name in loaded.missing_keys if not _OPTIONAL.search(name)]
    if other := [*loaded.unexpected_keys, *lacking]:
        raise UsageError(f"{checkpoint} is of another network, by its {other[0]}")


def _check_tokens(checkpoint: Path, data: Path) -> None:
    """Training rows are written in the tokens of their folder, which a checkpoint must know."""
    name = "tokenizer.json"
    try:
        same = (checkpoint / name).read_bytes() == (data / name).read_bytes()
    except OSError as error:
        raise UsageError(f"no tokenizer to compare with: {error}") from error
    if not same:
        raise UsageError(
            f"{checkpoint} knows other tokens than those of {data}: copy its {name} there"
        )


_STEPS = 1_000_000
"""More than the minutes allow: the rate falls with the clock."""

_OPTIONAL = re.compile(r"^reading\.|(^|\.)lm_head\.weight$")
"""Weights that a checkpoint may lack: the head that spells, and what is tied to the tokens."""

_READING_HEAD = "reading_head.safetensors"
"""Beside the weights of 'pixels': no part of the model, but training goes on with it."""

_SIZES: dict[Preset, architecture.PixelNanoSize] = {
    "cpu": architecture.PixelNanoSize(128, 4, 128, 6, (1,), 16),
    "gpu": architecture.PixelNanoSize(),
}
_TAPS: dict[Preset, tuple[AttentionTap, ...]] = {
    "cpu": (AttentionTap(3),),
    "gpu": (AttentionTap(3), AttentionTap(4)),
}


def _train_pixels(config: NanoConfig, out: Path, say: Callable[[str], None]) -> Path:
    model, vocabulary = architecture.build(_SIZES[config.preset], config.seed)
    module = PixelNano(model)
    if config.start is not None:
        take_over(module, config.start, "model.")
    _compiled(config, model.model.language_model.layers)
    _compiled(config, (block.mlp for block in model.model.visual.blocks))
    small = config.preset == "cpu"
    faces = Typefaces(config.fonts) if config.fonts else Typefaces.of_files(training_fonts())
    words = [
        word for language in LANGUAGES for word in words_of("train", language) if word.isalpha()
    ]
    sketches = Sketches(
        faces,
        WordSource(words),
        (("scattered", 8), ("panel", 0 if small else 2), ("dense", 2)),
        sizes_px=((256, 192),) if small else Sketches.sizes_px,
        count=16 if small else 64,
    )
    sources: list[tuple[PageSource, float]] = [(sketches, 1.0)]
    sources += [(shards_of([folder], cells=9000), 1 / len(config.world)) for folder in config.world]
    objective = PixelObjective(vocabulary, sources, _TAPS[config.preset], config.seed)

    unseen = [word for word in words_of("test", "en") if word.isalpha()]
    held_out = Sketches(
        faces,
        WordSource(unseen),
        (("scattered", 1),),
        sketches.sizes_px[:1],
        count=32,
        colourings=1,
    )
    questions = PixelObjective(vocabulary, [(held_out, 1.0)], seed=config.seed).batch(0)

    def evaluate(step: int) -> dict[str, float]:
        """Words of the test split, pointed at on pages like those of the training split."""
        module.eval()
        device = next(module.parameters()).device
        return {
            "pointed": float(pointed(module, questions.to(device), objective.scales).float().mean())
        }

    checkpoint = out / "nano-pixels"

    def publish(_: Path) -> None:
        architecture.save(model, vocabulary, checkpoint)
        head = {
            name: part.detach().to("cpu", torch.bfloat16)
            for name, part in module.reading.state_dict().items()
        }
        save_file(head, checkpoint / _READING_HEAD)

    train(
        objective,
        module,
        _sft(config, 1e-3),
        out,
        publish=publish,
        evaluate=evaluate,
        evaluate_every=500,
        say=say,
    )
    return checkpoint


def _train_reading(config: NanoConfig, out: Path, say: Callable[[str], None]) -> Path:
    small = config.preset == "cpu"
    data = config.data
    model = reading_objective.build(
        data, width=128 if small else 320, layers=4 if small else 8, seed=config.seed
    )
    if config.start is not None:
        _check_tokens(config.start, data)
        take_over(model, config.start)
    _compiled(config, model.model.layers)
    objective = reading_objective.ReadingObjective(data, lines=3 if small else 14, seed=config.seed)

    module: Any = model
    checkpoint = out / "nano"
    train(
        objective,
        module,
        _sft(config, 1.5e-3),
        out,
        publish=lambda _: reading_objective.save(model, data, checkpoint),
        say=say,
    )
    return checkpoint


def training_fonts() -> Sequence[Path]:
    """The files of the fonts of the world's training split that are installed.

    Raises:
        UsageError: there is none; says what to install.
    """
    from vigorl.tasks.world.fonts import fonts_of

    families = {font.family for font in fonts_of("train")}
    listing = subprocess.run(
        ["fc-list", ":", "family", "file"], capture_output=True, text=True, check=True
    ).stdout
    files = []
    for line in listing.splitlines():
        path, _, names = line.partition(": ")
        if {name.strip() for name in names.split(",")} & families:
            files.append(Path(path))
    return sorted(files)
