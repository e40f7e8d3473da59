"""What every environment promises, kept by MiniWoB++ too, bare and with zoom around it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vigorl.browser.actions import (
    Action,
    Back,
    Click,
    Drag,
    Forward,
    Goto,
    Hover,
    Press,
    Reload,
    Scroll,
    SelectOption,
    TabClose,
    TabNew,
    TabSwitch,
    Type,
    Upload,
    Wait,
    Zoom,
    ZoomStyle,
)
from vigorl.browser.environment import Environment, Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.tasks.miniwob.pages import HEIGHT_PX, WIDTH_PX

from .conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BLANK = Point(300, 200)
OUTSIDE = Point(WIDTH_PX, 5)
IMPOSSIBLE: list[Action] = [
    *(Click(point) for point in (Point(-1, 5), Point(5, -1), OUTSIDE, Point(5, HEIGHT_PX))),
    Hover(OUTSIDE),
    Type("x", point=OUTSIDE),
    Scroll(OUTSIDE, dy_css_px=100),
    Drag(Point(5, 5), OUTSIDE),
    SelectOption(OUTSIDE, "x"),
    SelectOption(BLANK, "x"),
    Upload(BLANK, ("/no/such/file",)),
    Press("NoSuchKey"),
    Wait(-1),
    Goto("https://example.org"),
    Back(),
    Forward(),
    Reload(),
    TabNew(),
    TabSwitch(7),
    TabClose(),
    Zoom(Box.around(OUTSIDE, 20)),
    Zoom(Box(5, 5, 5, 5)),
]


@pytest_asyncio.fixture(params=["bare", "zoomed"], loop_scope="session")
async def environment(request: pytest.FixtureRequest, miniwob: Stage) -> AsyncIterator[Environment]:
    environment: Environment = await miniwob.open("click-button", 1)
    if request.param == "zoomed":
        environment = ZoomEnvironment(environment)
    yield environment
    await environment.close()


async def test_it_begins_with_a_screen_whose_frame_fits(environment: Environment) -> None:
    seen = await environment.reset()
    assert seen.view is not None and seen.view.kind == "screen"
    assert seen.view.frame == Frame.of_viewport(WIDTH_PX, HEIGHT_PX)
    assert seen.view.picture.image().size == (WIDTH_PX, HEIGHT_PX)
    assert not seen.ended
    assert environment.goal == 'Click on the "Ok" button.'


async def test_it_answers_what_cannot_be_done_in_words_and_goes_on(
    environment: Environment,
) -> None:
    await environment.reset()
    for action in IMPOSSIBLE:
        seen = await environment.step(action)
        assert [event.kind for event in seen.events] == ["bad_action"], action
        assert seen.events[0].text.endswith("."), action
        assert not seen.ended
    assert (await environment.step(Click(BLANK))).events == ()


async def test_a_zoomed_view_fits_its_frame(environment: Environment) -> None:
    await environment.reset()
    for style in (ZoomStyle(), ZoomStyle(edge="clip")):
        seen = await environment.step(Zoom(Box.around(Point(325, 205), 30), style))
        if seen.view is not None:
            frame = seen.view.frame
            assert seen.view.picture.image().size == (frame.width_px, frame.height_px)


async def test_it_scores_between_0_and_1(environment: Environment) -> None:
    await environment.reset()
    for answer in (None, "", "an answer"):
        score = await environment.score(answer)
        assert isinstance(score, Score) and 0 <= score.value <= 1


async def test_it_closes_quickly_and_twice_also_before_it_began(environment: Environment) -> None:
    await environment.close()
    await environment.reset()
    started = time.monotonic()
    await environment.close()
    await environment.close()
    assert time.monotonic() - started < 5


async def test_a_step_that_is_cut_short_leaves_a_page_that_is_not_used_again(
    miniwob: Stage,
) -> None:
    env = await miniwob.open("click-button", 1)
    await env.reset()
    page = env.page
    step = asyncio.create_task(env.step(Wait(5)))
    await asyncio.sleep(0.05)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    async with asyncio.timeout(5):
        await env.close()
    assert page.is_closed()
