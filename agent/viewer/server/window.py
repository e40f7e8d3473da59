"""StepWindow: as much of an episode as a page holds, however long its record is.

A record of 200 MB is gone through line by line; the lines that the page shows are parsed, and the
others only counted.
"""

from collections.abc import Sequence
from contextlib import suppress
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

    left_out: tuple[int, ...] = ()
    """Lines among them that cannot be read, counted from 1."""

    @property
    def last(self) -> int:
        """Number of the last step; less than the first where there is none."""
        return self.first + len(self.trajectory.steps) + len(self.left_out) - 1

    @property
    def is_whole(self) -> bool:
        """Whether these are all the steps."""
        return self.first == 1 and self.last == self.total


def read_window(folder: Path, first: int = 1) -> StepWindow:
    """Read the steps that a page shows.

    Args:
        folder: Of the episode.
        first: Number of the step to begin with, from 1; the last one where there are fewer.

    Raises:
        UsageError: there is no episode in this folder, or none that can be shown.
    """
    path = folder / RECORD_FILE
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UsageError(f"no episode at {folder}: there is no {path.name}") from error
    if size <= MOST_BYTES:
        with suppress(InconsistentData):
            trajectory = read_trajectory(folder)
            total = len(trajectory.steps)
            if total <= MOST_STEPS:
                return StepWindow(trajectory, 1, total)
    return _part(path, first)


def _part(path: Path, first: int) -> StepWindow:
    with path.open("rb") as file:
        ends = _line_ends(file)
        start = _record(file, ends, 0) if ends else None
        if not isinstance(start, StartRecord):
            raise UsageError(f"{path} holds no recorded episode: its first line is no start of one")
        last = _record(file, ends, len(ends) - 1)
        end = last if isinstance(last, EndRecord) else None
        total = len(ends) - 1 - (end is not None)
        steps: list[StepRecord] = []
        left_out: list[int] = []
        first = max(1, min(first, total))
        for number in range(first, min(first + MOST_STEPS, total + 1)):
            if number > first and ends[number] - ends[first - 1] > MOST_BYTES:
                break
            record = _record(file, ends, number)
            if isinstance(record, StepRecord):
                steps.append(record)
            else:
                left_out.append(number + 1)
    trajectory = Trajectory(path.parent, start, tuple(steps), end)
    return StepWindow(trajectory, first, total, tuple(left_out))


def _record(file: BinaryIO, ends: Sequence[int], number: int) -> Record | None:
    """The record of a line, counted from 0; None where it cannot be read."""
    begin = ends[number - 1] if number else 0
    length = ends[number] - begin
    if length > LONGEST_LINE:
        return None
    file.seek(begin)
    try:
        return RECORD.validate_json(file.read(length))
    except ValidationError:
        return None


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
