"""Tokens that keep a reply to the items that it was told: a constraint on what is sampled.

It is also kept from ending an episode lightly: words that do so are made less likely where a
thought begins, as the family says.

What may follow is a function of the row alone, the prompt and what is said so far. So whoever
scores a row again finds the very tokens that the sampler had to choose from, and log-probabilities
mean the same to both: those of the constrained distribution.

Tokens are longer or shorter than what is kept to, and may begin before a name or number or end
behind it, as in ` #4` or `0 |`: a token may be drawn where its characters, one by one, keep to it.
A character of several bytes may take several tokens.
"""

import codecs
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vigorl.policy.local.codec import Codec
from vigorl.policy.nano.numbering import KIND
from vigorl.policy.nano.said import Said
from vigorl.policy.nano.told_items import ICON, ToldItems

_UTF8 = codecs.getincrementaldecoder("utf-8")
_PROMPTS_KNOWN = 64
"""Prompts whose items are kept."""
_OPENING = frozenset('"#(')
"""Characters with which an item, a number or a point begins."""
_ENDS_QUOTES = frozenset('"\n>')
"""Characters with which what is in quotation marks may end."""
_KINDS = (*KIND.split("|"), ICON)
"""Words with which an item begins that has a kind."""
_IN_PLACE = ("not", "look", "go")
"""How a thought begins to say something in the place of an item: not in sight, look at, go back."""
_LEADS_ON = ("|", "<")
"""Characters behind an item: another one follows, or the thought ends."""
_THOUGHT_BEGINS = "<think>"


@dataclass(frozen=True)
class NextTokens:
    """Which tokens may come next."""

    ids: tuple[int, ...]
    is_whole: bool
    """These and no others may; otherwise all but these."""
    lowered: tuple[tuple[int, float], ...] = ()
    """Of those that may, some that are less likely than their logits say, by so many nats."""

    @property
    def only(self) -> int | None:
        """The one token that may; None: there are several."""
        return self.ids[0] if self.is_whole and len(self.ids) == 1 else None

    def apply(self, logits_V: Tensor) -> Tensor:
        """Logits, some lowered, and minus infinity for tokens that may not come next, [V]."""
        if self.lowered:
            logits_V = logits_V.clone()
            for token_id, nats in self.lowered:
                logits_V[token_id] -= nats
        ids = torch.tensor(self.ids, dtype=torch.int64, device=logits_V.device)
        if not self.is_whole:
            return logits_V.index_fill(-1, ids, float("-inf"))
        kept_V = torch.full_like(logits_V, float("-inf"))
        return kept_V.index_copy(-1, ids, logits_V[ids])


