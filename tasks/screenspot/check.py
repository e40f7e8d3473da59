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
class RowsReport:
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
    protruding: tuple[str, ...]
    """Ids of rows whose targets end a pixel beside their images; published ones, too."""


PROTRUDING_PX = 1.0
"""How far a target may stick out of its image before it is called wrong."""


def check_screenspot(rows: Sequence[ScreenspotRow], version: Version, data: Path) -> RowsReport:
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
    without_image, protruding = [], []
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
        if row.target_px.area <= 0:
            problems.append(Problem(row.id, f"the target {row.target_px} is empty"))
        elif (beyond_px := _beyond_px(row.target_px, size_px)) > PROTRUDING_PX:
            text = f"the target {row.target_px} is not inside of its image of {size_px} px"
            problems.append(Problem(row.id, text))
        elif beyond_px > 0:
            protruding.append(row.id)
    return RowsReport(
        counts, tuple(problems), _duplicates(rows), tuple(without_image), tuple(protruding)
    )


def _beyond_px(target_px: Box, size_px: tuple[int, int] | None) -> float:
    """How far a target sticks out of its image, px."""
    width_px, height_px = size_px or (float("inf"), float("inf"))
    return max(
        -target_px.left,
        -target_px.top,
        target_px.right - width_px,
        target_px.bottom - height_px,
        0.0,
    )


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
