"""A tree gives every row the numbers that it would get alone."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Hardware
from vigorl.policy.family import family_named
from vigorl.policy.images import FittedImage, token_count
from vigorl.policy.policy import ShownImage
from vigorl.training.data.rows import Row

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from torch.nn.attention.flex_attention import flex_attention  # noqa: E402
from torch.nn.functional import scaled_dot_product_attention  # noqa: E402
from transformers.integrations import flex_attention as flex_module  # noqa: E402

from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import Architecture, write_tiny_checkpoint  # noqa: E402
from vigorl.training.compute import prefix_tree as tree_module  # noqa: E402
from vigorl.training.compute.image_features import ImageFeatures  # noqa: E402
from vigorl.training.compute.prefix_tree import PrefixTree, build_trees, logprobs  # noqa: E402
from vigorl.training.compute.tree_attention import BLOCK, NodeRun, runs_of, sparse_mask  # noqa: E402

pytestmark = pytest.mark.model

FAMILIES: dict[Architecture, str] = {
    "qwen2_5_vl": "qwen2.5-vl",
    "qwen3_vl": "qwen3-vl",
    "qwen3": "nano",
}
CELL = 9
"""Stands for a cell of a picture where there is no network."""


@pytest.fixture(params=FAMILIES, scope="module")
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    torch.set_num_threads(1)
    folder = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), request.param)
    return Network(str(folder), family_named(FAMILIES[request.param]))


def noise(seed: int) -> Picture:
    return Picture.from_image(
        Image.frombytes("RGB", (64, 64), random.Random(seed).randbytes(64 * 64 * 3))
    )


PICTURES = {picture.sha256: picture for picture in map(noise, range(3))}
SCREEN, LOOK, OTHER = PICTURES
"""Of pictures, their hashes."""


def dense_mask(ends_L: Tensor) -> Tensor:
    """Whom each node attends to, bool [L, L]: the node of the row to that of the column."""
    node_L = torch.arange(len(ends_L))
    return (node_L[None, :] <= node_L[:, None]) & (node_L[:, None] < ends_L[None, :])


def words(count: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(20, 250), k=count)


def row_of(network: Network, *parts: tuple[list[int], bool] | ShownImage) -> Row:
    """Texts, each sampled or not, and pictures, one after another."""
    start, end = (
        network.codec.tokenizer.convert_tokens_to_ids(f"<|vision_{side}|>")
        for side in ("start", "end")
    )
    ids: list[int] = []
    is_sampled: list[bool] = []
    images = []
    for part in parts:
        if isinstance(part, ShownImage):
            cells = token_count(part, network.family.size)
            text, sampled = [start, *[network.codec.cell_id] * cells, end], False
            images.append(part)
        else:
            text, sampled = part
        ids += text
        is_sampled += [sampled] * len(text)
    return Row(tuple(ids), tuple(is_sampled), None, tuple(images))


def episodes(network: Network) -> list[Row]:
    """Turns with looks closer: forks between turns, in mid-turn and at pictures; a whole copy,
    a row that is another's beginning, and one whose history was rewritten."""
    cell_px = network.family.size.cell_px

    def shown(sha256: str, high: int, wide: int) -> list[ShownImage]:
        return [] if network.family.reads else [ShownImage(sha256, wide * cell_px, high * cell_px)]

    screen, look, other = shown(SCREEN, 3, 5), shown(LOOK, 2, 2), shown(OTHER, 4, 2)
    prompt = (words(7, 0), False)
    first, second, third = (words(9, seed) for seed in (1, 2, 3))
    told = (words(4, 4), False)
    return [
        row_of(network, prompt, *screen, told, (first, True)),
        row_of(network, prompt, *screen, told, ([*first[:5], *second], True)),
        row_of(network, prompt, *screen, told, (first, True), told, *look, told, (second, True)),
        row_of(network, prompt, *screen, told, (first, True), told, *other, told, (second, True)),
        row_of(
            network, prompt, *screen, told, (first, True), told, *look, told, (second, True), told,
            *screen, *other, (third, True),
        ),
        row_of(network, prompt, *screen, told, (first, True)),
        row_of(network, prompt, *screen, told, ([*first[:5], *third], True), told, (first, True)),
        row_of(network, prompt, *shown(SCREEN, 5, 3), told, (first, True)),
        row_of(network, told, *other, prompt, (third, True)),
    ]  # fmt: skip


