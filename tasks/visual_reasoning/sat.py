"""SAT: static and dynamic spatial questions on one or two images.

A copy has `SAT_test.parquet` and `SAT_val.parquet` (`array/SAT`), or `data/test-*.parquet` and
`data/val-*.parquet` (`array/SAT-v2`). A row has `image_bytes` or `images` (a list), `question`,
`answers` (the options), `question_type` and `correct_answer`. `test` are 150 questions on real
photos, `val` about 4,000 on rendered scenes.

The authors ask to show the options in random order; here it is drawn by the question's number.

Source: the cards of both data sets. Which of their rows the published evaluation calls SAT-2 could
not be found out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.tasks.parquet import columns_of, image_counts, rows_of
from vigorl.tasks.stored_image import StoredImage
from vigorl.tasks.visual_reasoning.question import ImageQuestion, shuffled

SPLITS = ("test", "val")
LEARNT = "train"
"""The part to learn from: `SAT_train.parquet`, or `data/train-*.parquet`."""
COUNTS = {"test": 150}
"""Questions of a part, as published; of `val`, "4K"."""

REPOSITORY = "array/SAT"
GET = f"hf download {REPOSITORY} --repo-type dataset --local-dir DIR: SAT_test.parquet, …"
"""How to get a copy, and what it consists of."""

IMAGES = ("image_bytes", "images")


def read_sat(data: Path, split: str) -> list[ImageQuestion]:
    """All questions of a part.

    Raises:
        UsageError: this is no copy, a row is not as it should be, or pyarrow is not installed.
    """
    paths = [data / f"SAT_{split}.parquet"]
    if not paths[0].is_file():
        paths = sorted(data.glob(f"data/{split}-*.parquet"))
    if not paths:
        raise UsageError(f"{data} has no SAT_{split}.parquet. To get one: {GET}")
    questions: list[ImageQuestion] = []
    for path in paths:
        column = next((name for name in IMAGES if name in columns_of(path)), None)
        if column is None:
            raise UsageError(f"{path} has no column of images: is it of SAT? To get it: {GET}")
        counts = image_counts(path, column)
        for number, row in enumerate(rows_of(path, leave_out=IMAGES)):
            images = tuple(
                StoredImage(data, path.relative_to(data).as_posix(), column, number, index)
                for index in range(counts[number])
            )
            name = f"{split}/{len(questions)}"
            questions.append(_question(name, f"{path}, row {number}", images, row))
    return questions


def _question(
    name: str, place: str, images: tuple[StoredImage, ...], row: Mapping[str, Any]
) -> ImageQuestion:
    published, answer = tuple(row["answers"] or ()), str(row["correct_answer"])
    if answer not in published or len(published) < 2:
        raise UsageError(f"{place}: the answer {answer!r} is none of the options {published}")
    if not images:
        raise UsageError(f"{place} has no image")
    options, order = shuffled(published, name)
    return ImageQuestion(
        benchmark="sat",
        id=name,
        group=str(row["question_type"]),
        text=str(row["question"]),
        images=images,
        kind="choice",
        answer=answer,
        options=options,
        order=order,
    )
