"""Screen difference: what an action changed, as far as two screenshots can tell.

Pictures are compared pixel by pixel; what differs is gathered into regions, in viewport CSS px. A
text cursor is no change: it comes and goes by itself.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.browser.observation import Tab
from vigorl.browser.picture import View
from vigorl.policy.perception.layout import touch
from vigorl.policy.perception.screen import Screen, TextLine

Mask = npt.NDArray[np.bool_]

_DIFFERENCE = 8
"""Of a channel, from which on a pixel has changed: the faintest hover styles differ by 10, and JPEG
is the same where nothing has changed."""
_STRONG = 48
"""Difference of a pixel that a text cursor is drawn with."""
_CARET_WIDTH_PX, _CARET_HEIGHT_PX = 4, 64
_CELL_PX = 4
"""Changes are gathered on a grid of such cells."""
_JOIN_CELLS = 3
"""Changes this near to each other are of one region."""
_JOIN_APART_CELLS = 1
CLOCK = re.compile(r"\d?\d:\d\d")
_SAME_READING = 0.75
"""Likeness of two readings of the same text on another ground."""

_SURE_READING = 0.95
"""Confidence from which on every letter is read right."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a person sees of a browser: the page, its address and the tabs."""

    view: View
    url: str
    title: str
    tabs: tuple[Tab, ...]

    def is_elsewhere(self, before: "Scene") -> bool:
        """Whether another page or tab is shown, or the page calls itself something else."""
        return (
            self.url.removesuffix("#") != before.url.removesuffix("#")
            or self.title != before.title
            or [tab.active for tab in self.tabs] != [tab.active for tab in before.tabs]
        )


def changes(
    before: View, after: View, *, carets: bool = False, apart: bool = False
) -> tuple[Box, ...]:
    """The regions that differ between two screens, CSS px, largest first.

    Args:
        before: one screen.
        after: the other.
        carets: whether a text cursor that came or went is told as well.
        apart: whether a button and the line of text next to it are two regions.
    """
    if before.picture.sha256 == after.picture.sha256:
        return ()
    difference = _difference(before, after)
    if difference is None:
        return (after.frame.region_css_px,)
    cells = _cells(difference >= _DIFFERENCE)
    reach = _JOIN_APART_CELLS if apart else _JOIN_CELLS
    kernel = np.ones((2 * reach + 1,) * 2, np.uint8)
    joined = cv2.dilate(cells.astype(np.uint8), kernel)
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    regions = []
    for label in range(1, count):
        rows, columns = np.nonzero(cells & (labels == label))
        top, bottom = int(rows.min()) * _CELL_PX, (int(rows.max()) + 1) * _CELL_PX
        left, right = int(columns.min()) * _CELL_PX, (int(columns.max()) + 1) * _CELL_PX
        if not carets and _is_caret(difference[top:bottom, left:right]):
            continue
        box_px = Box(left, top, min(right, after.frame.width_px), min(bottom, difference.shape[0]))
        regions.append(after.frame.box_to_region(box_px))
    return tuple(sorted(regions, key=lambda box: -box.area))


def differ(before: View, after: View, box_css_px: Box) -> bool:
    """Whether two screens differ within a box, be it by a text cursor."""
    if before.picture.sha256 == after.picture.sha256:
        return False
    difference = _difference(before, after)
    if difference is None:
        return True
    box = after.frame.box_from_region(box_css_px)
    part = difference[
        max(0, int(box.top)) : int(box.bottom), max(0, int(box.left)) : int(box.right)
    ]
    return bool((part >= _DIFFERENCE).any())


def grown(box: Box, by: float) -> Box:
    """A box with a margin around it, or cut by one where that is negative."""
    by = max(by, -box.width / 2, -box.height / 2)
    return Box(box.left - by, box.top - by, box.right + by, box.bottom + by)


def covers(outer: Box, inner: Box) -> bool:
    """Whether a box lies in another."""
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and inner.right <= outer.right
        and inner.bottom <= outer.bottom
    )


def share(regions: Iterable[Box], view: View) -> float:
    """How much of a screen some regions cover, 0 to 1."""
    return min(1.0, sum(box.area for box in regions) / view.frame.region_css_px.area)


def words_changed(before: Screen, after: Screen, regions: Sequence[Box]) -> tuple[TextLine, ...]:
    """The lines with letters that came or went within some regions; no clock, no misreading."""
    old, new = _worded(before, regions), _worded(after, regions)
    return (
        *(line for line in new if not _is_among(line, old)),
        *(line for line in old if not _is_among(line, new)),
    )


def numbers_changed(before: Screen, after: Screen, regions: Sequence[Box]) -> bool:
    """Whether a text within some regions has other digits than before, and is no clock."""

    def texts(screen: Screen) -> set[str]:
        return {
            "".join(line.text.split())
            for line in screen.lines
            if any(map(str.isdigit, line.text))
            and not CLOCK.search(line.text)
            and any(touch(line.box_px, region) for region in regions)
        }

    return texts(before) != texts(after)


def states_changed(before: Screen, after: Screen, regions: Sequence[Box]) -> bool:
    """Whether a box within some regions was checked or unchecked."""
    return any(
        one.checked is not other.checked
        for one in before.shapes
        if one.checked is not None and any(touch(one.box_px, region) for region in regions)
        for other in after.shapes
        if other.kind == one.kind and other.checked is not None and touch(one.box_px, other.box_px)
    )


def _worded(screen: Screen, regions: Sequence[Box]) -> list[TextLine]:
    return [
        line
        for line in screen.lines
        if sum(character.isalpha() for character in line.text) > 1
        and any(touch(line.box_px, region) for region in regions)
    ]


def _is_among(line: TextLine, others: Sequence[TextLine]) -> bool:
    """Whether a line was read before too, at the same place, give or take a letter."""
    letters = _letters(line.text)

    def is_same(other: TextLine) -> bool:
        if min(line.confidence, other.confidence) >= _SURE_READING:
            return letters == _letters(other.text)
        ratio = SequenceMatcher(None, letters, _letters(other.text), autojunk=False).ratio()
        return ratio >= _SAME_READING

    return any(touch(line.box_px, other.box_px) and is_same(other) for other in others)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalpha())


def _difference(before: View, after: View) -> npt.NDArray[np.int16] | None:
    """The largest difference of each pixel's channels; None between pictures of two sizes."""
    size = (before.picture.width_px, before.picture.height_px)
    if size != (after.picture.width_px, after.picture.height_px):
        return None
    one = np.asarray(before.picture.image(), dtype=np.int16)
    other = np.asarray(after.picture.image(), dtype=np.int16)
    difference: npt.NDArray[np.int16] = np.abs(one - other).max(axis=2)
    return difference


def _cells(changed: Mask) -> Mask:
    """Which cells of the grid hold a changed pixel."""
    height, width = changed.shape
    padded = np.pad(changed, ((0, -height % _CELL_PX), (0, -width % _CELL_PX)))
    rows, columns = padded.shape[0] // _CELL_PX, padded.shape[1] // _CELL_PX
    cells = padded.reshape(rows, _CELL_PX, columns, _CELL_PX).any(axis=(1, 3))
    return np.asarray(cells, dtype=np.bool_)


def _is_caret(difference: npt.NDArray[np.int16]) -> bool:
    strong = difference >= _STRONG
    if not strong.any():
        return False
    columns = np.flatnonzero(strong.any(axis=0))
    rows = np.flatnonzero(strong.any(axis=1))
    width, height = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    return width <= _CARET_WIDTH_PX and 8 <= height <= _CARET_HEIGHT_PX
