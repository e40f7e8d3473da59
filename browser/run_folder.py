"""The folder of a run: held by one process, known again when the run goes on, written whole.

Whatever is written at length (an evaluation, a search, a training, a data set) lives in a folder
that a kill, a full disk or a second process may meet at any moment. The protocol:

- *claim*: one process at a time writes into a folder (`claimed`).
- *identity*: a run that goes on is the run that the folder holds (`Identity`).
- *whole*: a file or folder takes its name when it is complete (`write_whole`, `whole_folder`), and
  a line is appended whole or not at all (`LineFile`).
- *resume*: a last line that a kill has cut off is left out by readers (`whole_lines`), and is cut
  away by the writer that goes on.

It lies in the lowest layer because data sets are written from `vigorl.tasks`.
"""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from filelock import FileLock, Timeout

from vigorl.browser.errors import StorageFault, UsageError
from vigorl.browser.private_files import open_private, write_private

LOCK = ".lock"
"""The file that is locked while a process writes into its folder; it stays there."""


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Label what the disk refuses.

    Raises:
        StorageFault: with the folder and what to do.
    """
    try:
        yield
    except OSError as error:
        raise StorageFault(
            f"cannot write to {folder}: {error.strerror or error}. What was recorded before is "
            "kept. Free some space or choose another folder with --out."
        ) from error


@contextmanager
def claimed(folder: Path, doing: str) -> Iterator[None]:
    """The folder for this process alone; it is made where it is not there.

    Args:
        folder: Of the run.
        doing: For the message to a second process: `evaluating`, `searching`.

    Raises:
        UsageError: another process writes into it.
        StorageFault: the disk refuses.
    """
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, blocking=False, thread_local=False)
    with disk(folder):
        try:
            lock.acquire()
        except Timeout as error:  # which is an OSError as well
            raise UsageError(f"another process is {doing} into {folder}") from error
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True)
class Identity:
    """What a folder's run was asked for, as JSON in one file: what goes on has to ask the same."""

    kind: str
    """For messages: `search`, `training`."""
    asked: Mapping[str, Any]
    """What makes it this run, by name; JSON values."""
    may_change: tuple[str, ...] = ()
    """Names in which a run that goes on may differ."""
    marker: str = ""
    """A name that the file of every run of this kind holds; empty: any file does."""
    file: str = "config.json"
    flat: Callable[[dict[str, Any]], Mapping[str, Any]] = dict
    """The names that a file holds, where they do not stand at its top."""

    def check(self, folder: Path) -> None:
        """Look, without leaving a trace, whether the folder is empty or holds this run.

        Raises:
            UsageError: it holds another one, or something else.
            StorageFault: the file cannot be read.
        """
        path = folder / self.file
        if not path.exists():
            return
        with disk(folder):
            data = path.read_bytes()
        try:
            known = self.flat(json.loads(data))
            is_one = not self.marker or self.marker in known
        except (ValueError, KeyError, TypeError):
            is_one = False
        if not is_one:
            raise UsageError(f"{folder} holds something else ({path}): choose another --out")
        differing = [
            name
            for name, value in self.asked.items()
            if name not in self.may_change and known.get(name) != value
        ]
        if differing:
            raise UsageError(
                f"{folder} holds a {self.kind} with another {', '.join(differing)}: choose another "
                f"--out, or ask for what {path} says"
            )


def json_values(value: Any) -> Any:
    """A value as it is read back from a file of JSON; what JSON does not know becomes its text."""
    return json.loads(json.dumps(value, default=str))


def write_json(path: Path, value: Any) -> None:
    """Write a file of JSON for people and programs, whole or not at all; whoever may read it.

    Raises:
        StorageFault: the disk refuses; what stood there before still does.
    """
    text = json.dumps(value, indent=1, default=str) + "\n"
    write_whole(path, text.encode(), private=False)


def write_whole(path: Path, data: bytes, private: bool = True) -> None:
    """Write a file whole or not at all: beside its place, then renamed.

    Args:
        path: Of the file.
        data: Its contents.
        private: Its owner alone may read it.

    Raises:
        StorageFault: the disk refuses; what stood there before still does.
    """
    unfinished = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        with disk(path.parent):
            if private:
                write_private(unfinished, data)
            else:
                unfinished.write_bytes(data)
            os.replace(unfinished, path)
    except StorageFault:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder that takes its name when all of it is on the disk; yields where to write it.

    Raises:
        StorageFault: the disk refuses; what stood there before still does.
    """
    partial, old = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.old")
    with disk(path):
        if old.exists() and not path.exists():  # a kill came between the two renames
            os.replace(old, path)
        for left in (partial, old):
            shutil.rmtree(left, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            for each in (partial, *partial.rglob("*")):
                _to_disk(each)
            if path.exists():
                os.replace(path, old)
            os.replace(partial, path)
            _to_disk(path.parent)
        finally:
            for left in (partial, old):
                shutil.rmtree(left, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Let a file or the names in a folder outlast a loss of power."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _opened(path: Path, mode: Literal["xb", "ab"], private: bool) -> FileIO:
    return FileIO(path, f"{mode[0]}+", opener=open_private if private else None)


class LineFile:
    """A file that gets a line at a time, each at once, and whole or not at all."""

    def __init__(self, path: Path, mode: Literal["xb", "ab"] = "ab", private: bool = False) -> None:
        """Open it at its end; what a kill has left of a last line is cut away.

        Args:
            path: Of the file.
            mode: `xb` where there must be none yet.
            private: Its owner alone may read it.

        Raises:
            StorageFault: the disk refuses.
        """
        self.path = path
        with disk(path.parent):
            self._file = _opened(path, mode, private)
            if mode == "ab":
                self.keep(len(b"".join(whole_lines(path))))

    def append(self, line: bytes) -> None:
        """Write one line; its end is added.

        Raises:
            StorageFault: the disk refuses; the file is as it was.
        """
        left = line + b"\n"
        with disk(self.path.parent):
            length = self._file.seek(0, os.SEEK_END)
            try:
                while left:
                    left = left[self._file.write(left) :]
            except OSError:
                with suppress(OSError):
                    self._file.truncate(length)
                raise

    def keep(self, length: int) -> None:
        """Cut away what stands behind so many bytes.

        Raises:
            StorageFault: the disk refuses.
        """
        with disk(self.path.parent):
            if self._file.seek(0, os.SEEK_END) > length:
                self._file.truncate(length)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def whole_lines(path: Path) -> list[bytes]:
    r"""The lines of a file with their ends, as bytes: a kill may cut a character in two.

    A last line without an end is left out. Text has more line ends than `\n`, and a record none.

    Raises:
        OSError: it cannot be read.
    """
    *lines, _ = path.read_bytes().split(b"\n")
    return [line + b"\n" for line in lines]
