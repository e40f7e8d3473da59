"""Supervised fine-tuning: one loop for everything that is learnt from examples.

What is minimised is an `Objective`: it makes the batch of any step from the step's number
alone and turns a batch into a loss. So the data of a step do not depend on how many workers made
them or on whether the run was interrupted: `train` on the same folder resumes from its newest
checkpoint.

Several processes train as one where the objective gives each its share of every batch: losses are
shares of one sum, and gradients are summed (`vigorl.training.run.optimizer`).

A line of metrics.jsonl has `step`, `s` (seconds since the run was started or resumed) and either
means over the updates since the line before (`loss`, `norm` of the gradient before clipping and
whatever else the objective reports), or what was measured (`held_out`), or `skipped` and `norm`
where a gradient was not finite.
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

from vigorl.browser.errors import InfrastructureFault, PolicyFault, UsageError
from vigorl.browser.run_folder import Identity, disk, json_values
from vigorl.policy.local.engine import is_out_of_memory
from vigorl.training.run.interruption import stopping
from vigorl.training.run.ranks import Ranks
from vigorl.training.run.schedule import Schedule
from vigorl.training.run.trainer import ModuleWeights, Trainer, Weights
from vigorl.training.run.training_run import TrainingRun

Batch = TypeVar("Batch")


class Objective(Protocol[Batch]):
    """A training objective: batches by number, and their losses."""

    def batch(self, step: int) -> Batch:
        """The batch of a step, from its number alone; called in worker processes."""
        ...

    def to(self, batch: Batch, device: torch.device) -> Batch:
        """The same batch on another device."""
        ...

    def losses(self, module: nn.Module, batch: Batch, step: int) -> Iterator[Mapping[str, Tensor]]:
        """`loss` and whatever else is worth noting, all scalars, part by part.

        What is minimised, and what is logged, is the sum over the parts; of several processes,
        over the parts of all. One is forgotten before the next is computed, so that the largest of
        them has to fit into memory, not all.
        """
        ...

    def too_large(self, step: int) -> str:
        """What the batch of a step is made of, and how to make it smaller, for a message."""
        ...


@dataclass(frozen=True)
class SftConfig:
    """How an objective is minimised: steps, learning rate, checkpoints."""

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

    @property
    def schedule(self) -> Schedule:
        """The learning rate of every update."""
        return Schedule(
            self.learning_rate,
            self.steps,
            self.warmup_steps,
            self.final_learning_rate,
            self.seconds,
        )

    def __post_init__(self) -> None:
        if self.steps < 1 or self.workers < 0 or self.learning_rate <= 0 or self.log_every < 1:
            raise UsageError("steps, learning_rate and log_every are above 0, workers at least 0")


class _Steps(Dataset[Any]):
    """The batches of a objective as a dataset, so that worker processes can make them."""

    def __init__(self, objective: Objective[Any], steps: range) -> None:
        self._objective = objective
        self._steps = steps

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, index: int) -> Any:
        return self._objective.batch(self._steps[index])


def train(
    objective: Objective[Any],
    trained: nn.Module | Weights,
    config: SftConfig,
    folder: Path,
    *,
    publish: Callable[[Path], None] | None = None,
    evaluate: Callable[[int], Mapping[str, float]] | None = None,
    evaluate_every: int = 0,
    say: Callable[[str], None] = lambda line: None,
    identity: Identity | None = None,
    ranks: Ranks | None = None,
) -> int:
    """Minimise an objective; resume where `folder` holds an interrupted run.

    Args:
        objective: What to minimise; of several processes, each gives its own share of every batch.
        trained: What learns; changed in place. A module's weights are kept as such, unless told
            how to keep them.
        config: How.
        folder: Gets what every run has (`vigorl.training.run.training_run`).
        publish: Given the folder of each checkpoint when it is written, and at the end, to keep
            what it plays with elsewhere.
        evaluate: Measures at a step; what it returns goes into metrics.jsonl.
        evaluate_every: Steps between two measurements; 0: none.
        say: Told every line of metrics, for a person.
        identity: What config.json says, and what of it may not change; None: `config`, all of
            which may.
        ranks: The processes that train as one, where there are several: each calls this.

    Returns:
        The number of steps taken in all.

    Raises:
        StorageFault: the folder cannot be written; what was saved before is whole.
        PolicyFault: a batch does not fit into memory; what was learnt is saved.
        InfrastructureFault: a process that makes batches was killed; what was saved is whole.
        UsageError: the folder holds another run, or another process trains into it.
    """
    weights = _weights(trained, config)
    weights.module.train()
    identity = identity or _identity(config)
    decay, betas = config.weight_decay, (0.9, 0.95)
    trainer = Trainer(weights, config.schedule, weight_decay=decay, betas=betas, ranks=ranks)
    training = TrainingRun(folder, identity, trainer, ranks)
    with training.opened(), stopping() as is_stopped:
        run = _Run(objective, trainer, config, training, publish, _Log(training.log, say))
        try:
            for step, batch in enumerate(run.batches(), training.step + 1):
                run.step(step, batch)
                ends = run.is_last(is_stopped())
                if evaluate and evaluate_every and step % evaluate_every == 0:
                    run.log.line(step, evaluate(step))
                    weights.module.train()
                if ends:
                    break
        except (KeyboardInterrupt, InfrastructureFault):
            # Of several processes, the others are elsewhere: the last checkpoint remains.
            if training.ranks.count == 1:
                run.checkpoint()
            raise
        except (RuntimeError, ConnectionError, EOFError) as error:
            if isinstance(error, RuntimeError) and not str(error).startswith("DataLoader worker"):
                raise
            # The batch that it was handing over breaks off, or torch tells of it, wherever the
            # program is, in the middle of an update too: nothing is saved.
            _hear_no_more()
            raise InfrastructureFault(
                f"a process that makes batches was killed ({error}): is there memory enough? What "
                "was saved before is whole; run it again to go on, with fewer --workers"
            ) from error
        run.log.means(training.step)
        if evaluate:
            run.log.line(training.step, evaluate(training.step))
        run.checkpoint()
    return training.step


def _weights(trained: nn.Module | Weights, config: SftConfig) -> Weights:
    return (
        ModuleWeights(trained.to(_device(config.device)))
        if isinstance(trained, nn.Module)
        else trained
    )


def _identity(config: SftConfig) -> Identity:
    """The configuration, all of which may change."""
    values = json_values(asdict(config))
    return Identity("training", values, tuple(values))


@dataclass
class _Log:
    """Lines of metrics, and the means of what was noted since the last one."""

    log: Callable[[Mapping[str, float]], None]
    say: Callable[[str], None]
    sums: dict[str, float] = field(default_factory=dict)
    count: int = 0
    began_s: float = field(default_factory=time.monotonic)

    def line(self, step: int, values: Mapping[str, float]) -> None:
        row = {"step": step, "s": round(time.monotonic() - self.began_s, 1), **values}
        self.log(row)
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

    objective: Objective[Any]
    trainer: Trainer
    config: SftConfig
    training: TrainingRun
    publish: Callable[[Path], None] | None
    log: _Log
    saved_s: float = field(default_factory=time.monotonic)

    def batches(self) -> DataLoader[Any]:
        """Those of the steps that are still to be taken."""
        workers = self.config.workers
        return DataLoader(
            _Steps(self.objective, range(self.training.step, self.config.steps)),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=3 if workers else None,
            pin_memory=False,
            multiprocessing_context="fork" if workers else None,
            worker_init_fn=_one_thread,
        )

    def step(self, step: int, batch: Any) -> None:
        """Learn from one batch."""
        config, training = self.config, self.training
        torch.manual_seed(config.seed * 1_000_003 + step)
        self.trainer.begin(step, time.monotonic() - self.log.began_s)
        parts = self._parts(step, batch)
        made = self.trainer.optimizer.update(parts, config.gradient_norm)
        norm = {"norm": made.pop("norm")}
        if made.pop("skipped", 0.0):
            self.log.line(step, {"skipped": 1.0, **norm})
            return
        training.progress["step"] = step
        self.log.add(training.ranks.all_reduce(made) | norm)
        if step % config.log_every == 0 or step == config.steps:
            self.log.means(step)

    def _parts(self, step: int, batch: Any) -> Iterator[Mapping[str, Tensor]]:
        """Leave the gradients of all parts of a batch."""
        module = self.trainer.weights.module
        device = next(module.parameters()).device
        try:
            parts = iter(self.objective.losses(module, self.objective.to(batch, device), step))
            while True:
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                    part = next(parts, None)
                if part is None:
                    return
                torch.autograd.backward(part["loss"])
                yield {name: value.detach() for name, value in part.items()}
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            advice = self.objective.too_large(step)
            raise PolicyFault(f"no memory for step {step}: {advice}") from error

    def is_last(self, is_stopped: bool) -> bool:
        """Save where it is time to; whether this step is the last one, for all processes alike.

        Raises:
            KeyboardInterrupt: one of them was asked to stop.
        """
        now_s = time.monotonic()
        is_due = now_s - self.saved_s > self.config.checkpoint_every_s
        is_over = now_s - self.log.began_s > self.config.seconds
        asked = self.training.ranks.all_gather((is_stopped, is_due, is_over))
        is_stopped, is_due, is_over = map(any, zip(*asked, strict=True))
        if is_stopped or is_due:
            self.checkpoint()
            self.saved_s = time.monotonic()
        if is_stopped:
            raise KeyboardInterrupt
        return is_over

    def checkpoint(self) -> None:
        """Keep what was learnt: what the run resumes from, and what it is played with.

        Raises:
            StorageFault: the disk refuses; the checkpoint before is whole.
        """
        folder = self.training.save()
        if self.publish is not None and self.training.ranks.is_first:
            with disk(self.training.folder):
                self.publish(folder)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def _hear_no_more() -> None:
    """Torch would tell of the dead again, in the middle of whatever is done when a child ends."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _one_thread(worker: int) -> None:
    """Workers share the machine; each computes on one core."""
    torch.set_num_threads(1)
