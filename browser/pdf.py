"""PDF documents as pictures, a page at a time.

PDFium renders them in this process, unlike in a browser, whose renderers are sandboxed: it is the
same library, and what it cannot read it refuses.
"""

import io
import threading
from dataclasses import dataclass
from pathlib import Path

import pypdfium2

CSS_PX_PER_POINT = 4 / 3
"""At a scale of 100 %: a point is 1/72 inch, a CSS px 1/96."""

MAX_PIXELS = 16_000_000
"""Of the picture of one page."""

_LIBRARY = threading.Lock()
"""PDFium may be used by one thread at a time."""


class Unreadable(Exception):
    """This is no PDF document, or it needs a password."""


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A PDF document on the disk."""

    path: Path
    page_sizes_css_px: tuple[tuple[float, float], ...]
    """Width and height of each page at a scale of 100 %."""

    @classmethod
    def open(cls, path: Path) -> "PdfFile":
        """Read how many pages there are, and how large.

        Raises:
            Unreadable: it is no PDF document, or it needs a password.
        """
        with _LIBRARY:
            document = _document(path)
            try:
                sizes = [document.get_page_size(index) for index in range(len(document))]
            finally:
                document.close()
        scale = CSS_PX_PER_POINT
        return cls(path, tuple((width * scale, height * scale) for width, height in sizes))

    def text(self) -> str:
        """All of its words, without the breaks of lines.

        Raises:
            Unreadable: the file is not what it was any more.
        """
        with _LIBRARY:
            document = _document(self.path)
            try:
                pages = [page.get_textpage().get_text_bounded() for page in document]
            except pypdfium2.PdfiumError as error:
                raise Unreadable(str(error)) from error
            finally:
                document.close()
        return "".join("".join(pages).splitlines())

    def png(self, index: int, width_px: int) -> bytes:
        """A page as PNG, as wide as asked for, or less where that would be too many pixels.

        Raises:
            Unreadable: the file is not what it was any more.
        """
        with _LIBRARY:
            document = _document(self.path)
            try:
                page = document[index]
                width, height = page.get_size()
                scale = min(width_px / width, (MAX_PIXELS / (width * height)) ** 0.5)
                image = page.render(scale=scale).to_pil().convert("RGB")
            except pypdfium2.PdfiumError as error:
                raise Unreadable(str(error)) from error
            finally:
                document.close()
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


def is_pdf(path: Path) -> bool:
    """Whether a file begins as PDF documents do."""
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def _document(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except (pypdfium2.PdfiumError, OSError) as error:
        raise Unreadable(str(error)) from error
