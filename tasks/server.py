"""An application served from localhost in the caller's event loop, for localhost alone.

A browser elsewhere on this machine may show a stranger's page, and that page may send requests
here, also by a name of its own that leads to 127.0.0.1. So a request by any other name than this
machine's is refused, and so is one that changes something and comes from another site.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from vigorl.browser.errors import TaskFault

START_LIMIT_S = 10.0
STOP_LIMIT_S = 2


class LocalServer:
    """Serves an application while it is entered: `async with LocalServer(application) as server`.

    Args:
        application: What answers.
        port: TCP port on 127.0.0.1; 0 takes a free one.
    """

    def __init__(self, application: Starlette, port: int = 0) -> None:
        self._application = application
        self._port = port
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        """Bind the port and serve.

        Raises:
            TaskFault: the port cannot be had or the server does not start.
        """
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        self._server = QuietServer(
            uvicorn.Config(
                _OwnHost(self._application),
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                timeout_graceful_shutdown=STOP_LIMIT_S,
            )
        )
        self._serving = asyncio.create_task(self._server.serve([listener]), name="site")
        try:
            async with asyncio.timeout(START_LIMIT_S):
                while not self._server.started:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            self._serving.cancel()
            raise TaskFault(f"the site did not start within {START_LIMIT_S} s") from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving and free the port."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._server = self._serving = None

    async def forever(self) -> None:
        """Serve until cancelled."""
        if self._serving is not None:
            await asyncio.shield(self._serving)


HOSTS = ("127.0.0.1", "localhost")
"""What this machine is called by those whom it serves."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class _OwnHost:
    """Refuses what is not meant for this server, or was made by another site's page."""

    def __init__(self, application: Starlette) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _refusal(scope) if scope["type"] == "http" else None
        await (answer or self._application)(scope, receive, send)


def _refusal(scope: Scope) -> Response | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if host.rpartition(":")[0] not in HOSTS and host not in HOSTS:
        return PlainTextResponse(f"this is {HOSTS[0]}\n", HTTPStatus.MISDIRECTED_REQUEST)
    origin = headers.get("origin")
    if scope["method"] in SAFE_METHODS or origin in (None, f"http://{host}"):
        return None
    return PlainTextResponse("another site may not do this\n", HTTPStatus.FORBIDDEN)


class QuietServer(uvicorn.Server):  # type: ignore[misc]  # mypy does not look into uvicorn
    """A server that leaves Ctrl-C and `kill` to the program it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, an answer in
    # two writes waits 40 ms for the client's acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise TaskFault(f"port {port} of 127.0.0.1 cannot be had: {error}") from error
    return listener
