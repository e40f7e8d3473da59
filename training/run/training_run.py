"""A training run: its folder, its log, its checkpoints, and how it resumes; of SFT and of GRPO.

::

    OUT/
        config.json                  what was asked for
        metrics.jsonl                a line of metrics every few updates, or every rollout batch
        events.out.tfevents.…        the same for TensorBoard, where it is installed
        checkpoints/000010/          the newest checkpoint, by its number of updates:
            progress.json                how far the run had come
            optimizer.pt                 state of the optimizer, float32 masters included
            model/                       plays as --model (of networks)
            adapter/                     LoRA adapters, where these are trained, as peft writes them
            weights.pt                   trained weights (of modules that are no network: nano)

A checkpoint appears whole, by renaming its folder; the one before is kept until then. A kill at
any moment leaves no file half-written under its own name, and one process at a time trains into a
folder. What was logged of updates that no checkpoint holds is dropped when a run resumes, since
they are made again.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import Identity, disk, whole_folder, write_json
from vigorl.training.run.checkpoint_copy import checkpoint_of_all
from vigorl.training.run.metrics import metrics_of
from vigorl.training.run.ranks import Ranks
from vigorl.training.run.tensorboard import open_tensorboard

_PROGRESS = "progress.json"


class Checkpointed(Protocol):
    """What a checkpoint keeps: weights and optimizer, wherever they are."""

    def save(self, folder: Path) -> None:
        """Write what a run resumes from into an empty folder.

        Of several processes all call it, and the first one writes.

        Raises:
            OSError: the disk refuses.
            InfrastructureFault: another process is gone.
        """
        ...

    def load(self, folder: Path) -> None:
        """Resume from what `save` wrote, by however many processes.

        Raises:
            UsageError: it is of another model.
        """
        ...


class TrainingRun:
    """One training run under way: how far it has come, what it logs, and its checkpoints."""

    def __init__(
        self, folder: Path, identity: Identity, trained: Checkpointed, ranks: Ranks | None = None
    ) -> None:
        """Start, or resume from the newest checkpoint of the first process's folder.

        Nothing is written, but for a copy of it where a process has a disk of its own.

        Args:
            folder: Gets everything that is written.
            identity: What was asked for, and what of it may change when the run resumes.
            trained: As it is before the first update; resumes from the newest checkpoint.
            ranks: The processes that train as one; each makes its own `TrainingRun`.

        Raises:
            UsageError: the folder holds another run, or one of an older version that cannot be
                resumed, or the first process lacks a checkpoint that another one has.
            StorageFault: the disk of a process refuses the first one's checkpoint.
        """
        self.folder = folder
        self.ranks = ranks or Ranks()
        self._identity = identity
        self._trained = trained
        check_folder(folder, identity)
        self.progress: dict[str, int] = {"step": 0}
        """Updates made (`step`), and whatever else tells how far the run has come."""
        self._log: list[Callable[[Mapping[str, float]], None]] = []
        newest = checkpoint_of_all(self.ranks, folder / "checkpoints", newest_checkpoint(folder))
        if newest is not None:
            self.progress |= _progress(newest)
            trained.load(newest)
        self._saved = self.step if newest is not None else None
        self.ranks.all_gather(None)  # nobody writes before all have read

    @property
    def step(self) -> int:
        """Updates made."""
        return self.progress["step"]

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Write into the folder, alone: config.json, and a log as long as the block lasts.

        Raises:
            UsageError: another process trains into it.
            StorageFault: the disk refuses.
        """
        if not self.ranks.is_first:
            yield
            return
        with ExitStack() as stack:
            self._log = [stack.enter_context(metrics_of(self.folder, self.step))]
            write_json(self.folder / "config.json", self._identity.asked)
            self._remove_all_but(newest_checkpoint(self.folder))
            self._log.append(stack.enter_context(open_tensorboard(self.folder, self.step)))
            yield

    def log(self, line: Mapping[str, float]) -> None:
        """Append a line of metrics, whose `step` says of which update; the first process alone.

        Raises:
            StorageFault: the disk refuses.
        """
        for log in self._log:
            log(line)

    def save(self) -> Path:
        """Write a checkpoint of this step, whole or not at all, if there is none; its folder.

        Of several processes all call it, and the first one writes.

        Raises:
            StorageFault: the disk refuses; the checkpoint before is whole.
            InfrastructureFault: another process is gone.
        """
        final = self.folder / "checkpoints" / f"{self.step:06d}"
        if self.step == self._saved:
            return final
        if self.ranks.is_first:
            with whole_folder(final) as partial:
                self._trained.save(partial)
                (partial / _PROGRESS).write_text(json.dumps(self.progress))
            self._remove_all_but(final)
        else:
            self._trained.save(final)
        self._saved = self.step
        return final

    def save_alone(self) -> None:
        """Keep what was learnt where something ends the run; of several processes, nothing.

        Where one of several ends, what the others hold of the optimizer cannot be had: they are
        elsewhere. The last checkpoint remains.
        """
        if self.ranks.count == 1:
            self.save()

    def _remove_all_but(self, kept: Path | None) -> None:
        """Older checkpoints, and what a kill has left of others."""
        with disk(self.folder):
            for path in (self.folder / "checkpoints").glob("*"):
                if path != kept:
                    shutil.rmtree(path)


def check_folder(folder: Path, identity: Identity) -> None:
    """Look, without leaving a trace, whether a run can begin or resume in a folder.

    Raises:
        UsageError: it holds another run, something else, or a run that cannot be resumed.
    """
    identity.check(folder)
    if (folder / "state.pt").exists():
        raise UsageError(
            f"{folder} holds a training of an older version of vigorl-agent (state.pt), which "
            "cannot be resumed: its checkpoint still plays, and can be the --model of a new "
            "training in another --out"
        )


def newest_checkpoint(folder: Path) -> Path | None:
    """The last checkpoint of a run's folder that is whole."""
    found = (folder / "checkpoints").glob(f"*/{_PROGRESS}")
    return max((path.parent for path in found if not path.parent.suffix), default=None)


def step_of(checkpoint: Path) -> int:
    """Updates that a checkpoint has seen."""
    return _progress(checkpoint)["step"]


def _progress(checkpoint: Path) -> dict[str, int]:
    progress: dict[str, int] = json.loads((checkpoint / _PROGRESS).read_text())
    return progress


def config_values(config: Mapping[str, Any], *nested: str) -> dict[str, Any]:
    """A configuration as config.json holds it: flat, what is nested as `outer.inner`."""
    flat = {name: value for name, value in config.items() if name not in nested}
    for outer in nested:
        flat |= {f"{outer}.{name}": value for name, value in config[outer].items()}
    return flat
