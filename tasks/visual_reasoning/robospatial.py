"""RoboSpatial-Home: where things are, whether they fit, and points in a free place.

*Configuration* and *compatibility* are answered by yes or no. *Context* asks for points in a place;
the published answer is its outline, `[(0.383, 0.873), …]`, a polygon in parts of the image's width
and height, and the questions ask for points in the same form. A point is right where the mask that
comes with the question is not black; without a mask, where it lies in the outline. Only the first
point counts, as in the authors' script. A click on the picture is a point, too.

A copy is what the authors' script downloads (`annotations.json` and `images/`), or the Parquet
files of the hub, with the columns `category`, `question`, `answer`, `img`, `depth_image`, `mask`.
Depth is not shown.

Source: `download_benchmark.py`, `evaluation.py` and the table in `README.md` (whose total is the
mean of the three categories) of github.com/chanhee-luke/RoboSpatial-Eval. Real rows could not be
looked at; neither whether masks are as large as their images, which is why they have a frame of
their own.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.tasks.entries import entries_of
from vigorl.tasks.parquet import columns_of, image_counts, rows_of
from vigorl.tasks.stored_image import StoredImage
from vigorl.tasks.visual_reasoning.question import ImageQuestion

GROUPS = {"configuration": 123, "compatibility": 105, "context": 122}
"""The categories, and how many questions each has."""

REPOSITORY = "chanhee-luke/RoboSpatial-Home"
FILES = ("*.parquet",)
GET = (
    f"hf download {REPOSITORY} --repo-type dataset --local-dir DIR: Parquet files; or the authors' "
    "download_benchmark.py: annotations.json and images/"
)
"""How to get a copy, and what it consists of."""

IMAGES = ("img", "depth_image", "mask")
UNIT = Box(0, 0, 1, 1)
"""Parts of an image's width and height."""


def read_robospatial(data: Path, _split: str) -> list[ImageQuestion]:
    """All questions of a copy.

    Raises:
        UsageError: this is no copy, a row is not as it should be, or pyarrow is not installed.
    """
    counts: Counter[str] = Counter()
    questions = []
    for place, row, image, mask in _rows(data):
        category = str(row.get("category"))
        name = f"{category}/{counts[category]}"
        counts[category] += 1
        questions.append(_question(name, place, row, image, mask))
    return questions


_Row = tuple[str, Mapping[str, Any], StoredImage, StoredImage | None]


def _rows(data: Path) -> Iterator[_Row]:
    annotations = data / "annotations.json"
    paths = sorted(data.rglob("*.parquet"))
    if not annotations.is_file() and not paths:
        raise UsageError(f"{data} is no copy of RoboSpatial-Home. To get one: {GET}")
    if annotations.is_file():
        for number, row in enumerate(entries_of(annotations)):
            place = f"{annotations}, row {number}"
            files = [row.get(name) for name in ("img", "mask")]
            for file in files:
                if file is not None and not (data / file).is_file():
                    raise UsageError(f"{place}: no image {data / file}. To get it: {GET}")
            if files[0] is None:
                raise UsageError(f"{place} has no image")
            mask = StoredImage(data, files[1]) if files[1] else None
            yield place, row, StoredImage(data, files[0]), mask
        return
    for path in paths:
        file = path.relative_to(data).as_posix()
        names = columns_of(path)
        if lacking := [each for each in ("category", "answer", "img") if each not in names]:
            raise UsageError(f"{path} has no {', '.join(lacking)}: is it of RoboSpatial-Home?")
        masked = "mask" in names and image_counts(path, "mask")
        for number, row in enumerate(rows_of(path, leave_out=IMAGES)):
            mask = StoredImage(data, file, "mask", number) if masked and masked[number] else None
            yield f"{path}, row {number}", row, StoredImage(data, file, "img", number), mask


def _question(
    name: str, place: str, row: Mapping[str, Any], image: StoredImage, mask: StoredImage | None
) -> ImageQuestion:
    category, text, answer = (str(row.get(key) or "") for key in ("category", "question", "answer"))
    answer = answer.strip()
    if not text or not answer:
        raise UsageError(f"{place} has no question or no answer")
    common: dict[str, Any] = {
        "benchmark": "robospatial",
        "id": name,
        "group": category,
        "text": text,
        "images": (image,),
    }
    if answer.lower() in ("yes", "no"):
        options = ("yes", "no")
        return ImageQuestion(**common, kind="yes or no", answer=answer.lower(), options=options)
    return ImageQuestion(
        **common, kind="place", answer=answer, outline=_outline(answer, place), mask=mask
    )


def _outline(answer: str, place: str) -> tuple[Point, ...]:
    try:
        points = tuple(Point(float(x), float(y)) for x, y in ast.literal_eval(answer))
    except (ValueError, TypeError, SyntaxError) as error:
        raise UsageError(
            f"{place}: the answer {answer[:60]!r} is neither yes, no nor a list of points"
        ) from error
    if len(points) < 3:
        raise UsageError(f"{place}: an outline has three points at least, not {len(points)}")
    return points


@dataclass(frozen=True)
class ImagePlace:
    """A part of a picture; points are in parts of its width and height."""

    outline: tuple[Point, ...]
    mask_H_W: np.ndarray[Any, np.dtype[np.bool_]] | None
    """What belongs to it, where there is a mask."""

    @classmethod
    def of(cls, question: ImageQuestion) -> "ImagePlace":
        """The right place of a question.

        Raises:
            InconsistentData: the mask is no image.
        """
        mask = question.mask
        pixels = None if mask is None else np.asarray(mask.pixels().convert("L")) > 0
        return cls(question.outline, pixels)

    def holds(self, point: Point) -> bool:
        """Whether a point belongs to it: by the mask, or by the outline where there is none."""
        if self.mask_H_W is None:
            return self.outlines(point)
        if not UNIT.contains(point):
            return False
        height_px, width_px = self.mask_H_W.shape
        at = Frame(width_px, height_px, UNIT).from_region(point)
        return bool(self.mask_H_W[min(int(at.y), height_px - 1), min(int(at.x), width_px - 1)])

    def outlines(self, point: Point) -> bool:
        """Whether a ray from a point to the right crosses the outline an odd number of times.

        Source: the authors' script judges so.
        """
        inside = False
        for one, other in zip(self.outline, (*self.outline[1:], self.outline[0]), strict=True):
            if (one.y > point.y) != (other.y > point.y):
                share = (point.y - one.y) / (other.y - one.y)
                inside ^= point.x < one.x + share * (other.x - one.x)
        return inside
