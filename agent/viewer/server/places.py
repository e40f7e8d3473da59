"""Places: what run folders are called in addresses, and the way from an address to the disk.

A place is the name of a shown folder and the path below it, `runs/20261121-101500-…`. Nothing
outside of the shown folders has a place: no `..`, and no link that leads out.
"""

import os
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException

from vigorl.browser.errors import UsageError

_READ = (".json", ".jsonl")
"""Ends of the names of what is read of a folder."""


class Places:
    """The shown folders by their names in addresses."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Name the folders.

        Raises:
            UsageError: one of them is not there.
        """
        self.roots: dict[str, Path] = {}
        """By name, each resolved; none is below another."""
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"{folder} is no folder: give folders of runs, or of what has any")
        resolved_folders = dict.fromkeys(folder.resolve() for folder in folders)
        for resolved in resolved_folders:
            if any(other in resolved.parents for other in resolved_folders):
                continue
            name = resolved.name or "root"
            number = 1
            while (unique := name if number == 1 else f"{name}-{number}") in self.roots:
                number += 1
            self.roots[unique] = resolved

    def path(self, place: str) -> Path:
        """The file or folder at a place.

        Raises:
            HTTPException: there is none, or it is outside of the shown folders (404).
        """
        name, _, rest = place.strip("/").partition("/")
        root = self.roots.get(name)
        parts = rest.split("/") if rest else []
        if root is None or "\0" in rest or any(part in ("", ".", "..") for part in parts):
            raise _missing(f"nothing is shown at {place}")
        path = root.joinpath(*parts)
        try:
            resolved = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise _missing(f"nothing is at {place}") from error
        if not resolved.is_relative_to(root):
            raise _missing(f"{place} leads out of the shown folders")
        return path

    def folder(self, place: str) -> Path:
        """The folder at a place, whose files may be read.

        Raises:
            HTTPException: there is none, or one of its records is a link that leads out of the
                shown folders (404).
        """
        path = self.path(place)
        if not path.is_dir():
            raise _missing(f"{place} is no folder")
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_symlink() and entry.name.endswith(_READ):
                    self.path(f"{place.strip('/')}/{entry.name}")
        return path

    def place(self, path: Path) -> str:
        """The place of a file or folder; links in its path, and `..`, are not followed.

        Raises:
            HTTPException: it is outside of the shown folders (404).
        """
        normal = Path(os.path.normpath(path))
        for name, root in self.roots.items():
            if normal.is_relative_to(root):
                below = normal.relative_to(root).as_posix()
                return name if below == "." else f"{name}/{below}"
        raise _missing(f"{path} is not below a shown folder")


def _missing(told: str) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, told)


def address(place: str) -> str:
    """A place as a part of an URL."""
    return quote(place, errors="replace")
