"""Thoughts said otherwise: without the points that they name, or not at all.

What a model is taught by example is what was said. To ask whether its thoughts help, and whether
their points do, the same examples are taught with them, without the points, and without both.
"""

import re
from typing import Literal

from vigorl.policy.points import POINT

Thoughts = Literal["pointed", "plain", "none"]
"""As they were said; without the points that they name; empty."""

_THOUGHT = re.compile(r"(<think>)(.*?)(</think>)", re.DOTALL)


def ablate(text: str, thoughts: Thoughts) -> str:
    """A turn with its thought said otherwise; what it does stays."""
    if thoughts == "pointed":
        return text
    return _THOUGHT.sub(lambda found: f"{found[1]}{_without(found[2], thoughts)}{found[3]}", text)


def _without(thought: str, thoughts: Thoughts) -> str:
    said = " ".join(POINT.sub("", thought).split()) if thoughts == "plain" else ""
    return f" {said} " if said else " "
