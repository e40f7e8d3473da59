"""Every desktop task, by name; and rows of them, by name and seed."""

from collections.abc import Sequence

from vigorl.browser.errors import UsageError
from vigorl.tasks.desktop.calculator import CalculatorTask
from vigorl.tasks.desktop.editor import EditorTask
from vigorl.tasks.desktop.file_manager import FileManagerTask
from vigorl.tasks.desktop.kinds import PreferencesTask, QuantityTask, RenameTask, SortingTask
from vigorl.tasks.desktop.pictures import PicturesTask
from vigorl.tasks.desktop.sheet import SheetTask
from vigorl.tasks.desktop.task import PREFIX, DesktopTask
from vigorl.tasks.task import LONGEST_SEED, TEST_SEEDS, TRAIN_SEEDS, Split, TaskRow

_TASKS: tuple[DesktopTask, ...] = (
    PreferencesTask(),
    RenameTask(),
    QuantityTask(),
    SortingTask(),
    EditorTask(),
    FileManagerTask(),
    SheetTask(),
    CalculatorTask(),
    PicturesTask(),
)

DESKTOP_TASKS: dict[str, DesktopTask] = {task.name: task for task in _TASKS}
"""Tasks by name."""


def find_desktop_task(name_or_id: str) -> TaskRow:
    """The row called `desktop/tree:17`, the prefix left away or not; a name alone is its seed 0.

    Raises:
        UsageError: there is no such task or seed; the message lists the tasks.
    """
    name, colon, seed = name_or_id.strip().removeprefix(PREFIX).partition(":")
    if name not in DESKTOP_TASKS:
        there = ", ".join(f"{PREFIX}{each}" for each in DESKTOP_TASKS)
        raise UsageError(f"There is no desktop task {name!r}. Tasks: {there}")
    if colon and not (seed.isdecimal() and len(seed) <= LONGEST_SEED):
        raise UsageError(
            f"{name_or_id!r} has no seed: write a whole number, as in '{PREFIX}{name}:17'"
        )
    return DESKTOP_TASKS[name].row(int(seed or 0))


def desktop_rows(
    split: Split, seeds_per_task: int, names: Sequence[str] | None = None, skipped_seeds: int = 0
) -> tuple[TaskRow, ...]:
    """Rows of so many seeds of a split, seed by seed; of all tasks where no names are given.

    Raises:
        UsageError: one of the names is no task.
    """
    all_seeds = TRAIN_SEEDS if split == "train" else TEST_SEEDS
    seeds = all_seeds[skipped_seeds : skipped_seeds + seeds_per_task]
    chosen = [name.removeprefix(PREFIX) for name in names or DESKTOP_TASKS]
    for name in chosen:
        find_desktop_task(name)
        if ":" in name:
            raise UsageError(f"{name!r} is one row: name the task alone")
    return tuple(DESKTOP_TASKS[name].row(seed) for seed in seeds for name in chosen)