def alone(network: Network, row: Row) -> Tensor:
    """The log-probabilities of a row by itself."""
    images = tuple(
        FittedImage(PICTURES[image.sha256], image.width_px, image.height_px) for image in row.images
    )
    return network.logprobs(Prompt(row.ids, images), row.sampled_at)


def in_trees(
    network: Network, rows: Sequence[Row], tree_tokens: int, features: ImageFeatures | None = None
) -> list[Tensor]:
    """The same from trees, row by row, in the order of the rows."""
    found: dict[int, Tensor] = {}
    features = features or ImageFeatures(network, PICTURES)
    for tree in build_trees(rows, network.codec.cell_id, tree_tokens):
        logprobs_S = logprobs(network, tree, features)
        for index, number in enumerate(tree.numbers):
            found[number] = logprobs_S[tree.row_S == index]
    return [found[number] for number in range(len(rows))]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("tree_tokens", [10_000, 100])
def test_log_probabilities_and_gradients_are_those_of_row_by_row(
    network: Network, tree_tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = episodes(network)
    trees = build_trees(rows, network.codec.cell_id, tree_tokens)
    assert (len(trees) > 1) == (tree_tokens == 100)
    weights = [torch.randn(len(row.sampled_at)) for row in rows]

    features = ImageFeatures(network, PICTURES)
    encoded: list[ShownImage] = []
    see = network.see

    def counted(images: Sequence[FittedImage]) -> Any:
        encoded.extend(image.shown for image in images)
        return see(images)

    monkeypatch.setattr(network, "see", counted)

    def gradients(scores: list[Tensor]) -> dict[str, Tensor]:
        network.model.zero_grad()
        torch.autograd.backward(
            sum((weight * score).sum() for weight, score in zip(weights, scores, strict=True))
        )
        if scores is by_tree:
            features.backward()
        return {
            name: weight.grad.clone()
            for name, weight in network.model.named_parameters()
            if weight.grad is not None
        }

    by_row = [alone(network, row) for row in rows]
    by_tree = in_trees(network, rows, tree_tokens, features)
    assert sorted(map(str, encoded)) == sorted({str(image) for row in rows for image in row.images})
    for one, other in zip(by_row, by_tree, strict=True):
        torch.testing.assert_close(other, one, atol=1e-5, rtol=0)
    expected, found = gradients(by_row), gradients(by_tree)
    assert found.keys() == expected.keys()
    for name in expected:
        scale = float(expected[name].abs().max())
        torch.testing.assert_close(found[name], expected[name], atol=1e-5 * max(1, scale), rtol=0)
    assert any("visual" in name for name in found) != network.family.reads


def test_each_distinct_token_is_computed_once(network: Network) -> None:
    rows = episodes(network)
    (tree,) = build_trees(rows, network.codec.cell_id, 10_000)
    opening = network.codec.tokenizer.convert_tokens_to_ids("<|vision_start|>")
    distinct = {
        (row.ids[: place + 1], row.images[: row.ids[:place].count(opening)])
        for row in rows
        for place in range(len(row.ids))
    }
    assert len(tree.ids_L) == len(distinct) < 0.5 * sum(len(row.ids) for row in rows)
    assert len(tree.images) == len({image for row in rows for image in row.images})


@torch.no_grad()
def test_a_node_that_is_not_seen_and_a_swapped_picture_would_show(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = episodes(network)[:3]
    (tree,) = build_trees(rows, network.codec.cell_id, 10_000)
    expected = torch.cat([alone(network, row) for row in tree.rows])

    def drift(pictures: dict[str, Picture]) -> float:
        return float(
            (logprobs(network, tree, ImageFeatures(network, pictures)) - expected).abs().max()
        )

    assert drift(PICTURES) < 1e-5
    if not network.family.reads:
        assert drift({**PICTURES, SCREEN: PICTURES[OTHER]}) > 1e-3

    def blind(places: Sequence[Tensor]) -> list[NodeRun]:
        first, second, *others = runs_of(places)
        assert second.sees_1_1_R_T is not None
        sees_1_1_R_T = second.sees_1_1_R_T.clone()
        sees_1_1_R_T[..., 3] = False
        return [first, replace(second, sees_1_1_R_T=sees_1_1_R_T), *others]

    monkeypatch.setattr(tree_module, "runs_of", blind)
    assert drift(PICTURES) > 1e-3


def plain(*ids: int) -> Row:
    return Row(ids, (False, *[True] * (len(ids) - 1)), None, ())


def test_a_tree_drawn_by_hand() -> None:
    rows = [plain(1, 2, 5), plain(1, 2, 3, 4), plain(1, 6), plain(1, 2, 3)]
    (tree,) = build_trees(rows, CELL, 100)
    assert tree.ids_L.tolist() == [1, 2, 3, 4, 5, 6]
    assert tree.ends_L.tolist() == [6, 5, 4, 4, 5, 6]
    assert tree.numbers == (3, 1, 0, 2)
    assert [places.tolist() for places in tree.places] == [
        [0, 1, 2],
        [0, 1, 2, 3],
        [0, 1, 4],
        [0, 5],
    ]
    assert tree.row_S.tolist() == [0, 0, 1, 1, 1, 2, 2, 3]
    assert dense_mask(tree.ends_L).int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [1, 0, 0, 0, 0, 1],
    ]


def seen_in_runs(tree: PrefixTree) -> Tensor:
    """Whom each node attends to, bool [L, L], as its run says."""
    mask_L_L = torch.zeros(len(tree.ids_L), len(tree.ids_L), dtype=torch.bool)
    for run in runs_of(tree.places):
        nodes_R = torch.arange(run.nodes.start, run.nodes.stop)
        sees_R_T = torch.ones(len(nodes_R), len(nodes_R), dtype=torch.bool).tril()
        if run.sees_1_1_R_T is not None:
            sees_R_T = run.sees_1_1_R_T[0, 0]
        path_T = torch.cat([run.ancestors_P, nodes_R])
        mask_L_L[nodes_R[:, None], path_T[None, :]] = sees_R_T
    return mask_L_L


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 3), min_size=2, max_size=12), min_size=1, max_size=12),
    st.integers(12, 40),
)
def test_any_rows_become_trees_in_which_each_finds_its_own_path(
    texts: list[list[int]], tree_tokens: int
) -> None:
    rows = [plain(*text) for text in texts]
    trees = build_trees(rows, CELL, tree_tokens)
    assert sorted(number for tree in trees for number in tree.numbers) == list(range(len(rows)))
    for tree in trees:
        assert len(tree.ids_L) <= tree_tokens
        prefixes = {row.ids[:stop] for row in tree.rows for stop in range(1, len(row.ids) + 1)}
        assert len(tree.ids_L) == len(prefixes)
        mask_L_L = dense_mask(tree.ends_L)
        assert torch.equal(seen_in_runs(tree), mask_L_L)
        for number, row, places_T in zip(tree.numbers, tree.rows, tree.places, strict=True):
            assert row is rows[number]
            assert tree.ids_L[places_T].tolist() == list(row.ids)
            for depth, place in enumerate(places_T, 1):
                assert mask_L_L[place].nonzero()[:, 0].tolist() == places_T[:depth].tolist()


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("length", [3 * BLOCK, 3 * BLOCK + 17])
def test_the_sparse_mask_is_the_dense_one(length: int) -> None:
    drawn = random.Random(length)
    trunk = drawn.choices(range(100), k=200)
    rows, size = [], 0
    while size < length:
        shared, added = drawn.randrange(150, 200), drawn.randrange(20, 90)
        rows.append(plain(*trunk[:shared], *drawn.choices(range(100, 10**6), k=added)))
        (tree,) = build_trees(rows, -1, 10**6)
        size = len(tree.ends_L)
    mask = sparse_mask(tree.ends_L)
    assert mask.full_kv_num_blocks is not None and int(mask.full_kv_num_blocks.sum()) > 0
    torch.manual_seed(0)
    queries, keys, values = torch.randn(3, 1, 2, size, 16)
    found = flex_attention(queries, keys, values, block_mask=mask)
    expected = scaled_dot_product_attention(queries, keys, values, dense_mask(tree.ends_L))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_a_network_attends_through_the_sparse_mask_as_through_runs(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = episodes(network)
    expected = in_trees(network, rows, 10_000)

    def uncompiled(query: Tensor, key: Tensor, value: Tensor, **how: Any) -> Any:
        wanted = ("score_mod", "block_mask", "enable_gqa", "scale")
        return flex_attention(query, key, value, **{name: how[name] for name in wanted})

    monkeypatch.setattr(tree_module, "mask_of", sparse_mask)
    monkeypatch.setattr(flex_module, "compile_friendly_flex_attention", uncompiled)
    for found, one in zip(in_trees(network, rows, 10_000), expected, strict=True):
        torch.testing.assert_close(found, one, atol=1e-5, rtol=0)
    # A network that has learnt through it plays and is replayed as before.
    torch.testing.assert_close(alone(network, rows[0]), expected[0], atol=1e-5, rtol=0)


def test_pictures_that_do_not_fit_are_refused() -> None:
    image = ShownImage("a", 56, 28)
    row = Row((1, CELL, CELL, 2), (False, False, False, True), None, (image,))
    with pytest.raises(InconsistentData, match="more runs of placeholders"):
        build_trees([replace(row, images=())], CELL, 100)
    with pytest.raises(InconsistentData, match="no placeholders"):
        build_trees([replace(row, images=(image, image))], CELL, 100)
    with pytest.raises(InconsistentData, match="1 cells for a picture of 2"):
        build_trees([row, replace(row, ids=(1, CELL, 3, 2))], CELL, 100)
    with pytest.raises(UsageError, match="does not fit"):
        build_trees([row], CELL, 3)


def test_a_missing_picture_is_named(network: Network) -> None:
    if network.family.reads:
        pytest.skip("sees no pictures")
    (tree,) = build_trees(episodes(network)[:1], network.codec.cell_id, 1000)
    with pytest.raises(InconsistentData, match=SCREEN):
        logprobs(network, tree, ImageFeatures(network, {}))


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", FAMILIES)
def test_on_cuda_the_sparse_mask_gives_the_numbers_of_row_by_row(
    architecture: Architecture, tmp_path: Path
) -> None:
    folder = write_tiny_checkpoint(tmp_path, architecture)
    hardware = Hardware(device="cuda", dtype="float32")
    network = Network(str(folder), family_named(FAMILIES[architecture]), hardware)
    rows = episodes(network)
    by_row = [alone(network, row) for row in rows]
    by_tree = in_trees(network, rows, 10_000)
    for one, other in zip(by_row, by_tree, strict=True):
        torch.testing.assert_close(other, one, atol=1e-4, rtol=0)
    weights = [weight for name, weight in network.model.named_parameters() if ".layers." in name]
    found, expected = (
        torch.autograd.grad(sum(score.sum() for score in scores), weights)
        for scores in (by_tree, by_row)
    )
    for one, other in zip(expected, found, strict=True):
        assert float((other - one).abs().max()) < 1e-3 * max(1.0, float(one.abs().max()))
