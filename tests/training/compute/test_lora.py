"""Adapters: nothing at first, alone in learning, and gone from what is saved to play with."""

import random
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from vigorl.browser.errors import UsageError
from vigorl.browser.picture import Picture
from vigorl.policy.family import family_named
from vigorl.policy.images import FittedImage
from vigorl.training.data.rows import Row
from vigorl.training.grpo.groups import Group, Rollout
from vigorl.training.grpo.rewards import Reward

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import Architecture, write_tiny_checkpoint  # noqa: E402
from vigorl.training.compute.image_features import ImageFeatures  # noqa: E402
from vigorl.training.compute.lora import add_adapters, merged_state, without_adapters  # noqa: E402
from vigorl.training.compute.prefix_tree import build_trees, logprobs  # noqa: E402
from vigorl.training.grpo.config import GrpoConfig  # noqa: E402
from vigorl.training.grpo.update import prepare, update  # noqa: E402
from vigorl.training.run.optimizer import MasterAdamW, weight_groups  # noqa: E402

pytestmark = pytest.mark.model

CONFIG = GrpoConfig(learning_rate=1e-2, kl=0.1, lora_rank=4)
FAMILIES: dict[Architecture, str] = {"qwen2_5_vl": "qwen2.5-vl", "qwen3": "nano"}


@pytest.fixture(scope="module", params=FAMILIES)
def start(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network without adapters."""
    torch.set_num_threads(1)
    folder = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), request.param)
    return Network(str(folder), family_named(FAMILIES[request.param]))


@pytest.fixture
def network(start: Network) -> Network:
    network = Network(start.path, start.family)
    add_adapters(network, CONFIG.lora_rank, trains_vision=False, seed=0)
    return network


def group_for(network: Network) -> Group:
    drawn = random.Random(0)
    prompt = drawn.choices(range(20, 250), k=12)
    pictures, shown = {}, ()
    if not network.family.reads:
        side = network.family.size.cell_px
        picture = Picture.from_image(Image.frombytes("RGB", (64, 64), drawn.randbytes(64**2 * 3)))
        image = FittedImage(picture, 3 * side, 2 * side)
        pictures, shown = {picture.sha256: picture}, (image.shown,)
        start, end = (
            network.codec.tokenizer.convert_tokens_to_ids(f"<|vision_{name}|>")
            for name in ("start", "end")
        )
        prompt = [*prompt, start, *[network.codec.cell_id] * 6, end]
    rollouts = [
        Rollout(
            (
                Row(
                    (*prompt, *drawn.choices(range(20, 250), k=5)),
                    (False,) * len(prompt) + (True,) * 5,
                    None,
                    shown,
                ),
            ),
            Reward(reward, True, 0, reward),
        )
        for reward in (1.0, 0.0)
    ]
    return Group(tuple(rollouts), pictures)


def said(network: Network, group: Group) -> torch.Tensor:
    rows = [row for rollout in group.rollouts for row in rollout.rows]
    (tree,) = build_trees(rows, network.codec.cell_id, 10_000)
    with torch.no_grad():
        return logprobs(network, tree, ImageFeatures(network, group.pictures))


def learn(network: Network, groups: Sequence[Group]) -> dict[str, float]:
    optimizer = MasterAdamW(weight_groups(network.model, CONFIG.weight_decay), CONFIG.learning_rate)
    for _ in range(2):
        minibatches = prepare(network, groups, CONFIG, reference=network)
        metrics = update(network, optimizer, minibatches, CONFIG)
    return metrics


def test_at_first_adapters_add_nothing(start: Network, network: Network) -> None:
    group = group_for(network)
    assert torch.equal(said(network, group), said(start, group))


def test_only_adapters_learn_and_the_reference_stays_what_it_was(
    start: Network, network: Network
) -> None:
    group = group_for(network)
    before = {name: weight.clone() for name, weight in network.model.named_parameters()}
    assert learn(network, [group])["kl"] > 0
    moved = {
        name
        for name, weight in network.model.named_parameters()
        if not torch.equal(weight, before[name])
    }
    assert moved and all(".lora_" in name and ".visual." not in name for name in moved)
    assert (said(network, group) - said(start, group)).abs().max() > 0.01
    with without_adapters(network):
        assert torch.equal(said(network, group), said(start, group))
    assert learn(network, [group])["norm"] > 0


def test_what_is_saved_has_the_adapters_in_its_weights(
    start: Network, network: Network, tmp_path: Path
) -> None:
    group = group_for(network)
    learn(network, [group])
    network.save(tmp_path, merged_state(network))
    saved = Network(str(tmp_path), network.family)
    assert saved.model.state_dict().keys() == start.model.state_dict().keys()
    torch.testing.assert_close(said(saved, group), said(network, group), atol=1e-4, rtol=0)


def test_a_network_without_adapters_is_not_its_own_reference(start: Network) -> None:
    with pytest.raises(UsageError, match="only where it learns by adapters"):
        prepare(start, [group_for(start)], CONFIG, reference=start)


def test_without_peft_it_says_what_to_install(
    start: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(UsageError, match=r"pip install 'vigorl-agent\[lora\]'"):
        add_adapters(start, 4, trains_vision=False, seed=0)
