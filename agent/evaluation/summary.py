"""Summary: the cells of an evaluation's table, and what broke beside them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vigorl.agent.evaluation.results import Result
from vigorl.agent.evaluation.statistics import Cell, wilson
from vigorl.policy.usage import UNUSED, Usage

MAX_FAULTS = 0.05
"""Share of the episodes that may break before a number is not to be believed."""

_WITHHELD = {"mean": None, "low": None, "high": None}


@dataclass(frozen=True)
class Summary:
    """The table of an evaluation."""

    cells: dict[str, Cell]
    faults: int
    """Episodes without a score: the infrastructure broke, nobody could judge."""
    median_s: float
    """Median wall clock of an episode."""
    clusters: int
    """How many independent groups the scored episodes form: pictures, where several share one."""
    folder: Path
    second_looks: int = 0
    """Episodes that the policy calls done and a second look has judged."""
    disputed: int = 0
    """Those of them of which the second look says that they are not done."""
    misjudged: int = 0
    """Those of them of which second look and judge say different things."""
    broken: int = 0
    """Episodes that a fault has ended."""
    kinds: dict[str, int] = field(default_factory=dict)
    """How many by which kind of fault."""
    retried: int = 0
    """Episodes that were played again because they had broken."""
    mistakes: int = 0
    """Episodes that met a mistake of the program."""
    bounds: tuple[float, float] | None = None
    """The mean if all that broke had scored 0, and if they had scored 1; None without episodes."""
    refused: dict[str, int] = field(default_factory=dict)
    """Connections that the boundaries have refused, by host and port, the most frequent first."""
    denied: int = 0
    """Actions, windows and downloads that were blocked or denied."""
    max_faults: float = MAX_FAULTS
    """Share of broken episodes above which the means are not to be believed."""
    usage: Usage = UNUSED
    """Tokens and cost of all episodes, those that broke included."""

    @property
    def is_believable(self) -> bool:
        """Whether so few have broken that the means say something about the policy."""
        return self.broken <= self.max_faults * (self.cells["all"].n + self.broken)

    def as_json(self) -> dict[str, Any]:
        """The form of `summary.json` and of `--json`; means that are not believable are null."""
        cells = {name: asdict(cell) for name, cell in self.cells.items()}
        if not self.is_believable:
            cells = {name: {**cell, **_WITHHELD} for name, cell in cells.items()}
        numbers: dict[str, Any] = {
            "cells": cells,
            "faults": self.faults,
            "faults_by_kind": self.kinds,
            "retried": self.retried,
            "mistakes": self.mistakes,
            "believable": self.is_believable,
            "bounds": self.bounds and [round(bound, 6) for bound in self.bounds],
            "median_s": round(self.median_s, 3),
            "clusters": self.clusters,
            "refused": self.refused,
            "denied": self.denied,
            "usage": self.usage.as_json(),
            "folder": str(self.folder),
        }
        if self.second_looks:
            names = ("second_looks", "disputed", "misjudged")
            numbers |= {name: getattr(self, name) for name in names}
        return numbers


def summarise(results: Sequence[Result], folder: Path, max_faults: float = MAX_FAULTS) -> Summary:
    """The cells in order of first appearance, then `all`."""
    names = list(dict.fromkeys(cell for result in results for cell in result.cells))
    cells = {
        name: cell_of([result for result in results if name in result.cells]) for name in names
    }
    cells["all"] = cell_of(results)
    seconds = sorted(result.seconds for result in results)
    looked = [result for result in results if result.second_look is not None]
    judged = [result for result in looked if result.score is not None]
    broken = [result for result in results if result.is_broken]
    scores = [result.score for result in results if result.score is not None]
    n = len(scores) + len(broken)
    refused: Counter[str] = sum((Counter(result.refused) for result in results), Counter())
    return Summary(
        cells,
        faults=sum(result.score is None for result in results),
        median_s=seconds[len(seconds) // 2],
        clusters=len({_cluster(result) for result in results if result.score is not None}),
        folder=folder,
        second_looks=len(looked),
        disputed=sum(result.second_look is False for result in looked),
        misjudged=sum(result.second_look is not result.is_solved for result in judged),
        broken=len(broken),
        kinds=dict(Counter(result.fault or "fault" for result in broken).most_common()),
        retried=sum(bool(result.broke) for result in results),
        mistakes=sum(result.is_mistake for result in results),
        bounds=(sum(scores) / n, (sum(scores) + len(broken)) / n) if n else None,
        refused=dict(refused.most_common()),
        denied=sum(result.denied for result in results),
        max_faults=max_faults,
        usage=sum((result.usage for result in results), UNUSED),
    )


def cell_of(results: Sequence[Result], rule: str | None = None) -> Cell:
    """The mean score with its interval; results of one cluster are not taken for independent.

    Args:
        results: Some of an evaluation.
        rule: By which other rule than the task's own; those that have no score by it stay out.
    """
    scores = [
        result.score if rule is None else result.by_other_rules.get(rule) for result in results
    ]
    return wilson(scores, [_cluster(result) for result in results])


def _cluster(result: Result) -> str:
    """What a result belongs to: itself, where it shares nothing."""
    return result.cluster or f"{result.id} alone"
