"""Images of data sets, wherever their bytes are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image, UnidentifiedImageError

from vigorl.browser.errors import InconsistentData
from vigorl.browser.picture import Picture, decoded, opened
from vigorl.tasks.parquet import value_of

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A file of its own, or a value of a Parquet file; the bytes are read when they are needed."""

    root: Path
    """The folder of the data set."""
    file: str
    """Path below the root."""
    column: str = ""
    """Of a Parquet file; empty where the file is the image."""
    row: int = 0
    index: int | None = None
    """Which of a list of images."""

    @property
    def name(self) -> str:
        """What a record calls it, wherever the data lie: `images/a.png`, `val.parquet#3/img`."""
        if not self.column:
            return self.file
        part = "" if self.index is None else f"/{self.index}"
        return f"{self.file}#{self.row}/{self.column}{part}"

    def read(self) -> bytes:
        """The encoded bytes.

        Raises:
            InconsistentData: they are not there.
        """
        if not self.column:
            try:
                return self._path.read_bytes()
            except OSError as error:
                raise InconsistentData(f"{self._path} cannot be read: {error}") from error
        value = value_of(self._path, self.row, self.column)
        if self.index is not None:
            value = value[self.index]
        if isinstance(value, dict):  # as the hub's library stores images
            value = value.get("bytes")
        if not isinstance(value, bytes):
            raise InconsistentData(f"{self.name} holds no image")
        return value

    def picture(self) -> Picture:
        """The image as a picture; what is no JPEG, PNG or WebP is encoded anew, without loss.

        Raises:
            InconsistentData: it is not there, or is no image.
        """
        data = self.read()
        image = self._named(decoded, data)
        if image.format in ("JPEG", "PNG", "WEBP"):
            return self._named(Picture.from_bytes, data)
        return Picture.from_image(image)

    def size_px(self) -> tuple[int, int]:
        """Width and height, from the image's header.

        Raises:
            InconsistentData: it is not there, or is no image.
        """
        if self.column:
            return self._named(opened, self.read()).size
        try:
            with Image.open(self._path) as image:  # of a file, its first bytes are enough
                return image.size
        except UnidentifiedImageError as error:
            raise InconsistentData(f"{self.name} is no image") from error
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise InconsistentData(f"{self.name} is no image: {error}") from error

    def pixels(self) -> Image.Image:
        """The decoded image, in its own mode.

        Raises:
            InconsistentData: it is not there, or is no image.
        """
        return self._named(decoded, self.read())

    @property
    def _path(self) -> Path:
        return self.root / self.file

    def _named(self, read: Callable[[bytes], _T], data: bytes) -> _T:
        """What is read of the bytes; what is wrong with them is told with the image's name."""
        try:
            return read(data)
        except InconsistentData as error:
            raise InconsistentData(f"{self.root / self.name}: {error}") from error
