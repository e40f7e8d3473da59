"""What every training does with its weights: update, schedule, save, resume; of SFT and of GRPO."""

from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vigorl.browser.errors import UsageError
from vigorl.training.run.optimizer import MasterAdamW, weight_groups
from vigorl.training.run.ranks import Ranks
from vigorl.training.run.schedule import Schedule

_OPTIMIZER = "optimizer.pt"
_WEIGHTS = "weights.pt"


class Weights(Protocol):
    """Weights that are trained, and how a checkpoint keeps them."""

    @property
    def module(self) -> nn.Module:
        """Those of its weights that need gradients are trained."""
        ...

    def save(self, folder: Path) -> None:
        """Write them into a checkpoint.

        Raises:
            OSError: the disk refuses.
        """
        ...

    def load(self, folder: Path) -> None:
        """Take them over from a checkpoint.

        Raises:
            UsageError, RuntimeError, ValueError: they are of another model.
        """
        ...


class Trainer:
    """Weights, their optimizer (float32 masters, divided among processes) and its schedule."""

    def __init__(
        self,
        weights: Weights,
        schedule: Schedule,
        *,
        weight_decay: float,
        betas: tuple[float, float] = (0.9, 0.999),
        ranks: Ranks | None = None,
    ) -> None:
        self.weights = weights
        self.schedule = schedule
        self._ranks = ranks or Ranks()
        groups = weight_groups(weights.module, weight_decay)
        self.optimizer = MasterAdamW(groups, schedule.learning_rate, self._ranks, betas)

    def begin(self, step: int, elapsed_s: float = 0.0) -> float:
        """Set the learning rate of an update, counted from 1; returns it."""
        rate = self.schedule.rate(step, elapsed_s)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def save(self, folder: Path) -> None:
        """Write weights and optimizer; of several processes all call it, and the first one writes.

        Raises:
            OSError: the disk refuses.
            InfrastructureFault: another process is gone.
        """
        state = self.optimizer.state_dict()
        if self._ranks.is_first:
            self.weights.save(folder)
            write_tensors(folder / _OPTIMIZER, state)

    def load(self, folder: Path) -> None:
        """Resume from what was saved, by however many processes.

        Raises:
            UsageError: it is of another model.
        """
        # Mapped: each process reads its share alone.
        saved = torch.load(folder / _OPTIMIZER, map_location="cpu", mmap=True, weights_only=True)
        try:
            self.weights.load(folder)
            self.optimizer.load_state_dict(saved)
        except (RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise UsageError(
                f"{folder} is a checkpoint of another model ({reason}): choose another folder"
            ) from error


class ModuleWeights:
    """The trained weights of any module, in a file of their own."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def save(self, folder: Path) -> None:
        """Write those that are trained, and buffers."""
        write_tensors(folder / _WEIGHTS, self._trained())

    def load(self, folder: Path) -> None:
        """Take them over.

        Raises:
            ValueError, RuntimeError: they are of another module.
        """
        device = next(self.module.parameters()).device
        saved = torch.load(folder / _WEIGHTS, map_location=device, weights_only=True)
        if differing := saved.keys() ^ self._trained().keys():
            raise ValueError(f"by its {min(differing)}")
        self.module.load_state_dict(saved, strict=False)

    def _trained(self) -> dict[str, Tensor]:
        weights, state = self.module.named_parameters(), self.module.state_dict()
        frozen = {name for name, weight in weights if not weight.requires_grad}
        return {name: value for name, value in state.items() if name not in frozen}


def write_tensors(path: Path, tensors: Any) -> None:
    """Write a file of tensors.

    Raises:
        OSError: the disk refuses.
    """
    try:
        torch.save(tensors, path)
    except RuntimeError as error:  # as which torch tells of a full disk
        raise OSError(f"{path.name}: {error}") from error
