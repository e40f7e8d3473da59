"""StepWindow: as much of an episode as a page holds, however long its record is.

A record of 200 MB is gone through line by line; the lines that the page shows are parsed, and the
others only counted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from vigorl.agent.record.trajectory import (
    RECORD,
    EndRecord,
    Record,
    StartRecord,
    StepRecord,
    Trajectory,
    read_trajectory,
)
from vigorl.agent.viewer.server.entry import RECORD_FILE
from vigorl.browser.errors import InconsistentData, UsageError

MOST_STEPS = 100
"""Of one page."""
MOST_BYTES = 8 << 20
"""Of the lines of one page; one step is shown in any case."""
LONGEST_LINE = 32 << 20
"""Bytes of a line that is still parsed."""


@dataclass(frozen=True)
class StepWindow:
    """Some steps of an episode, with its start and its end."""

    trajectory: Trajectory
    """With these steps alone."""
    first: int
    """Number of the first, from 1."""
    total: int
    """Steps of the whole episode."""

    @property
    def last(self) -> int:
        """Number of the last step; less than the first where there is none."""
        return self.first + len(self.trajectory.steps) - 1

    @property
    def is_whole(self) -> bool:
        """Whether these are all the steps."""
        return len(self.trajectory.steps) == self.total


def read_window(folder: Path, first: int = 1) -> StepWindow:
    """Read the steps that a page shows.

    Args:
        folder: Of the episode.
        first: Number of the step to begin with, from 1; the last one where there are fewer.

    Raises:
        UsageError: there is no episode in this folder.
        InconsistentData: a line cannot be read.
    """
    path = folder / RECORD_FILE
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UsageError(f"no episode at {folder}: there is no {path.name}") from error
    if size <= MOST_BYTES:
        trajectory = read_trajectory(folder)
        total = len(trajectory.steps)
        if total <= MOST_STEPS:
            return StepWindow(trajectory, 1, total)
    return _part(path, first)


def _part(path: Path, first: int) -> StepWindow:
    with path.open("rb") as file:
        ends = _line_ends(file)

        def record_at(number: int) -> Record:
            """The record of a line, counted from 0."""
            begin = ends[number - 1] if number else 0
            length = ends[number] - begin
            if length > LONGEST_LINE:
                raise InconsistentData(
                    f"{path}, line {number + 1} has {length:,} bytes: too many for a page"
                )
            file.seek(begin)
            try:
                return RECORD.validate_json(file.read(length))
            except ValidationError as error:
                told = error.errors()[0]["msg"]
                raise InconsistentData(f"{path}, line {number + 1}: {told}") from error

        start = record_at(0) if ends else None
        if not isinstance(start, StartRecord):
            raise UsageError(f"{path} holds no recorded episode")
        last = record_at(len(ends) - 1)
        end = last if isinstance(last, EndRecord) else None
        total = len(ends) - 1 - (end is not None)
        steps: list[StepRecord] = []
        first = max(1, min(first, total))
        for number in range(first, min(first + MOST_STEPS, total + 1)):
            if steps and ends[number] - ends[first - 1] > MOST_BYTES:
                break
            step = record_at(number)
            if not isinstance(step, StepRecord):
                raise InconsistentData(f"{path}, line {number + 1}: records out of order")
            steps.append(step)
    return StepWindow(Trajectory(path.parent, start, tuple(steps), end), first, total)


def _line_ends(file: BinaryIO) -> list[int]:
    """Where each whole line ends, its end included."""
    ends: list[int] = []
    at = 0
    while chunk := file.read(1 << 20):
        place = chunk.find(b"\n")
        while place >= 0:
            ends.append(at + place + 1)
            place = chunk.find(b"\n", place + 1)
        at += len(chunk)
    return ends
