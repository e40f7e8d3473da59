"""Attention in a prefix tree (`vigorl.training.compute.prefix_tree`): each node sees its path.

No mask of all nodes to all nodes is ever made. On a CPU the run of nodes that a row adds attends
to that row's path alone; on CUDA FlexAttention gets the mask block by block (held to the numbers of
row by row on a GPU by `pytest -m gpu`, and uncompiled on a CPU).

Axes: L nodes of a tree, T nodes of a row, R nodes of a run, P those before it, J blocks of nodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.flex_attention import flex_attention_forward
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

BLOCK = 128
"""Nodes of a block of FlexAttention's mask."""

TREE_ATTENTION = "vigorl_tree"
"""The attention of a network that has learnt from a tree; it still generates as before."""


@dataclass(frozen=True)
class NodeRun:
    """The nodes that a row adds to a tree; they follow each other."""

    nodes: slice
    ancestors_P: Tensor
    """int64: the nodes before them in their row."""
    sees_1_1_R_T: Tensor | None
    """bool: whom of its path each node attends to; None where they have no ancestors, and each
    attends to those up to itself."""


def runs_of(places: Sequence[Tensor]) -> list[NodeRun]:
    """All nodes of a tree, run by run, from the nodes of its rows, each [T] int64."""
    runs = []
    first = 0
    for places_T in places:
        ancestors_P = places_T[places_T < first]
        end = int(places_T[-1]) + 1
        if end <= first:
            continue  # a row that another one holds
        size = end - first
        sees_R_T = torch.ones(size, len(places_T), dtype=torch.bool).tril(len(ancestors_P))
        sees_1_1_R_T = sees_R_T[None, None] if len(ancestors_P) else None
        runs.append(NodeRun(slice(first, end), ancestors_P, sees_1_1_R_T))
        first = end
    return runs


def mask_of(ends_L: Tensor) -> BlockMask | Tensor:
    """The mask of a tree as transformers is given it.

    Off CUDA the runs say all; in the mask's place stands something of its number of axes, so that
    no other is made.
    """
    return sparse_mask(ends_L) if ends_L.is_cuda else ends_L[None, None, None]


def sparse_mask(ends_L: Tensor) -> BlockMask:
    """Who attends to whom, for FlexAttention, block by block; nothing of size L x L is made."""
    length, device = len(ends_L), ends_L.device
    blocks = -(-length // BLOCK)
    padded = torch.nn.functional.pad(ends_L, (0, blocks * BLOCK - length))
    latest_J = padded.view(blocks, BLOCK).amax(1)
    earliest_J = padded.view(blocks, BLOCK).amin(1)
    block_J = torch.arange(blocks, device=device)
    queries_J_1, keys_1_J = block_J[:, None], block_J[None, :]
    some_J_J = (keys_1_J <= queries_J_1) & (latest_J[None, :] > queries_J_1 * BLOCK)
    last_J_1 = ((queries_J_1 + 1) * BLOCK).clamp(max=length)
    all_J_J = (keys_1_J < queries_J_1) & (earliest_J[None, :] >= last_J_1)

    def attends(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (key <= query) & (query < padded[key])

    return BlockMask.from_kv_blocks(
        *_listed(some_J_J & ~all_J_J),
        *_listed(all_J_J),
        BLOCK_SIZE=BLOCK,
        mask_mod=attends,
        seq_lengths=(length, length),
    )


def _listed(wanted_J_J: Tensor) -> tuple[Tensor, Tensor]:
    """How many blocks each block attends to, [1, 1, J] int32, and which, these first."""
    order_J_J = wanted_J_J.int().argsort(dim=1, descending=True, stable=True)
    return wanted_J_J.sum(1).int()[None, None], order_J_J.int()[None, None]


def _attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Any, **how: Any
) -> Any:
    runs: Sequence[NodeRun] | None = how.pop("runs", None)
    if isinstance(mask, BlockMask):
        # Positions may have made them more exact; and where queries are few, another kernel,
        # which has none for float32, would be taken.
        query, key = query.to(value.dtype), key.to(value.dtype)
        how["kernel_options"] = {"FORCE_USE_FLEX_ATTENTION": True}
        return flex_attention_forward(module, query, key, value, mask, **how)
    if runs is None:
        return sdpa_attention_forward(module, query, key, value, mask, **how)
    how["is_causal"] = True  # where there is no mask
    attended = []
    for run in runs:
        queries, keys, values = (each[:, :, run.nodes] for each in (query, key, value))
        if len(run.ancestors_P):
            keys = torch.cat([key[:, :, run.ancestors_P], keys], 2)
            values = torch.cat([value[:, :, run.ancestors_P], values], 2)
        attended.append(
            sdpa_attention_forward(module, queries, keys, values, run.sees_1_1_R_T, **how)[0]
        )
    return torch.cat(attended, 1), None


AttentionInterface.register(TREE_ATTENTION, _attention)
AttentionMaskInterface.register(TREE_ATTENTION, sdpa_mask)
