"""Paired comparison of two recorded evaluations, with bootstrapped intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from vigorl.agent.evaluation.evaluation import Result, read_results
from vigorl.agent.record.trajectory import StartRecord, read_start
from vigorl.agent.viewer.show import policy_name
from vigorl.browser.errors import UsageError

RESAMPLES = 10_000
"""Draws of the bootstrap."""

HOW = ("protocol", "fixed", "judges", "layout")
"""Parts of a task's record that say how it is played and judged, not what it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one evaluation scores more than another, over the samples that both have scored."""

    one: float
    """Mean score of the first."""
    other: float
    """Mean score of the second."""
    difference: float
    """The second's mean less the first's."""
    low: float | None
    """Of the 95 % interval; None where no two clusters differ, so that nothing can be drawn."""
    high: float | None
    better: int
    """Samples on which the second scores more."""
    worse: int
    """Samples on which it scores less."""
    n: int
    """Pairs."""


@dataclass(frozen=True)
class Comparison:
    """Of two folders of evaluations."""

    one: Path
    other: Path
    policies: tuple[str, str]
    cells: dict[str, Difference]
    """By cell, then `all`."""
    only_one: int
    """Samples that only the first has."""
    only_other: int
    unscored: int
    """Samples in both without a score in at least one: left out."""
    told_apart: tuple[str, ...]
    """What the two do not have in common in how tasks are played and judged."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "one": str(self.one),
            "other": str(self.other),
            "policies": list(self.policies),
            "cells": {name: asdict(cell) for name, cell in self.cells.items()},
            "only_one": self.only_one,
            "only_other": self.only_other,
            "unscored": self.unscored,
            "told_apart": list(self.told_apart),
        }


def compare(one: Path, other: Path, seed: int = 0) -> Comparison:
    """Pair the samples of two evaluations.

    Args:
        one: Folder of the first.
        other: Folder of the second.
        seed: Of the bootstrap.

    Raises:
        UsageError: a folder holds no evaluation, or they have no samples in common, or mean
            different tasks by the same name.
    """
    first = {result.id: result for result in read_results(one)}
    second = {result.id: result for result in read_results(other)}
    shared = [name for name in first if name in second]
    if not shared:
        raise UsageError(
            f"{one} and {other} have no samples in common "
            f"({_some(first, one)}; {_some(second, other)})"
        )
    starts = [
        (read_start(one / first[name].trajectory), read_start(other / second[name].trajectory))
        for name in shared
    ]
    told_apart = dict.fromkeys(
        what
        for name, (start, counterpart) in zip(shared, starts, strict=True)
        for what in _told_apart(name, start, counterpart)
    )
    pairs = [(first[name], second[name]) for name in shared]
    scored = [(a, b) for a, b in pairs if a.score is not None and b.score is not None]
    if not scored:
        raise UsageError(f"{one} and {other} have no samples in common that both have scored")
    return Comparison(
        one,
        other,
        (policy_name(starts[0][0].policy), policy_name(starts[0][1].policy)),
        dict(_cells(scored, seed)),
        len(first) - len(shared),
        len(second) - len(shared),
        len(pairs) - len(scored),
        tuple(told_apart),
    )


def difference(
    pairs: Sequence[tuple[float, float]], clusters: Sequence[str] | None = None, seed: int = 0
) -> Difference:
    """The mean difference of pairs of scores with its 95 % percentile interval.

    Clusters are drawn whole, since samples of one picture are less than independent ones.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; Field and
    Welsh, "Bootstrapping clustered data", Journal of the Royal Statistical Society B 69 (2007): the
    cluster bootstrap. Drawing m of m clusters is drawing how often each kind of them occurs, a kind
    being so many pairs with such a sum of differences.

    Args:
        pairs: Scores of the first and of the second; at least one.
        clusters: What each pair belongs to; None: all are independent.
        seed: Of the generator.
    """
    scores_N_2 = np.asarray(pairs, dtype=np.float64)
    differences_N = scores_N_2[:, 1] - scores_N_2[:, 0]
    n = len(differences_N)
    _, cluster_N = np.unique(clusters or [str(index) for index in range(n)], return_inverse=True)
    kinds_M_2 = np.stack([np.bincount(cluster_N, differences_N), np.bincount(cluster_N)], axis=1)
    kinds_K_2, counts_K = np.unique(kinds_M_2, axis=0, return_counts=True)
    low = high = None
    if len(kinds_K_2) > 1:
        m = len(kinds_M_2)
        drawn_R_K = np.random.default_rng(seed).multinomial(m, counts_K / m, size=RESAMPLES)
        means_R = (drawn_R_K @ kinds_K_2[:, 0]) / (drawn_R_K @ kinds_K_2[:, 1])
        low, high = (float(end) for end in np.quantile(means_R, [0.025, 0.975]))
    one, other = (float(mean) for mean in scores_N_2.mean(axis=0))
    better, worse = int((differences_N > 0).sum()), int((differences_N < 0).sum())
    return Difference(one, other, other - one, low, high, better, worse, n)


def comparison_table(comparison: Comparison) -> Table:
    """The cells, in percent and points."""
    one, other = comparison.policies
    table = Table(
        title=f"B less A, paired · A {escape(one)} · B {escape(other)}",
        caption=_caption(comparison),
        title_justify="left",
    )
    table.add_column("", style="bold")
    for heading in ("A", "B", "B − A", "95 % interval", "better", "worse", "n"):
        table.add_column(heading, justify="right")
    for name, cell in comparison.cells.items():
        interval = "–"
        if cell.low is not None and cell.high is not None:
            interval = f"{_points(cell.low)} … {_points(cell.high)}"
        table.add_row(
            escape(name),
            f"{cell.one:.1%}",
            f"{cell.other:.1%}",
            _points(cell.difference),
            interval,
            *(str(count) for count in (cell.better, cell.worse, cell.n)),
        )
    return table


def _cells(scored: Sequence[tuple[Result, Result]], seed: int) -> Iterator[tuple[str, Difference]]:
    for cell in [*dict.fromkeys(cell for result, _ in scored for cell in result.cells), "all"]:
        chosen = [
            ((a.score, b.score), a.cluster or a.id)
            for a, b in scored
            if (cell == "all" or cell in a.cells) and a.score is not None and b.score is not None
        ]
        yield cell, difference([pair for pair, _ in chosen], [name for _, name in chosen], seed)


def _told_apart(name: str, one: StartRecord, other: StartRecord) -> list[str]:
    """In what two episodes of one sample differ that may differ.

    Raises:
        UsageError: they are of different tasks.
    """
    first, second = one.task or {}, other.task or {}
    apart = [key for key in {**first, **second} if first.get(key) != second.get(key)]
    if tasks := [key for key in apart if key not in HOW]:
        raise UsageError(
            f"the two evaluations mean different tasks by {name}: they differ in {', '.join(tasks)}"
        )
    if _set(one.limits) != _set(other.limits):
        apart.append("limits")
    if one.goal and other.goal and one.goal != other.goal:
        apart.append("what the policy is told")
    return apart


def _set(limits: dict[str, Any]) -> dict[str, Any]:
    """The limits that there are; older records do not name all that there could be."""
    return {name: value for name, value in limits.items() if value is not None}


def _some(results: dict[str, Result], folder: Path) -> str:
    if not results:
        return f"{folder.name} has none"
    names = list(results)
    return f"{folder.name} has {', '.join(names[:2])}{', …' if len(names) > 2 else ''}"


def _points(difference: float) -> str:
    """Percentage points with their sign."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def _caption(comparison: Comparison) -> str:
    counts = (
        (comparison.only_one, "only in A"),
        (comparison.only_other, "only in B"),
        (comparison.unscored, "without a score in one of them"),
    )
    parts = [f"{count} {what}" for count, what in counts if count]
    if comparison.told_apart:
        parts.append(f"they differ in {', '.join(comparison.told_apart)}")
    places = (f"A {escape(str(comparison.one))}", f"B {escape(str(comparison.other))}")
    return " · ".join([*parts, *places])
