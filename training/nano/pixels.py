"""Route A: nano learns to read and to point from pixels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vigorl.browser.errors import UsageError
from vigorl.training.nano.architecture import CELL_PX
from vigorl.training.nano.losses import looking_loss, reading_loss, spoken_at, token_loss
from vigorl.training.nano.packed import AttentionTap, forward
from vigorl.training.nano.page_batches import (
    CHARACTERS,
    SLOTS,
    PageBatch,
    PageCollator,
    TaughtPage,
    pointing,
)
from vigorl.training.nano.pages import PAGES, sketch_page
from vigorl.training.nano.sketch import Sketch, Typefaces, WordSource
from vigorl.training.nano.vocabulary import THOUSANDTHS, Vocabulary

READ_PATCHES = 256
"""Patches of a picture whose characters are asked for at a step."""


class PixelNano(nn.Module):
    """The model, and the head that spells what its patches show; the head is not shipped."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        width = model.config.vision_config.hidden_size
        self.reading = nn.Linear(width, SLOTS * (len(CHARACTERS) + 1))


class PageSource(Protocol):
    """Where pages come from."""

    def pages(self, random: Random) -> list[TaughtPage]:
        """The pages of one batch, all of one size."""
        ...


@dataclass(frozen=True)
class Sketches:
    """Sketched pages, endless."""

    faces: Typefaces
    words: WordSource
    kinds: tuple[tuple[str, float], ...] = (("scattered", 4), ("panel", 3), ("dense", 3))
    """Kinds of pages, and how often."""
    sizes_px: tuple[tuple[int, int], ...] = ((448, 320), (384, 384), (512, 256), (320, 480))
    """Width and height; one of them for each batch."""
    count: int = 64
    """Pages of a batch."""
    questions: int = 16
    """Most of a page."""
    colourings: int = 3
    """Rows made of every page, each in other colours and with other questions."""

    def __post_init__(self) -> None:
        if unknown := [kind for kind, _ in self.kinds if kind not in PAGES]:
            raise UsageError(f"no pages of the kinds {unknown}; there are {', '.join(PAGES)}")

    def pages(self, random: Random) -> list[TaughtPage]:
        """Newly drawn."""
        size = random.choice(self.sizes_px)
        kinds = [kind for kind, _ in self.kinds]
        shares = [share for _, share in self.kinds]
        pages: list[TaughtPage] = []
        while len(pages) < self.count:
            (kind,) = random.choices(kinds, shares)
            sketch = sketch_page(random, *size, self.faces, self.words, kind)
            if sketch.targets:
                pages += [page_of(sketch, random, self.questions) for _ in range(self.colourings)]
        return pages[: self.count]


class PixelObjective:
    """Reading and pointing on pages of several sources, each batch from its number."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        sources: Sequence[tuple[PageSource, float]],
        taps: tuple[AttentionTap, ...] = (),
        seed: int = 0,
        *,
        looking: float = 1.0,
        reading: float = 1.0,
    ) -> None:
        """Mix sources by their shares of the batches.

        Args:
            vocabulary: The words.
            sources: Where pages come from, and how often.
            taps: The heads that are taught where to look.
            seed: Of everything that is drawn.
            looking: Weight of the loss of looking.
            reading: Weight of the loss of reading.
        """
        self._collator = PageCollator(vocabulary)
        self._sources, self._taps, self._seed = tuple(sources), taps, seed
        self._looking, self._reading_weight = looking, reading
        first_x, first_y = vocabulary.first_x, vocabulary.first_y
        self._scales = (
            range(first_x, first_x + THOUSANDTHS),
            range(first_y, first_y + THOUSANDTHS),
        )

    def batch(self, step: int) -> PageBatch:
        """The batch of a step."""
        random = Random(f"{self._seed}/{step}")
        shares = [share for _, share in self._sources]
        ((source, _),) = random.choices(self._sources, shares)
        return self._collator.batch(source.pages(random))

    @property
    def scales(self) -> tuple[range, range]:
        """The tokens of x and of y, in order."""
        return self._scales

    def to(self, batch: PageBatch, device: torch.device) -> PageBatch:
        """The same batch on another device, in other colours."""
        return recoloured(batch.to(device))

    def losses(
        self, module: nn.Module, batch: PageBatch, step: int
    ) -> Iterator[Mapping[str, Tensor]]:
        """Words, looking and reading."""
        assert isinstance(module, PixelNano)
        rows = batch.rows
        out = forward(module.model, rows, self._taps, batch.looks_at_B_Q)
        assert rows.pixels_B_H_W_3 is not None and out.seen is not None
        row_M, place_M = spoken_at(rows)
        targets_M, weights_M = rows.ids_B_L[row_M, place_M], rows.weights_B_L[row_M, place_M]
        logits_M_V = module.model.lm_head(out.hidden_B_L_D[row_M, place_M - 1])
        said = token_loss(logits_M_V, targets_M, weights_M, self._scales)
        high, wide = (side // CELL_PX for side in rows.pixels_B_H_W_3.shape[1:3])
        looking, looked = looking_loss(out.tapped, batch.boxes_B_Q_4, rows.first_cell, high, wide)
        reading, read = self._reading(module, out.seen.patches_B_P_D, batch.slots_B_P_8)
        on_x, on_y = (
            (targets_M >= scale.start) & (targets_M < scale.stop) & (weights_M == 1)
            for scale in self._scales
        )
        near = (logits_M_V.argmax(-1) - targets_M).abs() <= 20
        yield {
            "loss": said + self._looking * looking + self._reading_weight * reading,
            "said": said.detach(),
            "looking": looking.detach(),
            "looked": looked,
            "reading": reading.detach(),
            "read": read,
            "near_x": (near & on_x).sum() / on_x.sum().clamp(min=1),
            "near_y": (near & on_y).sum() / on_y.sum().clamp(min=1),
        }

    def too_large(self, step: int) -> str:
        """What to change where a batch does not fit into memory."""
        return "take the smaller preset (--preset cpu)"

    def _reading(
        self, module: PixelNano, patches_B_P_D: Tensor, slots_B_P_8: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Spelling of some patches of each picture, first of those that show something."""
        slots = slots_B_P_8.long()
        count = min(READ_PATCHES, slots.shape[1])
        chance = torch.rand(slots.shape[:2], device=slots.device)
        chosen_B_S = ((slots > 0).any(-1) * 0.8 + chance).topk(count, dim=1).indices
        width = patches_B_P_D.shape[-1]
        patches = patches_B_P_D.gather(1, chosen_B_S[..., None].expand(-1, -1, width))
        targets = slots.gather(1, chosen_B_S[..., None].expand(-1, -1, SLOTS))
        logits = module.reading(patches).view(-1, SLOTS, len(CHARACTERS) + 1)
        return reading_loss(logits, targets.view(-1, SLOTS))


