"""Adapters learnt beside weights of 8 bits, on a CPU that multiplies whole numbers.

The weights under the adapters are rounded to 8 bits, each output on a scale of its own, and so are
activations, each token on its own. Backwards, the gradient of each token is rounded too. What an
adapter computes and how it learns is float32. With VNNI instructions a product of whole numbers
takes a quarter of the time of one in float32; without, rows are rounded to 7 bits, as they are
where it plays, and it takes two thirds. What is played with later may be rounded as well, and is
learnt for that.

Source: 8-bit forwards and backwards with exact gradients of what is learnt, arXiv 2304.13013.

Axes: T tokens, D inputs, O outputs, R rank.
"""

from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn

from vigorl.policy.local.eight_bits import HAS_VNNI, EightBitMatrix, rounded


class _WholeNumbers:
    """Weights of 8 bits for processors with VNNI instructions; others take very long for it."""

    def __init__(self, rounded_O_D: Tensor, scales_O: Tensor) -> None:
        self._rounded_O_D, self._scales_O = rounded_O_D, scales_O

    def forwards(self, x_T_D: Tensor) -> Tensor:
        """Rows times the weights, x W', [T, O]."""
        return self._product(x_T_D, self._rounded_O_D.t()).mul_(self._scales_O)

    def backwards(self, gradient_T_O: Tensor) -> Tensor:
        """Their gradient, g W, [T, D]."""
        return self._product(gradient_T_O * self._scales_O, self._rounded_O_D)

    def _product(self, rows: Tensor, matrix: Tensor) -> Tensor:
        # In place: making room for another result takes longer than computing it.
        rounded_rows, scales = rounded(rows)
        return torch._int_mm(rounded_rows, matrix).float().mul_(scales)


class _Packed:
    """The same for other processors: laid out for each direction as their instructions want it."""

    def __init__(self, rounded_O_D: Tensor, scales_O: Tensor) -> None:
        self._scales_O = scales_O
        self._forwards = EightBitMatrix(rounded_O_D, scales_O)
        turned_D_O = rounded_O_D.t().contiguous()
        self._backwards = EightBitMatrix(turned_D_O, torch.ones(len(turned_D_O)))

    def forwards(self, x_T_D: Tensor) -> Tensor:
        """Rows times the weights, x W', [T, O]."""
        return self._forwards.times(x_T_D)

    def backwards(self, gradient_T_O: Tensor) -> Tensor:
        """Their gradient, g W, [T, D]."""
        return self._backwards.times(gradient_T_O * self._scales_O)


class _Product(torch.autograd.Function):
    """x W' + s (x A') B' with W in 8 bits; gradients of x, A and B."""

    @staticmethod
    def forward(
        context: Any,
        x_T_D: Tensor,
        a_R_D: Tensor,
        b_O_R: Tensor,
        weight: _WholeNumbers | _Packed,
        scaling: float,
    ) -> Tensor:
        low_T_R = (x_T_D @ a_R_D.t()).mul_(scaling)
        context.save_for_backward(x_T_D, a_R_D, b_O_R, low_T_R)
        context.weight, context.scaling = weight, scaling
        return weight.forwards(x_T_D).addmm_(low_T_R, b_O_R.t())

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Any:
        (gradient_T_O,) = gradients
        x_T_D, a_R_D, b_O_R, low_T_R = context.saved_tensors
        low_gradient_T_R = (gradient_T_O @ b_O_R).mul_(context.scaling)
        of_x_T_D = None
        if context.needs_input_grad[0]:
            of_x_T_D = context.weight.backwards(gradient_T_O).addmm_(low_gradient_T_R, a_R_D)
        of_a_R_D = low_gradient_T_R.t() @ x_T_D
        of_b_O_R = gradient_T_O.t() @ low_T_R
        return of_x_T_D, of_a_R_D, of_b_O_R, None, None


class EightBitLora(LoraLinear):  # type: ignore[misc]
    """peft's layer with its weights in 8 bits; made of one in place."""

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The product with weights and adapter."""
        (name,) = self.active_adapters
        a_R_D, b_O_R = self.lora_A[name].weight, self.lora_B[name].weight
        scaling = 0.0 if self.disable_adapters else float(self.scaling[name])
        rows = x.reshape(-1, x.shape[-1])
        out: Tensor = _Product.apply(  # type: ignore[no-untyped-call]
            rows, a_R_D, b_O_R, self.in_8_bits, scaling
        )
        bias = self.base_layer.bias
        return (out if bias is None else out + bias).reshape(*x.shape[:-1], -1)


def round_base(model: nn.Module, *, packed: bool | None = None) -> None:
    """Put all layers that have adapters into 8 bits, in place.

    Their own weights are kept beside, to be saved with what the adapters add.

    Args:
        model: Whose layers; on the CPU.
        packed: Whether for processors without VNNI instructions; None: as this one is.
    """
    kind = _WholeNumbers if HAS_VNNI else _Packed
    if packed is not None:
        kind = _Packed if packed else _WholeNumbers
    for layer in model.modules():
        if isinstance(layer, LoraLinear):
            rounded_O_D, scales_O_1 = rounded(layer.base_layer.weight.detach().float())
            layer.in_8_bits = kind(rounded_O_D, scales_O_1[:, 0])
            layer.__class__ = EightBitLora
