"""Text from outside, cleaned once, where it enters: pages' words, and what models say.

What is taken away or replaced cannot be seen, so that nobody misses it: control characters steer
terminals, marks of direction turn the rest of a line around, and tags and joints without width
carry words that a person does not see and a model reads. Half a character (a lone surrogate) can
be written to no file.
"""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

_T = TypeVar("_T")

_HALVES = re.compile("[\ud800-\udfff]")

_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls but tab, line feed and carriage return
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of direction
    "\u00ad\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # without width or ink
    "\U000e0000-\U000e0fff"  # tags
    "\ufdd0-\ufdef\ufffe\uffff"  # no characters at all
    "]"
)


def whole(text: str) -> str:
    """The text with a sign in place of each half of a character; whole ones stay as they are."""
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)


def clean(text: str) -> str:
    """The text as a person sees it: whole, and without what cannot be seen.

    What joins the letters of a script (U+200C, U+200D) stays.
    """
    return _UNSEEN.sub("", whole(text))


def cleaned(record: _T, mend: Callable[[str], str] = clean) -> _T:
    """A record (a frozen dataclass, a tuple, a text …) with every text in it cleaned.

    Args:
        record: Bytes, numbers and whatever else is no text are left as they are.
        mend: What is done to each text.
    """
    clean_record: Any = record
    match record:
        case str():
            mended = mend(record)
            clean_record = record if mended == record else mended
        case tuple() if record and not isinstance(record[0], int | float):  # tokens are many
            parts = tuple(cleaned(part, mend) for part in record)
            if any(new is not old for new, old in zip(parts, record, strict=True)):
                clean_record = parts
        case dict():
            texts = {cleaned(name, mend): cleaned(value, mend) for name, value in record.items()}
            clean_record = record if texts == record else texts
        case list():
            rows = [cleaned(part, mend) for part in record]
            clean_record = record if rows == record else rows
        case _ if is_dataclass(record) and not isinstance(record, type):
            values = {each.name: getattr(record, each.name) for each in fields(record)}
            mended_values = {name: cleaned(value, mend) for name, value in values.items()}
            changed = {
                name: value for name, value in mended_values.items() if value is not values[name]
            }
            if changed:
                clean_record = replace(record, **changed)
    return cast(_T, clean_record)
