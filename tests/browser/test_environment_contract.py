"""What every environment promises, on every environment there is, bare and with zoom around it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from vigorl.browser.actions import (
    Action,
    Back,
    Click,
    Drag,
    Forward,
    Goto,
    Hover,
    Press,
    Scroll,
    SelectOption,
    TabClose,
    TabSwitch,
    Type,
    Upload,
    Wait,
    Zoom,
    ZoomStyle,
)
from vigorl.browser.environment import Environment, Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WIDTH_PX, HEIGHT_PX = 640, 400
OFF_SCREEN = (Point(-1, 5), Point(5, -1), Point(WIDTH_PX, 5), Point(5, HEIGHT_PX), Point(1e9, 1e9))
OFF_SCREEN_ACTIONS: list[Action] = [
    *(Click(point) for point in OFF_SCREEN),
    Hover(OFF_SCREEN[0]),
    Type("x", point=OFF_SCREEN[0]),
    Scroll(OFF_SCREEN[0], dy_css_px=100),
    Drag(Point(5, 5), OFF_SCREEN[0]),
    SelectOption(OFF_SCREEN[0], "x"),
    Upload(OFF_SCREEN[0], ("/etc/hostname",)),
    *(Zoom(Box.around(point, 20)) for point in OFF_SCREEN),
]
IMPOSSIBLE_ACTIONS: list[Action] = [
    Press("NoSuchKey"),
    TabSwitch(7),
    TabClose(7),
    Upload(Point(5, 5), ("/no/such/file",)),
    SelectOption(Point(5, 5), "x"),
    Goto("no address"),
    Back(),
    Forward(),
    Wait(-1),
    Zoom(Box(5, 5, 5, 5)),
]


class TestEveryEnvironment:
    """One method per promise of `vigorl.browser.environment.Environment`."""

    @pytest_asyncio.fixture(
        params=["live page", "screenshot", "zoomed live page", "zoomed screenshot"],
        loop_scope="module",
    )
    async def environment(self, request, browser, site) -> AsyncIterator[Environment]:
        environment: Environment
        if request.param.endswith("live page"):
            url = site.body("/", "<p>words</p>")
            settings = PageSettings(width_px=WIDTH_PX, height_px=HEIGHT_PX)
            environment = LivePage(browser, "the goal", url, settings)
        else:
            picture = Picture.from_image(Image.new("RGB", (WIDTH_PX, HEIGHT_PX), "teal"))
            environment = StaticScreenshot(picture, "the goal", Box(10, 10, 20, 20))
        if request.param.startswith("zoomed"):
            environment = ZoomEnvironment(environment)
        yield environment
        await environment.close()

    async def test_it_says_its_goal(self, environment: Environment):
        await environment.reset()
        assert environment.goal == "the goal"

    async def test_it_begins_with_a_screen_whose_frame_fits_its_picture(self, environment):
        seen = await environment.reset()
        assert isinstance(seen, Observation)
        assert seen.view is not None
        assert seen.view.kind == "screen"
        assert seen.view.frame == Frame.of_viewport(WIDTH_PX, HEIGHT_PX)
        assert seen.view.picture.image().size == (WIDTH_PX, HEIGHT_PX)
        assert not seen.ended

    async def test_it_answers_points_off_the_screen_in_words(self, environment):
        await environment.reset()
        for action in OFF_SCREEN_ACTIONS:
            seen = await environment.step(action)
            assert [event.kind for event in seen.events] == ["bad_action"], action
            assert not seen.ended

    async def test_it_answers_what_cannot_be_done_in_words(self, environment):
        await environment.reset()
        for action in IMPOSSIBLE_ACTIONS:
            seen = await environment.step(action)
            assert [event.kind for event in seen.events] == ["bad_action"], action
            assert seen.events[0].text.endswith("."), action

    async def test_it_goes_on_after_an_answer_in_words(self, environment):
        await environment.reset()
        await environment.step(Click(OFF_SCREEN[0]))
        seen = await environment.step(Click(Point(300, 300)))
        assert seen.events == ()

    async def test_every_view_that_is_shown_fits_its_frame(self, environment):
        await environment.reset()
        region = Box.around(Point(630, 390), 40)
        for action in (Zoom(region), Zoom(region, ZoomStyle(edge="clip")), Click(Point(15, 15))):
            seen = await environment.step(action)
            if seen.view is not None:
                frame = seen.view.frame
                assert seen.view.picture.image().size == (frame.width_px, frame.height_px)
                shown = frame.region_css_px
                assert shown.shifted_into(Box(0, 0, WIDTH_PX, HEIGHT_PX)) == shown

    async def test_what_it_shows_is_not_changed_by_what_comes_later(self, environment):
        first = await environment.reset()
        assert first.view is not None
        before = bytes(first.view.picture.data)
        await environment.step(Click(Point(300, 300)))
        assert first.view.picture.data == before

    async def test_it_scores_between_0_and_1_or_says_that_nobody_can_tell(self, environment):
        await environment.reset()
        await environment.step(Click(Point(15, 15)))
        for answer in (None, "", "an answer"):
            score = await environment.score(answer)
            assert score is None or (isinstance(score, Score) and 0 <= score.value <= 1)

    async def test_it_closes_quickly_and_twice(self, environment):
        await environment.reset()
        started = time.monotonic()
        await environment.close()
        await environment.close()
        assert time.monotonic() - started < 5

    async def test_it_closes_before_it_has_begun(self, environment):
        await environment.close()

    async def test_it_closes_while_a_step_is_cut_short(self, environment):
        await environment.reset()
        step = asyncio.create_task(environment.step(Wait(5)))
        await asyncio.sleep(0.05)
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        async with asyncio.timeout(5):
            await environment.close()


class TestScreenshot:
    """What a single picture promises beside."""

    TARGET = Box(100, 50, 200, 80)

    @pytest.fixture
    def screenshot(self) -> StaticScreenshot:
        picture = Picture.from_image(Image.new("RGB", (WIDTH_PX, HEIGHT_PX), "teal"))
        return StaticScreenshot(picture, "click the box", self.TARGET)

    @pytest.mark.parametrize(
        ("point", "value"),
        [
            (Point(150, 60), 1.0),
            (Point(100, 50), 1.0),
            (Point(200, 80), 1.0),
            (Point(200.5, 80), 0.0),
            (Point(99, 60), 0.0),
            (Point(150, 81), 0.0),
        ],
    )
    async def test_a_click_ends_the_episode_and_is_judged(self, screenshot, point, value):
        await screenshot.reset()
        seen = await screenshot.step(Click(point))
        assert seen.ended and seen.events == ()
        score = await screenshot.score(None)
        assert score is not None and score.value == value

    async def test_no_click_is_a_miss(self, screenshot):
        await screenshot.reset()
        await screenshot.step(Press("Enter"))
        assert (await screenshot.score("(150, 60)")) == Score(0.0, "nothing was clicked")

    async def test_without_a_target_nobody_can_tell(self):
        picture = Picture.from_image(Image.new("RGB", (9, 9)))
        environment = StaticScreenshot(picture, "click", None)
        await environment.reset()
        await environment.step(Click(Point(5, 5)))
        assert await environment.score(None) is None
