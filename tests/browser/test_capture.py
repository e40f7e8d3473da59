"""`Camera`: pictures of the right size, of now, sharp where they claim to be, and unnoticed."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import BrowserContext, Error, Page

from vigorl.browser.capture import Camera
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.errors import PageHung
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WIDTH_PX, HEIGHT_PX = 1001, 701
LIMIT_S = 20.0
Device = tuple[int, float]
"""The device's scale factor, and the one that the context asks for."""
DEVICES: list[Device] = [(1, 1), (1, 2), (1, 1.25), (1, 0.75), (2, 1), (2, 2)]

TEXT = """<!doctype html>
<style>
  body { margin: 0; height: 4000px; font: 16px sans-serif }
  header { position: fixed; top: 0; left: 0; right: 0; height: 50px; background: #eee }
  #hover { position: absolute; left: 700px; top: 1200px } #hover:hover { background: yellow }
  #square { position: absolute; left: 400px; top: 1300px; width: 40px; height: 20px;
            background: rgb(200, 0, 0) }
  .small { font: 6px sans-serif; text-rendering: geometricPrecision; margin: 0;
           position: absolute; left: 100px; width: 200px; top: 1150px }
</style>
<header>fixed header</header><button id=hover>hover</button><div id=square></div>
<p class=small>The quick brown fox jumps over the lazy dog 0123456789. Total 1,284.50 due in 14
days; order 88213 ships on Monday. Sphinx of black quartz, judge my vow. 3 of 12 rows.</p>
<script>
  const seen = [];
  for (const type of ['resize', 'scroll', 'blur', 'focus', 'visibilitychange', 'mouseout',
      'mouseleave', 'mousemove', 'pointermove', 'pointerout'])
    addEventListener(type, () => seen.push(type), true);
  for (const query of ['(resolution: 1dppx)', '(resolution: 2dppx)', '(min-width: 1000px)',
      '(min-width: 500px)', '(orientation: landscape)'])
    matchMedia(query).addEventListener('change', () => seen.push(query));
  for (const type of ['resize', 'scroll'])
    visualViewport.addEventListener(type, () => seen.push('visual ' + type));
  let laid = 0;
  new ResizeObserver(() => { if (laid++) seen.push('layout') }).observe(document.documentElement);
</script>
"""

Open = Callable[..., Coroutine[Any, Any, tuple[Page, Camera]]]


class FineSettings(BrowserSettings):
    """A browser that draws two pixels for each CSS px, whatever its contexts ask for."""

    def flags(self) -> list[str]:
        return [*super().flags(), "--force-device-scale-factor=2"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browsers() -> AsyncIterator[dict[int, Browser]]:
    async with Browser() as ordinary, Browser(FineSettings()) as fine:
        yield {1: ordinary, 2: fine}


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browsers: dict[int, Browser]) -> AsyncIterator[Open]:
    contexts: list[BrowserContext] = []

    async def opened(html: str = TEXT, device: Device = (1, 1)) -> tuple[Page, Camera]:
        context = await browsers[device[0]].context(
            viewport={"width": WIDTH_PX, "height": HEIGHT_PX}, device_scale_factor=device[1]
        )
        contexts.append(context)
        page = await context.new_page()
        camera = await Camera.attach(page, await context.new_cdp_session(page))
        await page.set_content(html)
        return page, camera

    yield opened
    for context in contexts:
        await context.close()


def pixels(picture: Picture) -> NDArray[np.float64]:
    return np.asarray(picture.image(), dtype=np.float64)


# ---------------------------------------------------------------- size and place


@pytest.mark.parametrize("device", DEVICES, ids=str)
async def test_a_screen_has_a_pixel_for_each_css_px_on_every_device(
    open_page: Open, device: Device
) -> None:
    page, camera = await open_page(device=device)
    await page.evaluate("scrollTo(0, 1100)")
    picture = await camera.screen(LIMIT_S)
    assert (picture.width_px, picture.height_px) == (WIDTH_PX, HEIGHT_PX)
    assert picture.media_type == "image/jpeg"
    red = np.argwhere((pixels(picture) - [200, 0, 0]).__abs__().max(axis=2) < 30)
    assert [*red.min(axis=0), *red.max(axis=0)] == pytest.approx([200, 400, 219, 439], abs=1)


