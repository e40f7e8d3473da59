"""Watchers of an episode: who is told how it goes, and changes nothing."""

from pathlib import Path

from vigorl.agent.record.trajectory import Seen, StepRecord


class Watcher:
    """Somebody who is told how an episode goes; this one is not interested."""

    def recording(self, folder: Path) -> None:
        """The record begins, in this folder."""

    def stage(self, what: str) -> None:
        """Something that takes time begins: `starting Chromium`."""

    def seen(self, index: int, seen: Seen) -> None:
        """The policy is about to choose step `index` (from 0) by what it sees."""

    def step(self, record: StepRecord) -> None:
        """A step is chosen and recorded; it is carried out next."""


class Watchers(Watcher):
    """Several watchers, told one after the other."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def recording(self, folder: Path) -> None:
        """Tell each of them."""
        for each in self._watchers:
            each.recording(folder)

    def stage(self, what: str) -> None:
        """Tell each of them."""
        for each in self._watchers:
            each.stage(what)

    def seen(self, index: int, seen: Seen) -> None:
        """Tell each of them."""
        for each in self._watchers:
            each.seen(index, seen)

    def step(self, record: StepRecord) -> None:
        """Tell each of them."""
        for each in self._watchers:
            each.step(record)
