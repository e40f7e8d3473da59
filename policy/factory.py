"""Policies by name: what `--model` may be, and how each is opened.

A name is, in this order:

1. a policy of this package: `reader`, `random`, `nano`, `scout`, `scout-base`;
2. one that another package adds (entry points of the group `vigorl.policies`), or the place of a
   function in one: `package.module:function`;
3. a vision-language model: the URL of an OpenAI-compatible server, a folder that exists, a short
   name (`gpt-5`, `openrouter/…`; see `vigorl.policy.providers`), a hub id; with `vllm:` before it a
   folder or hub id is run by vLLM in this process.
"""

import asyncio
import importlib
import inspect
import logging
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigorl.browser.errors import UsageError
from vigorl.browser.plugins import loaded, plugins
from vigorl.policy.adaptation import Adaptation
from vigorl.policy.backend import Backend, Hardware, Sampling
from vigorl.policy.family import (
    Family,
)
from vigorl.policy.model import ModelPolicy
from vigorl.policy.model_config import READER as READER
from vigorl.policy.model_config import ModelConfig as ModelConfig
from vigorl.policy.policy import Policy
from vigorl.policy.price import Price, also_named, price_of
from vigorl.policy.providers import Served, key_for, same_server, served
from vigorl.policy.scout.checkpoint import (
    ADAPTER_CONFIG,
    base_checkpoint,
    merged_checkpoint,
    scout_checkpoint,
)

if TYPE_CHECKING:
    from vigorl.policy.wire import WireLimits

logger = logging.getLogger(__name__)

RANDOM = "random"
"""The policy that clicks anywhere: a floor under all others."""

NANO = "nano"
"""The model that the package carries."""

SCOUT = "scout"
"""The language model that another package carries, with the adapter that this one carries."""

SCOUT_BASE = "scout-base"
"""The same as its makers trained it."""

GROUP = "vigorl.policies"
"""Of entry points: each names a function that makes a policy of a `ModelConfig`."""


Opener = Callable[[ModelConfig], "Awaitable[Policy] | Policy"]
"""Makes a policy, ready to play.

Raises:
    UsageError: what it needs is not there, or the configuration cannot be met.
    PolicyFault: a server does not answer.
"""


@dataclass(frozen=True)
class NamedPolicy:
    """A policy that has a name of its own."""

    open: Opener
    checkpoint: Callable[[], Path] | None = None
    """The folder of its weights, where it has some that can be trained."""


async def _open_reader(config: ModelConfig) -> Policy:
    """Reader with its OCR models loaded, which takes about a second."""
    from vigorl.policy.reader.actor import ReaderPolicy

    return await asyncio.to_thread(ReaderPolicy)


async def _open_random(config: ModelConfig) -> Policy:
    from vigorl.policy.clicker import RandomPolicy

    return RandomPolicy()


async def _open_language_model(config: ModelConfig) -> Policy:
    policy = await _opened(config)
    if policy.notice:
        logger.warning("%s", policy.notice)
    return policy


def _packaged_nano() -> Path:
    """The folder of the checkpoint that the package carries.

    Raises:
        UsageError: this installation carries none.
    """
    folder = Path(str(files("vigorl.policy.nano"))) / "weights"
    if not (folder / "config.json").is_file():
        raise UsageError(
            "this installation carries no checkpoint of nano; give the folder of one as the model"
        )
    return folder


POLICIES: Mapping[str, NamedPolicy] = {
    READER: NamedPolicy(_open_reader),
    RANDOM: NamedPolicy(_open_random),
    NANO: NamedPolicy(_open_language_model, _packaged_nano),
    SCOUT: NamedPolicy(_open_language_model, scout_checkpoint),
    SCOUT_BASE: NamedPolicy(_open_language_model, base_checkpoint),
}
"""Those of this package, by name."""


def policy_named(model: str) -> NamedPolicy | None:
    """The policy of this name, of this package or another; None: it is the name of a model.

    Raises:
        UsageError: the package that adds it is broken.
    """
    if model in POLICIES:
        return POLICIES[model]
    if is_vllm(model):
        return None
    if (point := plugins(GROUP).get(model)) is not None:
        return NamedPolicy(loaded(point))
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", model) and not Path(model).exists():
        return NamedPolicy(_function(model))
    return None


def _function(place: str) -> Opener:
    """The function at `module:function`.

    Raises:
        UsageError: there is none.
    """
    module, _, name = place.partition(":")
    try:
        opener = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"no policy {place}: {error}") from error
    if not callable(opener):
        raise UsageError(f"no policy {place}: it is no function that makes one")
    found: Opener = opener
    return found


async def open_policy(config: ModelConfig) -> Policy:
    """The policy that a model's name stands for, ready to play.

    Raises:
        UsageError: there is no such model, or what it needs is not installed.
        PolicyFault: the model's server does not answer.
    """
    named = policy_named(config.model)
    policy = (named.open if named else _open_language_model)(config)
    return await policy if inspect.isawaitable(policy) else policy


