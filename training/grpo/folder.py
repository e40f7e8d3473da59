"""The folder of a training by doing: what it was asked for, what it has noted, its checkpoints.

A kill at any moment leaves no file half-written under its own name: files appear by renaming, and
lines are whole or cut away. One process at a time may train into a folder.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vigorl.browser.run_folder import Identity, disk, whole_folder
from vigorl.training.grpo.config import RENAMED, GrpoRunConfig
from vigorl.training.run.metrics import metrics_of, write_config

_MAY_CHANGE = ("steps", "checkpoint_every", "episodes_at_once", "device")
"""What may differ when a training goes on."""

_PROGRESS = "progress.json"
_PART = ".part"


class PracticeFolder:
    """Where one training by doing is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checkpoints = path / "checkpoints"

    def check(self, config: GrpoRunConfig) -> None:
        """Look, without leaving a trace, whether this is the folder of such a training.

        Raises:
            UsageError: it holds another one, or something else.
        """
        Identity("training", _as_json(config), _MAY_CHANGE, "group_size", flat=_today).check(
            self.path
        )

    @contextmanager
    def claimed(self, config: GrpoRunConfig, step: int) -> Iterator[Callable[[Any], None]]:
        """Write into the folder, alone; yields what notes a line of metrics.

        Args:
            config: What was asked for.
            step: The last update that a checkpoint holds. What was noted of later ones is
                dropped: they are made again.

        Raises:
            UsageError: another process trains into it.
            StorageFault: the disk refuses.
        """
        with metrics_of(self.path, step) as note:
            write_config(self.path, _as_json(config))
            with disk(self.path):
                self._remove_all_but(self.newest())
            yield note

    def newest(self) -> Path | None:
        """The last checkpoint that is whole."""
        found = self._checkpoints.glob(f"*/{_PROGRESS}")
        return max((path.parent for path in found if path.parent.suffix != _PART), default=None)

    def progress(self) -> dict[str, int]:
        """How far the newest checkpoint had come; empty where there is none."""
        newest = self.newest()
        if newest is None:
            return {}
        known: dict[str, int] = json.loads((newest / _PROGRESS).read_text())
        return known

    def save(self, progress: Mapping[str, int], write: Callable[[Path], None]) -> None:
        """Keep a checkpoint, whole or not at all; the one before goes when it is there.

        Args:
            progress: How far the training has come; its `step` names the checkpoint.
            write: Writes everything else into a folder.

        Raises:
            StorageFault: the disk refuses; the checkpoint before is whole.
        """
        final = self._checkpoints / f"{progress['step']:06d}"
        with whole_folder(final) as partial:
            write(partial)
            (partial / _PROGRESS).write_text(json.dumps(progress))
        with disk(self.path):
            self._remove_all_but(final)

    def _remove_all_but(self, kept: Path | None) -> None:
        """Older checkpoints, and what a kill has left of others."""
        for path in self._checkpoints.glob("*"):
            if path != kept:
                shutil.rmtree(path)


def _as_json(config: GrpoRunConfig) -> dict[str, Any]:
    """The configuration as it is read back from its file."""
    asked: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    update = asked.pop("update")
    return {**asked, **{f"update.{name}": value for name, value in update.items()}}


def _today(known: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration by the names of today."""
    return {RENAMED.get(name, name): value for name, value in known.items()}
