"""Linear layers in 8 bits: what they lose, and on what it depends."""

import pytest

torch = pytest.importorskip("torch")

from vigorl.policy.local.eight_bits import EightBitLinear  # noqa: E402

pytestmark = pytest.mark.model


@pytest.fixture
def layer() -> "torch.nn.Linear":
    torch.manual_seed(0)
    return torch.nn.Linear(96, 64)


def test_a_token_of_large_activations_leaves_the_others_their_digits(
    layer: "torch.nn.Linear",
) -> None:
    x_1_T_D = torch.randn(1, 9, 96)
    x_1_T_D[0, 0] *= 1000
    with torch.no_grad():
        wanted, given = layer(x_1_T_D), EightBitLinear(layer)(x_1_T_D)
    assert given.shape == wanted.shape
    lost_T = (given - wanted)[0].norm(dim=1) / wanted[0].norm(dim=1)
    assert lost_T.max() < 0.03


def test_what_comes_of_a_token_does_not_depend_on_the_others(layer: "torch.nn.Linear") -> None:
    eight = EightBitLinear(layer)
    x_T_D = torch.randn(5, 96) * torch.tensor([[1.0], [40.0], [0.01], [3.0], [0.0]])
    with torch.no_grad():
        together = eight(x_T_D)
        alone = torch.stack([eight(row_D[None])[0] for row_D in x_T_D])
    assert torch.equal(together, alone)
    assert torch.equal(together[-1], layer.bias)
