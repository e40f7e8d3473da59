"""Intervals, against numbers worked out by hand."""

import pytest

from vigorl.agent.statistics import mean_of, wilson


def test_the_wilson_interval_of_nine_in_ten() -> None:
    # (0.9 + z²/20 ± z·√(0.009 + z²/400)) / (1 + z²/10) with z² = 3.8415
    cell = wilson([1.0] * 9 + [0.0])
    assert (cell.mean, cell.n) == (0.9, 10)
    assert (cell.low, cell.high) == (
        pytest.approx(0.5958, abs=1e-4),
        pytest.approx(0.9821, abs=1e-4),
    )


def test_what_nobody_could_judge_stays_out_of_the_mean() -> None:
    cell = wilson([1.0, None, 0.0, None])
    assert (cell.mean, cell.n) == (0.5, 2)


def test_no_scores_have_no_mean() -> None:
    assert wilson([None]).mean is None


def test_a_perfect_score_keeps_an_honest_lower_end() -> None:
    cell = wilson([1.0] * 20)
    assert cell.high == 1.0
    assert cell.low == pytest.approx(0.8389, abs=1e-4)


def test_the_interval_of_a_mean_of_cells_adds_up_squares() -> None:
    # 0.9 [0.5958, 0.9821] and its mirror image: distances 0.3042 and 0.0821 on either side;
    # √(0.3042² + 0.0821²) / 2 = 0.1575
    nine, one = wilson([1.0] * 9 + [0.0]), wilson([0.0] * 9 + [1.0])
    cell = mean_of([nine, one])
    assert (cell.mean, cell.n) == (pytest.approx(0.5), 20)
    assert (cell.low, cell.high) == (
        pytest.approx(0.3425, abs=1e-4),
        pytest.approx(0.6575, abs=1e-4),
    )


def test_cells_of_which_one_is_empty_have_no_mean() -> None:
    assert mean_of([wilson([1.0]), wilson([])]).mean is None
    assert mean_of([]).mean is None
