"""Who may ask: whoever knows the token, from a page of this server or from an address line.

The token is the first part of every path, so that links that stay within the server carry it and no
other server of this machine ever learns it, as it would of a cookie (cookies know no ports). What
another site's page asks for is refused beside that, and so is a request by another name than this
machine's, which `vigorl.tasks.server.LocalServer` looks at.
"""

import secrets
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORBIDDEN_TELL = (
    "This page needs the token of the viewer that serves it: open the whole address that "
    "`vigorl-agent view` has printed.\n"
)

HEADERS = {
    "content-security-policy": "default-src 'none'; img-src 'self' data:; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
"""Of every answer that does not say otherwise."""


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(18)


class Guard:
    """Middleware: refuses what does not carry the token, and what another site's page asks for.

    Behind it, `root_path` of the scope is `/<token>`, and the path that routes see has none.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if (told := self._refusal(scope)) is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            refusal = PlainTextResponse(told, HTTPStatus.FORBIDDEN, HEADERS)
            await refusal(scope, receive, send)
            return

        root = f"{scope.get('root_path', '')}/{self._token}"
        if scope["path"] == root:
            await RedirectResponse(f"{root}/", headers=HEADERS)(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in HEADERS.items()
                        if name.encode() not in known
                    ),
                ]
            await send(message)

        scope["root_path"] = root
        await self._app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> str | None:
        """Why a request is not answered; None where it is."""
        first = scope["path"].removeprefix("/").partition("/")[0]
        if not secrets.compare_digest(first.encode(), self._token.encode()):
            return FORBIDDEN_TELL
        headers = Headers(scope=scope)
        if headers.get("origin") not in (None, f"http://{headers.get('host', '')}"):
            return "another site may not ask this\n"
        is_followed = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_followed:
            return "another site may not ask this\n"
        return None
