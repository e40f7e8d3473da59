"""A question about pictures, whichever benchmark it is from."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vigorl.browser.geometry import Box, Point
from vigorl.tasks.stored_image import StoredImage

Name = Literal["vstar", "blink", "sat", "robospatial"]
"""A benchmark."""

Kind = Literal["choice", "yes or no", "place"]
"""What is asked for: one of several options, yes or no, or points in a part of the picture."""

SEED = 0
"""Of the order of options, where it is drawn; a record of it is kept with every result."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class ImageQuestion:
    """One row of a benchmark."""

    benchmark: Name
    id: str
    group: str
    """The line of the benchmark's table that it counts in."""
    text: str
    images: tuple[StoredImage, ...]
    kind: Kind
    answer: str
    """The right option's text; of a place, its outline as published."""
    options: tuple[str, ...] = ()
    """As they are shown; none for a place."""
    order: tuple[int, ...] = ()
    """Which of the published options each is, counted from 0; empty where they are as published."""
    text_lists_options: bool = False
    """The text has the options in it already."""
    targets_px: tuple[Box, ...] = ()
    """What the question is about, pixels of the one image; not shown to anybody who plays."""
    outline: tuple[Point, ...] = ()
    """Of the right place: a polygon, in parts of the image's width and height."""
    mask: StoredImage | None = None
    """Of the right place: what is not black."""

    @property
    def goal(self) -> str:
        """What is asked, with the options.

        Source: the layout of options is that of the published evaluation of arXiv 2505.23678, as
        far as programs that read its files tell (a line `Answer Choices:`, then `A. red`, …); the
        files themselves could not be looked at.
        """
        if self.kind != "choice" or self.text_lists_options:
            return self.text
        lines = (
            f"{letter}. {option}" for letter, option in zip(LETTERS, self.options, strict=False)
        )
        return "\n".join((self.text, "Answer Choices:", *lines))

    @property
    def guess(self) -> float | None:
        """How often guessing is right; None for places."""
        return 1 / len(self.options) if self.options else None

    def record(self) -> dict[str, Any]:
        """What is stored with every result: enough to judge the answer again."""
        record: dict[str, Any] = {
            "benchmark": self.benchmark,
            "id": self.id,
            "group": self.group,
            "question": self.text,
            "images": [image.name for image in self.images],
            "kind": self.kind,
            "answer": self.answer,
        }
        if self.options:
            record["options"] = list(self.options)
        if self.order:
            record |= {"order": list(self.order), "seed": SEED}
        if self.targets_px:
            record["targets_px"] = [
                [box.left, box.top, box.right, box.bottom] for box in self.targets_px
            ]
        if self.outline:
            record["outline"] = [[point.x, point.y] for point in self.outline]
        if self.mask is not None:
            record["mask"] = self.mask.name
        return record


def shuffled(options: Sequence[str], question: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Options in an order that depends on the question's id alone, and where each stood before."""
    order = list(range(len(options)))
    random.Random(f"{SEED} {question}").shuffle(order)
    return tuple(options[index] for index in order), tuple(order)
