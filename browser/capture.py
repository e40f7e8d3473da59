"""Pictures of a live page through the DevTools protocol."""

import asyncio
import base64
import io
from typing import Any

from PIL import Image
from playwright.async_api import CDPSession, Page

from vigorl.browser.errors import PageHung
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture


class Camera:
    """Takes a page's picture; one per page."""

    def __init__(self, page: Page, cdp: CDPSession, jpeg_quality: int) -> None:
        self._page = page
        self._cdp = cdp
        self._quality = jpeg_quality

    @classmethod
    async def attach(cls, page: Page, cdp: CDPSession, jpeg_quality: int = 80) -> "Camera":
        """A camera for this page."""
        return cls(page, cdp, jpeg_quality)

    async def screen(self, limit_s: float) -> Picture:
        """The viewport at CSS scale."""
        return Picture.from_bytes(
            await self._capture(limit_s, {"format": "jpeg", "quality": self._quality})
        )

    async def region(
        self, box_css_px: Box, width_px: int, height_px: int, limit_s: float
    ) -> Picture:
        """A box of the viewport rendered anew at this size."""
        metrics = await self._cdp.send("Page.getLayoutMetrics")
        origin = metrics["cssVisualViewport"]
        clip = {
            "x": box_css_px.left + origin["pageX"],
            "y": box_css_px.top + origin["pageY"],
            "width": box_css_px.width,
            "height": box_css_px.height,
            "scale": width_px / box_css_px.width,
        }
        data = await self._capture(limit_s, {"format": "png", "clip": clip})
        with Image.open(io.BytesIO(data)) as image:
            if image.size == (width_px, height_px):
                return Picture.from_bytes(data)
            return Picture.from_image(image.convert("RGB").resize((width_px, height_px)))

    async def _capture(self, limit_s: float, options: dict[str, Any]) -> bytes:
        try:
            async with asyncio.timeout(limit_s):
                answer = await self._cdp.send("Page.captureScreenshot", options)
        except TimeoutError as error:
            raise PageHung(f"no picture within {limit_s:g} s") from error
        return base64.b64decode(answer["data"])
