"""Llama and Qwen3: text alone, numbered from 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from vigorl.browser.errors import InconsistentData


@dataclass(frozen=True)
class TextAlone:
    """An `Architecture`."""

    vision_tower: str | None = None
    loader: Any = AutoModelForCausalLM

    def image_processor(self, path: str) -> Any:
        """None: it sees no pictures."""
        return None

    def positions(self, model: Any, ids_T: Tensor, is_image_T: Tensor, grids_N_3: Tensor) -> Tensor:
        """One after another, int64 [1, T]."""
        return torch.arange(len(ids_T))[None]

    def model_positions(self, positions_A_B_T: Tensor) -> Tensor:
        """On the one axis that there is, [B, T]."""
        return positions_A_B_T[0]

    def image_features(
        self, model: Any, pixels: Mapping[str, Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Refused.

        Raises:
            InconsistentData: always.
        """
        raise InconsistentData("a network that takes text alone was given a picture")
