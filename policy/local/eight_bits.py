"""Linear layers that multiply whole numbers of 8 bits, to play on a CPU.

Weights are rounded once, each output on a scale of its own; activations with every pass, on one
scale for all tokens of it. So the last digits depend on which tokens are read together.
"""

import warnings

import torch
from torch import Tensor, nn

_LARGEST = 127
_SMALLEST_SCALE = 1e-12


class EightBitLinear(nn.Module):
    """A linear layer in 8 bits."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        weight = layer.weight.detach().float()
        scales = (weight.abs().amax(1) / _LARGEST).clamp(min=_SMALLEST_SCALE)
        zeros = torch.zeros(len(scales), dtype=torch.int64)
        with warnings.catch_warnings():
            # PyTorch means to take these types out; what follows them has no kernel for it yet.
            warnings.simplefilter("ignore")
            rounded = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        bias = None if layer.bias is None else layer.bias.detach().float()
        self._packed = torch.ops.quantized.linear_prepack(rounded, bias)
        self.weight_count = weight.numel()

    def forward(self, x: Tensor) -> Tensor:
        """The product with the weights, in the number format of `x`."""
        # Activations of 7 bits: sums of 8 overflow on processors without VNNI.
        product: Tensor = torch.ops.quantized.linear_dynamic(x.float(), self._packed, True)
        return product.to(x.dtype)


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