async def open_language_model(config: ModelConfig) -> ModelPolicy:
    """The same, where only a vision-language model will do: one that samples what it says.

    Raises:
        UsageError: it is none, or there is none, or what it needs is not installed.
        PolicyFault: the model's server does not answer.
    """
    policy = await open_policy(config)
    if isinstance(policy, ModelPolicy):
        return policy
    await policy.close()
    raise UsageError(
        f"{config.model} is no language model that can be sampled: give the URL of a server, a "
        "checkpoint's folder or a hub id"
    )


def addressed(config: ModelConfig) -> ModelConfig:
    """The configuration with URL and key, where its model has a short name or is on a server.

    The key is that of the configuration or, where it has none, the one in the environment that
    belongs to the server.

    Raises:
        UsageError: the provider wants a key, and there is none; or the name of the server's model
            is given twice.
    """
    if is_server(config.model):
        return replace(config, api_key=config.api_key or key_for(config.model, os.environ))
    place = short_name(config.model)
    if place is None:
        return config
    if config.model_name not in (None, place.model_name):
        raise UsageError(
            f"{config.model} names a model already: leave out --model-name {config.model_name}, "
            f"or give the server's URL as the model ({place.url})"
        )
    if config.api_key is None:
        place.require_key(config.model)
    return replace(
        config,
        model=place.url,
        model_name=place.model_name,
        api_key=config.api_key or place.key,
        price=also_named(config.price, config.model, place.model_name),
    )


def beside(config: ModelConfig, other: str) -> ModelConfig:
    """The configuration of another model that plays beside the configured one.

    Key and further fields are for the server that they were given for, and a price for its model.
    """
    place = short_name(other)
    is_same_server = same_server(addressed(config).model, place.url if place else other)
    return replace(
        config,
        model=other,
        model_name=None,
        family=None,
        api_key=config.api_key if is_same_server else None,
        extra_body=config.extra_body if is_same_server else {},
        price=None if isinstance(config.price, Price) else config.price,
    )


def short_name(model: str) -> Served | None:
    """Where the model of a short name is served; None: the name is something else."""
    if policy_named(model) is not None or is_server(model) or Path(model).exists():
        return None
    return served(model, os.environ)


def is_server(model: str) -> bool:
    """Whether a model's name is the URL of a server."""
    return model.startswith(("http://", "https://"))


def is_vllm(model: str) -> bool:
    """Whether a model's name asks for vLLM in this process."""
    return model.startswith("vllm:")


def checkpoint_of(model: str) -> str:
    """The folder or hub id of a model's weights, as far as a look at the disk can tell.

    Raises:
        UsageError: it has no weights here, or there is no such checkpoint.
    """
    named = policy_named(model)
    is_elsewhere = is_server(model) or is_vllm(model) or short_name(model) is not None
    if is_elsewhere or (named is not None and named.checkpoint is None):
        raise UsageError(
            f"{model} has no weights that could be trained here: start from nano, the folder of a "
            "checkpoint, or a hub id"
        )
    if named is not None and named.checkpoint is not None:
        return str(named.checkpoint())
    folder = Path(model)
    if (folder / ADAPTER_CONFIG).is_file() and not (folder / "config.json").is_file():
        return str(merged_checkpoint(folder))
    if folder.exists() and not (folder / "config.json").is_file():
        raise UsageError(f"{model} is no checkpoint: it holds no config.json")
    if not folder.exists() and (folder.is_absolute() or model.count("/") != 1):
        others = "".join(f", {name}" for name in plugins(GROUP))
        raise UsageError(
            f"no model {model}: give the URL of a server (http://…), a name such as gpt-5 or "
            "ollama/qwen2.5vl:7b, an existing folder with a checkpoint, a hub id like "
            "Qwen/Qwen2.5-VL-3B-Instruct, or the name of a policy "
            f"({', '.join(POLICIES)}{others})"
        )
    return model


async def open_model(
    spec: str,
    *,
    model_name: str | None = None,
    family: str | None = None,
    api_key: str | None = None,
    window_screens: int | None = None,
    zoom: bool = True,
    sampling: Sampling | None = None,
    hardware: Hardware | None = None,
    limits: "WireLimits | None" = None,
    extra_body: Mapping[str, Any] | None = None,
) -> ModelPolicy:
    """The policy that a model's name stands for, ready to play.

    Args:
        spec: `nano`, the URL of an OpenAI-compatible server, a checkpoint's folder, or a hub id;
            `vllm:` before these two.
        model_name: Which of the server's models; needed where it has several.
        family: How the model is talked to; told by its name where left out.
        api_key: Bearer token for the server.
        window_screens: Screens that stay in the conversation; the family's own number if None.
        zoom: Whether it may look closer, where its family can.
        sampling: How its words are drawn; as its family draws them where left out.
        hardware: What a checkpoint runs on here.
        limits: How long a server is waited for.
        extra_body: Further fields of every request to a server.

    Raises:
        UsageError: there is no such model, or what it needs is not installed.
        PolicyFault: the server does not answer.
    """
    config = ModelConfig(
        spec,
        model_name,
        family,
        api_key,
        window_screens=window_screens,
        zoom=zoom,
        extra_body=extra_body or {},
    )
    return await _opened(config, sampling, hardware, limits)


