"""metrics.jsonl of a training: a line at a time, whole or cut away, written by one process.

The process that writes them holds the folder: nobody else trains into it meanwhile. What was noted
of steps that no checkpoint holds is dropped when a training goes on, since they are made again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

from vigorl.browser.run_folder import LineFile, claimed, disk, whole_lines, write_json


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
    path = folder / "metrics.jsonl"
    with claimed(folder, "training"), LineFile(path) as lines:
        with disk(folder):
            known = whole_lines(path)
        kept = takewhile(lambda line: json.loads(line)["step"] <= step, known)
        lines.keep(sum(map(len, kept)))
        yield lambda line: lines.append(json.dumps(line).encode())


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write config.json, whole.

    Raises:
        StorageFault: the disk refuses.
    """
    write_json(folder / "config.json", config)
