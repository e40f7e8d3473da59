"""Desktop tasks: the oracle scores 1, near misses 0, and each seed draws its own."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.table import Table

from vigorl.agent.benchmarks.builtin.desktop import BENCHMARKS
from vigorl.agent.benchmarks.desktop_tasks import desktop_table
from vigorl.agent.benchmarks.embedded import task_table
from vigorl.agent.record.trajectory import as_json
from vigorl.agent.run_config import RunConfig
from vigorl.agent.run_words import told_text
from vigorl.browser.errors import UsageError
from vigorl.tasks.desktop.environment import DesktopTaskEnvironment, require_programs
from vigorl.tasks.desktop.installed import InstalledTask
from vigorl.tasks.desktop.registry import DESKTOP_TASKS, desktop_rows, find_desktop_task
from vigorl.tasks.desktop.sheet import SheetTask
from vigorl.tasks.task import TEST_SEEDS, TaskRow

ROOT = Path(__file__).parents[3]
PAGE = "docs/desktop.md"

ON_A_SCREEN = [
    pytest.mark.desktop,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("openbox")) and "CI" not in os.environ,
        reason="no virtual screen here: apt-get install xvfb openbox",
    ),
]


def on_a_screen(function):  # type: ignore[no-untyped-def]
    for mark in ON_A_SCREEN:
        function = mark(function)
    return function


def require(name: str) -> None:
    """Skip what needs a program that is not here."""
    task = DESKTOP_TASKS[name]
    if not task.is_installed():
        pytest.skip(f"apt-get install --no-install-recommends {task.package}")


async def scored(row: TaskRow, miss: str | None = None) -> float:
    """What the judge says to the oracle, or to a near miss."""
    environment = DesktopTaskEnvironment(row)
    try:
        await environment.reset()
        task, link = environment.task, environment.link
        actions = task.oracle(link, row) if miss is None else task.wrong(link, row, miss)
        async for action in actions:
            if action.type != "done":
                observation = await environment.step(action)
                assert not [each for each in observation.events if each.kind == "bad_action"]
        return (await environment.score("")).value
    finally:
        await environment.close()


@on_a_screen
@pytest.mark.parametrize(("name", "miss"), [("tree", "cancelled"), ("drawing", "one too few")])
async def test_the_oracle_scores_1_and_a_near_miss_0(name: str, miss: str) -> None:
    row = DESKTOP_TASKS[name].row(TEST_SEEDS[3])
    assert (await scored(row), await scored(row, miss)) == (1.0, 0.0)


@on_a_screen
async def test_what_an_installed_program_leaves_on_the_disk_is_judged_and_then_gone() -> None:
    name = "pictures"
    if "CI" not in os.environ:  # where its viewer is installed
        require(name)
    row = DESKTOP_TASKS[name].row(TEST_SEEDS[1])
    environment = DesktopTaskEnvironment(row)
    try:
        await environment.reset()
        assert environment._home is not None
        names = {each["name"] for each in row.parameters["spec"]["pictures"]}
        assert names == {path.name for path in environment._home.glob("*.png")}
        assert (await environment.score("")).value == 0.0
        async for action in environment.task.oracle(environment.link, row):
            if action.type != "done":
                await environment.step(action)
        assert (await environment.score("")).value == 1.0
    finally:
        await environment.close()
    assert not environment._home.exists()


@on_a_screen
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", DESKTOP_TASKS)
async def test_the_oracle_scores_1_and_every_near_miss_0(name: str, seed: int) -> None:
    require(name)
    row = DESKTOP_TASKS[name].row(TEST_SEEDS[seed])
    assert await scored(row) == 1.0
    for miss in DESKTOP_TASKS[name].near_misses(row.parameters["spec"]):
        assert await scored(row, miss) == 0.0, miss


@pytest.mark.parametrize("name", DESKTOP_TASKS)
def test_a_row_is_its_seeds_alone_and_survives_its_record(name: str) -> None:
    task = DESKTOP_TASKS[name]
    rows = [task.row(seed) for seed in (*range(25), *TEST_SEEDS[:25])]
    assert len({json.dumps(row.parameters["spec"]) for row in rows}) > 45
    assert task.row(7) == rows[7]
    stored = json.loads(json.dumps(as_json(rows[7])))
    assert stored["parameters"] == json.loads(json.dumps(rows[7].parameters))
    shown = {json.dumps(row.parameters["look"]) for row in rows}
    assert len(shown) > 45 and {row.parameters["look"]["scale"] for row in rows} == {1, 2}


def test_a_program_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    rows = desktop_rows("test", 1, ["tree", "editor", "sheet"])
    message = (
        "desktop/editor, desktop/sheet: the program is not installed: "
        "apt-get install --no-install-recommends gnumeric mousepad; "
        "or name the tasks to be played: --task desktop/tree"
    )
    with pytest.raises(UsageError, match=f"^{message}$"):
        require_programs(rows)


def test_each_program_is_named_where_people_are_told_what_to_install() -> None:
    packages = {task.package for task in DESKTOP_TASKS.values() if isinstance(task, InstalledTask)}
    (benchmark,) = BENCHMARKS
    places = (benchmark.about, *((ROOT / name).read_text() for name in ("Makefile", PAGE)))
    assert len(packages) == 5
    assert not [package for package in packages for place in places if package not in place]


@pytest.mark.parametrize("table", [desktop_table, task_table])
def test_a_list_names_tasks_as_they_are_typed(table: Callable[[int], Table]) -> None:
    names = list(table(0).columns[0].cells)
    assert len(names) > 8
    for name in names:
        assert told_text(RunConfig(task=str(name)))


def test_a_sheet_that_is_gone_or_is_no_sheet_scores_0(tmp_path: Path) -> None:
    task = DESKTOP_TASKS["sheet"]
    require(task.name)
    spec = task.row(3).parameters["spec"]
    assert isinstance(task, SheetTask)
    for content in (None, "", "<a/>", *task.files(spec).values()):
        if content is not None:
            (tmp_path / "stock.gnumeric").write_text(content, "utf-8")
        assert task.judge(spec, task.read(tmp_path)).value == 0.0


@pytest.mark.parametrize("name", ["calculator", "pictures"])
def test_a_file_that_is_gone_or_broken_scores_0(tmp_path: Path, name: str) -> None:
    task = DESKTOP_TASKS[name]
    assert isinstance(task, InstalledTask)
    row = task.row(TEST_SEEDS[0])
    task.fill(tmp_path, row.parameters)
    judged = [task.judge(row.parameters["spec"], task.read(tmp_path)).value]
    (kept, *_) = [*tmp_path.glob("*.png"), *tmp_path.glob(".config/galculator/*")]
    whole = kept.read_bytes()
    for content in (whole[: len(whole) // 2], b"\0", b""):
        kept.write_bytes(content)
        judged.append(task.judge(row.parameters["spec"], task.read(tmp_path)).value)
    kept.unlink()
    judged.append(task.judge(row.parameters["spec"], task.read(tmp_path)).value)
    assert judged == [0.0] * 5


def test_a_task_is_found_by_name_and_seed_or_the_message_lists_them() -> None:
    assert find_desktop_task("desktop/tree:17") == DESKTOP_TASKS["tree"].row(17)
    with pytest.raises(
        UsageError, match=r"no desktop task 'trees'\. Tasks: desktop/settings, desktop/tree"
    ):
        find_desktop_task("desktop/trees")
    with pytest.raises(UsageError, match="name the task alone"):
        desktop_rows("test", 1, ["tree:1"])
