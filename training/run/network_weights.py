"""The weights of a network, or its LoRA adapters, as SFT and GRPO train them."""

from pathlib import Path

import torch
from torch import nn

from vigorl.browser.errors import UsageError
from vigorl.policy.backend import Hardware
from vigorl.policy.family import Family
from vigorl.policy.local.network import Network
from vigorl.training.compute.lora import (
    add_adapters,
    load_adapters,
    merged_state,
    read_adapters,
    write_adapters,
)

_MODEL = "model"
ADAPTER = "adapter"
"""Folder beside the model of a checkpoint, where an adapter is trained: as peft writes it."""


class NetworkWeights:
    """A base model of which all weights, or adapters beside them, are trained."""

    def __init__(
        self,
        base_model: str,
        family: Family,
        hardware: Hardware,
        *,
        lora_rank: int = 0,
        adapter: Path | None = None,
        rounds_base: bool = False,
        trains_vision: bool = False,
        seed: int = 0,
    ) -> None:
        """Load the base model and choose what is trained of it.

        Args:
            base_model: A checkpoint's folder or hub id.
            family: Its prompt and answer format.
            hardware: Where it runs, and in which number format.
            lora_rank: Rank of adapters that are trained in place of the weights; 0: none.
            adapter: Folder of an adapter of that rank to begin with, as peft writes it.
            rounds_base: Whether the weights beside adapters are rounded to 8 bits; on a CPU.
            trains_vision: Whether the vision tower is trained as well.
            seed: Of the first weights of adapters.

        Raises:
            UsageError: the checkpoint is not there or cannot be run here, or the adapter does not
                belong to it.
        """
        self.network = Network(base_model, family, hardware)
        if not self.network.can_forget:
            raise UsageError(
                f"{base_model} has layers of linear attention, whose memory examples that begin "
                "alike cannot share here: it can be played, and not be trained"
            )
        self._has_adapters = bool(lora_rank)
        if lora_rank:
            add_adapters(self.network, lora_rank, trains_vision=trains_vision, seed=seed)
            if adapter is not None:
                load_adapters(self.network, read_adapters(adapter))
            if rounds_base:
                if self.network.device.type != "cpu":
                    raise UsageError("--quantization 8bit is for a CPU: --device cpu, or leave it")
                from vigorl.training.compute.eight_bit_lora import round_base

                round_base(self.network.model)
        else:
            choose_trained(self.network, trains_vision)

    @property
    def module(self) -> nn.Module:
        """The network's module."""
        module: nn.Module = self.network.model
        return module

    def save(self, folder: Path) -> None:
        """Write a model that plays, its adapters added to its weights, and the adapters alone.

        Raises:
            OSError: the disk refuses.
        """
        if not self._has_adapters:
            self.network.save(folder / _MODEL)
            return
        self.network.save(folder / _MODEL, merged_state(self.network))
        write_adapters(self.network, folder / ADAPTER)

    def load(self, folder: Path) -> None:
        """Take over the weights, or the adapters, of a checkpoint.

        Raises:
            UsageError, RuntimeError: they are of another network.
        """
        if self._has_adapters:
            load_adapters(self.network, read_adapters(folder / ADAPTER))
            return
        is_half = self.network.dtype == torch.bfloat16
        on_cpu = Hardware(device="cpu", dtype="bfloat16" if is_half else "float32")
        saved = Network(str(folder / _MODEL), self.network.family, on_cpu).model.state_dict()
        self.network.model.load_state_dict(saved)


def choose_trained(network: Network, trains_vision: bool) -> None:
    """Train all weights, but those of the vision tower only where that is wanted."""
    visual = network.vision_tower
    if visual is not None:
        visual.requires_grad_(trains_vision)