async def _opened(
    config: ModelConfig,
    sampling: Sampling | None = None,
    hardware: Hardware | None = None,
    limits: "WireLimits | None" = None,
) -> ModelPolicy:
    """The policy of a configuration; what is given beside it takes the place of the family's."""
    config = addressed(config)
    adapted = Adaptation(config, sampling)
    if is_server(config.model):
        from vigorl.policy.server import ServerBackend
        from vigorl.policy.wire import Server

        server = await Server.connect(config.model, config.model_name, config.api_key, limits)
        try:
            chosen, notice = adapted.served(*server.names)
            _require_own_sampler(chosen)
            drawn = adapted.sampling(chosen)
        except UsageError:
            await server.close()
            raise
        backend = ServerBackend(server, chosen, drawn, config.extra_body)
        price = price_of(config.price, config.model, config.model_name, server.model)
        return policy_of(chosen, backend, drawn, notice, price)
    if is_vllm(config.model):
        return await _open_vllm(config.model, adapted, hardware or config.hardware)
    return await asyncio.to_thread(_load, config.model, adapted, hardware)


async def _open_vllm(spec: str, adapted: Adaptation, hardware: Hardware) -> ModelPolicy:
    """The policy of a checkpoint that vLLM runs; takes from half a minute to many to load."""
    from vigorl.policy.vllm.engine import VllmConfig, open_vllm, require_vllm

    config = VllmConfig.of(spec)
    config = replace(config, path=checkpoint_of(config.path))
    require_vllm(config.path)
    from vigorl.policy.local.loading import read_model_type

    model_type = await asyncio.to_thread(read_model_type, config.path)
    chosen, notice = adapted.loaded(config.path, model_type)
    _require_own_sampler(chosen)
    drawn = adapted.sampling(chosen)
    backend = await open_vllm(config, chosen, drawn, hardware)
    return policy_of(chosen, backend, drawn, notice, price_of(adapted.asked.price, config.path))


def _require_own_sampler(family: Family) -> None:
    """Check that a family's words may be drawn by another program.

    Raises:
        UsageError: they may not: only our own sampler keeps its points to what was read.
    """
    if family.copies:
        raise UsageError(
            f"{family.name} copies its points from what was read, which the sampler in this "
            "process alone sees to: give the name scout, or its checkpoint's folder; another "
            "model that is taken for it is talked to with --family generic"
        )


def policy_of(
    family: Family,
    backend: Backend,
    sampling: Sampling,
    notice: str = "",
    price: Price | None = None,
) -> ModelPolicy:
    """The policy of a family, on a backend that is there already."""
    if not family.reads:
        return ModelPolicy(family, backend, sampling, notice, price)
    from vigorl.policy.nano.actor import ReadingPolicy

    return ReadingPolicy(family, backend, sampling)


def _load(spec: str, adapted: Adaptation, hardware: Hardware | None) -> ModelPolicy:
    """The policy of a checkpoint; takes from seconds to minutes to load."""
    spec = checkpoint_of(spec)
    try:
        from vigorl.policy.local.backend import LocalBackend
        from vigorl.policy.local.loading import read_model_type
        from vigorl.policy.local.network import Network
    except ImportError as error:
        raise UsageError(
            f"running {spec} here needs torch and transformers ({error}): "
            "pip install 'vigorl-agent[model]', or give the URL of a server"
        ) from error
    chosen, notice = adapted.loaded(spec, read_model_type(spec))
    hardware = hardware or _played_on(adapted.asked, chosen)
    network = Network(spec, chosen, hardware)
    drawn = adapted.sampling(chosen)
    backend = LocalBackend(network, drawn, max_batch=hardware.max_batch)
    return policy_of(chosen, backend, drawn, notice, price_of(adapted.asked.price, spec))


def _played_on(config: ModelConfig, family: Family) -> Hardware:
    """What a checkpoint is played on, where only a configuration says it."""
    from vigorl.policy.local.loading import Place

    hardware = config.hardware
    is_open = (hardware.quantization, hardware.dtype) == ("none", "auto")
    if family.plays_in_8bit and is_open and Place.of(hardware).device.type == "cpu":
        return replace(hardware, quantization="8bit")
    return hardware
