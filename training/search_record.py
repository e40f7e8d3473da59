"""What a search writes: its trees, each in a file that is only ever replaced whole.

::

    OUT/
        config.json                  how
        images/                      every picture once
        <sample>/tree.json           the tree, after its last simulation
        <sample>/0007/               its eighth episode, as `rollout` records them
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.trajectory import disk
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.training.search import Tree

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


def claim(
    folder: Path, search: Mapping[str, Any], policy: Mapping[str, Any], may_change: tuple[str, ...]
) -> None:
    """Note how is searched and who is asked, or see that the folder says the same.

    Raises:
        UsageError: the folder holds another search, or something else.
        StorageFault: it cannot be written.
    """
    asked = json.loads(json.dumps({"search": search, "policy": policy}, default=str))
    path = folder / "config.json"
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(json.dumps(asked, indent=1) + "\n")
            return
        text = path.read_text()
    try:
        known = json.loads(text)
        before = {**known["search"], **known["policy"]}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} holds something else ({path}): choose another --out") from error
    now = {**asked["search"], **asked["policy"]}
    differing = [name for name in now if before.get(name) != now[name] and name not in may_change]
    if differing:
        raise UsageError(
            f"{folder} holds a search with another {', '.join(differing)}: choose another --out"
        )
