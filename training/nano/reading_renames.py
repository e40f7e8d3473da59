"""Other words for a recorded episode, the same ones wherever they stand.

An episode's drawn words (names, goods, what buttons are called) and its numbers are exchanged for
others, in the task, on the screens, in thoughts and commands alike: what is left to learn is how
these belong together, not the words. The words that a task is put in stay in the task.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

_WORD_OR_NUMBER = re.compile(r"[A-Za-z]+|[0-9]{2,}")
_QUOTES = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CAPITALIZED = re.compile(r"(?<![.?!:] )(?<!^)\b[A-Z][a-z]+")
_ONSETS = (
    "b br c ch cl d dr f fl g gl gr h j k kl l m n p pl pr qu r s sh sl st t th tr v w z".split()
)
_NUCLEI = "a e i o u ai ea ee ia io oo ou".split()
_CODAS = ["", "", "", "l", "n", "r", "s", "t", "m", "nd", "rk", "st", "x", "ck", "sh", "lm", "nt"]

INVENTED = 0.4
"""Share of the words that take the place of others which nobody has ever seen."""
TWO_WORDS = 0.15
"""Share of the words that become two: what one page calls "Archive" another calls "Put away"."""


@dataclass(frozen=True)
class WordStock:
    """Which words are exchanged, and for what."""

    drawn: frozenset[str]
    """Words of the training vocabularies, lower case."""
    others: tuple[str, ...]
    """English words that take their places; none of the held-out vocabularies is among them."""
    held_out: frozenset[str]
    """Words of the held-out vocabularies, lower case, which must not be invented by chance."""
    spoken: dict[str, frozenset[str]]
    """By task: words that its goals are put in."""
    invented: float = INVENTED
    """Share of the words drawn that are invented."""

    @classmethod
    def load(cls, path: Path) -> "WordStock":
        """Read what `vigorl.training.nano.reading_stock` wrote."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            frozenset(stored["drawn"]),
            tuple(stored["others"]),
            # What was prepared before they were stored has none.
            frozenset(stored.get("held_out", ())),
            {task: frozenset(words) for task, words in stored["spoken"].items()},
        )

    def draw(self, random: Random) -> str:
        """A word that takes the place of another: an invented one, or one of the others."""
        while True:
            word = (
                invented(random) if random.random() < self.invented else random.choice(self.others)
            )
            if word not in self.held_out:
                return word


class Renames:
    """The exchanges of one episode.

    Args:
        stock: The words that are exchanged, and those that others are exchanged for.
        task: Whose goal it is.
        random: Draws the others.
        identity: Exchange nothing.
        numbers: Exchange numbers as well.
        only: Words that may be exchanged, lower case; None: all of the stock.
        labels: What whole texts become, whatever else is exchanged.
        words: What single words become, lower case, whatever else is exchanged.
    """

    def __init__(
        self,
        stock: WordStock,
        task: str,
        random: Random,
        *,
        identity: bool = False,
        numbers: bool = True,
        only: frozenset[str] | None = None,
        labels: Mapping[str, str] | None = None,
        words: Mapping[str, str] | None = None,
    ) -> None:
        self._stock = stock
        self._only = only
        self._labels = labels or {}
        self._spoken = stock.spoken.get(task, frozenset())
        self._random = random
        self._identity = identity
        self._numbers = numbers
        self._given = words or {}
        self._words: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._taken: set[str] = set()

    def text(self, text: str) -> str:
        """What stands on a screen, in other words."""
        text = self._labels.get(text, text)
        if self._keeps_all:
            return text
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = _WORD_OR_NUMBER.sub(
                lambda match: self._exchanged(match.group(), spare=False), text
            )
        return found

    def quoted(self, text: str) -> str:
        """A sentence of ours, in which only quotations are exchanged."""
        if self._keeps_all and not self._labels:
            return text
        return _QUOTES.sub(lambda match: f'"{self.text(match[1])}"', text)

    def goal(self, text: str) -> str:
        """A task: its quotations and names are exchanged, its own words stay."""
        if self._keeps_all:
            return text
        parts = _QUOTES.split(text)
        return "".join(
            f'"{self.text(part)}"'
            if index % 2
            else _WORD_OR_NUMBER.sub(lambda m: self._exchanged(m.group(), spare=True), part)
            for index, part in enumerate(parts)
        )

    @property
    def _keeps_all(self) -> bool:
        return self._identity and not self._given

    def _exchanged(self, word: str, spare: bool) -> str:
        lower = word.lower()
        if lower in self._given:
            return _cased(self._given[lower], word)
        if self._identity:
            return word
        if word[0].isdigit():
            return self._number(word) if self._numbers else word
        if (spare and lower in self._spoken) or not self._may_be_exchanged(lower):
            return word
        if lower not in self._stock.drawn:
            if not (lower.endswith("s") and lower[:-1] in self._stock.drawn):
                return word
            return _cased(self._new(lower[:-1]) + "s", word)
        return _cased(self._new(lower), word)

    def _may_be_exchanged(self, lower: str) -> bool:
        return self._only is None or lower in self._only

    def _new(self, lower: str) -> str:
        found = self._words.get(lower)
        if found is None:
            if lower in self._spoken and self._random.random() < 0.5:
                found = lower
            else:
                found = self._draw()
                if self._random.random() < TWO_WORDS:
                    found += " " + self._draw()
            self._words[lower] = found
        return found

    def _draw(self) -> str:
        for _ in range(20):
            word = self._stock.draw(self._random)
            if word not in self._taken:
                break
        self._taken.add(word)
        return word

    def _number(self, digits: str) -> str:
        """Another number of as many digits; a new one as long as there are any."""
        found = self._words.get(digits)
        if found is not None:
            return found
        new = digits
        if digits.strip("0"):
            for _ in range(20):
                first = self._random.choice("123456789") if digits[0] != "0" else "0"
                new = first + "".join(self._random.choice("0123456789") for _ in digits[1:])
                if new not in self._taken:
                    break
        self._taken.add(new)
        self._words[digits] = new
        return new


def names_in(goal: str) -> frozenset[str]:
    """Words of a goal that are names, lower case: quoted ones, and capitalized ones in sentences.

    The others mean something: on a page where "Save" has another name, nobody could tell which.
    """
    quoted = " ".join(_QUOTES.findall(goal))
    inside = _CAPITALIZED.findall(_QUOTES.sub('""', goal))
    return frozenset(word.lower() for word in [*_WORD_OR_NUMBER.findall(quoted), *inside])


def invented(random: Random) -> str:
    """A word that does not exist, but could."""
    count = random.choice((1, 2, 2, 2, 3))
    word = "".join(random.choice(_ONSETS) + random.choice(_NUCLEI) for _ in range(count))
    return word + random.choice(_CODAS)


def _cased(new: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if like[0].isupper() else new
