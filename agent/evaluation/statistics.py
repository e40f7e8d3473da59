"""Means with 95 % intervals."""

import math
from collections import defaultdict
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


def wilson(scores: Sequence[float | None], clusters: Sequence[str] | None = None) -> Cell:
    """Mean and Wilson score interval of scores in [0, 1]; None (could not be judged) stays out.

    For scores that are not 0 or 1 the interval is wider than need be, never narrower. Scores of
    one cluster (questions on the same picture) are not taken for independent: the interval is that
    of fewer scores, n divided by the design effect.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927).

    Args:
        scores: Of the samples.
        clusters: What each sample belongs to; None: all are independent.
    """
    pairs = zip(scores, clusters or [str(index) for index in range(len(scores))], strict=True)
    judged = [(score, cluster) for score, cluster in pairs if score is not None]
    n = len(judged)
    if n == 0:
        return Cell(None, None, None, 0)
    mean = sum(score for score, _ in judged) / n
    independent = n / design_effect(judged)
    denominator = 1 + Z_95**2 / independent
    middle = (mean + Z_95**2 / (2 * independent)) / denominator
    spread = mean * (1 - mean) / independent + Z_95**2 / (4 * independent**2)
    half = Z_95 * math.sqrt(spread) / denominator
    return Cell(mean, max(0.0, middle - half), min(1.0, middle + half), n)


def design_effect(scored: Sequence[tuple[float, str]]) -> float:
    """By how much clusters increase the variance of a mean of scores in [0, 1]; at least 1.

    Source: Rao and Scott, "A simple method for the analysis of clustered binary data", Biometrics
    48 (1992), equation for the variance of a ratio of cluster totals over that of n independent
    scores. Where all scores are 0 or all are 1 it cannot be estimated, and is 1; where there is
    but one cluster, all of it counts as one score.

    Args:
        scored: Score and cluster of each sample; at least one.
    """
    n = len(scored)
    mean = sum(score for score, _ in scored) / n
    residuals: dict[str, float] = defaultdict(float)
    for score, cluster in scored:
        residuals[cluster] += score - mean
    m = len(residuals)
    if m == n:
        return 1.0
    if m == 1:
        return float(n)
    if not 0 < mean < 1:
        return 1.0
    clustered = m / (m - 1) * sum(residual**2 for residual in residuals.values()) / n**2
    return max(1.0, clustered / (mean * (1 - mean) / n))


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
