"""What a search writes: its trees, each in a file that is only ever replaced whole.

::

    OUT/
        config.json                  how
        images/                      every picture once
        <sample>/tree.json           the tree, after its last simulation
        <sample>/0007/               its eighth episode, as `rollout` records them
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.record.trajectory import disk
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.training.run.metrics import write_config
from vigorl.training.search.search_tree import Tree

TREE = "tree.json"


@dataclass(frozen=True)
class StoredTree:
    """A tree as it is written."""

    sample: str
    task: dict[str, Any]
    """The sample's frozen row."""
    plays: int
    """Episodes that were played for it."""
    tree: Tree


_STORED = TypeAdapter(StoredTree)


def play_folder(sample: Path, number: int) -> Path:
    """Where an episode of a sample's search is recorded."""
    return sample / f"{number:04d}"


def write_tree(stored: StoredTree, folder: Path) -> None:
    """Replace the tree of a sample's folder.

    Raises:
        StorageFault: the disk refuses; the tree before is whole.
    """
    partial = folder / f"{TREE}.part"
    with disk(folder):
        partial.write_bytes(_STORED.dump_json(stored))
        os.replace(partial, folder / TREE)


def read_tree(folder: Path) -> StoredTree:
    """The tree of a sample's folder.

    Raises:
        InconsistentData: it cannot be read.
    """
    path = folder / TREE
    try:
        return _STORED.validate_json(path.read_bytes())
    except ValidationError as error:
        raise InconsistentData(f"{path} is no tree: {error.errors()[0]['msg']}") from error


@contextmanager
def claimed(
    folder: Path, search: Mapping[str, Any], policy: Mapping[str, Any], may_change: tuple[str, ...]
) -> Iterator[None]:
    """A folder for this process alone, with how is searched and who is asked written into it.

    Raises:
        UsageError: the folder holds another search, or something else, or another process searches
            into it.
        StorageFault: it cannot be written.
    """
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"another process is searching into {folder}") from error
        asked = json.loads(json.dumps({"search": search, "policy": policy}, default=str))
        if (folder / "config.json").exists():
            _check(folder, {**asked["search"], **asked["policy"]}, may_change)
        write_config(folder, asked)
        yield
    finally:
        os.close(opened)


def _check(folder: Path, asked: Mapping[str, Any], may_change: tuple[str, ...]) -> None:
    path = folder / "config.json"
    try:
        known = json.loads(path.read_bytes())
        before = {**known["search"], **known["policy"]}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} holds something else ({path}): choose another --out") from error
    differing = [
        name for name in asked if before.get(name) != asked[name] and name not in may_change
    ]
    if differing:
        raise UsageError(
            f"{folder} holds a search with another {', '.join(differing)}: choose another --out"
        )
