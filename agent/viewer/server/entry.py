"""EpisodeEntry: what a list knows of an episode, read from both ends of its record.

A record may have 200 MB, and there may be ten thousand: of each, the first line and the last one
are parsed, and the lines between are counted. One that has grown is counted from where it ended.
"""

import io
import json
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import Status
from vigorl.agent.viewer.show import STATUS_WORDS, policy_name
from vigorl.browser.environment import is_solved

EntryStatus = Literal["done", "gave_up", "limit", "fault", "interrupted", "running", "unreadable"]
"""As in a record; or without an end yet, or no record of ours."""

RECORD_FILE = "trajectory.jsonl"
RUNNING_S = 120.0
"""So long after its last line a record without an end counts as being written."""
LONGEST_LINE = 4 << 20
"""Bytes of a first or last line that are read for a list."""
_CHUNK = 1 << 20
_TAIL = 1 << 15
_SMALL = 1 << 18
"""Bytes of a record that is read at once."""
_LOOKED_THROUGH = 1 << 20
_SHOWN = re.compile(rb'"view": ?\{"image": ?"([^"\\]{1,300})"')
"""A view in a record. In a text of a page or a model, its quotation marks have backslashes."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells whether a file is still the one that was read."""

    inode: int
    size: int
    changed_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "FileStamp":
        """Of a file as it is now."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class EpisodeEntry:
    """One episode in a list; texts are plain and on one line."""

    place: str
    stamp: FileStamp
    lines: int
    """Whole ones of the record."""
    goal: str = ""
    policy: str = ""
    task: str = ""
    started_at: str = ""
    """ISO 8601, or empty."""
    ending: Status | None = None
    """None where the record has no end."""
    reason: str = ""
    why: str = ""
    """What the judge said."""
    answer: str = ""
    verified: bool | None = None
    """As in `EndRecord`."""
    score: float | None = None
    seconds: float | None = None
    picture: str = ""
    """The last screen: a path relative to the episode's folder."""
    broken: str = ""
    """Why the record cannot be read; empty where it can."""

    @property
    def steps(self) -> int:
        """Turns that are recorded."""
        return max(0, self.lines - 1 - (self.ending is not None))

    @property
    def status(self) -> EntryStatus:
        """How it ended, or that it has not."""
        if self.broken:
            return "unreadable"
        if self.ending is not None:
            return self.ending
        is_fresh = time.time() - self.stamp.changed_ns / 1e9 < RUNNING_S
        return "running" if is_fresh else "interrupted"

    @property
    def ended(self) -> tuple[str, str]:
        """How it ended, in words, and the tone in which that is said."""
        match self.status:
            case "done" if self.verified is None:
                return "done, unchecked", "plain"
            case "done":
                return ("done", "good") if self.verified else ("missed", "warn")
            case "running":
                return "running", "plain"
            case "unreadable":
                return "not readable", "bad"
            case status:
                return STATUS_WORDS[status], "bad" if status == "fault" else "warn"

    @property
    def day_and_time(self) -> str:
        """When it began, in UTC, as a list says it."""
        try:
            began = datetime.fromisoformat(self.started_at).astimezone(UTC)
        except (ValueError, OverflowError):
            return self.started_at
        return f"{began:%Y-%m-%d %H:%M}"

    @property
    def told(self) -> str:
        """What there is to say of its end: not readable, the reason, the judge's words."""
        return self.broken or self.reason or self.why

    @property
    def task_name(self) -> str:
        """Of its task, without the seed."""
        return self.task.partition(":")[0]

    @property
    def name(self) -> str:
        """The last part of its place."""
        return self.place.rpartition("/")[2]


