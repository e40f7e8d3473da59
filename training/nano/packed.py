"""Many questions about one screen in one row: the screen is encoded once.

A row is a tree of depth one. Its prefix (a picture, or the reading of one) is seen by every
branch, and branches (a question and its answer) do not see each other; each is numbered as if it
stood alone behind the prefix. So the network computes for every branch just what it would compute
for it alone::

    prefix     ■ ■ ■ ■ ■
    branch 1             a a a
    branch 2                   b b b        b attends to ■ and to earlier b, not to a

Axes: B rows, L tokens of a row, N image cells of a row, D width.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    apply_rotary_pos_emb,
    apply_rotary_pos_emb_vision,
)

from vigorl.browser.errors import InconsistentData
from vigorl.training.compute.tree_attention import TREE_ATTENTION, mask_of, runs_of

PADDING = -1


@dataclass(frozen=True)
class PackedRows:
    """Rows without pictures, or with one each, of one size and at one place of the prefix."""

    ids_B_L: Tensor
    """int64."""
    segments_B_L: Tensor
    """int64: 0 in the prefix, the number of the branch behind it, PADDING at the end."""
    weights_B_L: Tensor
    """float32: how much the prediction of this token counts; 0 for what was not said."""
    pixels_B_H_W_3: Tensor | None = None
    """uint8."""
    first_cell: int = 0
    """Where the N placeholders of the picture begin."""

    def to(self, device: torch.device) -> "PackedRows":
        """The same rows on another device."""
        pixels = self.pixels_B_H_W_3
        return PackedRows(
            self.ids_B_L.to(device),
            self.segments_B_L.to(device),
            self.weights_B_L.to(device),
            None if pixels is None else pixels.to(device),
            self.first_cell,
        )


def attention_mask(segments_B_L: Tensor) -> Tensor:
    """Who may look at whom: earlier tokens of the prefix and of one's own branch.

    Returns:
        bool [B, 1, L, L], true where the token of the row may attend to that of the column.
        Padding attends to itself, so that no row of the softmax is empty.
    """
    length = segments_B_L.shape[1]
    own_B_L_L = segments_B_L[:, :, None] == segments_B_L[:, None, :]
    prefix_B_1_L = (segments_B_L == 0)[:, None, :]
    earlier_L_L = torch.ones(length, length, dtype=torch.bool, device=segments_B_L.device).tril()
    return ((own_B_L_L | prefix_B_1_L) & earlier_L_L)[:, None]


def positions(rows: PackedRows, cells_high: int, cells_wide: int) -> Tensor:
    """Positions in time, height and width, as Qwen3-VL numbers a picture and what follows it.

    Without a picture (no cells) all three are the place in the text.

    Returns:
        int64 [3, B, L].
    """
    segments_B_L, first, n = rows.segments_B_L, rows.first_cell, cells_high * cells_wide
    place_L = torch.arange(segments_B_L.shape[1], device=segments_B_L.device)
    begins_B_L = torch.ones_like(segments_B_L, dtype=torch.bool)
    begins_B_L[:, 1:] = segments_B_L[:, 1:] != segments_B_L[:, :-1]
    within_B_L = place_L - (begins_B_L * place_L).cummax(dim=1).values
    prefix_length_B_1 = (segments_B_L == 0).sum(1, keepdim=True)
    text_B_L = within_B_L + (segments_B_L > 0) * prefix_length_B_1
    if n == 0:
        return text_B_L.expand(3, -1, -1)
    if int(prefix_length_B_1.min()) < first + n:
        raise InconsistentData(f"{n} image cells do not fit into the prefix")
    # A picture takes as many positions as it has cells along its longer side.
    saved = n - max(cells_high, cells_wide)
    is_prefix_B_L = segments_B_L == 0
    behind_B_L = ~(is_prefix_B_L & (place_L < first + n))
    places_3_B_L = (text_B_L - saved * behind_B_L).expand(3, -1, -1).clone()
    cell = torch.arange(n, device=segments_B_L.device)
    places_3_B_L[0, :, first : first + n] = first
    places_3_B_L[1, :, first : first + n] = first + cell // cells_wide
    places_3_B_L[2, :, first : first + n] = first + cell % cells_wide
    return places_3_B_L


def patches_of(pixels_B_H_W_3: Tensor, patch_px: int, merge: int, temporal: int) -> Tensor:
    """Pictures cut into patches, cell by cell, as the image processor of Qwen-VL orders them.

    Returns:
        float32 [B, H/p * W/p, 3 * temporal * p * p], from -1 to 1.
    """
    b, height, width, _ = pixels_B_H_W_3.shape
    high, wide = height // patch_px // merge, width // patch_px // merge
    scaled = pixels_B_H_W_3.float() / 127.5 - 1
    cut = scaled.view(b, high, merge, patch_px, wide, merge, patch_px, 3)
    cut = cut.permute(0, 1, 4, 2, 5, 7, 3, 6)[:, :, :, :, :, :, None]
    cut = cut.expand(-1, -1, -1, -1, -1, -1, temporal, -1, -1)
    return cut.reshape(b, high * wide * merge * merge, -1)


@dataclass(frozen=True)
class SeenPictures:
    """What the vision tower made of the pictures."""

    patches_B_P_D: Tensor
    """Behind the last layer; P = 4 N patches, cell by cell."""
    cells_B_N_D: Tensor
    deepstack: list[Tensor]


def see(visual: Any, pixels_B_H_W_3: Tensor) -> SeenPictures:
    """The vision tower over pictures of one size, in one batch.

    transformers calls its attention once for every picture; with hundreds of small ones that is
    most of the time. A test holds this to the same numbers.
    """
    config = visual.config
    patches = patches_of(
        pixels_B_H_W_3, config.patch_size, config.spatial_merge_size, config.temporal_patch_size
    )
    b, p, _ = patches.shape
    weight = visual.patch_embed.proj.weight
    hidden = F.linear(patches.to(weight.dtype), weight.flatten(1), visual.patch_embed.proj.bias)
    high = pixels_B_H_W_3.shape[1] // config.patch_size
    wide = pixels_B_H_W_3.shape[2] // config.patch_size
    place_2_P = _patch_places(high, wide, config.spatial_merge_size).to(hidden.device)
    hidden = hidden + _learned_positions(visual, place_2_P, high, wide)
    cos, sin = visual.rotary_pos_emb(hidden, place_2_P.T)
    heads = config.num_heads
    deepstack = []
    for index, block in enumerate(visual.blocks):
        qkv = block.attn.qkv(block.norm1(hidden)).view(b, p, 3, heads, -1)
        queries, keys = apply_rotary_pos_emb_vision(qkv[:, :, 0], qkv[:, :, 1], cos, sin)
        attended = F.scaled_dot_product_attention(
            queries.transpose(1, 2).to(qkv.dtype),
            keys.transpose(1, 2).to(qkv.dtype),
            qkv[:, :, 2].transpose(1, 2),
        )
        hidden = hidden + block.attn.proj(attended.transpose(1, 2).reshape(b, p, -1))
        hidden = hidden + block.mlp(block.norm2(hidden))
        if index in visual.deepstack_visual_indexes:
            merger = visual.deepstack_merger_list[visual.deepstack_visual_indexes.index(index)]
            deepstack.append(merger(hidden).view(b, p // 4, -1))
    return SeenPictures(hidden, visual.merger(hidden).view(b, p // 4, -1), deepstack)


def _patch_places(high: int, wide: int, merge: int) -> Tensor:
    """Row and column of every patch, cell by cell, [2, P] int64."""
    rows = torch.arange(high)[:, None].expand(high, wide)
    columns = torch.arange(wide)[None, :].expand(high, wide)
    both = torch.stack([rows, columns]).view(2, high // merge, merge, wide // merge, merge)
    return both.permute(0, 1, 3, 2, 4).reshape(2, -1)


def _learned_positions(visual: Any, place_2_P: Tensor, high: int, wide: int) -> Tensor:
    """The square grid of learned positions, stretched over the picture, [P, D]."""
    side = visual.num_grid_per_side
    grid_1_D_S_S = visual.pos_embed.weight.view(side, side, -1).permute(2, 0, 1)[None]
    stretched = F.interpolate(
        grid_1_D_S_S.float(), size=(high, wide), mode="bilinear", align_corners=True
    )
    return stretched[0, :, place_2_P[0], place_2_P[1]].T


@dataclass(frozen=True)
class AttentionTap:
    """One head of one layer whose attention is looked at."""

    layer: int
    head: int = 0


@dataclass(frozen=True)
class PackedOutput:
    """What the network made of packed rows."""

    hidden_B_L_D: Tensor
    """Behind the last norm; the head of the language model makes logits of it."""
    seen: SeenPictures | None
    tapped: list[Tensor]
    """Logits of the tapped heads, each [B, Q, L] float32, for the queries asked for."""


def forward(
    model: Any,
    rows: PackedRows,
    taps: tuple[AttentionTap, ...] = (),
    queries_B_Q: Tensor | None = None,
) -> PackedOutput:
    """Run a Qwen3-VL, or a Qwen3 where there are no pictures, over packed rows.

    Args:
        model: `Qwen3VLForConditionalGeneration` or `Qwen3ForCausalLM`.
        rows: What to read.
        taps: Heads whose attention is wanted as well …
        queries_B_Q: … at these places of the rows, int64.
    """
    if rows.pixels_B_H_W_3 is None:
        return PackedOutput(_read(model.model, rows), None, [])
    mask = attention_mask(rows.segments_B_L)
    visual, language = model.model.visual, model.model.language_model
    seen = see(visual, rows.pixels_B_H_W_3)
    cell_px = visual.config.patch_size * visual.config.spatial_merge_size
    _, height, width, _ = rows.pixels_B_H_W_3.shape
    places = positions(rows, height // cell_px, width // cell_px)
    cells = slice(rows.first_cell, rows.first_cell + seen.cells_B_N_D.shape[1])
    hidden = _put(language.embed_tokens(rows.ids_B_L), cells, seen.cells_B_N_D)
    cos_sin = language.rotary_emb(hidden, places)
    tapped = []
    for index, layer in enumerate(language.layers):
        tapped += [
            _attention_logits(layer, tap.head, hidden, cos_sin, queries_B_Q, mask)
            for tap in taps
            if tap.layer == index and queries_B_Q is not None
        ]
        hidden = layer(hidden, position_embeddings=cos_sin, attention_mask=mask)
        if index < len(seen.deepstack):
            hidden = _put(hidden, cells, hidden[:, cells] + seen.deepstack[index])
    return PackedOutput(language.norm(hidden), seen, tapped)


def _read(language: Any, rows: PackedRows) -> Tensor:
    """Rows of text, as trees laid end to end: each branch attends to its own path alone."""
    language.config._attn_implementation = TREE_ATTENTION
    hidden = language.embed_tokens(rows.ids_B_L.view(1, -1))
    cos_sin = language.rotary_emb(hidden, positions(rows, 0, 0)[0].reshape(1, -1))
    mask = mask_of(_ends(rows.segments_B_L))
    runs = None if hidden.is_cuda else runs_of(_paths(rows.segments_B_L))
    for layer in language.layers:
        hidden = layer(hidden, position_embeddings=cos_sin, attention_mask=mask, runs=runs)
    return language.norm(hidden).view(*rows.ids_B_L.shape, -1)  # type: ignore[no-any-return]


def _ends(segments_B_L: Tensor) -> Tensor:
    """Where what attends to each token ends, of rows laid end to end, int64 [N], N = B L.

    A branch ends at its last token, a prefix with its row. Made where the rows are: a look at them
    from the CPU would wait for all that the device has still to do.
    """
    lines, length = segments_B_L.shape
    place_L = torch.arange(length, device=segments_B_L.device)
    is_last_B_L = torch.ones_like(segments_B_L, dtype=torch.bool)
    is_last_B_L[:, :-1] = segments_B_L[:, 1:] != segments_B_L[:, :-1]
    behind_B_L = torch.where(is_last_B_L, place_L + 1, length)
    branch_B_L = behind_B_L.flip(1).cummin(1).values.flip(1)
    end_B_L = torch.where(segments_B_L == 0, length, branch_B_L)
    begin_B_1 = length * torch.arange(lines, device=segments_B_L.device)[:, None]
    return (begin_B_1 + end_B_L).view(-1)


def _paths(segments_B_L: Tensor) -> list[Tensor]:
    """The tokens of the path of each branch, of rows laid end to end, each int64 [T].

    What is behind the last branch of a row is one more, as is a row that is all prefix.
    """
    paths = []
    end = 0
    for segments_L in segments_B_L:
        last = end + len(segments_L)
        prefix = torch.arange(0)
        numbers, counts = segments_L.unique_consecutive(return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            nodes = torch.arange(end, end + count)
            end += count
            if number or end == last:
                paths.append(torch.cat([prefix, nodes]))
            if not number:
                prefix = nodes
    return paths


def _put(hidden_B_L_D: Tensor, cells: slice, cells_B_N_D: Tensor) -> Tensor:
    """The same rows with other cells."""
    before, after = hidden_B_L_D[:, : cells.start], hidden_B_L_D[:, cells.stop :]
    return torch.cat([before, cells_B_N_D.to(hidden_B_L_D.dtype), after], dim=1)


def _attention_logits(
    layer: Any,
    head: int,
    hidden_B_L_D: Tensor,
    cos_sin: tuple[Tensor, Tensor],
    queries_B_Q: Tensor,
    mask_B_1_L_L: Tensor,
) -> Tensor:
    """What one head thinks of every token, seen from some of them; -inf where it may not look."""
    attention = layer.self_attn
    normed = layer.input_layernorm(hidden_B_L_D)
    width = attention.head_dim
    span = slice(head * width, (head + 1) * width)
    kv_head = head // attention.num_key_value_groups
    kv_span = slice(kv_head * width, (kv_head + 1) * width)
    queries = attention.q_norm(F.linear(normed, attention.q_proj.weight[span]))
    keys = attention.k_norm(F.linear(normed, attention.k_proj.weight[kv_span]))
    queries, keys = apply_rotary_pos_emb(queries[:, None], keys[:, None], *cos_sin)
    chosen_B_Q_D = queries[:, 0].gather(1, queries_B_Q[:, :, None].expand(-1, -1, width))
    logits: Tensor = (chosen_B_Q_D @ keys[:, 0].transpose(1, 2)).float() * attention.scaling
    allowed = mask_B_1_L_L[:, 0].gather(
        1, queries_B_Q[:, :, None].expand(-1, -1, mask_B_1_L_L.shape[-1])
    )
    return logits.masked_fill(~allowed, float("-inf"))
