"""What is computed in bfloat16 is close to float32, and nothing is lost that is learnt in it."""

from pathlib import Path

import pytest

from vigorl.policy.backend import Hardware
from vigorl.policy.family import family_named

torch = pytest.importorskip("torch")

from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.training.run.optimizer import MasterAdamW, weight_groups  # noqa: E402

pytestmark = pytest.mark.model

IDS = tuple(range(20, 60))


def optimizer_of(network: Network) -> MasterAdamW:
    return MasterAdamW(weight_groups(network.model, 0), 1e-5)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), "qwen3")


def load(checkpoint: Path, dtype: str) -> Network:
    hardware = Hardware(dtype=dtype)  # type: ignore[arg-type]
    return Network(str(checkpoint), family_named("nano"), hardware)


def leave_gradients(network: Network) -> "torch.Tensor":
    network.model.zero_grad()
    found_S = network.logprobs(Prompt(IDS, ()), range(1, len(IDS)))
    torch.autograd.backward(-found_S.mean())
    return found_S.detach()


def test_log_probabilities_and_gradients_are_close_to_those_of_float32(checkpoint: Path) -> None:
    exact, rough = load(checkpoint, "float32"), load(checkpoint, "bfloat16")
    assert next(rough.model.parameters()).dtype == torch.bfloat16
    apart_S = (leave_gradients(exact) - leave_gradients(rough)).abs()
    assert 0 < float(apart_S.max()) < 0.05
    others = dict(rough.model.named_parameters())
    gradients = [
        (weight.grad.flatten(), others[name].grad.float().flatten())
        for name, weight in exact.model.named_parameters()
        if weight.grad is not None
    ]
    one, other = (torch.cat(each) for each in zip(*gradients, strict=True))
    assert float(torch.cosine_similarity(one, other, dim=0)) > 0.99


def test_steps_too_small_for_bfloat16_add_up(checkpoint: Path) -> None:
    exact, rough = load(checkpoint, "float32"), load(checkpoint, "bfloat16")
    lost = load(checkpoint, "bfloat16")
    name = "model.layers.0.mlp.up_proj.weight"
    start = exact.model.get_parameter(name).detach().clone()
    optimizers: list[tuple[Network, torch.optim.Optimizer]] = [
        (exact, optimizer_of(exact)),
        (rough, optimizer_of(rough)),
        (lost, torch.optim.AdamW(lost.model.parameters(), lr=1e-5, weight_decay=0)),
    ]
    for _ in range(30):
        for network, optimizer in optimizers:
            leave_gradients(network)
            if isinstance(optimizer, MasterAdamW):
                optimizer.accumulate()
                optimizer.reduce()
            optimizer.step()
            optimizer.zero_grad()
    moved, gone = (
        network.model.get_parameter(name).detach().float() - start for network in (exact, lost)
    )
    masters = optimizers[1][1].state_dict()["masters"]
    kept = min(
        (each - start for each in masters.values() if each.shape == start.shape),
        key=lambda difference: float(difference.norm()),
    )
    # Starts are rounded, and so are gradients; what is learnt is learnt in full.
    rounding = start.bfloat16().float() - start
    assert float((kept - rounding - moved).norm()) < 0.3 * float(moved.norm())
    assert float((gone - rounding).norm()) < 0.3 * float(moved.norm())


def test_a_state_brings_back_masters_and_weights(checkpoint: Path) -> None:
    network, again = load(checkpoint, "bfloat16"), load(checkpoint, "bfloat16")
    optimizer, fresh = optimizer_of(network), optimizer_of(again)
    for _ in range(5):
        leave_gradients(network)
        optimizer.accumulate()
        optimizer.reduce()
        optimizer.step()
    fresh.load_state_dict(optimizer.state_dict())
    state, other = optimizer.state_dict()["masters"], fresh.state_dict()["masters"]
    assert state and state.keys() == other.keys()
    assert all(torch.equal(state[index], other[index]) for index in state)
    weights = again.model.state_dict()
    assert all(
        torch.equal(weights[name], each) for name, each in network.model.state_dict().items()
    )


def test_float32_weights_are_their_own_masters(checkpoint: Path) -> None:
    network = load(checkpoint, "float32")
    optimizer = optimizer_of(network)
    assert optimizer.state_dict()["masters"] == {}
    held = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    assert held == {id(weight) for weight in network.model.parameters()}
