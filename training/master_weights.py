"""AdamW that learns in float32 whatever the network computes in.

bfloat16 keeps 8 bits of a number, so that a step of less than about 0.2 % of a weight is lost in
rounding; steps at the rates of reinforcement learning are smaller. So weights of another format
have a master in float32: gradients are gathered there, tree by tree, the step is made there, and
the weight is its rounding.

Source: arXiv 1710.03740, section 3.1.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


class MasterAdamW(torch.optim.AdamW):
    """AdamW on the weights themselves where they are float32, otherwise on their masters."""

    def __init__(self, groups: Sequence[dict[str, Any]], lr: float) -> None:
        """Take over groups of weights as `torch.optim.AdamW` does."""
        self._pairs: list[tuple[nn.Parameter, nn.Parameter]] = []
        """Weights that are not float32, and their masters."""
        super().__init__(
            [
                {**group, "params": [self._learner(each) for each in group["params"]]}
                for group in groups
            ],
            lr=lr,
        )

    def _learner(self, weight: nn.Parameter) -> nn.Parameter:
        if weight.dtype == torch.float32:
            return weight
        master = nn.Parameter(weight.detach().float())
        self._pairs.append((weight, master))
        return master

    def gather(self) -> None:
        """Add the gradients of the weights to those of their masters.

        After each backward pass, so that they are summed up in float32.
        """
        for weight, master in self._pairs:
            if weight.grad is None:
                continue
            gradient = weight.grad.float()
            master.grad = gradient if master.grad is None else master.grad.add_(gradient)
            weight.grad = None

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Make a step with what was gathered."""
        super().step(closure)
        for weight, master in self._pairs:
            weight.copy_(master)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, also those that were not gathered."""
        super().zero_grad(set_to_none)
        for weight, _ in self._pairs:
            weight.grad = None

    def state_dict(self) -> dict[str, Any]:
        """What `torch.optim.AdamW` keeps, and the masters."""
        masters: list[Tensor] = [master.detach() for _, master in self._pairs]
        return {**super().state_dict(), "masters": masters}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from such a state; the weights are set as well, where they have masters."""
        super().load_state_dict(state_dict)
        with torch.no_grad():
            for (weight, master), saved in zip(self._pairs, state_dict["masters"], strict=True):
                master.copy_(saved)
                weight.copy_(master)
