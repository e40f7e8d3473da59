"""Run folders as they are recorded, small and quickly written."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from vigorl.agent.record.trajectory import (
    RECORD,
    EndRecord,
    Record,
    Seen,
    SeenView,
    StartRecord,
    Status,
    StepRecord,
)
from vigorl.browser.actions import Click
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.picture import Picture
from vigorl.policy.policy import Turn

FRAME = Frame.of_viewport(64, 36)


def picture(colour: str) -> Picture:
    return Picture.from_image(Image.new("RGB", (64, 36), colour))


def write_picture(folder: Path, colour: str) -> str:
    """A picture in an episode's folder; its path as records have it."""
    shown = picture(colour)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images" / f"{shown.sha256}.png").write_bytes(shown.data)
    return f"images/{shown.sha256}.png"


def write_episode(
    folder: Path,
    goal: str = "Find it",
    policy: str = "nano",
    score: float | None = 1.0,
    status: Status | None = "done",
    thoughts: Sequence[str] = ("I press it.",),
    colour: str = "white",
    **more: Any,
) -> Path:
    """An episode's folder; without an end where it has no status."""
    image = write_picture(folder, colour)
    task = more.pop("task", {"name": "mail", "goal": goal, "seed": 1})
    started_at = more.pop("started_at", "2026-11-29T12:00:00+00:00")
    seen = Seen(SeenView(image, FRAME, "screen"), "http://a.test/", "A", (), (), None, False)
    records: list[Record] = [StartRecord(goal, {"name": policy}, {}, task, started_at)]
    for index, thought in enumerate(thoughts):
        turn = Turn(f"<think> {thought} </think>", thought, (), Click(Point(9, 9)))
        records.append(StepRecord(index, seen, turn, 0.1, 0.2))
    if status is not None:
        judged = None if score is None else Score(score, more.pop("why", "the judge says so"))
        end = EndRecord(status, more.pop("reason", ""), None, judged, seen, 12.5)
        records.append(replace(end, **more))
    lines = [RECORD.dump_json(record) + b"\n" for record in records]
    (folder / "trajectory.jsonl").write_bytes(b"".join(lines))
    return folder


def write_evaluation(folder: Path, scores: dict[str, float | None], policy: str = "nano") -> Path:
    """An evaluation, finished: a sample for each name, with this score."""
    results = []
    for name, score in scores.items():
        status: Status = "fault" if score is None else "done"
        task = {"name": name, "goal": f"Do {name}", "seed": 0}
        write_episode(folder / name, f"Do {name}", policy, score, status, task=task)
        results.append(
            {
                **{"id": name, "cells": [name[0]], "score": score, "why": "so", "status": status},
                **{"reason": "", "steps": 1, "seconds": 12.5, "trajectory": name},
            }
        )
    (folder / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in results))
    (folder / "summary.json").write_text("{}")
    return folder
