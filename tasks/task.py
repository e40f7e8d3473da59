"""What a task is: a frozen row of data, and code that sets it up and judges it.

The row alone, stored with every result, is enough to run and to judge the same task again.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task, by name and seed."""

    name: str
    seed: int
    goal: str
    """What to reach, in words ('order two red kettles')."""
    instructions: str
    """How to reach it, step by step, in the language of `vigorl.policy.reader.instructions`."""
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
