"""Files and folders that their owner alone may read, whatever the umask says."""

import os
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_private_folder(folder: Path) -> None:
    """Make a folder, with those above it as usual; one that is there already stays as it is.

    Raises:
        OSError: the disk refuses.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(FOLDER_MODE, exist_ok=True)
    folder.chmod(FOLDER_MODE)


def open_private(path: Path | str, flags: int) -> int:
    """Open a file for writing, as `open(…, opener=open_private)` does.

    Raises:
        OSError: the disk refuses.
    """
    descriptor = os.open(path, flags, FILE_MODE)
    os.fchmod(descriptor, FILE_MODE)
    return descriptor


def write_private(path: Path, data: bytes | str) -> None:
    """Write a file, or write it anew.

    Raises:
        OSError: the disk refuses.
    """
    content = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    with open(path, "wb", opener=open_private) as file:
        file.write(content)
