"""Many episodes, one table: the same rollout over a list of samples.

An evaluation's folder::

    results.jsonl        one line a sample, written when its episode ends
    summary.json         the cells of the table
    images/              every picture once
    <sample>/            the sample's trajectory

An evaluation that was stopped goes on in its folder: samples with a line in `results.jsonl` are
not played again, but for those that a fault has ended, which says nothing about the policy; their
later line counts. Episodes that were cut off begin anew.
"""

import asyncio
import fcntl
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.rollout import Limits, SecondLook, rollout
from vigorl.agent.statistics import Cell, wilson
from vigorl.agent.trajectory import (
    Recorder,
    Status,
    Trajectory,
    as_json,
    disk,
    read_start,
)
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, UsageError, VigorlError
from vigorl.policy.policy import Policy


@dataclass(frozen=True)
class Sample:
    """One episode to be played: how to make its world, and the cells it counts in."""

    id: str
    cells: tuple[str, ...]
    task: dict[str, Any]
    make: Callable[[Policy], Environment]
    is_still: bool = False
    """Its world is one picture: samples on the same one are not taken for independent."""


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

    def as_json(self) -> dict[str, Any]:
        """The form of `summary.json` and of `--json`."""
        numbers: dict[str, Any] = {
            "cells": {name: asdict(cell) for name, cell in self.cells.items()},
            "faults": self.faults,
            "median_s": round(self.median_s, 3),
            "clusters": self.clusters,
            "folder": str(self.folder),
        }
        if self.second_looks:
            names = ("second_looks", "disputed", "misjudged")
            numbers |= {name: getattr(self, name) for name in names}
        return numbers


async def evaluate(
    policy: Policy,
    samples: Sequence[Sample],
    folder: Path,
    *,
    limits: Limits,
    workers: int = 1,
    second_look: SecondLook | None = None,
    on_result: Callable[[Result], None] = lambda result: None,
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

    Raises:
        UsageError: there are no samples, or the folder holds another evaluation.
        StorageFault: the folder cannot be written.
    """
    if not samples:
        raise UsageError("there is nothing to evaluate: no samples")
    with _results_of(folder) as lines:
        recorded = _recorded(folder, policy, samples, limits)
        results = {result.id: result for result in recorded if result.status != "fault"}
        for result in results.values():
            on_result(result)
        places = asyncio.Semaphore(workers)

        async def play(sample: Sample) -> None:
            async with places:
                result = await _result(policy, sample, folder, limits, second_look)
                results[sample.id] = result
                with disk(folder):
                    lines.write(json.dumps(as_json(result)).encode() + b"\n")
                on_result(result)

        try:
            async with asyncio.TaskGroup() as group:
                for sample in samples:
                    if sample.id not in results:
                        group.create_task(play(sample))
        except* VigorlError as errors:
            raise errors.exceptions[0] from None
        summary = summarise([results[sample.id] for sample in samples], folder)
        with disk(folder):
            (folder / "summary.json").write_text(json.dumps(summary.as_json(), indent=2) + "\n")
        return summary


async def _result(
    policy: Policy,
    sample: Sample,
    folder: Path,
    limits: Limits,
    second_look: SecondLook | None,
) -> Result:
    """Play one sample from the start, whatever an interrupted episode has left of it."""
    environment = sample.make(policy)
    place = folder / file_name(sample.id)
    with disk(folder):
        if (place / "trajectory.jsonl").exists():
            shutil.rmtree(place)
    recorder = Recorder(place, folder / "images")
    trajectory = await rollout(
        policy, environment, recorder, limits, sample.task, second_look=second_look
    )
    end = trajectory.end
    assert end is not None
    looks = [check.passed for check in end.checks if check.by == "second look"]
    return Result(
        sample.id,
        sample.cells,
        end.score.value if end.score else None,
        end.score.why if end.score else "",
        end.status,
        end.reason,
        len(trajectory.steps),
        round(end.seconds, 3),
        trajectory.folder.name,
        end.score.by_other_rules if end.score else {},
        _first_picture(trajectory) if sample.is_still else "",
        looks[0] if looks else None,
    )


def _first_picture(trajectory: Trajectory) -> str:
    """The hash of the first screen; empty where the episode broke before it."""
    view = trajectory.steps[0].seen.view if trajectory.steps else None
    return Path(view.image).stem if view else ""


def read_results(folder: Path) -> list[Result]:
    """The results of an evaluation so far; a last line that was cut off by a kill is left out.

    Raises:
        UsageError: there is no evaluation in this folder.
        InconsistentData: a line cannot be read.
    """
    path = folder / "results.jsonl"
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"no evaluation at {folder}: there is no {path}") from error
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    results: dict[str, Result] = {}
    for number, line in enumerate(lines, 1):
        try:
            result = _RESULT.validate_json(line)
        except ValidationError as error:
            raise InconsistentData(f"{path}, line {number}: {error}") from error
        results[result.id] = result
    return list(results.values())


@contextmanager
def _results_of(folder: Path) -> Iterator[BinaryIO]:
    """The file of results, open at its end, for this process alone."""
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lines = (folder / "results.jsonl").open("ab", buffering=0)
    with lines:
        try:
            fcntl.flock(lines, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"another process is evaluating into {folder}") from error
        yield lines


def _recorded(
    folder: Path, policy: Policy, samples: Sequence[Sample], limits: Limits
) -> list[Result]:
    """What the folder holds of this evaluation; a line that was cut off is taken away.

    Raises:
        UsageError: it holds another one.
    """
    results = read_results(folder)
    with disk(folder), (folder / "results.jsonl").open("rb+") as lines:
        lines.truncate(lines.read().rfind(b"\n") + 1)
    tasks = {sample.id: sample.task for sample in samples}
    for result in results:
        if result.id not in tasks:
            raise UsageError(
                f"{folder} holds an evaluation with other samples ({result.id}); "
                "choose another --out"
            )
        start = read_start(folder / result.trajectory)
        for what, recorded, wanted in (
            ("policy", start.policy, policy.describe()),
            ("set of limits", start.limits, asdict(limits)),
            ("task", start.task or {}, tasks[result.id]),
        ):
            wanted = json.loads(json.dumps(wanted, default=str))
            names = [name for name in {**recorded, **wanted} if _differ(name, recorded, wanted)]
            if names:
                raise UsageError(
                    f"{folder} holds an evaluation with another {what} ({result.id}: "
                    f"{', '.join(names)}); choose another --out"
                )
    return results


def _differ(name: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (name in one, one.get(name)) != (name in other, other.get(name))


def summarise(results: Sequence[Result], folder: Path) -> Summary:
    """The cells in order of first appearance, then `all`."""
    names = list(dict.fromkeys(cell for result in results for cell in result.cells))
    cells = {
        name: cell_of([result for result in results if name in result.cells]) for name in names
    }
    cells["all"] = cell_of(results)
    seconds = sorted(result.seconds for result in results)
    looked = [result for result in results if result.second_look is not None]
    judged = [result for result in looked if result.score is not None]
    return Summary(
        cells,
        faults=sum(result.score is None for result in results),
        median_s=seconds[len(seconds) // 2],
        clusters=len({_cluster(result) for result in results if result.score is not None}),
        folder=folder,
        second_looks=len(looked),
        disputed=sum(result.second_look is False for result in looked),
        misjudged=sum(result.second_look is not (result.score == 1) for result in judged),
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


def file_name(sample_id: str) -> str:
    """A sample's id as a folder name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", sample_id) or "-"
