"""Shows drawn pages in Chromium and takes their pictures, several side by side.

A tab stays open and gets each page's HTML into its document: a navigation would cost more than
all the rest. System fonts are the only thing a page needs beside its HTML.
"""

import asyncio
import base64
import json
from dataclasses import dataclass, replace
from importlib.resources import files
from types import TracebackType
from typing import Any, Self

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.chromium import Browser
from vigorl.browser.errors import InconsistentData, PageHung
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture
from vigorl.tasks.truth import PageTruth, TruthLine, Word, script, truth_from
from vigorl.tasks.world.page import PageSpec, sheet

PAGES_A_TAB = 400
"""Then a tab is replaced: documents that stay leak a little."""

LIMIT_S = 90.0
"""For one page."""


@dataclass(frozen=True)
class Shot:
    """A page's picture, and what it shows in px of the picture."""

    picture: Picture
    truth: PageTruth
    asks: dict[int, Box]
    """Boxes of the elements that pose a question, by its number."""


class Studio:
    """A browser with tabs to take pictures in; `shoot` may be called side by side."""

    def __init__(self, browser: Browser, tabs: int) -> None:
        self._browser = browser
        self._count = tabs
        self._context: BrowserContext | None = None
        self._free: asyncio.Queue[_Tab | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._context = await self._browser.context(viewport={"width": 800, "height": 600})
        for _ in range(self._count):
            self._free.put_nowait(None)  # opened when it is needed
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._context is not None:
            context, self._context = self._context, None
            if self._browser.alive:
                await context.close()

    async def shoot(self, spec: PageSpec) -> Shot:
        """Show the page and take its picture.

        Raises:
            PageHung: it took longer than `LIMIT_S`.
            playwright.async_api.Error: the browser is gone.
        """
        tab = await self._free.get()
        try:
            async with asyncio.timeout(LIMIT_S):
                if tab is not None and tab.pages >= PAGES_A_TAB:
                    await tab.page.close()
                    tab = None
                if tab is None:
                    assert self._context is not None
                    tab = await _Tab.open(self._context)
                return await tab.shoot(spec)
        except TimeoutError as error:
            tab = None
            raise PageHung(f"{spec.key} did not show itself within {LIMIT_S:g} s") from error
        except PlaywrightError:
            tab = None
            raise
        finally:
            self._free.put_nowait(tab)


class _Tab:
    def __init__(self, page: Page, cdp: CDPSession) -> None:
        self.page = page
        self.pages = 0
        self._cdp = cdp
        self._metrics: tuple[int, int, float] | None = None

    @classmethod
    async def open(cls, context: BrowserContext) -> "_Tab":
        page = await context.new_page()
        await page.set_content("<!doctype html><title>world</title>")  # not in quirks mode
        tab = cls(page, await context.new_cdp_session(page))
        source = files("vigorl.tasks.world").joinpath("studio.js").read_text(encoding="utf-8")
        await page.evaluate(f"(css) => ({source})({script()}, css)", sheet())
        return tab

    async def shoot(self, spec: PageSpec) -> Shot:
        metrics = (spec.width_px, spec.height_px, spec.device_scale)
        if metrics != self._metrics:
            await self._cdp.send(
                "Emulation.setDeviceMetricsOverride",
                {
                    "width": spec.width_px,
                    "height": spec.height_px,
                    "deviceScaleFactor": spec.device_scale,
                    "mobile": False,
                },
            )
            self._metrics = metrics
        shown = await self.page.evaluate("html => vigorlShow(html)", spec.html)
        answer: dict[str, Any] = json.loads(shown)
        options: dict[str, Any] = {"format": spec.encoding}
        if spec.encoding != "png":
            options["quality"] = spec.quality
        captured = await self._cdp.send("Page.captureScreenshot", options)
        self.pages += 1
        picture = Picture.from_bytes(base64.b64decode(captured["data"]))
        truth = truth_from(answer)
        size = (spec.width_px * metrics[2], spec.height_px * metrics[2])  # perhaps not whole
        shown_px = (picture.width_px, picture.height_px)
        far = max(abs(is_px - should_px) for is_px, should_px in zip(shown_px, size, strict=True))
        if far >= 1 or truth.device_scale != metrics[2]:
            raise InconsistentData(f"{spec.key}: a picture of {shown_px} px, not {size}")
        scale = spec.device_scale
        return Shot(
            picture,
            scaled(truth, scale),
            {number: _times(Box(*box), scale) for number, *box in answer["asks"]},
        )


def scaled(truth: PageTruth, scale: float) -> PageTruth:
    """The truth in px of a picture with `scale` of them for each CSS px."""
    if scale == 1:
        return truth

    def word(item: Word) -> Word:
        edges = tuple(round(edge * scale, 2) for edge in item.edges_css_px)
        return Word(item.text, _times(item.box, scale), edges)

    def line(item: TruthLine) -> TruthLine:
        words = tuple(word(each) for each in item.words)
        return replace(item, box=_times(item.box, scale), words=words)

    return replace(
        truth,
        lines=tuple(line(item) for item in truth.lines),
        controls=tuple(replace(item, box=_times(item.box, scale)) for item in truth.controls),
    )


def _times(box: Box, scale: float) -> Box:
    sides = (box.left, box.top, box.right, box.bottom)
    return Box(*(round(side * scale, 2) for side in sides))
