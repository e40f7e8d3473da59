"""Intervals, against numbers worked out by hand."""

import pytest

from vigorl.agent.evaluation.statistics import design_effect, mean_of, wilson


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


def test_samples_of_one_picture_count_as_fewer() -> None:
    # Four pictures, each with five equal scores: residuals ±2.5 each, so that the variance is
    # 4/3 · 4 · 2.5² / 20² = 1/12 instead of 1/4 / 20 = 1/80: as of 20 · 12/80 = 3 scores.
    scores = [1.0] * 10 + [0.0] * 10
    pictures = [str(n // 5) for n in range(20)]
    assert design_effect(list(zip(scores, pictures, strict=True))) == pytest.approx(80 / 12)
    cell = wilson(scores, pictures)
    # 1.5 of 3: half = 1.96 · √(1/12 + 3.8415/36) / (1 + 3.8415/3) = 0.3746
    assert (cell.mean, cell.n) == (0.5, 20)
    assert (cell.low, cell.high) == (
        pytest.approx(0.1254, abs=1e-4),
        pytest.approx(0.8746, abs=1e-4),
    )


def test_clusters_never_narrow_an_interval() -> None:
    scores: list[float | None] = [1.0, 0.0] * 10
    pairs = [str(n // 2) for n in range(20)]  # each picture has one of both
    assert wilson(scores, pairs) == wilson(scores)
    assert wilson([1.0] * 20, pairs) == wilson([1.0] * 20)
    alone = wilson([*scores, None], ["a"] * 21)
    assert (alone.n, alone.low) == (20, wilson([0.5]).low)


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
