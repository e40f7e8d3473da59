"""Where the time of an episode went, as a bar: policy and page step by step, and the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vigorl.agent.record.trajectory import Trajectory

Part = Literal["page", "policy", "rest"]
"""Until the page could be seen, its action and its settling included; while the policy chose; what
remains: the start of the browser, the last action, the judge."""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A part of the bar; percentages of all of it."""

    part: Part
    step: int
    """From 1; 0: of no step."""
    start: float
    width: float
    seconds: float


@dataclass(frozen=True, slots=True)
class TimeBar:
    """The bar, and how much each part is in all, s."""

    spans: tuple[TimeSpan, ...]
    page_s: float
    policy_s: float
    rest_s: float

    @property
    def told(self) -> tuple[tuple[Part, float], ...]:
        """Each part that took any time."""
        parts: tuple[tuple[Part, float], ...] = (
            ("policy", self.policy_s),
            ("page", self.page_s),
            ("rest", self.rest_s),
        )
        return tuple((part, seconds) for part, seconds in parts if seconds >= 0.0005)


def time_bar(trajectory: Trajectory) -> TimeBar:
    """Lay out the time of an episode; empty where none was taken."""
    page_s = sum(max(step.observe_s, 0.0) for step in trajectory.steps)
    policy_s = sum(max(step.act_s, 0.0) for step in trajectory.steps)
    whole_s = trajectory.end.seconds if trajectory.end else 0.0
    rest_s = max(whole_s - page_s - policy_s, 0.0)
    total_s = page_s + policy_s + rest_s
    spans = tuple(_spans(trajectory, rest_s, total_s)) if total_s > 0 else ()
    return TimeBar(spans, page_s, policy_s, rest_s)


def _spans(trajectory: Trajectory, rest_s: float, total_s: float) -> Iterator[TimeSpan]:
    parts: list[tuple[Part, int, float]] = []
    for step in trajectory.steps:
        parts += [("page", step.index + 1, step.observe_s), ("policy", step.index + 1, step.act_s)]
    begun_s = 0.0
    for part, number, seconds in (*parts, ("rest", 0, rest_s)):
        if seconds > 0:
            start, width = 100 * begun_s / total_s, 100 * seconds / total_s
            yield TimeSpan(part, number, round(start, 3), round(width, 3), seconds)
            begun_s += seconds
