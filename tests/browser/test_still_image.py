"""A single picture as an environment: one click, judged by a box."""

import pytest
from PIL import Image

from vigorl.browser.actions import Click, Press
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Point
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot

pytestmark = pytest.mark.asyncio

WIDTH_PX, HEIGHT_PX = 640, 400
TARGET = Box(100, 50, 200, 80)


@pytest.fixture
def screenshot() -> StaticScreenshot:
    picture = Picture.from_image(Image.new("RGB", (WIDTH_PX, HEIGHT_PX), "teal"))
    return StaticScreenshot(picture, "click the box", TARGET)


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
async def test_a_click_ends_the_episode_and_is_judged(
    screenshot: StaticScreenshot, point: Point, value: float
) -> None:
    await screenshot.reset()
    seen = await screenshot.step(Click(point))
    assert seen.ended and seen.events == ()
    score = await screenshot.score(None)
    assert score is not None and score.value == value


async def test_no_click_is_a_miss(screenshot: StaticScreenshot) -> None:
    await screenshot.reset()
    await screenshot.step(Press("Enter"))
    assert (await screenshot.score("(150, 60)")) == Score(0.0, "nothing was clicked")


async def test_without_a_target_nobody_can_tell() -> None:
    picture = Picture.from_image(Image.new("RGB", (9, 9)))
    environment = StaticScreenshot(picture, "click", None)
    await environment.reset()
    await environment.step(Click(Point(5, 5)))
    assert await environment.score(None) is None
