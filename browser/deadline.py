"""Time limits that several waits share."""

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which something is over, on the monotonic clock."""

    at_s: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left_s(self, reserve_s: float = 0.0) -> float:
        """Seconds left when some are kept back, never less than 0."""
        return max(0.0, self.at_s - reserve_s - time.monotonic())
