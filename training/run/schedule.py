"""Learning-rate schedule: linear warm-up, then cosine decay."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """The learning rate of every update."""

    learning_rate: float
    """After the warm-up."""
    steps: int
    """Updates in all; the decay ends there."""
    warmup_steps: int = 0
    """Updates over which the rate rises from 0."""
    final: float = 1.0
    """Final rate as a fraction of `learning_rate`; 1: constant."""
    seconds: float = math.inf
    """Wall clock of the run: the decay is as far as of this, where that is further."""

    def rate(self, step: int, elapsed_s: float = 0.0) -> float:
        """The learning rate of an update, by its number, counted from 1, or by the clock."""
        if step <= self.warmup_steps:
            return self.learning_rate * step / self.warmup_steps
        through = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        through = min(1.0, max(through, elapsed_s / self.seconds))
        cosine = 0.5 * (1 + math.cos(math.pi * through))
        return self.learning_rate * (self.final + (1 - self.final) * cosine)
