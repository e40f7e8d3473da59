"""Verification of form fields: what a field shows against what was to be entered.

A page may write a value in its own form: 1990-05-17 as 05/17/1990, 5551234567 as (555) 123-4567,
1234.5 as 1,234.50. A narrow field shows only a part, and a password field one dot for each letter.
"""

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

import cv2
import numpy as np

from vigorl.browser.geometry import Box
from vigorl.browser.picture import View
from vigorl.policy.perception.layout import in_reading_order, overlap_x, same_row, touch
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.perception.text_match import looks

Agreement = Literal["same", "misread", "other"]
"""`misread`: a letter or so differs, which the page may have changed or we may have misread."""

_MISREAD = 0.8
"""Likeness from which on a text can be another one, misread."""
_FULL = 0.75
"""Share of a field's width from which on a text fills it, so that there may be more of it."""
_LEAST_PART = 3
"""Letters of a part that tell what it is a part of."""
_DOT_DIFFERENCE = 48
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d)?)?|\d{1,2}:\d\d(?::\d\d)?")
"""Dates, months and times as they are written for machines."""
_PM = re.compile(r"\bp\.?\s?m\b", re.IGNORECASE)
_AM = re.compile(r"\ba\.?\s?m\b", re.IGNORECASE)


def agreement(wanted: str, shown: str, *, added: bool = False, filled: bool = False) -> Agreement:
    """Whether a field that shows one text holds the other.

    Args:
        wanted: what was to be put in.
        shown: what was read.
        added: whether it was added to what stood there.
        filled: whether it fills its field, so that it may be a part.
    """
    if same_value(wanted, shown):
        return "same"
    one, other = _plain(wanted), _plain(shown)
    if one and one == other and not _DATE.fullmatch(wanted.strip()):
        return "same"
    if _DATE.fullmatch(wanted.strip()):
        # Its digits alone tell nothing: 19/900517 is what a field makes of 1990-05-17 in its order.
        return "same" if "".join(wanted.split()) in "".join(shown.split()) else "other"
    if not one:  # punctuation alone, or a script of which no letter is a letter to us
        squeezed = "".join(wanted.split())
        return "same" if squeezed and squeezed in "".join(shown.split()) else "other"
    if added and (one in other or looks(one).text in looks(other).text):
        return "same"
    if looks(one).text == looks(other).text and len(one) == len(other):
        return "same"
    if filled and len(other) >= _LEAST_PART and looks(other).text in looks(one).text:
        return "same"
    likeness = SequenceMatcher(None, one, other, autojunk=False).ratio()
    if filled and len(other) >= _LEAST_PART:
        likeness = max(likeness, _likeness_of_part(other, one))
    if likeness >= _MISREAD and (filled or abs(len(one) - len(other)) <= 1):
        return "misread"
    return "other"


def same_value(wanted: str, shown: str) -> bool:
    """Whether two texts are one number, date or time in two forms."""
    if _DATE.fullmatch(wanted.strip()):
        return _same_moment(wanted, shown)
    one, other = _number(wanted), _number(shown)
    return one is not None and one == other


def _same_moment(wanted: str, shown: str) -> bool:
    """Whether the numbers of a date are those shown, in whatever order, and the hour as well."""
    numbers = sorted(int(part) for part in re.findall(r"\d+", wanted))
    text = shown.casefold()
    months = [index for index, month in enumerate(_MONTHS, 1) if month in text]
    found = [int(part) for part in re.findall(r"\d+", text)] + months[:1]
    readings = [found]
    if _PM.search(shown) or _AM.search(shown):
        shift = 12 if _PM.search(shown) else 0
        readings += [
            [*found[:place], found[place] % 12 + shift, *found[place + 1 :]]
            for place in range(len(found))
        ]
    years = [n for n in numbers if n > 99]
    short = [n % 100 if n in years else n for n in numbers]
    return any(sorted(reading) in (numbers, sorted(short)) for reading in readings)


def _number(text: str) -> float | None:
    """The one number that a text is, whatever its separators and its unit."""
    found = re.fullmatch(r"[^\w+-]*([+-]?\d[\d\s.,’']*)[^\d]{0,4}", text.strip())
    if not found:
        return None
    digits = re.sub(r"[\s’']", "", found[1]).rstrip(".,")
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", digits):
        digits = digits.replace(".", "")
    try:
        return float(digits.replace(",", "."))
    except ValueError:
        return None


def _plain(text: str) -> str:
    """Letters and digits, without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(character for character in apart if character.isalnum())


def _likeness_of_part(part: str, whole: str) -> float:
    """The likeness of a part to the stretch of the whole that is most like it."""
    return max(
        (
            SequenceMatcher(None, part, whole[start : start + len(part)], autojunk=False).ratio()
            for start in range(max(1, len(whole) - len(part) + 1))
        ),
        default=0.0,
    )


def lines_in(screen: Screen, box: Box) -> list[TextLine]:
    """The lines in a field, in reading order."""
    found = [
        line
        for line in screen.lines
        if box.top - 2 <= line.box_px.center.y <= box.bottom + 2
        and overlap_x(line.box_px, box) > 0.6
        and (same_row(line.box_px, box) or touch(line.box_px, box))
    ]
    return in_reading_order(found, lambda line: line.box_px)


def best_agreement(
    wanted: str, lines: Sequence[TextLine], box: Box, *, added: bool = False
) -> Agreement:
    """How well what is read in a field agrees: each line for itself, or all of them together."""
    filled = sum(line.box_px.width for line in lines) >= _FULL * box.width or len(lines) > 2
    texts = [line.text for line in lines] + [" ".join(line.text for line in lines)]
    results = {agreement(wanted, text, added=added, filled=filled) for text in texts}
    return "same" if "same" in results else "misread" if "misread" in results else "other"


def dots_in(view: View, box: Box) -> int:
    """How many dots of one size stand in a row in a field, and nothing else; 0 where none."""
    place = view.frame.box_from_region(box)
    margin = 3
    pixels = np.asarray(view.picture.image(), dtype=np.int16)[
        max(0, round(place.top) + margin) : round(place.bottom) - margin,
        max(0, round(place.left) + margin) : round(place.right) - margin,
    ]
    if pixels.size == 0:
        return 0
    ground = np.median(pixels.reshape(-1, 3), axis=0)
    difference = np.abs(pixels - ground).max(axis=2)
    # Neighbouring dots run into each other at their faint edges.
    mask = (difference > max(_DOT_DIFFERENCE, 0.55 * difference.max())).astype(np.uint8)
    _, _, stats, middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
    height = pixels.shape[0]
    dots = [
        (width, high, float(y))
        for (left, top, width, high, area), (x, y) in zip(stats[1:], middles[1:], strict=True)
        if 0.65 < width / high < 1.5 and 3 <= high < 0.6 * height and area > 0.6 * width * high
    ]
    if len(dots) < 2:
        return len(dots)
    sizes, rows = [high for _, high, _ in dots], [y for _, _, y in dots]
    alike = max(sizes) - min(sizes) <= 2 and max(rows) - min(rows) <= 2
    return len(dots) if alike else 0
