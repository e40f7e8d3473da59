"""Whether an answer in words says what the gold answer says."""

import re
from collections.abc import Iterable

MAX_EXTRA_TOKENS = 14
"""How much longer than the gold answer an answer may be: a sentence, not the whole page."""

_TOKEN = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def tokens_of(text: str) -> tuple[str, ...]:
    """Words in lower case and numbers in one spelling (`$1,204.50` is `1204.5`), signs left out."""
    return tuple(
        _canonical(token) if _NUMBER.fullmatch(token) else token.casefold()
        for token in _TOKEN.findall(text)
    )


def says(answer: str | None, gold: str, others: Iterable[str] = (), context: str = "") -> bool:
    """Whether `answer` says `gold` and nothing else that could have been the answer.

    The gold answer must stand in it word for word, in a sentence at most `MAX_EXTRA_TOKENS` longer.
    None of `others` (the other values on the page) may stand in the rest of it. Where the gold
    answer holds a number, no other number may, save those in `context` (the goal). Spaces that
    got lost in reading are forgiven where the answer is nothing but the gold answer.
    """
    if answer is None:
        return False
    tokens, gold_tokens = tokens_of(answer), tokens_of(gold)
    if "".join(tokens) == "".join(gold_tokens):
        return True
    place = _find(tokens, gold_tokens)
    if place is None or len(tokens) > len(gold_tokens) + MAX_EXTRA_TOKENS:
        return False
    rest = (*tokens[:place], "|", *tokens[place + len(gold_tokens) :])
    if any(_find(rest, other) is not None for other in map(tokens_of, others) if other):
        return False
    if not any(map(_is_number, gold_tokens)):
        return True
    allowed = {*gold_tokens, *tokens_of(context)}
    return all(token in allowed for token in rest if _is_number(token))


def _canonical(number: str) -> str:
    """`1,204.50` as `1204.5`; leading zeros stay, they belong to codes and clock times."""
    whole, _, fraction = number.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _is_number(token: str) -> bool:
    return token[0].isdigit()


def _find(tokens: tuple[str, ...], part: tuple[str, ...]) -> int | None:
    """Where `part` stands in `tokens`, as an unbroken run."""
    length = len(part)
    return next(
        (i for i in range(len(tokens) - length + 1) if tokens[i : i + length] == part), None
    )
