"""The loss of GRPO, by hand; and updates from recorded episodes."""

import copy
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.agent.rollout import Limits, rollout
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.backend import Sampling
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy
from vigorl.training.grpo.groups import Group, group_of, without_long_rows
from vigorl.training.grpo.rewards import RULES

torch = pytest.importorskip("torch")

from vigorl.policy.local.backend import LocalBackend  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.training.compute.image_features import ImageFeatures  # noqa: E402
from vigorl.training.compute.prefix_tree import build_trees, logprobs  # noqa: E402
from vigorl.training.grpo.update import (  # noqa: E402
    GrpoConfig,
    Minibatch,
    group_advantages,
    k3,
    minibatch_loss,
    policy_losses,
    prepare,
    sampler_correction,
    token_weights,
    update,
)
from vigorl.training.run.network_weights import choose_trained  # noqa: E402
from vigorl.training.run.optimizer import MasterAdamW, weight_groups  # noqa: E402

pytestmark = pytest.mark.model

CONFIG = GrpoConfig(learning_rate=1e-3, kl=0, tree_tokens=10_000)


def optimizer_of(network: Network, config: GrpoConfig) -> MasterAdamW:
    """Of the weights that are trained."""
    if not config.lora_rank:
        choose_trained(network, config.trains_vision)
    return MasterAdamW(weight_groups(network.model, config.weight_decay), config.learning_rate)


def test_advantages_computed_by_hand() -> None:
    rewards_G = torch.tensor([1.0, 0.0, 0.0, 1.0])
    assert group_advantages(rewards_G, None).tolist() == [0.5, -0.5, -0.5, 0.5]
    scaled = 0.5 / (math.sqrt(1 / 3) + 1e-4)
    assert group_advantages(rewards_G, rewards_G).tolist() == pytest.approx(
        [scaled, -scaled, -scaled, scaled]
    )
    # Shaping counts as much beside the score as the reward says.
    shaped_G = rewards_G + torch.tensor([0.1, 0.0, 0.0, 0.0])
    scale = math.sqrt(1 / 3) + 1e-4
    assert group_advantages(shaped_G, rewards_G).tolist() == pytest.approx(
        [each / scale for each in (0.575, -0.525, -0.525, 0.475)]
    )


def test_weights_computed_by_hand() -> None:
    tokens_B = torch.tensor([2, 6])
    assert token_weights(tokens_B, "dapo").tolist() == pytest.approx([1 / 8, 1 / 8])
    assert token_weights(tokens_B, "grpo").tolist() == pytest.approx([1 / 4, 1 / 12])
    assert token_weights(tokens_B, "dr_grpo", 10).tolist() == pytest.approx([1 / 20, 1 / 20])


def test_losses_computed_by_hand() -> None:
    old_S = torch.tensor([-1.0, -1.0, -1.0, -1.0])
    logprobs_S = old_S + torch.tensor([1.5, 1.5, 0.5, 0.5]).log()
    losses_S = policy_losses(logprobs_S, old_S, torch.tensor([1.0, -1.0, 1.0, -1.0]), 0.2, 0.28)
    assert losses_S.tolist() == pytest.approx([-1.28, 1.5, -0.5, 0.8])
    assert k3(torch.tensor([-1.0]), torch.tensor([-1.0 + math.log(2)])).item() == pytest.approx(
        2 - math.log(2) - 1
    )
    # One token far from the reference, or far likelier than before, does not make it all.
    far_S = torch.tensor([-100.0], requires_grad=True)
    k3(far_S, torch.tensor([0.0])).sum().backward()
    assert k3(far_S, torch.tensor([0.0])).tolist() == [10.0]
    assert far_S.grad is not None and math.isfinite(float(far_S.grad))
    five_S = old_S[:2] + math.log(5)
    losses_S = policy_losses(five_S, old_S[:2], torch.tensor([-1.0, 1.0]), 0.2, 0.28, 3.0)
    assert losses_S.tolist() == pytest.approx([3.0, -1.28])
    sampler_S = old_S[:2] - torch.tensor([math.log(3), -math.log(4)])
    assert sampler_correction(old_S[:2], sampler_S, 2.0).tolist() == pytest.approx([2.0, 0.25])


def screenshot(seed: int) -> StaticScreenshot:
    pixels = random.Random(seed).randbytes(280 * 168 * 3)
    picture = Picture.from_image(Image.frombytes("RGB", (280, 168), pixels))
    return StaticScreenshot(picture, "Click the button.", Box(0, 0, 140, 84))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), "qwen3_vl")


def load(checkpoint: Path) -> Network:
    family = replace(family_named("qwen3-vl"), system="You browse.", window_screens=2, max_images=5)
    return Network(str(checkpoint), family)


@pytest.fixture
def network(checkpoint: Path) -> Network:
    return load(checkpoint)


