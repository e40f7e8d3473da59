"""The documents of a page, which know themselves what they have under way.

A script runs first in each of them, frames included, and follows chains of callbacks (timers,
frames, requests, messages) back to where they began. Here it is put there, and asked. Its parts
share one scope: `causes.js`, `effects.js`, `conversations.js` and `settle.js`, in this order.
"""

import asyncio
import contextlib
import secrets
from importlib.resources import files
from urllib.parse import urlsplit
from weakref import WeakSet

from playwright.async_api import BrowserContext, CDPSession, Error, Frame, Page

_KEY = f"settle.{secrets.token_hex(16)}"
"""Of the one property that the script adds to a window; no page can know it."""

_PARTS = [
    (files("vigorl.browser") / name).read_text("utf-8")
    for name in ("causes.js", "effects.js", "conversations.js", "settle.js")
]
_SCRIPT = f"""(() => {{
const KEY = Symbol.for("{_KEY}");
if (globalThis[KEY]) return;
{"".join(_PARTS)}
}})()"""
_STATE = f"globalThis[Symbol.for('{_KEY}')]"

_INSTALL_LIMIT_S = 1.0
_RETRY_S = 0.005
_ROUND = 0.6
"""Part of the time after which a document that is still busy says with what."""

_contexts: WeakSet[BrowserContext] = WeakSet()
"""Those that run the script in every new document."""


class Documents:
    """The documents of one page; those of one origin answer together."""

    def __init__(self, page: Page, cdp: CDPSession, quiet_ms: float, still_ms: float) -> None:
        self._page = page
        self._cdp = cdp
        self._quiet_ms = quiet_ms
        self._still_ms = still_ms
        self._has_sandboxes = False

    async def install(self) -> bool:
        """Put the script into all documents, also those to come.

        Returns:
            Whether the page was loading by itself, with the script, before this.
        """
        was_followed = self._page.context in _contexts and self._page.url != "about:blank"
        if self._page.context not in _contexts:
            _contexts.add(self._page.context)
            await self._page.context.add_init_script(_SCRIPT)
        await asyncio.gather(*(_install(frame) for frame in self._page.frames))
        return was_followed

    def renew(self) -> None:
        """The page has a new document; its frames are other ones."""
        self._has_sandboxes = False

    async def busy(self, begin_ms: int, limit_s: float) -> str | None:
        """Wait until all documents have been quiet together.

        Args:
            begin_ms: Only what began since then counts, ms since 1970.
            limit_s: Time to answer.

        Returns:
            What was under way for most of that time, in words; empty where all are quiet, None
            where one does not answer.
        """
        limit_ms = round(limit_s * 1000 * _ROUND)
        words: str | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                frames = self._frames_out_of_reach()
                call = f"wait({begin_ms}, {limit_ms}, {self._quiet_ms}, {self._still_ms}"
                words = await self._ask(f"{call}, false)", frames)
                if frames and not words:  # each was quiet once: were all at the same time?
                    words = None
                    words = await self._ask(f"{call}, true)", frames)
        return words

    async def _ask(self, call: str, frames: list[Frame]) -> str:
        own = self._ask_main(call, len(frames))
        answers = await asyncio.gather(own, *(_ask_frame(call, frame) for frame in frames))
        return next(filter(None, answers), "")

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
        is_quiet, words, unreached_count = answer
        if is_quiet and unreached_count > frame_count:
            self._has_sandboxes = True
            return "frames"
        return "" if is_quiet else str(words)

    def _frames_out_of_reach(self) -> list[Frame]:
        """Frames whose documents their parents may not touch.

        They have another origin, or are sandboxed, which is known once the page has said so.
        """
        frames = self._page.frames[1:]
        return frames if self._has_sandboxes else [frame for frame in frames if _is_foreign(frame)]


async def _ask_frame(call: str, frame: Frame) -> str:
    try:
        answer = await frame.evaluate(f"{_STATE}?.{call}")
    except Error:  # the frame is gone
        return ""
    if answer is None:
        return "a new frame" if await _install(frame) else ""
    is_quiet, words, _ = answer
    return "" if is_quiet else str(words)


async def _install(frame: Frame) -> bool:
    """Run the script in a document that is there already; whether that worked."""
    try:
        async with asyncio.timeout(_INSTALL_LIMIT_S):
            return bool(await frame.evaluate(f"{_SCRIPT};!!{_STATE}"))
    except (Error, TimeoutError):  # the frame went away or does not answer: nothing to follow
        return False


def _is_foreign(frame: Frame) -> bool:
    parent = frame.parent_frame
    return parent is not None and frame.url.startswith("http") and _origin(frame) != _origin(parent)


def _origin(frame: Frame) -> tuple[str, str]:
    url = urlsplit(frame.url)
    return url.scheme, url.netloc
