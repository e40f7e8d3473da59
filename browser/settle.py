"""Knowing when a page is ready: when all that an action caused is over.

Neither a fixed sleep nor an idle network says that: the one is too short or too long, the other
waits for polls that never end. So `settle.js`, which runs first in every document, follows chains
of callbacks (timers, frames, requests, messages) back to where they began, and `Settle` waits for
those that began with the action, for loading pages and resources, and then for 50 ms of quiet.

What began before the action never counts, nor does what it causes. Of the rest count:

===========================================  ==================================================
navigations, also of frames                  until they are loaded or given up
fetch, XMLHttpRequest, reading the answer    until they end; not beacons (`keepalive`)
images, scripts, style sheets, fonts         until they end
timers of at most 1 s                        until they end; chains of them for 2 s
intervals of at most 1 s                     until they are cleared, for 2 s; longer if they ask a
                                             server; one tick where slower than 0.5 s
animations of at most 1.5 s                  until they end; those made by scripts for 1 s
web sockets, event streams, workers          until the next message, for 1 s (workers 2 s)
popups                                       until Playwright hands out their page
===========================================  ==================================================

A document that is new starts its tickers while it loads: in it, chains count for half as long.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from playwright.async_api import BrowserContext, CDPSession, Error, Frame, Page, Request

from vigorl.browser.errors import PageHung

QUIET_MS = 50
"""How long nothing may happen before a page is called settled."""

_PLAN_S = 1
"""Planned navigations (`<meta http-equiv=refresh>`) are waited for if they come so soon."""
_ANSWER_MS = 100
"""What is left of the limit for the page's answer to reach us."""
_RETRY_S = 0.005
_INSTALL_LIMIT_S = 1.0
_ATTACH_LIMIT_S = 5.0

_RESOURCES = frozenset({"document", "image", "script", "stylesheet", "font"})
"""Playwright's names of the requests that are followed here. Those made by scripts are followed in
the page, where their cause is known; media never end; beacons, prefetches and icons show nothing.
"""

_KEY = f"settle.{secrets.token_hex(16)}"
_SCRIPT = (files("vigorl.browser") / "settle.js").read_text("utf-8").replace("__KEY__", _KEY)
_STATE = f"globalThis[Symbol.for('{_KEY}')]"

_Key = tuple[str, object]
"""Kind ('plan', 'navigation', 'load': of a frame, 'request', 'popup') and which one."""

_contexts: WeakSet[BrowserContext] = WeakSet()
"""Those that run the script in every new document."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How a wait ended."""

    settled: bool
    elapsed_ms: float
    busy: str
    """What was still going on, in words; empty where the page settled."""


