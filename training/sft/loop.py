"""Supervised fine-tuning: one loop for everything that is learnt from examples.

What is taught is a `Course`: it makes the batch of any step from the step's number alone and turns
a batch into a loss. So the data of a step do not depend on how many workers made them or on
whether the run was interrupted: `train` on the same folder goes on where its last checkpoint is.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from vigorl.browser.errors import InfrastructureFault, PolicyFault, StorageFault, UsageError
from vigorl.policy.local.engine import is_out_of_memory
from vigorl.training.run.checkpoint import read_state, write_state
from vigorl.training.run.interruption import stopping
from vigorl.training.run.metrics import metrics_of, write_config

Batch = TypeVar("Batch")


class Course(Protocol[Batch]):
    """What is taught: batches by number, and how well they are known."""

    def batch(self, step: int) -> Batch:
        """The batch of a step, from its number alone; called in worker processes."""
        ...

    def to(self, batch: Batch, device: torch.device) -> Batch:
        """The same batch on another device."""
        ...

    def losses(self, module: nn.Module, batch: Batch, step: int) -> Iterator[Mapping[str, Tensor]]:
        """`loss` and whatever else is worth noting, all scalars, part by part.

        What is minimised, and what is noted, is the sum over the parts. One is forgotten before
        the next is computed, so that the largest of them has to fit into memory, not all.
        """
        ...

    def too_large(self, step: int) -> str:
        """What the batch of a step is made of, and how to make it smaller, for a message."""
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
    about: Mapping[str, Any] | None = None,
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
        about: What config.json says; None: `config`.

    Returns:
        The number of steps taken in all.

    Raises:
        StorageFault: the folder cannot be written; what was saved before is whole.
        PolicyFault: a batch does not fit into memory; what was learnt is saved.
        InfrastructureFault: a process that makes lessons was killed; what was saved is whole.
        UsageError: the folder holds another run, or another process trains into it.
    """
    device = _device(config.device)
    module.to(device).train()
    optimizer = _optimizer(module, config, device)
    taken = read_state(folder, module, optimizer)
    with metrics_of(folder, taken) as note, stopping() as is_stopped:
        write_config(folder, asdict(config) if about is None else about)
        log = _Log(note, say)
        run = _Run(course, module, optimizer, config, folder, save, log, taken)
        try:
            for step, batch in enumerate(run.batches(), taken + 1):
                run.step(step, batch)
                if is_stopped():
                    raise KeyboardInterrupt
                if evaluate and evaluate_every and step % evaluate_every == 0:
                    log.line(step, evaluate(step))
                    module.train()
                if run.is_over():
                    break
        except (KeyboardInterrupt, InfrastructureFault):
            run.checkpoint()
            raise
        except (RuntimeError, ConnectionError, EOFError) as error:
            if isinstance(error, RuntimeError) and not str(error).startswith("DataLoader worker"):
                raise
            # The batch that it was handing over breaks off, or torch tells of it, wherever the
            # program is, in the middle of an update too: nothing is saved.
            _hear_no_more()
            raise InfrastructureFault(
                f"a process that makes lessons was killed ({error}): is there memory enough? What "
                "was saved before is whole; run it again to go on, with fewer --workers"
            ) from error
        log.means(run.taken)
        if evaluate:
            log.line(run.taken, evaluate(run.taken))
        run.checkpoint()
    return run.taken


@dataclass
class _Log:
    """Lines of metrics, and the means of what was noted since the last one."""

    note: Callable[[Mapping[str, float]], None]
    say: Callable[[str], None]
    sums: dict[str, float] = field(default_factory=dict)
    count: int = 0
    began_s: float = field(default_factory=time.monotonic)

    def line(self, step: int, values: Mapping[str, float]) -> None:
        row = {"step": step, "s": round(time.monotonic() - self.began_s, 1), **values}
        self.note(row)
        self.say("  ".join(f"{name} {value:g}" for name, value in row.items()))

    def add(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.count += 1

    def means(self, step: int) -> None:
        """A line of what was added since the last one, if anything was."""
        if self.count:
            self.line(step, {name: round(s / self.count, 4) for name, s in self.sums.items()})
        self.sums, self.count = {}, 0


@dataclass
class _Run:
    """One training under way."""

    course: Course[Any]
    module: nn.Module
    optimizer: torch.optim.Optimizer
    config: SftConfig
    folder: Path
    save: Callable[[], None] | None
    log: _Log
    taken: int
    """Steps."""
    saved_s: float = field(default_factory=time.monotonic)

    def batches(self) -> DataLoader[Any]:
        """Those of the steps that are still to be taken."""
        workers = self.config.workers
        return DataLoader(
            _Steps(self.course, range(self.taken, self.config.steps)),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=3 if workers else None,
            pin_memory=False,
            multiprocessing_context="fork" if workers else None,
            worker_init_fn=_one_thread,
        )

    def step(self, step: int, batch: Any) -> None:
        """Learn from one batch."""
        config = self.config
        torch.manual_seed(config.seed * 1_000_003 + step)
        rate = learning_rate(step, config, time.monotonic() - self.log.began_s)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        parts = self._gradients(step, batch)
        parts["norm"] = nn.utils.clip_grad_norm_(self.module.parameters(), config.gradient_norm)
        # The device is waited for here alone: not again behind the optimizer's step.
        noted = {name: float(value) for name, value in parts.items()}
        if not math.isfinite(noted["norm"]):
            self.log.line(step, {"skipped": 1.0, "norm": noted["norm"]})
            return
        self.optimizer.step()
        self.taken = step
        self.log.add(noted)
        if step % config.log_every == 0 or step == config.steps:
            self.log.means(step)
        if time.monotonic() - self.saved_s > config.checkpoint_every_s:
            self.checkpoint()
            self.saved_s = time.monotonic()

    def _gradients(self, step: int, batch: Any) -> dict[str, Tensor]:
        """Add the gradients of all parts of a batch; the sums of what was noted."""
        device = next(self.module.parameters()).device
        sums: dict[str, Tensor] = {}
        try:
            parts = iter(self.course.losses(self.module, self.course.to(batch, device), step))
            while True:
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                    part = next(parts, None)
                if part is None:
                    return sums
                torch.autograd.backward(part["loss"])
                for name, value in part.items():
                    sums[name] = sums.get(name, value.new_zeros(())) + value.detach()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            advice = self.course.too_large(step)
            raise PolicyFault(f"no memory for step {step}: {advice}") from error

    def is_over(self) -> bool:
        """Whether the time is."""
        return time.monotonic() - self.log.began_s > self.config.seconds

    def checkpoint(self) -> None:
        """Keep what was learnt: the state to go on from, and what it is played with.

        Raises:
            StorageFault: the disk refuses; the state before is whole.
        """
        try:
            write_state(self.folder, self.module, self.optimizer, self.taken)
            if self.save is not None:
                self.save()
        except (OSError, RuntimeError) as error:
            raise StorageFault(
                f"the checkpoint cannot be written to {self.folder} ({error}); the one before is "
                "whole"
            ) from error


def _optimizer(module: nn.Module, config: SftConfig, device: torch.device) -> torch.optim.Optimizer:
    fused = {"fused": True} if device.type == "cuda" else {}
    return torch.optim.AdamW(
        weight_groups(module, config.weight_decay),
        lr=config.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=config.weight_decay,
        **fused,
    )


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


def _hear_no_more() -> None:
    """Torch would tell of the dead again, in the middle of whatever is done when a child ends."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _one_thread(worker: int) -> None:
    """Workers share the machine; each computes on one core."""
    torch.set_num_threads(1)
