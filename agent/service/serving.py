"""Serving environments: from a configuration to a service that listens, and to its end."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from vigorl.agent.service.application import EnvironmentService, service_application
from vigorl.agent.service.leases import Leases
from vigorl.agent.service.pool import BrowserPool
from vigorl.agent.service.service_config import ServiceConfig
from vigorl.agent.service.service_metrics import ServiceMetrics
from vigorl.agent.service.worlds import Worlds
from vigorl.browser.errors import ServiceFault
from vigorl.browser.memory import group_bytes
from vigorl.browser.wire import MOST_REQUEST_BYTES
from vigorl.tasks.server import QuietServer

logger = logging.getLogger(__name__)

START_LIMIT_S = 10.0
PING_S, PING_LIMIT_S = 20.0, 40.0
"""A client that answers no ping for so long is gone; a line may be cut for half a minute."""
LAST_S = 20.0
"""Time for sessions to close what they opened, once their places are taken back."""


@dataclass(frozen=True)
class ServedEnvironments:
    """A service that listens."""

    service: EnvironmentService
    url: str
    names: tuple[str, ...]
    """Of its environments."""
    _listening: "asyncio.Task[None]"

    async def until_told(self) -> None:
        """Serve until this is cancelled, which is no error: sessions then come to an end.

        While they do, another cancellation ends them at once.
        """
        try:
            await asyncio.shield(self._listening)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            await self.service.leases.drain(self.service.config.grace_seconds, LAST_S)
        else:
            raise ServiceFault("the service has stopped to listen")


@asynccontextmanager
async def served_environments(
    config: ServiceConfig, token: str
) -> AsyncIterator[ServedEnvironments]:
    """A service, as long as the block lasts.

    Raises:
        UsageError: an environment cannot be served here.
        ServiceFault: the port cannot be had.
    """
    metrics, leases = ServiceMetrics(), Leases(config.places)
    listener = _listener(config)
    with listener:
        async with (
            BrowserPool(config, lambda why: metrics.replaced.labels(why).inc()) as pool,
            Worlds(config, pool) as worlds,
        ):
            service = EnvironmentService(config, pool, worlds, leases, metrics)
            _show_state(service)
            server = QuietServer(
                uvicorn.Config(
                    service_application(service, token),
                    lifespan="off",
                    ws="websockets-sansio",
                    ws_max_size=MOST_REQUEST_BYTES,
                    ws_ping_interval=PING_S,
                    ws_ping_timeout=PING_LIMIT_S,
                    ws_per_message_deflate=False,
                    log_config=None,
                    log_level="critical",
                    access_log=False,
                    timeout_graceful_shutdown=2,
                )
            )
            listening = asyncio.create_task(server.serve([listener]), name="environments")
            try:
                async with asyncio.timeout(START_LIMIT_S):
                    while not server.started:
                        await asyncio.sleep(0.005)
                host, port = listener.getsockname()[:2]
                url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
                yield ServedEnvironments(service, url, worlds.names, listening)
            finally:
                server.should_exit = True
                await asyncio.gather(listening, return_exceptions=True)


def _show_state(service: EnvironmentService) -> None:
    """Have the numbers shown that say how the service stands."""
    metrics, leases, pool = service.metrics, service.leases, service.pool

    def chromium_bytes() -> float:
        groups = [each.browser.process_group for each in pool.browsers]
        return sum(group_bytes(group) for group in groups if group is not None)

    metrics.gauge("places", "Places in all.", lambda: leases.places)
    metrics.gauge("places_leased", "Places that are leased.", lambda: leases.held)
    metrics.gauge("draining", "1 while the service comes to its end.", lambda: leases.is_draining)
    metrics.gauge("chromium", "Chromium processes.", lambda: len(pool.browsers))
    metrics.gauge("chromium_bytes", "Memory of all Chromium processes.", chromium_bytes)
    metrics.gauge("resident_bytes", "Memory of the service itself.", _resident_bytes)


def _resident_bytes() -> float:
    try:
        text = Path("/proc/self/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0
    return 1024.0 * sum(
        int(line.split()[1]) for line in text.splitlines() if line.startswith("Rss:")
    )


def _listener(config: ServiceConfig) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ServiceFault(f"there is no address {config.host!r}: {error}") from error
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        told = f"port {config.port} of {config.host} cannot be had: {error}"
        raise ServiceFault(told) from error
    return listener
