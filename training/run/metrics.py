"""metrics.jsonl of a training: a line at a time, whole or cut away, written by one process.

Whoever holds the file holds the folder: nobody else trains into it meanwhile. What was noted of
steps that no checkpoint holds is dropped when a training goes on, since they are made again.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from vigorl.agent.record.trajectory import disk
from vigorl.browser.errors import UsageError


@contextmanager
def metrics_of(folder: Path, step: int) -> Iterator[Callable[[Mapping[str, float]], None]]:
    """The metrics of a folder, for this process alone; yields what notes a line.

    Args:
        folder: Of the training; made where it is not there.
        step: The last one that a checkpoint holds.

    Raises:
        UsageError: another process trains into it.
        StorageFault: the disk refuses.
    """
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lines = (folder / "metrics.jsonl").open("ab+", buffering=0)
    with lines:
        try:
            fcntl.flock(lines, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"another process is training into {folder}") from error
        with disk(folder):
            lines.truncate(_length_until(lines, step))

        def note(line: Mapping[str, float]) -> None:
            with disk(folder):
                lines.write(json.dumps(line).encode() + b"\n")

        yield note


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write config.json, whole.

    Raises:
        StorageFault: the disk refuses.
    """
    partial = folder / "config.json.part"
    with disk(folder):
        partial.write_text(json.dumps(config, indent=1, default=str) + "\n")
        os.replace(partial, folder / "config.json")


def _length_until(lines: BinaryIO, step: int) -> int:
    """Bytes of the whole lines up to a step; they are in its order."""
    lines.seek(0)
    length = 0
    for line in lines.read().splitlines(keepends=True):
        if not line.endswith(b"\n") or json.loads(line)["step"] > step:
            break
        length += len(line)
    return length
