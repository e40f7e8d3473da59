"""Sample: one episode to be played, in an evaluation, a training or a search."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.named_boxes import NamedBox
from vigorl.browser.environment import Environment


@dataclass(frozen=True)
class Sample:
    """How to make an episode's world, what is right in it, and the cells that it counts in."""

    id: str
    """Any text, never taken for a path (`vigorl.agent.record.place`)."""
    cells: tuple[str, ...]
    task: dict[str, Any]
    """The frozen row that it is made from, stored with the record."""
    make: Callable[[], Environment]
    """Makes the world of one episode, bare: whoever lets a policy play adds what that policy looks
    through (`vigorl.agent.wrappers`)."""
    is_still: bool = False
    """Its world is one picture: samples on the same one are not taken for independent."""
    instruction: str = ""
    """What is asked for; empty where the world says it when it begins."""
    truth: GroundTruth = field(default_factory=GroundTruth)
    """What is right, where that can be told beforehand."""
    look: Callable[[Environment], Awaitable[tuple[NamedBox, ...] | None]] | None = None
    """Says what can be named on the screen that its world shows, for measurements; the policy never
    sees it. None: nobody knows."""
    source: str = ""
    """Which of several sources of a training it is from, for its metrics; empty: there is one."""
