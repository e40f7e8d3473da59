"""Means with their intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A proportion over `n` samples with its 95 % interval; no mean where n is 0."""

    mean: float | None
    low: float | None
    high: float | None
    n: int


def wilson(scores: Sequence[float | None]) -> Cell:
    """Mean and Wilson score interval of scores in [0, 1]; None (could not be judged) stays out.

    For scores that are not 0 or 1 the interval is wider than need be, never narrower.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927).
    """
    judged = [score for score in scores if score is not None]
    n = len(judged)
    if n == 0:
        return Cell(None, None, None, 0)
    mean = sum(judged) / n
    denominator = 1 + Z_95**2 / n
    middle = (mean + Z_95**2 / (2 * n)) / denominator
    half = Z_95 * math.sqrt(mean * (1 - mean) / n + Z_95**2 / (4 * n**2)) / denominator
    return Cell(mean, max(0.0, middle - half), min(1.0, middle + half), n)


def mean_of(cells: Sequence[Cell]) -> Cell:
    """The mean of independent proportions, each counting the same; no mean where one has none.

    Source: Zou and Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27 (2008): the distances to the limits add up as squares.
    """
    n, k = sum(cell.n for cell in cells), len(cells)
    known = [
        (cell.mean, cell.low, cell.high)
        for cell in cells
        if cell.mean is not None and cell.low is not None and cell.high is not None
    ]
    if not k or len(known) < k:
        return Cell(None, None, None, n)
    mean = sum(m for m, _, _ in known) / k
    below = math.sqrt(sum((m - low) ** 2 for m, low, _ in known)) / k
    above = math.sqrt(sum((high - m) ** 2 for m, _, high in known)) / k
    return Cell(mean, max(0.0, mean - below), min(1.0, mean + above), n)
