"""Tokens that keep a reply to the items that it was told: a constraint on what is sampled.

It is also kept from ending an episode lightly: words that do so are made less likely where a
thought begins, as the family says.

What may follow is a function of the row alone, the prompt and what is said so far. So whoever
scores a row again finds the very tokens that the sampler had to choose from, and log-probabilities
mean the same to both: those of the constrained distribution.

Tokens are longer or shorter than digits, and may begin before a number or end behind it, as in
` #4` or `0 |`: a token may be drawn where its characters, one by one, keep to a number.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vigorl.policy.local.codec import Codec
from vigorl.policy.nano.told_items import Said, ToldItems

_PROMPTS_KNOWN = 64
"""Prompts whose items are kept."""
_WITHIN = frozenset("0123456789, )")
"""Characters of a number behind its sign, and of a point behind its parenthesis."""
_OPENING = frozenset("#(")
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
    """The tokens of a vocabulary, sorted by what they have to do with numbers and points."""

    def __init__(self, codec: Codec, slow_to_end: Sequence[tuple[str, float]] = ()) -> None:
        self._codec = codec
        self._lowered = tuple((self._first_token(word), nats) for word, nats in slow_to_end)
        self._opening: list[tuple[int, str]] = []
        """Tokens that open one, whatever else they do."""
        self._going_on: list[tuple[int, str]] = []
        """Others that begin with what may stand in one."""
        for written, token_id in codec.tokenizer.get_vocab().items():
            if not any(character in written for character in "#(),0123456789") and len(written) > 1:
                continue  # neither is this one, however it writes a space
            text = codec.decode([token_id])
            if not _OPENING.isdisjoint(text):
                self._opening.append((token_id, text))
            elif text and text[0] in _WITHIN:
                self._going_on.append((token_id, text))
        self._told: OrderedDict[tuple[int, ...], ToldItems] = OrderedDict()

    def choice(self, ids: Sequence[int], start: int) -> NextTokens | None:
        """What may follow the tokens of a row; None: anything.

        Args:
            ids: From the beginning of the row.
            start: Where its last reply begins, see `Codec.reply_start`.
        """
        told = self._items(tuple(ids[:start]))
        text = self._codec.decode(ids[start:])
        said = Said(told).with_text(text)
        if not said.is_kept:
            return None  # it was begun by others
        if said.rests is None or "" in said.rests:
            watched = self._opening if said.rests is None else (*self._opening, *self._going_on)
            never = tuple(at for at, text in watched if not said.with_text(text).is_kept)
            lowered = self._lowered if text == _THOUGHT_BEGINS else ()
            return NextTokens(never, False, lowered) if never or lowered else None
        within = (*self._opening, *self._going_on)
        only = (at for at, text in within if said.with_text(text).is_kept)
        return NextTokens(tuple(sorted(only)), True)

    def _first_token(self, word: str) -> int:
        """The token that a word of a thought begins with; mostly it is the whole word."""
        ids: list[int] = self._codec.tokenizer.encode(f" {word}", add_special_tokens=False)
        return ids[0]

    def _items(self, before: tuple[int, ...]) -> ToldItems:
        """Those that stand in the last message before a reply."""
        found = self._told.get(before)
        if found is None:
            found = ToldItems.of(self._codec.last_message(before))
            self._told[before] = found
            while len(self._told) > _PROMPTS_KNOWN:
                self._told.popitem(last=False)
        return found
