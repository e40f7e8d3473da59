"""The human study from end to end: real runs, the page in a browser, ratings, their figures."""

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from vigorl.agent.analysis.referent_report import report_referents
from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.agent.cli.app import app
from vigorl.agent.evaluation.evaluation import evaluate
from vigorl.agent.humans.order import order_of
from vigorl.agent.humans.ratings import checksum_of, read_file, read_ratings
from vigorl.agent.humans.report import AnalysisRules, HumanReport, analyse_ratings
from vigorl.agent.humans.study import WrittenStudy, read_key, write_study
from vigorl.agent.humans.study_config import StudyConfig
from vigorl.agent.record.named_boxes import NamedBox
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Action, Click, Done, GiveUp, Type
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.policy.points import mentions_in
from vigorl.policy.policy import Turn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ATTACK = "</script><img src=x onerror=window.hacked=1>"
AWAY = Point(30, 700)
"""Where nothing stands that anybody names."""


_PART = re.compile(r"(type|check|click)(?: the)? [\"'“]([^\"'”]+)[\"'”](?: into [\"'“]([^\"'”]+))?")


@dataclass
class Clerk:
    """Logs in as it is told, or says where things are, wrongly the second time, and gives up."""

    boxes: dict[str, tuple[NamedBox, ...]]
    goal: str = ""
    step: int = 0
    name, acts_on_marks, needs_instructions = "clerk", False, True

    def actor(self, goal: str) -> "Clerk":
        return Clerk(self.boxes, goal)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def close(self) -> None:
        return None

    async def act(self, observation: Observation) -> Turn:
        assert observation.view is not None
        parts = _PART.findall(self.goal)
        self.step += 1
        if self.step > len(parts):
            return Turn("", "All is done.", (), Done(""))
        verb, first, second = parts[self.step - 1]
        target = second or first
        box = next(each.box for each in self.boxes[self.goal] if each.name == target)
        action: Action = Type(first, box.center) if verb == "type" else Click(box.center)
        if not self.is_able:
            action = GiveUp("too hard") if self.step == 2 else action
        point = AWAY if not self.is_able and self.step == 2 else box.center
        thought = f'I see {ATTACK} "{target}" at ({point.x:.0f}, {point.y:.0f}). I use it.'
        named = mentions_in(thought, Frame.of_viewport(3000, 3000))
        return Turn(
            "", thought, tuple(each.point for each in named if each.point), action, mentions=named
        )

    @property
    def is_able(self) -> bool:
        return sorted(self.boxes).index(self.goal) < 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four episodes of a real task on its real page: two are solved, two are given up."""
    folder = tmp_path_factory.mktemp("runs")
    async with open_tasks(4, ["login"], "test", "instructions", 4) as samples:
        boxes: dict[str, tuple[NamedBox, ...]] = {}
        for sample in samples:
            assert sample.look is not None
            world = sample.make()
            await world.reset()
            boxes[sample.instruction] = await sample.look(world) or ()
            await world.close()
        await evaluate(Clerk(boxes), samples, folder, limits=Limits(), workers=2)
    return folder


@pytest.fixture(scope="module")
def study(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> WrittenStudy:
    return write_study([runs], StudyConfig(n=8, checks=2, seed=3), tmp_path_factory.mktemp("study"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


async def opened(browser: Browser, study: WrittenStudy, **options: Any) -> Page:
    """The page in a context of its own, as on a phone unless said otherwise."""
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = await browser.context(**{**phone, "reduced_motion": "reduce", **options})
    page = await context.new_page()
    await page.goto((study.folder / "rate.html").as_uri())
    return page


def said_by_ann(item: str, study: WrittenStudy) -> tuple[str, int]:
    solved, others = split(study)
    if item in solved:
        return "yes", 5
    return ("no", "no", "yes", "unsure")[others.index(item)], 2


def said_by_ben(item: str, study: WrittenStudy) -> tuple[str, int]:
    solved, others = split(study)
    if item in solved:
        return ("yes", "yes", "yes", "no")[solved.index(item)], 4
    return ("no", "no", "no", "yes")[others.index(item)], 1


def split(study: WrittenStudy) -> tuple[list[str], list[str]]:
    items = study.key.items
    return (
        [each.id for each in items if each.solved],
        [each.id for each in items if not each.solved],
    )


def expected_of(item: str, study: WrittenStudy) -> tuple[str, int] | None:
    """What a check wants; its text says it, or its circle is on nothing."""
    for check in study.key.checks:
        if check.id == item:
            return check.overlap, check.helpfulness or 3
    return None


async def begin(page: Page, rater: str) -> None:
    await page.fill("#rater", rater)
    await page.check("#agree")
    await page.tap("text=Begin")
    await page.tap("text=Start rating")


async def rate(
    page: Page,
    rater: str,
    study: WrittenStudy,
    says: Callable[[str, WrittenStudy], tuple[str, int]],
    by_touch: bool,
) -> None:
    """Answer what is on the screen, from the first open item to the last one."""
    words = {item.id: item.words for item in study.key.items}
    order = order_of(study.key.ids, study.key.study, rater)
    for position, item in enumerate(order, 1):
        if not await page.is_visible("#rate"):
            break
        if await page.inner_text("#number") != str(position):
            continue
        if item in words:  # it is the item that the analysis takes it for
            shown = " ".join((await page.inner_text("#thought")).split())
            assert (
                shown == words[item].replace("◯", "").replace(" .", ".").strip() or ATTACK in shown
            )
        overlap, helpfulness = expected_of(item, study) or says(item, study)
        if by_touch:
            await page.tap(f"label:has([value={overlap}])")
            await page.tap(f'label:has([value="{helpfulness}"])')
            await page.tap("#next")
        else:
            await page.keyboard.press(overlap[0])
            await page.keyboard.press(str(helpfulness))
            await page.keyboard.press("Enter")
    await page.wait_for_selector("#finish:visible")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rated(
    browser: Browser, study: WrittenStudy, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The files of three raters: ann by touch, ben by keyboard alone, cyd without reading."""
    folder = tmp_path_factory.mktemp("ratings")
    asked: list[str] = []
    ann = await opened(browser, study)
    ann.on("request", lambda request: asked.append(request.url))
    await begin(ann, "ann")
    for _ in range(2):
        await ann.tap("label:has([value=unsure])")
        await ann.tap('label:has([value="1"])')
        await ann.tap("#next")
    await ann.reload()
    assert await ann.inner_text("#saved") == "ann: 2 of 10 rated"
    await ann.tap("#saved button")
    for _ in range(2):
        await ann.tap("#back")  # what was said too quickly is said anew
    await rate(ann, "ann", study, said_by_ann, by_touch=True)
    async with ann.expect_download() as download:
        await ann.tap("text=Download the answers")
    await (await download.value).save_as(folder / "ann.json")
    assert await ann.evaluate("window.hacked") is None
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []

    desk = {"viewport": {"width": 1280, "height": 720}, "is_mobile": False, "has_touch": False}
    ben = await opened(browser, study, **desk)
    for key in ("Tab", *"ben", "Tab", "Space", "Tab", "Enter", "Tab", "Enter"):
        await ben.keyboard.press(key)
    await rate(ben, "ben", study, said_by_ben, by_touch=False)
    for _ in range(2):
        await ben.keyboard.press("Tab")
    await ben.keyboard.press("Enter")
    async with ben.expect_download() as download:
        await ben.locator("#csv").press("Enter")
    await (await download.value).save_as(folder / "ben.csv")

    cyd = await opened(browser, study)
    await begin(cyd, "cyd")
    while await cyd.is_visible("#rate"):
        for key in ("y", "5", "Enter"):
            await cyd.keyboard.press(key)
    (folder / "cyd.json").write_text(await cyd.input_value("#text"))
    for page in (ann, ben, cyd):
        await page.context.close()
    return folder


