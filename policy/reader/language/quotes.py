"""The words of an instruction that mean something by themselves: quotes and numbers.

While a goal is taken apart, each quoted text is held as one character of a private range, so that
no pattern can look inside it.
"""

import re
from dataclasses import dataclass

from vigorl.browser.errors import UsageError

QUOTE = "[\U00100000-\U0010fffd]"
"""Pattern of one held quote."""
QUOTES = rf"{QUOTE}(?:(?:,? and|,) {QUOTE})*"
"""Pattern of one or several, as in `"A", "B" and "C"`."""

_FIRST_HELD, _LAST_HELD = 0x100000, 0x10FFFD
_CLOSING = {'"': '"', "“": "”", "„": "“”", "«": "»", "‘": "’", "'": "'", "`": "`"}
_OPENS_AFTER = " \t\n([{,;:=—–-"


class InstructionError(UsageError):
    """An instruction that is not understood: which part of it, why, and the nearest that are."""

    def __init__(self, part: str, why: str, forms: tuple[str, ...] = ()) -> None:
        what = f"“{part}” is not understood: {why}" if part else why
        super().__init__(f"{what}. Nearest forms: {' · '.join(forms)}" if forms else what)
        self.part = part
        self.why = why
        self.forms = forms


@dataclass(frozen=True, slots=True)
class QuotedText:
    """An instruction whose quotes are held: `raw` has a character for each of `quotes`."""

    raw: str
    quotes: tuple[str, ...]

    def quote(self, held: str) -> str:
        """The quoted text behind a held character."""
        return self.quotes[ord(held) - _FIRST_HELD]

    def all_quotes(self, raw: str) -> tuple[str, ...]:
        """The quoted texts in a part of `raw`, in order."""
        return tuple(self.quote(held) for held in re.findall(QUOTE, raw))

    def shown(self, raw: str) -> str:
        """A part of `raw` as a person would write it."""
        return re.sub(QUOTE, lambda held: f'"{self.quote(held.group())}"', raw).strip()

    def literal(self, raw: str) -> str:
        """A part of `raw` without quotes around it."""
        raw = raw.strip()
        return self.quote(raw) if re.fullmatch(QUOTE, raw) else self.shown(raw)


def hold_quotes(goal: str) -> QuotedText:
    r"""Take the quoted texts out of a goal.

    A quote opens at the start of a word and closes at the next mark of its kind that ends one
    (so `'Anna's list'` is one text); `\"` in straight quotes is a quotation mark.

    Raises:
        InstructionError: a quote is not closed.
    """
    goal = "".join(char for char in goal if not _FIRST_HELD <= ord(char) <= _LAST_HELD)
    raw: list[str] = []
    quotes: list[str] = []
    position = 0
    while position < len(goal):
        char = goal[position]
        before = goal[position - 1] if position else " "
        end = None
        if char in _CLOSING and before in _OPENS_AFTER:
            end = _closing(goal, position)
            if end is None and char not in "'’‘`«":  # apostrophes, and '« Previous'
                raise InstructionError(goal[position:], "this quote is not closed")
        if end is None:
            raw.append(char)
            position += 1
            continue
        text = goal[position + 1 : end]
        quotes.append(text.replace('\\"', '"') if char == '"' else text)
        raw.append(chr(_FIRST_HELD + len(quotes) - 1))
        position = end + 1
    return QuotedText("".join(raw), tuple(quotes))


def _closing(goal: str, start: int) -> int | None:
    """Where the quote that opens at `start` closes, or None."""
    mark = goal[start]
    for position in range(start + 1, len(goal)):
        if goal[position] not in _CLOSING[mark]:
            continue
        if mark == '"' and goal[position - 1] == "\\":
            continue
        after = goal[position + 1 : position + 2]
        if mark in "'‘`" and (position == start + 1 or after.isalnum()):
            continue
        return position
    return None


_CARDINALS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
NUMBER = rf"(?:\d+(?:\.\d+)?|an?|once|twice|{'|'.join(_CARDINALS)})"
"""Pattern of a number, in digits or in a word."""
ORDINAL = rf"(?:\d+(?:st|nd|rd|th)|second[- ]to[- ]last|last|{'|'.join(_ORDINALS)})"
"""Pattern of an ordinal."""


def number(word: str) -> float:
    """The value of a text that `NUMBER` matches."""
    word = word.lower()
    special = {"a": 1.0, "an": 1.0, "once": 1.0, "twice": 2.0}
    if word in special:
        return special[word]
    return float(_CARDINALS.index(word)) if word in _CARDINALS else float(word)


def ordinal(word: str) -> int:
    """The value of a text that `ORDINAL` matches; -1 is the last."""
    word = word.lower()
    if word.endswith("last"):
        return -1 if word == "last" else -2
    return _ORDINALS.index(word) + 1 if word in _ORDINALS else int(word[:-2])
