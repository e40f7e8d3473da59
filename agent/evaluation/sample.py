"""One episode to be played, of an evaluation, of practice or of a search."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vigorl.browser.environment import Environment
from vigorl.policy.policy import Policy


@dataclass(frozen=True)
class Sample:
    """How to make an episode's world, and the cells that it counts in."""

    id: str
    """Any text, never taken for a path (`vigorl.agent.record.place`)."""
    cells: tuple[str, ...]
    task: dict[str, Any]
    make: Callable[[Policy], Environment]
    is_still: bool = False
    """Its world is one picture: samples on the same one are not taken for independent."""
