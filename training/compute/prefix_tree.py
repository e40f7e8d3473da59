"""Rows that share beginnings, laid out as one tree in which every token is computed once.

A group of trajectories shares its prompt, above all a thousand cells of a picture, and often its
first turns. Sorted, each row adds only what follows its longest common beginning with the row
before; so the tokens stand in depth-first order, and one number a token, the end of its subtree,
says all about who descends from whom::

    row a   ■ ■ ■ p q r      node   0  1  2  3  4  5  6  7  8
    row b   ■ ■ ■ p s t             ■──■──■──p──q──r
    row c   ■ ■ ■ v                       │  └────────s──t
                                          └─────────────────v
                             end    9  9  9  8  6  6  8  8  9

    query attends to key   ⇔   key ≤ query < end[key]

Every token has the position that it has in its rows, so each is computed from just what it would
be computed from alone. Its log-probability is gathered to every row that holds it, and gradients
flow back the same way. Two cells of pictures are one only if the pictures are; each picture is
encoded once (`vigorl.training.compute.image_features`), and each node attends to its path without
a mask of all nodes to all nodes (`vigorl.training.compute.tree_attention`).

Axes: L nodes of a tree, T tokens of a row, S sampled tokens of a tree's rows, U nodes that were
sampled in any, N cells of pictures, D width, A axes of a position (3 where pictures have rows and
columns, or 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.policy.local.codec import Prompt
from vigorl.policy.local.copying import NextTokens
from vigorl.policy.local.network import Network
from vigorl.policy.policy import ShownImage
from vigorl.training.compute.image_features import ImageFeatures
from vigorl.training.compute.tree_attention import TREE_ATTENTION, mask_of, runs_of
from vigorl.training.data.rows import Row


@dataclass(frozen=True)
class PrefixTree:
    """Some rows and the nodes that their tokens share."""

    rows: tuple[Row, ...]
    numbers: tuple[int, ...]
    """Which of the rows that trees were built of these are."""
    ids_L: Tensor
    """int64."""
    ends_L: Tensor
    """int64: the first node behind the subtree of this one."""
    places: tuple[Tensor, ...]
    """Of each row: the node of every token, each [T] int64."""
    images: tuple[ShownImage, ...]
    """Each once."""
    cells_L: Tensor
    """int64: which cell of `images`, counted through; -1 where there is text."""

    @property
    def row_S(self) -> Tensor:
        """For every sampled token, row after row: which of `rows` it is in, int64."""
        counts = torch.tensor([sum(row.is_sampled) for row in self.rows])
        return torch.arange(len(self.rows)).repeat_interleave(counts)


def build_trees(rows: Sequence[Row], cell_id: int, tree_tokens: int) -> list[PrefixTree]:
    """Lay rows out as trees of at most so many nodes, as few as the order of the rows allows.

    Where one tree would be too large, rows are divided among several, each with its own copy of
    the shared beginning: nothing is approximated.

    Args:
        rows: Of one group, in any order.
        cell_id: The token that stands for a cell of a picture.
        tree_tokens: Most nodes of one tree.

    Raises:
        UsageError: a single row has more tokens.
        InconsistentData: placeholders and pictures do not belong together.
    """
    keys = _keys(rows, cell_id)[0]
    trees: list[list[int]] = []
    size = 0
    for number in sorted(range(len(rows)), key=keys.__getitem__):
        length = len(keys[number])
        if length > tree_tokens:
            raise UsageError(
                f"a row of {length} tokens does not fit into a tree of {tree_tokens}: allow "
                "trees that long, or let episodes have fewer steps or smaller pictures"
            )
        added = length - (_common(keys[trees[-1][-1]], keys[number]) if trees else 0)
        if not trees or size + added > tree_tokens:
            trees.append([])
            size, added = 0, length
        trees[-1].append(number)
        size += added
    return [_tree([rows[number] for number in tree], tree, cell_id) for tree in trees]


def _tree(rows: Sequence[Row], numbers: Sequence[int], cell_id: int) -> PrefixTree:
    """One tree of rows that are sorted by their keys."""
    keys, images = _keys(rows, cell_id)
    tokens: list[int] = []
    ends: list[int] = []
    path: list[int] = []
    places = []
    for row, after in zip(keys, [*keys[1:], ()], strict=True):
        added = row[len(path) :]
        path = [*path, *range(len(tokens), len(tokens) + len(added))]
        places.append(torch.tensor(path))
        tokens += added
        ends += [0] * len(added)
        shared = _common(row, after)
        for finished in path[shared:]:
            ends[finished] = len(tokens)
        path = path[:shared]
    keys_L = torch.tensor(tokens)
    return PrefixTree(
        rows=tuple(rows),
        numbers=tuple(numbers),
        ids_L=keys_L.where(keys_L >= 0, cell_id),
        ends_L=torch.tensor(ends),
        places=tuple(places),
        images=images,
        cells_L=(-1 - keys_L).where(keys_L < 0, -1),
    )


def _keys(
    rows: Sequence[Row], cell_id: int
) -> tuple[list[tuple[int, ...]], tuple[ShownImage, ...]]:
    """What makes a token the same as another behind the same beginning.

    Returns:
        For every row its ids, -1 - n in the place of the n-th cell of all pictures; and these.
    """
    firsts: dict[ShownImage, tuple[int, int]] = {}
    count = 0
    keys = []
    for row in rows:
        key: list[int] = []
        images = list(row.images)
        for is_picture, run in groupby(row.ids, key=cell_id.__eq__):
            ids = list(run)
            if is_picture:
                if not images:
                    raise InconsistentData("a row has more runs of placeholders than pictures")
                first, cells = firsts.setdefault(images.pop(0), (count, len(ids)))
                if cells != len(ids):
                    raise InconsistentData(f"{len(ids)} cells for a picture of {cells}")
                count = max(count, first + cells)
                ids = [-1 - cell for cell in range(first, first + cells)]
            key += ids
        if images:
            raise InconsistentData(f"{len(images)} pictures of a row have no placeholders")
        keys.append(tuple(key))
    return keys, tuple(firsts)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two rows have in common from the start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def logprobs(network: Network, tree: PrefixTree, features: ImageFeatures) -> Tensor:
    """Log-probabilities of the sampled tokens of all rows, one after another, in one pass.

    Args:
        network: The model to ask; gradients flow where they are enabled.
        tree: What was sampled.
        features: The group's pictures as this network sees them.

    Returns:
        [S] float32, at temperature 1 over the tokens that may be sampled; `tree.row_S` says
        whose they are.

    Raises:
        InconsistentData: a picture is missing, or does not fit its placeholders.
    """
    parents_L = torch.zeros_like(tree.ids_L)
    for places_T in tree.places:
        parents_L[places_T[1:]] = places_T[:-1]
    node_S = torch.cat(
        [places_T[row.sampled_at] for row, places_T in zip(tree.rows, tree.places, strict=True)]
    )
    node_U = torch.zeros_like(tree.ids_L).index_fill(0, node_S, 1).nonzero()[:, 0]
    hidden_L_D = _hidden(network, tree, features)
    device = network.device
    logprobs_U = network.spoken_logprobs(
        hidden_L_D[parents_L[node_U].to(device)],
        tree.ids_L[node_U].to(device),
        _choices(network, tree, node_U),
    )
    logprobs_L = logprobs_U.new_zeros(len(tree.ids_L)).index_put((node_U.to(device),), logprobs_U)
    return logprobs_L[node_S.to(device)]


def _choices(network: Network, tree: PrefixTree, node_U: Tensor) -> list[NextTokens | None]:
    """What the tokens of nodes were chosen from.

    A row without log-probabilities was not sampled by us: it is learnt as any text is, from all
    tokens.
    """
    by_node: dict[int, NextTokens | None] = {}
    for row, places_T in zip(tree.rows, tree.places, strict=True):
        if row.logprobs is not None:
            choices = network.choices(row.ids, row.sampled_at)
            by_node |= zip(places_T[row.sampled_at].tolist(), choices, strict=True)
    return [by_node.get(node) for node in node_U.tolist()]


def _hidden(network: Network, tree: PrefixTree, features: ImageFeatures) -> Tensor:
    """The last hidden state of every node, [L, D]."""
    device = network.device
    inner = network.model.model
    language = getattr(inner, "language_model", inner)
    embedded_L_D = language.embed_tokens(tree.ids_L.to(device))
    seen: dict[str, Any] = {}
    if tree.images:
        is_cell_L = (tree.cells_L >= 0).to(device)
        cells_N = tree.cells_L[tree.cells_L >= 0].to(device)
        cells_N_D, deepstack = features.of(tree.images)
        embedded_L_D = embedded_L_D.index_put(
            (is_cell_L.nonzero()[:, 0],), cells_N_D[cells_N].to(embedded_L_D.dtype)
        )
        if deepstack:
            seen["visual_pos_masks"] = is_cell_L[None]
            seen["deepstack_visual_embeds"] = [layer_N_D[cells_N] for layer_N_D in deepstack]
    positions_A_L = _positions(network, tree, features).to(device)
    language.config._attn_implementation = TREE_ATTENTION
    output = language(
        inputs_embeds=embedded_L_D[None],
        position_ids=positions_A_L if len(positions_A_L) == 1 else positions_A_L[:, None],
        attention_mask=mask_of(tree.ends_L.to(device)),
        runs=runs_of(tree.places),
        use_cache=False,
        **seen,
    )
    hidden_L_D: Tensor = output.last_hidden_state[0]
    return hidden_L_D


def _positions(network: Network, tree: PrefixTree, features: ImageFeatures) -> Tensor:
    """The position of every node, [A, L] int64: the one that it has in any of its rows."""
    of_rows = [
        network.positions(Prompt(row.ids, tuple(map(features.fitted, row.images))))
        for row in tree.rows
    ]
    positions_A_L = of_rows[0].new_zeros(len(of_rows[0]), len(tree.ids_L))
    for positions_A_T, places_T in zip(of_rows, tree.places, strict=True):
        positions_A_L[:, places_T] = positions_A_T
    return positions_A_L
