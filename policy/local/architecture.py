"""Architectures: what the engine needs to know of a network beside its weights, by `model_type`.

A further one is a module beside these and a row in `ARCHITECTURES`. What depends on the model's
chat and pictures, and not on its layers, is a `Family`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from torch import Tensor

from vigorl.browser.errors import UsageError
from vigorl.policy.local.architecture_qwen_vl import QwenVl
from vigorl.policy.local.architecture_text import TextAlone


class Architecture(Protocol):
    """How networks of one `model_type` number tokens and see pictures."""

    @property
    def vision_tower(self) -> str | None:
        """What the part of the network is called that sees; None where there is none."""
        ...

    @property
    def loader(self) -> Any:
        """The class of transformers that loads it."""
        ...

    def image_processor(self, path: str) -> Any:
        """What makes pictures into pixels for the tower; None where there is none.

        Raises:
            OSError: the checkpoint lacks a file.
        """
        ...

    def positions(self, model: Any, ids_T: Tensor, is_image_T: Tensor, grids_N_3: Tensor) -> Tensor:
        """Where each token of a row stands.

        Args:
            model: The network.
            ids_T: Its tokens, int64 [T].
            is_image_T: Which of them stand for pictures, bool [T].
            grids_N_3: Time, height and width of each picture in patches, int64 [N, 3].

        Returns:
            int64 [A, T]: on each of its axes.
        """
        ...

    def model_positions(self, positions_A_B_T: Tensor) -> Tensor:
        """Positions, int64 [A, B, T] (or [1, B, T], of text), as the network takes them."""
        ...

    def image_features(
        self, model: Any, pixels: Mapping[str, Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """What the tower makes of pictures, cell by cell.

        Returns:
            The N cells of all of them, [N, D]; and what is added behind the first layers
            (deepstack), each [N, D].
        """
        ...


ARCHITECTURES: dict[str, Architecture] = {
    "qwen2_5_vl": QwenVl(),
    "qwen3_vl": QwenVl(),
    "qwen3_vl_moe": QwenVl(),
    "qwen3_5": QwenVl(),
    "qwen3_5_moe": QwenVl(),
    "qwen3": TextAlone(),
    "llama": TextAlone(),
}
"""By the `model_type` of the checkpoints that can be run here."""


def architecture_of(config: Any, path: str) -> Architecture:
    """The architecture of a checkpoint.

    Raises:
        UsageError: it cannot be run here, or would run wrongly.
    """
    if config.model_type not in ARCHITECTURES:
        raise UsageError(
            f"{path} is a {config.model_type}; {', '.join(ARCHITECTURES)} can be run here. "
            "Serve it with an OpenAI-compatible server, and give its URL as the model"
        )
    if "sliding_attention" in (getattr(config.get_text_config(), "layer_types", None) or ()):
        raise UsageError(f"{path} uses sliding-window attention, whose cache cannot be kept here")
    return ARCHITECTURES[config.model_type]


def is_part(name: str, tower: str | None) -> bool:
    """Whether a weight or layer of this dotted name belongs to a tower."""
    return tower is not None and tower in name.split(".")
