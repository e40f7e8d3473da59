"""Loading a checkpoint's weights: the device, the number format, and what they need installed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, BitsAndBytesConfig
from transformers.utils import is_flash_attn_2_available
from transformers.utils.logging import (
    disable_progress_bar,
    enable_progress_bar,
    is_progress_bar_enabled,
)

from vigorl.browser.errors import UsageError
from vigorl.policy.backend import Hardware
from vigorl.policy.local.eight_bits import in_eight_bits

_A_MOMENT = 1_000_000_000
"""Bytes of weights that are loaded too fast for a progress bar."""


@dataclass(frozen=True)
class Place:
    """Where weights go, and in which number format."""

    hardware: Hardware
    device: torch.device
    """Of the first layers, which tokens are handed to."""
    dtype: torch.dtype

    @classmethod
    def of(cls, hardware: Hardware) -> "Place":
        """What hardware stands for on this machine.

        Raises:
            UsageError: it is not there, or a library for it is not installed.
        """
        device, dtype = hardware.device, hardware.dtype
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise UsageError("there is no CUDA device here: choose the device auto or cpu")
        if device == "mps" and not torch.backends.mps.is_available():
            raise UsageError("there is no MPS device here: choose the device auto or cpu")
        if dtype == "auto":
            dtype = "float32" if device == "cpu" else "bfloat16"
        _require_libraries(hardware, device)
        place = torch.device(device)
        if device == "cuda":  # one for each of the processes that a launcher has started
            place = torch.device(device, int(os.environ.get("LOCAL_RANK", 0)))
        return cls(hardware, place, getattr(torch, dtype))

    def load(self, loader: Any, path: str, sample_ids: Sequence[int]) -> Any:
        """The network of a checkpoint, in its place.

        Args:
            loader: The class of transformers that loads it.
            path: A folder or hub id.
            sample_ids: Tokens of `eight_bits.SAMPLE`, on which 8 bits on a CPU are measured.
        """
        hardware = self.hardware
        arguments: dict[str, Any] = {"dtype": self.dtype}
        if hardware.attention != "auto":
            arguments["attn_implementation"] = hardware.attention
        on_cpu = self.device.type == "cpu"
        if hardware.quantization != "none" and not on_cpu:
            arguments["quantization_config"] = self._quantization()
        if hardware.spread:
            arguments["device_map"] = "auto"
        elif (
            hardware.quantization != "none" and not on_cpu
        ):  # weights that are packed cannot be moved
            arguments["device_map"] = {"": self.device}
        model = loader.from_pretrained(path, **arguments)
        if "device_map" not in arguments:
            model.to(self.device)
        if hardware.quantization != "none" and on_cpu:
            return in_eight_bits(model.eval(), sample_ids)
        return model.eval()

    def _quantization(self) -> BitsAndBytesConfig:
        if self.hardware.quantization == "8bit":
            return BitsAndBytesConfig(load_in_8bit=True)
        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=self.dtype,
        )


def _require_libraries(hardware: Hardware, device: str) -> None:
    """Check that there is what loading needs beside PyTorch and transformers.

    Raises:
        UsageError: there is not.
    """
    if hardware.quantization == "8bit" and device == "cpu":
        return
    if hardware.quantization != "none":
        if device != "cuda":
            raise UsageError(
                f"weights in {hardware.quantization} need a CUDA device, and this is {device}; "
                "a CPU takes 8bit"
            )
        if find_spec("bitsandbytes") is None or find_spec("accelerate") is None:
            raise UsageError(
                f"weights in {hardware.quantization} need bitsandbytes and accelerate: "
                "pip install 'vigorl-agent[quantization]'"
            )
    if hardware.spread and find_spec("accelerate") is None:
        raise UsageError("spreading layers over devices needs accelerate: pip install accelerate")
    if hardware.attention == "flash_attention_2":
        if not is_flash_attn_2_available():
            raise UsageError(
                "flash_attention_2 needs a CUDA device and flash-attn: pip install flash-attn, or "
                "choose the attention sdpa"
            )
        if hardware.dtype == "float32":
            raise UsageError("flash_attention_2 needs the dtype bfloat16 or float16")


def read_model_type(path: str) -> str:
    """The architecture of a checkpoint, as its configuration calls it.

    Raises:
        UsageError: the checkpoint is not there, or cannot be used.
    """
    with files_of(path):
        return str(AutoConfig.from_pretrained(path).model_type)


@contextmanager
def files_of(path: str) -> Iterator[None]:
    """Say what to do where a checkpoint's files are missing."""
    try:
        yield
    except OSError as error:
        reason = str(error).splitlines()[0]
        if Path(path).is_dir():
            raise UsageError(f"the checkpoint {path} is not complete: {reason}") from error
        raise UsageError(
            f"{path} is not on this machine and could not be fetched ({reason}); download it "
            f"where there is a network (hf download {path}) and give the folder"
        ) from error
    except (ValueError, RecursionError, UnpicklingError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        if isinstance(error, UnpicklingError):
            reason = "its weights hold more than numbers"
        raise UsageError(
            f"the checkpoint {path} cannot be used: {reason[:300]} (code that comes with a "
            "checkpoint is never run, and pickled objects are never loaded: save it as safetensors)"
        ) from error


@contextmanager
def bar_for(path: str) -> Iterator[None]:
    """Let transformers draw how far it has loaded weights, unless that takes but a moment."""
    size = sum(file.stat().st_size for file in Path(path).glob("*.safetensors"))
    with without_bars() if 0 < size < _A_MOMENT else nullcontext():
        yield


@contextmanager
def without_bars() -> Iterator[None]:
    """Let transformers draw no progress bars."""
    if not is_progress_bar_enabled():
        yield
        return
    disable_progress_bar()
    try:
        yield
    finally:
        enable_progress_bar()
