"""Attention caches of single episodes, put together for a batch and taken apart again.

Rows of a batch have different lengths. They are aligned at their right ends, so that new tokens
of all rows stand in the same column, and padded on the left, where the attention mask hides it::

    row 0   . . . a b c d | e        . padding    | the columns that the batch has added
    row 1   a b c d e f g | h

Behind the columns there is room for more, so that a new token is written into it and nothing is
copied: with transformers' own cache, which is copied for every token, 12 million parameters took
twice as long for a token of 8 rows of 540.

A layer of linear attention keeps one state for all tokens that it has read, whatever their number.
Such states are put together and taken apart like the rest, but the last tokens cannot be taken back
out of them.

Shapes: B rows, H key-value heads, T tokens, D numbers a head.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, LinearAttentionLayer

from vigorl.browser.errors import InconsistentData

_ROOM_TOKENS = 64
"""Columns that are added at a time."""


class LinearState(NamedTuple):
    """What a layer of linear attention keeps of one row."""

    conv: Tensor
    """The last inputs of its convolution, [1, channels, kernel]."""
    sums: Tensor
    """Its associative memory, [1, heads, D, D]."""


Layers = list[tuple[Tensor, Tensor]]
"""Of one row: keys and values of each layer, both [1, H, T, D], or a `LinearState`."""


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
        """Take the last tokens of every row back.

        Raises:
            InconsistentData: a layer keeps a state that they cannot be taken out of.
        """
        if tokens == 0:
            return
        if any(isinstance(layer, LinearAttentionLayer) for layer in self.cache.layers):
            raise InconsistentData("tokens cannot be taken back out of linear attention")
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


class _StateLayer(LinearAttentionLayer):  # type: ignore[misc]
    """One layer's states, which are copied: they are written over with every token."""

    def __init__(self, conv: Tensor, sums: Tensor) -> None:
        super().__init__()
        self.lazy_initialization(conv_states=conv, recurrent_states=sums)
        self.conv_states[0].copy_(conv)
        self.recurrent_states[0].copy_(sums)
        self.has_previous_state[0] = True


def _with_room(states: Tensor, columns: int) -> Tensor:
    rows, heads, length, size = states.shape
    roomy = states.new_empty(rows, heads, length + columns, size)
    roomy[:, :, :length] = states
    return roomy


def row_cache(layers: Layers) -> DynamicCache:
    """The cache of one row, to go on reading it; what is read does not change `layers`."""
    cache = DynamicCache()
    for layer in layers:
        if isinstance(layer, LinearState):
            cache.layers.append(_StateLayer(*layer))
        else:
            keys_values = DynamicLayer()
            keys_values.update(*layer)
            cache.layers.append(keys_values)
    return cache


def row_layers(cache: DynamicCache) -> Layers:
    """The layers of a cache that holds one row."""
    return [
        LinearState(layer.conv_states[0], layer.recurrent_states[0])
        if isinstance(layer, LinearAttentionLayer)
        else (layer.keys, layer.values)
        for layer in cache.layers
    ]


def merge(rows: list[Layers]) -> KeyValues:
    """One cache of several rows."""
    cache = DynamicCache()
    cache.layers = [_merged(layer) for layer in zip(*rows, strict=True)]
    return KeyValues(cache, [_length(layers) for layers in rows])


def _merged(rows: Sequence[tuple[Tensor, Tensor]]) -> Any:
    if isinstance(rows[0], LinearState):
        return _StateLayer(*(torch.cat(states) for states in zip(*rows, strict=True)))
    return _RoomyLayer(*(_aligned(states) for states in zip(*rows, strict=True)))


def _length(layers: Layers) -> int:
    """Tokens of a row, which every layer but those of linear attention tells."""
    return next(layer[0].shape[2] for layer in layers if not isinstance(layer, LinearState))


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
    return [
        [_split(layer, row, batch.width - length) for layer in batch.cache.layers]
        for row, length in enumerate(batch.lengths)
    ]


def _split(layer: Any, row: int, padding: int) -> tuple[Tensor, Tensor]:
    one = slice(row, row + 1)
    if isinstance(layer, LinearAttentionLayer):
        return LinearState(
            layer.conv_states[0][one].clone(), layer.recurrent_states[0][one].clone()
        )
    return layer.keys[one, :, padding:].clone(), layer.values[one, :, padding:].clone()
