"""Rows and single values of Parquet files; pictures in them are read one row group at a time."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.text import cleaned, whole

OPEN_COLUMNS = 8
"""Columns of row groups that are kept: a row of BLINK has four pictures."""


def rows_of(path: Path, leave_out: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """The rows of a file.

    Args:
        path: The file.
        leave_out: Columns that are not read: pictures, which `value_of` reads when they are needed.

    Raises:
        UsageError: `pyarrow` is not installed, or this is no Parquet file.
    """
    file = _opened(path)
    columns = [name for name in file.schema_arrow.names if name not in leave_out]
    with _readable(path):
        for batch in file.iter_batches(columns=columns):
            yield from (cleaned(row, whole) for row in batch.to_pylist())


def columns_of(path: Path) -> list[str]:
    """The names of a file's columns.

    Raises:
        UsageError: as for `rows_of`.
    """
    return list(_opened(path).schema_arrow.names)


def image_counts(path: Path, column: str) -> list[int]:
    """How many images each row has in a column of images or of lists of them; 0 where it is null.

    Raises:
        UsageError: as for `rows_of`.
    """
    file = _opened(path)
    from pyarrow import compute, types

    counts: list[int] = []
    with _readable(path):
        for batch in file.iter_batches(columns=[column], batch_size=256):
            values = batch.column(0)
            if types.is_list(values.type) or types.is_large_list(values.type):
                counts += compute.list_value_length(values).fill_null(0).to_pylist()
                continue
            if types.is_struct(values.type):  # as the hub's library stores images
                values = compute.struct_field(values, "bytes")
            counts += [int(is_there) for is_there in values.is_valid().to_pylist()]
    return counts


def value_of(path: Path, row: int, column: str) -> Any:
    """One value.

    Raises:
        UsageError: as for `rows_of`.
        InconsistentData: the file has no such row or column.
    """
    metadata = _opened(path).metadata
    ends = list(accumulate(metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)))
    group = bisect_right(ends, row)
    if row < 0 or group == len(ends) or column not in columns_of(path):
        raise InconsistentData(f"{path} has no row {row} with {column}")
    start = ends[group - 1] if group else 0
    with _readable(path):
        return _column(path, group, column)[row - start].as_py()


@lru_cache(maxsize=OPEN_COLUMNS)
def _column(path: Path, group: int, column: str) -> Any:
    return _opened(path).read_row_group(group, columns=[column]).column(0)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Name the file whose pages cannot be read."""
    import pyarrow

    try:
        yield
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise InconsistentData(f"{path} is damaged: {error}") from error


@lru_cache(maxsize=64)
def _opened(path: Path) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            f"reading {path} needs pyarrow: pip install 'vigorl-agent[data]'"
        ) from error
    try:
        return parquet.ParquetFile(path)
    except FileNotFoundError as error:
        raise UsageError(f"there is no {path}") from error
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise UsageError(f"{path} is no Parquet file: {error}") from error
