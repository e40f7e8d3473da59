"""Rows of data sets as they stand in files of JSON."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError


def entries_of(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of one file: a list (`.json`) or a row a line (`.jsonl`), gzipped or not.

    Raises:
        UsageError: it cannot be read, or a row is no object.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        if ".jsonl" in path.suffixes:
            rows = (json.loads(line) for line in text.split("\n") if line.strip())
        else:
            rows = iter(json.loads(text))
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                raise UsageError(f"{path}, row {number}: a row is an object, not {str(row)[:40]!r}")
            yield row
    except OSError as error:
        raise UsageError(f"{path}: {error}") from error
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{path} is neither a list (.json) nor a row a line (.jsonl): {error}"
        ) from error
