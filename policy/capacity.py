"""Capacity: how many episodes at once keep a model busy, told by where it is computed."""

from vigorl.policy.factory import is_server, is_vllm, policy_named, short_name
from vigorl.policy.model_config import ModelConfig

ON_SERVER = 16
"""A server batches what it is asked at the same time; a hosted one limits how often it is asked."""
ON_VLLM = 32
"""vLLM in this process, which has the device to itself."""
ON_GPU = 16
"""A checkpoint on a CUDA device; where memory runs out, fewer turns are generated at a time."""


def model_capacity(config: ModelConfig) -> int | None:
    """Episodes at once that keep a model busy; None: it computes on this machine's CPU.

    Args:
        config: Which model, and on which device; nothing is opened.

    Raises:
        UsageError: the package that adds the policy is broken.
    """
    if is_server(config.model) or short_name(config.model) is not None:
        return ON_SERVER
    if is_vllm(config.model):
        return ON_VLLM
    named = policy_named(config.model)
    has_weights = named is None or named.checkpoint is not None
    return ON_GPU if has_weights and _is_on_cuda(config) else None


def _is_on_cuda(config: ModelConfig) -> bool:
    if config.device != "auto":
        return config.device == "cuda"
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()
