"""What a task is: a frozen row of data, and code that sets it up and judges it.

The row alone, stored with every result, is enough to run and to judge the same task again.
"""

from dataclasses import dataclass
from typing import Any, Literal

from vigorl.browser.errors import UsageError

Split = Literal["train", "test"]

LONGEST_SEED = 18
"""Digits of one."""

TRAIN_SEEDS = range(0, 1_000_000)
"""Seeds to learn from."""

TEST_SEEDS = range(1_000_000, 2_000_000)
"""Seeds to measure with: the vocabulary, looks and accents they draw from are held out."""


def split_of(seed: int) -> Split:
    """The split that a seed belongs to.

    Raises:
        UsageError: the seed belongs to neither.
    """
    if seed in TRAIN_SEEDS:
        return "train"
    if seed in TEST_SEEDS:
        return "test"
    raise UsageError(
        f"seed {seed} is in no split: {TRAIN_SEEDS.start} to {TRAIN_SEEDS.stop - 1} train, "
        f"{TEST_SEEDS.start} to {TEST_SEEDS.stop - 1} test"
    )


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task, by name and seed."""

    name: str
    seed: int
    goal: str
    """What to reach, in words ('order two red kettles')."""
    instructions: str
    """How to reach it, step by step, in the language of `vigorl.policy.reader`."""
    url: str
    """Path on the task's site where the episode starts."""
    answer: str | None
    """The gold answer of a reading task; None where the state of the page decides."""
    parameters: dict[str, Any]
    """Everything that the seed drew: labels, values, theme, font, viewport."""
    width_px: int = 1280
    height_px: int = 720

    @property
    def id(self) -> str:
        """Name and seed: `login:17`."""
        return f"{self.name}:{self.seed}"

    @property
    def split(self) -> Split:
        """The split that the seed belongs to."""
        return split_of(self.seed)
