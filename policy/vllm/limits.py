"""What an engine of vLLM has to allow for the conversations of a family."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vigorl.policy.backend import Sampling
from vigorl.policy.family import Family

_TOLD_TOKENS = 4096
"""Of a prompt beside pictures and turns: the system prompt, the task, addresses, events."""

INSTALL = "pip install 'vigorl-agent[vllm]'"

_LOGGED = {
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # stdout is for what was asked for
    "VLLM_LOGGING_LEVEL": "ERROR",
}
ENVIRONMENT = {"VLLM_NO_USAGE_STATS": "1"}
"""Variables for vLLM: it tells nobody that it is used."""
QUIET = {
    **ENVIRONMENT,
    **_LOGGED,
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # a fork would inherit the browser's pipes
}
"""The same, for an engine inside another program."""


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What one request may hold."""

    images: int
    min_pixels: int
    max_pixels: int
    context_tokens: int | None
    """Of prompt and turn together; None: as many as the model can take."""

    @property
    def per_prompt(self) -> dict[str, int]:
        """Pictures and videos of a prompt, by vLLM's names."""
        return {"image": self.images, "video": 0}

    @property
    def processor(self) -> dict[str, dict[str, int]]:
        """Sizes within which pictures are not resized, by the image processor's names."""
        return {"size": {"shortest_edge": self.min_pixels, "longest_edge": self.max_pixels}}


def limits_of(family: Family, sampling: Sampling, model_tokens: int | None) -> EngineLimits:
    """The limits for a family's longest conversations.

    Args:
        family: How the model is talked to.
        sampling: How long a turn may be.
        model_tokens: What the model was made for; None where that is not known.
    """
    size = family.size
    wanted: int | None = None
    if not family.reads and family.chat.image_cell:
        picture_tokens = size.max_pixels // size.cell_px**2
        turns = family.max_images * sampling.max_tokens
        wanted = family.max_images * picture_tokens + turns + _TOLD_TOKENS
        wanted = min(wanted, model_tokens or wanted)
    return EngineLimits(family.max_images, size.min_pixels, size.max_pixels, wanted)


def model_tokens(config: Mapping[str, Any]) -> int | None:
    """The longest row that a model was made for, as its `config.json` says."""
    text = config.get("text_config") or config
    found = text.get("max_position_embeddings") or config.get("max_position_embeddings")
    return int(found) if found else None


def read_config(folder: Path) -> Mapping[str, Any]:
    """The `config.json` of a checkpoint; empty where there is none that can be read."""
    try:
        found = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
