"""Attention caches of single episodes, put together for a batch and taken apart again.

Rows of a batch have different lengths. They are aligned at their right ends, so that new tokens
of all rows stand in the same column, and padded on the left, where the attention mask hides it::

    row 0   . . . a b c d | e        . padding    | the columns that the batch has added
    row 1   a b c d e f g | h

Shapes: B rows, H key-value heads, T tokens, D numbers a head.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import DynamicCache

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

    def grow(self) -> None:
        """Note that a forward pass has added one token to every row."""
        self.lengths = [length + 1 for length in self.lengths]


def merge(rows: list[Layers]) -> KeyValues:
    """One cache of several rows."""
    lengths = [layers[0][0].shape[2] for layers in rows]
    width = max(lengths)
    cache = DynamicCache()
    for index in range(len(rows[0])):
        keys = [pad(row[index][0], (0, 0, width - row[index][0].shape[2], 0)) for row in rows]
        values = [pad(row[index][1], (0, 0, width - row[index][1].shape[2], 0)) for row in rows]
        cache.update(torch.cat(keys), torch.cat(values), index)
    return KeyValues(cache, lengths)


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
