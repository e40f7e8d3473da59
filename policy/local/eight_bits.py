"""Linear layers that multiply whole numbers of 8 bits, to play on a CPU.

Weights are rounded once, each output on a scale of its own; activations with every pass, each token
on a scale of its own. A language model's first token has activations hundreds of times as large as
the others': on one scale with it, they would keep two or three bits. What comes of a token does not
depend on which others are read with it.
"""

import warnings

import torch
from torch import Tensor, nn

_LARGEST = 127
_SMALLEST_SCALE = 1e-12


class EightBitMatrix:
    """A matrix in 8 bits to multiply rows with, O outputs of D inputs.

    Args:
        rounded_O_D: int8.
        scales_O: Of each output; its weights are so many times the whole numbers.
    """

    def __init__(self, rounded_O_D: Tensor, scales_O: Tensor) -> None:
        scales, zeros = scales_O.double(), torch.zeros(len(scales_O), dtype=torch.int64)
        with warnings.catch_warnings():
            # PyTorch means to take these types out; what follows them has no kernel for it yet.
            warnings.simplefilter("ignore")
            weight = torch._make_per_channel_quantized_tensor(rounded_O_D, scales, zeros, 0)
        self._packed = torch.ops.quantized.linear_prepack(weight, None)
        self._range_1_D = torch.zeros(1, rounded_O_D.shape[1])
        self._range_1_D[0, 0], self._range_1_D[0, -1] = 1.0, -1.0

    def times(self, rows_N_D: Tensor) -> Tensor:
        """Rows times the matrix, [N, O] float32; each row is rounded to 7 bits."""
        scales_N_1 = rows_N_D.abs().amax(1, keepdim=True).clamp_(min=_SMALLEST_SCALE)
        # The kernel takes the range of what it is given, which the last row makes -1 to 1.
        pinned = torch.cat([rows_N_D / scales_N_1, self._range_1_D])
        # Of 7 bits: sums of 8 overflow on processors without VNNI.
        product_N_O: Tensor = torch.ops.quantized.linear_dynamic(pinned, self._packed, True)
        return product_N_O[:-1] * scales_N_1


def rounded(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows as int8, and the scale of each, [rows, 1] float32."""
    scales = rows.abs().amax(1, keepdim=True).div_(_LARGEST).clamp_(min=_SMALLEST_SCALE)
    return (rows / scales).round_().to(torch.int8), scales


class EightBitLinear(nn.Module):
    """A linear layer in 8 bits."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        weight = layer.weight.detach().float()
        rounded_O_D, scales_O_1 = rounded(weight)
        self._matrix = EightBitMatrix(rounded_O_D, scales_O_1[:, 0])
        self._bias = None if layer.bias is None else layer.bias.detach().float()
        self.weight_count = weight.numel()

    def forward(self, x: Tensor) -> Tensor:
        """The product with the weights, in the number format of `x`."""
        product_N_O = self._matrix.times(x.reshape(-1, x.shape[-1]).float())
        if self._bias is not None:
            product_N_O = product_N_O + self._bias
        return product_N_O.to(x.dtype).reshape(*x.shape[:-1], -1)


def in_eight_bits(model: nn.Module) -> nn.Module:
    """The network with all of its linear layers in 8 bits, changed in place."""
    for module in list(model.modules()):
        for name, layer in list(module.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(module, name, EightBitLinear(layer))
    return model


def weight_count(model: nn.Module) -> int:
    """Weights of a network, in whatever format."""
    light = (each for each in model.modules() if isinstance(each, EightBitLinear))
    plain = sum(weight.numel() for weight in model.parameters())
    return plain + sum(layer.weight_count for layer in light)
