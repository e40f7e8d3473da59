"""The tasks of MiniWoB++ by name: which there are, and which are held out."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from vigorl.browser.errors import UsageError
from vigorl.tasks.task import LONGEST_SEED, TEST_SEEDS, TRAIN_SEEDS, Split

PREFIX = "miniwob/"
"""Of the tasks' names among all tasks: `miniwob/click-button`."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A task and a seed; what is to be done is known once its page has drawn it."""

    task: str
    """Without prefix, as MiniWoB++ has it: `click-button`."""
    seed: int

    @property
    def name(self) -> str:
        """The task's name among all tasks: `miniwob/click-button`."""
        return PREFIX + self.task

    @property
    def id(self) -> str:
        """Name and seed: `miniwob/click-button:17`."""
        return f"{self.name}:{self.seed}"


@cache
def task_names(split: Split | None = None) -> tuple[str, ...]:
    """The tasks of a split, or all of them, in alphabetical order, without prefix.

    They are BrowserGym's 125 of the 130, split by groups of similar tasks. The other five
    (`button-delay`, `chase-circle`, `hover-shape`, `moving-items`, `simon-says`) are played
    against the clock.
    """
    splits = json.loads(resources.files(__package__).joinpath("splits.json").read_text("utf-8"))
    return tuple(splits[split] if split else sorted(splits["train"] + splits["test"]))


def task_split(task: str) -> Split:
    """The split that a task belongs to."""
    return "test" if task in task_names("test") else "train"


def find(name_or_id: str) -> Ticket:
    """The task called `miniwob/click-button:17`; a name alone stands for its seed 0.

    The prefix may be left out.

    Raises:
        UsageError: there is no such task or seed.
    """
    name, colon, seed = name_or_id.strip().removeprefix(PREFIX).partition(":")
    if name not in task_names():
        close = difflib.get_close_matches(name.lower(), task_names(), n=1, cutoff=0.5)
        hint = f"; did you mean {PREFIX + close[0]!r}?" if close else ""
        raise UsageError(f"MiniWoB++ has no task {name!r}{hint}")
    if colon and not (seed.isdecimal() and len(seed) <= LONGEST_SEED):
        raise UsageError(f"{name_or_id!r} has no seed: write a whole number, as in '{name}:17'")
    return Ticket(name, int(seed or 0))


def tickets(
    split: Split,
    seeds_per_task: int,
    names: Sequence[str] | None = None,
    skipped_seeds: int = 0,
) -> tuple[Ticket, ...]:
    """So many seeds of a split for each task; all tasks of a seed come before the next seed.

    Args:
        split: Whose seeds, and, where no names are given, whose tasks.
        seeds_per_task: How many.
        names: Tasks, of whichever split, with or without prefix.
        skipped_seeds: How many to leave out at the beginning.

    Raises:
        UsageError: one of the names is no task.
    """
    all_seeds = TRAIN_SEEDS if split == "train" else TEST_SEEDS
    seeds = all_seeds[skipped_seeds : skipped_seeds + seeds_per_task]
    tasks = [find(name).task for name in names] if names else task_names(split)
    return tuple(Ticket(task, seed) for seed in seeds for task in tasks)
