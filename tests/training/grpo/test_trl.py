"""Loss and gradients agree with those of trl's GRPOTrainer, on turns with pictures between them."""

import math
import random
import warnings
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vigorl.browser.picture import Picture
from vigorl.policy.family import family_named
from vigorl.policy.images import FittedImage
from vigorl.training.data.rows import Row
from vigorl.training.grpo.groups import Group, Rollout
from vigorl.training.grpo.rewards import Reward

torch = pytest.importorskip("torch")
trl = pytest.importorskip("trl")
datasets = pytest.importorskip("datasets")

from torch import Tensor  # noqa: E402
from transformers import Qwen2VLImageProcessorPil  # noqa: E402

from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import Architecture, write_tiny_checkpoint  # noqa: E402
from vigorl.training.compute.image_features import ImageFeatures  # noqa: E402
from vigorl.training.compute.prefix_tree import logprobs  # noqa: E402
from vigorl.training.grpo.update import (  # noqa: E402
    GrpoConfig,
    Minibatch,
    Normalisation,
    minibatch_loss,
    prepare,
)

pytestmark = pytest.mark.model

LONGEST = 40
KL = 0.05


def rollouts(network: Network, pictures: list[Picture]) -> list[Rollout]:
    """A screen, a thought, a look closer and more thought; shorter where nobody looked."""
    drawn = random.Random(0)
    start, end = (
        network.codec.tokenizer.convert_tokens_to_ids(f"<|vision_{side}|>")
        for side in ("start", "end")
    )
    cell_px = network.family.size.cell_px

    def words(count: int) -> list[int]:
        return drawn.choices(range(20, 250), k=count)

    def shown(index: int, wide: int, high: int) -> tuple[list[int], FittedImage]:
        ids = [start, *[network.codec.cell_id] * (wide * high), end]
        return ids, FittedImage(pictures[index], wide * cell_px, high * cell_px)

    screen, screen_image = shown(0, 5, 4)
    prompt = [*words(6), *screen, *words(5)]
    found = []
    for number, looks in enumerate([1, 0, 2, 1]):
        ids, is_sampled = list(prompt), [False] * len(prompt)
        images = [screen_image.shown]
        for look in range(looks + 1):
            said = words(drawn.randrange(4, 12))
            ids += said
            is_sampled += [True] * len(said)
            if look < looks:
                cells, image = shown(1 + (number + look) % 2, 2, 3)
                told = [*words(3), *cells, *words(2)]
                ids += told
                is_sampled += [False] * len(told)
                images.append(image.shown)
        noted = tuple(-drawn.uniform(5, 9) for _ in range(sum(is_sampled)))
        row = Row(tuple(ids), tuple(is_sampled), noted, tuple(images))
        reward = [1.2, 0.1, 1.0, 0.0][number]
        found.append(Rollout((row,), Reward(reward, True, 0, reward)))
    return found


def trainer_of(network: Network, checkpoint: Path, folder: Path, loss_type: str) -> Any:
    with warnings.catch_warnings():
        # Its configuration uses an option of transformers that is on its way out.
        warnings.simplefilter("ignore", FutureWarning)
        arguments = trl.GRPOConfig(
            output_dir=str(folder),
            use_cpu=True,
            bf16=False,
            report_to=[],
            num_generations=2,
            per_device_train_batch_size=4,
            loss_type=loss_type,
            beta=KL,
            epsilon=0.2,
            epsilon_high=0.28,
            delta=GrpoConfig().clip_dual,
            max_completion_length=LONGEST,
            use_bias_correction_kl=False,
        )
        trainer = trl.GRPOTrainer(
            model=str(checkpoint),
            reward_funcs=lambda completions, **_: [0.0] * len(completions),
            args=arguments,
            train_dataset=datasets.Dataset.from_dict({"prompt": ["?"] * 4}),
            processing_class=network.codec.tokenizer,
        )
    trainer.model.load_state_dict(network.model.state_dict())
    trainer.model.eval()
    # As it is where another program samples.
    trainer.use_vllm = True
    trainer.vllm_importance_sampling_correction = True
    return trainer


def in_table(row: Row, values: Tensor, first: int, width: int) -> Tensor:
    """Numbers of sampled tokens at their places behind the prompt, 0 elsewhere, [width]."""
    table_T = torch.zeros(width)
    table_T[torch.tensor(row.sampled_at) - first] = values
    return table_T


