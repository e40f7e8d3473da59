"""Tasks with programs of Debian: what they leave on the disk is what is judged."""

import asyncio
import shutil
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from vigorl.browser.errors import TaskFault
from vigorl.browser.geometry import Frame, Point
from vigorl.tasks.desktop.task import DesktopTask

LONGEST_FILE = 1 << 20
"""Bytes of a file from which on nobody compares what is in it."""


class InstalledTask(DesktopTask):
    """A kind of task with a program that is installed, drawn by GTK."""

    program: ClassVar[str]
    themes = ("Adwaita", "Adwaita-dark", "HighContrast")

    @abstractmethod
    def files(self, spec: Mapping[str, Any]) -> Mapping[str, str | bytes | None]:
        """What is in the home at first: contents by path, and None for folders."""

    def is_installed(self) -> bool:
        """Whether the program is found."""
        return shutil.which(self.program) is not None

    def fill(self, home: Path, parameters: Mapping[str, Any]) -> None:
        """The files of the task, and the look of GTK's programs."""
        look = parameters["look"]
        font = f"{look['font']} {look['size_pt']}"
        write_file(home / ".gtkrc-2.0", f'gtk-font-name = "{font}"\n')
        settings = f"[Settings]\ngtk-theme-name={look['theme']}\ngtk-font-name={font}\n"
        write_file(home / ".config/gtk-3.0/settings.ini", settings)
        for name, content in self.files(parameters["spec"]).items():
            if content is None:
                (home / name).mkdir(parents=True)
            else:
                write_file(home / name, content)

    def read(self, home: Path) -> Mapping[str, Any]:
        """The state that is judged: what is in the home now."""
        return {"files": files_in(home)}

    def link(self, home: Path, frame: Frame) -> "HomeLink":
        """A look at the disk."""
        return HomeLink(home, self.read)


class HomeLink:
    """What a program has left in its home.

    Args:
        home: That it was started in.
        read: Tells the state by what is there.
    """

    def __init__(self, home: Path, read: Callable[[Path], Mapping[str, Any]]) -> None:
        self._home = home
        self._read = read

    async def state(self) -> Mapping[str, Any]:
        """What is on the disk now.

        Raises:
            TaskFault: the home is gone.
        """
        if not self._home.is_dir():
            raise TaskFault("the home of the task's program is gone")
        return await asyncio.to_thread(self._read, self._home)

    async def where(self, name: str) -> Point:
        """Such a program does not tell.

        Raises:
            TaskFault: always.
        """
        raise TaskFault(f"nobody tells where {name!r} is in a program that is not ours")


def write_file(path: Path, content: str | bytes) -> None:
    """A file, with the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def files_in(home: Path) -> dict[str, str | None]:
    """The texts of the files that a user sees in a home, by path; None for folders."""
    found: dict[str, str | None] = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if any(part.startswith(".") for part in name.parts):
            continue
        if path.is_dir():
            found[str(name)] = None
        elif path.is_file() and path.stat().st_size <= LONGEST_FILE:
            found[str(name)] = path.read_text("utf-8", errors="replace")
        else:
            found[str(name)] = "(no file of text)"
    return found