async def play(network: Network, folder: Path, count: int) -> list[Trajectory]:
    sampling = Sampling(temperature=1.0, max_tokens=20)
    policy = ModelPolicy(network.family, LocalBackend(network, sampling), sampling)
    for number in range(count):
        recorder = Recorder(folder / str(number), folder / "images")
        world = ZoomEnvironment(screenshot(7))
        await rollout(policy, world, recorder, Limits(steps=3, malformed=3))
    await policy.close()
    return [read_trajectory(folder / str(number)) for number in range(count)]


def worth(group: Group, *rewards: float) -> Group:
    """The same rollouts with other rewards."""
    rollouts = [
        replace(rollout, reward=replace(rollout.reward, total=reward, score=reward))
        for rollout, reward in zip(group.rollouts, rewards, strict=True)
    ]
    return replace(group, rollouts=tuple(rollouts))


@pytest.fixture
async def group(network: Network, tmp_path: Path) -> Group:
    group = group_of(await play(network, tmp_path, 3), RULES["multi-turn"])
    assert group is not None
    return worth(group, 1.1, 0.1, 0.0)


async def test_recorded_episodes_are_replayed_in_a_tree_to_what_was_noted(
    network: Network, group: Group
) -> None:
    rows = [row for rollout in group.rollouts for row in rollout.rows]
    (tree,) = build_trees(rows, network.codec.cell_id, 10_000)
    assert len(tree.images) == 1 and sum(len(row.images) for row in rows) >= 3
    with torch.no_grad():
        found_S = logprobs(network, tree, ImageFeatures(network, group.pictures))
    noted_S = torch.tensor([each for row in tree.rows for each in row.logprobs or ()])
    torch.testing.assert_close(found_S, noted_S, atol=1e-4, rtol=0)


async def test_an_update_makes_the_better_attempt_likelier(network: Network, group: Group) -> None:
    def likelihoods() -> list[float]:
        with torch.no_grad():
            return [
                sum(
                    float(logprobs(network, tree, ImageFeatures(network, group.pictures)).sum())
                    for tree in build_trees(rollout.rows, network.codec.cell_id, 10_000)
                )
                for rollout in group.rollouts
            ]

    before = likelihoods()
    visual = copy.deepcopy(network.model.model.visual.state_dict())
    metrics = update(
        network, optimizer_of(network, CONFIG), prepare(network, [group], CONFIG), CONFIG
    )
    after = likelihoods()
    gains = [now - then for now, then in zip(after, before, strict=True)]
    assert gains[0] > 0 > gains[2]
    assert metrics["sampler_ratio"] == pytest.approx(1, abs=1e-4)
    assert metrics["clipped"] == 0
    assert metrics["nodes"] < 0.75 * metrics["unshared"]
    for name, weight in network.model.model.visual.state_dict().items():
        assert torch.equal(weight, visual[name])


class Descent(MasterAdamW):
    """Steps along the gradients as they are, so that what differs in them shows."""

    @torch.no_grad()
    def step(self, closure: object = None) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.sub_(weight.grad)


def weights_after(
    checkpoint: Path, groups: Sequence[Group], config: GrpoConfig, kl: float = 0
) -> dict[str, torch.Tensor]:
    network, reference = load(checkpoint), load(checkpoint)
    config = replace(config, kl=kl)
    optimizer = Descent([{"params": list(network.model.parameters())}], lr=1.0)
    for is_first in (True, False):
        minibatches = prepare(network, groups, config, reference=reference, is_first=is_first)
        update(network, optimizer, minibatches, config)
    return {name: weight.detach() for name, weight in network.model.named_parameters()}


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "normalisation",
    ["dapo", "grpo", pytest.param("dr_grpo", marks=pytest.mark.slow)],
)
async def test_how_a_batch_is_divided_among_trees_changes_nothing(
    checkpoint: Path, group: Group, normalisation: str
) -> None:
    config = replace(CONFIG, normalisation=normalisation)
    longest = max(len(row.ids) for rollout in group.rollouts for row in rollout.rows)
    groups = [group, worth(group, 0.0, 0.1, 1.2)]
    whole = weights_after(checkpoint, groups, config, kl=0.1)
    divided = weights_after(checkpoint, groups, replace(config, tree_tokens=longest), kl=0.1)
    other = weights_after(checkpoint, groups[:1], config, kl=0.1)
    for name in whole:
        torch.testing.assert_close(divided[name], whole[name], atol=2e-6, rtol=0)
    assert max(float((other[name] - whole[name]).abs().max()) for name in whole) > 1e-4


async def test_layers_that_are_computed_twice_learn_the_same_and_still_play(
    checkpoint: Path, group: Group, tmp_path: Path
) -> None:
    config = replace(CONFIG, gradient_checkpointing=True, trains_vision=True)
    once, twice = (
        weights_after(checkpoint, [group], each)
        for each in (replace(config, gradient_checkpointing=False), config)
    )
    for name in once:
        torch.testing.assert_close(twice[name], once[name], atol=1e-7, rtol=0)

    network = load(checkpoint)
    computed = 0

    def count(*_: object) -> None:
        nonlocal computed
        computed += 1

    network.model.model.language_model.layers[0].mlp.register_forward_pre_hook(count)
    update(network, optimizer_of(network, config), prepare(network, [group], config), config)
    assert computed == 2
    (trajectory,) = await play(network, tmp_path / "again", 1)
    assert trajectory.steps


