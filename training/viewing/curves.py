"""Curves of a training: its metrics.jsonl, laid out as small charts."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import whole_lines

MOST_POINTS = 240
"""Of a curve; where there are more lines, a point is the mean of several."""
FIRST = ("score", "reward_kept", "loss", "held_out", "kl", "norm", "reward/format", "reward/std")
"""Metrics that stand first, where they are there."""
TIMES = frozenset({"step", "s"})


@dataclass(frozen=True)
class MetricCurve:
    """One metric over the updates."""

    name: str
    steps: tuple[float, ...]
    values: tuple[float, ...]
    """Finite ones."""
    last: float
    """The latest value itself, not a mean."""
    averaged: int
    """Lines that a point is the mean of."""
    unfinite: int
    """Lines whose value is no finite number: left out."""

    @property
    def low(self) -> float:
        """The smallest value that is drawn."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest."""
        return max(self.values)

    @property
    def path(self) -> str:
        """The line as SVG, in a box of 100 by 40."""
        first, span = self.steps[0], (self.steps[-1] - self.steps[0]) or 1.0
        height = (self.high - self.low) or 1.0
        places = [
            (100 * (step - first) / span, 38 - 36 * (value - self.low) / height)
            for step, value in zip(self.steps, self.values, strict=True)
        ]
        if len(places) == 1:
            places = [(0.0, 20.0), (100.0, 20.0)]
        return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places)


@dataclass(frozen=True)
class TrainingMetrics:
    """What a training has logged."""

    curves: tuple[MetricCurve, ...]
    lines: int
    unreadable: int
    """Lines that are no metrics: left out."""
    last_step: float


def read_metrics(folder: Path) -> TrainingMetrics:
    """The metrics of a training's folder as they are now; read again only where they changed.

    Raises:
        UsageError: there are none.
    """
    path = folder / "metrics.jsonl"
    try:
        found = path.stat()
    except OSError as error:
        raise UsageError(f"no training at {folder}: there is no {path.name}") from error
    return _metrics(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=16)
def _metrics(path: Path, size: int, changed_ns: int) -> TrainingMetrics:
    lines = [_parsed(line) for line in whole_lines(path)]
    known = [line for line in lines if line]
    names = dict.fromkeys(name for line in known for name in line if name not in TIMES)
    curves = [curve for name in names if (curve := _curve(name, known)) is not None]
    order = {name: place for place, name in enumerate(FIRST)}
    curves.sort(key=lambda curve: order.get(curve.name, len(order)))
    last = max((line["step"] for line in known), default=0)
    return TrainingMetrics(tuple(curves), len(known), len(lines) - len(known), last)


def _parsed(line: bytes) -> dict[str, float]:
    """The numbers of a line; none where it has no step."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    numbers = {
        str(name): float(number)
        for name, number in value.items()
        if isinstance(number, int | float) and not isinstance(number, bool) and _is_small(number)
    }
    return numbers if math.isfinite(numbers.get("step", math.nan)) else {}


def _is_small(number: float) -> bool:
    """Whether it can be a float at all: JSON has whole numbers of any length."""
    return isinstance(number, float) or abs(number) < 1e300


def _curve(name: str, lines: Sequence[dict[str, float]]) -> MetricCurve | None:
    given = [(line["step"], line[name]) for line in lines if name in line]
    points = [(step, value) for step, value in given if math.isfinite(value)]
    if not points:
        return None
    size = -(-len(points) // MOST_POINTS)
    parts = [points[at : at + size] for at in range(0, len(points), size)]
    return MetricCurve(
        name,
        tuple(part[-1][0] for part in parts),
        tuple(sum(value for _, value in part) / len(part) for part in parts),
        points[-1][1],
        size,
        len(given) - len(points),
    )
