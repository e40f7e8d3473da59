"""Zoomed views: their frames, their pixels, and what a page notices of them."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from vigorl.browser.action_space import BROWSER
from vigorl.browser.actions import Click, Scroll, Type, Wait, Zoom, ZoomStyle
from vigorl.browser.environment import Environment, Score
from vigorl.browser.errors import BrowserDied, PageHung
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation, Tab
from vigorl.browser.picture import Picture, View
from vigorl.browser.still_image import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment, dotted, enlarged, zoomed_frame

SCREEN = Box(0, 0, 1280, 720)
RECORDED = ZoomStyle(source="recorded")


def still(image: Image.Image) -> ZoomEnvironment:
    return ZoomEnvironment(StaticScreenshot(Picture.from_image(image), "look", None))


def noise(width_px: int, height_px: int) -> Image.Image:
    pixels = np.random.default_rng(7).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


# ---------------------------------------------------------------- frames, worked out by hand


@pytest.mark.parametrize(
    ("region", "style", "frame"),
    [
        # In the middle of the screen both ways are the same.
        (Box(300, 200, 428, 328), ZoomStyle(), Frame(512, 512, Box(300, 200, 428, 328))),
        (
            Box(300, 200, 428, 328),
            ZoomStyle(edge="clip", output_px=384),
            Frame(384, 384, Box(300, 200, 428, 328)),
        ),
        # At a corner a region is moved, or cut and stretched.
        (Box(-64, -64, 64, 64), ZoomStyle(), Frame(512, 512, Box(0, 0, 128, 128))),
        (Box(-64, -64, 64, 64), ZoomStyle(edge="clip"), Frame(512, 512, Box(0, 0, 64, 64))),
        (Box(1200, 600, 1300, 700), ZoomStyle(), Frame(512, 512, Box(1180, 600, 1280, 700))),
        (
            Box(1200, 600, 1300, 700),
            ZoomStyle(edge="clip"),
            Frame(512, 512, Box(1200, 600, 1280, 700)),
        ),
        # What is larger than the screen, or no square, keeps its pixels square.
        (Box(-500, -500, 1500, 1500), ZoomStyle(), Frame(512, 288, Box(0, 0, 1280, 720))),
        (Box(0, 0, 100, 50), ZoomStyle(), Frame(512, 256, Box(0, 0, 100, 50))),
    ],
)
def test_the_frame_of_a_zoom(region, style, frame):
    assert zoomed_frame(region, style, SCREEN) == frame


@given(
    x=st.floats(0, 1279),
    y=st.floats(0, 719),
    half=st.floats(1, 2000),
    output_px=st.integers(32, 1024),
    edge=st.sampled_from(["shift", "clip"]),
)
def test_every_zoom_shows_the_point_that_was_asked_for(x, y, half, output_px, edge):
    point = Point(x, y)
    style = ZoomStyle(edge=edge, output_px=output_px)
    frame = zoomed_frame(Box.around(point, half), style, SCREEN)
    there = frame.from_region(point)
    assert -1e-6 <= there.x <= frame.width_px + 1e-6
    assert -1e-6 <= there.y <= frame.height_px + 1e-6
    back = frame.to_region(there)
    assert abs(back.x - x) < 1e-6 and abs(back.y - y) < 1e-6
    assert max(frame.width_px, frame.height_px) == output_px
    if edge == "shift":  # square to the rounding of one pixel
        scale = output_px / max(frame.region_css_px.width, frame.region_css_px.height)
        assert abs(frame.region_css_px.width * scale - frame.width_px) <= 1
        assert abs(frame.region_css_px.height * scale - frame.height_px) <= 1


# ---------------------------------------------------------------- pixels


def test_enlarging_by_nothing_is_a_crop_pixel_by_pixel():
    image = noise(64, 48)
    view = View(Picture.from_image(image), Frame.of_viewport(64, 48))
    crop = enlarged(view, Frame(20, 10, Box(7, 9, 27, 19))).image()
    assert np.array_equal(crop, image.crop((7, 9, 27, 19)))


def test_enlarging_is_lanczos_of_the_region_also_between_pixels():
    image = noise(64, 48)
    view = View(Picture.from_image(image), Frame.of_viewport(64, 48))
    crop = enlarged(view, Frame(96, 48, Box(7.25, 9.5, 31.25, 21.5))).image()
    wanted = image.resize((96, 48), Image.Resampling.LANCZOS, box=(7.25, 9.5, 31.25, 21.5))
    assert np.array_equal(crop, wanted)


def test_a_region_is_found_on_a_picture_of_another_scale():
    image = noise(128, 96)  # two pixels per CSS px
    view = View(Picture.from_image(image), Frame(128, 96, Box(0, 0, 64, 48)))
    crop = enlarged(view, Frame(40, 20, Box(7, 9, 27, 19))).image()
    assert np.array_equal(crop, image.crop((14, 18, 54, 38)))


def test_the_dot_is_red_with_a_white_rim_and_lies_on_its_point():
    picture = Picture.from_image(Image.new("RGB", (512, 384), "black"))
    pixels = np.asarray(dotted(picture, Point(100, 50), 512).image()).astype(int)
    assert tuple(pixels[50, 100]) == (255, 0, 0)
    rows, columns = np.nonzero(pixels.any(axis=2))
    assert (rows.min() + rows.max()) / 2 == pytest.approx(50, abs=0.51)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(100, abs=0.51)
    assert tuple(pixels[50, columns.min()]) == (255, 255, 255)
    red = (pixels == (255, 0, 0)).all(axis=2).sum()
    white = (pixels == (255, 255, 255)).all(axis=2).sum()
    # 7 px of 200 before it is enlarged, of which 2 are rim: 18 and 5 px of 512.
    assert columns.max() - columns.min() == pytest.approx(2 * 512 * 7 / 200, abs=1.5)
    assert red == pytest.approx(3.14 * (512 * 5 / 200) ** 2, rel=0.12)
    assert white == pytest.approx(3.14 * (512 / 200) ** 2 * (7**2 - 5**2), rel=0.12)


@pytest.mark.parametrize(
    ("center", "half", "output_px", "dot"),
    [((500, 300), 100, 504, True), ((30, 690), 100, 504, True), ((1200, 40), 182, 672, False)],
)
async def test_a_recorded_crop_is_the_published_one_pixel_by_pixel(center, half, output_px, dot):
    image = noise(1260, 700)
    environment = still(image)
    await environment.reset()
    style = ZoomStyle(output_px, dot=dot, edge="clip", source="recorded")
    seen = await environment.step(Zoom(Box.around(Point(*center), half), style))
    # What `_get_point_crop` does: cut, draw, and one resize of Pillow's default kind.
    x, y = center
    left, top = max(0, x - half), max(0, y - half)
    crop = image.crop((left, top, min(1260, x + half), min(700, y + half)))
    if dot:
        around = (x - left - 7, y - top - 7, x - left + 7, y - top + 7)
        ImageDraw.Draw(crop).ellipse(around, fill="red", outline="white", width=2)
    assert seen.view and seen.view.kind == "crop"
    assert np.array_equal(seen.view.picture.image(), crop.resize((output_px, output_px)))


async def test_the_dot_marks_the_point_asked_for_also_where_the_region_was_moved():
    environment = still(Image.new("RGB", (1280, 720), "black"))
    await environment.reset()
    for edge, point in (("shift", Point(32 * 4, 32 * 4)), ("clip", Point(256, 256))):
        center = Point(32, 32) if edge == "shift" else Point(1248, 32)
        style = ZoomStyle(dot=True, edge=edge)
        seen = await environment.step(Zoom(Box.around(center, 64), style))
        assert seen.view is not None
        there = seen.view.frame.from_region(center)
        pixels = np.asarray(seen.view.picture.image())
        assert tuple(pixels[round(there.y), round(there.x)]) == (255, 0, 0)
        if edge == "shift":
            assert there == point


# ---------------------------------------------------------------- the environment


async def test_a_zoom_shows_the_last_screen_and_changes_nothing():
    environment = still(noise(640, 400))
    first = await environment.reset()
    seen = await environment.step(Zoom(Box(100, 100, 228, 228)))
    assert seen.view is not None and first.view is not None
    assert seen.view.kind == "crop"
    assert seen == replace(first, view=seen.view)
    again = await environment.step(Zoom(Box(100, 100, 228, 228)))
    assert again.view is not None
    assert again.view.picture.sha256 == seen.view.picture.sha256


async def test_a_point_off_the_screen_is_answered_with_the_screens_size():
    environment = still(noise(640, 400))
    await environment.reset()
    seen = await environment.step(Zoom(Box.around(Point(640, 10), 50)))
    assert seen.view is None
    (event,) = seen.events
    assert event.kind == "bad_action"
    assert "(640, 10)" in event.text and "640 px wide and 400 px high" in event.text
    seen = await environment.step(Zoom(Box(0, 0, float("inf"), 5)))
    assert [event.kind for event in seen.events] == ["bad_action"]


class Busy:
    """An environment with optics that fail; its screens tell the steps apart."""

    goal = "look"
    actions = BROWSER

    def __init__(self, fault: Exception) -> None:
        self.fault = fault
        self.steps = 0

    def observation(self) -> Observation:
        image = Image.new("RGB", (640, 400), (self.steps, 0, 0))
        frame = Frame.of_viewport(640, 400)
        tabs = (Tab("http://a/", "a", True),)
        return Observation(View(Picture.from_image(image), frame), "http://a/", "a", tabs)

    async def reset(self) -> Observation:
        return self.observation()

    async def step(self, action: object) -> Observation:
        self.steps += 1
        if isinstance(action, Wait):
            return self.observation().answer("bad_action", "nothing new")
        return self.observation()

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        raise self.fault

    async def score(self, answer: str | None) -> Score | None:
        return None

    async def close(self) -> None:
        pass


async def test_a_page_too_busy_to_render_is_shown_by_its_last_pixels():
    environment = ZoomEnvironment(Busy(PageHung("busy")))
    await environment.reset()
    await environment.step(Click(Point(5, 5)))
    await environment.step(Wait(1))  # shows nothing, so the last screen stands
    seen = await environment.step(Zoom(Box(0, 0, 10, 10)))
    assert seen.view is not None
    assert seen.view.kind == "crop"
    assert seen.view.picture.image().getpixel((5, 5)) == (1, 0, 0)
    assert (seen.url, seen.events) == ("http://a/", ())


async def test_a_browser_that_died_is_no_matter_of_zoom():
    environment = ZoomEnvironment(Busy(BrowserDied("gone")))
    await environment.reset()
    with pytest.raises(BrowserDied):
        await environment.step(Zoom(Box(0, 0, 10, 10)))


# ---------------------------------------------------------------- in a real browser

TARGETS = [
    Box(0, 0, 10, 10),
    Box(1270, 0, 1280, 10),
    Box(0, 710, 10, 720),
    Box(1270, 710, 1280, 720),
    Box(633, 301, 640, 306),
    Box(1273, 400, 1280, 404),
]
"""Small targets at every edge and in the middle, viewport CSS px."""


@pytest.fixture
def targets_url(site) -> str:
    boxes = "".join(
        f"<div id=t{index} style='position:fixed;left:{box.left}px;top:{box.top}px;"
        f"width:{box.width}px;height:{box.height}px;background:rgb(0,0,255)'></div>"
        for index, box in enumerate(TARGETS)
    )
    script = (
        "<script>window.hits = []; addEventListener('click', e => hits.push(e.target.id))</script>"
    )
    return site.body("/", f"<div style='height:3000px'></div>{boxes}{script}")


def find_blue(view: View) -> list[Point]:
    """The centres of the blue spots of a view, in its own pixels."""
    import cv2

    pixels = np.asarray(view.picture.image()).astype(int)
    blue = (pixels[..., 2] > 160) & (pixels[..., 0] < 110) & (pixels[..., 1] < 110)
    count, _, boxes, _ = cv2.connectedComponentsWithStats(blue.astype(np.uint8))
    return [
        Point(left + width / 2, top + height / 2)
        for left, top, width, height, area in boxes[1:count]
        if area > 20
    ]


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
class TestInABrowser:
    @pytest.mark.one_in(2)
    @pytest.mark.parametrize("source", ["optical", "recorded"])
    @pytest.mark.parametrize("edge", ["shift", "clip"])
    async def test_a_click_read_off_a_zoomed_view_lands_on_the_target(
        self, browser, targets_url, source, edge
    ):
        environment = ZoomEnvironment(LivePage(browser, "", targets_url))
        page = environment._inner
        assert isinstance(page, LivePage)
        try:
            await environment.reset()
            await environment.step(Scroll(Point(600, 600), dy_css_px=777))
            style = ZoomStyle(source=source, edge=edge)
            for index, box in enumerate(TARGETS):
                # Off the centre, so that the target lies somewhere in the view.
                center = Point(
                    min(max(box.center.x - 13, 0), 1279), min(max(box.center.y + 9, 0), 719)
                )
                seen = await environment.step(Zoom(Box.around(center, 40), style))
                assert seen.view is not None
                assert seen.view.kind == ("optical" if source == "optical" else "crop")
                (spot,) = find_blue(seen.view)
                there = seen.view.frame.to_region(spot)
                assert abs(there.x - box.center.x) < 0.4
                assert abs(there.y - box.center.y) < 0.4
                await environment.step(Click(there))
                assert await page.page.evaluate("hits.at(-1)") == f"t{index}"
        finally:
            await environment.close()

    async def test_an_optical_zoom_is_invisible_to_the_page(self, browser, site):
        url = site.body(
            "/",
            "<div style='height:2000px'>words</div><script>window.log = [];"
            "const note = what => () => log.push(what);"
            "for (const type of ['resize', 'scroll', 'focus', 'blur', 'mousemove', 'pagehide'])"
            " addEventListener(type, note(type), true);"
            "for (const type of ['resize', 'scroll'])"
            " visualViewport.addEventListener(type, note('visual ' + type));"
            "document.addEventListener('visibilitychange', note('visibility'));"
            "for (const query of ['(min-resolution: 1.1dppx)', '(max-width: 1279px)', '(hover)',"
            " '(orientation: portrait)', '(prefers-color-scheme: dark)'])"
            " matchMedia(query).addEventListener('change', note(query));"
            "new ResizeObserver(note('size')).observe(document.body);"
            "const state = () => [devicePixelRatio, innerWidth, innerHeight, outerWidth,"
            " screen.width, screen.availHeight, scrollY, visualViewport.scale].join();"
            "let last = ''; setInterval(() => { if (state() !== last) log.push(last = state()) });"
            "</script>",
        )
        page = LivePage(browser, "", url, PageSettings(jpeg_quality=100))
        environment = ZoomEnvironment(page)
        try:
            await environment.reset()
            before = await environment.step(Scroll(Point(600, 600), dy_css_px=300))
            await page.page.wait_for_function("log.at(-1).endsWith(',300,1')")
            count = await page.page.evaluate("log.length")
            for region in (
                Box(0, 0, 100, 100),
                Box(1200, 650, 1300, 750),
                Box(-400, -400, 1600, 1100),
            ):
                seen = await environment.step(Zoom(region))
                assert seen.view is not None and seen.view.kind == "optical"
            await page.page.wait_for_timeout(100)
            assert (await page.page.evaluate("log"))[count:] == []
            after = await environment.step(Wait(0))
            assert before.view is not None and after.view is not None
            assert after.view.picture.sha256 == before.view.picture.sha256
        finally:
            await environment.close()

    async def test_an_optical_zoom_is_sharper_than_enlarged_pixels(self, browser, site):
        url = site.body("/", "<p style='font:6px sans-serif'>The quick brown fox 0123456789</p>")
        environment = ZoomEnvironment(LivePage(browser, "", url))
        try:
            await environment.reset()
            sharpness = {}
            for source in ("optical", "recorded"):
                zoom = Zoom(Box(0, 0, 100, 25), ZoomStyle(source=source))
                seen = await environment.step(zoom)
                assert seen.view is not None
                pixels = np.asarray(seen.view.picture.image().convert("L")).astype(float)
                assert pixels.shape == (128, 512)
                sharpness[source] = np.abs(np.diff(pixels, axis=1)).max()
            assert sharpness["optical"] > 2 * sharpness["recorded"]
        finally:
            await environment.close()

    async def test_a_zoom_on_a_page_whose_next_document_is_awaited_still_shows_it(
        self, browser, site
    ):
        site.delays_s["/slow"] = 30
        url = site.body("/", "<a href=/slow style='display:block;height:99px'>go</a>")
        settings = PageSettings(settle_limit_s=0.3, step_limit_s=6)
        environment = ZoomEnvironment(LivePage(browser, "", url, settings))
        try:
            await environment.reset()
            await environment.step(Click(Point(9, 9)))
            seen = await environment.step(Zoom(Box(0, 0, 100, 100)))
            assert seen.view is not None
            assert seen.view.picture.image().size == (512, 512)
        finally:
            await environment.close()

    async def test_a_zoom_follows_the_screen_as_it_changes(self, browser, site):
        url = site.body("/", "<input id=f style='position:absolute;left:0;top:0;width:200px'>")
        environment: Environment = ZoomEnvironment(LivePage(browser, "", url))
        try:
            await environment.reset()
            zoom = Zoom(Box(0, 0, 100, 100), RECORDED)
            before = await environment.step(zoom)
            await environment.step(Type("text", point=Point(20, 10)))
            after = await environment.step(zoom)
            assert before.view is not None and after.view is not None
            old = Image.open(io.BytesIO(before.view.picture.data)).convert("L")
            new = Image.open(io.BytesIO(after.view.picture.data)).convert("L")
            difference = np.abs(np.asarray(old).astype(int) - np.asarray(new).astype(int))
            assert difference[:150].max() > 100
        finally:
            await environment.close()
