"""Several processes that learn as one, each on a device of its own.

Each holds the whole network, plays its share of a batch and computes its share of the gradient.
The optimizer, the largest part of what learning keeps in memory, is divided: a weight's sums of
gradients meet at one process, which makes the step and spreads the weight
(`vigorl.training.run.optimizer`). So all stay equal; nothing is exchanged while they play. The
first one writes.

A launcher starts them and says in the environment who is who (`RANK`, `WORLD_SIZE`, `LOCAL_RANK`),
as `torchrun` and `accelerate launch` do::

    torchrun --nproc-per-node 4 --no-python vigorl-agent train grpo --out runs/practice …
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from vigorl.browser.errors import InfrastructureFault, UsageError

T = TypeVar("T")

LONGEST_WAIT = timedelta(hours=1)
"""For the slowest process, which may be waiting for its pages."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which process this is, and of how many; the default is one that is alone."""

    number: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes."""
        return self.number == 0

    def share(self, numbers: range) -> range:
        """This process's part of them; the parts follow each other and differ by one at most."""
        first = len(numbers) * self.number // self.count
        end = len(numbers) * (self.number + 1) // self.count
        return numbers[first:end]

    def all_gather(self, value: T) -> list[T]:
        """What every process has to say, in their order; each waits for all.

        Raises:
            InfrastructureFault: another one is gone.
        """
        if self.count == 1:
            return [value]
        everywhere: list[T | None] = [None] * self.count
        with _others():
            dist.all_gather_object(everywhere, value)
        return everywhere  # type: ignore[return-value]

    def all_reduce(self, values: Mapping[str, float]) -> dict[str, float]:
        """The sums over all processes, of whatever any of them has.

        Raises:
            InfrastructureFault: another one is gone.
        """
        everywhere = self.all_gather(dict(values))
        names = dict.fromkeys(name for values in everywhere for name in values)
        return {name: sum(values.get(name, 0) for values in everywhere) for name in names}

    def reduce(self, owner: int, tensor: Tensor) -> None:
        """Add the tensors of all processes up, into the owner's; those of the others are spent.

        Raises:
            InfrastructureFault: another one is gone.
        """
        if self.count > 1:
            with _others():
                dist.reduce(tensor, dst=owner)

    def broadcast(self, owner: int, tensor: Tensor) -> None:
        """Make the tensor everywhere what it is at its owner.

        Raises:
            InfrastructureFault: another one is gone.
        """
        if self.count > 1:
            with _others():
                dist.broadcast(tensor, src=owner)

    def gather_to_first(self, owner: int, tensor: Tensor | None, like: Tensor) -> Tensor | None:
        """What the owner has, for the first process; None for the others.

        What the first process does not have itself comes to its CPU.

        Args:
            owner: Who has it.
            tensor: It, float32; None for all but the owner.
            like: Something of its shape, for those who have to make room.

        Raises:
            InfrastructureFault: another one is gone.
        """
        if owner == 0:
            return tensor if self.is_first else None
        with _others():
            if self.number == owner and tensor is not None:
                dist.send(tensor.detach().cpu().contiguous(), dst=0)
            elif self.is_first:
                room = torch.empty(like.shape, dtype=torch.float32)
                dist.recv(room, src=owner)
                return room
        return None


def launched() -> Ranks:
    """Who this process is, as a launcher says in the environment; alone where there is none."""
    return Ranks(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))


@contextmanager
def open_ranks() -> Iterator[Ranks]:
    """The processes that a launcher has started, connected; one alone where there is no launcher.

    Raises:
        UsageError: the environment of a launcher is incomplete.
        InfrastructureFault: the others do not come.
    """
    count = launched().count
    if count == 1:
        yield Ranks()
        return
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise UsageError(
            f"WORLD_SIZE is {count}, and {', '.join(missing)} not set: start with torchrun or "
            "accelerate launch, or unset WORLD_SIZE to learn in one process"
        )
    # What imports it later, as optimizers do, keeps the connection from being closed in the end,
    # and a thread of it then aborts one program in ten as it exits.
    import torch._dynamo

    # Counts go between CPUs in any case.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with _others():
        dist.init_process_group(backend, timeout=LONGEST_WAIT)
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


@contextmanager
def _others() -> Iterator[None]:
    """Say who is missing where processes cannot reach each other."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise InfrastructureFault(
            f"the processes that learn together lost each other ({error}): what was saved is "
            "whole; start them again to go on"
        ) from error
