"""Intervals over raters and items at once, and agreement."""

import numpy as np
import pytest

from vigorl.agent.humans.agreement import crossed_difference, crossed_mean, krippendorff_alpha
from vigorl.agent.humans.order import fnv1a, order_of

NONE = float("nan")


def test_raters_that_differ_widen_the_interval_however_many_items_there_are() -> None:
    table = np.array([[1.0] * 60, [0.0] * 60])
    found = crossed_mean(table)
    assert found is not None
    # Two draws of two raters are the first twice, or the second twice, in a quarter each.
    assert (found.mean, found.low, found.high) == (0.5, 0.0, 1.0)


def test_items_that_differ_widen_it_however_many_raters_there_are() -> None:
    found = crossed_mean(np.array([[1.0, 0.0]] * 60))
    assert found is not None
    assert (found.mean, found.low, found.high) == (0.5, 0.0, 1.0)


def test_an_interval_is_as_wide_as_raters_and_items_together_make_it() -> None:
    """Of additive effects of raters and items the variances add up."""
    draw = np.random.default_rng(1)
    raters_R, items_I = draw.normal(0, 1, 40), draw.normal(0, 2, 60)
    found = crossed_mean(raters_R[:, None] + items_I[None, :])
    assert found is not None and found.low is not None and found.high is not None
    deviation = np.sqrt(raters_R.var() / 40 + items_I.var() / 60)
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation, rel=0.05)


def test_answers_that_are_missing_are_left_out_of_means_and_differences() -> None:
    table = np.array([[1.0, NONE, 0.0], [1.0, 1.0, NONE]])
    found = crossed_mean(table)
    assert found is not None and found.mean == 3 / 4
    assert crossed_mean(np.full((2, 3), NONE)) is None
    assert crossed_difference(table, np.full((2, 1), NONE)) is None
    single = crossed_mean(np.array([[4.0]]))
    assert single is not None and (single.mean, single.low) == (4.0, None)


def test_a_difference_draws_the_same_raters_for_both() -> None:
    severe = np.array([[0.2] * 60, [0.8] * 60])  # raters differ, and not in the difference
    found = crossed_difference(severe + 0.1, severe)
    assert found is not None and found.low is not None and found.high is not None
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1))


def test_agreement_is_that_of_the_book() -> None:
    """Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), example C."""
    data = np.array([
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ])  # fmt: skip
    assert krippendorff_alpha(data, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(data, "ordinal") == pytest.approx(0.815, abs=5e-4)
    assert krippendorff_alpha(np.ones((2, 3)), "nominal") is None
    assert krippendorff_alpha(np.array([[1.0, 2.0, 3.0]]), "ordinal") is None


def test_an_order_is_a_raters_own_and_the_same_every_time() -> None:
    items = [f"{number:02}" for number in range(86)]
    orders = [order_of(items, "study", rater) for rater in ("ann", "ben")]
    assert orders[0] == order_of(items[::-1], "study", "ann") != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == items
    assert fnv1a("") == 0x811C9DC5 and fnv1a("foobar") == 0xBF9CF968  # of the RFC
    first = [order_of(items[:6], "study", f"rater {number}")[0] for number in range(600)]
    assert max(first.count(item) for item in items[:6]) < 140  # of 100 each
