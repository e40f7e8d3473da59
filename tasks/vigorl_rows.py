"""The rows of ViGoRL's own JSONL, both kinds.

*For training* (`vigorl_osatlas_train_RL.jsonl`, …)::

    {"prompt": "<image>Description: …", "images": ["web_grounding/….png"], "answer": "(1, 2, 3, 4)"}

The trainer shows an image at another size than it is stored in, and holds a point against the box
as it is: so boxes are in pixels of the image as it is shown.

*For evaluation* (`screenspot_pro_test.jsonl`, `vstarbench_test.jsonl`, …)::

    {"id": "7", "image": "web_grounding/….png",
     "conversations": [{"from": "human", "value": "<image>…"}, {"from": "gpt", "value": "(1, …)"}]}

The evaluation scales the box as it scales the image: boxes are in pixels of the stored image.

Source: the readers of these files, `verl/utils/dataset.py` with `examples/config.yaml`, and
`vlmsearch/datasets/data_loader.py` with `tree_search/single_path_rollouts.py`, in copies of
github.com/Gabesarch/grounded-rl. The keys of the prompt (`prompt` or `problem`) and of the answer
(`answer` or `solution`) differ between them, so both are taken. The files themselves
(`gsarch/vigorl_datasets`) could not be looked at.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vigorl.browser.errors import UsageError
from vigorl.tasks.entries import entries_of

Kind = Literal["training", "evaluation"]

_IMAGE = re.compile(r"\s*</?image>\s*")
_DESCRIPTION = re.compile(r"Description:\s*(.*?)\s*(?:\n\s*Answer:.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class VigorlRow:
    """One row, as far as its keys tell."""

    id: str
    """As the row says, or its number, counted from 0."""
    kind: Kind
    images: tuple[str, ...]
    """Paths below the folder of the data."""
    prompt: str
    """Without the places of images."""
    answer: str

    @property
    def instruction(self) -> str:
        """What a grounding prompt describes."""
        found = _DESCRIPTION.fullmatch(self.prompt)
        return found[1] if found else self.prompt


def is_vigorl(row: Mapping[str, Any]) -> bool:
    """Whether a row has the keys of one of the kinds."""
    return "conversations" in row or ("images" in row and ("prompt" in row or "problem" in row))


def vigorl_rows(path: Path) -> Iterator[VigorlRow]:
    """The rows of a file.

    Raises:
        UsageError: it cannot be read, or a row has other keys.
    """
    for number, row in enumerate(entries_of(path)):
        try:
            yield _row(number, row)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise UsageError(
                f"{path}, row {number}: no row of ViGoRL's: neither prompt, images and answer nor "
                "image and conversations"
            ) from error


def box_in(answer: str) -> tuple[float, float, float, float] | None:
    """The box that an answer is, `(left, top, right, bottom)`; None where it is none."""
    try:
        left, top, right, bottom = (float(side) for side in ast.literal_eval(answer.strip()))
    except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError, MemoryError):
        return None
    return left, top, right, bottom


def _row(number: int, row: Mapping[str, Any]) -> VigorlRow:
    name = str(row.get("id", number))
    if "conversations" in row:
        asked, answered = (str(turn["value"]) for turn in row["conversations"][:2])
        return VigorlRow(name, "evaluation", (str(row["image"]),), _words(asked), answered)
    prompt = row["prompt"] if "prompt" in row else row["problem"]
    answer = row["answer"] if "answer" in row else row["solution"]
    images = tuple(str(image) for image in row["images"])
    return VigorlRow(name, "training", images, _words(str(prompt)), str(answer))


def _words(text: str) -> str:
    return _IMAGE.sub(" ", text).strip()
