"""The tokens of nano that sees: bytes, the strings of the grammar, and every coordinate whole.

Text is a byte a token, so that a word and its picture are spelt alike. The two halves of a point
are a token each, `(412` and `, 80)`: pointing is two choices among a thousand, and the network is
never asked for arithmetic on digits.
"""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from vigorl.policy.family import ChatFormat

THOUSANDTHS = 1000
"""Coordinates run from 0 to 999 in both directions."""

_CALL = json.dumps({"name": "search_coordinate", "arguments": {"coordinate": ["", ""]}})
_CALL_BEGINS, _, _CALL_ENDS = _CALL.partition('"", ""')
_GRAMMAR = (
    "system\n",
    "user\n",
    "assistant\n",
    "<think> ",
    " </think>\n",
    "<answer> ",
    " </answer>",
    f"<tool_call>{_CALL_BEGINS[:-1]}",
    f"{_CALL_ENDS[1:]}</tool_call>",
    "<observation>",
    "</observation>",
    "click ",
    "type ",
    "done ",
    "give_up ",
    "scroll ",
    "press ",
    "Task: ",
)


@dataclass(frozen=True)
class Vocabulary:
    """The tokenizer, and the ids that training looks up."""

    tokenizer: Any

    def ids(self, text: str) -> list[int]:
        """The tokens of a text without control strings; as the tokenizer, but far quicker."""
        ids: list[int] = []
        for part in self._pieces.split(text):
            if part in self._whole:
                ids.append(self._whole[part])
            else:
                ids += map(self._bytes.__getitem__, part.encode())
        return ids

    @cached_property
    def _whole(self) -> dict[str, int]:
        """Strings that are one token wherever they stand."""
        added: dict[str, int] = self.tokenizer.get_added_vocab()
        return added

    @cached_property
    def _pieces(self) -> re.Pattern[str]:
        longest_first = sorted(self._whole, key=len, reverse=True)
        return re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    @cached_property
    def _bytes(self) -> list[int]:
        """The token of each byte."""
        spelt = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        ids: dict[int, int] = {}
        # Together these characters have every byte that UTF-8 knows.
        for code in (*range(0x800), *range(0x800, 0xD800, 0x400), 0xE000, 0xF000, 0x10000, 0x40000):
            character = chr(code)
            (piece, _), *_ = spelt.pre_tokenize_str(character)
            ids.update(zip(character.encode(), map(self.id, piece), strict=True))
        return [ids.get(byte, self.tokenizer.pad_token_id) for byte in range(256)]

    def id(self, token: str) -> int:
        """The token that is exactly this string."""
        found: int = self.tokenizer.convert_tokens_to_ids(token)
        return found

    @cached_property
    def first_x(self) -> int:
        """The token `(0`; those of x follow each other."""
        return self.id("(0")

    @cached_property
    def first_y(self) -> int:
        """The token `, 0)`; those of y follow each other."""
        return self.id(", 0)")

    def __len__(self) -> int:
        return len(self.tokenizer)


def vocabulary(chat_template: str) -> Vocabulary:
    """The vocabulary of nano that sees; always the same."""
    chat = ChatFormat()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    spelling = Tokenizer(models.BPE(vocab={byte: i for i, byte in enumerate(alphabet)}, merges=[]))
    spelling.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    spelling.decoder = decoders.ByteLevel()
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=spelling,
        eos_token=chat.end,
        pad_token="<|endoftext|>",
        additional_special_tokens=[chat.start, *chat.never_sampled],
        chat_template=chat_template,
    )
    numbers = range(THOUSANDTHS)
    whole = [*_GRAMMAR, *(f"({x}" for x in numbers), *(f", {y})" for y in numbers)]
    whole += [*(f"[{x}" for x in numbers), *(f", {y}]" for y in numbers)]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in whole])
    return Vocabulary(tokenizer)
