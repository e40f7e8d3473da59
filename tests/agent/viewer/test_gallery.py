"""The page of an evaluation, opened in a real Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Page

from vigorl.agent.evaluation.evaluation import Sample, evaluate
from vigorl.agent.evaluation.report import EvaluationReport, ResultTable, plain_report
from vigorl.agent.evaluation.statistics import wilson
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.rollout import Limits
from vigorl.agent.viewer.gallery import write_gallery
from vigorl.browser.actions import Action, Click, GiveUp, Zoom
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.policy import Turn

TARGET = Box(100, 50, 180, 90)
ATTACK = (
    '</style></title><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    "{{ 7 * 7 }} \x1b[2J \u202e"
)
HIT, BESIDE = Click(Point(140, 70)), Click(Point(300, 150))
SCRIPTS: dict[str, tuple[Action, ...]] = {
    "hit": (HIT,),
    "beside": (Zoom(Box(280, 130, 320, 170)), BESIDE),
    "judged by nobody": (HIT,),
    ATTACK: (GiveUp(ATTACK),),
}


class Script:
    """Does what stands in its script for a goal."""

    name, acts_on_marks = "script", False

    def __init__(self, goal: str = "") -> None:
        self.left = list(SCRIPTS.get(goal, ()))

    def actor(self, goal: str) -> "Script":
        return Script(goal)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def act(self, observation: Observation) -> Turn:
        points = (Point(300, 150), Point(20, 20))
        return Turn(ATTACK, f"{ATTACK} (300, 150) (20, 20)", points, self.left.pop(0))

    async def close(self) -> None:
        return None


def sample(goal: str) -> Sample:
    target = None if goal == "judged by nobody" else TARGET

    def make() -> Environment:
        picture = Picture.from_image(Image.new("RGB", (400, 200), "white"))
        return StaticScreenshot(picture, goal, target)

    truth = GroundTruth((TARGET,))
    return Sample(goal, ("a cell", ATTACK), {"goal": goal}, make, truth=truth)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    samples = [sample(goal) for goal in SCRIPTS]
    summary = await evaluate(Script(), samples, folder, limits=Limits(steps=4))
    return write_gallery(folder, plain_report(summary, ATTACK))


async def opened(browser: Browser, path: Path, requests: list[str]) -> Page:
    context = await browser.context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    await page.goto(path.as_uri())
    return page


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_failures_come_first_each_with_picture_box_points_and_zooms(
    browser: Browser, written: Path
) -> None:
    page = await opened(browser, written, [])
    assert await page.locator("details > summary").all_inner_texts() == [
        "2 wrong",
        "1 not scored",
        "1 right",
    ]
    beside = page.get_by_label("beside")
    assert await beside.locator(".picture img").count() == 2  # the screen, and what was zoomed
    screen = beside.locator(".picture").first
    boxes = {}
    for sign in ("img", ".truth rect >> nth=1", ".target .ring"):
        box = await screen.locator(sign).bounding_box()
        assert box is not None
        boxes[sign] = box
    image, truth, target = boxes.values()
    scale = image["width"] / 400
    assert truth["x"] - image["x"] == pytest.approx(100 * scale, abs=3)
    assert truth["width"] == pytest.approx(80 * scale, abs=5)
    assert target["x"] + target["width"] / 2 - image["x"] == pytest.approx(300 * scale, abs=2)
    assert await screen.locator(".dot").count() == 2
    assert await screen.locator(".zoomed").count() == 1
    assert "lies outside of the target" in await beside.inner_text()
    loaded = await page.evaluate("[...document.images].map(image => image.decode())")
    assert len(loaded) == 5
    await page.context.close()


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_that_was_said_is_executed_or_loaded(browser: Browser, written: Path) -> None:
    requests: list[str] = []
    page = await opened(browser, written, requests)
    for summary in await page.locator("summary").all():
        await summary.scroll_into_view_if_needed()
    assert await page.evaluate("window.hacked ?? 'untouched'") == "untouched"
    assert await page.locator("script, [onerror]").count() == 0
    folder = written.parent.as_uri()
    assert requests[0] == written.as_uri() and len(requests) > 1
    assert all(url.startswith(f"{folder}/images/") for url in requests[1:])
    assert "{{ 7 * 7 }}" in await page.locator("h1").inner_text()
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.context.close()


def test_every_cell_of_every_grid_stands_there_with_its_interval(written: Path) -> None:
    lines = {
        "plat:mac app:word": (wilson([1.0] * 9 + [0.0]), wilson([])),
        "plat:mac app:excel": (wilson([0.0]), wilson([1.0])),
        "all": (wilson([1.0]), wilson([1.0])),
    }
    report = EvaluationReport(
        "a title", (ResultTable("by application", ("text", "icon"), lines),), ("a note",), {}
    )
    html = write_gallery(written.parent, report).read_text()
    assert "<b>90.0</b>" in html and "59.6 – 98.2" in html
    assert '<th scope="row">word</th>' in html and "by application" in html and "a note" in html
    assert html.count('class="mean none"') == 1


def test_a_folder_without_an_evaluation_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no evaluation at"):
        write_gallery(tmp_path, EvaluationReport("", (), (), {}))


def test_records_of_earlier_versions_tell_their_targets_by_the_row() -> None:
    assert GroundTruth.of_row({"bbox_xyxy": [1, 2, 3, 4]}).targets_px == (Box(1, 2, 3, 4),)
    sides = {"left": 1.0, "top": 2.0, "right": 3.0, "bottom": 4.0}
    assert GroundTruth.of_row({"target_px": sides}).targets_px == (Box(1, 2, 3, 4),)
    two = [[1, 2, 3, 4], [5, 6, 7, 8]]
    both = GroundTruth.of_row({"targets_px": two, "answer": "red"})
    assert both == GroundTruth((Box(1, 2, 3, 4), Box(5, 6, 7, 8)), answer="red")
    place = GroundTruth.of_row({"outline": [[0.5, 0], [1, 1], [0, 1]], "answer": [1]})
    assert place == GroundTruth(outline=(Point(0.5, 0), Point(1, 1), Point(0, 1)))
    assert GroundTruth.of_row({"name": "login"}) == GroundTruth()