class Settle:
    """Waits for what an action causes in one page.

    `begin` before the action, `wait` after it; before and after the first load too. Whatever a
    page does (it navigates, hangs, crashes, closes), `wait` returns in time and raises nothing.
    """

    def __init__(self, page: Page, cdp: CDPSession, quiet_ms: float) -> None:
        self._page = page
        self._cdp = cdp
        self._quiet_ms = quiet_ms
        self._begin_ms = 0
        self._main_frame_id = ""
        self._under_way: dict[_Key, str] = {}
        """What the browser says is going on, in words."""
        self._changes = 0
        self._changed = asyncio.Event()
        self._gone = ""
        self._end_of_page: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asks_all_frames = False
        self._opened_itself = False

    @classmethod
    async def attach(cls, page: Page, cdp: CDPSession, quiet_ms: float = QUIET_MS) -> "Settle":
        """Follow `page` from now on; `cdp` is a session of it.

        Pages that open later in the same context are followed from their first document on. To
        one that a page opened, the first `wait` applies from its beginning, whenever it was
        attached and whenever `begin` was called.

        Raises:
            PageHung: the page does not answer.
            playwright.async_api.Error: the page is closed.
        """
        self = cls(page, cdp, quiet_ms)
        self._listen()
        try:
            tree, _ = await asyncio.wait_for(
                asyncio.gather(cdp.send("Page.getFrameTree"), cdp.send("Page.enable")),
                _ATTACH_LIMIT_S,
            )
        except TimeoutError as error:
            raise PageHung("the page did not answer when it was opened") from error
        self._main_frame_id = tree["frameTree"]["frame"]["id"]
        self._opened_itself = page.context in _contexts and page.url != "about:blank"
        if page.context not in _contexts:
            _contexts.add(page.context)
            await page.context.add_init_script(_SCRIPT)
        await asyncio.gather(*(_install(frame) for frame in page.frames))
        return self

    def begin(self) -> None:
        """An action follows: only what begins from now on counts, and a navigation under way."""
        if self._opened_itself:
            return  # all of it belongs to the action that opened it
        self._begin_ms = int(time.time() * 1000)
        navigation = ("navigation", self._main_frame_id)
        self._under_way = {k: words for k, words in self._under_way.items() if k == navigation}

    async def wait(self, limit_s: float) -> Settled:
        """Return when the page has settled, or at the limit.

        Returns:
            Whether it settled, after how long, and what was still going on if it did not.
        """
        started = time.perf_counter()
        busy = ""
        is_settled = False
        while not (is_settled or self._gone):
            left_s = limit_s - (time.perf_counter() - started)
            if left_s <= 0:
                break
            if busy := self._busy_browser():
                await self._next_change(left_s)
                continue
            changes = self._changes
            busy = await self._busy_page(left_s)
            is_settled = not busy and changes == self._changes
        self._opened_itself = False
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Settled(is_settled, elapsed_ms, "" if is_settled else self._gone or busy)

    # ------------------------------------------------------------------ what the browser says

    def _listen(self) -> None:
        cdp, page = self._cdp, self._page
        cdp.on("Page.frameScheduledNavigation", self._on_plan)
        cdp.on("Page.frameClearedScheduledNavigation", lambda e: self._end("plan", e["frameId"]))
        cdp.on("Page.frameStartedNavigating", self._on_navigation)
        cdp.on("Page.frameNavigated", self._on_navigated)
        cdp.on("Page.frameStartedLoading", self._on_load)
        cdp.on("Page.frameStoppedLoading", self._on_loaded)
        cdp.on("Page.frameDetached", self._on_detached)
        cdp.on("Page.windowOpen", self._on_popup)
        page.on("popup", self._on_popup_shown)
        page.on("request", self._on_request)
        page.on("requestfinished", lambda request: self._end("request", request))
        page.on("requestfailed", lambda request: self._end("request", request))
        page.on("crash", lambda _: self._on_gone("the page crashed"))
        page.on("close", lambda _: self._on_gone("the page was closed"))

    def _start(self, kind: str, which: object, words: str) -> None:
        self._under_way[kind, which] = words
        self._note()

    def _end(self, kind: str, which: object) -> None:
        if self._under_way.pop((kind, which), None):
            self._note()

    def _note(self) -> None:
        self._changes += 1
        self._changed.set()

    def _on_plan(self, event: dict[str, Any]) -> None:
        if event["delay"] <= _PLAN_S:
            self._start("plan", event["frameId"], f"a navigation to {_path(event['url'])}")

    def _on_navigation(self, event: dict[str, Any]) -> None:
        if event["navigationType"] != "sameDocument":
            self._start("navigation", event["frameId"], f"a navigation to {_path(event['url'])}")

    def _on_navigated(self, event: dict[str, Any]) -> None:
        self._end("navigation", event["frame"]["id"])
        if event["frame"]["id"] == self._main_frame_id:
            self._asks_all_frames = False

    def _on_load(self, event: dict[str, Any]) -> None:
        self._start("load", event["frameId"], "the page is loading")

    def _on_loaded(self, event: dict[str, Any]) -> None:
        self._end("navigation", event["frameId"])
        self._end("load", event["frameId"])

    def _on_detached(self, event: dict[str, Any]) -> None:
        self._end("plan", event["frameId"])
        self._on_loaded(event)

    def _on_popup(self, event: dict[str, Any]) -> None:
        self._start("popup", event["url"], f"a popup with {_path(event['url'])}")

    def _on_popup_shown(self, _: Page) -> None:
        for key in [key for key in self._under_way if key[0] == "popup"]:
            self._end(*key)

    def _on_request(self, request: Request) -> None:
        if request.resource_type in _RESOURCES:
            self._start("request", request, f"a request to {_path(request.url)}")

    def _on_gone(self, words: str) -> None:
        self._gone = self._gone or words
        if not self._end_of_page.done():
            self._end_of_page.set_result(None)
        self._note()

    def _busy_browser(self) -> str:
        return next(iter(self._under_way.values()), "")

    async def _next_change(self, limit_s: float) -> None:
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), limit_s)

    # ------------------------------------------------------------------ what the documents say

    async def _busy_page(self, limit_s: float) -> str:
        """Wait until all documents have been quiet; what kept one from it, in words.

        Those of one origin answer together. Several origins answer each for themselves, so they
        are asked again whether all are quiet at the same time.
        """
        frames = self._frames_of_their_own()
        limit_ms = limit_s * 1000 - min(_ANSWER_MS, limit_s * 500)
        call = f"wait({self._begin_ms}, {limit_ms:.0f}, {self._quiet_ms}, false)"
        busy = await self._ask(call, frames, limit_s)
        if frames and not busy:
            busy = await self._ask(call.replace("false", "true"), frames, limit_s)
        return busy

    def _frames_of_their_own(self) -> list[Frame]:
        """Child frames whose documents their parents cannot reach."""
        frames = self._page.frames[1:]
        if self._asks_all_frames:
            return frames
        return [frame for frame in frames if _is_foreign(frame)]

    async def _ask(self, call: str, frames: list[Frame], limit_s: float) -> str:
        asked = [self._ask_main(call, len(frames)), *(_ask_frame(call, frame) for frame in frames)]
        answers = asyncio.ensure_future(_gather(asked))
        await asyncio.wait(
            (answers, self._end_of_page), timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
        )
        if answers.done():
            return next(filter(None, answers.result()), "")
        answers.cancel()
        return self._busy_browser() or "the page does not answer"

    async def _ask_main(self, call: str, frame_count: int) -> str:
        expression = f"{_STATE}?.{call}"
        options = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        try:
            reply = await self._cdp.send("Runtime.evaluate", options)
        except Error:  # the document went away, and another comes
            await asyncio.sleep(_RETRY_S)
            return "the page is being replaced"
        answer = reply["result"].get("value")
        if answer is None:
            # A document that ran no script of ours, and perhaps cannot run any (a viewer's).
            await asyncio.sleep(self._quiet_ms / 1000)
            return "a new document" if await _install(self._page.main_frame) else ""
        is_quiet, busy, unreached_count = answer
        if is_quiet and unreached_count > frame_count:  # sandboxed frames
            self._asks_all_frames = True
            return "frames"
        return "" if is_quiet else str(busy)


async def _gather(asked: list[Coroutine[Any, Any, str]]) -> list[str]:
    return await asyncio.gather(*asked)


async def _ask_frame(call: str, frame: Frame) -> str:
    try:
        answer = await frame.evaluate(f"{_STATE}?.{call}")
    except Error:  # the frame is gone
        return ""
    if answer is None:
        return "a new frame" if await _install(frame) else ""
    return "" if answer[0] else str(answer[1])


async def _install(frame: Frame) -> bool:
    """Run the script in a document that is there already; whether that worked."""
    try:
        return bool(
            await asyncio.wait_for(frame.evaluate(f"{_SCRIPT};!!{_STATE}"), _INSTALL_LIMIT_S)
        )
    except (Error, TimeoutError):  # the frame went away or does not answer: nothing to follow
        return False


def _is_foreign(frame: Frame) -> bool:
    parent = frame.parent_frame
    return parent is not None and frame.url.startswith("http") and _origin(frame) != _origin(parent)


def _origin(frame: Frame) -> tuple[str, str]:
    url = urlsplit(frame.url)
    return url.scheme, url.netloc


def _path(url: str) -> str:
    return urlsplit(url).path or url
