"""A Ray cluster that this process is a part of: one of this machine alone, or one that is there."""

import asyncio
import logging
import os
import secrets
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from vigorl.browser.errors import InfrastructureFault, UsageError

LOCAL = "local"
"""The address of a Ray that is started here and ends with the evaluation."""
JOIN_S = 120.0
"""For Ray to start or to be joined, and to be left."""
_CONNECT_S = 10.0
_STORE_BYTES = 80_000_000
"""Of shared memory, the least that Ray takes: messages are small, and pictures go by the disk."""


class ClusterFault(InfrastructureFault):
    """A cluster cannot be joined."""


@asynccontextmanager
async def joined(address: str, count: int | None) -> AsyncIterator[ModuleType]:
    """Ray, with this process in a cluster as long as the block lasts.

    Args:
        address: `local`, or the host and port of a cluster that this machine has been added to.
        count: Cores of one that is started here; None: all that there are.

    Raises:
        UsageError: Ray is not installed, or the address is none.
        ClusterFault: there is no cluster, or it does not take this process.
    """
    if "://" in address:
        raise UsageError(
            f"--ray {address}: Ray's client cannot do this; add this machine to the cluster with "
            "ray start --address HOST:PORT, and give --ray HOST:PORT"
        )
    is_local = address == LOCAL
    if not is_local:
        await _require_listener(address)
    own: AbstractContextManager[dict[str, Any]] = _own_cluster() if is_local else nullcontext({})
    with own as settings:
        ray = _imported()
        if is_local:
            settings |= {"num_cpus": count or os.cpu_count() or 1}
        start = partial(ray.init, address, log_to_driver=False, configure_logging=False, **settings)
        async with _in_thread(address, start, ray.shutdown):
            yield ray


@asynccontextmanager
async def _in_thread(
    address: str, start: Callable[[], Any], shut_down: Callable[[], None]
) -> AsyncIterator[None]:
    """Ray from its start to its end in one thread, which lives as long as the block.

    In the main one Ray would take SIGTERM for itself; and its daemons die with the thread that has
    started them. No end of the process waits for the thread, since Ray may wait for ever.

    Raises:
        ClusterFault: it does not start.
    """
    began, over, is_left = Future[None](), Future[None](), threading.Event()

    def stay() -> None:
        _do(start, began)
        is_left.wait()
        _do(shut_down, over)

    threading.Thread(target=stay, daemon=True).start()
    try:
        try:
            await _end_of(began)
        except Exception as error:  # of any kind: Ray has one for each way in which this fails
            raise ClusterFault(_refused(address, error)) from error
        yield
    finally:
        is_left.set()
        if began.done():
            with suppress(TimeoutError):
                await _end_of(over)


def _do(work: Callable[[], Any], told: "Future[None]") -> None:
    try:
        work()
    except BaseException as error:
        told.set_exception(error)
    else:
        told.set_result(None)


async def _end_of(told: "Future[None]") -> None:
    async with asyncio.timeout(JOIN_S):
        await asyncio.shield(asyncio.wrap_future(told))


def _imported() -> ModuleType:
    try:
        import ray
    except ImportError as error:
        raise UsageError(f"--ray needs Ray ({error}): pip install 'vigorl-agent[ray]'") from error
    logging.getLogger("ray").setLevel(logging.ERROR)
    module: ModuleType = ray
    return module


def free_cores(ray: ModuleType) -> int:
    """Cores of a cluster that nobody has taken."""
    return int(ray.available_resources().get("CPU", 0))


async def _require_listener(address: str) -> None:
    """Look whether anybody is there, for whom Ray would wait for ever.

    Raises:
        UsageError: it is no address of a cluster.
        ClusterFault: nobody is there.
    """
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--ray {address}: give HOST:PORT of the cluster's head, or nothing")
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except OSError as error:
        raise ClusterFault(_refused(address, error)) from error
    writer.close()


def _refused(address: str, error: Exception) -> str:
    why = str(error).strip().splitlines()
    told = why[0].rstrip(".") if why else f"no answer ({type(error).__name__})"
    if address == LOCAL:
        return f"Ray does not start on this machine: {told}"
    return (
        f"no Ray cluster is to be joined at {address}: {told}. Start one with ray start --head, "
        f"and add this machine with ray start --address {address}"
    )


@contextmanager
def _own_cluster() -> Iterator[dict[str, Any]]:
    """Settings of a cluster of this machine, whose files and token go with it.

    Ray listens on the machine's own address, so it takes calls from those with a token only. It
    reads that when it is imported; where it was before, it makes a token in the home folder.
    """
    # Ray gives way to whatever else a machine does, and workers would starve beside it.
    variables = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    if "ray" not in sys.modules:
        variables |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    # Paths of sockets are short: not wherever TMPDIR says.
    place = "/tmp" if Path("/tmp").is_dir() else None
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        with tempfile.TemporaryDirectory(
            prefix="vigorl-ray-", dir=place, ignore_cleanup_errors=True
        ) as folder:
            yield {
                "include_dashboard": False,
                "object_store_memory": _STORE_BYTES,
                "_temp_dir": folder,
            }
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
