"""`random` as a policy: clicks anywhere. What it reaches is the floor under all others."""

import random
from typing import Any

from vigorl.browser.actions import Click
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn


class RandomPolicy:
    """Clicks points drawn uniformly from the screen, whatever the goal.

    What an episode draws depends on its goal and its first screen alone, not on which episodes
    were played before it: an evaluation that was stopped goes on to the same clicks.
    """

    name = "random"
    acts_on_marks = False
    needs_instructions = False

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def actor(self, goal: str) -> "RandomActor":
        """A fresh actor for one episode."""
        return RandomActor(f"{self._seed} {goal}")

    def describe(self) -> dict[str, Any]:
        """What a record needs to name this policy again."""
        return {"policy": self.name, "seed": self._seed, "draws_by": "goal and first screen"}

    async def close(self) -> None:
        """Nothing is held that needs letting go of."""


class RandomActor:
    """Clicks until somebody ends the episode."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._draw: random.Random | None = None
        self._screen: Box | None = None

    async def act(self, observation: Observation) -> Turn:
        """Click somewhere."""
        if observation.view is not None:
            self._screen = observation.view.frame.region_css_px
            if self._draw is None:
                self._draw = random.Random(f"{self._seed} {observation.view.picture.sha256}")
        assert self._screen is not None and self._draw is not None, "a screen comes first"
        # The right and lower edge are outside.
        x = self._screen.left + self._draw.random() * self._screen.width
        y = self._screen.top + self._draw.random() * self._screen.height
        point = Point(x, y)
        return Turn(f"click ({x:.0f}, {y:.0f})", "", (point,), Click(point))
