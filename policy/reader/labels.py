"""Label patterns: what a label looks like as text, and a value in the same text."""

import re
from collections.abc import Sequence

from vigorl.policy.perception.text_match import letters, plain

_SEPARATORS = " \t:=–—-·|•"
_UNIT = re.compile(
    r"\s*(?:\([^()]*\)?|\[[^\[\]]*\]?|,\s*\S{1,8}|\s/\s*\S{1,8}|\s(?:in|en)\s+\S{1,8}"
    r"|[$€£¥%°]\S{0,3})$"
)
"""What a header puts after its name: a unit, or a note in brackets."""
_MARK = re.compile(r"[\s:*?↑↓↕⇅▲▼△▽^]+$")
"""What stands after a label: a colon, an asterisk, the arrow of a sorted column."""
_COUNTED = re.compile(r"\s*(?P<count>\d(?:[\d.,’']*\d)?[kKM%]?)\s+(?P<what>[^\W\d_A-ZÀ-Þ].*)")
"""A count and what it counts; a number before a capital may be that of a chapter."""
_HINT = re.compile(
    r"\W*(?:(?:dd|mm|yyyy|tt|jjjj|jj|aaaa)\b[\W_]*){2,}|(?:week )?[-–—][-–—,:. ]{2,}$",
    re.IGNORECASE,
)
"""What an empty field for a date or a time shows; of one for a month or week, dashes."""
_MOMENT = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?!\d)|\d{1,2}:\d\d(?!\d)")
_DETERMINERS = re.compile(r"^(?:(?:the|a|an|your|our|my|its|their|this|that|new|current)\b\s*)*$")
_VERB = re.compile(r"^(?:is|are|was|were|equals|will be)\b:?\s+", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Þ\"“(])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:\w\.){2,}|\b(?:Ltd|Inc|Co|Corp|etc|Jr|Sr|St|Dr|No|Mr|Mrs|Ms|Prof|vs|approx|Rd|Ave"
    r"|Dept|Nr|Str|usw|bzw|ca)\.)$",
    re.IGNORECASE,
)


def is_moment(text: str) -> bool:
    """Whether a text is a date or time, or what an empty field for one shows."""
    return bool(_MOMENT.match(text.strip()) or is_moment_hint(text))


def is_moment_hint(text: str) -> bool:
    """Whether a text is what an empty field for a date or time shows."""
    return bool(_HINT.match(text.strip()))


def is_label(text: str, name: str) -> bool:
    """Whether a text is a label or header of this name: units, notes and marks aside."""
    wanted = _key(name)
    if not wanted:
        return False
    bare = _MARK.sub("", text)
    return wanted in (_key(text), _key(bare), _key(_UNIT.sub("", bare)))


def _key(text: str) -> str:
    return letters(text).text or plain(text).text


def is_value(text: str) -> bool:
    """Whether a text looks like a value rather than another label."""
    digits = sum(character.isdecimal() for character in text)
    letters_too = sum(character.isalnum() for character in text)
    return bool(digits) and (digits * 2 >= letters_too or not text.strip()[:1].isalpha())


def value_in(text: str, names: Sequence[str]) -> str | None:
    """The value that follows a label in the same text: `Total: $12` says `$12`."""
    span = value_span(text, names)
    return text[slice(*span)] if span else None


def value_span(text: str, names: Sequence[str]) -> tuple[int, int] | None:
    """Where in a text the value of a label stands: after a colon, a verb, or at once.

    What stands between the label and its value must not make it another label: `Total items: 3`
    says nothing about the total, nor does `Grand total: $12`. A count stands before what it
    counts: `3 items left`.
    """
    for name in names:
        if span := _count_span(text, name):
            return span
        start = text.casefold().find(name.casefold())
        if start < 0 or (start > 0 and text[start - 1].isalnum()):
            continue
        before = _SENTENCE_END.split(text[:start])[-1]
        begins_anew = not before.strip(" -–—•·|;,(") or before.rstrip().endswith((":", ";", "|"))
        if not begins_anew and not _DETERMINERS.match(before.casefold().strip()):
            continue
        at = start + len(name)
        rest = text[at:]
        if not rest.strip() or rest[0].isalnum():
            continue
        if note := re.match(r"\s*\([^()]*\)\s*(?=[:=])", rest):
            at += note.end()
        rest = text[at:]
        if re.fullmatch(r"\s*[(\[][^()]*[)\]]?", rest):
            continue  # A unit.
        lead = len(rest) - len(rest.lstrip(_SEPARATORS))
        said = rest[:lead].strip()
        value = rest[lead:]
        verb = _VERB.match(value)
        if verb and not said:
            value = value[verb.end() :]
        elif not said and re.match(r"[^\W\d]", value):
            continue  # The label goes on.
        if verb and not said:
            value = without_stop(_SENTENCE_END.split(value)[0])
        value = value.strip()
        if value:
            begin = text.index(value, at)
            return begin, begin + len(value)
    return None


def _count_span(text: str, name: str) -> tuple[int, int] | None:
    """Where the count stands of what is counted: in small letters, and nothing else beside it."""
    counted = _COUNTED.fullmatch(text)
    if counted is None or _key(counted["what"]) != _key(name):
        return None
    return counted.span("count")


def is_sentence(text: str, names: Sequence[str]) -> bool:
    """Whether the value is told in a sentence: `The default is …`."""
    return any(
        _VERB.match(text[at + len(name) :].lstrip())
        for name in names
        if (at := text.casefold().find(name.casefold())) >= 0
    )


def without_stop(text: str) -> str:
    """A sentence's end without its full stop; that of an abbreviation stays."""
    text = text.strip()
    if text.endswith(".") and not text.endswith("..") and not _ABBREVIATION.search(text):
        return text[:-1]
    return text
