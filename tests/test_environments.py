"""What every environment promises, of every environment there is: one episode of each is played."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

import pytest
import pytest_asyncio
from PIL import Image

from vigorl.agent.benchmarks.mock_sites import open_stand_ins
from vigorl.browser.action_space import ENDINGS, EVERY_ACTION, listed
from vigorl.browser.actions import (
    Accept,
    Action,
    Back,
    Click,
    Dismiss,
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
from vigorl.browser.chromium import Browser
from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.environment import Environment, Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.marks import MarkedEnvironment
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.tasks.miniwob.registry import Ticket
from vigorl.tasks.stored_image import StoredImage
from vigorl.tasks.visual_reasoning.environment import PictureQuestion
from vigorl.tasks.visual_reasoning.question import ImageQuestion

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HERE, AWAY = Point(3, 3), Point(1e6, 5)
EXAMPLES: list[Action] = [
    Click(HERE),
    Hover(HERE),
    Type("x", HERE),
    Press("Tab"),
    Scroll(HERE, dy_css_px=10),
    Drag(HERE, Point(4, 4)),
    SelectOption(HERE, "x"),
    Upload(HERE, ("/no/such/file",)),
    Accept(),
    Dismiss(),
    Goto("https://example.org"),
    Back(),
    Forward(),
    Reload(),
    TabNew(),
    TabSwitch(0),
    TabClose(),
    Wait(0),
    Zoom(Box.around(HERE, 2)),
]
"""One of each type that `step` may be given."""
IMPOSSIBLE: list[Action] = [
    *(Click(point) for point in (Point(-1, 5), Point(5, -1), AWAY, Point(5, 1e6))),
    Hover(AWAY),
    Type("x", point=AWAY),
    Scroll(AWAY, dy_css_px=100),
    Drag(HERE, AWAY),
    SelectOption(AWAY, "x"),
    SelectOption(HERE, "no such option"),
    Upload(AWAY, ("/etc/hostname",)),
    Upload(HERE, ("/no/such/file",)),
    Press("NoSuchKey"),
    Accept(),
    Dismiss(),
    Goto("no address"),
    TabSwitch(7),
    TabClose(7),
    Wait(-1),
    Zoom(Box.around(AWAY, 20)),
    Zoom(Box(5, 5, 5, 5)),
]
"""What can be done nowhere."""
QUIET = ("tab_opened", "not_settled")
"""Events that say nothing against a page: a loaded machine is slow."""
ON_A_SCREEN = (
    pytest.mark.desktop,
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("openbox")) and "CI" not in os.environ,
        reason="no virtual screen here: apt-get install xvfb openbox",
    ),
)
KINDS = (
    "live page",
    "live page, zoomed",
    "live page, marked",
    "still picture",
    "still picture, zoomed",
    "question",
    "question for a place, zoomed",
    "MiniWoB++, zoomed",
    "embedded task, zoomed",
    "VisualWebArena, zoomed",
    pytest.param("desktop, zoomed", marks=ON_A_SCREEN),
)
"""Pages of the synthetic world are still pictures; a task of VisualWebArena is one on the
stand-in sites, with what puts them back around it."""

Make = Callable[[str], Awaitable[Environment]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def make(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Make]:
    """Makes an environment of each kind; they share one browser."""
    folder = tmp_path_factory.mktemp("worlds")
    page, image = folder / "page.html", Image.new("RGB", (640, 400), "teal")
    page.write_text("<title>words</title><p>words</p>")
    image.save(folder / "a.png")
    box = Box(10, 10, 20, 20)
    size = PageSettings(width_px=640, height_px=400)
    stored = (StoredImage(folder, "a.png"),)
    place = ImageQuestion("robospatial", "1", "context", "Where?", stored, "place", "", outline=(
        Point(0.1, 0.1), Point(0.9, 0.1), Point(0.9, 0.9)
    ))  # fmt: skip
    choice = ImageQuestion("vstar", "1", "a", "Which?", stored, "choice", "red", ("red", "blue"))
    async with (
        Browser() as browser,
        PagePool(browser, idle=1) as pages,
        Site() as site,
        open_stand_ins(["reddit"], limit=1) as stand_ins,
    ):

        async def world(kind: str) -> Environment:
            match kind:
                case "live page":
                    return LivePage(browser, "the goal", page.as_uri(), size)
                case "still picture":
                    return StaticScreenshot(Picture.from_image(image), "the goal", box)
                case "question":
                    return PictureQuestion(choice)
                case "question for a place":
                    return PictureQuestion(place)
                case "MiniWoB++":
                    return MiniwobEnvironment(pages, await pages.draw(Ticket("click-button", 1)))
                case "desktop":
                    virtual = VirtualSize(640, 400, 2)
                    return DesktopEnvironment("the goal", DesktopSettings(virtual))
                case "embedded task":
                    return TaskEnvironment(site, browser, next(iter(TASKS.values())).row(1))
                case _:
                    return stand_ins[0].make()

        async def make(kind: str) -> Environment:
            bare, _, around = kind.partition(", ")
            environment = await world(bare)
            if around == "marked":
                assert isinstance(environment, LivePage)
                environment = MarkedEnvironment(environment)
            return ZoomEnvironment(environment) if around else environment

        yield make


@dataclass
class Episode:
    """What an environment did in one episode."""

    environment: Environment
    first: Observation
    first_bytes: bytes
    answers: list[tuple[Action, Observation]]
    """To what is impossible or not offered."""
    after: Observation
    """Once a while has been waited, or an idle click made, behind all that."""
    zoomed: list[Observation]
    scores: list[Score | None]
    closing_s: float


@pytest_asyncio.fixture(params=KINDS, scope="module", loop_scope="session")
async def episode(request: pytest.FixtureRequest, make: Make) -> Episode:
    environment = await make(request.param)
    first = await environment.reset()
    assert first.view is not None
    offered = environment.actions
    tried = [*IMPOSSIBLE, *(each for each in EXAMPLES if each.type not in offered)]
    answers = [(action, await environment.step(action)) for action in tried]
    corner = first.view.frame.region_css_px
    region = Box.around(Point(corner.right - 5, corner.bottom - 5), 40)
    looks = [Zoom(region, style) for style in (ZoomStyle(), ZoomStyle(edge="clip"))]
    zoomed = [await environment.step(look) for look in looks if "zoom" in offered]
    idle = Wait(0) if "wait" in offered else Click(HERE)
    after = await environment.step(idle) if idle.type in offered else first
    scores = [await environment.score(answer) for answer in (None, "", "an answer")]
    started_s = time.monotonic()
    await environment.close()
    await environment.close()
    closing_s = time.monotonic() - started_s
    first_bytes = bytes(first.view.picture.data)
    return Episode(environment, first, first_bytes, answers, after, zoomed, scores, closing_s)


async def test_it_begins_with_a_goal_and_a_screen_whose_frame_fits(episode: Episode) -> None:
    first = episode.first
    assert episode.environment.goal
    assert first.view is not None and first.view.kind == "screen" and not first.ended
    image = first.view.picture.image()
    assert first.view.frame == Frame.of_viewport(*image.size)


async def test_it_offers_what_step_takes_and_nothing_that_ends_an_episode(episode: Episode) -> None:
    assert episode.environment.actions <= EVERY_ACTION - ENDINGS
    assert {example.type for example in EXAMPLES} == EVERY_ACTION - ENDINGS


async def test_what_cannot_be_done_is_answered_in_words(episode: Episode) -> None:
    for action, seen in episode.answers:
        kinds = [event.kind for event in seen.events if event.kind not in QUIET]
        assert kinds == ["bad_action"], action
        assert seen.events[-1].text.endswith("."), action
        assert not seen.ended, action


async def test_what_is_not_offered_is_answered_with_a_list_of_what_is(episode: Episode) -> None:
    offered = episode.environment.actions
    beyond = [(each, seen) for each, seen in episode.answers if each.type not in offered]
    for action, seen in beyond:
        said = seen.events[-1].text
        assert f"`{action.type}` cannot be done here" in said
        inside = offered - {"zoom"}  # what is put around does not speak for the world inside
        assert all(name in said for name in listed(inside)), action


async def test_it_goes_on_after_answers_in_words(episode: Episode) -> None:
    assert [each for each in episode.after.events if each.kind not in QUIET] == []


async def test_every_zoomed_view_fits_its_frame_and_lies_on_the_screen(episode: Episode) -> None:
    assert episode.first.view is not None
    whole = episode.first.view.frame.region_css_px
    for seen in episode.zoomed:
        assert seen.view is not None
        frame = seen.view.frame
        assert seen.view.picture.image().size == (frame.width_px, frame.height_px)
        assert frame.region_css_px.shifted_into(whole) == frame.region_css_px


async def test_what_it_showed_is_not_changed_by_what_comes_later(episode: Episode) -> None:
    assert episode.first.view is not None
    assert episode.first.view.picture.sha256 == sha256(episode.first_bytes).hexdigest()


async def test_it_scores_between_0_and_1_or_says_that_nobody_can_tell(episode: Episode) -> None:
    for score in episode.scores:
        assert score is None or (isinstance(score, Score) and 0 <= score.value <= 1)


async def test_it_closes_quickly_and_twice(episode: Episode) -> None:
    assert episode.closing_s < 5


@pytest.mark.parametrize("kind", KINDS)
async def test_it_closes_before_it_has_begun(make: Make, kind: str) -> None:
    await (await make(kind)).close()


@pytest.mark.parametrize(
    "kind",
    [
        "live page, zoomed",
        "MiniWoB++, zoomed",
        "embedded task, zoomed",
        pytest.param("desktop, zoomed", marks=ON_A_SCREEN),
    ],
)
async def test_it_closes_while_a_step_is_cut_short(make: Make, kind: str) -> None:
    environment = await make(kind)
    await environment.reset()
    step = asyncio.create_task(environment.step(Wait(5)))
    await asyncio.sleep(0.05)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    async with asyncio.timeout(5):
        await environment.close()
