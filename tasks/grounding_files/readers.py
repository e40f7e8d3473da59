"""Files of grounding data, by the form of their rows.

============  ==========================================  ======================================
source        told by                                     boxes
============  ==========================================  ======================================
elements      `img_filename` with `bbox`, or with a list  parts of the image's width and height
              `elements` of such
showui        `img_url` and a list `element`              parts of the image's width and height
uground       Parquet, `image` and `conversations`        thousandths of them, in the answers
vigorl        `prompt`, `images` and `answer`             pixels of the image as it is shown
vigorl        `image` and `conversations`                 pixels of the stored image
============  ==========================================  ======================================

Source: the card of `OS-Copilot/OS-Atlas-data` and `readme_data.md` of njucckevin/SeeClick on GitHub
(elements); `TRAIN.md` of showlab/ShowUI (the file `metadata/hf_train.json`, whose images are in
`images/`); programs that read `osunlp/UGround-V1-Data-Box`, of which two take its boxes for
thousandths and one for pixels; `vigorl.tasks.vigorl_rows`. None of the data sets themselves could
be looked at: a box that leaves its image is refused, which is how a wrong reading would show.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.tasks.entries import entries_of
from vigorl.tasks.grounding_files.images import Images
from vigorl.tasks.grounding_files.sample import (
    GroundingSample,
    ParsedRow,
    RefusedRow,
    ShownSize,
    Source,
    raise_refused,
    sample_of,
)
from vigorl.tasks.parquet import columns_of, rows_of
from vigorl.tasks.stored_image import StoredImage
from vigorl.tasks.vigorl_rows import box_in, is_vigorl, vigorl_rows

FORMS = (
    "elements (OS-Atlas, SeeClick: img_filename, bbox), ShowUI's (img_url, element), UGround's "
    "Parquet (image, conversations) or ViGoRL's JSONL (prompt, images, answer; image, "
    "conversations)"
)


def read_grounding(
    path: Path,
    shown_size: ShownSize,
    images: Path | None = None,
    refuse: Callable[[RefusedRow], None] = raise_refused,
) -> Iterator[GroundingSample]:
    """The samples of a file, in its order.

    Args:
        path: A list (`.json`), a row a line (`.jsonl`), or Parquet.
        shown_size: The size at which images are shown, for files whose boxes are in its pixels.
        images: Where the paths of images begin; None: beside the file or above.
        refuse: Called with each row that no sample can be made of; stops at the first by default.

    Raises:
        UsageError: the file cannot be read, or its form is none of those that are known.
    """
    for entry in _entries(path, images):
        sample = sample_of(entry, shown_size)
        if isinstance(sample, RefusedRow):
            refuse(sample)
        else:
            yield sample


def _entries(path: Path, images: Path | None) -> Iterator[ParsedRow]:
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.suffix == ".parquet":
        return _of_uground(path)
    rows = entries_of(path)
    first = list(islice(rows, 1))
    if not first:
        raise UsageError(f"{path} is empty")
    found = Images(path, images)
    keys = first[0].keys()
    if "img_filename" in keys and keys & {"bbox", "elements"}:
        return _of_elements(path, chain(first, rows), found, "elements", "img_filename", "elements")
    if {"img_url", "element"} <= keys:
        return _of_elements(path, chain(first, rows), found, "showui", "img_url", "element")
    if is_vigorl(first[0]):
        return _of_vigorl(path, found)
    raise UsageError(f"{path}: its rows have {', '.join(sorted(keys))}; known are {FORMS}")


def _of_elements(
    path: Path,
    rows: Iterator[Mapping[str, Any]],
    images: Images,
    source: Source,
    image_key: str,
    list_key: str,
) -> Iterator[ParsedRow]:
    for number, row in enumerate(rows):
        name = str(row.get(image_key, ""))
        image = images.find(name)
        elements = row.get(list_key, [row])
        if not (isinstance(elements, list) and all(isinstance(each, dict) for each in elements)):
            raise UsageError(f"{path}, row {number}: {list_key!r} is not a list of objects")
        for index, element in enumerate(elements):
            part = f"-{index}" if list_key in row else ""
            yield ParsedRow(
                f"{path.stem}/{number}{part}",
                source,
                image,
                name,
                str(element.get("instruction") or ""),
                _sides(element.get("bbox")),
                "parts",
                str(element.get("data_type") or ""),
            )


def _of_uground(path: Path) -> Iterator[ParsedRow]:
    if lacking := {"image", "conversations"} - set(columns_of(path)):
        raise UsageError(f"{path} has no {', '.join(sorted(lacking))}; known are {FORMS}")
    for number, row in enumerate(rows_of(path, leave_out=("image",))):
        image = StoredImage(path.parent, path.name, "image", number)
        for index, (asked, answered) in enumerate(_turns(row["conversations"])):
            yield ParsedRow(
                f"{path.stem}/{number}-{index}",
                "uground",
                image,
                image.name,
                asked,
                box_in(answered),
                "thousandths",
            )


def _turns(conversations: Any) -> list[tuple[str, str]]:
    """What was asked and what was answered to it, by turns."""
    try:
        turns = json.loads(conversations) if isinstance(conversations, str) else conversations
        said = [str(turn["value"]) for turn in turns]
    except (ValueError, TypeError, KeyError, RecursionError):
        return [("", "")]
    return list(zip(said[::2], said[1::2], strict=False))


def _of_vigorl(path: Path, images: Images) -> Iterator[ParsedRow]:
    for number, row in enumerate(vigorl_rows(path)):
        name = row.images[0] if row.images else ""
        yield ParsedRow(
            f"{path.stem}/{number}",
            "vigorl",
            images.find(name),
            name,
            row.instruction,
            box_in(row.answer),
            "shown" if row.kind == "training" else "pixels",
        )


def _sides(bbox: Any) -> tuple[float, float, float, float] | None:
    try:
        left, top, right, bottom = (float(side) for side in bbox)
    except (TypeError, ValueError, OverflowError):
        return None
    return left, top, right, bottom
