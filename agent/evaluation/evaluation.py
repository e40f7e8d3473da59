"""Evaluation: the episode loop over a list of samples, resumable, and the table of its scores.

An evaluation's folder::

    results.jsonl        one line a sample, written when its episode ends
    summary.json         the cells of the table
    images/              every picture once
    mistakes.txt         traces of mistakes of the program, if it met any
    <sample>/            the sample's trajectory

An evaluation that was stopped goes on in its folder: samples with a line in `results.jsonl` are
not played again, but for those that a fault has ended, which says nothing about the policy; their
later line counts. Episodes that were cut off begin anew.

Whatever breaks in one episode is left to that sample: the others are played. How many were left
out, and why, stands beside the numbers; above a share of them there is no number but its bounds.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.blame import trace_of
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.statistics import Cell, wilson
from vigorl.agent.evaluation.tries import PlayedSample, Tries, play
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.trajectory import (
    Status,
    Trajectory,
    as_json,
    read_start,
)
from vigorl.agent.rollout import Limits, SecondLook
from vigorl.browser.environment import is_solved
from vigorl.browser.errors import InconsistentData, LeftOut, UsageError, VigorlError
from vigorl.browser.first_error import first_error
from vigorl.browser.run_folder import LineFile, claimed, disk, whole_lines, write_whole
from vigorl.browser.text import cleaned, whole
from vigorl.policy.policy import Policy
from vigorl.policy.usage import UNUSED, Usage

__all__ = ["Result", "Sample", "Summary", "evaluate", "read_results"]

MAX_FAULTS = 0.05
"""Share of the episodes that may break before a number is not to be believed."""


@dataclass(frozen=True, slots=True)
class Result:
    """One line of `results.jsonl`."""

    id: str
    cells: tuple[str, ...]
    score: float | None
    why: str
    status: Status
    reason: str
    steps: int
    seconds: float
    trajectory: str
    by_other_rules: dict[str, float] = field(default_factory=dict)
    """What the same state scores by other rules than the task's own, by their name."""
    cluster: str = ""
    """What it shares with results that are not independent of it: a still picture, by its hash."""
    second_look: bool | None = None
    """Whether a second look calls done what the policy calls done; None where none was taken."""
    fault: str = ""
    """What kind of fault has ended it, by the name of its error."""
    broke: tuple[str, ...] = ()
    """How earlier tries of it broke, in a line each."""
    is_mistake: bool = False
    """Whether it met a mistake of the program."""
    refused: dict[str, int] = field(default_factory=dict)
    """Connections that the boundary has refused, by host and port."""
    denied: int = 0
    """Actions, windows and downloads that were blocked, or to which somebody said no."""
    usage: Usage = UNUSED
    """Tokens and cost, those of earlier tries included."""

    @property
    def is_solved(self) -> bool | None:
        """Whether the task is solved; None where nobody could judge."""
        return None if self.score is None else is_solved(self.score)

    @property
    def is_broken(self) -> bool:
        """Whether a fault has kept it from being scored, and not the protocol of its benchmark."""
        by_protocol = self.fault == LeftOut.__name__
        return self.status == "fault" and self.score is None and not by_protocol


_RESULT = TypeAdapter(Result)


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


_DENIALS = ("blocked", "denied")
"""Kinds of events."""

_FOUND_OUT = ("left_out", "pictures")
"""What a policy learns of its server, and says of itself, only as it plays."""

_WITHHELD = {"mean": None, "low": None, "high": None}


async def evaluate(
    policy: Policy,
    samples: Sequence[Sample],
    folder: Path,
    *,
    limits: Limits,
    workers: int = 1,
    second_look: SecondLook | None = None,
    on_result: Callable[[Result], None] = lambda result: None,
    tries: Tries | None = None,
    max_faults: float = MAX_FAULTS,
) -> Summary:
    """Play every sample once, at most `workers` at a time; go on where the folder's record ends.

    Args:
        policy: Who plays; shared by all episodes.
        samples: What is played, each in its own world.
        folder: Where results and trajectories are written; may hold a part of this evaluation.
        limits: Of each episode.
        workers: Episodes under way at once.
        second_look: Who is asked whether it is done, where the policy says so.
        on_result: Called for each one that is recorded already, and as each one ends.
        tries: How often a sample is played that a fault has ended; the default is `Tries()`.
        max_faults: Share of broken episodes above which the means are not to be believed.

    Raises:
        UsageError: there are no samples, two of one name, the folder holds another evaluation, or
            not one of the samples can be played as it is written.
        InconsistentData: not one of the samples can be used.
        StorageFault: the folder cannot be written.
    """
    if not samples:
        raise UsageError("there is nothing to evaluate: no samples")
    ((twice, count),) = Counter(sample.id for sample in samples).most_common(1)
    if count > 1:
        raise UsageError(f"two samples are called {twice!r}: give each an id of its own")
    if halves := [sample.id for sample in samples if whole(sample.id) != sample.id]:
        raise UsageError(f"the id {halves[0]!a} is no text: it holds half a character")
    tries = tries or Tries()
    unusable: list[VigorlError] = []
    with claimed(folder, "evaluating"), LineFile(folder / "results.jsonl") as lines:
        recorded = _recorded(folder, policy, samples, limits)
        results = {result.id: result for result in recorded if result.status != "fault"}
        spent = {result.id: result.usage for result in recorded if result.status == "fault"}
        for result in results.values():
            on_result(result)
        places = asyncio.Semaphore(workers)

        async def one(sample: Sample) -> None:
            async with places:
                name = folder_name(sample.id)
                played = await play(
                    policy, sample, folder, name, limits, tries, second_look, witnessed=True
                )
                result = _result(sample, played, spent.get(sample.id, UNUSED))
                if played.error is not None:
                    unusable.append(played.error)
                for mistake in played.mistakes:
                    _tell_mistake(folder, sample, mistake)
                results[sample.id] = result
                lines.append(json.dumps(as_json(result)).encode())
                on_result(result)

        with first_error(VigorlError):
            async with asyncio.TaskGroup() as group:
                for sample in samples:
                    if sample.id not in results:
                        group.create_task(one(sample))
        if len(unusable) == len(samples):
            raise unusable[0]
        summary = summarise([results[sample.id] for sample in samples], folder, max_faults)
        text = json.dumps(summary.as_json(), indent=2) + "\n"
        write_whole(folder / "summary.json", text.encode())
        return summary


