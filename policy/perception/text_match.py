"""Fuzzy text matching: spaces, case and misread letters aside."""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_LOOK_ALIKE = str.maketrans(
    {"1": "l", "i": "l", "|": "l", "!": "l", "0": "o", "5": "s", "8": "b", "2": "z"}
)
"""Characters that OCR takes for one another, after lower case."""
SIGNS_ALIKE = (
    "cC", "oO0", "sS", "vV", "wW", "xX×✕", "zZ", "uU", "kK", "pP", "lI|", "-–−", "…⋯", "<‹", ">›",
)  # fmt: skip
"""Characters that nobody tells apart where they stand alone."""
_UNIFIED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-"})
_BULLET = re.compile(
    r"^(?:[^\w\s\"'(<\[$#@.&]{1,2}|[oO°])\s+(?=\w)|^[•·▪◦○»›▶►▸▼▾‣]+\s*(?=\w)"
    r"|^[\u2e80-\u9fff]\s*(?=[A-Za-zÀ-ɏ])"
)
"""What a list puts before its items, and what it is read as; an icon before a word is often read
as a Chinese character."""
_GOES_ON, _BEGAN = re.compile(r"[.,:'’]\d"), re.compile(r"\d[.,:'’]$")
"""A number goes on, or has begun before."""
_SPLIT = 0.83
"""Most that a part of a word or number scores: `Saved` is not `Save`, nor 1.25 the name 1.2."""
ALIKE = 0.75
"""Least share of common letters of a misread name."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a name stands in a line: characters `start` to `stop`, and how sure that is."""

    start: int
    stop: int
    score: float


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without what does not matter, and where each of its characters came from."""

    text: str
    origin: tuple[int, ...]

    def find_all(self, part: str) -> Iterator[tuple[int, int]]:
        """The places of a part in the original text, (start, stop)."""
        at = self.text.find(part)
        while at >= 0:
            yield self.origin[at], self.origin[at + len(part) - 1] + 1
            at = self.text.find(part, at + 1)


@lru_cache(maxsize=8192)
def plain(text: str) -> Folded:
    """Lower case, without spaces, one kind of quotes and dashes."""
    kept = [
        (folded, index)
        for index, character in enumerate(text)
        for folded in unicodedata.normalize("NFKC", character).casefold().translate(_UNIFIED)
        if not folded.isspace()
    ]
    return Folded("".join(folded for folded, _ in kept), tuple(index for _, index in kept))


@lru_cache(maxsize=8192)
def letters(text: str) -> Folded:
    """As `plain`, letters and digits only."""
    base = plain(text)
    kept = [
        (character, index)
        for character, index in zip(base.text, base.origin, strict=True)
        if character.isalnum()
    ]
    return Folded("".join(character for character, _ in kept), tuple(index for _, index in kept))


@lru_cache(maxsize=8192)
def looks(text: str) -> Folded:
    """As `letters`, with one letter for those that look alike, and no letter twice in a row.

    Digits stay as many as they are: 100 is not 10.
    """
    base = letters(text)
    kept: list[tuple[str, int]] = []
    for read, index in zip(base.text, base.origin, strict=True):
        character = read.translate(_LOOK_ALIKE)
        if not kept or kept[-1][0] != character or read.isdecimal():
            kept.append((character, index))
    return Folded("".join(character for character, _ in kept), tuple(index for _, index in kept))


def fits(line: str, name: str) -> list[Fit]:
    """Where a name stands in a line, all places of the best kind; empty where it does not.

    Scores: 0.96 to 1 the line is the name; 0.85 to 0.95 it contains the name; 0.76 to 0.84 inside
    of a word; below it is like the name with letters misread.
    """
    whole = _whole(line, name)
    if whole is not None:
        return [whole]
    contained = _contained(line, name)
    if contained:
        return contained
    misread = _misread(line, name)
    return [] if misread is None else [misread]


def _whole(line: str, name: str) -> Fit | None:
    if line.strip() == name.strip():
        return Fit(0, len(line), 1.0)
    for start in _starts(line):
        rest = line[start:]
        penalty = 0.005 if start else 0.0
        if "".join(rest.split()) == "".join(name.split()):
            return Fit(start, len(line), 0.995 - penalty)
        if plain(rest).text == plain(name).text:
            return Fit(start, len(line), 0.985 - penalty)
        if letters(name).text and letters(rest).text == letters(name).text:
            return Fit(start, len(line), 0.975 - penalty)
        if len(name.strip()) == len(rest.strip()) == 1 and is_alike(name.strip(), rest.strip()):
            return Fit(start, len(line), 0.965 - penalty)
        if len(looks(name).text) >= 3 and looks(rest).text == looks(name).text:
            return Fit(start, len(line), 0.965 - penalty)
    return None


def is_alike(one: str, other: str) -> bool:
    """Whether two single characters are the same, or look so where they stand alone."""
    return one == other or any(one in group and other in group for group in SIGNS_ALIKE)


def _starts(line: str) -> list[int]:
    """Where a line begins: at once, and after a bullet."""
    bullet = _BULLET.match(line)
    return [0, bullet.end()] if bullet else [0]


def _contained(line: str, name: str) -> list[Fit]:
    for fold, least, base in ((plain, 1, 0.90), (letters, 3, 0.88), (looks, 5, 0.86)):
        text, part = fold(line), fold(name).text
        if len(part) < least:
            continue
        found = [
            Fit(start, stop, _part_score(line, start, stop, base))
            for start, stop in text.find_all(part)
        ]
        if found:
            best = max(fit.score for fit in found)
            return [fit for fit in found if fit.score >= best - 0.02]
    return []


def _part_score(line: str, start: int, stop: int, base: float) -> float:
    share = (stop - start) / max(1, len(line))
    before, after = line[:start][-1:], line[stop:][:1]
    split = (
        (before.isalnum() and line[start].isalnum())
        or (after.isalnum() and line[stop - 1].isalnum())
        or (line[stop - 1].isdecimal() and bool(_GOES_ON.match(line, stop)))
        or (line[start].isdecimal() and bool(_BEGAN.search(line[:start])))
    )
    return min(base - 0.10 + 0.045 * share, _SPLIT) if split else base + 0.045 * share


def _misread(line: str, name: str) -> Fit | None:
    text, wanted = looks(line), looks(name).text
    if len(wanted) < 4 or len(text.text) < 3:
        return None
    matcher = difflib.SequenceMatcher(None, text.text, wanted, autojunk=False)
    size = min(len(text.text), len(wanted))
    if matcher.quick_ratio() * (len(text.text) + len(wanted)) / 2 < 0.7 * size:
        return None
    whole = matcher.ratio()
    if whole >= ALIKE:
        return Fit(0, len(line), _alike_score(whole))
    if len(text.text) > len(wanted):
        return _misread_part(text, wanted, matcher)
    return None


def _misread_part(text: Folded, wanted: str, matcher: "difflib.SequenceMatcher[str]") -> Fit | None:
    block = max(matcher.get_matching_blocks(), key=lambda block: block.size)
    if block.size < 3:
        return None
    start = max(0, block.a - block.b)
    stop = min(len(text.text), start + len(wanted))
    ratio = difflib.SequenceMatcher(None, text.text[start:stop], wanted, autojunk=False).ratio()
    if ratio < ALIKE + 0.05:
        return None
    return Fit(text.origin[start], text.origin[stop - 1] + 1, _alike_score(ratio) - 0.06)


def _alike_score(ratio: float) -> float:
    """0.56 to 0.84 for a ratio from `ALIKE` to 1."""
    return 0.56 + 0.28 * (ratio - ALIKE) / (1 - ALIKE)
