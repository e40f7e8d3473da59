"""LoRA: adapters of low rank that learn in place of the weights. Needs the extra `[lora]` (peft).

The weights stay as they were, so that the reference of a KL is the same network with its adapters
off: no second copy of it is kept. What is saved to play with has the adapters added to its
weights and loads like any checkpoint; the adapters themselves are kept beside it to go on from.

Source: arXiv 2106.09685; the layers are peft's.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from vigorl.browser.errors import UsageError
from vigorl.policy.local.network import Network

_NAME = "practice"
"""Of the adapters, within peft."""

_PREFIX = "base_model.model."
"""What peft writes before the names of a model's layers."""

_WEIGHTS = "adapter_model.safetensors"

_SCALE = 2
"""What the adapters say counts so much: peft's alpha over the rank."""


def add_adapters(network: Network, rank: int, *, trains_vision: bool, seed: int) -> None:
    """Put an adapter beside every linear layer but the head; all other weights are frozen.

    At first they add nothing.

    Args:
        network: Changed in place; it plays, scores and learns as before.
        rank: Of each adapter.
        trains_vision: Whether the vision tower gets some as well.
        seed: Of their first weights.

    Raises:
        UsageError: peft is not installed.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise UsageError(
            f"LoRA needs peft ({error}): pip install 'vigorl-agent[lora]', or train all weights"
        ) from error
    layers = [
        name
        for name, module in network.model.model.named_modules()
        if isinstance(module, nn.Linear) and (trains_vision or not network.is_vision(name))
    ]
    config = LoraConfig(r=rank, lora_alpha=_SCALE * rank, target_modules=layers)
    devices = [network.device] if network.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, network.model.model, adapter_name=_NAME)
    network.model.requires_grad_(False)
    for weight in _adapters(network).values():
        weight.requires_grad_(True)
    network.model.eval()


def has_adapters(network: Network) -> bool:
    """Whether the network learns by adapters."""
    return any(True for _ in _layers(network.model))


@contextmanager
def without_adapters(network: Network) -> Iterator[None]:
    """The network as it was before it had any; without gradients."""
    layers = [layer for _, layer in _layers(network.model)]
    learning = [weight for weight in network.model.parameters() if weight.requires_grad]
    for layer in layers:
        layer.enable_adapters(False)
    try:
        yield
    finally:
        for layer in layers:
            layer.enable_adapters(True)
        for weight in learning:
            weight.requires_grad_(True)


def adapter_state(network: Network) -> dict[str, Tensor]:
    """The weights of the adapters, by name."""
    return {name: weight.detach() for name, weight in _adapters(network).items()}


def write_adapters(network: Network, folder: Path) -> None:
    """Write the adapters as peft does, so that vLLM and others load them beside the base model.

    Raises:
        OSError: the disk refuses.
    """
    from peft import LoraConfig

    rank = max(layer.r[_NAME] for _, layer in _layers(network.model))
    layers = sorted({name.rpartition(".")[2] for name, _ in _layers(network.model)})
    folder.mkdir(parents=True, exist_ok=True)
    LoraConfig(
        r=rank,
        lora_alpha=_SCALE * rank,
        target_modules=layers,
        base_model_name_or_path=network.path,
        task_type="CAUSAL_LM",
    ).save_pretrained(str(folder))
    weights = {
        f"{_PREFIX}{name.replace(f'.{_NAME}.', '.')}": weight.contiguous().cpu()
        for name, weight in adapter_state(network).items()
    }
    save_file(weights, folder / _WEIGHTS, {"format": "pt"})


def read_adapters(folder: Path) -> dict[str, Tensor]:
    """The weights of adapters that peft or `write_adapters` wrote, by name, on the CPU.

    Raises:
        UsageError: there are none, or they cannot be read.
    """
    path = folder / _WEIGHTS
    try:
        saved = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UsageError(f"{path} is no LoRA adapter as peft writes it: {error}") from error
    return {
        f"{name.removeprefix(_PREFIX).removesuffix('.weight')}.{_NAME}.weight": weight
        for name, weight in saved.items()
    }


def load_adapters(network: Network, state: Mapping[str, Tensor]) -> None:
    """Take over the weights of adapters.

    Raises:
        UsageError: they belong to another network, or are of another rank.
    """
    own = _adapters(network)
    shapes = {name: weight.shape for name, weight in state.items()}
    if shapes != {name: weight.shape for name, weight in own.items()}:
        raise UsageError("the adapter belongs to another network, or has another rank")
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(state[name])


def merged_state(network: Network) -> dict[str, Tensor]:
    """All weights with what the adapters add, named as in a network without any."""
    added = {
        f"{name}.base_layer.weight": layer.get_delta_weight(_NAME)
        for name, layer in _layers(network.model)
    }
    merged = {}
    for name, weight in network.model.state_dict().items():
        if ".lora_" in name:
            continue
        if name in added:
            weight = (weight.float() + added[name].detach().float()).to(weight.dtype)
        merged[name.replace(".base_layer.", ".")] = weight
    return merged


def _layers(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """The linear layers that have an adapter."""
    return ((name, layer) for name, layer in model.named_modules() if hasattr(layer, "lora_A"))


def _adapters(network: Network) -> dict[str, nn.Parameter]:
    named: Iterator[tuple[str, nn.Parameter]] = network.model.named_parameters()
    return {name: weight for name, weight in named if ".lora_" in name}
