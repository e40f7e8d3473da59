"""Drawing a task's contents from its seed.

Words come in two halves that share no entry, one for each split, so that a test seed shows nothing
that a training seed has shown.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vigorl.tasks.task import Split, split_of

T = TypeVar("T")


@dataclass(frozen=True)
class WordLists:
    """A vocabulary, halved.

    Raises:
        ValueError: the halves share an entry, or one holds an entry twice.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        everything = self.train + self.test
        if twice := {word for word in everything if everything.count(word) > 1}:
            raise ValueError(f"more than once in a vocabulary: {sorted(twice)}")

    def of(self, split: Split) -> tuple[str, ...]:
        """The half that belongs to a split."""
        return self.train if split == "train" else self.test


class Draw:
    """Random choices that depend on a task's name, a seed and a purpose, and on nothing else.

    Every purpose has a stream of its own: a further choice of colours leaves the words alone.
    """

    def __init__(self, name: str, seed: int, purpose: str) -> None:
        self.split: Split = split_of(seed)
        self._random = random.Random(f"{name}:{seed}:{purpose}")

    def one(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return self._random.choice(choices)

    def several(self, choices: Sequence[T], count: int) -> tuple[T, ...]:
        """`count` of the choices, each at most once, in random order."""
        return tuple(self._random.sample(choices, count))

    def word(self, words: WordLists) -> str:
        """One word of the split's half."""
        return self.one(words.of(self.split))

    def words(self, words: WordLists, count: int) -> tuple[str, ...]:
        """`count` different words of the split's half."""
        return self.several(words.of(self.split), count)

    def shuffled(self, items: Iterable[T]) -> tuple[T, ...]:
        """All items in random order."""
        items = tuple(items)
        return self.several(items, len(items))

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def numbers(self, low: int, high: int, count: int) -> tuple[int, ...]:
        """`count` different whole numbers, both ends included."""
        return tuple(self._random.sample(range(low, high + 1), count))

    def chance(self, probability: float) -> bool:
        """True as often as the probability says."""
        return self._random.random() < probability
