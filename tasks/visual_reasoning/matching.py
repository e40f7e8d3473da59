"""What an answer says, and whether that is right: strictly, and as published evaluations have it.

*Strict.* The answer is what stands between the tags of an answer (or in `done "…"`). Its first
line that is not empty decides; lines after it are ignored. It has to be one of

- the text of an option: capital letters, runs of spaces and a full stop at the end aside;
- a letter: `B`, `b`, `(B)`, `B.`, `B)`, `B:`;
- both, when they belong together: `B. yellow`, `(B) yellow`.

Where an option's text is itself a letter, the text counts. Everything else cannot be read; it is
wrong and stays in the denominator.

*Lenient.* The right option's text occurs in the answer, both in small letters and without
punctuation and spaces. So `not left` is right where `left` is, and `bright` where `right` is; a
letter alone is wrong.
Source: the judge `string_match` of the evaluation published with arXiv 2505.23678.

*Official.* What the script of RoboSpatial-Home does: an answer that begins with yes or no, and the
first point anywhere in the text, judged by the outline. Source: `evaluation.py` of
github.com/chanhee-luke/RoboSpatial-Eval at 3af8ceb; its last resort, which evaluates the first list
in the text as Python, is left out: it matters only for numbers like `.5` or `-0.1`.
"""

import re
from collections.abc import Sequence

from vigorl.browser.geometry import Point

_LETTER = re.compile(r"\(?([A-Za-z])(?:\)|[.:])?\.?")
_LETTER_AND_TEXT = re.compile(r"\(?([A-Za-z])[.):]\s*(.+)")
_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)"
_PAIR = rf"\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)"
_POINTS = re.compile(rf"\[?\s*{_PAIR}(?:\s*,\s*{_PAIR})*\s*,?\s*\]?\s*\.?")
_PUBLISHED_NUMBER = r"(\d+\.?\d*)"
_PUBLISHED_PAIRS = (
    re.compile(rf"\(\s*{_PUBLISHED_NUMBER}\s*,\s*{_PUBLISHED_NUMBER}\s*\)"),
    re.compile(rf"\[\s*{_PUBLISHED_NUMBER}\s*,\s*{_PUBLISHED_NUMBER}\s*\]"),
)
_PUBLISHED_PUNCTUATION = str.maketrans("", "", ".?!,;:'\"()[]{}<>/\\|=+-_*&^%$#@`~ ")


def first_line(answer: str) -> str:
    """The first line that is not empty, without the spaces around it."""
    return next((line.strip() for line in answer.splitlines() if line.strip()), "")


def chosen(answer: str, options: Sequence[str], lettered: bool = True) -> int | None:
    """Which option an answer names, strictly; None where it names none.

    Args:
        answer: Of a policy.
        options: As they were shown.
        lettered: Whether letters stood before them.
    """
    line = first_line(answer)
    texts = [_plain(option) for option in options]
    if _plain(line) in texts:
        return texts.index(_plain(line))
    if not lettered:
        return None
    if found := _LETTER.fullmatch(line):
        index = _index(found[1])
        return index if index < len(options) else None
    if found := _LETTER_AND_TEXT.fullmatch(line):
        index = _index(found[1])
        if index < len(options) and texts[index] == _plain(found[2]):
            return index
    return None


def is_lenient_match(answer: str, right: str) -> bool:
    """Whether the right text occurs in the answer, by the published evaluation's rule."""
    return _squeezed(right) in _squeezed(answer)


def is_official_yes_or_no(answer: str, right: str) -> bool:
    """Whether an answer begins as the right one does, by RoboSpatial-Home's own script."""
    return answer.strip().lower().startswith(right.strip().lower())


def points_in(answer: str) -> tuple[Point, ...] | None:
    """The points of an answer that is a list of points and nothing else; None for others.

    Points are in parts of the image's width and height, as the questions ask for:
    `[(0.25, 0.5), (0.3, 0.5)]`; the brackets around them may be left out.
    """
    text = answer.strip()
    if not _POINTS.fullmatch(text) or text.startswith("[") != ("]" in text):
        return None
    numbers = [float(number) for number in re.findall(_NUMBER, text)]
    return tuple(Point(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True))


def official_point(answer: str) -> Point | None:
    """The first point anywhere in an answer, by RoboSpatial-Home's own script."""
    for pair in _PUBLISHED_PAIRS:
        if found := pair.search(answer):
            return Point(float(found[1]), float(found[2]))
    return None


def _index(letter: str) -> int:
    return ord(letter.upper()) - ord("A")


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().removesuffix(".").rstrip()


def _squeezed(text: str) -> str:
    return text.strip().translate(_PUBLISHED_PUNCTUATION).strip().lower()
