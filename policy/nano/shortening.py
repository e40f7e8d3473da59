"""A reading that fits a small model's time: what concerns the task least is left out.

What is left stands as it was read, row by row, so that a shorter reading is a part of the longer
one. Where everything fits nothing is left out.
"""

import re
from collections.abc import Sequence

from vigorl.policy.nano.reading import ScreenItem, written_length

_WORD = re.compile(r"\w+")
_SHORTEST_WORD = 3
"""Characters of a word that counts; shorter ones are in every text."""
_HEADING_PX = 24.0
"""From this height of its box a text is taken for a heading."""


def shortened(
    rows: Sequence[Sequence[ScreenItem]], task: str, most_characters: int
) -> list[list[ScreenItem]]:
    """The items that a task needs most, at most so many characters of them.

    Those that share words with the task come first, the rarest words of the screen counting most;
    then what can be acted on, then headings, then other texts, each from the top.

    Args:
        rows: The items of a screen.
        task: What is to be done, in words.
        most_characters: Of all of them as they are written, about.
    """
    everything = [item for row in rows for item in row]
    if sum(map(written_length, everything)) <= most_characters:
        return [list(row) for row in rows]
    wanted = _words(task)
    words = [_words(f"{item.label} {item.text}") & wanted for item in everything]
    seen = [word for shared in words for word in shared]
    ranks = [
        (-sum(1 / seen.count(word) for word in shared), _standing(item), index)
        for index, (item, shared) in enumerate(zip(everything, words, strict=True))
    ]
    kept, left = set[int](), most_characters
    for *_, index in sorted(ranks):
        length = written_length(everything[index])
        if length <= left:
            kept.add(id(everything[index]))
            left -= length
    shorter = ([item for item in row if id(item) in kept] for row in rows)
    return [row for row in shorter if row]


def _standing(item: ScreenItem) -> int:
    """What comes first of items that share as much with the task."""
    if item.kind != "text":
        return 0 if item.text or item.label else 2
    return 1 if item.box_px.height >= _HEADING_PX else 3


def _words(text: str) -> set[str]:
    """The words of a text without their endings, about."""
    words = (word.lower() for word in _WORD.findall(text))
    return {
        word.removesuffix("s") for word in words if len(word) >= _SHORTEST_WORD or word.isdigit()
    }