def _result(sample: Sample, played: PlayedSample, spent: Usage) -> Result:
    """The line of a sample that was played, and on which so much had been spent before."""
    trajectory = played.trajectory
    end, score = trajectory.end, trajectory.score
    assert end is not None
    looks = [check.passed for check in end.checks if check.by == "second look"]
    return cleaned(
        Result(
            sample.id,
            sample.cells,
            score.value if score else None,
            score.why if score else "",
            end.status,
            end.reason,
            len(trajectory.steps),
            round(end.seconds, 3),
            trajectory.folder.name,
            score.by_other_rules if score else {},
            _first_picture(trajectory) if sample.is_still else "",
            looks[0] if looks else None,
            end.fault,
            played.broke,
            bool(played.mistakes),
            end.refused,
            _denials(trajectory),
            spent + played.usage,
        ),
        whole,
    )


def _denials(trajectory: Trajectory) -> int:
    end = trajectory.end
    seen = [step.seen for step in trajectory.steps]
    if end is not None and end.seen is not None:
        seen.append(end.seen)
    return sum(event.kind in _DENIALS for each in seen for event in each.events)


def _tell_mistake(folder: Path, sample: Sample, error: Exception) -> None:
    with disk(folder), (folder / "mistakes.txt").open("a", encoding="utf-8") as file:
        file.write(whole(f"{sample.id}\n{trace_of(error)}\n"))


def _first_picture(trajectory: Trajectory) -> str:
    """The hash of the first screen; empty where the episode broke before it."""
    view = trajectory.steps[0].seen.view if trajectory.steps else None
    return view.sha256 if view else ""


def read_results(folder: Path) -> list[Result]:
    """The results of an evaluation so far; a last line that was cut off by a kill is left out.

    Raises:
        UsageError: there is no evaluation in this folder.
        InconsistentData: a line cannot be read.
    """
    path = folder / "results.jsonl"
    try:
        lines = whole_lines(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"no evaluation at {folder}: there is no {path}") from error
    results: dict[str, Result] = {}
    for number, line in enumerate(lines, 1):
        try:
            result = _RESULT.validate_json(line)
        except ValidationError as error:
            raise InconsistentData(f"{path}, line {number}: {error}") from error
        results[result.id] = result
    return list(results.values())


def _recorded(
    folder: Path, policy: Policy, samples: Sequence[Sample], limits: Limits
) -> list[Result]:
    """What the folder holds of this evaluation.

    Raises:
        UsageError: it holds another one.
    """
    results = read_results(folder)
    by_id = {sample.id: sample for sample in samples}
    for result in results:
        if result.id not in by_id:
            raise UsageError(
                f"{folder} holds an evaluation with other samples ({result.id}); "
                "choose another --out"
            )
        if Path(result.trajectory).name != result.trajectory:
            raise InconsistentData(f"{folder}: {result.trajectory!r} is no folder in it")
        start = read_start(folder / result.trajectory)
        for what, recorded, wanted in (
            ("policy", start.policy, policy.describe()),
            # A record that does not name a limit is older than the limit.
            ("set of limits", dict.fromkeys(asdict(limits)) | start.limits, asdict(limits)),
            ("task", start.task or {}, by_id[result.id].task),
        ):
            wanted = cleaned(json.loads(json.dumps(wanted, default=str)), whole)
            names = [name for name in {**recorded, **wanted} if _differ(name, recorded, wanted)]
            names = [name for name in names if name not in _FOUND_OUT]
            if names:
                raise UsageError(
                    f"{folder} holds an evaluation with another {what} ({result.id}: "
                    f"{', '.join(names)}); choose another --out"
                )
        asked = whole(by_id[result.id].instruction)
        if asked and start.goal and start.goal != asked:
            raise UsageError(
                f"{folder} holds an evaluation in which the policy was told something else "
                f"({result.id}: {start.goal[:60]!r}); choose another --out"
            )
    return results


def _differ(name: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (name in one, one.get(name)) != (name in other, other.get(name))


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
