"""From pages with their truth to packed rows with everything that is learnt from them.

A page becomes one row: its picture, and behind it as many questions as asked for. Beside the
words of the answers it carries two denser losses, which make reading and pointing learnable in
minutes rather than days:

- *reading*: which character stands in each slot of 4 x 8 px, from the patches' own features;
- *looking*: where the network should look when it is about to say a point.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vigorl.browser.geometry import Box, Frame
from vigorl.training.nano.architecture import CELL_PX
from vigorl.training.nano.packed import PADDING, PackedRows
from vigorl.training.nano.sketch import BoxPx
from vigorl.training.nano.vocabulary import THOUSANDTHS, Vocabulary

SLOT_WIDTH_PX, SLOT_HEIGHT_PX = 4, 8
SLOTS = (CELL_PX // 2 // SLOT_WIDTH_PX) * (CELL_PX // 2 // SLOT_HEIGHT_PX)
"""Of a patch."""
BLANK = 0
CHARACTERS = "".join(map(chr, (*range(33, 127), *range(161, 256)))) + "€–—…“”„’•ąćęłńśźżœ"
"""What can stand in a slot; its place here, counted from 1."""
_CLASS = {character: index for index, character in enumerate(CHARACTERS, 1)}


@dataclass(frozen=True, slots=True)
class PixelQuestion:
    """One branch: what is asked, and what is to be said."""

    goal: str
    turn: str
    """The assistant's whole text; points are thousandths of the picture."""
    looks_at_px: BoxPx | None = None
    """Where the first point of the turn belongs; None where it says no point."""


@dataclass(frozen=True)
class TaughtPage:
    """A picture with its truth."""

    pixels: NDArray[np.uint8]
    """[H, W, 3]; both sides whole cells."""
    characters: Sequence[tuple[str, float, float]]
    """Each with its middle, px."""
    questions: Sequence[PixelQuestion]


@dataclass(frozen=True)
class PageBatch:
    """A batch: packed rows, and the two denser losses."""

    rows: PackedRows
    slots_B_P_8: Tensor
    """uint8: the character of each slot of each patch, cell by cell; BLANK where there is none."""
    looks_at_B_Q: Tensor
    """int64: places of the rows that are followed by half a point; 0 where there are fewer."""
    boxes_B_Q_4: Tensor
    """float32: where to look from there, in cells (left, top, right, bottom); empty if unused."""

    def to(self, device: torch.device) -> "PageBatch":
        """The same batch on another device."""
        return PageBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


