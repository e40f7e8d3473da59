"""Route B: nano learns to act on readings. A Qwen3 of some million parameters, text only."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from vigorl.training.nano.packed import PADDING, PackedRows, forward
from vigorl.training.nano.reading_rows import LONGEST_ROW, Mixture, ReadingRows

HEAD = 64
"""Numbers of an attention head; servers have no kernels for fewer."""
CONTEXT_TOKENS = 4096
TURNS_OF_A_LINE = 10
"""At most, in the mean: so many turns are looked at to fill a batch."""


def build(folder: Path, *, width: int = 320, layers: int = 8, seed: int = 0) -> Qwen3ForCausalLM:
    """The model with random weights, float32.

    Tokens of coordinates begin as what they are, points on a line: near ones are alike. So that
    rows and columns need not be learnt number by number.

    Args:
        folder: Holds the tokenizer.
        width: Numbers of a token, a multiple of 64.
        layers: Of the network.
        seed: Of the weights.
    """
    tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(folder)
    config = Qwen3Config(
        vocab_size=len(tokenizer) + 16 - len(tokenizer) % 8,
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // HEAD,
        num_key_value_heads=width // HEAD,
        head_dim=HEAD,
        max_position_embeddings=CONTEXT_TOKENS,
        rope_parameters={"rope_type": "default", "rope_theta": 1e4},
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    weight = model.get_input_embeddings().weight
    for pattern in (" ({})", ", {})"):
        text = pattern.removesuffix(")") if pattern.startswith(" (") else pattern
        ids = tokenizer.convert_tokens_to_ids([text.format(n) for n in range(1000)])
        with torch.no_grad():
            weight[ids] = 0.5 * weight[ids] + 0.5 * _on_a_line(1000, width, weight.std().item())
    return model


def _on_a_line(count: int, width: int, deviation: float) -> Tensor:
    """Vectors for 0 to count - 1 of which near ones are alike, [count, width]."""
    place = torch.arange(count)[:, None] / count
    waves = 2.0 ** torch.arange(0, 8)[None]
    angles = 2 * math.pi * place * waves
    features = torch.cat([angles.sin(), angles.cos()], dim=1) / waves.repeat(1, 2) ** 0.25
    mixed = features @ torch.randn(features.shape[1], width)
    return mixed / mixed.std() * deviation


def save(model: Any, tokenizer_folder: Path, folder: Path) -> None:
    """Write a checkpoint in bfloat16, whole with its tokenizer."""
    tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(tokenizer_folder)
    tokenizer.save_pretrained(folder)
    halved = {
        name: weight.detach().to("cpu", torch.bfloat16).contiguous()
        for name, weight in model.state_dict().items()
        if name != "lm_head.weight"
    }
    model.save_pretrained(folder, state_dict=halved)


class ReadingObjective:
    """Turns about readings, endless; each batch from its number.

    Args:
        folder: What `vigorl.training.nano.reading_stock.prepare` wrote.
        lines: Rows of a batch, each filled with as many turns as fit …
        tokens: … into so many tokens; no fewer than the longest turn has.
        mixture: Shares of the sorts of turns.
        seed: Another seed, other turns.
    """

    def __init__(
        self,
        folder: Path,
        lines: int = 32,
        tokens: int = LONGEST_ROW,
        mixture: Mixture | None = None,
        seed: int = 0,
    ) -> None:
        if tokens < LONGEST_ROW:
            raise ValueError(f"turns of up to {LONGEST_ROW} tokens do not fit into {tokens}")
        self._rows = ReadingRows(folder, mixture, seed)
        self._lines, self._tokens, self._seed = lines, tokens, seed

    def batch(self, step: int) -> PackedRows:
        """The batch of a step: turns side by side, none of which sees another."""
        shape = (self._lines, self._tokens)
        ids = torch.zeros(shape, dtype=torch.int64)
        segments = torch.full(shape, PADDING, dtype=torch.int64)
        weights = torch.zeros(shape)
        used, counts = [0] * self._lines, [0] * self._lines
        most = self._lines * TURNS_OF_A_LINE
        for number in range(step * most, (step + 1) * most):
            turn, learnt = self._rows.row(number)
            fitting = [
                line for line in range(self._lines) if used[line] + len(turn) <= self._tokens
            ]
            if not fitting:
                break
            line = max(fitting, key=lambda line: used[line])
            span = slice(used[line], used[line] + len(turn))
            counts[line] += 1
            ids[line, span] = torch.tensor(turn)
            weights[line, span] = torch.tensor(learnt)
            segments[line, span] = counts[line]
            used[line] += len(turn)
        return PackedRows(ids, segments, weights)

    def to(self, batch: PackedRows, device: torch.device) -> PackedRows:
        """The same batch on another device."""
        return batch.to(device)

    def losses(
        self, module: nn.Module, batch: PackedRows, step: int
    ) -> Iterator[Mapping[str, Tensor]]:
        """Mean over the learnt tokens, and how many of them are guessed right."""
        model: Any = module
        # Their number is waited for, so it is asked for before the device has work.
        row_M, place_M = (batch.weights_B_L > 0).nonzero(as_tuple=True)
        hidden_B_L_D = forward(model, batch).hidden_B_L_D
        targets_M = batch.ids_B_L[row_M, place_M]
        logits_M_V = model.lm_head(hidden_B_L_D[row_M, place_M - 1]).float()
        loss = F.cross_entropy(logits_M_V, targets_M)
        right = (logits_M_V.argmax(-1) == targets_M).float().mean()
        yield {"loss": loss, "right": right}

    def too_large(self, step: int) -> str:
        """What to change where a batch does not fit into memory."""
        return "take the smaller preset (--preset cpu)"

    def sample(self, number: int) -> tuple[str, str]:
        """Prompt and turn of one row, for looking at."""
        random = Random(f"{self._seed}:{number}")
        while (made := self._rows.turn(random)) is None:
            pass
        return made.prompt, made.turn
