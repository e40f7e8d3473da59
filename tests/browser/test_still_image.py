"""A single picture as an environment: one answer, judged by a box."""

import math

import pytest
from PIL import Image

from vigorl.browser.actions import Action, Click, Drag, Press
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Point
from vigorl.browser.grounding_rule import GroundingRule
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot

pytestmark = pytest.mark.asyncio

WIDTH_PX, HEIGHT_PX = 640, 400
TARGET = Box(100, 50, 200, 80)


PICTURE = Picture.from_image(Image.new("RGB", (WIDTH_PX, HEIGHT_PX), "teal"))


@pytest.fixture
def screenshot() -> StaticScreenshot:
    return StaticScreenshot(PICTURE, "click the box", TARGET)


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
    environment = StaticScreenshot(PICTURE, "click", None)
    await environment.reset()
    await environment.step(Click(Point(5, 5)))
    assert await environment.score(None) is None


def drag(left: float, top: float, right: float, bottom: float) -> Drag:
    return Drag(Point(left, top), Point(right, bottom))


async def score(rule: GroundingRule, answer: Action) -> Score:
    environment = StaticScreenshot(PICTURE, "the button", TARGET, rule)
    assert (await environment.reset()).actions == {answer.type}
    assert (await environment.step(answer)).ended
    found = await environment.score(None)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("point", "value", "is_hit"),
    [
        (Point(150, 65), 1.0, 1.0),
        (Point(100, 50), 1.0, 1.0),  # 52 px from the middle, and yet a hit
        (Point(150, 85), math.exp(-0.2), 0.0),
        (Point(250, 65), math.exp(-1), 0.0),
        (Point(150 + 300, 65 + 300), math.exp(-3 * math.sqrt(2)), 0.0),
    ],
)
async def test_a_miss_is_worth_how_near_it_is(point: Point, value: float, is_hit: float) -> None:
    found = await score("distance", Click(point))
    assert found.value == pytest.approx(value)
    assert found.by_other_rules == {"hit": is_hit}


@pytest.mark.parametrize(
    ("box", "overlap", "value", "is_centered"),
    [
        (drag(100, 50, 200, 80), 1.0, 1.0, 1.0),
        (drag(200, 80, 100, 50), 1.0, 1.0, 1.0),
        (drag(100, 50, 200, 65), 0.5, 1.0, 1.0),
        (drag(100, 50, 200, 62), 0.4, 0.4, 1.0),
        (drag(200, 50, 300, 80), 0.0, 0.0, 0.0),
        (drag(110, 50, 290, 80), 2700 / 5700, 2700 / 5700, 1.0),
        (drag(170, 50, 290, 80), 900 / 5700, 900 / 5700, 0.0),
        (drag(0, 0, 300, 130), 3000 / 39000, 3000 / 39000, 1.0),
        (drag(150, 65, 150, 65), 0.0, 0.0, 1.0),
    ],
)
async def test_a_box_is_judged_by_its_overlap_or_its_middle(
    box: Drag, overlap: float, value: float, is_centered: float
) -> None:
    by_overlap, by_center = await score("overlap", box), await score("center", box)
    assert by_overlap.value == pytest.approx(value)
    assert by_overlap.by_other_rules == {"center": is_centered}
    assert by_center.value == is_centered
    assert by_center.by_other_rules == pytest.approx({"overlap": overlap})


async def test_where_a_box_is_asked_for_a_click_is_none() -> None:
    environment = StaticScreenshot(PICTURE, "the button", TARGET, "overlap")
    assert "drag from its upper left to its lower right corner" in environment.goal
    await environment.reset()
    for wrong in (Click(Point(150, 65)), drag(100, 50, 640, 80)):
        seen = await environment.step(wrong)
        assert [event.kind for event in seen.events] == ["bad_action"] and not seen.ended
    assert await environment.score(None) == Score(0.0, "no box was drawn", {"center": 0.0})