@pytest.mark.parametrize("device", DEVICES, ids=str)
async def test_a_region_has_exactly_the_size_that_was_asked_for(
    open_page: Open, device: Device
) -> None:
    page, camera = await open_page(device=device)
    await page.evaluate("scrollTo(0, 1003.5)")
    draw = random.Random(7)
    for _ in range(12):
        left, top = draw.uniform(0, 900), draw.uniform(0, 600)
        width, height = draw.uniform(5, WIDTH_PX - left), draw.uniform(5, HEIGHT_PX - top)
        scale = draw.uniform(0.5, 6)
        size_px = max(1, round(width * scale)), max(1, round(height * scale))
        picture = await camera.region(Box(left, top, left + width, top + height), *size_px, LIMIT_S)
        assert (picture.width_px, picture.height_px) == size_px


@pytest.mark.parametrize("device", DEVICES, ids=str)
async def test_a_region_shows_what_lies_there_on_a_scrolled_page(
    open_page: Open, device: Device
) -> None:
    page, camera = await open_page(device=device)
    await page.evaluate("scrollTo(0, 1100)")
    # The red square lies at (400, 200) to (440, 220) of the viewport.
    picture = await camera.region(Box(380, 190, 460, 230), 800, 400, LIMIT_S)
    red = np.argwhere((pixels(picture) == [200, 0, 0]).all(axis=2))
    assert [*red.min(axis=0), *red.max(axis=0)] == pytest.approx([100, 200, 299, 599], abs=2)


async def test_other_proportions_are_squeezed(open_page: Open) -> None:
    page, camera = await open_page()
    await page.evaluate("scrollTo(0, 1100)")
    picture = await camera.region(Box(380, 190, 460, 230), 400, 400, LIMIT_S)
    assert (picture.width_px, picture.height_px) == (400, 400)
    red = np.argwhere((pixels(picture) - [200, 0, 0]).__abs__().max(axis=2) < 30)
    assert [*red.min(axis=0), *red.max(axis=0)] == pytest.approx([100, 100, 299, 299], abs=2)


async def test_a_region_of_the_whole_viewport_at_its_own_scale_is_the_screen(
    open_page: Open,
) -> None:
    page, camera = await open_page()
    await page.evaluate("scrollTo(0, 1100)")
    screen = pixels(await camera.screen(LIMIT_S))
    region = pixels(
        await camera.region(Box(0, 0, WIDTH_PX, HEIGHT_PX), WIDTH_PX, HEIGHT_PX, LIMIT_S)
    )
    assert np.abs(screen - region).mean() < 1  # one is JPEG


@pytest.mark.parametrize(
    "box", [Box(-5, 0, 50, 50), Box(900, 0, 1100, 50), Box(0, 650, 50, 800), Box(5, 5, 5, 50)]
)
async def test_a_box_outside_of_the_viewport_is_refused(open_page: Open, box: Box) -> None:
    _, camera = await open_page()
    with pytest.raises(ValueError, match="no part of the viewport"):
        await camera.region(box, 100, 100, LIMIT_S)


# ---------------------------------------------------------------- never stale, never noticed


async def test_a_screen_is_never_older_than_the_call(open_page: Open) -> None:
    page, camera = await open_page("<body style='margin: 0'>")
    for turn in range(25):
        color = [(turn * 53) % 256, (turn * 101) % 256, (turn * 29) % 256]
        await page.evaluate("c => { document.body.style.background = `rgb(${c})` }", color)
        picture = await camera.screen(LIMIT_S)
        assert np.abs(pixels(picture)[350, 500] - color).max() <= 4


async def test_screens_of_a_page_that_does_not_change_are_the_same_bytes(open_page: Open) -> None:
    _, camera = await open_page()
    first = await camera.screen(LIMIT_S)
    assert {(await camera.screen(LIMIT_S)).sha256 for _ in range(3)} == {first.sha256}