def recoloured(batch: PageBatch) -> PageBatch:
    """The same pages in other colours: channels exchanged, inverted, stretched, and some noise.

    Drawing is what takes time; a page in other colours is as good as another for learning that
    colours do not matter. Where one colour decides, as in a ticked box, contrast stays.
    """
    pixels = batch.rows.pixels_B_H_W_3
    assert pixels is not None
    rows, device = len(pixels), pixels.device
    order_B_3 = torch.rand(rows, 3, device=device).argsort(1)
    scaled = pixels.float().gather(3, order_B_3[:, None, None].expand(pixels.shape)) - 127.5
    shape = (rows, 1, 1, 3)
    sign = torch.where(torch.rand(rows, 1, 1, 1, device=device) < 0.3, -1.0, 1.0)
    gain = 1 + 0.15 * (torch.rand(shape, device=device) - 0.5)
    shift = 24 * (torch.rand(shape, device=device) - 0.5)
    noise = torch.rand(rows, 1, 1, 1, device=device) ** 3 * 10 * torch.randn_like(scaled)
    changed = (scaled * sign * gain + shift + noise + 127.5).clamp(0, 255).to(torch.uint8)
    kept = torch.rand(rows, 1, 1, 1, device=device) < 0.3
    pixels = torch.where(kept, pixels, changed)
    return replace(batch, rows=replace(batch.rows, pixels_B_H_W_3=pixels))


@torch.no_grad()
def pointed(module: PixelNano, batch: PageBatch, scales: tuple[range, range]) -> Tensor:
    """Whether the point that is said for each question lies in its box, greedily.

    x is said first and read back before y is said, as when the model speaks.

    Returns:
        bool [questions of the batch].
    """
    rows, at_B_Q = batch.rows, batch.looks_at_B_Q[:, 0::2]
    boxes = batch.boxes_B_Q_4[:, 0::2]
    asked = boxes[..., 2] > boxes[..., 0]
    pixels = rows.pixels_B_H_W_3
    assert pixels is not None
    said: list[Tensor] = []
    for axis, scale in enumerate(scales):
        hidden = forward(module.model, rows).hidden_B_L_D
        place = (at_B_Q + axis)[..., None].expand(-1, -1, hidden.shape[-1])
        logits = module.model.lm_head(hidden.gather(1, place))
        number = logits[..., scale.start : scale.stop].argmax(-1)
        told = at_B_Q + axis + 1
        # Rows with fewer questions are filled up with places that ask nothing: those stay.
        kept = rows.ids_B_L.gather(1, told)
        ids = rows.ids_B_L.scatter(1, told, torch.where(asked, number + scale.start, kept))
        rows = replace(rows, ids_B_L=ids)
        said.append((number + 0.5) / THOUSANDTHS)
    high, wide = (side // CELL_PX for side in pixels.shape[1:3])
    x, y = said[0] * wide, said[1] * high
    inside: Tensor = (
        (boxes[..., 0] <= x) & (x <= boxes[..., 2]) & (boxes[..., 1] <= y) & (y <= boxes[..., 3])
    )
    return inside[asked]


def page_of(sketch: Sketch, random: Random, most: int) -> TaughtPage:
    """A sketched page with questions about some of its targets."""
    targets = random.sample(sketch.targets, min(most, len(sketch.targets)))
    height, width, _ = sketch.pixels.shape
    questions = [
        pointing(target.label, target.kind, target.box_px, (width, height), random)
        for target in targets
    ]
    return TaughtPage(sketch.pixels, sketch.characters, questions)
