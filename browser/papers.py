"""PDF documents shown in tabs, and pages as they would be printed.

The headless shell has no viewer: a PDF document that is navigated to is a download. So it is
saved, and its address loaded once more, where the answer is not the server's but a document with a
picture of each page. It stands in the history like any page; a picture is rendered when the
document asks for it, which it does as one scrolls.
"""

import asyncio
import base64
import html
import secrets
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from playwright.async_api import CDPSession

from vigorl.browser.page_settings import PageSettings
from vigorl.browser.pdf import PdfFile, Unreadable
from vigorl.browser.tab import LiveTab, within

MARGIN_CSS_PX = 16
"""Around each page."""

SHARPNESS = 2
"""Pixels of a page's picture for each CSS px: what a look closer can show."""

PICTURES = "https://pictures.vigorl.invalid"
"""Where the pictures of pages come from: no server's."""

CALL_LIMIT_S = 5.0

_VIEWER = resources.files(__package__).joinpath("papers.html").read_text("utf-8")


class Papers:
    """Shows PDF documents in the tabs that wanted to load them."""

    def __init__(self, settings: PageSettings) -> None:
        self._width_px = settings.width_px
        self._shelves: dict[LiveTab, _Shelf] = {}

    async def put(self, tab: LiveTab, url: str, path: Path) -> PdfFile:
        """Let a tab show this file when it loads the address.

        Raises:
            Unreadable: it is no PDF document, or it needs a password.
            playwright.async_api.Error: the tab is gone.
        """
        file = await asyncio.to_thread(PdfFile.open, path)
        shelf = self._shelves.get(tab)
        if shelf is None:
            session = await tab.page.context.new_cdp_session(tab.page)
            shelf = self._shelves[tab] = _Shelf(session, self._width_px)
            tab.page.once("close", lambda _: self._forget(tab))
        await shelf.put(urldefrag(url).url, file)
        return file

    def _forget(self, tab: LiveTab) -> None:
        self._shelves.pop(tab, None)

    async def close(self) -> None:
        """Let go of what is still under way."""
        for shelf in self._shelves.values():
            await shelf.close()


class _Shelf:
    """What one tab shows instead of what servers send."""

    def __init__(self, session: CDPSession, width_px: int) -> None:
        self._session = session
        self._width_px = width_px
        self._files: dict[str, PdfFile] = {}  # by address
        self._names: dict[str, PdfFile] = {}  # by the name that its pictures have
        self._errands: set[asyncio.Task[bool]] = set()
        session.on("Fetch.requestPaused", self._note)

    async def put(self, url: str, file: PdfFile) -> None:
        self._files[url] = file
        self._names = {**self._names, secrets.token_hex(8): file}
        patterns = [{"urlPattern": f"{PICTURES}/*"}]
        patterns += [
            {"urlPattern": _exactly(each), "resourceType": "Document"} for each in self._files
        ]
        await self._session.send("Fetch.enable", {"patterns": patterns})

    async def close(self) -> None:
        tasks = list(self._errands)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note(self, event: dict[str, Any]) -> None:
        task = asyncio.create_task(within(CALL_LIMIT_S, self._answer(event)))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _answer(self, event: dict[str, Any]) -> None:
        request_id, url = event["requestId"], event["request"]["url"]
        if url.startswith(PICTURES):
            body = await self._picture(url)
            await self._send(request_id, body, "image/png")
        elif (file := self._files.get(urldefrag(url).url)) and event["request"]["method"] == "GET":
            await self._send(request_id, self._viewer(file).encode(), "text/html; charset=utf-8")
        else:
            await self._session.send("Fetch.continueRequest", {"requestId": request_id})

    async def _picture(self, url: str) -> bytes | None:
        name, _, page = url.removeprefix(f"{PICTURES}/").partition("/")
        file = self._names.get(name)
        if file is None or not page.isdecimal() or int(page) >= len(file.page_sizes_css_px):
            return None
        index = int(page)
        width_px = round(self._shown_size(file, index)[0] * SHARPNESS)
        try:
            return await asyncio.to_thread(file.png, index, width_px)
        except Unreadable:
            return None

    async def _send(self, request_id: str, body: bytes | None, media_type: str) -> None:
        headers = [
            {"name": "Content-Type", "value": media_type},
            {"name": "Cache-Control", "value": "no-store"},
        ]
        await self._session.send(
            "Fetch.fulfillRequest",
            {
                "requestId": request_id,
                "responseCode": 404 if body is None else 200,
                "responseHeaders": headers,
                "body": base64.b64encode(body or b"").decode(),
            },
        )

    def _viewer(self, file: PdfFile) -> str:
        name = next(name for name, each in reversed(self._names.items()) if each is file)
        count = len(file.page_sizes_css_px)
        pages = []
        for index in range(count):
            width, height = self._shown_size(file, index)
            pages.append(
                f'<figure><img src="{PICTURES}/{name}/{index}" width="{width:.0f}" '
                f'height="{height:.0f}" loading="lazy" alt="">'
                f"<figcaption>{index + 1} / {count}</figcaption></figure>"
            )
        title = html.escape(file.path.name)
        return _VIEWER.replace("TITLE", title).replace("PAGES", "\n".join(pages))

    def _shown_size(self, file: PdfFile, index: int) -> tuple[float, float]:
        """At 100 %, or as wide as fits."""
        width, height = file.page_sizes_css_px[index]
        # A scroll bar takes no room in a headless browser.
        scale = min(1.0, (self._width_px - 2 * MARGIN_CSS_PX) / width)
        return width * scale, height * scale


async def print_view(tab: LiveTab, path: Path) -> None:
    """Save a page as it would be printed.

    Raises:
        playwright.async_api.Error: the page is gone, or cannot be printed (in a window).
        OSError: the disk refuses.
    """
    path.write_bytes(await tab.page.pdf(prefer_css_page_size=True, print_background=True))


def _exactly(url: str) -> str:
    """A pattern that this address alone fits."""
    return "".join(f"\\{letter}" if letter in "*?\\" else letter for letter in url)
