"""BLINK: fourteen tasks of seeing, on up to four images each.

A copy has a folder for each task with `val-….parquet`, whose rows have `idx`
(`val_Counting_1`), `sub_task`, `question`, `image_1` to `image_4` (null where there are fewer),
`choices` (texts), `answer` (`(A)`) and `prompt`: the question as its authors ask it, with the
choices, lettered, in it. That is what is shown, in the published order. The answers of `test` are
not public.

Source: `eval/` of github.com/zeyofu/BLINK_Benchmark (whose total is the mean over the tasks) and
the card of `BLINK-Benchmark/BLINK`. The number of questions of each task is as others count them
(evalscope.readthedocs.io); they add up to the published 1,901. The authors let a language model
find the choice in a free answer; here, answers are matched by rule.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.tasks.parquet import columns_of, image_counts, rows_of
from vigorl.tasks.stored_image import StoredImage
from vigorl.tasks.visual_reasoning.question import ImageQuestion

GROUPS = {
    "Art_Style": 117,
    "Counting": 120,
    "Forensic_Detection": 132,
    "Functional_Correspondence": 130,
    "IQ_Test": 150,
    "Jigsaw": 150,
    "Multi-view_Reasoning": 133,
    "Object_Localization": 122,
    "Relative_Depth": 124,
    "Relative_Reflectance": 134,
    "Semantic_Correspondence": 139,
    "Spatial_Relation": 143,
    "Visual_Correspondence": 172,
    "Visual_Similarity": 135,
}
"""The tasks, and how many questions of `val` each has."""

REPOSITORY = "BLINK-Benchmark/BLINK"
FILES = ("*/val-*.parquet",)
GET = f"hf download {REPOSITORY} --repo-type dataset --local-dir DIR: TASK/val-*.parquet"
"""How to get a copy, and what it consists of."""

IMAGES = ("image_1", "image_2", "image_3", "image_4")


def read_blink(data: Path, _split: str) -> list[ImageQuestion]:
    """All questions of `val`.

    Raises:
        UsageError: this is no copy, a row is not as it should be, or pyarrow is not installed.
    """
    paths = sorted(data.glob("*/val-*.parquet"))
    if not paths:
        raise UsageError(f"{data} is no copy of BLINK. To get one: {GET}")
    return [
        _question(data, path, number, row)
        for path in paths
        for number, row in enumerate(_rows(path))
    ]


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows, with whether there is a picture instead of each picture."""
    names = columns_of(path)
    if lacking := [name for name in ("idx", "choices", "answer", "image_1") if name not in names]:
        raise UsageError(f"{path} has no {', '.join(lacking)}: is it of BLINK? To get it: {GET}")
    there = {name: image_counts(path, name) for name in IMAGES if name in names}
    rows = enumerate(rows_of(path, leave_out=IMAGES))
    return [{**row, **{name: there[name][number] for name in there}} for number, row in rows]


def _question(data: Path, path: Path, number: int, row: Mapping[str, Any]) -> ImageQuestion:
    place = f"{path}, row {number}"
    options = tuple(row["choices"] or ())
    letter = str(row["answer"]).strip("() ")
    index = ord(letter) - ord("A") if len(letter) == 1 else -1
    if not 0 <= index < len(options):
        raise UsageError(f"{place}: the answer {row['answer']!r} is none of {len(options)} choices")
    file = path.relative_to(data).as_posix()
    prompt = row.get("prompt")
    return ImageQuestion(
        benchmark="blink",
        id=str(row["idx"]),
        group=str(row.get("sub_task") or path.parent.name),
        text=str(prompt or row["question"]),
        images=tuple(StoredImage(data, file, name, number) for name in IMAGES if row.get(name)),
        kind="choice",
        answer=options[index],
        options=options,
        text_lists_options=bool(prompt),
    )
