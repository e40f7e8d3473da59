"""Questions in ViGoRL's own JSONL (`vstarbench_test.jsonl`, `blink_validation.jsonl`, …).

A prompt is shown as it is; its options are the lettered lines after `Answer Choices:`. The line of
the table is told by the image's path (V*Bench) or by the id, `val_Art_Style_7` (BLINK); the other
files do not say. Several images of a question are one file in them.

Source: as for `vigorl.tasks.vigorl_rows`; the layout of options is what `posteval_vstar.py` of a
copy of the published code looks for, and the ids of BLINK what `eval_blink.py` of
github.com/Gabesarch/grounded-rl does.
"""

import re
from pathlib import Path, PurePosixPath

from vigorl.browser.errors import UsageError
from vigorl.tasks.grounding_files.images import Images
from vigorl.tasks.vigorl_rows import VigorlRow, vigorl_rows
from vigorl.tasks.visual_reasoning import blink, vstar
from vigorl.tasks.visual_reasoning.question import ImageQuestion, Name

CHOICES = "Answer Choices:"

_OPTION = re.compile(r"^\s*\(?[A-Z][.)]\s*(.+?)\s*$", re.MULTILINE)


def read_vigorl_questions(name: Name, path: Path) -> list[ImageQuestion]:
    """The questions of a file.

    Args:
        name: Of the benchmark that they are of.
        path: The file; its images are beside it or above.

    Raises:
        UsageError: it cannot be read, a row is no question with options, or an image lacks.
    """
    images = Images(path)
    return [
        _question(name, path, number, row, images) for number, row in enumerate(vigorl_rows(path))
    ]


def _question(name: Name, path: Path, number: int, row: VigorlRow, images: Images) -> ImageQuestion:
    place = f"{path}, row {number}"
    options = tuple(_OPTION.findall(row.prompt.partition(CHOICES)[2]))
    if row.answer not in options:
        raise UsageError(
            f"{place}: the answer {row.answer!r} is none of the options {options} that stand after "
            f"{CHOICES!r} in its prompt"
        )
    found = [images.find(image) for image in row.images]
    pictures = tuple(image for image in found if image is not None)
    if not pictures or len(pictures) < len(found):
        raise UsageError(f"{place}: no image {', '.join(row.images)} beside it or above")
    return ImageQuestion(
        benchmark=name,
        id=f"{path.stem}/{row.id}",
        group=_group(name, row) or path.stem,
        text=row.prompt,
        images=pictures,
        kind="choice",
        answer=row.answer,
        options=options,
        text_lists_options=True,
    )


def _group(name: Name, row: VigorlRow) -> str | None:
    if name == "vstar":
        folders = PurePosixPath(row.images[0]).parts
        return next((group for group in vstar.GROUPS if group in folders), None)
    if name == "blink":
        task = "_".join(row.id.split("_")[1:-1])
        return task if task in blink.GROUPS else None
    return None
