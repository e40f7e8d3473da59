"""What a newcomer asks for, and what the true outcome of each is.

A task is one instruction on one of twenty small sites, in the language of
`vigorl.policy.reader.language`. Some can be done; the others are traps, where the only right
ending is a refusal that says why. The sites fall into two halves: failures on the sites of `dev`
may be looked into, those of `held_out` are only counted.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Split = Literal["dev", "held_out"]
Kind = Literal["can be done", "trap"]

SITES: dict[Split, tuple[str, ...]] = {
    "dev": (
        "outdoor",
        "clinic",
        "todo",
        "dashboard",
        "rivers",
        "docs",
        "files",
        "settings",
        "leaflet",
        "buerger",
    ),
    "held_out": (
        "library",
        "boulangerie",
        "museum",
        "board",
        "player",
        "feed",
        "bank",
        "pizza",
        "trains",
        "photoclub",
    ),
}


NOT_UNDERSTOOD = r"is not understood|is no step"


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left when an episode is over."""

    answer: str | None
    """What the policy answered; None where it did not finish."""
    state: Mapping[str, Any]
    """What the site kept of all that was done on it."""


Judge = Callable[[Ending], bool]
"""Whether an ending is what was asked for."""


def anything(ending: Ending) -> bool:
    """A judge that nothing displeases."""
    return True


@dataclass(frozen=True, slots=True)
class NewcomerTask:
    """One instruction, where it is given, and how its outcome is judged."""

    id: str
    """Begins with the name of its site and a slash."""
    page: str
    """Where it starts, relative to the folder of sites."""
    instruction: str
    judge: Judge | None = None
    """Whether what was asked for came about; None: it cannot come about, the task is a trap."""
    reason: str = ""
    """Of a trap: a pattern that a reason which names the cause contains, in any case."""
    spared: Judge = anything
    """Of a trap: whether nothing was harmed on the way to the refusal."""

    @property
    def site(self) -> str:
        """The folder of its site."""
        return self.id.partition("/")[0]

    @property
    def split(self) -> Split:
        """Which half its site belongs to."""
        return "dev" if self.site in SITES["dev"] else "held_out"

    @property
    def kind(self) -> Kind:
        """Whether a person could do it."""
        return "trap" if self.judge is None else "can be done"

    def names_the_cause(self, reason: str) -> bool:
        """Whether a refusal's reason says what was in the way.

        That an instruction was not understood is the cause only where it is none of the language.
        """
        if self.reason != LITERAL and re.search(NOT_UNDERSTOOD, reason):
            return False
        return bool(re.search(self.reason, reason, re.IGNORECASE))


def says(pattern: str) -> Judge:
    """Judge the answer: all of it fits the pattern, white space and a last full stop aside.

    Args:
        pattern: In small letters and without white space, as the answer is looked at.
    """
    fits = re.compile(pattern)

    def judge(ending: Ending) -> bool:
        answer = "".join((ending.answer or "").split()).casefold().rstrip(".")
        return bool(fits.fullmatch(answer))

    return judge


def kept(**expected: Any) -> Judge:
    """Judge the site's state: these entries have these values."""

    def judge(ending: Ending) -> bool:
        return all(ending.state.get(name) == value for name, value in expected.items())

    return judge


def kept_in(name: str, /, **expected: Any) -> Judge:
    """Judge one record of the site's state: these of its entries have these values."""

    def judge(ending: Ending) -> bool:
        record = ending.state.get(name) or {}
        return all(record.get(key) == value for key, value in expected.items())

    return judge


def all_of(*judges: Judge) -> Judge:
    """Judge by several at once."""
    return lambda ending: all(judge(ending) for judge in judges)


LITERAL = r"understood|no step|literal|plan|goal|question"
"""In the reason why a goal in natural language is refused: reader is told, and does not plan."""
EFFECT = r"nothing|no effect|n[o']t (?:have )?chang|unchanged|no (?:visible )?(?:change|sign)|react"
"""In the reason where a click brings about nothing."""
