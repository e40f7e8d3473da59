"""The tokens of nano that reads: pieces of words, numbers up to three digits, and whole points.

Both halves of a point are a token each, ` (412` and `, 80)`, wherever they stand: in a reading, in
a thought, in a command. A space between words is a token of its own, so that a word is written with
the same tokens in a task, between quotation marks and at the beginning of a line, and what is read
can be copied token by token. `Encoder` does what the tokenizer does, some thirty times faster, and
can split words otherwise: a word that was never seen is made of pieces that were.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

THOUSANDTHS = 1000
MERGED_PIECES = 1600
"""Pieces of words, beside single bytes."""

_CALL = json.dumps({"name": "search_coordinate", "arguments": {"coordinate": ["", ""]}})
_CALL_BEGINS, _, _CALL_ENDS = _CALL.partition('"", ""')
GRAMMAR = (
    "user\n",
    "assistant\n",
    "<think> ",
    " </think>\n",
    "<answer> ",
    " </answer>",
    f"<tool_call>{_CALL_BEGINS[:-1]}",
    f"{_CALL_ENDS[1:]}</tool_call>",
    "Task: ",
    "\nPage: ",
    "\nTabs: ",
    "\nEvent: ",
    "\nCloser:\n",
    " (shown)",
    " | ",
    ": not in sight",
    ": no change",
    '" button',
    '" link',
    " in the row of ",
    "everything is done",
    '\nfield "',
    '\nlist "',
    '\nbox "',
    '\nradio "',
    '\nswitch "',
    "\nicon ",
)
"""Strings that are one token each wherever they stand."""
CUT = 0.3
"""How often a word that is spelt in another way is cut between two of its letters."""
_PAST = 40
_POINTS = r" \((?:0|[1-9]\d{0,2})|, (?:0|[1-9]\d{0,2})\)"
_NUMBERED = r"\n(?:[1-9]|[123]\d|40)\. "
_CHUNK = r"[A-Za-z]+|[0-9]{1,3}|[^A-Za-z0-9]"


def build_tokenizer(texts: Iterable[str], chat_template: str) -> Any:
    """The tokenizer; pieces of words are those that are frequent in `texts`."""
    # Where rows are made there may be no pydantic, which the families need.
    from vigorl.policy.family import ChatFormat

    chat = ChatFormat()
    spelling = Tokenizer(models.BPE())
    spelling.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[A-Za-z]+|[^A-Za-z]"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + MERGED_PIECES, initial_alphabet=alphabet, show_progress=False
    )
    spelling.train_from_iterator(texts, trainer)
    learned = json.loads(spelling.to_str())["model"]
    vocabulary: dict[str, int] = dict(learned["vocab"])
    merges = [tuple(pair) for pair in learned["merges"]]
    digits = "0123456789"
    for first in [*digits, *(a + b for a in digits for b in digits)]:
        for last in digits:
            merges.append((first, last))
            vocabulary.setdefault(first + last, len(vocabulary))
    whole = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    whole.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CHUNK), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    whole.decoder = decoders.ByteLevel()
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=whole,
        eos_token=chat.end,
        pad_token="<|endoftext|>",
        additional_special_tokens=[chat.start, *chat.never_sampled],
        chat_template=chat_template,
    )
    numbers = range(THOUSANDTHS)
    strings = [
        *GRAMMAR,
        *(f"\n{n}. " for n in range(1, _PAST + 1)),
        *(f" ({x}" for x in numbers),
        *(f", {y})" for y in numbers),
    ]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in strings])
    return tokenizer


class Encoder:
    """The tokenizer once more, fast; and with words split at random.

    Args:
        folder: A folder with the saved tokenizer.
        split: How often a word is spelt in another way than the usual one.
    """

    def __init__(self, folder: Path, split: float = 0.0) -> None:
        state = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        self._whole = {token["content"]: token["id"] for token in state["added_tokens"]}
        control = [text for text in self._whole if text.startswith("<|")]
        longest_first = sorted([*GRAMMAR, *control], key=lambda text: -len(text))
        alternatives = [_POINTS, _NUMBERED, *map(re.escape, longest_first), _CHUNK]
        self._parts = re.compile("|".join(alternatives), re.DOTALL)
        self._plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._split = split
        self._known: dict[str, tuple[int, ...]] = {}
        self.start = self._whole["<|im_start|>"]
        self.end = self._whole["<|im_end|>"]
        self.size = len(state["model"]["vocab"]) + len(state["added_tokens"])

    def ids(self, text: str, spelling: "Spelling | None" = None) -> list[int]:
        """The tokens of a text; words are split where `spelling` says so."""
        ids: list[int] = []
        for part in self._parts.findall(text):
            if spelling is not None and part.isalpha():
                for piece in spelling.pieces(part):
                    ids += self._ids_of(piece)
            else:
                ids += self._ids_of(part)
        return ids

    def row(
        self, prompt: str, turn: str, random: Random | None = None
    ) -> tuple[list[int], list[float]]:
        """A turn with its prompt as the local backend puts them together, and what is learnt of it.

        The prompt has weight 0; the turn and the token that ends it weigh 1.
        """
        spelling = Spelling(random, self._split) if random is not None else None
        before = [
            self.start,
            *self.ids("user\n" + prompt, spelling),
            self.end,
            *self.ids("\n"),
            self.start,
            *self.ids("assistant\n"),
        ]
        said = [*self.ids(turn, spelling), self.end]
        return before + said, [0.0] * len(before) + [1.0] * len(said)

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens, control strings included."""
        text: str = self._plain.decode(list(ids), skip_special_tokens=False)
        return text

    def _ids_of(self, part: str) -> tuple[int, ...]:
        found = self._known.get(part)
        if found is None:
            found = self._spell(part)
            if len(self._known) < 200_000:
                self._known[part] = found
        return found

    def _spell(self, part: str) -> tuple[int, ...]:
        if part in self._whole:
            return (self._whole[part],)
        return tuple(self._plain.encode(part, add_special_tokens=False).ids)


class Spelling:
    """How the words of one row are split: each at the same letters wherever it stands.

    So a word that is copied is copied token by token, whatever it is made of; words that were
    never seen are made of pieces in ways that were not seen either.

    Args:
        random: Draws where.
        share: How many of the words are split in another way than the usual one.
    """

    def __init__(self, random: Random, share: float) -> None:
        self._random = random
        self._share = share
        self._ends: dict[str, list[int]] = {}

    def pieces(self, word: str) -> list[str]:
        """The word in pieces; mostly it is the only one."""
        key = word.lower()
        ends = self._ends.get(key)
        if ends is None:
            ends = []
            if self._random.random() < self._share:
                ends = [end for end in range(1, len(word)) if self._random.random() < CUT]
            self._ends[key] = ends
        starts = [0, *ends]
        return [word[a:b] for a, b in zip(starts, [*ends, len(word)], strict=True)]
