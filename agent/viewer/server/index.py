"""RunIndex: all run folders below the shown ones, in memory, kept up to date by looking again.

A look asks the system for the time of change of every folder, and of every record; it lists and
reads again only what has changed. Nothing is written anywhere. The first look may take seconds:
it goes on in the background, and lists show what has been found so far.
"""

import os
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vigorl.agent.viewer.server.entry import RECORD_FILE, EpisodeEntry, FileStamp, read_entry
from vigorl.agent.viewer.server.places import Places
from vigorl.browser.text import whole

CollectionKind = Literal["evaluation", "training", "search", "study"]
MARKERS: dict[str, CollectionKind] = {
    "results.jsonl": "evaluation",
    "ablation.json": "study",
    "metrics.jsonl": "training",
}
"""Files that tell what a folder holds. A search is told by the trees in the folders below it."""
TREE_FILE = "tree.json"
AGAIN_S = 1.0
"""Seconds after a look during which lists show what it has found, …"""
REST = 10
"""… and so many times the seconds that it took, so that looking is not all that is done."""
_UNENTERED = frozenset({"images", "checkpoints", "model", "node_modules", "__pycache__"})
_SETTLED_NS = 2_000_000_000
"""A folder that had changed so shortly before it was listed may have changed again unseen."""
_OFTEN = 500
"""Episodes after which the first look shows what it has found so far."""


@dataclass(frozen=True, slots=True)
class CollectionEntry:
    """A folder of many episodes."""

    kind: CollectionKind
    place: str
    changed_ns: int

    @property
    def name(self) -> str:
        """The last part of its place."""
        return self.place.rpartition("/")[2]


@dataclass(frozen=True)
class Snapshot:
    """What a look has found."""

    episodes: tuple[EpisodeEntry, ...] = ()
    collections: tuple[CollectionEntry, ...] = ()
    is_whole: bool = False
    """The look has come to its end."""
    unread: tuple[str, ...] = ()
    """Folders that the system refused, and why."""

    def below(self, place: str) -> list[EpisodeEntry]:
        """The episodes in a folder and the folders below it."""
        prefix = f"{place}/"
        return [each for each in self.episodes if each.place.startswith(prefix)]


@dataclass(frozen=True, slots=True)
class _Listing:
    """A folder that is no episode, as it was listed."""

    changed_ns: int
    is_settled: bool
    folders: tuple[str, ...]
    kind: CollectionKind | None
    has_tree: bool


@dataclass
class _Look:
    """A look under way."""

    episodes: dict[str, EpisodeEntry] = field(default_factory=dict)
    listings: dict[str, _Listing] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def snapshot(self, is_whole: bool) -> Snapshot:
        searches = {
            place.rpartition("/")[0]: listing
            for place, listing in self.listings.items()
            if listing.has_tree
        }
        collections = [
            CollectionEntry(listing.kind, place, listing.changed_ns)
            for place, listing in self.listings.items()
            if listing.kind is not None
        ]
        collections += [
            CollectionEntry("search", place, self.listings[place].changed_ns)
            for place in searches
            if place in self.listings
        ]
        return Snapshot(
            tuple(self.episodes.values()), tuple(collections), is_whole, tuple(self.unread)
        )


class RunIndex:
    """The index of what is below the shown folders."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._found = _Look()
        self._snapshot = Snapshot()
        self._again_s = float("-inf")
        self._over = threading.Event()
        self._is_looking = False

    @property
    def latest(self) -> Snapshot:
        """What the last look has found, without another."""
        return self._snapshot

    def snapshot(self, wait_s: float = 0.4) -> Snapshot:
        """What is there; after a new look where the last one is not fresh.

        Args:
            wait_s: How long to wait for that look; then what the one before found is returned,
                or what the first one has found so far.
        """
        with self._lock:
            if not self._is_looking and time.monotonic() >= self._again_s:
                self._is_looking = True
                self._over.clear()
                threading.Thread(target=self._look, name="index", daemon=True).start()
        self._over.wait(wait_s)
        return self._snapshot

    def _look(self) -> None:
        began_s = time.monotonic()
        try:
            look = _Look()
            for name, root in self._places.roots.items():
                for count, _ in enumerate(self._visit(look, str(root), name), 1):
                    if not self._snapshot.is_whole and count % _OFTEN == 0:
                        self._snapshot = look.snapshot(is_whole=False)
            self._found, self._snapshot = look, look.snapshot(is_whole=True)
        finally:
            ended_s = time.monotonic()
            self._again_s = ended_s + max(AGAIN_S, REST * (ended_s - began_s))
            self._is_looking = False
            self._over.set()

    def _visit(self, look: _Look, root: str, name: str) -> Iterator[None]:
        """Look at every folder below a shown one; yields at each episode."""
        left = [(root, name)]
        while left:
            path, place = left.pop()
            if whole(place) != place:
                look.unread.append(f"{place}: its name is no text, so that nothing can lead there")
                continue
            try:
                if (entry := self._episode(path, place)) is not None:
                    look.episodes[place] = entry
                    yield
                    continue
                listing = look.listings[place] = self._listing(path, place)
            except FileNotFoundError:
                continue  # gone meanwhile
            except OSError as error:
                look.unread.append(f"{place}: {error.strerror or error}")
                continue
            left += ((f"{path}/{each}", f"{place}/{each}") for each in listing.folders)

    def _episode(self, path: str, place: str) -> EpisodeEntry | None:
        """The episode of a folder; None where it holds none."""
        try:
            found = os.lstat(f"{path}/{RECORD_FILE}")
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        before = self._found.episodes.get(place)
        if before is not None and before.stamp == FileStamp.of(found):
            return before
        return read_entry(Path(path), place, before)

    def _listing(self, path: str, place: str) -> _Listing:
        """The folders in a folder, and what it is."""
        changed_ns = os.stat(path).st_mtime_ns
        before = self._found.listings.get(place)
        if before is not None and before.is_settled and before.changed_ns == changed_ns:
            return before
        is_settled = time.time_ns() - changed_ns > _SETTLED_NS
        names, folders = set(), []
        with os.scandir(path) as entries:
            for entry in entries:
                names.add(entry.name)
                is_hidden = entry.name.startswith(".") or entry.name in _UNENTERED
                if entry.is_dir(follow_symlinks=False) and not is_hidden:
                    folders.append(entry.name)
        kind = next((kind for file, kind in MARKERS.items() if file in names), None)
        return _Listing(changed_ns, is_settled, tuple(folders), kind, TREE_FILE in names)
