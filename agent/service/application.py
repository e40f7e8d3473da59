"""The application of an environment service: its routes, behind a bearer token.

===========================  ======================================================
`/ws`                        a session: OpenEnv's WebSocket protocol, one lease each
`/health`                    whether new sessions are taken; needs no token
`/environments`              what can be asked for
`/rows`                      rows of tasks that only a page can draw
`/metrics`                   what Prometheus reads
`/metadata`, `/schema`       what OpenEnv's tools look at
===========================  ======================================================
"""

import asyncio
import secrets
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from vigorl.agent.service.exchange import Exchange, refusal
from vigorl.agent.service.leases import Leases, NoLease
from vigorl.agent.service.pool import BrowserPool
from vigorl.agent.service.service_config import ServiceConfig
from vigorl.agent.service.service_metrics import ServiceMetrics
from vigorl.agent.service.session import EnvironmentSession
from vigorl.agent.service.worlds import Worlds
from vigorl.browser.actions import ACTION
from vigorl.browser.errors import InfrastructureFault, UsageError
from vigorl.browser.wire import ASKED_TASK, MOST_REQUEST_BYTES, SUBPROTOCOL, TRY_LATER, AskedTask

MOST_ROWS = 200
"""Of one request."""


@dataclass(frozen=True)
class EnvironmentService:
    """What the routes share."""

    config: ServiceConfig
    pool: BrowserPool
    worlds: Worlds
    leases: Leases
    metrics: ServiceMetrics


def service_application(service: EnvironmentService, token: str) -> Starlette:
    """The application.

    Args:
        service: What it serves.
        token: Bearer token that every request but that for `/health` has to carry.
    """
    application = Starlette(
        routes=[
            WebSocketRoute("/ws", _play),
            Route("/health", _health),
            Route("/environments", _environments),
            Route("/rows", _rows, methods=["POST"]),
            Route("/metrics", _metrics),
            Route("/metadata", _metadata),
            Route("/schema", _schema),
        ],
        middleware=[Middleware(BearerGuard, token=token)],
        exception_handlers={UsageError: _refused, InfrastructureFault: _broken},
    )
    application.state.service = service
    return application


class BearerGuard:
    """Middleware: refuses what does not carry the token, and whatever a page in a browser sends."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] in ("http", "websocket") and not self._is_let_in(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})  # an answer 403
                return
            told = "send the service's token: Authorization: Bearer …\n"
            headers = {"WWW-Authenticate": "Bearer"}
            await PlainTextResponse(told, HTTPStatus.UNAUTHORIZED, headers)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_let_in(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if "origin" in headers:
            return False
        given = headers.get("authorization", "").encode()
        return scope["path"] == "/health" or secrets.compare_digest(given, self._expected)


async def _play(socket: WebSocket) -> None:
    service = _service(socket)
    is_plain = SUBPROTOCOL not in socket.scope.get("subprotocols", [])
    await socket.accept(None if is_plain else SUBPROTOCOL)
    try:
        lease = service.leases.take()
    except NoLease as none:
        service.metrics.refused.labels(none.code).inc()
        await socket.send_text(refusal(none.code, str(none)))
        await socket.close(TRY_LATER, str(none))
        return
    try:
        session = EnvironmentSession(service.worlds, service.metrics, is_plain)
        lease_s = service.config.lease_seconds
        await Exchange(socket, session, lease, lease_s, service.metrics).hold()
    finally:
        service.leases.give_back(lease)


async def _health(request: Request) -> Response:
    leases = _service(request).leases
    state = {"places": leases.places, "leased": leases.held, "draining": leases.is_draining}
    if leases.is_draining:
        return JSONResponse({"status": "unhealthy", **state}, HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"status": "healthy", **state})


async def _environments(request: Request) -> Response:
    return JSONResponse({"environments": list(_service(request).worlds.names)})


_ASKED_TASKS = TypeAdapter(list[AskedTask])


async def _rows(request: Request) -> Response:
    body = await _body(request)
    try:
        asked = _ASKED_TASKS.validate_json(body)
    except ValidationError as error:
        raise UsageError("a list of {environment, task, seed} is asked for") from error
    if len(asked) > MOST_ROWS:
        raise UsageError(f"at most {MOST_ROWS} rows at a time")
    worlds = _service(request).worlds
    return JSONResponse({"rows": [await worlds.row(each) for each in asked]})


async def _body(request: Request) -> bytes:
    """What is sent along.

    Raises:
        UsageError: it is too much.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_REQUEST_BYTES:
            raise UsageError(f"at most {MOST_REQUEST_BYTES:,} bytes at a time")
    return body


async def _metrics(request: Request) -> Response:
    text = await asyncio.to_thread(_service(request).metrics.text)
    return Response(text, media_type="text/plain; version=0.0.4")


async def _metadata(request: Request) -> Response:
    names = ", ".join(_service(request).worlds.names)
    about = f"Browser tasks, seen as screenshots and acted on with mouse and keyboard: {names}."
    own = version("vigorl-agent")
    return JSONResponse({"name": "vigorl-agent", "description": about, "version": own})


async def _schema(request: Request) -> Response:
    return JSONResponse(_schemas())


@cache
def _schemas() -> dict[str, Any]:
    return {
        "action": ACTION.json_schema(),
        "reset": ASKED_TASK.json_schema(),
        "observation": {"type": "object"},
        "state": {"type": "object"},
    }


async def _refused(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), HTTPStatus.UNPROCESSABLE_ENTITY)


async def _broken(request: Request, error: Exception) -> Response:
    told = f"{type(error).__name__}: {error}"
    return PlainTextResponse(told, HTTPStatus.SERVICE_UNAVAILABLE)


def _service(connection: Request | WebSocket) -> EnvironmentService:
    service: EnvironmentService = connection.app.state.service
    return service
