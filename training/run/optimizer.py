"""AdamW with float32 master weights, divided among processes; and one update of it.

bfloat16 keeps 8 bits of a number, so that a step of less than about 0.2 % of a weight is lost in
rounding; steps at the rates of reinforcement learning are smaller. So weights of another format
have a master in float32: gradients are accumulated there, tree by tree, the step is made there, and
the weight is its rounding.

Master and moments are 12 of the 18 bytes that a weight takes in learning. Of several processes,
each has them for its own weights alone: gradients are added up at a weight's owner, the owner makes
the step, and the weight goes to all. What a checkpoint keeps is what one process would keep.

Source: masters arXiv 1710.03740, section 3.1; the division arXiv 1910.02054 (ZeRO, stage 1), by
whole weights.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from vigorl.training.run.ranks import Ranks

_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(slots=True)
class _Learnt:
    """One weight, and who learns it."""

    weight: nn.Parameter
    owner: int
    learner: nn.Parameter | None
    """The weight itself where it is float32, or its master; None for all but the owner."""
    gradient: Tensor | None = None
    """Gathered in float32, where the weight is not."""

    @property
    def has_master(self) -> bool:
        return self.weight.dtype != torch.float32


class MasterAdamW(torch.optim.AdamW):
    """AdamW on the weights themselves where they are float32, otherwise on their masters."""

    def __init__(
        self,
        groups: Sequence[dict[str, Any]],
        lr: float,
        ranks: Ranks | None = None,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        """Take over groups of weights as `torch.optim.AdamW` does.

        Args:
            groups: The same everywhere.
            lr: The learning rate.
            ranks: The processes among which the weights are dealt out; None: there is one.
            betas: Decay of the two moments.
        """
        self._ranks = ranks or Ranks()
        weights = [weight for group in groups for weight in group["params"]]
        owners = dealt([weight.numel() for weight in weights], self._ranks.count)
        self._all = [
            self._learnt(weight, owner) for weight, owner in zip(weights, owners, strict=True)
        ]
        rest = iter(self._all)
        own = [
            [each.learner for _ in group["params"] if (each := next(rest)).learner is not None]
            for group in groups
        ]
        super().__init__(
            [{**group, "params": params} for group, params in zip(groups, own, strict=True)],
            lr=lr,
            betas=betas,
            fused=all(weight.is_cuda for weight in weights),
        )

    def _learnt(self, weight: nn.Parameter, owner: int) -> _Learnt:
        if owner != self._ranks.number:
            return _Learnt(weight, owner, None)
        is_exact = weight.dtype == torch.float32
        learner = weight if is_exact else nn.Parameter(weight.detach().float())
        return _Learnt(weight, owner, learner)

    def update(
        self, parts: Iterable[Mapping[str, Tensor | float]], gradient_norm: float
    ) -> dict[str, float]:
        """One step on the sum of the gradients that parts leave, one after another.

        Nothing is changed where that sum is not finite (`skipped`). Of several processes, each
        computes its own parts, and all make the step on the sum of all.

        Args:
            parts: Each leaves gradients as it is iterated over, and yields what is to be logged.
            gradient_norm: Gradients are clipped to this norm.

        Returns:
            Sums of what this process's parts yield, and `norm` of the gradient before clipping.

        Raises:
            InfrastructureFault: another process is gone.
        """
        self.zero_grad(set_to_none=True)
        sums: dict[str, Tensor | float] = {}
        for part in parts:
            self.accumulate()
            for name, value in part.items():
                sums[name] = sums[name] + value if name in sums else value
        self.accumulate()  # what is left behind the last part
        norm = self.reduce(gradient_norm)
        if math.isfinite(norm):
            self.step()
        self.zero_grad(set_to_none=True)
        # A device is waited for where the norm is read, and not for every part.
        metrics = {name: float(value) for name, value in sums.items()} | {"norm": norm}
        return metrics if math.isfinite(norm) else metrics | {"skipped": 1.0}

    def accumulate(self) -> None:
        """Take over the gradients of the weights.

        After each backward pass, so that they are summed in float32.
        """
        for each in self._all:
            if not each.has_master or each.weight.grad is None:
                continue
            more = each.weight.grad.float()
            each.gradient = more if each.gradient is None else each.gradient.add_(more)
            each.weight.grad = None

    def reduce(self, most: float = math.inf) -> float:
        """Add up the gradients of all processes, and scale them down to a norm.

        Args:
            most: The norm.

        Returns:
            The norm of all of them together before they are scaled; not finite where one is not.

        Raises:
            InfrastructureFault: another process is gone.
        """
        known = self._ranks.all_gather([self._gradient(each) is not None for each in self._all])
        for each, *is_known in zip(self._all, *known, strict=True):
            if not any(is_known):
                continue
            gradient = self._gradient(each)
            if gradient is None:
                gradient = torch.zeros_like(each.weight, dtype=torch.float32)
            self._ranks.reduce(each.owner, gradient)
            each.weight.grad = each.gradient = None
            if each.learner is not None:
                each.learner.grad = gradient
        own = [weight for group in self.param_groups for weight in group["params"]]
        norm = get_total_norm([weight.grad for weight in own if weight.grad is not None])
        if self._ranks.count > 1:
            squares = self._ranks.all_reduce({"squares": float(norm) ** 2})
            norm = torch.tensor(squares["squares"] ** 0.5)
        clip_grads_with_norm_(own, most, norm.to(own[0].device) if own else norm)
        return float(norm)

    @staticmethod
    def _gradient(each: _Learnt) -> Tensor | None:
        return each.gradient if each.has_master else each.weight.grad

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Make a step with what has met, everywhere.

        Raises:
            InfrastructureFault: another process is gone.
        """
        super().step(closure)
        for each in self._all:
            if each.learner is not None and each.has_master:
                each.weight.copy_(each.learner)
            self._ranks.broadcast(each.owner, each.weight.data)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, also those that were not accumulated."""
        super().zero_grad(set_to_none)
        for each in self._all:
            each.weight.grad = each.gradient = None

    def state_dict(self) -> dict[str, Any]:
        """What `torch.optim.AdamW` would keep of all weights, and the masters, by weight.

        All processes have to call it; the first one is given it, the others nothing.

        Raises:
            InfrastructureFault: another process is gone.
        """
        settings = [
            {name: value for name, value in group.items() if name != "params"}
            for group in self.param_groups
        ]
        own = [self._own(each) for each in self._all]
        steps = self._ranks.all_gather([state.get("step") for state in own])
        found: dict[str, dict[int, Any]] = {"state": {}, "masters": {}}
        for index, (each, state) in enumerate(zip(self._all, own, strict=True)):
            if each.has_master:
                master = self._ranks.gather_to_first(each.owner, each.learner, each.weight)
                found["masters"][index] = None if master is None else master.detach()
            if (step := steps[each.owner][index]) is not None:
                moments = {
                    name: self._ranks.gather_to_first(each.owner, state.get(name), each.weight)
                    for name in _MOMENTS
                }
                found["state"][index] = {"step": step, **moments}
        return {**found, "param_groups": settings} if self._ranks.is_first else {}

    def _own(self, each: _Learnt) -> dict[str, Any]:
        """The state of a weight; empty for all but its owner, and before its first step."""
        return {} if each.learner is None else self.state.get(each.learner, {})

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from such a state, of however many processes; weights with masters are set."""
        for group, saved in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group.update({name: saved[name] for name in saved if name != "fused"})
        for index, each in enumerate(self._all):
            master = state_dict["masters"].get(index)
            if master is not None:
                each.weight.copy_(master)
            if each.learner is None:
                continue
            if master is not None:
                each.learner.copy_(master)
            if index in state_dict["state"]:
                saved = state_dict["state"][index]
                moments = {
                    name: saved[name].to(each.learner.device, copy=True) for name in _MOMENTS
                }
                # The fused kernel wants its count of steps where the weights are.
                place = each.learner.device if self.defaults["fused"] else "cpu"
                step = saved["step"].to(place, copy=True)
                self.state[each.learner] = {"step": step, **moments}


def dealt(sizes: Sequence[int], count: int) -> list[int]:
    """Who has which, so that all have about as much: the largest first, to who has least."""
    owners, loads = [0] * len(sizes), [0] * count
    for index in sorted(range(len(sizes)), key=lambda index: -sizes[index]):
        owners[index] = min(range(count), key=lambda owner: loads[owner])
        loads[owners[index]] += sizes[index]
    return owners


def weight_groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """The weights that are trained, by decay; vectors (norms, biases) are not decayed."""
    groups: dict[float, dict[str, Any]] = {}
    for weight in module.parameters():
        decay = weight_decay if weight.dim() > 1 else 0.0
        if weight.requires_grad:
            groups.setdefault(decay, {"params": [], "weight_decay": decay})["params"].append(weight)
    return list(groups.values())