@pytest.mark.parametrize("device", DEVICES, ids=str)
async def test_the_page_does_not_notice_that_it_is_looked_at(
    open_page: Open, device: Device
) -> None:
    page, camera = await open_page(device=device)
    state = "[devicePixelRatio, innerWidth, innerHeight, scrollY, hover.matches(':hover')]"
    await page.evaluate("scrollTo(0, 1100)")
    await page.mouse.move(720, 110)
    await asyncio.sleep(0.2)
    await page.evaluate("seen.length = 0")
    state_before, before = await page.evaluate(state), await camera.screen(LIMIT_S)
    assert state_before == [device[1], WIDTH_PX, HEIGHT_PX, 1100, True]
    for box, width_px, height_px in (
        (Box(80, 40, 336, 168), 1024, 512),
        (Box(0, 0, WIDTH_PX, HEIGHT_PX), 1500, 1050),
        (Box(690, 90, 740, 140), 800, 800),
    ):
        await camera.region(box, width_px, height_px, LIMIT_S)
        after = await camera.screen(LIMIT_S)
        assert after.sha256 == before.sha256
    await asyncio.sleep(0.1)
    state_after, seen = await page.evaluate(state), await page.evaluate("seen")
    if device[0] == device[1]:
        assert (state_after, seen) == (state_before, [])
    else:  # the pointer may be told that it has left, and nothing else happens
        assert state_after[:4] == state_before[:4]
        assert set(seen) <= {"mouseout", "mouseleave", "pointerout"}


# ---------------------------------------------------------------- sharpness


async def test_small_text_becomes_sharper_not_larger(open_page: Open) -> None:
    """The truth is the page on a device with four times the pixels."""
    box, scale = Box(100, 44, 300, 94), 4
    page, camera = await open_page()
    await page.evaluate("scrollTo(0, 1100)")
    size_px = (round(box.width * scale), round(box.height * scale))
    optical = pixels(await camera.region(box, *size_px, LIMIT_S))
    screen = Picture.from_bytes(await page.screenshot())
    enlarged = np.asarray(
        screen.image().resize(
            size_px, Image.Resampling.LANCZOS, (box.left, box.top, box.right, box.bottom)
        ),
        dtype=np.float64,
    )
    fine, _ = await open_page(device=(1, 4))
    await fine.evaluate("scrollTo(0, 1100)")
    whole = Picture.from_bytes(await fine.screenshot()).image()
    assert whole.size == (WIDTH_PX * scale, HEIGHT_PX * scale)
    left, top = round(box.left * scale), round(box.top * scale)
    truth = np.asarray(
        whole.crop((left, top, left + size_px[0], top + size_px[1])), dtype=np.float64
    )
    assert truth.std() > 20, "there is text"

    def error(image: NDArray[np.float64]) -> float:
        return float(np.abs(image - truth).mean())

    assert error(optical) < error(enlarged) / 4


# ---------------------------------------------------------------- limits


async def test_a_page_that_hangs_is_reported_in_time(open_page: Open) -> None:
    page, camera = await open_page()
    await page.evaluate("setTimeout(() => { for (;;); })")
    await asyncio.sleep(0.1)
    for looking in (camera.screen(0.5), camera.region(Box(0, 0, 50, 50), 100, 100, 0.5)):
        started = time.perf_counter()
        with pytest.raises(PageHung):
            await looking
        assert time.perf_counter() - started < 1.5


@pytest.mark.slow  # on a busy machine it never comes to rest between two pages
async def test_a_page_that_is_just_replaced_is_waited_for(open_page: Open) -> None:
    page, camera = await open_page()
    await page.route("**/*", lambda route: route.fulfill(body="<p>x", content_type="text/html"))
    are_over = asyncio.Event()

    async def leave_again_and_again() -> None:
        while not are_over.is_set():
            for site in ("http://one.example/", "http://two.example/"):
                with contextlib.suppress(Error):  # the one before was not over
                    await page.goto(site, wait_until="commit")
                await asyncio.sleep(0.1)

    leaving = asyncio.create_task(leave_again_and_again())
    for _ in range(20):
        picture = await camera.screen(LIMIT_S)
        assert (picture.width_px, picture.height_px) == (WIDTH_PX, HEIGHT_PX)
    are_over.set()
    await leaving
