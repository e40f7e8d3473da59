"""Pages rendered by a browser, from shards, as training pages in pixels."""

import io
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from vigorl.browser.errors import UsageError
from vigorl.tasks.world.shards import ShardPage, read_shards
from vigorl.training.nano.architecture import CELL_PX
from vigorl.training.nano.page_batches import PixelQuestion, TaughtPage, point
from vigorl.training.nano.sketch import BoxPx

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A page, as small as it was on the disk."""

    image: bytes
    characters: tuple[tuple[str, float, float], ...]
    questions: tuple[PixelQuestion, ...]


class Shards:
    """Pages of folders of shards; every batch is of one size."""

    def __init__(
        self,
        samples: Iterable[ShardPage],
        *,
        cells: int = 9000,
        most_cells: int = 640,
        questions: int = 16,
    ) -> None:
        """Keep the pages in memory, encoded.

        Args:
            samples: Where they come from.
            cells: Of the pictures of a batch, together.
            most_cells: Of a picture; larger ones are left out.
            questions: Most of a page.

        Raises:
            UsageError: no page is small enough.
        """
        self._cells, self._questions = cells, questions
        self._by_size: dict[Size, list[_Stored]] = defaultdict(list)
        for sample in samples:
            size = _whole_cells(sample.picture.width_px, sample.picture.height_px)
            if _cells(size) <= most_cells and sample.questions:
                self._by_size[size].append(_stored(sample, size))
        if not self._by_size:
            raise UsageError(f"no page of the shards has at most {most_cells} cells of 32 x 32 px")

    @property
    def count(self) -> int:
        """Pages in all."""
        return sum(map(len, self._by_size.values()))

    def pages(self, random: Random) -> list[TaughtPage]:
        """A batch of one of the sizes; frequent sizes are taken as often as they occur."""
        sizes = list(self._by_size)
        (size,) = random.choices(sizes, [len(self._by_size[each]) for each in sizes])
        count = max(1, self._cells // _cells(size))
        return [
            self._page(random, stored, size)
            for stored in random.choices(self._by_size[size], k=count)
        ]

    def _page(self, random: Random, stored: _Stored, size: Size) -> TaughtPage:
        image = Image.open(io.BytesIO(stored.image)).convert("RGB")
        if image.size != size:
            image = image.resize(size, Image.Resampling.BICUBIC)
        asked = random.sample(stored.questions, min(self._questions, len(stored.questions)))
        return TaughtPage(np.asarray(image), stored.characters, asked)


def shards_of(folders: Iterable[Path], **limits: int) -> Shards:
    """The pages of these folders."""
    return Shards((sample for folder in folders for sample in read_shards(folder)), **limits)


def _whole_cells(width_px: int, height_px: int) -> Size:
    return tuple(max(1, round(side / CELL_PX)) * CELL_PX for side in (width_px, height_px))  # type: ignore[return-value]


def _cells(size: Size) -> int:
    return size[0] * size[1] // CELL_PX**2


def _stored(sample: ShardPage, size: Size) -> _Stored:
    """The page as it is at a size of whole cells."""
    across = size[0] / sample.picture.width_px
    down = size[1] / sample.picture.height_px
    characters = tuple(
        (
            character,
            (edges[0] + edges[1]) / 2 * across,
            (word.box.top + word.box.bottom) / 2 * down,
        )
        for line in sample.truth.lines
        for word in line.words
        for character, edges in zip(
            word.text, zip(word.edges_css_px, word.edges_css_px[1:], strict=False), strict=False
        )
    )
    questions = []
    for asked in sample.questions:
        box = asked.bbox_xyxy
        scaled = None
        if box is not None:
            scaled = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
        questions.append(PixelQuestion(asked.instruction, turn(scaled, asked.answer, size), scaled))
    return _Stored(sample.picture.data, characters, tuple(questions))


def turn(box_px: BoxPx | None, answer: str | None, size: Size) -> str:
    """What is to be said: a click on the target, the answer read there, or that it is missing."""
    said = point(box_px, *size) if box_px is not None else "not there"
    if answer is not None:
        answer_text = f"done {json.dumps(answer, ensure_ascii=False)}"
    elif box_px is not None:
        answer_text = f"click {said}"
    else:
        answer_text = 'give_up "not there"'
    return f"<think> {said} </think>\n<answer> {answer_text} </answer>"
