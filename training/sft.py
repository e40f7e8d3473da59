"""Supervised fine-tuning: one loop for everything that is learnt from examples.

What is taught is a `Course`: it makes the batch of any step from the step's number alone and turns
a batch into a loss. So the data of a step do not depend on how many workers made them or on
whether the run was interrupted: `train` on the same folder goes on where its last checkpoint is.
"""

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from vigorl.browser.errors import StorageFault, UsageError

Batch = TypeVar("Batch")


class Course(Protocol[Batch]):
    """What is taught: batches by number, and how well they are known."""

    def batch(self, step: int) -> Batch:
        """The batch of a step, from its number alone; called in worker processes."""
        ...

    def to(self, batch: Batch, device: torch.device) -> Batch:
        """The same batch on another device."""
        ...

    def losses(self, module: nn.Module, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """`loss`, which is minimised, and whatever else is worth noting, all scalars."""
        ...


@dataclass(frozen=True)
class SftConfig:
    """How a course is taught."""

    steps: int = 1000
    """Updates in all."""
    learning_rate: float = 1e-3
    """Of AdamW, after the warm-up."""
    final_learning_rate: float = 0.05
    """What is left of it at the end of the cosine, as a share."""
    warmup_steps: int = 100
    weight_decay: float = 0.02
    gradient_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    seed: int = 0
    """Of what losses draw at random; each step draws from it and from its own number."""
    workers: int = 2
    """Processes that make batches."""
    device: str = "auto"
    """'cuda', 'cpu', or whichever is there."""
    checkpoint_every_s: float = 120.0
    """Seconds between checkpoints."""
    log_every: int = 25
    """Steps between lines of metrics.jsonl."""
    seconds: float = math.inf
    """Wall clock for it all: the rate falls as if so much of the steps were taken as of this."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.workers < 0 or self.learning_rate <= 0 or self.log_every < 1:
            raise UsageError("steps, learning_rate and log_every are above 0, workers at least 0")


class _Steps(Dataset[Any]):
    """The batches of a course as a dataset, so that worker processes can make them."""

    def __init__(self, course: Course[Any], steps: range) -> None:
        self._course = course
        self._steps = steps

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, index: int) -> Any:
        return self._course.batch(self._steps[index])


@dataclass
class _Meter:
    """Means of what was noted since the last line."""

    sums: dict[str, Tensor | float]
    count: int = 0

    def note(self, values: Mapping[str, Tensor]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.detach()
        self.count += 1

    def take(self) -> dict[str, float]:
        means = {name: round(float(total) / self.count, 4) for name, total in self.sums.items()}
        self.sums, self.count = {}, 0
        return means


def train(
    course: Course[Any],
    module: nn.Module,
    config: SftConfig,
    folder: Path,
    *,
    save: Callable[[], None] | None = None,
    evaluate: Callable[[int], Mapping[str, float]] | None = None,
    evaluate_every: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> int:
    """Teach a course; go on where `folder` says that it was interrupted.

    Args:
        course: What to teach.
        module: All weights that learn; changed in place.
        config: How.
        folder: Gets config.json, metrics.jsonl and state.pt.
        save: Writes a checkpoint to play with; called with each state, and at the end.
        evaluate: Measures at a step; what it says goes into metrics.jsonl.
        evaluate_every: Steps between two measurements; 0: none.
        say: Told every line of metrics, for a person.

    Returns:
        The number of steps taken in all.

    Raises:
        StorageFault: the folder cannot be written; what was saved before is whole.
        UsageError: the folder holds another run.
    """
    device = _device(config.device)
    module.to(device).train()
    groups = weight_groups(module, config.weight_decay)
    fused = {"fused": True} if device.type == "cuda" else {}
    optimizer = torch.optim.AdamW(
        groups,
        lr=config.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=config.weight_decay,
        **fused,
    )
    folder.mkdir(parents=True, exist_ok=True)
    log = _Log(folder, config, say)
    begin = _restore(folder, module, optimizer, device)
    loader: DataLoader[Any] = DataLoader(
        _Steps(course, range(begin, config.steps)),
        batch_size=None,
        num_workers=config.workers,
        prefetch_factor=3 if config.workers else None,
        pin_memory=False,
        multiprocessing_context="fork" if config.workers else None,
        worker_init_fn=_one_thread,
    )
    meter: _Meter = _Meter({})
    began_s = saved_s = time.monotonic()
    taken = begin
    try:
        for step, batch in enumerate(loader, begin + 1):
            elapsed_s = time.monotonic() - began_s
            torch.manual_seed(config.seed * 1_000_003 + step)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config, elapsed_s)
            on_device = course.to(batch, device)
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                losses = course.losses(module, on_device, step)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(losses["loss"])
            norm = nn.utils.clip_grad_norm_(module.parameters(), config.gradient_norm)
            if not torch.isfinite(norm):
                log.line(step, {"skipped": 1.0, "norm": float(norm)}, began_s)
                continue
            optimizer.step()
            taken = step
            meter.note({**losses, "norm": norm})
            if step % config.log_every == 0 or step == config.steps:
                log.line(step, meter.take(), began_s)
            if evaluate and evaluate_every and step % evaluate_every == 0:
                log.line(step, evaluate(step), began_s)
                module.train()
            if time.monotonic() - saved_s > config.checkpoint_every_s:
                _checkpoint(folder, module, optimizer, step, save)
                saved_s = time.monotonic()
            if elapsed_s > config.seconds:
                break
    except KeyboardInterrupt:
        _checkpoint(folder, module, optimizer, taken, save)
        raise
    if meter.count:
        log.line(taken, meter.take(), began_s)
    if evaluate:
        log.line(taken, evaluate(taken), began_s)
    _checkpoint(folder, module, optimizer, taken, save)
    return taken


def learning_rate(step: int, config: SftConfig, elapsed_s: float = 0.0) -> float:
    """The rate of a step, by its number or, where that is further, by the clock."""
    return config.learning_rate * share_of_rate(
        step,
        config.steps,
        config.warmup_steps,
        config.final_learning_rate,
        elapsed_s / config.seconds,
    )


def share_of_rate(
    step: int, steps: int, warmup_steps: int, final: float, through_clock: float = 0.0
) -> float:
    """Linear warm-up, then a cosine from 1 down to a final share; steps count from 1."""
    if step <= warmup_steps:
        return step / warmup_steps
    through = (step - warmup_steps) / max(1, steps - warmup_steps)
    through = min(1.0, max(through, through_clock))
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * through))


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def weight_groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """The weights that learn, by decay; vectors (norms, biases) are not decayed."""
    groups: dict[float, dict[str, Any]] = {}
    for weight in module.parameters():
        decay = weight_decay if weight.dim() > 1 else 0.0
        if weight.requires_grad:
            groups.setdefault(decay, {"params": [], "weight_decay": decay})["params"].append(weight)
    return list(groups.values())


def _one_thread(worker: int) -> None:
    """Workers share the machine; each computes on one core."""
    torch.set_num_threads(1)


class _Log:
    """metrics.jsonl, a line at a time."""

    def __init__(self, folder: Path, config: SftConfig, say: Callable[[str], None]) -> None:
        self._path = folder / "metrics.jsonl"
        self._say = say
        about = json.dumps(asdict(config), indent=1, default=str)
        _write(folder / "config.json", about.encode())

    def line(self, step: int, values: Mapping[str, float], began_s: float) -> None:
        row = {"step": step, "s": round(time.monotonic() - began_s, 1), **values}
        try:
            with self._path.open("a") as file:
                file.write(json.dumps(row) + "\n")
        except OSError as error:
            raise StorageFault(f"{self._path} cannot be written: {error}") from error
        self._say("  ".join(f"{name} {value:g}" for name, value in row.items()))


def _restore(
    folder: Path, module: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device
) -> int:
    path = folder / "state.pt"
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    try:
        module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"{folder} holds a run of another model ({reason}): choose another folder"
        ) from error
    return int(state["step"])


def _checkpoint(
    folder: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    save: Callable[[], None] | None,
) -> None:
    state = {"module": module.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    partial = folder / "state.pt.part"
    try:
        torch.save(state, partial)
        os.replace(partial, folder / "state.pt")
        if save is not None:
            save()
    except (OSError, RuntimeError) as error:
        raise StorageFault(
            f"the checkpoint cannot be written to {folder} ({error}); the one before is whole"
        ) from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StorageFault(f"{path} cannot be written: {error}") from error