@pytest.fixture(scope="module")
def report(rated: Path, study: WrittenStudy) -> HumanReport:
    return analyse_ratings(read_ratings([rated], study.key), study.key)


@pytest.mark.slow
async def test_boxes_are_recorded_beside_real_episodes_and_points_held_against_them(
    runs: Path,
) -> None:
    groups = report_referents(runs).groups
    counts = {
        name: (group.points, group.absent, group.accuracy.mean) for name, group in groups.items()
    }
    # Four steps of each solved episode; of the others one that is right and one beside.
    assert counts == {"all": (12, 0, 10 / 12), "right": (8, 0, 1.0), "wrong": (4, 0, 0.5)}
    assert all(b"boxes" not in path.read_bytes() for path in runs.rglob("trajectory.jsonl"))


async def test_the_page_tells_neither_what_is_right_nor_a_coordinate(
    study: WrittenStudy, runs: Path
) -> None:
    page = (study.folder / "rate.html").read_text()
    data = json.loads(re.findall(r'id="study">(.*?)</script>', page, re.DOTALL)[0])
    assert set(data["items"][0]) == {"id", "goal", "pieces", "picture", "x", "y"}
    assert [each["id"] for each in data["items"]] == sorted(study.key.ids)
    for each in data["items"]:
        text = "".join(text for text, _ in each["pieces"])
        assert not re.search(r"\d\s*,\s*\d", text)
        kinds = [kind for _, kind in each["pieces"]]
        assert kinds.count("here") == (0 if "This one is here to see" in text else 1)
    assert str(runs) not in page
    assert len(page) < 1_000_000


