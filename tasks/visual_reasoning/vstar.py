"""V*Bench: what an object in a large photo looks like, or on which side of another it is.

A copy has the folders `direct_attributes` and `relative_position`; each image (`sa_10033.jpg`) has
a file of the same name (`sa_10033.json`)::

    {"target_object": ["glove"], "bbox": [[x, y, width, height]],
     "question": "What is the material of the glove?",
     "options": ["The material of the glove is rubber.", …]}

The first option is the right one, so that they are shown in another order. Boxes are in pixels.

Source: `vstar_bench_eval.py` and `visual_search.py` of github.com/penghao-wu/vstar, which read
these files; the layout of the data set `craigwu/vstar_bench`. Its authors rank the options by
likelihood, which cannot be done through an answer in words; here, one is asked for.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box
from vigorl.tasks.stored_image import StoredImage
from vigorl.tasks.visual_reasoning.question import ImageQuestion, shuffled

GROUPS = {"direct_attributes": 115, "relative_position": 76}
"""Its two parts, and how many questions each has."""

REPOSITORY = "craigwu/vstar_bench"
FILES = tuple(f"{group}/*" for group in GROUPS)
GET = (
    f"hf download {REPOSITORY} --repo-type dataset --local-dir DIR: direct_attributes/ and "
    "relative_position/, an image and a .json for each question"
)
"""How to get a copy, and what it consists of."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str
    options: tuple[str, ...]
    bbox: tuple[tuple[float, float, float, float], ...] = ()


def read_vstar(data: Path, _split: str) -> list[ImageQuestion]:
    """All questions of a copy.

    Raises:
        UsageError: this is no copy, a file is not as it should be, or an image lacks.
    """
    paths = [path for group in GROUPS for path in sorted((data / group).glob("*.json"))]
    if not paths:
        raise UsageError(f"{data} is no copy of V*Bench. To get one: {GET}")
    return [_question(data, path) for path in paths]


def _question(data: Path, path: Path) -> ImageQuestion:
    try:
        entry = _Entry.model_validate_json(path.read_bytes())
        boxes = tuple(_box(*sides) for sides in entry.bbox)
    except ValidationError as error:
        raise UsageError(f"{path}: {_first(error.errors()[0])}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from error
    if len(entry.options) < 2:
        raise UsageError(f"{path}: a question has two options at least, not {len(entry.options)}")
    image = next(
        (path.with_suffix(suffix) for suffix in SUFFIXES if path.with_suffix(suffix).is_file()),
        None,
    )
    if image is None:
        raise UsageError(f"{path} has no image beside it ({path.stem}.jpg). To get it: {GET}")
    name = f"{path.parent.name}/{path.stem}"
    options, order = shuffled(entry.options, name)
    return ImageQuestion(
        benchmark="vstar",
        id=name,
        group=path.parent.name,
        text=entry.question,
        images=(StoredImage(data, f"{path.parent.name}/{image.name}"),),
        kind="choice",
        answer=entry.options[0],
        options=options,
        order=order,
        targets_px=boxes,
    )


def _box(left: float, top: float, width: float, height: float) -> Box:
    return Box(left, top, left + width, top + height)


def _first(error: Any) -> str:
    return f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
