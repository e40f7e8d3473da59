"""Rows of data sets as they stand in files of JSON."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.text import cleaned, whole

_PIECE_BYTES = 1 << 20
MOST_BYTES = 2**31
"""Of a file of rows, unpacked; those of UGround, the largest, have some hundred millions."""


def read_file(path: Path, named: str) -> bytes:
    """The bytes of a file of a data set.

    Raises:
        InconsistentData: it cannot be read; says which one.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise InconsistentData(f"{named}: {error}") from error


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def unpacked(path: Path) -> bytes:
    """The bytes of a file, which may be gzipped, up to `MOST_BYTES`.

    Raises:
        OSError: it cannot be read, or is larger.
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        data = bytearray()
        # In pieces: a read sets aside as much memory as it is asked for, however small the file.
        while piece := file.read(_PIECE_BYTES):
            data += piece
            if len(data) > MOST_BYTES:
                raise OSError(f"it unpacks to more than {MOST_BYTES >> 30} GiB")
    return bytes(data)


def entries_of(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of one file: a list (`.json`) or a row a line (`.jsonl`), gzipped or not.

    Raises:
        UsageError: it cannot be read, or a row is no object.
    """
    try:
        text = unpacked(path).decode("utf-8")
        if ".jsonl" in path.suffixes:
            rows = (json.loads(line) for line in text.split("\n") if line.strip())
        else:
            rows = iter(json.loads(text))
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                raise UsageError(f"{path}, row {number}: a row is an object, not {str(row)[:40]!r}")
            yield cleaned(row, whole)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path}: {error}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{path} is neither a list (.json) nor a row a line (.jsonl): {error}"
        ) from error
