"""Every embedded task, by name; and rows of them, by name and seed."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.tasks.local.embedded import EmbeddedTask
from vigorl.tasks.local.kinds.board import BoardTask
from vigorl.tasks.local.kinds.calendar import CalendarTask
from vigorl.tasks.local.kinds.files import FilesTask
from vigorl.tasks.local.kinds.form import FormTask
from vigorl.tasks.local.kinds.login import LoginTask
from vigorl.tasks.local.kinds.mail import MailTask
from vigorl.tasks.local.kinds.modal import ModalTask
from vigorl.tasks.local.kinds.newtab import NewTabTask
from vigorl.tasks.local.kinds.pagination import PaginationTask
from vigorl.tasks.local.kinds.reading import FoldedPanelTask, LookupTask, TotalTask
from vigorl.tasks.local.kinds.search import SearchTask
from vigorl.tasks.local.kinds.settings import SettingsTask
from vigorl.tasks.local.kinds.shopping import CartTask, PriceTask, ShopTourTask
from vigorl.tasks.local.kinds.table import TableTask
from vigorl.tasks.local.kinds.tabs import TabsTask
from vigorl.tasks.local.kinds.terms import TermsTask
from vigorl.tasks.local.kinds.todo import TodoTask
from vigorl.tasks.task import LONGEST_SEED, TEST_SEEDS, TRAIN_SEEDS, Split, TaskRow

TASKS: Mapping[str, EmbeddedTask[Any, Any]] = {
    task.name: task
    for task in (
        LoginTask(),
        SearchTask(),
        FormTask(),
        TableTask(),
        PaginationTask(),
        ModalTask(),
        TodoTask(),
        MailTask(),
        TabsTask(),
        SettingsTask(),
        CartTask(),
        CalendarTask(),
        BoardTask(),
        NewTabTask(),
        TermsTask(),
        FilesTask(),
        TotalTask(),
        LookupTask(),
        PriceTask(),
        FoldedPanelTask(),
        ShopTourTask(),
    )
}
"""Tasks by name."""

DEMO = "shop:555"
"""The row to show first: a search, a choice, a cart, a sum."""


def find_task(name_or_id: str) -> TaskRow:
    """The row called `login:17`; a name alone stands for its seed 0.

    Raises:
        UsageError: there is no such task or seed; the message lists the tasks.
    """
    name, colon, seed = name_or_id.strip().partition(":")
    if name not in TASKS:
        raise UsageError(f"There is no task {name!r}{_suggestion(name)}. Tasks: {', '.join(TASKS)}")
    if colon and not (seed.isdecimal() and len(seed) <= LONGEST_SEED):
        raise UsageError(f"{name_or_id!r} has no seed: write a whole number, as in '{name}:17'")
    return TASKS[name].row(int(seed or 0))


def task_rows(
    split: Split, seeds_per_task: int, names: Sequence[str] | None = None, skipped_seeds: int = 0
) -> tuple[TaskRow, ...]:
    """Rows of so many seeds of a split, task by task; of all tasks where no names are given.

    Raises:
        UsageError: one of the names is no task, or names a seed as well.
    """
    all_seeds = TRAIN_SEEDS if split == "train" else TEST_SEEDS
    seeds = all_seeds[skipped_seeds : skipped_seeds + seeds_per_task]
    for name in names or ():
        check_name(name)
    return tuple(TASKS[name].row(seed) for name in names or TASKS for seed in seeds)


def check_name(name: str) -> None:
    """Raise UsageError unless a task is called so; a seed is no part of its name."""
    task = find_task(name).name
    if task != name:
        raise UsageError(f"{name!r} is one row: name the task alone, {task!r}")


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), TASKS, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
