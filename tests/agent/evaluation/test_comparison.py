"""Comparisons of two evaluations, against numbers worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vigorl.agent.cli.app import app
from vigorl.agent.evaluation.comparison import compare, difference
from vigorl.agent.evaluation.evaluation import Result
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import StartRecord, as_json
from vigorl.browser.errors import UsageError


def record(folder: Path, scores: dict[str, float | None], **task: Any) -> Path:
    """An evaluation as its folder has it, as far as comparisons look."""
    folder.mkdir()
    with (folder / "results.jsonl").open("w") as lines:
        for name, score in scores.items():
            recorder = Recorder(folder / name, folder / "images")
            policy = {"name": folder.name}
            recorder.start(StartRecord(name, policy, {}, {"goal": name, **task}, "2026-01-01"))
            recorder.close()
            result = Result(name, (name[0],), score, "", "done", "", 1, 0.1, name)
            lines.write(json.dumps(as_json(result)) + "\n")
    return folder


def test_the_interval_is_that_of_the_resampled_mean() -> None:
    # Means of resamples are Binomial(16, 1/2) / 16: P(≤ 3) = 0.011, P(≤ 4) = 0.038, and so the
    # 2.5 % quantile is 4 / 16; by symmetry the other is 12 / 16.
    found = difference([(0.0, 1.0)] * 8 + [(1.0, 1.0)] * 8)
    assert (found.one, found.other, found.difference) == (0.5, 1.0, 0.5)
    assert (found.low, found.high) == (0.25, 0.75)
    assert (found.better, found.worse, found.n) == (8, 0, 16)


def test_samples_of_one_picture_are_drawn_together() -> None:
    # Sixteen pictures of four samples each, all alike: the interval is that of sixteen samples.
    pictures = [str(n // 4) for n in range(64)]
    pairs = [(0.0, 1.0)] * 32 + [(1.0, 1.0)] * 32
    found = difference(pairs, pictures)
    assert (found.low, found.high, found.n) == (0.25, 0.75, 64)
    apart = difference(pairs)
    assert apart.low is not None and apart.low > 0.35
    # Pictures of different sizes: 3 of 3 better and 0 of 1, so that means are 0, 3/4 or 1.
    uneven = difference([(0.0, 1.0)] * 3 + [(1.0, 1.0)], ["a", "a", "a", "b"])
    assert (uneven.low, uneven.high) == (0.0, 1.0)
    assert difference([(0.0, 1.0), (1.0, 1.0)], ["a", "a"]).low is None


def test_a_seed_gives_the_same_interval_again() -> None:
    pairs = [(0.1 * n % 1, 0.17 * n % 1) for n in range(40)]
    assert difference(pairs, seed=3) == difference(pairs, seed=3)
    assert difference(pairs, seed=3) != difference(pairs, seed=4)


def test_pairs_that_differ_all_alike_have_no_interval() -> None:
    found = difference([(0.0, 1.0), (0.0, 1.0)])
    assert (found.difference, found.low, found.high) == (1.0, None, None)


def test_samples_are_paired_by_name_and_the_rest_is_counted(tmp_path: Path) -> None:
    one = record(tmp_path / "one", {"x1": 0.0, "x2": 1.0, "y1": 1.0, "y2": None, "y3": 1.0})
    other = record(tmp_path / "other", {"x2": 1.0, "x1": 1.0, "y1": 0.0, "y2": 1.0, "z": 1.0})
    found = compare(one, other)
    assert list(found.cells) == ["x", "y", "all"]
    x, y, both = found.cells.values()
    assert (x.one, x.other, x.better, x.worse, x.n) == (0.5, 1.0, 1, 0, 2)
    assert (y.difference, y.worse, y.n) == (-1.0, 1, 1)
    assert (both.difference, both.n) == (0.0, 3)
    assert (found.only_one, found.only_other, found.unscored) == (1, 1, 1)
    assert found.policies == ("one", "other")


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    one = record(tmp_path / "one", {"x1": 0.0})
    with pytest.raises(UsageError, match=r"no samples in common.*one has x1; other has y1"):
        compare(one, record(tmp_path / "other", {"y1": 0.0}))
    with pytest.raises(UsageError, match="that both have scored"):
        compare(one, record(tmp_path / "unscored", {"x1": None}))
    with pytest.raises(UsageError, match="different tasks by x1: they differ in version"):
        compare(one, record(tmp_path / "changed", {"x1": 0.0}, version="v2"))
    with pytest.raises(UsageError, match="no evaluation at"):
        compare(one, tmp_path)


def test_other_rules_may_be_compared_and_are_named(tmp_path: Path) -> None:
    one = record(tmp_path / "one", {"x1": 0.0}, fixed=False)
    assert compare(one, record(tmp_path / "two", {"x1": 1.0}, fixed=True)).told_apart == ("fixed",)


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    one = record(tmp_path / "one", {f"x{n}": 0.0 for n in range(16)})
    other = record(tmp_path / "two", {f"x{n}": float(n < 8) for n in range(16)})
    shown = CliRunner().invoke(app, ["eval", "compare", str(one), str(other)])
    assert shown.exit_code == 0
    text = " ".join(shown.output.split())
    assert "+50.0" in text and "+25.0 … +75.0" in text
    printed = CliRunner().invoke(app, ["eval", "compare", str(other), str(one), "--json"])
    cell = json.loads(printed.stdout)["cells"]["all"]
    assert (cell["difference"], cell["low"], cell["high"]) == (-0.5, -0.75, -0.25)
    refused = CliRunner().invoke(app, ["eval", "compare", str(one), str(tmp_path)])
    assert refused.exit_code == 2 and "no evaluation at" in refused.output
