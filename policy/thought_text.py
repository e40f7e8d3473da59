"""The text of turns between tags, cut and joined at its thought: sentences, points, ablations.

What is made of a model's words after they were said (the steps that a search branches at, chains
put together from several episodes, thoughts without their points) is made here, beside the
grammar that reads them. A turn of another format has no `</think>`: its text is one sentence, and
nothing is taken out of it.
"""

import re
from typing import Literal

from vigorl.policy.points import POINT

Thoughts = Literal["pointed", "plain", "none"]
"""A thought as it was said; without the points and numbers of items that it names; empty."""

_BEGIN, _END = "<think>", "</think>"
_THOUGHT = re.compile(r"(<think>)(.*?)(</think>)", re.DOTALL)
_NUMBER = re.compile(r'("(?:[^"\\]|\\.)*")|(?<=[\w"]) #\d+\b')
"""An item that is named by its number; or what stands in quotes, where numbers are the page's."""
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s)|\n|$)", re.DOTALL)


def ablate(text: str, thoughts: Thoughts) -> str:
    """A turn with its thought said otherwise; what it does stays."""
    if thoughts == "pointed":
        return text
    return _THOUGHT.sub(lambda found: f"{found[1]}{_without(found[2], thoughts)}{found[3]}", text)


def pointed_sentence_end(text: str, start: int) -> int | None:
    """Where the first sentence of a thought ends that names a point, if another such follows.

    Args:
        text: Of a turn.
        start: From where on it is looked for.
    """
    sentences = _SENTENCE.finditer(text, start, max(start, text.find(_END)))
    ends = [each.end() for each in sentences if POINT.search(each[0])]
    return ends[0] if len(ends) > 1 else None


def pairs_in(text: str) -> list[str]:
    """The pairs of coordinates that a turn, or its beginning, names in its thought: `(x, y)`."""
    return [f"({x}, {y})" for x, y in POINT.findall(up_to_thought_end(text))]


def up_to_thought_end(text: str) -> str:
    """A turn's text before its thought ends, the opening tag included."""
    return text.partition(_END)[0]


def joined(said: str, between: str, text: str) -> tuple[str, str]:
    """A turn that goes on with another one in the same thought.

    Args:
        said: What the first one says up to there, opening tag included; may be empty.
        between: A sentence between the two.
        text: The other one, or the rest of it.

    Returns:
        The text of the turn, and its thought.
    """
    whole = f"{said.rstrip() or _BEGIN} {between} {text.removeprefix(_BEGIN).strip()}"
    return whole, up_to_thought_end(whole.removeprefix(_BEGIN)).strip()


def _without(thought: str, thoughts: Thoughts) -> str:
    said = ""
    if thoughts == "plain":
        said = " ".join(_NUMBER.sub(r"\1", POINT.sub("", thought)).split())
    return f" {said} " if said else " "
