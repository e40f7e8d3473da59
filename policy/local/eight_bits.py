"""Linear layers that multiply whole numbers of 8 bits, to play on a CPU.

Weights are rounded once, each output on a scale of its own; activations with every pass, each token
on a scale of its own. A language model's first token has activations hundreds of times as large as
the others': on one scale with it, they would keep two or three bits. What comes of a token does not
depend on which others are read with it.

Some inputs of a layer are always large, and small ones beside them are rounded away. So before
rounding inputs are divided, and their weights multiplied, by what makes both about as large, as
measured once on a text (SmoothQuant, arXiv 2211.10438, with alpha 0.5).

Axes: N tokens, D inputs, O outputs.
"""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

SAMPLE = """Task: Change the e-mail address to mira@example.org and save.
1. click "Account"
Page: Account · Northwind
"Northwind" #0 | "Home" #1 link | "Orders (3)" #2 link | "Settings" #3 link | icon cart #4 button
"Profile" #5 | "Your address is shown to nobody." #6
"E-mail" #7 | field "E-mail" #8 "old@example.org" | "Language" #9 | list "Language" #10 "English"
box "Send me the newsletter" #11 on | "$1,249.50" #12 | "17 June 2031" #13 | "Delete" #14 button
"Save" #15 button | "Cancel" #16 link

<think> replace the text in "E-mail" with "mira@example.org": field "E-mail" #8 "old@example.org" </think>
<answer> type #8 "mira@example.org" clear </answer>"""  # noqa: E501
"""A text on which inputs are measured: of all that a network behind a reader reads and writes."""

_LARGEST = 127
_SMALLEST_SCALE = 1e-12
_SMALLEST = 1e-5
"""Inputs and weights count as at least so large when they are made about as large."""
HAS_VNNI: bool = getattr(torch.cpu, "_is_vnni_supported", lambda: False)()
"""Whether this processor adds up products of 8 bits without overflow. Where it does not,
activations are rounded to 7."""


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
        """Rows times the matrix, [N, O] float32; each row is rounded, see `HAS_VNNI`."""
        scales_N_1 = rows_N_D.abs().amax(1, keepdim=True).clamp_(min=_SMALLEST_SCALE)
        # The kernel takes the range of what it is given, which the last row makes -1 to 1.
        pinned = torch.cat([rows_N_D / scales_N_1, self._range_1_D])
        product_N_O: Tensor = torch.ops.quantized.linear_dynamic(
            pinned, self._packed, reduce_range=not HAS_VNNI
        )
        return product_N_O[:-1] * scales_N_1


def rounded(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows as int8, and the scale of each, [rows, 1] float32."""
    scales = rows.abs().amax(1, keepdim=True).div_(_LARGEST).clamp_(min=_SMALLEST_SCALE)
    return (rows / scales).round_().to(torch.int8), scales


class EightBitLinear(nn.Module):
    """A linear layer in 8 bits.

    Args:
        layer: What it computes.
        inputs_D: How large each input may be; left out, as if all were alike.
    """

    def __init__(self, layer: nn.Linear, inputs_D: Tensor | None = None) -> None:
        super().__init__()
        weight = layer.weight.detach().float()
        self._smoothing_D = torch.ones(weight.shape[1])
        if inputs_D is not None:
            weights_D = weight.abs().amax(0).clamp(min=_SMALLEST)
            self._smoothing_D = (inputs_D.clamp(min=_SMALLEST) / weights_D).sqrt()
        rounded_O_D, scales_O_1 = rounded(weight * self._smoothing_D)
        self._matrix = EightBitMatrix(rounded_O_D, scales_O_1[:, 0])
        self._bias = None if layer.bias is None else layer.bias.detach().float()
        self.weight_count = weight.numel()

    def forward(self, x: Tensor) -> Tensor:
        """The product with the weights, in the number format of `x`."""
        rows_N_D = x.reshape(-1, x.shape[-1]).float()
        product_N_O = self._matrix.times(rows_N_D / self._smoothing_D)
        if self._bias is not None:
            product_N_O = product_N_O + self._bias
        return product_N_O.to(x.dtype).reshape(*x.shape[:-1], -1)


def in_eight_bits(model: nn.Module, sample_ids: Sequence[int]) -> nn.Module:
    """The network with all of its linear layers in 8 bits, changed in place.

    Args:
        model: A language model, ready to play.
        sample_ids: Tokens of a text like those that it will read, see `SAMPLE`.
    """
    inputs = _largest_inputs(model, sample_ids)
    for module in list(model.modules()):
        for name, layer in list(module.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(module, name, EightBitLinear(layer, inputs.get(layer)))
    return model


@torch.inference_mode()
def _largest_inputs(model: nn.Module, sample_ids: Sequence[int]) -> dict[nn.Module, Tensor]:
    """The largest inputs of each linear layer that reads a text, [D], but for its first token's."""
    found: dict[nn.Module, Tensor] = {}

    def measure(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        rows_N_D = given[0].reshape(-1, given[0].shape[-1])[1:]
        found[layer] = rows_N_D.abs().amax(0).float()

    layers = [each for each in model.modules() if isinstance(each, nn.Linear)]
    hooks = [layer.register_forward_pre_hook(measure) for layer in layers]
    try:
        model(input_ids=torch.tensor([list(sample_ids)]), use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def weight_count(model: nn.Module) -> int:
    """Weights of a network, in whatever format."""
    light = (each for each in model.modules() if isinstance(each, EightBitLinear))
    plain = sum(weight.numel() for weight in model.parameters())
    return plain + sum(layer.weight_count for layer in light)