async def test_the_same_seed_gives_the_same_page_with_half_of_it_solved(
    study: WrittenStudy, runs: Path, tmp_path: Path
) -> None:
    again = write_study([runs], StudyConfig(n=8, checks=2, seed=3), tmp_path / "again")
    assert (again.folder / "rate.html").read_bytes() == (study.folder / "rate.html").read_bytes()
    assert [sum(each.solved for each in study.key.items), len(study.key.items)] == [4, 8]
    assert len({(each.episode, each.step) for each in study.key.items}) == 8
    assert [check.helpfulness is None for check in study.key.checks].count(True) == 1
    assert read_key(study.folder) == study.key
    with pytest.raises(UsageError, match="holds another study"):
        write_study([runs], StudyConfig(n=8, checks=2, seed=4), again.folder)
    with pytest.raises(UsageError, match="smaller --n or a larger --max-mb"):
        write_study([runs], StudyConfig(n=1, checks=0, max_mb=0.001), tmp_path / "small")
    short = write_study([runs, runs], StudyConfig(n=99, checks=0), tmp_path / "short")
    assert short.notices[0] == "only 12 steps can be rated, not 99"


@pytest.mark.slow
async def test_three_raters_in_a_real_browser_give_the_figures_of_their_answers(
    report: HumanReport,
) -> None:
    """By hand, of ann and ben: 7 yes of 8 on solved ones; on others each 1 of 4, one unsure."""
    groups = report.groups
    figures = [
        (group.accuracy and group.accuracy.mean, group.helpfulness and group.helpfulness.mean)
        for group in (groups["all"], groups["right"], groups["wrong"])
    ]
    assert figures == [(9 / 16, 3.0), (7 / 8, 4.5), (2 / 8, 1.5)]
    assert [groups["wrong"].unsure, groups["right"].answers] == [1, 8]
    assert report.accuracy_difference is not None
    assert report.accuracy_difference.mean == 7 / 8 - 2 / 8
    # Pairs (ann, ben): 3 yes yes, 1 yes no, 2 no no, 1 yes no, 1 unsure yes: observed disagreement
    # 6/16; of 9 yes, 6 no, 1 unsure the expected one is (256 - 81 - 36 - 1)/240.
    assert report.alpha_overlap == pytest.approx(1 - (6 / 16) / (138 / 240))
    # Four pairs (5, 4) and four (2, 1), four of each value: ordinal distances 16; of all pairs
    # (1,2) (2,4) (4,5) 16, (1,4) (2,5) 64, (1,5) 144.
    expected = 2 * 16 * (3 * 16 + 2 * 64 + 144) / 240
    assert report.alpha_helpfulness == pytest.approx(1 - 16 / expected)


async def test_an_inattentive_rater_is_reported_and_left_out_unless_kept(
    report: HumanReport, rated: Path, study: WrittenStudy
) -> None:
    told = {
        rater.rater: (rater.checks_right, rater.checks, rater.counted) for rater in report.raters
    }
    assert told["ann"] == told["ben"] == (2, 2, True)
    assert told["cyd"][0] < 2 and told["cyd"][2] is False
    assert [notice for notice in report.notices if "cyd" in notice and "left out" in notice]
    read = read_ratings([rated], study.key)
    kept = analyse_ratings(read, study.key, AnalysisRules(keep_inattentive=True))
    assert kept.groups["right"].accuracy is not None
    assert kept.groups["right"].accuracy.mean == (7 + 4) / 12
    out = analyse_ratings(read, study.key, AnalysisRules(unsure="out"))
    assert out.groups["wrong"].accuracy is not None
    assert out.groups["wrong"].accuracy.mean == 2 / 7


async def test_a_page_that_cannot_save_says_so_and_still_hands_over(
    browser: Browser, study: WrittenStudy
) -> None:
    page = await opened(browser, study)
    assert not await page.is_visible("#alarm")
    await page.evaluate(
        """() => { let size = 1 << 20; while (size) {
          try { localStorage.setItem('x' + Math.random(), 'x'.repeat(size)) }
          catch { size >>= 1 } } }"""
    )
    await begin(page, "dan")
    assert "download them before you close it" in await page.inner_text("#alarm")
    await page.tap("label:has([value=no])")
    await page.tap("#next")
    assert await page.inner_text("#missing") == "Please answer the second question: 1 to 5."
    await page.tap("#pause")
    handed = json.loads(await page.input_value("#text"))
    assert [each["overlap"] for each in handed["ratings"]].count("no") == 1
    assert handed["complete"] is False
    await page.context.close()


