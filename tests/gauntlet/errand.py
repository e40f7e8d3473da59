"""A small task whose every boundary can be broken: its site, its judge, and a model that plays it.

The page has one button. Whoever presses it has done the errand. All three parts are real servers on
sockets, so what breaks is what breaks outside as well.
"""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from vigorl.browser.actions import Action
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.tasks.server import LocalServer

PAGE = """<!doctype html><title>errand</title><body style="margin:0">
<form method=post action=press><button style="width:200px;height:200px">press</button></form>"""

RIGHT = ("scroll (100, 300) down 50", "click (100, 100)", 'done "it is done"')
WRONG = ("click (300, 230)", 'done "it is done"')

EXITS = {
    "a page of the browser": ('goto "chrome://settings"', 'done "x"'),
    "its history": ('goto "chrome://history"', 'done "x"'),
    "a host that is none": ('goto "https://[website]/"', 'done "x"'),
    "a host that is changed": ('goto "https://\\u2100.example/"', 'done "x"'),
    "half a character": ('type (300, 230) "\\ud83d"', 'done "\\ud83d"'),
    "an address of 100 kB": (f'goto "https://a.example/{"a" * 100_000}"', 'done "x"'),
    "an address that ends the browser": ('goto "chrome:quit"', 'goto " chrome://quit"', 'done "x"'),
    "an address that crashes the page": ('goto "chrome://crash"', 'done "x"'),
    "an address that hangs the page": ('goto "chrome://hang"', 'done "x"'),
    "words without an action": ("nothing", "nothing", "nothing", "nothing"),
    "nothing but a thought": ("<think> hm </think>",) * 4,
    "waiting": ("wait 0.1",) * 40,
    "an empty tab": ('tab_new "about:blank"', "tab_close", "tab_close", 'done "x"'),
    "a script in the address": ('goto "javascript:while(1);"', 'done "x"'),
    "a page that hangs": ('goto "data:text/html,<script>while(1);</script>"', 'done "x"'),
    "a page that fills memory": (
        'goto "data:text/html,<script>let a=[];while(1)a.push(new Array(1e6).fill(1));</script>"',
        'done "x"',
    ),
    "a service that is not there": ('goto "http://127.0.0.1:9/"', 'done "x"'),
    "giving up": ('give_up "no"',),
}
"""What a policy can do instead of the errand, to be scored 0 for it."""

SERVER_FAULTS = (
    "500", "503", "garbage", "page", "close", "stall", "drip", "empty", "null", "abort", "filter",
    "no choices", "half an answer",
)  # fmt: skip
JUDGE_FAULTS = ("500", "nonsense", "no number", "too much", "silent", "close")
SITE_FAULTS = ("500", "close")
BROWSER_FAULTS = ("browser killed", "page crashed", "page hung")


@dataclass(frozen=True)
class Plan:
    """One errand: what the policy does, and what breaks."""

    id: str
    deeds: tuple[str, ...]
    done: bool
    """Whether that does the errand."""
    part: str = ""
    """What breaks: `server`, `judge`, `site`, `browser`; empty: nothing."""
    fault: str = ""
    at: int = 0
    """In which turn."""
    always: bool = False
    """Each time that it is played, not only the first."""

    def breaks(self, part: str, time: int) -> str:
        """The fault that this part has when the errand is played for the n-th time."""
        return self.fault if self.part == part and (time == 1 or self.always) else ""


