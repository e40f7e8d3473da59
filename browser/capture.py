"""Pictures of a page: the viewport, and regions of it rendered again at a higher scale.

Both go through `Page.captureScreenshot`, which forces a frame and waits for it, so that a picture
is never older than the call. Playwright's `page.screenshot` takes about twice as long, waits for
fonts and hides the caret.

The first frame of a screencast comes sooner (0.7-0.9 of a capture, but 0.95-0.97 of a step, which
waits for the page in any case; Chromium 156, 140 steps of each, interleaved), yet nothing forces
it to be drawn: one of the 140 showed the page as it had been. So it is not used.
"""

import asyncio
import base64
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

from PIL import Image
from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.errors import PageHung
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture

_ATTACH_LIMIT_S = 5.0
_TOLERANCE_CSS_PX = 0.5
_REPLACED = "Not attached to an active page"
"""What Chromium says of a page while it is replaced by one of another process."""
_RETRY_S = 0.02
_MOST_RETAKES = 5
"""Pictures of a page that goes on showing what is to be covered."""


async def _nothing_to_cover() -> int:
    return 0


class Camera:
    """Takes pictures of one page.

    The page does not notice: no resize, no scrolling, no events. Only where its context asks for
    another device scale factor than the browser was started with, a `region` may let the pointer
    leave what it hovers over.
    """

    def __init__(self, page: Page, cdp: CDPSession, jpeg_quality: int) -> None:
        self._page = page
        self._cdp = cdp
        self._jpeg_quality = jpeg_quality
        self._device_px_per_css_px = 1.0
        self.cover: Callable[[], Awaitable[int]] = _nothing_to_cover
        """Covers what no picture may show, and says how much of it was not covered before."""

    @classmethod
    async def attach(cls, page: Page, cdp: CDPSession, jpeg_quality: int = 80) -> "Camera":
        """A camera for `page`; `cdp` is a session of it.

        Raises:
            PageHung: the page does not answer.
            playwright.async_api.Error: the page is closed.
        """
        self = cls(page, cdp, jpeg_quality)
        async with _limited(_ATTACH_LIMIT_S):
            metrics, ratio = await asyncio.gather(
                cdp.send("Page.getLayoutMetrics"),
                cdp.send("Runtime.evaluate", {"expression": "devicePixelRatio"}),
            )
            self._device_px_per_css_px = float(ratio["result"]["value"])
            screen = metrics["layoutViewport"]["clientWidth"]
            if screen != metrics["cssLayoutViewport"]["clientWidth"] * self._device_px_per_css_px:
                await self._keep_device_scale()
        return self

    async def screen(self, limit_s: float) -> Picture:
        """The viewport as JPEG, one pixel for each CSS px, whatever the device scale factor.

        Raises:
            PageHung: there is no picture within the limit.
            playwright.async_api.Error: the page crashed or was closed.
        """
        async with _limited(limit_s):
            if self._device_px_per_css_px == 1:
                return await self._capture("jpeg")
            viewport = (await self._cdp.send("Page.getLayoutMetrics"))["cssVisualViewport"]
            width_px, height_px = round(viewport["clientWidth"]), round(viewport["clientHeight"])
            return await self._render(
                viewport, Box(0, 0, width_px, height_px), width_px, height_px, "jpeg"
            )

    async def standing(self, limit_s: float) -> Picture | None:
        """What was painted last, while the page's script stands still and no frame can be forced.

        None where nothing was painted yet, within the limit.
        """
        frame: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def note(event: dict[str, Any]) -> None:
            if not frame.done():
                frame.set_result(event["data"])

        options = {"format": "jpeg", "quality": self._jpeg_quality}
        self._cdp.on("Page.screencastFrame", note)
        try:
            async with asyncio.timeout(limit_s):
                await self._cdp.send("Page.startScreencast", options)
                return Picture.from_bytes(base64.b64decode(await frame))
        except (TimeoutError, PlaywrightError):
            return None
        finally:
            self._cdp.remove_listener("Page.screencastFrame", note)
            with contextlib.suppress(TimeoutError, PlaywrightError):
                async with asyncio.timeout(limit_s):
                    await self._cdp.send("Page.stopScreencast")

    async def region(
        self, box_css_px: Box, width_px: int, height_px: int, limit_s: float
    ) -> Picture:
        """A part of the viewport, rendered again to fill exactly `width_px` x `height_px`, as PNG.

        Text and shapes get as sharp as the scale allows, bitmaps do not. Frames of other origins
        may live in processes of their own and keep their resolution there. Where the two
        proportions differ, the picture is rendered at the larger scale and squeezed.

        Raises:
            ValueError: the box is empty or does not lie in the viewport.
            PageHung: there is no picture within the limit.
            playwright.async_api.Error: the page crashed or was closed.
        """
        async with _limited(limit_s):
            viewport = (await self._cdp.send("Page.getLayoutMetrics"))["cssVisualViewport"]
            bounds = Box(
                -_TOLERANCE_CSS_PX,
                -_TOLERANCE_CSS_PX,
                viewport["clientWidth"] + _TOLERANCE_CSS_PX,
                viewport["clientHeight"] + _TOLERANCE_CSS_PX,
            )
            if box_css_px.area <= 0 or box_css_px.intersection(bounds) != box_css_px:
                raise ValueError(f"{box_css_px} is no part of the viewport")
            return await self._render(viewport, box_css_px, width_px, height_px, "png")

    async def _render(
        self,
        viewport: dict[str, Any],
        box_css_px: Box,
        width_px: int,
        height_px: int,
        encoding: Literal["jpeg", "png"],
    ) -> Picture:
        scale = max(width_px / box_css_px.width, height_px / box_css_px.height)
        # Rounding must not cost a row of pixels: the clip is cut so that it fills whole ones.
        columns = round(box_css_px.width * scale)
        rows = round(box_css_px.height * scale)
        picture = await self._capture(
            encoding,
            clip={
                "x": viewport["pageX"] + box_css_px.left,  # clips are measured on the document
                "y": viewport["pageY"] + box_css_px.top,
                "width": columns / scale,
                "height": rows / scale,
                "scale": scale / self._device_px_per_css_px,
            },
        )
        if (picture.width_px, picture.height_px) == (width_px, height_px):
            return picture
        return await asyncio.to_thread(_resized, picture, width_px, height_px, self._jpeg_quality)

    async def _capture(
        self, encoding: Literal["jpeg", "png"], clip: dict[str, float] | None = None
    ) -> Picture:
        options: dict[str, Any] = {"format": encoding}
        if encoding == "jpeg":
            options["quality"] = self._jpeg_quality
        else:
            options["optimizeForSpeed"] = True
        if clip is not None:
            options["clip"] = clip
        for _ in range(_MOST_RETAKES):
            await self.cover()
            data = await self._data(options)
            if await self.cover() == 0:  # nor did the page show more of it meanwhile
                return Picture.from_bytes(base64.b64decode(data))
        raise PageHung("the page goes on showing what no picture may show")

    async def _data(self, options: dict[str, Any]) -> str:
        """A picture in base64; where one page is just giving way to another, of the other one."""
        while True:
            try:
                return str((await self._cdp.send("Page.captureScreenshot", options))["data"])
            except PlaywrightError as error:
                if _REPLACED not in error.message:
                    raise
            await asyncio.sleep(_RETRY_S)

    async def _keep_device_scale(self) -> None:
        """Ask for the device scale factor that the page has already.

        Playwright asked for it in a session of its own. A clipped capture in ours would end
        with what ours asked for, which without this is nothing, and the page would see that.
        """
        size = self._page.viewport_size
        if size is not None:
            await self._cdp.send(
                "Emulation.setDeviceMetricsOverride",
                {
                    "width": size["width"],
                    "height": size["height"],
                    "deviceScaleFactor": self._device_px_per_css_px,
                    "mobile": False,
                },
            )


@contextlib.asynccontextmanager
async def _limited(limit_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        raise PageHung(f"the page did not show itself within {limit_s:g} s") from error


def _resized(picture: Picture, width_px: int, height_px: int, jpeg_quality: int) -> Picture:
    image = picture.image().resize((width_px, height_px), Image.Resampling.LANCZOS)
    if picture.media_type == "image/png":
        return Picture.from_image(image)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=jpeg_quality)
    return Picture.from_bytes(buffer.getvalue())
