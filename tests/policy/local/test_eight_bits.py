"""Linear layers in 8 bits: what they lose, and on what it depends."""

import pytest

torch = pytest.importorskip("torch")

from vigorl.policy.local.eight_bits import EightBitLinear, in_eight_bits  # noqa: E402

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


def test_an_input_that_is_always_large_leaves_the_others_their_digits() -> None:
    torch.manual_seed(0)
    model = Reads()
    x_T_D = torch.randn(40, 96)
    x_T_D[:, 7] *= 60
    with torch.no_grad():
        wanted = model.layer(x_T_D)
        plain = EightBitLinear(model.layer)(x_T_D)
        model.read = x_T_D[:20]
        measured = in_eight_bits(model, [1, 2, 3]).layer(x_T_D)
    assert model.ids == [[1, 2, 3]]
    lost, lost_plain = (measured - wanted).norm(), (plain - wanted).norm()
    assert lost < 0.4 * lost_plain
    assert lost < 0.015 * wanted.norm()


class Reads(torch.nn.Module):
    """A network that reads tokens as what is in `read`."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(96, 64)

    def forward(self, input_ids: torch.Tensor, use_cache: bool) -> torch.Tensor:
        self.ids = input_ids.tolist()
        return self.layer(self.read)
