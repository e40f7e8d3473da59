"""A vision-language model in this process: tokens and pictures in, log-probabilities out.

Everything that samples or trains goes through `Network.read` and `Network.score`, so that both
see the same prompt, the same pixels, the same positions and the same forbidden tokens.

Needs the extra `[model]` (torch, transformers), but not torchvision: transformers' own processors
for these models want it, for videos, so pictures go through the image processor alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers import (
    AutoConfig,
    DynamicCache,
)

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.policy.backend import Hardware
from vigorl.policy.family import Family
from vigorl.policy.images import FittedImage, token_count
from vigorl.policy.local.architecture import architecture_of, is_part
from vigorl.policy.local.codec import Codec, Prompt
from vigorl.policy.local.copying import Copying, NextTokens
from vigorl.policy.local.eight_bits import SAMPLE, weight_count
from vigorl.policy.local.keyvalues import KeyValues, Layers, row_cache, row_layers
from vigorl.policy.local.loading import Place, bar_for, files_of

SMALL_PARAMETERS = 100_000_000
"""Below it, one core computes as fast as several."""

_SCORED_AT_ONCE = 512
"""Positions whose logits over the whole vocabulary are in memory at the same time."""


@dataclass
class ReadRow:
    """What the network has read of a row: the tokens, the pictures, and their cache."""

    prompt: Prompt
    layers: Layers

    def begins(self, prompt: Prompt) -> bool:
        """Whether `prompt` goes on where this stops, with at least one more token."""
        ids, images = self.prompt.ids, self.prompt.images
        return (
            len(ids) < len(prompt.ids)
            and prompt.ids[: len(ids)] == ids
            and [image.shown for image in prompt.images[: len(images)]]
            == [image.shown for image in images]
        )

    def shared(self, prompt: Prompt) -> "ReadRow":
        """The longest beginning that both have, with at least one more token behind it in `prompt`.

        Of text alone, read by layers that keep each token for itself.
        """
        pairs = enumerate(zip(self.prompt.ids, prompt.ids[:-1], strict=False))
        shorter = min(len(self.prompt.ids), len(prompt.ids) - 1)
        length = next((place for place, (one, other) in pairs if one != other), shorter)
        layers = [(keys[:, :, :length], values[:, :, :length]) for keys, values in self.layers]
        return ReadRow(Prompt(prompt.ids[:length], ()), layers)


class Network:
    """The weights, the tokenizer and the image processor of one checkpoint."""

    def __init__(self, path: str, family: Family, hardware: Hardware | None = None) -> None:
        """Load a checkpoint from a folder or from the hub's cache.

        Raises:
            UsageError: the checkpoint is not there, or cannot be run here.
        """
        place = Place.of(hardware or Hardware())
        self.path = path
        self.family = family
        self.device, self.dtype = place.device, place.dtype
        self._quantization = place.hardware.quantization
        with files_of(path), bar_for(path):
            self.config = AutoConfig.from_pretrained(path)
            self.architecture = architecture_of(self.config, path)
            self.codec = Codec(path, family)
            self._processor = self.architecture.image_processor(path)
            sample_ids = self.codec.tokenizer(SAMPLE)["input_ids"]
            self.model: Any = place.load(self.architecture.loader, path, sample_ids)
        self._forbidden = torch.tensor(
            self.codec.never_sampled, dtype=torch.int64, device=self.device
        )
        self.end_ids = self._end_ids()
        self._copying = Copying(self.codec, family.slow_to_end) if family.copies else None
        sees = self.architecture.vision_tower is not None
        if sees == family.reads:
            raise UsageError(
                f"{path} {'sees pictures' if sees else 'takes text alone'}, unlike the "
                f"family {family.name}: choose another family"
            )
        if sees:
            self._check_cells()

    def _check_cells(self) -> None:
        cell_px = self._processor.patch_size * self._processor.merge_size
        path, family = self.path, self.family
        if cell_px != family.size.cell_px:
            raise UsageError(
                f"{path} cuts pictures into cells of {cell_px} px, the family {family.name} into "
                f"cells of {family.size.cell_px} px: choose another family"
            )

    def claim_cores(self) -> None:
        """Let a small network compute on one core of the CPU; called in its thread.

        Its layers are done before others have woken up: on two cores, 12 million parameters made
        a token in 17 ms by one thread, and, beside other work, in 200 ms by two.
        """
        if self.device.type == "cpu" and weight_count(self.model) < SMALL_PARAMETERS:
            torch.set_num_threads(1)

    @property
    def context_tokens(self) -> int:
        """Most tokens of a row."""
        return int(self.config.get_text_config().max_position_embeddings)

    @property
    def can_forget(self) -> bool:
        """Whether the last tokens can be taken back after they were read.

        Layers of linear attention keep a state in which all of them are mixed.
        """
        types = getattr(self.config.get_text_config(), "layer_types", None) or ()
        return "linear_attention" not in types

    def describe(self) -> dict[str, Any]:
        """Name, number format and versions."""
        return {
            "path": self.path,
            "device": str(self.device),
            "dtype": str(self.dtype).removeprefix("torch."),
            "quantization": self._quantization,
            "attention": self.model.config._attn_implementation,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }

    def save(self, folder: Path, weights: Mapping[str, Tensor] | None = None) -> None:
        """Write a checkpoint that loads like the one that this came from.

        Args:
            folder: Where.
            weights: In place of the network's own.

        Raises:
            OSError: the disk refuses.
        """
        self.model.save_pretrained(folder, state_dict=weights)
        self.codec.save(folder)
        if self._processor is not None:
            self._processor.save_pretrained(folder)

    @torch.inference_mode()
    def read(self, prompt: Prompt, known: ReadRow | None = None) -> tuple[Tensor, ReadRow, int]:
        """Read a row, or the rest of one whose beginning is known.

        Returns:
            The logits of the next token [V] float32 (of one that may not be sampled, minus
            infinity), the row as it is now known, and the position at which the next token stands.

        Raises:
            InconsistentData: placeholders and pictures do not belong together.
        """
        seen, seen_images = 0, 0
        cache = DynamicCache(config=self.config)
        if known is not None and not known.begins(prompt) and self.family.reads:
            known = known.shared(prompt)
        if known is not None and known.begins(prompt):
            seen, seen_images = len(known.prompt.ids), len(known.prompt.images)
            cache = row_cache(known.layers)
        inputs, next_position = self._inputs(prompt, seen, seen_images)
        output = self.model(**inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
        logits_V = self.allowed_logits(output.logits[0, -1])
        return logits_V, ReadRow(prompt, row_layers(cache)), next_position

    @torch.inference_mode()
    def step(self, ids_B_T: list[list[int]], positions_B: list[int], batch: KeyValues) -> Tensor:
        """Read more tokens in every row of a batch, as many in each.

        Args:
            ids_B_T: The tokens.
            positions_B: Of the first of them.
            batch: The rows as they were read until now; grows.

        Returns:
            Logits of what follows each of them, [B, T, V] float32, as `read` gives them.
        """
        ids = torch.tensor(ids_B_T, device=self.device)
        steps_T = torch.arange(ids.shape[1], device=self.device)
        positions_B_T = torch.tensor(positions_B, device=self.device)[:, None] + steps_T
        batch.grow(ids.shape[1])
        output = self.model(
            input_ids=ids,
            position_ids=self.architecture.model_positions(positions_B_T[None]),
            attention_mask=batch.mask(self.device),
            past_key_values=batch.cache,
            use_cache=True,
        )
        return self.allowed_logits(output.logits)

    @torch.inference_mode()
    def score(self, prompt: Prompt, at: Sequence[int]) -> list[float]:
        """Log-probabilities of the tokens at these places of a row, in one forward pass."""
        scores: list[float] = self.logprobs(prompt, at).tolist()
        return scores

    def logprobs(self, prompt: Prompt, at: Sequence[int]) -> Tensor:
        """The same, [len(at)] float32, with gradients where they are enabled.

        Raises:
            InconsistentData: placeholders and pictures do not belong together.
        """
        inputs, _ = self._inputs(prompt, 0, 0)
        hidden_T_D = self.model.model(**inputs, use_cache=False).last_hidden_state[0]
        places_S = torch.tensor(at, dtype=torch.int64, device=self.device)
        ids_T = torch.tensor(prompt.ids, device=self.device)
        choices = self.choices(prompt.ids, at)
        return self.spoken_logprobs(hidden_T_D[places_S - 1], ids_T[places_S], choices)

    def choices(self, ids: Sequence[int], at: Sequence[int]) -> list[NextTokens | None]:
        """Which tokens could be sampled at places of a row; None: all that may be sampled ever."""
        if self._copying is None:
            return [None] * len(at)
        before = [ids[:place] for place in at]
        return [self._copying.choice(each, self.codec.reply_start(each)) for each in before]

    def certain(self, ids: Sequence[int], most: int) -> list[int]:
        """The tokens behind a row that nothing else may stand in the place of, so many at most."""
        found: list[int] = []
        while self._copying is not None and len(found) < most:
            row = (*ids, *found)
            (choice,) = self.choices(row, [len(row)])
            if choice is None or choice.only is None:
                break
            found.append(choice.only)
        return found

    def spoken_logprobs(
        self, hidden_S_D: Tensor, ids_S: Tensor, choices: Sequence[NextTokens | None] = ()
    ) -> Tensor:
        """Log-probabilities of tokens, each behind a last hidden state, [S] float32.

        Logits over the whole vocabulary are never kept: for gradients they are computed again.

        Args:
            hidden_S_D: The last hidden states.
            ids_S: What was said behind each.
            choices: What it was chosen from, see `choices`; empty: from all that may be sampled.
        """

        def score(
            hidden_C_D: Tensor, ids_C: Tensor, chosen_from: Sequence[NextTokens | None]
        ) -> Tensor:
            logits_C_V = self.allowed_logits(self.model.lm_head(hidden_C_D))
            if any(chosen_from):
                rows = zip(logits_C_V.unbind(), chosen_from, strict=True)
                logits_C_V = torch.stack(
                    [logits_V if choice is None else choice.apply(logits_V)
                     for logits_V, choice in rows]
                )  # fmt: skip
            return logits_C_V.log_softmax(-1).gather(1, ids_C[:, None])[:, 0]

        scores = []
        for first in range(0, len(ids_S), _SCORED_AT_ONCE):
            chunk = slice(first, first + _SCORED_AT_ONCE)
            rows = hidden_S_D[chunk], ids_S[chunk], choices[chunk]
            if torch.is_grad_enabled():
                scores.append(checkpoint(score, *rows, use_reentrant=False))
            else:
                scores.append(score(*rows))
        return torch.cat(scores)

    def allowed_logprobs(self, logits: Tensor) -> Tensor:
        """Log-softmax at temperature 1 over the tokens that may be sampled, float32."""
        return self.allowed_logits(logits).log_softmax(-1)

    def allowed_logits(self, logits: Tensor) -> Tensor:
        """Logits, minus infinity for tokens that may not be sampled, float32."""
        logits = logits.to(self.device)  # where layers are spread, the last one may be elsewhere
        return logits.float().index_fill(-1, self._forbidden, float("-inf"))

    def _inputs(self, prompt: Prompt, seen: int, seen_images: int) -> tuple[dict[str, Any], int]:
        """What the model is called with to read the part of a row that it has not seen yet.

        Returns:
            The arguments, and the position at which the token after the row stands.
        """
        positions_A_T = self.positions(prompt)
        # Positions come from here and never from the model's own guess: without the token types
        # it would number pictures like text and say nothing.
        positions = self.architecture.model_positions(positions_A_T[:, None])
        ids_T = torch.tensor(prompt.ids)
        inputs = {
            "input_ids": ids_T[None, seen:],
            "attention_mask": torch.ones_like(ids_T)[None],
            "position_ids": positions[..., seen:],
        }
        if new_images := prompt.images[seen_images:]:
            inputs |= self._pixels(new_images)
        on_device = {name: tensor.to(self.device) for name, tensor in inputs.items()}
        return on_device, int(positions_A_T.max()) + 1

    def positions(self, prompt: Prompt) -> Tensor:
        """Where each token of a row stands, as the architecture numbers text and pictures.

        Returns:
            int64 [A, T], on each of its axes.

        Raises:
            InconsistentData: placeholders and pictures do not belong together.
        """
        ids_T = torch.tensor(prompt.ids)
        if prompt.images and self._processor is None:
            raise InconsistentData(f"{self.path} takes text alone, and was given a picture")
        is_image_T = ids_T == self.codec.cell_id
        grids_N_3 = torch.zeros((0, 3), dtype=torch.int64)
        if self._processor is not None:
            grids_N_3 = self._grids(prompt.images, is_image_T.tolist())
        return self.architecture.positions(self.model, ids_T, is_image_T, grids_N_3)

    def see(self, images: Sequence[FittedImage]) -> tuple[Tensor, list[Tensor]]:
        """What the vision tower makes of pictures, cell by cell.

        Returns:
            The N cells of all pictures, in order, [N, D]; and, where the architecture has them,
            what is added to the cells behind the first layers (deepstack), each [N, D].
        """
        pixels = {name: tensor.to(self.device) for name, tensor in self._pixels(images).items()}
        return self.architecture.image_features(self.model, pixels)

    @property
    def vision_tower(self) -> torch.nn.Module | None:
        """The part of the network that sees; None where it takes text alone."""
        name = self.architecture.vision_tower
        return None if name is None else self.model.model.get_submodule(name)

    def is_vision(self, name: str) -> bool:
        """Whether a weight or a layer, by its dotted name, belongs to the tower."""
        return is_part(name, self.architecture.vision_tower)

    def _pixels(self, images: Sequence[FittedImage]) -> dict[str, Tensor]:
        """Pictures as the vision tower takes them."""
        processed = self._processor(
            images=[image.image() for image in images], do_resize=False, return_tensors="pt"
        )
        grids_N_3: Tensor = processed["image_grid_thw"]
        if not torch.equal(grids_N_3, self._grid_sizes(images)):
            raise InconsistentData("the image processor changed the size of a picture")
        pixels: Tensor = processed["pixel_values"].to(self.dtype)
        return {"pixel_values": pixels, "image_grid_thw": grids_N_3}

    def _grids(self, images: Sequence[FittedImage], is_image_T: list[bool]) -> Tensor:
        """Time, height and width of pictures in patches, [N, 3] int64.

        Raises:
            InconsistentData: a picture does not consist of whole cells, or the runs of
                placeholders are not, in order, as long as the pictures have cells.
        """
        cell_px = self.family.size.cell_px
        runs = [len(list(run)) for is_image, run in groupby(is_image_T) if is_image]
        cells = []
        for image in images:
            if image.width_px % cell_px or image.height_px % cell_px:
                raise InconsistentData(f"{image.shown} does not consist of cells of {cell_px} px")
            cells.append(token_count(image.shown, self.family.size))
        if runs != cells:
            raise InconsistentData(f"placeholders for {runs} cells with pictures of {cells} cells")
        return self._grid_sizes(images)

    def _grid_sizes(self, images: Sequence[FittedImage]) -> Tensor:
        """Time, height and width in patches, [N, 3] int64."""
        patch_px = self._processor.patch_size
        grids = [(1, image.height_px // patch_px, image.width_px // patch_px) for image in images]
        return torch.tensor(grids, dtype=torch.int64).reshape(-1, 3)

    def _end_ids(self) -> frozenset[int]:
        """Tokens after which a turn is over."""
        configured = self.model.generation_config.eos_token_id
        ends = configured if isinstance(configured, list) else [configured]
        return frozenset({self.codec.end_id, *_known(ends)})


def _known(ids: Iterable[int | None]) -> list[int]:
    return [token_id for token_id in ids if token_id is not None]
