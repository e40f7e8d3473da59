"""Whether a copy of ScreenSpot is whole and makes sense."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from vigorl.browser.geometry import Box
from vigorl.tasks.screenspot.rows import ScreenspotRow, Version, image_path

COUNTS: dict[Version, dict[str, int]] = {
    "v1": {"mobile": 502, "desktop": 334, "web": 436},
    "v2": {"mobile": 501, "desktop": 334, "web": 437},
    "pro": {
        "Dev": 299,
        "Creative": 341,
        "CAD": 261,
        "Scientific": 254,
        "Office": 230,
        "OS": 196,
    },
}
"""Rows of each group, as published."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row or with the copy."""

    row: str
    """The row's id; empty for the copy."""
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a check has found."""

    counts: dict[str, int]
    """Rows of each group."""
    problems: tuple[Problem, ...]
    """Wrong counts and unusable rows."""
    duplicates: tuple[tuple[str, str], ...]
    """Ids of rows that ask the same of the same picture with the same target, pairwise.

    The published sets have some: they are no fault of a copy.
    """
    without_image: tuple[str, ...]
    """Ids of rows whose images the copy does not have."""


def check_screenspot(rows: Sequence[ScreenspotRow], version: Version, data: Path) -> Report:
    """Check the rows of a copy, and its images as far as it has them.

    Args:
        rows: As `read_screenspot` gives them.
        version: Which ScreenSpot it is.
        data: The copy.
    """
    counts = dict(Counter(row.group for row in rows))
    problems = [
        Problem("", f"{name}: {counts.get(name, 0)} rows instead of {wanted}")
        for name, wanted in COUNTS[version].items()
        if counts.get(name, 0) != wanted
    ]
    problems += [
        Problem("", f"{name} is no group of ScreenSpot {version}")
        for name in counts
        if name not in COUNTS[version]
    ]
    sizes: dict[Path, tuple[int, int] | str] = {}
    without_image = []
    for row in rows:
        size_px: tuple[int, int] | None = row.size_px
        if (path := image_path(data, row)) is None:
            without_image.append(row.id)
        else:
            if path not in sizes:
                sizes[path] = _size_px(path)
            read = sizes[path]
            if isinstance(read, str):
                problems.append(Problem(row.id, read))
            elif size_px is not None and size_px != read:
                problems.append(Problem(row.id, f"{path.name} is {read} px, not {size_px}"))
            size_px = size_px if isinstance(read, str) else read
        problems += [Problem(row.id, text) for text in _faults_of_target(row.target_px, size_px)]
    return Report(counts, tuple(problems), _duplicates(rows), tuple(without_image))


def _faults_of_target(target_px: Box, size_px: tuple[int, int] | None) -> list[str]:
    if target_px.area <= 0:
        return [f"the target {target_px} is empty"]
    bounds = Box(0, 0, *(size_px or (float("inf"), float("inf"))))
    if target_px.intersection(bounds) != target_px:
        return [f"the target {target_px} is not inside of its image of {size_px} px"]
    return []


def _size_px(path: Path) -> tuple[int, int] | str:
    """An image's size, or why it cannot be read."""
    try:
        with Image.open(path) as image:
            image.load()
            return image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        return f"{path.name} cannot be read: {error}"


def _duplicates(rows: Sequence[ScreenspotRow]) -> tuple[tuple[str, str], ...]:
    first: dict[tuple[str, str, Box], str] = {}
    found = []
    for row in rows:
        key = (row.image, row.instruction, row.target_px)
        if key in first:
            found.append((first[key], row.id))
        else:
            first[key] = row.id
    return tuple(found)
