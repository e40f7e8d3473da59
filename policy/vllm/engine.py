"""Opening vLLM's engine for a checkpoint, with the limits of its family."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.policy.backend import Hardware, Sampling
from vigorl.policy.family import Family
from vigorl.policy.vllm.adapters import ADAPTERS_AT_ONCE, engine_rank
from vigorl.policy.vllm.backend import VllmBackend
from vigorl.policy.vllm.limits import INSTALL, QUIET, limits_of, model_tokens

PREFIX = "vllm:"
"""Before a checkpoint's folder or hub id: it is run by vLLM, in this process."""


@dataclass(frozen=True)
class VllmConfig:
    """What vLLM runs, and with which arguments of its own."""

    path: str
    """A checkpoint's folder or hub id."""
    lora_rank: int = 0
    """Largest rank of adapters that are loaded while it runs; 0: there are none."""
    sleeps: bool = False
    """It can give the device's memory back (CUDA)."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the engine by vLLM's names; they win over ours."""

    @classmethod
    def of(cls, model: str) -> "VllmConfig":
        """What `vllm:PATH?name=value&…` says.

        Raises:
            UsageError: it names no checkpoint.
        """
        path, _, query = model.removeprefix(PREFIX).partition("?")
        if not path:
            raise UsageError(f"{model} names no checkpoint: {PREFIX}FOLDER or {PREFIX}OWNER/NAME")
        values = parse_qsl(query, keep_blank_values=True)
        return cls(path, arguments={name: _value(text) for name, text in values})


def _value(text: str) -> Any:
    """A JSON value, or else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


async def open_vllm(
    config: VllmConfig, family: Family, sampling: Sampling, hardware: Hardware | None = None
) -> VllmBackend:
    """The backend of a checkpoint; takes from half a minute to many to load.

    Raises:
        UsageError: vLLM is not installed, or cannot run the checkpoint like that.
        PolicyFault: its engine did not start.
    """
    for name, value in QUIET.items():  # vLLM is configured by the environment alone
        os.environ.setdefault(name, value)
    require_vllm(config.path)
    arguments = await asyncio.to_thread(
        engine_arguments, config, family, sampling, hardware or Hardware()
    )
    return await asyncio.to_thread(_opened, arguments, family, sampling)


def require_vllm(path: str) -> None:
    """Check that vLLM can be imported.

    Raises:
        UsageError: it cannot.
    """
    try:
        import vllm  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"running {path} with vLLM needs vLLM ({error}): {INSTALL} into an environment of its "
            "own, or give the URL of a server as the model"
        ) from error


def engine_arguments(
    config: VllmConfig, family: Family, sampling: Sampling, hardware: Hardware
) -> dict[str, Any]:
    """What the engine is opened with, by vLLM's names.

    Raises:
        UsageError: the checkpoint is not there, or the hardware is none of vLLM's.
    """
    from transformers import AutoConfig

    if hardware.device == "mps":
        raise UsageError("vLLM does not run on mps: run the checkpoint without vllm:")
    if hardware.quantization != "none":
        raise UsageError(
            "vLLM quantises in ways of its own: name one as an argument of its engine, as in "
            f"{PREFIX}{config.path}?quantization=bitsandbytes"
        )
    try:
        known = AutoConfig.from_pretrained(config.path).to_dict()
    except (OSError, ValueError) as error:
        raise UsageError(f"{config.path} cannot be used: {str(error).splitlines()[0]}") from error
    limits = limits_of(family, sampling, model_tokens(known))
    arguments: dict[str, Any] = {
        "model": config.path,
        "dtype": hardware.dtype,
        "max_num_seqs": hardware.max_batch,
        "load_format": "safetensors",  # pickled objects are never loaded
        "logprobs_mode": "raw_logprobs",
        "disable_log_stats": True,
    }
    if limits.context_tokens is not None:
        arguments["max_model_len"] = limits.context_tokens
    if not family.reads:
        arguments |= {
            "limit_mm_per_prompt": limits.per_prompt,
            "mm_processor_kwargs": limits.processor,
        }
    if config.lora_rank:
        arguments |= {
            "enable_lora": True,
            "max_loras": ADAPTERS_AT_ONCE,
            "max_lora_rank": engine_rank(config.lora_rank),
        }
    if config.sleeps and _can_sleep():
        arguments["enable_sleep_mode"] = True
    return arguments | dict(config.arguments)


def _can_sleep() -> bool:
    from vllm.platforms import current_platform

    return bool(current_platform.is_sleep_mode_available())


def _opened(arguments: dict[str, Any], family: Family, sampling: Sampling) -> VllmBackend:
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    from vigorl.policy.local.codec import Codec

    path = str(arguments["model"])
    try:
        codec = Codec(path, family)
        engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
    except (TypeError, ValueError, OSError) as error:
        raise UsageError(f"vLLM cannot run {path}: {_told(error)}") from error
    except RuntimeError as error:
        raise PolicyFault(
            f"vLLM's engine did not start for {path} ({_told(error)}); what it said stands above. "
            f"Of memory, {PREFIX}{path}?max_model_len=…&gpu_memory_utilization=… take less"
        ) from error
    return VllmBackend(engine, codec, family, sampling, arguments)


def _told(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split())[:400] or type(error).__name__