async def test_files_that_cannot_be_used_are_named_with_the_reason(
    rated: Path, study: WrittenStudy, tmp_path: Path
) -> None:
    ann = json.loads((rated / "ann.json").read_text())
    table = (rated / "ben.csv").read_text()
    bad = {
        "foreign.json": json.dumps({**ann, "study": "0123abcd"}),
        "edited.json": json.dumps(ann).replace('"overlap": "no"', '"overlap": "yes"', 1),
        "order.json": json.dumps({**ann, "ratings": ann["ratings"][::-1]}),
        "value.json": json.dumps(ann).replace('"helpfulness": 5', '"helpfulness": 7', 1),
        "cut.json": json.dumps(ann)[:500],
        "list.json": "[]",
        "other.csv": "name,age\nann,3\n",
        "edited.csv": table.replace(",no,", ",yes,", 1),
        "binary.json": "\x00\x01{",
    }
    for name, text in bad.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "key.json").write_bytes((study.folder / "key.json").read_bytes())
    with pytest.raises(UsageError, match="no ratings that can be used") as raised:
        read_ratings([tmp_path], study.key)
    for name, reason in {
        "foreign.json": "is of another study, '0123abcd'",
        "edited.json": "its checksum is not that of its answers",
        "order.json": "its items are not those of the page of 'ann', in their order",
        "value.json": "helpfulness",
        "cut.json": "is no file of ratings",
        "list.json": "is no file of ratings",
        "other.csv": "neither JSON nor a table with its columns",
        "edited.csv": "its checksum is not that of its answers",
        "binary.json": "is no file of ratings",
    }.items():
        assert any(name in line and reason in line for line in str(raised.value).splitlines()), name
    with pytest.raises(UsageError, match="is a key, no file of ratings"):
        read_file(study.folder / "key.json", study.key)


async def test_copies_count_once_half_filled_files_count_as_far_as_they_go(
    rated: Path, study: WrittenStudy, tmp_path: Path
) -> None:
    whole = read_file(rated / "ann.json", study.key)
    early = replace(
        whole,
        ratings=tuple(
            replace(each, overlap=None, helpfulness=None, answered_at=None)
            if each.position > 5
            else each
            for each in whole
        ),
    )

    def written(name: str, **changed: Any) -> Path:
        file = replace(early, **changed)
        text = json.loads((rated / "ann.json").read_text())
        text |= {"rater": file.rater, "session": file.session, "checksum": checksum_of(file)}
        for row, each in zip(text["ratings"], file, strict=True):
            row |= {
                "overlap": each.overlap,
                "helpfulness": each.helpfulness,
                "answered_at": each.answered_at,
            }
        (tmp_path / name).write_text(json.dumps(text))
        return tmp_path / name

    copy = written("early.json")
    both = read_ratings([copy, rated / "ann.json"], study.key)
    assert both.files == (whole,)
    assert "is the same as" in both.notices[0] and "early.json" in both.notices[0]
    half = read_ratings([copy], study.key)
    assert half.notices == ("not complete: ann has answered 5 of 10, which count",)
    figures = analyse_ratings(half, study.key)
    assert figures.groups["all"].answers == figures.raters[0].answered <= 5
    stranger = written("stranger.json", session="ffffffff")
    with pytest.raises(UsageError, match="with the same code, ann"):
        read_ratings([copy, stranger], study.key)


async def test_the_commands_say_what_they_found_in_words_and_as_json(
    rated: Path, study: WrittenStudy, runs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def said(*arguments: str | Path) -> dict[str, Any]:
        with pytest.raises(SystemExit) as leaving:
            app([str(each) for each in (*arguments, "--json")])
        out, words = capfd.readouterr()
        assert leaving.value.code == 0, words
        assert words
        found: dict[str, Any] = json.loads(out)
        return found

    exported = said("humans", "export", runs, "--n", "4", "--checks", "2", "--out", tmp_path / "s")
    assert (exported["items"], exported["solved"], exported["checks"]) == (4, 2, 2)
    chart = tmp_path / "chart.png"
    figures = said("humans", "analyze", rated, "--key", study.folder, "--plot", chart)
    assert figures["groups"]["right"]["accuracy"]["mean"] == 7 / 8
    assert chart.read_bytes().startswith(b"\x89PNG")
    (referents,) = said("analyze", "referents", runs, "--missed")["folders"]
    assert [each["landing"] for each in referents["missed"]] == ["beside", "beside"]
