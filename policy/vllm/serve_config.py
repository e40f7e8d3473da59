"""Configuration of a server of vLLM."""

from dataclasses import dataclass
from typing import Annotated

from typer import Option


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """How vLLM serves a model."""

    family: Annotated[str | None, Option(metavar="NAME")] = None
    """Family whose pictures and conversations there has to be room for. Default: inferred from the
    model's name."""
    host: str = "127.0.0.1"
    """Address to listen on. Everyone who can reach it can use the model."""
    port: Annotated[int, Option(min=1, max=65535)] = 8000
    """Port to listen on."""
    lora_rank: Annotated[int, Option("--lora", min=0, metavar="RANK")] = 0
    """Take LoRA adapters up to this rank, also while it runs; 0: none."""