class Copying:
    """The tokens of a vocabulary, by what they write."""

    def __init__(self, codec: Codec, slow_to_end: Sequence[tuple[str, float]] = ()) -> None:
        self._codec = codec
        self._lowered = tuple((self._first_token(word), nats) for word, nats in slow_to_end)
        self._bytes: dict[int, bytes] = {}
        """What each token writes."""
        self._opening: list[tuple[int, str]] = []
        """Tokens that may open what is kept to, whatever else they do …"""
        self._closing: list[tuple[int, str]] = []
        """… and those of them that may end what is in quotes."""
        special = frozenset(codec.tokenizer.all_special_ids)
        for written, token_id in codec.tokenizer.get_vocab().items():
            text = codec.decode([token_id])
            if token_id in special or not text:
                continue
            self._bytes[token_id] = _written_bytes(written) if "\ufffd" in text else text.encode()
            word = text.lstrip()
            if not _OPENING.isdisjoint(text) or word.startswith((*_IN_PLACE, *_KINDS, *_LEADS_ON)):
                self._opening.append((token_id, text))
                if not _ENDS_QUOTES.isdisjoint(text):
                    self._closing.append((token_id, text))
        self._sorted = sorted((written, token_id) for token_id, written in self._bytes.items())
        self._told: OrderedDict[tuple[int, ...], ToldItems] = OrderedDict()

    def choice(self, ids: Sequence[int], start: int) -> NextTokens | None:
        """What may follow the tokens of a row; None: anything.

        Args:
            ids: From the beginning of the row.
            start: Where its last reply begins, see `Codec.reply_start`.
        """
        told = self._items(tuple(ids[:start]))
        text, begun = _split(b"".join(self._bytes.get(each, b"") for each in ids[start:]))
        said = Said(told).with_text(text)
        if not said.is_kept:
            return None  # it was begun by others
        if said.lists_next:
            kept = sorted(at for at, each in self._opening if said.with_text(each).is_kept)
            return NextTokens(tuple(kept), True) if kept else None
        if said.rests is None or ("" in said.rests and not said.is_copied):
            # A text in quotes ends before anything else begins.
            watched = self._closing if said.is_quoted else self._opening
            if said.rests is not None or said.names_number:
                digits = (self._beginning_with(digit.encode()) for digit in "0123456789")
                watched = [*watched, *(each for group in digits for each in group)]
            never = tuple(at for at, each in watched if not said.with_text(each).is_kept)
            lowered = self._lowered if text == _THOUGHT_BEGINS else ()
            return NextTokens(never, False, lowered) if never or lowered else None
        whole = dict.fromkeys(rest.encode() for rest in said.rests)
        rests = [rest[len(begun) :] for rest in whole if rest.startswith(begun)]
        if len(rests) == 1 and not begun and not said.is_copied:
            # One item is left: it is written in the tokenizer's own pieces.
            piece = self._first_piece(rests[0].decode())
            if rests[0].startswith(self._bytes.get(piece, b" ")):
                return NextTokens((piece,), True)
        only = self._keeping_to(rests, said)
        if said.is_copied:  # it may end with any word
            only |= {at for at, each in self._opening if said.with_text(each).is_kept}
        return NextTokens(tuple(sorted(only)), True) if only else None

    def _keeping_to(self, rests: Iterable[bytes], said: Said) -> set[int]:
        """Tokens that write a part of one of these texts, or one of them and what may follow."""
        found: set[int] = set()
        for rest in rests:
            for length in range(1, len(rest) + 1):
                at = bisect_left(self._sorted, (rest[:length], -1))
                exact = self._sorted[at : at + 1]
                if not exact or not exact[0][0].startswith(rest[:length]):
                    break  # no token begins like this
                while at < len(self._sorted) and self._sorted[at][0] == rest[:length]:
                    found.add(self._sorted[at][1])
                    at += 1
            else:
                beyond = (
                    at for at, text in self._beginning_with(rest) if said.with_text(text).is_kept
                )
                found.update(beyond)
        return found

    def _beginning_with(self, begins: bytes) -> Iterator[tuple[int, str]]:
        """Tokens that write whole characters and these bytes first, and their texts."""
        for at in range(bisect_left(self._sorted, (begins, -1)), len(self._sorted)):
            written, token_id = self._sorted[at]
            if not written.startswith(begins):
                return
            text, left = _split(written)
            if not left:
                yield token_id, text

    def _first_piece(self, text: str) -> int:
        ids: list[int] = self._codec.tokenizer.encode(text, add_special_tokens=False)
        return ids[0]

    def _first_token(self, word: str) -> int:
        """The token that a word of a thought begins with; mostly it is the whole word."""
        return self._first_piece(f" {word}")

    def _items(self, before: tuple[int, ...]) -> ToldItems:
        """Those that stand in the last message before a reply."""
        found = self._told.get(before)
        if found is None:
            found = ToldItems.of(self._codec.last_message(before))
            self._told[before] = found
            while len(self._told) > _PROMPTS_KNOWN:
                self._told.popitem(last=False)
        return found


def _split(written: bytes) -> tuple[str, bytes]:
    """The whole characters of a text, and the first bytes of another one."""
    decoder = _UTF8(errors="replace")
    text = decoder.decode(written)
    return text, decoder.getstate()[0]


def _written_bytes(written: str) -> bytes:
    """The bytes of a part of a character, as a vocabulary of bytes writes them."""
    return bytes(_BYTE_OF[character] for character in written if character in _BYTE_OF)


def _byte_signs() -> dict[str, int]:
    """The byte of each sign in vocabularies like GPT-2's: its own where it is seen."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [each for each in range(0x100) if each not in set(seen)]
    return {chr(each): each for each in seen} | {
        chr(0x100 + index): each for index, each in enumerate(hidden)
    }


_BYTE_OF = _byte_signs()