class PageCollator:
    """Turns pages into batches in the words of one vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, formula_weight: float = 0.2, whole_turns: int = 3
    ) -> None:
        """Weigh what is the same in every turn less, and say only some turns to their end.

        Args:
            vocabulary: The words.
            formula_weight: Of a token that is no point, against 1 for a point.
            whole_turns: So many questions of a page are answered whole; the others stop behind
                their first point, since the rest is form.
        """
        self._words = vocabulary
        self._start = vocabulary.id("<|im_start|>")
        self._end = vocabulary.id("<|im_end|>")
        self._cell = vocabulary.id("<|image_pad|>")
        self._head = [
            self._start,
            *vocabulary.ids("user\n"),
            vocabulary.id("<|vision_start|>"),
        ]
        self._tail = [vocabulary.id("<|vision_end|>")]
        self._answer = [
            self._end,
            *vocabulary.ids("\n"),
            self._start,
            *vocabulary.ids("assistant\n"),
        ]
        self._points = range(vocabulary.first_x, vocabulary.first_y + THOUSANDTHS)
        self._formula_weight = formula_weight
        self._whole_turns = whole_turns

    def batch(self, pages: Sequence[TaughtPage], *, multiple: int = 16) -> PageBatch:
        """One row a page; all pictures have one size.

        Args:
            pages: What to teach.
            multiple: Rows are padded to a whole multiple of so many tokens.
        """
        height, width, _ = pages[0].pixels.shape
        cells = (height // CELL_PX) * (width // CELL_PX)
        prefix = [*self._head, *[self._cell] * cells, *self._tail]
        rows = [self._row(page, len(prefix)) for page in pages]
        length = max(len(ids) for ids, *_ in rows) + len(prefix)
        length = -(-length // multiple) * multiple
        looks = max(1, max(len(at) for *_, at, _ in rows))
        ids_B_L = np.zeros((len(pages), length), np.int64)
        segments_B_L = np.full((len(pages), length), PADDING, np.int64)
        weights_B_L = np.zeros((len(pages), length), np.float32)
        at_B_Q = np.zeros((len(pages), looks), np.int64)
        boxes_B_Q_4 = np.zeros((len(pages), looks, 4), np.float32)
        for b, (ids, segments, weights, at, boxes) in enumerate(rows):
            ids_B_L[b, : len(prefix)] = prefix
            segments_B_L[b, : len(prefix)] = 0
            stop = len(prefix) + len(ids)
            ids_B_L[b, len(prefix) : stop] = ids
            segments_B_L[b, len(prefix) : stop] = segments
            weights_B_L[b, len(prefix) : stop] = weights
            at_B_Q[b, : len(at)] = at
            boxes_B_Q_4[b, : len(at)] = np.asarray(boxes, np.float32).reshape(-1, 4) / CELL_PX
        return PageBatch(
            PackedRows(
                torch.from_numpy(ids_B_L),
                torch.from_numpy(segments_B_L),
                torch.from_numpy(weights_B_L),
                torch.from_numpy(np.stack([page.pixels for page in pages])),
                len(self._head),
            ),
            torch.from_numpy(np.stack([slots(page) for page in pages])),
            torch.from_numpy(at_B_Q),
            torch.from_numpy(boxes_B_Q_4),
        )

    def _row(
        self, page: TaughtPage, begins: int
    ) -> tuple[list[int], list[int], list[float], list[int], list[BoxPx]]:
        ids: list[int] = []
        segments: list[int] = []
        weights: list[float] = []
        at: list[int] = []
        boxes: list[BoxPx] = []
        for number, question in enumerate(page.questions, 1):
            asked = [*self._words.ids(f"Task: {question.goal}"), *self._answer]
            said = [*self._words.ids(question.turn), self._end]
            points = [index for index, token in enumerate(said) if token in self._points]
            if question.looks_at_px is not None and number > self._whole_turns:
                said = said[: points[1] + 1]
            if question.looks_at_px is not None:
                for index in points[:2]:
                    at.append(begins + len(ids) + len(asked) + index - 1)
                    boxes.append(question.looks_at_px)
            ids += [*asked, *said]
            segments += [number] * (len(asked) + len(said))
            weights += [0.0] * len(asked)
            weights += [
                1.0 if index in points[:2] else self._formula_weight for index in range(len(said))
            ]
        return ids, segments, weights, at, boxes


def slots(page: TaughtPage) -> NDArray[np.uint8]:
    """The character of each slot of each patch, [P, 8], patches cell by cell."""
    height, width, _ = page.pixels.shape
    rows, columns = height // SLOT_HEIGHT_PX, width // SLOT_WIDTH_PX
    grid = np.zeros((rows, columns), np.uint8)
    for character, x, y in page.characters:
        row, column = int(y // SLOT_HEIGHT_PX), int(x // SLOT_WIDTH_PX)
        if 0 <= row < rows and 0 <= column < columns:
            grid[row, column] = _CLASS.get(character, BLANK)
    cut = grid.reshape(height // CELL_PX, 2, 2, width // CELL_PX, 2, 4)
    return cut.transpose(0, 3, 1, 4, 2, 5).reshape(-1, SLOTS)


def point(box_px: BoxPx, width_px: int, height_px: int) -> str:
    """The middle of a box, as it is said."""
    grid = Frame.of_viewport(width_px, height_px).thousandths()
    x, y = grid.nearest_cell(Box(*box_px).center)
    return f"({x}, {y})"


_TEMPLATES = {
    "text": ("{0}", "{0}", "{0}", 'click "{0}"', 'the text "{0}"', 'Click on "{0}"', '"{0}"'),
    "button": ("{0}", 'click "{0}"', 'the "{0}" button', 'the button "{0}"', "press {0}"),
    "field": ('the field "{0}"', 'the "{0}" field', 'type into "{0}"', "the input for {0}"),
    "checkbox": ('the checkbox "{0}"', 'check "{0}"', 'the box of "{0}"'),
    "radio": ('the radio button "{0}"', 'choose "{0}"', 'the option "{0}"'),
}


def pointing(
    label: str, kind: str, box_px: BoxPx, size: tuple[int, int], random: Random
) -> PixelQuestion:
    """A question for a place, and the click on it."""
    said = point(box_px, *size)
    turn = f"<think> {said} </think>\n<answer> click {said} </answer>"
    return PixelQuestion(random.choice(_TEMPLATES[kind]).format(label), turn, box_px)
