"""Knowing when a page is ready: when all that an action caused is over.

Neither a fixed sleep nor an idle network says that: the one is too short or too long, the other
waits for polls that never end. So `Settle` waits for what began with the action, and for what
that causes in turn, and then for 50 ms of quiet, or for 5 ms and a frame where nothing at all was
begun that could show later. What began before never counts, nor does what it causes. Of the rest
count:

===========================================  ==================================================
navigations, also of frames                  until they are loaded or given up
fetch, XMLHttpRequest, reading the answer    until they end; not beacons (`keepalive`)
images, scripts, style sheets, fonts         until they end
timers of at most 1 s                        until they end; chains of them for 2 s
intervals of at most 1 s                     until they are cleared, for 2 s; longer if they ask a
                                             server; one tick where slower than 0.5 s
animations of at most 1.5 s                  until they end; those made by scripts for 1 s
web sockets, event streams, workers          the answer, which begins within 1 s (workers: 2 s)
popups                                       until Playwright hands out their page
===========================================  ==================================================

A document that is new starts its tickers while it loads: in it, chains count for half as long.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, Page, Request

from vigorl.browser.documents import Documents
from vigorl.browser.errors import PageHung

QUIET_MS = 50
"""How long nothing may happen before a page is called settled."""

STILL_MS = 5
"""As QUIET_MS, where nothing at all was begun that could come later."""

_RESOURCES = frozenset({"document", "image", "script", "stylesheet", "font"})
"""Playwright's names of the requests that are followed here. Those made by scripts are followed in
the page, where their cause is known; media never end; beacons, prefetches and icons show nothing.
"""

_PLAN_S = 1
"""Planned navigations (`<meta http-equiv=refresh>`) are waited for if they come so soon."""
_PAGE_SCHEMES = frozenset({"", "http", "https", "about", "blob", "data", "file"})
"""Other addresses (`mailto:`) open no page."""
_LAST_S = 0.05
"""Too little time to ask the page once more."""
_ATTACH_LIMIT_S = 5.0


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

    def __init__(self, page: Page, cdp: CDPSession, quiet_ms: float, still_ms: float) -> None:
        self._page = page
        self._cdp = cdp
        self._documents = Documents(page, cdp, quiet_ms, still_ms)
        self._begin_ms = 0
        self._main_frame_id = ""
        self._under_way: dict[tuple[str, object], str] = {}
        """What the browser says is going on, in words. By kind ('plan', 'navigation' or 'load' of
        a frame; 'request'; 'popup') and which one."""
        self._changes = 0
        self._changed = asyncio.Event()
        self._gone = ""
        self._end_of_page: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_first_wait_from_the_start = False

    @classmethod
    async def attach(
        cls, page: Page, cdp: CDPSession, quiet_ms: float = QUIET_MS, still_ms: float = STILL_MS
    ) -> "Settle":
        """Follow `page` from now on; `cdp` is a session of it.

        Pages that open later in the same context are followed from their first document on. To
        one that a page opened, the first `wait` applies from its beginning, whenever it was
        attached and whenever `begin` was called.

        Raises:
            PageHung: the page does not answer.
            playwright.async_api.Error: the page is closed.
        """
        self = cls(page, cdp, quiet_ms, still_ms)
        self._listen()
        try:
            async with asyncio.timeout(_ATTACH_LIMIT_S):
                await cdp.send("Page.enable")
                tree = await cdp.send("Page.getFrameTree")
                self._main_frame_id = tree["frameTree"]["frame"]["id"]
                self._is_first_wait_from_the_start = await self._documents.install()
        except TimeoutError as error:
            raise PageHung("the page did not answer when it was opened") from error
        return self

    def begin(self) -> None:
        """An action follows: only what begins from now on counts, and a navigation under way."""
        if self._is_first_wait_from_the_start:
            return
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
            if left_s <= 0 or (busy and left_s <= _LAST_S):
                break
            changes = self._changes
            if not self._under_way:
                words = await self._ask_documents(left_s)
                busy = busy or "the page does not answer" if words is None else words
                is_settled = words == "" and changes == self._changes
            if self._under_way:
                busy = next(iter(self._under_way.values()))
                await self._next_change(limit_s - (time.perf_counter() - started))
        self._is_first_wait_from_the_start = False
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Settled(is_settled, elapsed_ms, "" if is_settled else self._gone or busy)

    async def _ask_documents(self, limit_s: float) -> str | None:
        """As `Documents.busy`, but a page that ends is not waited for."""
        asking = asyncio.ensure_future(self._documents.busy(self._begin_ms, limit_s))
        try:
            await asyncio.wait((asking, self._end_of_page), return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            asking.cancel()

    async def _next_change(self, limit_s: float) -> None:
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), limit_s)

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
        self._note_change()

    def _end(self, kind: str, which: object) -> None:
        if self._under_way.pop((kind, which), None):
            self._note_change()

    def _note_change(self) -> None:
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
            self._documents.renew()

    def _on_load(self, event: dict[str, Any]) -> None:
        self._start("load", event["frameId"], "the page is loading")

    def _on_loaded(self, event: dict[str, Any]) -> None:
        self._end("navigation", event["frameId"])
        self._end("load", event["frameId"])

    def _on_detached(self, event: dict[str, Any]) -> None:
        self._end("plan", event["frameId"])
        self._on_loaded(event)

    def _on_popup(self, event: dict[str, Any]) -> None:
        if urlsplit(event["url"]).scheme in _PAGE_SCHEMES:
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
        self._note_change()


def _path(url: str) -> str:
    return urlsplit(url).path or url
