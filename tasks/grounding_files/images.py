"""Where the images of a file of rows are."""

from pathlib import Path

from vigorl.tasks.entries import is_file
from vigorl.tasks.stored_image import StoredImage

FOLDERS_UP = 3
"""How many folders above a file may be the one that its paths begin at."""


class Images:
    """Finds images by the paths that a file of rows has for them.

    Args:
        file: The file of rows.
        root: Where paths begin; None: beside the file, in a folder `images` there, or the same in
            one of the folders above.
    """

    def __init__(self, file: Path, root: Path | None = None) -> None:
        above = [file.absolute().parent, *file.absolute().parents[1 : FOLDERS_UP + 1]]
        self._roots = [root] if root else [each for up in above for each in (up, up / "images")]

    def find(self, name: str) -> StoredImage | None:
        """The image of this name; None where it is nowhere."""
        for root in self._roots:
            if name and is_file(root / name):
                self._roots.remove(root)
                self._roots.insert(0, root)  # the next one is likely to be there, too
                return StoredImage(root, name)
        return None
