"""What a search writes: its trees, each in a file that is only ever replaced whole.

::

    OUT/
        config.json                  how
        images/                      every picture once
        <sample>/tree.json           the tree, after its last simulation
        <sample>/0007/               its eighth episode, as `rollout` records them
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigorl.browser.errors import InconsistentData
from vigorl.browser.run_folder import (
    Identity,
    claimed,
    json_values,
    write_json,
    write_whole,
)
from vigorl.training.search.search_tree import SearchTree

TREE = "tree.json"


@dataclass(frozen=True)
class StoredTree:
    """A tree as it is written."""

    sample: str
    task: dict[str, Any]
    """The sample's frozen row."""
    plays: int
    """Episodes that were played for it."""
    tree: SearchTree


_STORED = TypeAdapter(StoredTree)


def play_folder(sample: Path, number: int) -> Path:
    """Where an episode of a sample's search is recorded."""
    return sample / f"{number:04d}"


def write_tree(stored: StoredTree, folder: Path) -> None:
    """Replace the tree of a sample's folder.

    Raises:
        StorageFault: the disk refuses; the tree before is whole.
    """
    write_whole(folder / TREE, _STORED.dump_json(stored), private=False)


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
def search_folder(
    folder: Path, search: Mapping[str, Any], policy: Mapping[str, Any], may_change: tuple[str, ...]
) -> Iterator[None]:
    """A folder for this process alone, with how is searched and who is asked written into it.

    Raises:
        UsageError: the folder holds another search, or something else, or another process searches
            into it.
        StorageFault: it cannot be written.
    """
    asked = json_values({"search": search, "policy": policy})
    identity = Identity("search", _flat(asked), may_change, "simulations", flat=_flat)
    with claimed(folder, "searching"):
        identity.check(folder)
        write_json(folder / "config.json", asked)
        yield


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    return {**config["search"], **config["policy"]}
