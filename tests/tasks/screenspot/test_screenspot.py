"""ScreenSpot's forms are read by their conventions, judged and summed up as published."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.benchmarks.screenspot import screenspot_samples, screenspot_table
from vigorl.agent.evaluation.evaluation import Result, evaluate
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Action, Click, GiveUp
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn
from vigorl.tasks.screenspot.check import Problem, check_screenspot
from vigorl.tasks.screenspot.log import read_log
from vigorl.tasks.screenspot.rows import ScreenspotRow, read_screenspot, rows_of_hub
from vigorl.tasks.screenspot.tables import SixCells, judge, pro_tables, six_cells

SHARED = Path(__file__).parents[4] / "shared" / "screenspot"
MISSING = f"complete annotations are not part of the repository: no {SHARED}"
complete = pytest.mark.skipif(not SHARED.is_dir(), reason=MISSING)

PUBLISHED = {
    "img_filename": "a.png",
    "bbox": [10, 20, 30, 40],
    "instruction": "open it",
    "data_type": "icon",
    "data_source": "ios",
}
RELABELLED = {
    "img_filename": "a.png",
    "bbox": [10, 20, 30, 40],
    "instruction": "open it",
    "ui_type": "text",
    "platform": "shop",
    "group": "mobile",
    "img_size": [100, 60],
}
PRO = {
    "id": "word_macos_3",
    "img_filename": "word_mac/a.png",
    "bbox": [10, 20, 30, 40],
    "instruction": "open it",
    "ui_type": "text",
    "group": "Office",
    "platform": "macos",
    "application": "word",
    "img_size": [100, 60],
}


def write(folder: Path, version: str, *entries: dict[str, Any]) -> Path:
    """A copy of v1 or v2 whose entries are all in the file for mobile."""
    suffix = "" if version == "v1" else "_v2"
    for group in ("mobile", "desktop", "web"):
        rows = entries if group == "mobile" else ()
        (folder / f"screenspot_{group}{suffix}.json").write_text(json.dumps(rows))
    return folder


def write_pro(folder: Path, *entries: dict[str, Any]) -> Path:
    (folder / "annotations").mkdir()
    (folder / "annotations" / "word_macos.json").write_text(json.dumps(entries))
    return folder


def test_published_boxes_of_v1_and_v2_are_corner_and_size(tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        (row,) = read_screenspot(write(tmp_path, version, PUBLISHED), version)  # type: ignore[arg-type]
        assert row.target_px == Box(10, 20, 40, 60)
        assert (row.id, row.group, row.platform, row.ui_type) == (
            "mobile/0",
            "mobile",
            "ios",
            "icon",
        )


def test_relabelled_boxes_of_v2_are_corners_and_their_group_counts(tmp_path: Path) -> None:
    (row,) = read_screenspot(write(tmp_path, "v2", RELABELLED), "v2")
    assert row.target_px == Box(10, 20, 30, 40)
    assert (row.group, row.platform, row.size_px) == ("mobile", "shop", (100, 60))


def test_boxes_of_the_hubs_v1_are_parts_of_the_image() -> None:
    entry = {
        "file_name": "pc_1.png",
        "bbox": [0.1, 0.25, 0.5, 1.0],
        "instruction": "open it",
        "data_type": "text",
        "data_source": "windows",
        "image": Image.new("RGB", (200, 80)),
    }
    (row,) = rows_of_hub([entry], "v1")
    assert row.target_px == Box(20, 20, 100, 80)
    assert (row.group, row.image, row.size_px) == ("desktop", "pc_1.png", (200, 80))


def test_boxes_of_pro_are_corners(tmp_path: Path) -> None:
    (row,) = read_screenspot(write_pro(tmp_path, PRO), "pro")
    assert row.target_px == Box(10, 20, 30, 40)
    assert (row.id, row.group, row.application) == ("word_macos_3", "Office", "word")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bbox": [1, 2, 3]}, "bbox"),
        ({"bbox": [30, 20, -5, 40]}, "not a bbox_xyxy"),
        ({"data_type": "picture"}, "data_type"),
        ({"instruction": None}, "instruction"),
        ({"img_filename": None}, "image"),
    ],
)
def test_a_row_that_is_none_is_refused_by_name(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=f"(?s)mobile.json, row 0.*{words}"):
        read_screenspot(write(tmp_path, "v1", {**PUBLISHED, **change}), "v1")


def test_a_copy_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="annotations"):
        read_screenspot(tmp_path, "pro")
    with pytest.raises(UsageError, match=r"screenspot_mobile_v2\.json"):
        read_screenspot(tmp_path, "v2")


@pytest.mark.parametrize(
    ("point", "verdict"),
    [
        (Point(10, 20), "correct"),
        (Point(30, 40), "correct"),  # borders count
        (Point(30.01, 40), "wrong"),
        (Point(9.99, 30), "wrong"),
        (None, "wrong_format"),
    ],
)
def test_borders_belong_to_the_target(point: Point | None, verdict: str) -> None:
    assert judge(point, Box(10, 20, 30, 40)) == verdict


def row(group: str, ui_type: Any, number: int = 0, **further: Any) -> ScreenspotRow:
    return ScreenspotRow(
        further.pop("version", "v2"),
        f"{group}/{ui_type}/{number}",
        "a.png",
        "open it",
        Box(0, 0, 9, 9),
        ui_type,
        group,
        further.pop("platform", ""),
        **further,
    )


def test_the_mean_of_cells_and_the_micro_average_differ() -> None:
    cells = [(group, kind) for group in ("mobile", "desktop", "web") for kind in ("text", "icon")]
    rows = [*(row(*cell) for cell in cells), *(row("web", "icon", n) for n in range(1, 5))]
    table = six_cells(
        rows,
        [
            *("correct", "wrong", "correct", "wrong_format", "wrong", "correct"),
            *("correct", "correct", "correct", "wrong"),
        ],
    )
    # Cells: 1, 0, 1, 0, 0, 4/5.
    assert table.mean_of_cells == pytest.approx(2.8 / 6)
    assert table.micro == pytest.approx(6 / 10)
    assert table.lines["desktop"].icon.wrong_format == 1
    assert table.lines["desktop"].icon.accuracy == 0.0  # stays in the denominator
    assert table.lines["web"].both.total == 6


def test_a_cell_without_rows_leaves_no_mean() -> None:
    table = six_cells([row("web", "text")], ["correct"])
    assert table.mean_of_cells is None and table.micro == 1.0


def test_pro_has_four_tables() -> None:
    rows = [
        row("Office", "text", platform="macos", application="word", version="pro"),
        row("Office", "icon", platform="windows", application="excel", version="pro"),
        row("CAD", "icon", platform="windows", application="autocad", version="pro"),
    ]
    tables = pro_tables(rows, ["correct", "wrong", "correct"])
    assert list(tables["by group"]) == ["group:Office", "group:CAD", "all"]
    assert tables["by group"]["group:Office"].both.accuracy == 0.5
    assert tables["by application"]["app:excel"].icon.correct == 0
    assert tables["by application"]["app:excel"].text.accuracy is None
    windows = "plat:windows inst_style:instruction gt_type:positive"
    assert tables["by style"][windows].icon.total == 2
    word = "plat:macos app:word inst_style:instruction gt_type:positive"
    assert tables["fine-grained"][word].both.total == 1
    assert all(table["all"].both.total == 3 for table in tables.values())


def test_a_check_finds_what_is_wrong_with_a_copy(tmp_path: Path) -> None:
    beyond = {**RELABELLED, "bbox": [10, 20, 102, 40]}
    protruding = {**RELABELLED, "bbox": [10, 20, 101, 40]}
    empty = {**RELABELLED, "bbox": [10, 20, 10, 40]}
    broken = {**RELABELLED, "img_filename": "broken.png"}
    other = {**RELABELLED, "img_filename": "other.png"}
    gone = {**RELABELLED, "img_filename": "gone.png"}
    entries = [RELABELLED, RELABELLED, beyond, empty, broken, other, gone, protruding]
    data = write(tmp_path, "v2", *entries)
    images = tmp_path / "screenspotv2_image"
    images.mkdir()
    Image.new("RGB", (100, 60)).save(images / "a.png")
    Image.new("RGB", (50, 60)).save(images / "other.png")
    (images / "broken.png").write_bytes(b"no image")
    report = check_screenspot(read_screenspot(data, "v2"), "v2", data)
    texts = {(problem.row, problem.text.split(":")[0]) for problem in report.problems}
    assert report.counts == {"mobile": 8}
    assert Problem("", "mobile: 8 rows instead of 501") in report.problems
    assert Problem("", "web: 0 rows instead of 437") in report.problems
    assert ("mobile/4", "broken.png cannot be read") in texts
    assert Problem("mobile/5", "other.png is (50, 60) px, not (100, 60)") in report.problems
    assert {problem.row for problem in report.problems} == {
        "",
        "mobile/2",
        "mobile/3",
        "mobile/4",
        "mobile/5",
    }
    assert report.duplicates == (("mobile/0", "mobile/1"),)
    assert report.without_image == ("mobile/6",)
    assert report.protruding == ("mobile/7",)


class Pointer:
    """Does one thing, by the goal."""

    name, acts_on_marks = "pointer", False

    def __init__(self, rule: Callable[[str], Action], goal: str = "") -> None:
        self._rule = rule
        self._goal = goal

    def actor(self, goal: str) -> "Pointer":
        return Pointer(self._rule, goal)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def act(self, observation: Observation) -> Turn:
        return Turn("", "", (), self._rule(self._goal))

    async def close(self) -> None:
        return None


async def test_a_copy_is_played_and_summed_up(tmp_path: Path) -> None:
    goals: dict[str, Action] = {
        "border": Click(Point(40, 60)),
        "beside": Click(Point(41, 60)),
        "nowhere": GiveUp("not there"),
    }
    entries = [{**PUBLISHED, "instruction": goal} for goal in goals]
    data = write(tmp_path, "v1", *entries)
    with pytest.raises(UsageError, match=r"a\.png"):
        screenspot_samples(data, "v1")
    (data / "screenspot_imgs").mkdir()
    Image.new("RGB", (100, 80)).save(data / "screenspot_imgs" / "a.png")
    results: list[Result] = []
    await evaluate(
        Pointer(goals.__getitem__),
        screenspot_samples(data, "v1"),
        tmp_path / "out",
        limits=Limits(steps=2),
        on_result=results.append,
    )
    table = screenspot_table(read_screenspot(data, "v1"), results)
    assert isinstance(table, SixCells)
    icons = table.lines["mobile"].icon
    assert (icons.total, icons.correct, icons.wrong_format) == (3, 1, 1)
    assert len(screenspot_samples(data, "v1", limit=2)) == 2


@complete
def test_complete_annotations_are_read_and_checked() -> None:
    for name, version in (
        ("v1.jsonl.gz", "v1"),
        ("", "v2"),
        ("pro_with_predictions.jsonl.gz", "pro"),
    ):
        data = SHARED / name
        rows = read_screenspot(data, version)  # type: ignore[arg-type]
        report = check_screenspot(rows, version, data)  # type: ignore[arg-type]
        assert sum(report.counts.values()) == (1581 if version == "pro" else 1272)
        # Published boxes that are one pixel beyond their image; the counts are right.
        beyond = {"v1": [], "v2": ["mobile/449"], "pro": ["CAD/53"]}[version]
        assert (list(report.protruding), report.problems) == (beyond, ())
        assert len(report.duplicates) == (version == "v2")


@complete
def test_a_published_log_gets_the_official_verdicts() -> None:
    log = read_log(SHARED / "pro_with_predictions.jsonl.gz")
    assert [prediction.verdict for prediction in log] == [each.correctness for each in log]
    tables = pro_tables(
        [prediction.row for prediction in log], [prediction.verdict for prediction in log]
    )
    assert tables["by group"]["all"].both.correct == 625
    assert {name: len(table) - 1 for name, table in tables.items()} == {
        "fine-grained": 26,
        "by style": 3,
        "by group": 6,
        "by application": 26,
    }
