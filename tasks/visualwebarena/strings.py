"""Comparing texts and numbers as VisualWebArena does.

Values come from pages and may be of any type; the published code checks types at run time, and
what it refuses is a `Crash` here. As there, all alternatives are looked at before one is enough.

Source: arXiv 2401.13649, `evaluation_harness/evaluators.py` at commit 89f5af2.
"""

from vigorl.tasks.visualwebarena.verdict import BrokenAssertion, Crash
from vigorl.tasks.visualwebarena.words import word_tokenize

OR = " |OR| "
"""Between alternatives, of which one is enough."""

TOLERANCE = 1e-8
"""Of every comparison of numbers, so that `<` and `>` include their bound."""


def clean(text: str) -> str:
    """Without one pair of quotes around it, in small letters."""
    for quote in ("'", '"'):
        if text.startswith(quote) and text.endswith(quote):
            return text[1:-1].lower()
    return text.lower()


def matches_exactly(reference: object, found: object) -> bool:
    """Whether both are the same text; a whole number counts as its digits.

    Raises:
        Crash: one of them is neither.
    """
    if isinstance(found, int):
        found = str(found)
    return clean(text_of(found)) == clean(text_of(reference))


def includes(reference: object, found: object) -> bool:
    """Whether the reference stands in the text: one word as a word of it, more as a part of it.

    Raises:
        Crash: one of them is no text.
    """
    wanted, text = clean(text_of(reference)), clean(text_of(found))
    return wanted in word_tokenize(text) if len(word_tokenize(wanted)) == 1 else wanted in text


def includes_any(alternatives: object, found: object) -> bool:
    """Whether one of the alternatives, `A |OR| B`, stands in the text.

    Raises:
        Crash: one of them is no text.
    """
    included = [includes(each, found) for each in text_of(alternatives).split(OR)]
    return any(included)


def whole_number(text: object) -> int | None:
    """The number that a text is, commas left out; None where it is none ('5.0', '$5').

    Raises:
        Crash: it is no text.
    """
    try:
        return int(text_of(text).strip().replace(",", ""))
    except ValueError:
        return None


def satisfies(inequalities: object, value: object) -> bool:
    """Whether a number satisfies one of the alternatives, like `>= 5 |OR| == 2`.

    Raises:
        Crash: it is no number, or one of them is no inequality.
    """
    satisfied = [_satisfies(each, value) for each in text_of(inequalities).split(OR)]
    return any(satisfied)


def text_of(value: object) -> str:
    """The value, which must be a text.

    Raises:
        Crash: it is none.
    """
    if not isinstance(value, str):
        raise Crash(f"a text was expected, not {type(value).__name__}")
    return value


def texts_of(value: object) -> list[str]:
    """The value, which must be a list of texts.

    Raises:
        Crash: it is none.
    """
    if not isinstance(value, list):
        raise BrokenAssertion(f"a list was expected, not {type(value).__name__}")
    return [text_of(each) for each in value]


def _satisfies(inequality: str, value: object) -> bool:
    if not isinstance(value, int | float):
        raise Crash(f"a number was expected, not {type(value).__name__}")
    for operator in ("<=", ">=", "==", "<", ">"):
        if operator not in inequality:
            continue
        try:
            _, number = inequality.split(operator)
            bound = float(number.strip())
        except ValueError as error:
            raise Crash(f"{inequality!r} is no inequality") from error
        match operator[0]:
            case "<":
                return value < bound + TOLERANCE
            case ">":
                return value > bound - TOLERANCE
            case _:
                return abs(value - bound) <= TOLERANCE
    raise Crash(f"{inequality!r} is no inequality")
