"""Packed rows: every branch gets the numbers that it would get alone."""

from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn.attention.flex_attention import flex_attention
from transformers import Qwen2VLImageProcessorPil, Qwen3Config, Qwen3ForCausalLM
from transformers.integrations import flex_attention as flex_module

from vigorl.training.compute.tree_attention import mask_of, sparse_mask
from vigorl.training.nano import packed as packed_module
from vigorl.training.nano.architecture import PixelNanoSize, build
from vigorl.training.nano.packed import PackedRows, forward
from vigorl.training.nano.vocabulary import Vocabulary

pytestmark = pytest.mark.model

HEIGHT, WIDTH = 96, 160
CELLS = 15


@pytest.fixture(scope="module")
def seeing() -> tuple[Any, Vocabulary]:
    model, words = build(PixelNanoSize(128, 4, 128, 4, (1, 2), 16), 0)
    louder(model)
    return model.eval(), words


def louder(model: Any) -> None:
    """Weights so large that a mistake of one position shows."""
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(4)


def rows_of(prefix: list[int], branches: list[list[int]], **pictures: Any) -> PackedRows:
    ids = [*prefix, *(token for branch in branches for token in branch), 0, 0]
    numbers = [number for number, branch in enumerate(branches, 1) for _ in branch]
    segments = [*[0] * len(prefix), *numbers, -1, -1]
    return PackedRows(
        torch.tensor([ids] * 2), torch.tensor([segments] * 2), torch.zeros(2, len(ids)), **pictures
    )


@torch.no_grad()
def test_a_branch_behind_a_picture_is_computed_as_if_it_were_alone(
    seeing: tuple[Any, Vocabulary],
) -> None:
    model, words = seeing
    pixels = torch.randint(0, 256, (2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    cell = words.id("<|image_pad|>")
    prefix = [words.id("<|im_start|>"), *words.ids("user\n"), words.id("<|vision_start|>")]
    first = len(prefix)
    prefix += [*[cell] * CELLS, words.id("<|vision_end|>")]
    branches = [words.ids("Save <think> (4"), words.ids("hello"), words.ids("other (44, 5)")]
    rows = rows_of(prefix, branches, pixels_B_H_W_3=pixels, first_cell=first)
    packed = forward(model, rows).hidden_B_L_D

    processor = Qwen2VLImageProcessorPil(
        patch_size=16,
        size={"shortest_edge": 1024, "longest_edge": 10**7},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    for picture in range(2):
        seen = processor(
            images=[Image.fromarray(pixels[picture].numpy())], do_resize=False, return_tensors="pt"
        )
        begins = len(prefix)
        for branch in branches:
            ids = torch.tensor([[*prefix, *branch]])
            places, _ = model.model.get_rope_index(
                ids,
                mm_token_type_ids=(ids == cell).int(),
                image_grid_thw=seen["image_grid_thw"],
            )
            alone = model.model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                position_ids=places,
                use_cache=False,
                **seen,
            ).last_hidden_state[0]
            stop = begins + len(branch)
            torch.testing.assert_close(
                packed[picture, begins:stop], alone[len(prefix) :], atol=1e-4, rtol=0
            )
            torch.testing.assert_close(
                packed[picture, : len(prefix)], alone[: len(prefix)], atol=1e-4, rtol=0
            )
            begins = stop


@pytest.mark.parametrize("prefix", [[3, 4, 5, 6], []])
@pytest.mark.parametrize("attention", [mask_of, sparse_mask])
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@torch.no_grad()
def test_a_branch_behind_a_text_is_computed_as_if_it_were_alone(
    prefix: list[int], attention: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    def uncompiled(query: Tensor, key: Tensor, value: Tensor, **how: Any) -> Any:
        wanted = ("score_mod", "block_mask", "enable_gqa", "scale")
        return flex_attention(query, key, value, **{name: how[name] for name in wanted})

    monkeypatch.setattr(packed_module, "mask_of", attention)
    monkeypatch.setattr(flex_module, "compile_friendly_flex_attention", uncompiled)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=50, hidden_size=64, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=32, pad_token_id=0,
    )  # fmt: skip
    model = Qwen3ForCausalLM(config).eval()
    louder(model)
    branches = [[7, 8, 9], [10], [11, 12]]
    packed = forward(model, rows_of(prefix, branches)).hidden_B_L_D[0]
    begins = len(prefix)
    for branch in branches:
        alone = model.model(input_ids=torch.tensor([[*prefix, *branch]])).last_hidden_state[0]
        torch.testing.assert_close(
            packed[begins : begins + len(branch)], alone[len(prefix) :], atol=1e-5, rtol=0
        )
        begins += len(branch)