async def test_a_group_without_variance_teaches_nothing(network: Network, group: Group) -> None:
    before = copy.deepcopy(network.model.state_dict())
    minibatches = prepare(network, [worth(group, 0.1, 0.1, 0.1)], CONFIG)
    assert not minibatches
    assert update(network, optimizer_of(network, CONFIG), minibatches, CONFIG)["tokens"] == 0
    assert all(
        torch.equal(weight, before[name]) for name, weight in network.model.state_dict().items()
    )


async def test_what_differs_by_shaping_alone_teaches_only_where_that_is_asked_for(
    network: Network, group: Group
) -> None:
    right = [replace(rollout.reward, score=1.0) for rollout in group.rollouts]
    totals = zip(group.rollouts, right, (1.0, 1.0, 1.05), strict=True)
    shaped = replace(
        group,
        rollouts=tuple(
            replace(rollout, reward=replace(reward, total=total))
            for rollout, reward, total in totals
        ),
    )
    assert prepare(network, [shaped], CONFIG) == []
    assert prepare(network, [shaped], replace(CONFIG, variance_of="reward"))


async def test_a_row_that_is_too_long_is_left_out_and_the_others_are_compared_with_it(
    network: Network, group: Group
) -> None:
    lengths = sorted(len(row.ids) for rollout in group.rollouts for row in rollout.rows)
    (fitting,), count = without_long_rows([group], lengths[-1] - 1)
    assert count == lengths.count(lengths[-1])
    assert fitting.rewards == group.rewards
    left = prepare(network, [fitting], replace(CONFIG, tree_tokens=lengths[-1] - 1))
    rows = [row for minibatch in left for row in minibatch.tree.rows]
    assert sorted(len(row.ids) for row in rows) == lengths[:-count]
    assert without_long_rows([group], lengths[-1]) == ([group], 0)
    nothing, count = without_long_rows([group], 1)
    assert count == len(lengths)
    assert prepare(network, nothing, CONFIG) == []


async def test_tokens_likelier_to_the_trainer_than_to_the_sampler_weigh_more(
    network: Network, group: Group
) -> None:
    (minibatch,) = prepare(network, [group], CONFIG)
    assert minibatch.sampler_S is not None

    def loss(minibatch: Minibatch) -> float:
        with torch.no_grad():
            found_S = logprobs(
                network, minibatch.tree, ImageFeatures(network, minibatch.group.pictures)
            )
            return float(minibatch_loss(minibatch, found_S, CONFIG)[0])

    expected = -(minibatch.advantages_S * minibatch.weights_S).sum()
    assert loss(minibatch) == pytest.approx(float(expected), abs=1e-4)
    halved = replace(minibatch, sampler_S=minibatch.sampler_S - math.log(1.5))
    assert loss(halved) == pytest.approx(1.5 * float(expected), abs=1e-4)
    far = replace(minibatch, sampler_S=minibatch.sampler_S - 9)
    assert loss(far) == pytest.approx(2 * float(expected), abs=1e-4)


async def test_a_gradient_that_is_not_finite_changes_nothing(
    network: Network, group: Group
) -> None:
    before = copy.deepcopy(network.model.state_dict())
    (minibatch,) = prepare(network, [group], CONFIG)
    broken = replace(minibatch, advantages_S=minibatch.advantages_S * math.inf)
    assert update(network, optimizer_of(network, CONFIG), [broken], CONFIG)["skipped"] == 1
    assert all(
        torch.equal(weight, before[name]) for name, weight in network.model.state_dict().items()
    )


async def test_what_cannot_be_trained_is_refused(
    network: Network, group: Group, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="at least two"):
        Group(group.rollouts[:1], {})
    with pytest.raises(UsageError, match="needs a reference"):
        prepare(network, [group], replace(CONFIG, kl=0.01))
    (trajectory,) = await play(network, tmp_path / "one", 1)
    assert group_of([trajectory], RULES["score"]) is None
    steps = [replace(step, turn=replace(step.turn, tokens=None)) for step in trajectory.steps]
    with pytest.raises(UsageError, match="without tokens"):
        group_of([replace(trajectory, steps=tuple(steps))] * 2, RULES["score"])


async def test_a_device_without_memory_is_reported_with_the_remedy(
    network: Network, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    minibatches = prepare(network, [group], CONFIG)
    monkeypatch.setattr(network, "spoken_logprobs", full)
    with pytest.raises(PolicyFault, match="lower tree_tokens"):
        update(network, optimizer_of(network, CONFIG), minibatches, CONFIG)
