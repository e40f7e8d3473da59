"""The weights of a network, or its LoRA adapters, as SFT and GRPO train them."""

from pathlib import Path

import torch
from torch import nn

from vigorl.browser.errors import UsageError
from vigorl.policy.backend import Hardware
from vigorl.policy.family import Family
from vigorl.policy.local.network import Network
from vigorl.training.compute.lora import adapter_state, add_adapters, load_adapters, merged_state
from vigorl.training.run.trainer import write_tensors

_MODEL = "model"
_ADAPTERS = "adapters.pt"
"""Beside the model of a checkpoint, where adapters are trained."""


class NetworkWeights:
    """A base model of which all weights, or adapters beside them, are trained."""

    def __init__(
        self,
        base_model: str,
        family: Family,
        hardware: Hardware,
        *,
        lora_rank: int = 0,
        trains_vision: bool = False,
        seed: int = 0,
    ) -> None:
        """Load the base model and choose what is trained of it.

        Args:
            base_model: A checkpoint's folder or hub id.
            family: Its prompt and answer format.
            hardware: Where it runs, and in which number format.
            lora_rank: Rank of adapters that are trained in place of the weights; 0: none.
            trains_vision: Whether the vision tower is trained as well.
            seed: Of the first weights of adapters.

        Raises:
            UsageError: the checkpoint is not there, or cannot be run here.
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
        else:
            choose_trained(self.network, trains_vision)

    @property
    def module(self) -> nn.Module:
        """The network's module."""
        module: nn.Module = self.network.model
        return module

    def save(self, folder: Path) -> None:
        """Write a model that plays, its adapters added to its weights, and the adapters.

        Raises:
            OSError: the disk refuses.
        """
        if not self._has_adapters:
            self.network.save(folder / _MODEL)
            return
        self.network.save(folder / _MODEL, merged_state(self.network))
        write_tensors(folder / _ADAPTERS, adapter_state(self.network))

    def load(self, folder: Path) -> None:
        """Take over the weights, or the adapters, of a checkpoint.

        Raises:
            UsageError, RuntimeError: they are of another network.
        """
        if self._has_adapters:
            device = self.network.device
            saved = torch.load(folder / _ADAPTERS, map_location=device, weights_only=True)
            load_adapters(self.network, saved)
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
