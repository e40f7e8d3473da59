"""Adapters beside weights of 8 bits: they compute and learn almost as beside the weights."""

import copy

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from peft import LoraConfig, inject_adapter_in_model  # noqa: E402

from vigorl.training.compute.eight_bit_lora import round_base  # noqa: E402

pytestmark = pytest.mark.model


class Layers(torch.nn.Module):
    """Two linear layers with something between them that is not linear."""

    def __init__(self, bias: bool = False) -> None:
        super().__init__()
        self.first = torch.nn.Linear(64, 96, bias=bias)
        self.second = torch.nn.Linear(96, 32, bias=bias)

    def forward(self, x):
        return self.second(torch.nn.functional.silu(self.first(x)))


def adapted(bias: bool = False) -> Layers:
    torch.manual_seed(0)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["first", "second"])
    layers = inject_adapter_in_model(config, Layers(bias))
    layers.requires_grad_(False)
    for name, weight in layers.named_parameters():
        if ".lora_" in name:
            torch.nn.init.normal_(weight, std=0.1)
            weight.requires_grad_(True)
    return layers


def learnt(layers: Layers) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """What comes out, and the gradients of the input and of all adapters."""
    torch.manual_seed(1)
    # One token is a hundred times as large as the others, as the first one of a text is.
    x = torch.randn(2, 9, 64)
    x[0, 0] *= 100
    x.requires_grad_(True)
    out = layers(x)
    target = torch.randn(out.shape)
    torch.nn.functional.mse_loss(out[:, 1:], target[:, 1:]).backward()
    gradients = {
        name: weight.grad for name, weight in layers.named_parameters() if weight.requires_grad
    }
    return out.detach(), {"x": x.grad, **gradients}


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_outputs_and_gradients_are_those_of_the_weights_but_for_rounding(
    bias: bool, packed: bool
) -> None:
    exact = adapted(bias)
    rounded = copy.deepcopy(exact)
    round_base(rounded, packed=packed)
    wanted, wanted_gradients = learnt(exact)
    found, gradients = learnt(rounded)
    error = (found - wanted).norm(dim=-1) / wanted.norm(dim=-1)
    assert 0 < error.max() < 0.03, error
    assert gradients.keys() == wanted_gradients.keys() and len(gradients) == 5
    for name, gradient in gradients.items():
        other = wanted_gradients[name]
        assert torch.nn.functional.cosine_similarity(
            gradient.flatten(), other.flatten(), dim=0
        ) > 0.995, name  # fmt: skip
        assert float(gradient.norm()) == pytest.approx(float(other.norm()), rel=0.03), name


def test_no_weight_is_saved_another_way_and_adapters_can_be_switched_off() -> None:
    exact = adapted()
    rounded = copy.deepcopy(exact)
    round_base(rounded)
    saved = rounded.state_dict()
    assert saved.keys() == exact.state_dict().keys()
    assert all(torch.equal(saved[name], weight) for name, weight in exact.state_dict().items())
    x = torch.randn(5, 64)
    for layer in (rounded.first, rounded.second):
        layer.enable_adapters(False)
    base = exact.second.base_layer(torch.nn.functional.silu(exact.first.base_layer(x)))
    assert torch.allclose(rounded(x), base, atol=0.03 * float(base.abs().max()))
    assert not torch.allclose(exact(x), base, atol=0.03 * float(base.abs().max()))
