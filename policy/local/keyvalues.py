"""Attention caches of single episodes, put together for a batch and taken apart again.

Rows of a batch have different lengths. They are aligned at their right ends, so that new tokens
of all rows stand in the same column, and padded on the left, where the attention mask hides it::

    row 0   . . . a b c d | e        . padding    | the columns that the batch has added
    row 1   a b c d e f g | h

Behind the columns there is room for more, so that a new token is written into it and nothing is
copied: with transformers' own cache, which is copied for every token, 12 million parameters took
twice as long for a token of 8 rows of 540.

Shapes: B rows, H key-value heads, T tokens, D numbers a head.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_ROOM_TOKENS = 64
"""Columns that are added at a time."""

Layers = list[tuple[Tensor, Tensor]]
"""Of one row: keys and values of each layer, both [1, H, T, D]."""


@dataclass
class KeyValues:
    """The cache of a batch, with the length of each of its rows."""

    cache: DynamicCache
    lengths: list[int]

    @property
    def width(self) -> int:
        """Columns, padding included."""
        return max(self.lengths, default=0)

    def mask(self, device: torch.device) -> Tensor:
        """[B, width] int64: 1 where a row has a token, 0 on its padding."""
        columns_T = torch.arange(self.width, device=device)
        lengths_B = torch.tensor(self.lengths, device=device)
        return (columns_T >= self.width - lengths_B[:, None]).long()

    def grow(self, tokens: int = 1) -> None:
        """Note that a forward pass has added tokens to every row."""
        self.lengths = [length + tokens for length in self.lengths]

    def forget(self, tokens: int) -> None:
        """Take the last tokens of every row back."""
        self.grow(-tokens)
        for layer in self.cache.layers:
            layer.keys = layer.keys[:, :, : self.width]
            layer.values = layer.values[:, :, : self.width]


class _RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, which are the beginning of larger tensors."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()
        self.lazy_initialization(keys, values)
        self.keys, self.values = keys, values
        self._room = (keys, values)

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write new tokens behind the others."""
        before = self.keys.shape[2]
        length = before + key_states.shape[2]
        if length > self._room[0].shape[2]:
            added = length - before + _ROOM_TOKENS
            self._room = (_with_room(self.keys, added), _with_room(self.values, added))
        keys, values = self._room
        keys[:, :, before:length] = key_states
        values[:, :, before:length] = value_states
        self.keys, self.values = keys[:, :, :length], values[:, :, :length]
        return self.keys, self.values


def _with_room(states: Tensor, columns: int) -> Tensor:
    rows, heads, length, size = states.shape
    roomy = states.new_empty(rows, heads, length + columns, size)
    roomy[:, :, :length] = states
    return roomy


def merge(rows: list[Layers]) -> KeyValues:
    """One cache of several rows."""
    lengths = [layers[0][0].shape[2] for layers in rows]
    cache = DynamicCache()
    cache.layers = [
        _RoomyLayer(*(_aligned(states) for states in zip(*layer, strict=True)))
        for layer in zip(*rows, strict=True)
    ]
    return KeyValues(cache, lengths)


def _aligned(rows: Sequence[Tensor]) -> Tensor:
    """Rows [1, H, T, D] of different lengths as one tensor, aligned at their right ends."""
    _, heads, _, size = rows[0].shape
    width = max(row.shape[2] for row in rows)
    aligned = rows[0].new_zeros(len(rows), heads, width, size)
    for index, row in enumerate(rows):
        aligned[index, :, width - row.shape[2] :] = row[0]
    return aligned


def split(batch: KeyValues) -> list[Layers]:
    """The rows of a batch, without their padding and without ties to the batch's memory."""
    width = batch.width
    return [
        [
            (
                layer.keys[row : row + 1, :, width - length :].clone(),
                layer.values[row : row + 1, :, width - length :].clone(),
            )
            for layer in batch.cache.layers
        ]
        for row, length in enumerate(batch.lengths)
    ]
