"""Adapters learnt beside weights of 8 bits, on a CPU that multiplies whole numbers.

The weights under the adapters are rounded to 8 bits, each output on a scale of its own, and so are
activations, each token on its own. Backwards, the gradient of each token is rounded too. What an
adapter computes and how it learns is float32. With VNNI instructions a product of whole numbers
takes a quarter of the time of one in float32. What is played with later may be rounded as well, and
is learnt for that.

Source: 8-bit forwards and backwards with exact gradients of what is learnt, arXiv 2304.13013.

Axes: T tokens, D inputs, O outputs, R rank.
"""

from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn

_LARGEST = 127
_SMALLEST = 1e-12


def _rounded(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows as int8, and the scale of each, [rows, 1] float32."""
    scales = rows.abs().amax(1, keepdim=True).div_(_LARGEST).clamp_(min=_SMALLEST)
    return (rows / scales).round_().to(torch.int8), scales


def _product(rows: Tensor, rounded: Tensor) -> Tensor:
    """Rows times a matrix of int8; float32, the matrix's own scales left out.

    In place: making room for another result takes longer than computing it.
    """
    rounded_rows, scales = _rounded(rows)
    return torch._int_mm(rounded_rows, rounded).float().mul_(scales)


class _Product(torch.autograd.Function):
    """x W' + s (x A') B' with W in 8 bits; gradients of x, A and B."""

    @staticmethod
    def forward(
        context: Any,
        x_T_D: Tensor,
        a_R_D: Tensor,
        b_O_R: Tensor,
        weight_O_D: Tensor,
        scales_O: Tensor,
        scaling: float,
    ) -> Tensor:
        out_T_O = _product(x_T_D, weight_O_D.t()).mul_(scales_O)
        low_T_R = (x_T_D @ a_R_D.t()).mul_(scaling)
        context.save_for_backward(x_T_D, a_R_D, b_O_R, weight_O_D, scales_O, low_T_R)
        context.scaling = scaling
        return out_T_O.addmm_(low_T_R, b_O_R.t())

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Any:
        (gradient_T_O,) = gradients
        x_T_D, a_R_D, b_O_R, weight_O_D, scales_O, low_T_R = context.saved_tensors
        low_gradient_T_R = (gradient_T_O @ b_O_R).mul_(context.scaling)
        of_x_T_D = None
        if context.needs_input_grad[0]:
            of_x_T_D = _product(gradient_T_O * scales_O, weight_O_D)
            of_x_T_D.addmm_(low_gradient_T_R, a_R_D)
        of_a_R_D = low_gradient_T_R.t() @ x_T_D
        of_b_O_R = gradient_T_O.t() @ low_T_R
        return of_x_T_D, of_a_R_D, of_b_O_R, None, None, None


class EightBitLora(LoraLinear):  # type: ignore[misc]
    """peft's layer with its weights in 8 bits; made of one in place."""

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The product with weights and adapter."""
        (name,) = self.active_adapters
        a_R_D, b_O_R = self.lora_A[name].weight, self.lora_B[name].weight
        scaling = 0.0 if self.disable_adapters else float(self.scaling[name])
        rows = x.reshape(-1, x.shape[-1])
        out: Tensor = _Product.apply(  # type: ignore[no-untyped-call]
            rows, a_R_D, b_O_R, self.rounded_O_D, self.scales_O, scaling
        )
        bias = self.base_layer.bias
        return (out if bias is None else out + bias).reshape(*x.shape[:-1], -1)


def round_base(model: nn.Module) -> None:
    """Put all layers that have adapters into 8 bits, in place.

    Their own weights are kept beside, to be saved with what the adapters add.
    """
    for layer in model.modules():
        if isinstance(layer, LoraLinear):
            rounded, scales = _rounded(layer.base_layer.weight.detach().float())
            layer.register_buffer("rounded_O_D", rounded, persistent=False)
            layer.register_buffer("scales_O", scales[:, 0], persistent=False)
            layer.__class__ = EightBitLora
