"""`vllm serve` for a model: the command, with the limits of its family, and its process."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.policy.backend import Sampling
from vigorl.policy.family import Family, family_named, family_of
from vigorl.policy.vllm.adapters import ADAPTERS_AT_ONCE, engine_rank
from vigorl.policy.vllm.limits import (
    ENVIRONMENT,
    INSTALL,
    limits_of,
    model_tokens,
    read_config,
)
from vigorl.policy.vllm.serve_config import ServeConfig

_END_LIMIT_S = 30
"""For vLLM to end by itself, when it is asked to."""

LOADING = {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"}
"""Variables for a server that takes adapters while it runs."""

_OURS = ("--host", "--port")
"""Options that have to be given to us, because we tell where the server is."""


def served_family(model: str, name: str | None) -> Family:
    """The family of a model that is to be served.

    Args:
        model: A checkpoint's folder or hub id.
        name: Of its family; None: told by its own.

    Raises:
        UsageError: there is no such checkpoint or family, or the name does not tell.
    """
    folder = Path(model)
    if folder.exists() and not (folder / "config.json").is_file():
        raise UsageError(f"{model} is no checkpoint: it holds no config.json")
    if not folder.exists() and (folder.is_absolute() or model.count("/") != 1):
        raise UsageError(
            f"no checkpoint {model}: give an existing folder, or a hub id like "
            "Qwen/Qwen2.5-VL-3B-Instruct"
        )
    if name is not None:
        return family_named(name)
    return family_of(folder.name, model, str(read_config(folder).get("model_type", "")))


def serve_command(
    model: str, family: Family, config: ServeConfig, more: Sequence[str] = ()
) -> list[str]:
    """The words of `vllm serve`.

    What is added to them comes last, and so wins.

    Raises:
        UsageError: what is added are options of ours.
    """
    for word in more:
        if word.partition("=")[0] in _OURS:
            raise UsageError(f"give {word} before the --, so that it is known where the server is")
    limits = limits_of(family, Sampling(), model_tokens(read_config(Path(model))))
    command = ["vllm", "serve", model, "--host", config.host, "--port", str(config.port)]
    if not family.reads:
        command += ["--limit-mm-per-prompt", json.dumps(limits.per_prompt)]
        command += ["--mm-processor-kwargs", json.dumps(limits.processor)]
    if limits.context_tokens is not None:
        command += ["--max-model-len", str(limits.context_tokens)]
    command += ["--logprobs-mode", "processed_logprobs"]
    if config.lora_rank:
        command += ["--enable-lora", "--max-lora-rank", str(engine_rank(config.lora_rank))]
        command += ["--max-loras", str(ADAPTERS_AT_ONCE)]
        command += ["--enable-scale-out"]  # prompts as token ids: a training samples by them
    return [*command, *more]


def server_url(config: ServeConfig) -> str:
    """Where the server is for programs of this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    return f"http://[{host}]:{config.port}" if ":" in host else f"http://{host}:{config.port}"


async def serve(
    command: Sequence[str], config: ServeConfig, when_ready: Callable[[], None]
) -> None:
    """Run vLLM until it ends or this is cancelled; then it is asked to end, and made to.

    Args:
        command: What `serve_command` gives.
        config: Where it listens.
        when_ready: Called when it answers.

    Raises:
        UsageError: vLLM is not installed, or the port is taken.
        PolicyFault: it ends by itself.
    """
    program = _program()
    _require_free(config)
    environment = {**ENVIRONMENT, **os.environ}
    if config.lora_rank:
        environment = {**LOADING, **environment}
    # In a group of its own: a Ctrl-C reaches us alone, and all that vLLM has started is ended.
    process = await asyncio.create_subprocess_exec(
        program, *command[1:], env=environment, start_new_session=True
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(_announce(server_url(config), when_ready))
            code = await process.wait()
            watch.cancel()
    finally:
        await _end(process)
    raise PolicyFault(f"vLLM ended with code {code}; what it said stands above")


def _program() -> str:
    """The command `vllm`, of this environment or of another that is on the PATH.

    Raises:
        UsageError: there is none.
    """
    own = str(Path(sys.executable).parent)
    found = shutil.which("vllm", path=os.pathsep.join((own, os.environ.get("PATH", ""))))
    if found is None:
        raise UsageError(
            f"vLLM is not installed: {INSTALL} into an environment of its own (it needs Linux "
            "and, to be of use, a GPU), or put the command vllm of another one on the PATH"
        )
    return found


def _require_free(config: ServeConfig) -> None:
    """Check that nothing listens where vLLM is to.

    Raises:
        UsageError: something does, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        with socket.create_server((config.host, config.port), family=family):
            pass
    except OSError as error:
        raise UsageError(
            f"cannot listen on {config.host}, port {config.port} ({error.strerror}): choose "
            "another with --port"
        ) from error


async def _announce(url: str, when_ready: Callable[[], None]) -> None:
    """Wait for the server to answer, as long as it takes."""
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                if (await client.get(f"{url}/health", timeout=2)).is_success:
                    break
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.5)
    when_ready()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask vLLM to end, and end what is left of it."""
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(_END_LIMIT_S):
                await process.wait()
        except TimeoutError:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    await process.wait()
