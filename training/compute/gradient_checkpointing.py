"""Layers that keep their input alone and are computed again for its gradient."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from vigorl.policy.local.network import Network


@contextmanager
def gradient_checkpointing(network: Network, is_wanted: bool) -> Iterator[None]:
    """Let every layer keep its input alone, and be computed again for its gradient.

    Only the layers are told that they train, and not what is inside of them, so that what they
    compute stays what it is when the network plays; and only here, as it excludes a cache.
    """
    layers: list[Any] = [
        module
        for module in network.model.modules()
        if is_wanted and isinstance(module, GradientCheckpointingLayer)
    ]
    for layer in layers:
        layer.gradient_checkpointing = layer.training = True
        layer._gradient_checkpointing_func = _recomputed
    try:
        yield
    finally:
        for layer in layers:
            layer.gradient_checkpointing = layer.training = False


_recomputed = partial(checkpoint, use_reentrant=False)
