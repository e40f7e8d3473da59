"""Words of pages, compared: which of the phrases in `risk_words` a name holds."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from vigorl.browser.quoting import visible
from vigorl.browser.risk_words import AGREE, ALLOW, LIKELY, SURE

MOST_WORDS = 6
"""Of a name that says what is done; longer ones tell of something, but for the first words."""
MOST_BESIDE_A_VERB = 3
"""Of a name with a single word that says it: `Pay now`, but not `Pay the electricity bill`."""
MOST_CHARACTERS = 18
"""The same in scripts without spaces."""

_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_NO_WORDS = re.compile(rf"[^\w\s'{_UNSPACED}-]+|\d+|\b(?:usd|eur|gbp|chf|pln|try|jpy|cny|krw)\b")


def folded(text: str) -> str:
    """Text without case, amounts, signs and accents' variants, its words one space apart."""
    text = unicodedata.normalize("NFKC", visible(text)).casefold()
    for one, other in (("i\u0307", "i"), ("ı", "i"), ("\u2019", "'"), ("_", " ")):
        text = text.replace(one, other)
    return " ".join(_NO_WORDS.sub(" ", text).split())


def surely(rule: str, name: str) -> bool:
    """Whether a button with this name does what the rule is about."""
    text = folded(name)
    english, others = _patterns(SURE.get(rule, ()))
    found = english.match(text) or others.match(text)
    if found is None and _is_short(text):
        found = others.search(text)
    if found is None:
        return False
    return " " in found[0] or _is_unspaced(found[0]) or len(text.split()) <= MOST_BESIDE_A_VERB


def likely(rule: str, name: str) -> bool:
    """Whether something with this name may do what the rule is about."""
    text = folded(name)
    if not _is_short(text):
        return False
    return speaks_of(rule, text)


def speaks_of(rule: str, text: str) -> bool:
    """Whether a text of any length names what the rule is about."""
    text = folded(text)
    rows = (*SURE.get(rule, ()), *LIKELY.get(rule, ()))
    return any(pattern.search(text) for pattern in _patterns(rows))


def agrees(name: str) -> bool:
    """Whether a button says no more than yes."""
    return folded(name) in _set(AGREE)


def allows(name: str) -> bool:
    """Whether a button gives somebody else a right."""
    text = folded(name)
    return text in _set(ALLOW) or (_is_short(text) and _patterns(ALLOW)[0].match(text) is not None)


def _is_unspaced(text: str) -> bool:
    return re.search(f"[{_UNSPACED}]", text) is not None


def _is_short(text: str) -> bool:
    if _is_unspaced(text):
        return 0 < len(text) <= MOST_CHARACTERS
    return 0 < len(text.split()) <= MOST_WORDS


@cache
def _patterns(rows: Sequence[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Phrases of the first row, which is English, and of the others."""
    return _pattern(rows[:1]), _pattern(rows[1:])


def _pattern(rows: Iterable[str]) -> re.Pattern[str]:
    phrases = sorted({folded(each) for row in rows for each in row.split(",")}, key=len)
    found = "|".join(_phrase(each) for each in reversed(phrases) if each)
    return re.compile(found or r"(?!)")


def _phrase(phrase: str) -> str:
    escaped = re.escape(phrase)
    if _is_unspaced(phrase):
        return escaped
    return rf"(?<!\w){escaped}(?!\w)"


@cache
def _set(rows: Sequence[str]) -> frozenset[str]:
    return frozenset(folded(each) for row in rows for each in row.split(","))
