"""LoRA adapters of a running engine: each update is a new one, under a number of its own."""

from itertools import count
from pathlib import Path
from typing import Any

from vigorl.browser.errors import PolicyFault, UsageError

ADAPTERS_AT_ONCE = 2
"""Adapters that turns of one batch may differ in: that of before an update, and that of after."""


_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Largest ranks that vLLM has kernels for."""


def engine_rank(rank: int) -> int:
    """The largest rank that an engine is opened for, so that it takes adapters of this one.

    Raises:
        UsageError: it takes none.
    """
    for each in _RANKS:
        if rank <= each:
            return each
    raise UsageError(f"adapters of rank {rank}: vLLM takes ranks up to {_RANKS[-1]}")


class Adapters:
    """Which adapter the turns that begin now are sampled with."""

    def __init__(self, most_rank: int) -> None:
        self._most_rank = most_rank
        self._numbers = count(1)
        self.current: Any = None
        """A request for the adapter, as vLLM has it; None: the model as it was loaded."""

    async def load(self, engine: Any, folder: Path) -> None:
        """Let turns that begin from now on be sampled with the adapter in this folder.

        Turns under way end with the one that they began with, so its folder has to stay for as
        long. What was read of prompts with other weights is forgotten.

        Args:
            engine: vLLM's.
            folder: What peft has written.

        Raises:
            UsageError: the engine was not opened for adapters, or there is none in the folder.
            PolicyFault: the engine refuses it.
        """
        from vllm.lora.request import LoRARequest

        if not self._most_rank:
            raise UsageError("open the engine with lora_rank to load adapters while it runs")
        if not (folder / "adapter_config.json").is_file():
            raise UsageError(f"{folder} holds no adapter: it has no adapter_config.json")
        number = next(self._numbers)
        # vLLM tells adapters apart by name and number, and keeps those of a name that it knows.
        request = LoRARequest(f"{folder.name}-{number}", number, str(folder.resolve()))
        try:
            taken = await engine.add_lora(request)
        except Exception as error:  # vLLM's engine hands on whatever its worker raises
            raise PolicyFault(f"vLLM does not take the adapter {folder}: {error}") from error
        if not taken:
            raise PolicyFault(f"vLLM does not take the adapter {folder}")
        self.current = request
        await engine.reset_prefix_cache()

    def unload(self) -> None:
        """Let turns that begin from now on be sampled with the model as it was loaded."""
        self.current = None