@dataclass
class World:
    """The three servers, and what has happened at them."""

    plans: dict[str, Plan]
    pressed: set[str] = field(default_factory=set)
    times: Counter[str] = field(default_factory=Counter)
    """How often each errand has begun."""
    struck: Counter[str] = field(default_factory=Counter)
    """Faults that really came about, by part."""
    pages: dict[str, LivePage] = field(default_factory=dict)
    kill_browser: Callable[[], Coroutine[Any, Any, None]] | None = None
    origin: str = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["World"]:
        """Serve as long as the block lasts."""
        routes = [
            Route("/errand/{id}/", self._page),
            Route("/errand/{id}/press", self._press, methods=["POST"]),
            Route("/judge/{id}", self._judge),
            Route("/v1/models", self._models),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
        ]
        async with LocalServer(Starlette(routes=routes)) as server:
            self.origin = server.origin
            yield self

    def strike(self, plan: Plan, part: str) -> str:
        """What breaks here and now."""
        if fault := plan.breaks(part, self.times[plan.id]):
            self.struck[part] += 1
        return fault

    async def _page(self, request: Request) -> Response:
        plan = self.plans[request.path_params["id"]]
        match self.strike(plan, "site"):
            case "500":
                return HTMLResponse("<h1>broken</h1>", 500)
            case "close":
                return StreamingResponse(_breaking(), headers={"Content-Length": "1000"})
        return HTMLResponse(PAGE)

    async def _press(self, request: Request) -> Response:
        self.pressed.add(request.path_params["id"])
        return HTMLResponse("<h1>pressed</h1>")

    async def _judge(self, request: Request) -> Response:
        plan = self.plans[request.path_params["id"]]
        match self.strike(plan, "judge"):
            case "500":
                return PlainTextResponse("broken", 500)
            case "nonsense":
                return PlainTextResponse("I would say so")
            case "no number":
                return Response('{"score": NaN}', media_type="application/json")
            case "too much":
                return JSONResponse({"score": 7.5})
            case "silent":
                await asyncio.sleep(60)
            case "close":
                return StreamingResponse(_breaking(), headers={"Content-Length": "1000"})
        return JSONResponse({"score": float(plan.id in self.pressed)})

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"data": [{"id": "stand-in", "owned_by": "us"}]})

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        plan = self.plans[_errand_of(body)]
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        if turn >= plan.at:
            await self._break_browser(plan)
        fault = self.strike(plan, "server") if turn >= plan.at else ""
        deed = plan.deeds[min(turn, len(plan.deeds) - 1)]
        return _answered(deed, fault)

    async def _break_browser(self, plan: Plan) -> None:
        live = self.pages.get(plan.id)
        if plan.part != "browser" or live is None:
            return
        fault = self.strike(plan, "browser")
        self.pages.pop(plan.id)  # once in an episode
        match fault:
            case "browser killed":
                assert self.kill_browser is not None
                await self.kill_browser()
            case "page crashed" | "page hung":
                session = await live.page.context.new_cdp_session(live.page)
                command = {"expression": "while(1);"} if fault == "page hung" else {}
                method = "Runtime.evaluate" if fault == "page hung" else "Page.crash"
                asyncio.ensure_future(session.send(method, command)).add_done_callback(_forget)


def _forget(sent: "asyncio.Future[Any]") -> None:
    if not sent.cancelled():
        sent.exception()  # whoever crashes does not answer


def _errand_of(body: dict[str, Any]) -> str:
    found = re.search(r"errand (\w+)\.", json.dumps(body["messages"]))
    assert found is not None, "the goal is in no message"
    return found.group(1)


def _answered(deed: str, fault: str) -> Response:
    """What the model's server says: this deed, or something broken."""
    turn = deed if deed.startswith("<") else f"<think> now </think>\n<answer> {deed} </answer>"
    message: dict[str, Any] = {"role": "assistant", "content": turn}
    choice = {"message": message, "finish_reason": "stop"}
    answer = {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}}
    match fault:
        case "500" | "503":
            return PlainTextResponse("out of order", int(fault))
        case "garbage":
            return Response(random.randbytes(300), media_type="application/json")
        case "page":
            return HTMLResponse("<h1>Bad gateway</h1>")
        case "close":
            return StreamingResponse(_breaking(), headers={"Content-Length": "1000"})
        case "half an answer":
            half = json.dumps(answer)[:60].encode()
            return StreamingResponse(_breaking(half), headers={"Content-Length": "1000"})
        case "stall":
            return StreamingResponse(_dripping(b""), media_type="application/json")
        case "drip":
            return StreamingResponse(_dripping(b" "), media_type="application/json")
        case "empty":
            message["content"] = ""
        case "null":
            message["content"] = None
        case "abort":
            choice["finish_reason"] = "abort"
        case "filter":
            choice["finish_reason"], message["content"] = "content_filter", "I"
        case "no choices":
            answer["choices"] = []
    if fault in ("empty", "null", "no choices"):
        answer["usage"] = {"prompt_tokens": 9, "completion_tokens": 0}
    return JSONResponse(answer)


async def _breaking(first: bytes = b"{") -> AsyncIterator[bytes]:
    yield first
    raise ConnectionResetError("as a server that is killed")


async def _dripping(drop: bytes) -> AsyncIterator[bytes]:
    for _ in range(600):
        if drop:
            yield drop
        await asyncio.sleep(0.1)


class Errand:
    """One errand as an environment: a live page, and a judge that is asked over HTTP."""

    actions = LivePage.actions

    def __init__(self, world: World, browser: Browser, plan: Plan) -> None:
        self.goal = f"Press the button of errand {plan.id}."
        self._world, self._plan = world, plan
        url = f"{world.origin}/errand/{plan.id}/"
        settings = PageSettings(width_px=400, height_px=300, navigation_limit_s=5)
        self._live = LivePage(browser, self.goal, url, settings)

    async def reset(self) -> Observation:
        self._world.times[self._plan.id] += 1
        self._world.pressed.discard(self._plan.id)
        observation = await self._live.reset()
        self._world.pages[self._plan.id] = self._live
        return observation

    async def step(self, action: Action) -> Observation:
        return await self._live.step(action)

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        return await self._live.magnify(region_css_px, width_px, height_px)

    async def score(self, answer: str | None) -> Score | None:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answered = await client.get(f"{self._world.origin}/judge/{self._plan.id}")
            answered.raise_for_status()
            return Score(float(answered.json()["score"]), "as the judge says")

    async def close(self) -> None:
        await self._live.close()