def read_entry(folder: Path, place: str, before: EpisodeEntry | None = None) -> EpisodeEntry:
    """Read what a list shows of the record in a folder.

    Args:
        folder: Of the episode.
        place: Of the same.
        before: What was read of it earlier.

    Raises:
        OSError: it cannot be read.
    """
    with (folder / RECORD_FILE).open("rb") as opened:
        stamp = FileStamp.of(os.fstat(opened.fileno()))
        is_small = stamp.size <= _SMALL
        file = io.BytesIO(opened.read(stamp.size)) if is_small else opened
        lines = _count(file, before, stamp)
        file.seek(0)
        first = _parsed(file.readline(LONGEST_LINE))
        last = _parsed(_last_line(file, stamp.size)) if lines > 1 else {}
        picture = _last_screen(file, stamp.size)
    if first.get("type") != "start":
        return EpisodeEntry(place, stamp, lines, broken="its first line is no start of an episode")
    return EpisodeEntry(place, stamp, lines, picture=picture, **_about(first), **_came_of(last))


def _count(file: BinaryIO, before: EpisodeEntry | None, stamp: FileStamp) -> int:
    """Lines that are whole, up to the size of the stamp."""
    count = at = 0
    if before and before.stamp.inode == stamp.inode and before.stamp.size <= stamp.size:
        count, at = before.lines, before.stamp.size
    file.seek(at)
    while at < stamp.size and (chunk := file.read(min(_CHUNK, stamp.size - at))):
        count += chunk.count(b"\n")
        at += len(chunk)
    return count


def _last_line(file: BinaryIO, size: int) -> bytes:
    """The last whole line; empty where it is too long for a list."""
    length = _TAIL
    while True:
        file.seek(max(0, size - length))
        tail = file.read(min(length, size))
        end = tail.rfind(b"\n")
        start = tail.rfind(b"\n", 0, max(0, end))
        if end > 0 and (start >= 0 or length >= size):
            return tail[start + 1 : end]
        if length >= min(size, LONGEST_LINE):
            return b""
        length *= 8


def _last_screen(file: BinaryIO, size: int) -> str:
    """The picture that was seen last, by its path; empty where none is near the end."""
    for length in (_TAIL, _LOOKED_THROUGH):
        file.seek(max(0, size - length))
        if shown := _SHOWN.findall(file.read(min(length, size))):
            return str(shown[-1].decode(errors="replace"))
        if length >= size:
            break
    return ""


def _parsed(line: bytes) -> dict[str, Any]:
    """A line as JSON; empty where it is none, or no object."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return _object(value)


def _object(value: Any) -> dict[str, Any]:
    """An object of JSON; empty where it is none."""
    return value if isinstance(value, dict) else {}


def _text(value: object, limit: int = 400) -> str:
    return one_line(value, limit) if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e15 else None


def _about(start: dict[str, Any]) -> dict[str, Any]:
    """What the first line says."""
    task = _object(start.get("task"))
    policy = start.get("policy")
    name, seed = task.get("name"), task.get("seed")
    return {
        "goal": _text(task.get("goal")) or _text(start.get("goal")),
        "policy": _text(policy_name(policy), 80) if isinstance(policy, dict) else "",
        "task": _text(name, 80) + (f":{seed}" if name and isinstance(seed, int) else ""),
        "started_at": _text(start.get("started_at"), 40),
    }


def _came_of(last: dict[str, Any]) -> dict[str, Any]:
    """What the last line says, where it is an end."""
    if last.get("type") != "end" or last.get("status") not in get_args(Status):
        return {}
    score = _object(last.get("score"))
    return {
        "ending": last["status"],
        "reason": _text(last.get("reason")),
        "why": _text(score.get("why")),
        "answer": _text(last.get("answer")),
        "verified": _verified(last, _number(score.get("value"))),
        "score": _number(score.get("value")),
        "seconds": _number(last.get("seconds")),
    }


def _verified(end: dict[str, Any], score: float | None) -> bool | None:
    if end["status"] != "done":
        return None
    if score is not None:
        return is_solved(score)
    checks = end.get("checks")
    if not isinstance(checks, list) or not checks:
        return None
    return all(isinstance(check, dict) and check.get("passed") is True for check in checks)
