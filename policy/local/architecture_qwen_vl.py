"""Qwen2.5-VL, Qwen3-VL, Qwen3.5 and their mixtures of experts.

Positions are in time, height and width, and a tower sees pictures. What differs between them
(layers of linear attention, experts, deepstack) is inside of transformers' own classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForImageTextToText, Qwen2VLImageProcessorPil


@dataclass(frozen=True)
class QwenVl:
    """An `Architecture`."""

    vision_tower: str | None = "visual"
    loader: Any = AutoModelForImageTextToText

    def image_processor(self, path: str) -> Any:
        """The image processor alone: transformers' own for these models want torchvision."""
        return Qwen2VLImageProcessorPil.from_pretrained(path)

    def positions(self, model: Any, ids_T: Tensor, is_image_T: Tensor, grids_N_3: Tensor) -> Tensor:
        """As the family numbers text and pictures, int64 [3, T]."""
        positions_3_1_T, _ = model.model.get_rope_index(
            ids_T[None],
            mm_token_type_ids=is_image_T[None].int(),
            image_grid_thw=grids_N_3 if len(grids_N_3) else None,
        )
        positions_3_T: Tensor = positions_3_1_T[:, 0]
        return positions_3_T

    def model_positions(self, positions_A_B_T: Tensor) -> Tensor:
        """On three axes; text stands at the same place on each."""
        return positions_A_B_T.expand(3, -1, -1)

    def image_features(
        self, model: Any, pixels: Mapping[str, Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """What the tower makes of pictures; Qwen3-VL has deepstack layers, Qwen3.5 has none."""
        seen = model.model.get_image_features(**pixels)
        deepstack = getattr(seen, "deepstack_features", None) or []
        return torch.cat(seen.pooler_output), [_joined(layer) for layer in deepstack]


def _joined(parts: Tensor | Sequence[Tensor]) -> Tensor:
    """What a tower tells of several pictures, as one tensor; older transformers have joined it."""
    return parts if isinstance(parts, Tensor) else torch.cat(list(parts))
