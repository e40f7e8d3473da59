"""Many episodes, one table: the same rollout over a list of samples.

An evaluation's folder::

    results.jsonl        one line a sample, written when its episode ends
    summary.json         the cells of the table
    images/              every picture once
    <sample>/            the sample's trajectory
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from vigorl.agent.rollout import Limits, rollout
from vigorl.agent.statistics import Cell, wilson
from vigorl.agent.trajectory import Recorder, Status, as_json
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, UsageError, VigorlError
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture
from vigorl.browser.screenshot import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.policy import Policy


@dataclass(frozen=True)
class Sample:
    """One episode to be played: how to make its world, and the cells it counts in."""

    id: str
    cells: tuple[str, ...]
    task: dict[str, Any]
    make: Callable[[Policy], Environment]


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


@dataclass(frozen=True)
class Summary:
    """The table of an evaluation."""

    cells: dict[str, Cell]
    faults: int
    """Episodes without a score: the infrastructure broke, nobody could judge."""
    median_s: float
    """Median wall clock of an episode."""
    folder: Path

    def as_json(self) -> dict[str, Any]:
        """The form of `summary.json` and of `--json`."""
        return {
            "cells": {name: asdict(cell) for name, cell in self.cells.items()},
            "faults": self.faults,
            "median_s": round(self.median_s, 3),
            "folder": str(self.folder),
        }


async def evaluate(
    policy: Policy,
    samples: Sequence[Sample],
    folder: Path,
    *,
    limits: Limits,
    workers: int = 1,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Summary:
    """Play every sample once, at most `workers` at a time.

    Args:
        policy: Who plays; shared by all episodes.
        samples: What is played, each in its own world.
        folder: Where results and trajectories are written; must not hold an evaluation yet.
        limits: Of each episode.
        workers: Episodes under way at once.
        on_result: Called as each one ends.

    Raises:
        UsageError: there are no samples, or the folder holds another evaluation.
        StorageFault: the folder cannot be written.
    """
    if not samples:
        raise UsageError("there is nothing to evaluate: no samples")
    if (folder / "results.jsonl").exists():
        raise UsageError(f"{folder} holds an evaluation already; choose another --out")
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    results: dict[str, Result] = {}
    places = asyncio.Semaphore(workers)

    async def play(sample: Sample) -> None:
        async with places:
            environment = sample.make(policy)
            recorder = Recorder(folder / file_name(sample.id), images)
            trajectory = await rollout(policy, environment, recorder, limits, sample.task)
            end = trajectory.end
            assert end is not None
            result = Result(
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
            )
            results[sample.id] = result
            lines.write(json.dumps(as_json(result)) + "\n")
            lines.flush()
            on_result(result)

    try:
        with (folder / "results.jsonl").open("x", encoding="utf-8") as lines:
            async with asyncio.TaskGroup() as group:
                for sample in samples:
                    group.create_task(play(sample))
    except* VigorlError as errors:
        raise errors.exceptions[0] from None
    summary = summarise([results[sample.id] for sample in samples], folder)
    (folder / "summary.json").write_text(json.dumps(summary.as_json(), indent=2) + "\n")
    return summary


def summarise(results: Sequence[Result], folder: Path) -> Summary:
    """The cells in order of first appearance, then `all`."""
    names = list(dict.fromkeys(cell for result in results for cell in result.cells))
    cells = {
        name: wilson([result.score for result in results if name in result.cells]) for name in names
    }
    cells["all"] = wilson([result.score for result in results])
    seconds = sorted(result.seconds for result in results)
    return Summary(
        cells,
        faults=sum(result.score is None for result in results),
        median_s=seconds[len(seconds) // 2],
        folder=folder,
    )


def file_name(sample_id: str) -> str:
    """A sample's id as a folder name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", sample_id) or "-"


class GroundingRow(BaseModel):
    """One entry of a grounding set's `manifest.json`; further keys are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str | int
    image: str
    """Path relative to the manifest."""
    instruction: str
    bbox_xyxy: tuple[float, float, float, float]
    """The target, px of the image."""
    ui_type: Literal["text", "icon"]


def grounding_samples(data: Path, limit: int | None = None) -> list[Sample]:
    """The samples of a folder with `manifest.json`: click what the instruction names.

    Raises:
        UsageError: no manifest, or one whose entries are broken; names the entry and the fix.
    """
    rows = _read_manifest(data)[:limit]
    seen: set[str] = set()
    for row in rows:
        if (key := file_name(str(row.id))) in seen:
            raise UsageError(f"{data}/manifest.json: the id {row.id!r} stands there twice")
        seen.add(key)
        if not (data / row.image).is_file():
            raise UsageError(f"{data}/manifest.json, entry {row.id!r}: no image {row.image!r}")

    return [_grounding_sample(data, row) for row in rows]


def _grounding_sample(data: Path, row: GroundingRow) -> Sample:
    def make(_: Policy) -> Environment:
        picture = Picture.from_bytes((data / row.image).read_bytes())
        target = Box(*row.bbox_xyxy)
        if not Box(0, 0, picture.width_px, picture.height_px).contains(target.center):
            raise InconsistentData(
                f"{data}/manifest.json, entry {row.id!r}: bbox_xyxy {row.bbox_xyxy} lies outside "
                f"of its image of {picture.width_px} x {picture.height_px} px"
            )
        return ZoomEnvironment(StaticScreenshot(picture, row.instruction, target))

    return Sample(str(row.id), (row.ui_type,), row.model_dump(mode="json"), make)


def _read_manifest(data: Path) -> list[GroundingRow]:
    path = data / "manifest.json"
    try:
        rows = TypeAdapter(list[GroundingRow]).validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise UsageError(
            f"no {path}: --data takes a folder with a manifest.json, a list of "
            '{"id", "image", "instruction", "bbox_xyxy", "ui_type"}'
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = " → ".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            f"{path}: {first['msg']} at {place} ({error.error_count()} such problems in all)"
        ) from error
    for row in rows:
        left, top, right, bottom = row.bbox_xyxy
        if not (left < right and top < bottom):
            raise UsageError(
                f"{path}, entry {row.id!r}: bbox_xyxy {row.bbox_xyxy} is not left, top, right, "
                "bottom with left < right and top < bottom"
            )
    return rows
