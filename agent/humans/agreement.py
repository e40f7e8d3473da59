"""Intervals over raters and items at once, and how far raters agree.

A table of ratings is an array of raters x items, in which NaN is an answer that was not given.
"""

import warnings
from typing import Literal

import numpy as np
import numpy.typing as npt

from vigorl.agent.analysis.report import MeanCount
from vigorl.agent.evaluation.comparison import RESAMPLES
from vigorl.browser.errors import UsageError

Table_R_I = npt.NDArray[np.float64]
_Weights = npt.NDArray[np.int64]


def crossed_mean(table_R_I: Table_R_I, seed: int = 0) -> MeanCount | None:
    """The mean of all answers with its 95 % percentile interval; None where there are none.

    Raters and items are drawn anew, each for themselves, and an answer counts as often as its
    rater times as often as its item. A single rater (or item) is not drawn: then the interval
    says nothing of other raters (or items); with one of both there is none.

    Source: A. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1 (2007).
    """
    if np.isnan(table_R_I).all():
        return None
    raters, items = table_R_I.shape
    generator = np.random.default_rng(seed)
    means = _means(table_R_I, _drawn(generator, raters), _drawn(generator, items))
    mean = float(np.nanmean(table_R_I))
    return MeanCount(mean, *(_interval(means) if max(raters, items) > 1 else (None, None)))


def crossed_difference(one_R_I: Table_R_I, other_R_J: Table_R_I, seed: int = 0) -> MeanCount | None:
    """How much higher the first mean is, with its interval: the same raters, other items."""
    if np.isnan(one_R_I).all() or np.isnan(other_R_J).all():
        return None
    generator = np.random.default_rng(seed)
    raters_B_R = _drawn(generator, len(one_R_I))
    means = [
        _means(table, raters_B_R, _drawn(generator, table.shape[1]))
        for table in (one_R_I, other_R_J)
    ]
    mean = float(np.nanmean(one_R_I) - np.nanmean(other_R_J))
    return MeanCount(mean, *_interval(means[0] - means[1]))


def krippendorff_alpha(table_R_I: Table_R_I, level: Literal["nominal", "ordinal"]) -> float | None:
    """Krippendorff's alpha: 1 where all agree, 0 where they agree as by chance.

    None where it has no value: no item has two answers, or all answers are the same.

    Source: K. Krippendorff, "Content Analysis", chapter on reliability; computed by the package
    `krippendorff`.

    Raises:
        UsageError: the package is not installed.
    """
    try:
        import krippendorff
    except ImportError as error:
        raise UsageError(
            "agreement needs krippendorff: pip install 'vigorl-agent[humans]'"
        ) from error
    shared = table_R_I[:, (~np.isnan(table_R_I)).sum(axis=0) > 1]
    if len(np.unique(shared[~np.isnan(shared)])) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(krippendorff.alpha(reliability_data=shared, level_of_measurement=level))


def _drawn(generator: np.random.Generator, count: int) -> _Weights:
    """How often each of so many is drawn, resamples x count."""
    if count == 1:
        return np.ones((RESAMPLES, 1), dtype=np.int64)
    return generator.multinomial(count, [1 / count] * count, size=RESAMPLES)


def _means(table_R_I: Table_R_I, raters_B_R: _Weights, items_B_I: _Weights) -> Table_R_I:
    """The mean of each resample; NaN where it holds no answer."""
    given_R_I = ~np.isnan(table_R_I)
    sums_B = ((raters_B_R @ np.where(given_R_I, table_R_I, 0.0)) * items_B_I).sum(axis=1)
    counts_B = ((raters_B_R @ given_R_I.astype(np.float64)) * items_B_I).sum(axis=1)
    means_B: Table_R_I = np.full_like(sums_B, np.nan)
    np.divide(sums_B, counts_B, out=means_B, where=counts_B > 0)
    return means_B


def _interval(means_B: Table_R_I) -> tuple[float, float]:
    low, high = np.nanquantile(means_B, [0.025, 0.975])
    return float(low), float(high)