def inputs_of(
    network: Network,
    rows: list[Row],
    minibatch: Minibatch,
    pictures: dict[str, Picture],
    cap: float,
) -> dict[str, Any]:
    """The same batch as the trainer has it: padded, with masks."""
    first = rows[0].sampled_at[0]
    width = max(len(row.ids) for row in rows) - first
    padded = torch.tensor([[*row.ids, *[0] * (first + width - len(row.ids))] for row in rows])
    is_token = torch.tensor(
        [[1] * len(row.ids) + [0] * (first + width - len(row.ids)) for row in rows]
    )
    is_sampled = torch.stack([in_table(row, torch.tensor(1.0), first, width) for row in rows])
    processor = Qwen2VLImageProcessorPil.from_pretrained(network.path)
    seen = processor(
        images=[
            FittedImage(pictures[each.sha256], each.width_px, each.height_px).image()
            for row in rows
            for each in row.images
        ],
        do_resize=False,
        return_tensors="pt",
    )
    assert minibatch.old_S is not None and minibatch.reference_S is not None
    assert minibatch.sampler_S is not None
    row_S = minibatch.tree.row_S
    place = {number: index for index, number in enumerate(minibatch.tree.numbers)}

    def table(values_S: Tensor) -> Tensor:
        return torch.stack(
            [
                in_table(row, values_S[row_S == place[number]], first, width)
                for number, row in enumerate(rows)
            ]
        )

    return {
        "prompt_ids": padded[:, :first],
        "prompt_mask": is_token[:, :first],
        "completion_ids": padded[:, first:],
        "completion_mask": is_token[:, first:],
        "tool_mask": is_sampled,
        "advantages": table(minibatch.advantages_S).amax(1) + table(minibatch.advantages_S).amin(1),
        "old_per_token_logps": table(minibatch.old_S),
        "ref_per_token_logps": table(minibatch.reference_S),
        "importance_sampling_ratio": table(
            (minibatch.old_S - minibatch.sampler_S).exp().clamp(max=cap)
        ),
        "num_items_in_batch": is_sampled.sum(),
        "num_images": [len(row.images) for row in rows],
        "pixel_values": seen["pixel_values"],
        "image_grid_thw": seen["image_grid_thw"],
        "mm_token_type_ids": (padded == network.codec.cell_id).int(),
    }


@pytest.mark.parametrize(
    ("normalisation", "architecture"),
    [
        ("dapo", "qwen2_5_vl"),
        ("grpo", "qwen3_vl"),
        ("dr_grpo", "qwen3_vl"),
        pytest.param("dapo", "qwen3_vl", marks=pytest.mark.slow),
        pytest.param("grpo", "qwen2_5_vl", marks=pytest.mark.slow),
        pytest.param("dr_grpo", "qwen2_5_vl", marks=pytest.mark.slow),
    ],
)
def test_loss_and_gradients_are_those_of_trl(
    tmp_path: Path,
    architecture: Architecture,
    normalisation: Normalisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vigorl.training.grpo.update._K3_BOUND", math.inf)  # theirs has none
    torch.set_num_threads(1)
    checkpoint = write_tiny_checkpoint(tmp_path / "policy", architecture)
    family = family_named({"qwen2_5_vl": "qwen2.5-vl", "qwen3_vl": "qwen3-vl"}[architecture])
    network = Network(str(checkpoint), family)
    reference = Network(str(write_tiny_checkpoint(tmp_path / "other", architecture, 1)), family)
    for each in (network, reference):
        # The trainer's softmax is over placeholders as well.
        each._forbidden = torch.tensor([], dtype=torch.int64)
    drawn = random.Random(1)
    pictures = [
        Picture.from_image(Image.frombytes("RGB", (64, 64), drawn.randbytes(64 * 64 * 3)))
        for _ in range(3)
    ]
    group = Group(
        tuple(rollouts(network, pictures)), {picture.sha256: picture for picture in pictures}
    )
    config = GrpoConfig(kl=KL, normalisation=normalisation, longest_tokens=LONGEST)
    (minibatch,) = prepare(network, [group], config, reference=reference, is_first=False)
    with torch.no_grad():
        torch.manual_seed(2)
        for weight in network.model.parameters():
            weight.add_(0.02 * torch.randn_like(weight))
    features = ImageFeatures(network, group.pictures)
    found_S = logprobs(network, minibatch.tree, features)
    assert minibatch.old_S is not None
    ratio_S = (found_S.detach() - minibatch.old_S).exp()
    assert float(ratio_S.min()) < 0.8 and float(ratio_S.max()) > 1.28

    trainer = trainer_of(network, checkpoint, tmp_path / "trl", normalisation)
    rows = [rollout.rows[0] for rollout in group.rollouts]
    inputs = inputs_of(network, rows, minibatch, dict(group.pictures), config.importance_cap)
    theirs = trainer._compute_loss(trainer.model, inputs)
    ours, _ = minibatch_loss(minibatch, found_S, config)
    assert float(ours.detach()) == pytest.approx(float(theirs.detach()), abs=1e-6)

    torch.autograd.backward(ours)
    features.backward()
    torch.autograd.backward(theirs)
    gradients = dict(trainer.model.named_parameters())
    for name, weight in network.model.named_parameters():
        expected = gradients[name].grad
        if expected is not None:
            assert weight.grad is not None
            scale = max(1.0, float(expected.abs().max()))
            torch.testing.assert_close(weight.grad, expected, atol=1e-6 * scale, rtol=0, msg=name)
