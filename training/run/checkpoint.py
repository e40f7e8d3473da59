"""state.pt: what a training goes on from, weights and optimizer, written whole or not at all."""

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from vigorl.browser.errors import UsageError


def write_state(
    folder: Path, module: nn.Module, optimizer: torch.optim.Optimizer, step: int
) -> None:
    """Keep the weights that learn, and what the optimizer knows.

    Raises:
        OSError, RuntimeError: the disk refuses; the state before is whole.
    """
    state = {"module": _learnt(module), "optimizer": optimizer.state_dict(), "step": step}
    partial = folder / "state.pt.part"
    torch.save(state, partial)
    os.replace(partial, folder / "state.pt")


def read_state(folder: Path, module: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Take over the state of a folder; the number of its step, 0 where there is none.

    Raises:
        UsageError: it is of another model.
    """
    path = folder / "state.pt"
    if not path.exists():
        return 0
    device = next(module.parameters()).device
    state = torch.load(path, map_location=device, weights_only=True)
    try:
        if differing := state["module"].keys() ^ _learnt(module).keys():
            raise ValueError(f"by its {min(differing)}")
        module.load_state_dict(state["module"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"{folder} holds a run of another model ({reason}): choose another folder"
        ) from error
    return int(state["step"])


def _learnt(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module without the weights that do not learn."""
    frozen = {name for name, weight in module.named_parameters() if not weight.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in frozen}
