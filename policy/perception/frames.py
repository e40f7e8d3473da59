"""Plain frames: an empty box or an empty field beside a text."""

import cv2
import numpy as np

from vigorl.browser.geometry import Box
from vigorl.browser.picture import View
from vigorl.policy.perception.layout import inside
from vigorl.policy.perception.screen import Screen, TextLine

_BEFORE_CSS_PX = 64
"""How far before its text a box begins at most."""
_LEAST_PX, _LARGEST_PX = 10, 44
_DIFFERENCE = 24
_EVEN = 20
"""Largest difference within what is empty."""
_BELOW_LABEL_CSS_PX = 24
_LEFT_CSS_PX = 12
_INK = 22
"""Difference from which on two texts are of two colours."""
_SAME_INK = 12
_FADED = 0.6
"""Share of another text's contrast below which a text is pale."""
_BAR_AWAY = (0.4, 2.5)
"""How far below its text the bar of a chosen tab lies, in heights of the text; underlines of links
are nearer."""
_BAR_ROWS_PX = 2
"""Least height of such a bar; the rule of a page has one row."""
_BAR_INK = 60
"""Least difference of such a bar from what lies above it."""
_BAR_NOISE = 32
"""Difference up to which two pixels of a picture that was JPEG are of one bar."""
_BAR_SLACK_PX = 3
"""How much narrower than its text a bar may be on either side."""


def empty_box(view: View, text: Box) -> Box | None:
    """The square or circle before a text with nothing in it, CSS px; None where there is none."""
    left = max(0.0, text.left - _BEFORE_CSS_PX)
    region = Box(left, max(0.0, text.top - 16), max(left, text.left - 1), text.bottom + 16)
    place = view.frame.box_from_region(region)
    top, start = round(place.top), round(place.left)
    pixels = np.asarray(view.picture.image(), dtype=np.int16)[
        top : round(place.bottom), start : round(place.right)
    ]
    if pixels.size == 0:
        return None
    ground = np.median(pixels.reshape(-1, 3), axis=0)
    mask = (np.abs(pixels - ground).max(axis=2) > _DIFFERENCE).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for x, y, width, height, _ in sorted(stats[1:].tolist(), key=lambda part: -part[0]):
        if not (_LEAST_PX <= width <= _LARGEST_PX and abs(width - height) <= 2):
            continue
        inset = max(3, round(0.27 * width))
        inner = pixels[y + inset : y + height - inset, x + inset : x + width - inset]
        if inner.size == 0 or int(np.ptp(inner, axis=(0, 1)).max()) > _EVEN:
            continue
        box = Box(start + x, top + y, start + x + width, top + y + height)
        if abs(box.center.y - view.frame.from_region(text.center).y) <= 0.6 * height:
            return view.frame.box_to_region(box)
    return None


def empty_field(screen: Screen, label: Box) -> Box | None:
    """The flat area under a label in which nothing is written, as wide as a field."""
    found = [
        panel
        for panel in screen.panels
        if 0 <= panel.top - label.bottom <= _BELOW_LABEL_CSS_PX
        and abs(panel.left - label.left) <= _LEFT_CSS_PX
        and panel.width >= 100
        and 18 <= panel.height <= 300
        and not any(inside(line.box_px, panel) for line in screen.lines if len(line.text) > 1)
    ]
    return min(found, key=lambda panel: panel.top, default=None)


def stands_out(view: View, screen: Screen, line: TextLine) -> bool:
    """Whether a text has a colour of its own among those in its row, as a tab that is chosen."""
    row = _row_of(screen, line)
    if len(row) < 2:
        return False
    own, others = _ink(view, line.box_px), [_ink(view, other.box_px) for other in row]
    alike = np.abs(np.stack(others) - np.median(np.stack(others), axis=0)).max() <= _SAME_INK
    return bool(alike and all(np.abs(own - other).max() >= _INK for other in others))


def has_bar_below(view: View, screen: Screen, line: TextLine) -> bool:
    """Whether a bar lies below a text and below none of the others in its row: a chosen tab's."""
    row = _row_of(screen, line)
    if len(row) < 2:
        return False
    place = view.frame.box_from_region(line.box_px)
    others = [view.frame.box_from_region(other.box_px) for other in row]
    pixels = np.asarray(view.picture.image(), dtype=np.int16)
    nearest, farthest = (round(place.bottom + share * place.height) for share in _BAR_AWAY)
    middle = min(round(place.center.x), pixels.shape[1] - 1)
    column = pixels[nearest:farthest, middle]
    if column.size == 0:
        return False
    away = np.abs(column - column[0]).max(axis=1)
    rows = np.flatnonzero(away >= max(_BAR_INK, int(0.8 * away.max())))
    if rows.size < _BAR_ROWS_PX or np.any(np.diff(rows[:_BAR_ROWS_PX]) > 1):
        return False
    at = nearest + int(rows[_BAR_ROWS_PX - 1])
    same = np.abs(pixels[at] - pixels[at, middle]).max(axis=1) <= _BAR_NOISE
    ends = np.flatnonzero(~same)
    left = int(ends[ends < middle].max(initial=-1)) + 1
    right = int(ends[ends > middle].min(initial=pixels.shape[1]))
    covers = left <= place.left + _BAR_SLACK_PX and right >= place.right - _BAR_SLACK_PX
    return covers and not any(same[round(other.center.x)] for other in others)


def _row_of(screen: Screen, line: TextLine) -> list[TextLine]:
    """The other texts of one size in the row of a text."""
    return [
        other
        for other in screen.lines
        if other is not line
        and abs(other.box_px.center.y - line.box_px.center.y) <= 4
        and 0.6 < other.box_px.height / line.box_px.height < 1.6
        and abs(other.box_px.center.x - line.box_px.center.x) <= 500
    ]


def is_faded(view: View, text: Box, beside: Box) -> bool:
    """Whether a text is much paler on its ground than another, as on a button that is disabled."""
    return _contrast(view, text) < _FADED * _contrast(view, beside)


def _contrast(view: View, box: Box) -> float:
    """How much the colour of a text differs from its ground, of 255."""
    place = view.frame.box_from_region(box)
    pixels = np.asarray(view.picture.image(), dtype=np.float64)[
        max(0, int(place.top)) : int(place.bottom) + 1, max(0, int(place.left)) : int(place.right)
    ].reshape(-1, 3)
    return float(np.abs(_ink(view, box) - np.median(pixels, axis=0)).max()) if pixels.size else 0.0


def _ink(view: View, box: Box) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The colour that a text is written in."""
    place = view.frame.box_from_region(box)
    pixels = np.asarray(view.picture.image(), dtype=np.float64)[
        max(0, int(place.top)) : int(place.bottom) + 1, max(0, int(place.left)) : int(place.right)
    ].reshape(-1, 3)
    away = np.abs(pixels - np.median(pixels, axis=0)).max(axis=1)
    ink: np.ndarray[tuple[int], np.dtype[np.float64]] = np.median(
        pixels[away >= 0.9 * away.max()], axis=0
    )
    return ink
