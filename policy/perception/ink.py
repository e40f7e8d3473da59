"""Text pixels: which pixels of a patch differ from its background, and the runs they form.

Screens are drawn, not photographed: behind a line of text lies one colour nearly everywhere. So
the exact extent of text, the gaps between its words and its colour can be counted, where a
detector only gives a box that is a few pixels too large.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.perception.screen import TextLook

Pixels = npt.NDArray[np.uint8]
"""RGB, height x width x 3."""

Scalar = TypeVar("Scalar", bound=np.generic)

Mask = npt.NDArray[np.bool_]

FAINTEST = 14
"""Least difference from the background that counts as ink, of 255; above the noise of JPEG."""
FRAME_COVER = 0.7
"""Least share of ink in the first and last rows of a frame; rounded corners leave some out."""
SIDE_PX = 8
"""Widest side of a frame, with its round corner."""
LEAST_SATURATION = 36
"""Spread of the channels of ink, of 255, that makes its colour one of its own."""
WORD_GAP = 0.3
"""Gap between two letters that may be one between words, as a part of the line's height."""
CARET_WIDTH_PX = 3
"""Widest text cursor."""
CARET_REACH = 8
"""How much of a line, in its heights, tells how high its letters are."""
UNDERLINE_LENGTH = 1.2
"""Least length of an underline, as a part of the line's height; the feet of letters are shorter."""
UNDERLINE_CONTRAST = 40
"""Least difference of an underline from its ground, of 255."""
UNDERLINE_REACH = 0.35
"""How far below the letters of a line its underline may be, as a part of the line's height."""
LINK_GAP = 0.15
"""Least gap between two links that stand beside each other, as a part of the line's height. Neither
letters nor an underline are in it, as one is between the words of one link."""
UNDERLINE_BEYOND = 0.3
"""How far an underline may reach beyond its letters, as a part of the line's height; a rule of the
page goes on."""
STRONG_INK = 0.85
"""Part of the strongest difference from which on a pixel has the colour of the ink."""
FAINTEST_OF_PEAK = 0.18
"""The same as a part of the strongest difference in the patch."""


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A rectangle of whole pixels, right and bottom excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Pixels."""
        return self.width * self.height

    def touches(self, other: "PixelBox") -> bool:
        """Whether they have a pixel in common."""
        across = min(self.right, other.right) > max(self.left, other.left)
        return across and min(self.bottom, other.bottom) > max(self.top, other.top)

    def holds(self, other: "PixelBox") -> bool:
        """Whether all pixels of the other are its own as well."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom

    def moved(self, right_px: int, down_px: int) -> "PixelBox":
        """The same rectangle further right and down."""
        return PixelBox(
            self.left + right_px, self.top + down_px, self.right + right_px, self.bottom + down_px
        )

    def shrunk(self, by_px: int) -> "PixelBox":
        """The same rectangle without a margin on each side."""
        return PixelBox(
            self.left + by_px, self.top + by_px, self.right - by_px, self.bottom - by_px
        )

    @property
    def box(self) -> Box:
        """As a box of any numbers."""
        return Box(self.left, self.top, self.right, self.bottom)

    def of(self, pixels: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """This part of a picture or mask, as a view."""
        return pixels[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, slots=True)
class InkRun:
    """Ink on one baseline without a wide gap in it."""

    box: PixelBox
    """Its exact extent."""
    size_px: float
    """Height of the line it belongs to, which a run of low letters ('more') does not fill."""
    links: tuple[tuple[int, int], ...]
    """Columns (from, to) drawn as links are: underlined, or in a colour of its own."""
    gaps: tuple[tuple[int, int], ...]
    """Columns (from, to) without ink: between words and wider."""
    look: TextLook
    caret: PixelBox | None = None
    """The text cursor that stands at its end; no letter."""

    @property
    def link(self) -> bool:
        """Whether most of it is drawn as links are."""
        return sum(stop - start for start, stop in self.links) > 0.6 * self.box.width


def background(patch: Pixels) -> npt.NDArray[np.int16]:
    """The most frequent colour of a patch, RGB."""
    flat = patch.reshape(-1, 3)
    coarse = (flat >> 4).astype(np.int32)
    keys = (coarse[:, 0] << 8) | (coarse[:, 1] << 4) | coarse[:, 2]
    common = flat[keys == np.bincount(keys, minlength=1).argmax()]
    return np.asarray(np.median(common, axis=0), dtype=np.int16)


def difference(patch: Pixels, colour: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """How far each pixel is from a colour: the largest difference of a channel."""
    distance: npt.NDArray[np.int16] = np.abs(patch.astype(np.int16) - colour).max(axis=2)
    return distance


def ink(patch: Pixels, ground: npt.NDArray[np.int16] | None = None) -> Mask:
    """Pixels that differ from the patch's background, which is looked for where it is not given."""
    distance = difference(patch, background(patch) if ground is None else ground)
    return np.asarray(distance > max(FAINTEST, FAINTEST_OF_PEAK * float(distance.max())))


def extents(mask: Mask | npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Boxes around the connected parts of a mask, N x (left, top, width, height), from the top.

    Their outlines give these ten times as fast as OpenCV's statistics of all their pixels.
    """
    found, nesting = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    if not found:
        return np.zeros((0, 4), np.int64)
    is_outer = nesting[0][:, 3] < 0
    boxes = [cv2.boundingRect(found[index]) for index in np.flatnonzero(is_outer)[::-1]]
    return np.array(boxes, np.int64)


def spans(occupied: npt.ArrayLike, widest_gap: float) -> list[tuple[int, int]]:
    """Maximal stretches (start, stop) of a 1-D mask, joined over gaps up to `widest_gap`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], occupied, [False])).astype(np.int8)))
    joined: list[tuple[int, int]] = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if joined and start - joined[-1][1] <= widest_gap:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def within_frame(box: PixelBox, mask: Mask) -> PixelBox:
    """The inside of the frame in a box, or all of the box where it holds none.

    A box around the label of a button may hold the button's edges too.
    """
    height, width = mask.shape
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if columns.size < 12 or rows.size < 8:
        return box
    width_inked = int(columns[-1] + 1 - columns[0])
    full = np.flatnonzero(mask.sum(axis=1) > FRAME_COVER * width_inked).tolist()
    ruled = [row for row in full if _is_ruled(mask[row], width_inked)]
    upper = [row + 1 for row in ruled if row < height // 3]
    lower = [row for row in ruled if row >= 2 * height // 3]
    cover = mask[rows[0] : rows[-1] + 1].mean(axis=0)
    if lower:  # the stem of an underlined `B` ends above the rule
        cover = cover * mask[max(lower[0] - 2, 0) : lower[0]].all(axis=0)
    whole = 0.75 if upper else 0.9  # of a side; in a frame rounded corners leave some out
    left = [int(at) + 1 for at in columns if at < columns[0] + 6 and cover[at] > whole]
    right = [int(at) for at in columns if at > columns[-1] - 6 and cover[at] > whole]
    if not upper and not (lower and (left or right)):
        # A rule below alone underlines; a side alone goes on beyond the box, as no letter does.
        return _beside_side(box, mask, lower)
    top, bottom = max(upper, default=0), min(lower, default=height)
    start, stop = max(left, default=0), min(right, default=width)
    if bottom - top < 6 or stop - start < 6:
        return box
    return PixelBox(box.left + start, box.top + top, box.left + stop, box.top + bottom)


def _beside_side(box: PixelBox, mask: Mask, lower: list[int]) -> PixelBox:
    """A box without the left side of a frame, which is a stroke from its top to its end."""
    end = lower[0] if lower else mask.shape[0]
    strokes = spans(mask[:end].any(axis=0), 0)
    if len(strokes) < 2:
        return box
    (start, stop), (following, _) = strokes[:2]
    # Corners are round where there is a rule; above it the side is straight.
    straight = mask[: end if not lower else max(1, end * 3 // 4), start:stop].all(axis=0).any()
    if stop - start > SIDE_PX or following - stop < 2 or not straight:
        return box
    return PixelBox(box.left + following - 1, box.top, box.right, box.top + end)


def _is_ruled(row: Mask, width: int) -> bool:
    """Whether a row of a mask holds one stroke across most of the ink's width."""
    return _longest(row) > FRAME_COVER * width


def line_rows(mask: Mask) -> tuple[int, int] | None:
    """First and last row + 1 of the line in a patch, without what protrudes from its neighbours."""
    rows = spans(mask.any(axis=1), widest_gap=max(2.0, 0.12 * mask.shape[0]))
    if not rows:
        return None
    counts = mask.sum(axis=1)
    return max(rows, key=lambda span: int(counts[span[0] : span[1]].sum()))


def without_rules(mask: Mask) -> Mask:
    """A mask without the underline of the line above and the rule of the page below.

    The one is a stroke in the upper third with nothing right below it: no letter is as wide, and
    the bar of a `T` has ink there. The other goes across all of the patch, beyond its letters.
    """
    height, width = mask.shape
    counts = mask.sum(axis=1)
    long = UNDERLINE_LENGTH * height
    kept = mask
    for row in range(height // 3, -1, -1):
        if counts[row] >= long and not counts[row + 1] and _longest(mask[row]) >= long:
            kept = mask.copy()
            kept[: row + 1] = False
            break
    across = np.flatnonzero(counts[2 * height // 3 :] == width)
    if across.size and width >= long:
        kept = kept.copy()
        kept[2 * height // 3 + int(across[0]) :] = False
    return kept


def _longest(row: Mask) -> int:
    """The longest stroke of a row."""
    return max((stop - start for start, stop in spans(row, 0)), default=0)


def links(patch: Pixels, mask: Mask, below: Mask) -> list[tuple[int, int]]:
    """Columns of a line, (from, to), where it is strongly coloured or underlined.

    The colour is that of all ink on half an em: the edges of black letters are red on one side
    and blue on the other where type is smoothed for flat screens.

    Args:
        patch: the line.
        mask: which of its pixels are ink.
        below: the same of the rows under it, with as many more columns on each side as an
            underline may reach.
    """
    gap = max(4.0, 0.5 * mask.shape[0])
    inked = mask.sum(axis=0)
    sums = (patch * mask[:, :, None]).sum(axis=0, dtype=np.float64)  # columns x channels
    half_em = (max(3, mask.shape[0] // 2), 1)
    of_all = cv2.boxFilter(np.column_stack((sums, inked))[None], -1, half_em, normalize=False)[0]
    colours = of_all[:, :3] / np.maximum(of_all[:, 3:], 1)
    marked = (inked > 0) & (np.ptp(colours, axis=1) > LEAST_SATURATION)
    ruled = np.zeros_like(marked)
    lower, long = mask[int(0.7 * mask.shape[0]) :], UNDERLINE_LENGTH * mask.shape[0]
    for row in lower[lower.sum(axis=1) >= long]:
        for start, stop in spans(row, widest_gap=0):  # the feet of letters have gaps
            if stop - start >= long:
                ruled[start:stop] = True
    beyond_px = (below.shape[1] - mask.shape[1]) // 2
    for row in below[below.sum(axis=1) >= long]:
        for start, stop in spans(row, widest_gap=0):
            ends = start > 0 and stop < row.size  # else it is a rule of the page
            if ends and stop - start >= long:
                ruled[max(0, start - beyond_px) : stop - beyond_px] = True
    marked |= ruled
    plain = (inked > 0) & ~marked
    drawn = (inked > 0) | below[:, beyond_px : beyond_px + mask.shape[1]].any(axis=0)
    between = max(1.0, LINK_GAP * mask.shape[0])
    return [
        (start + first, start + last)
        for start, stop in spans(marked, gap)
        if stop - start >= 6 and plain[start:stop].sum() <= 0.3 * (stop - start)
        for first, last in spans(drawn[start:stop], between if ruled[start:stop].any() else gap)
        if last - first >= 6
    ]


def runs(pixels: Pixels, detected: PixelBox, widest_gap: float) -> list[InkRun]:
    """The runs of ink in a detected line, left to right.

    Args:
        pixels: the picture.
        detected: a box around one line, somewhat larger than its ink.
        widest_gap: gaps wider than this part of the line's height divide it.
    """
    patch = detected.of(pixels)
    ground = background(patch)
    mask = ink(patch, ground)
    unframed = within_frame(detected, mask)
    if unframed != detected:
        detected, patch = unframed, unframed.of(pixels)
        ground = background(patch)
        mask = ink(patch, ground)
    mask = without_rules(mask)
    cursor = caret(mask)
    if cursor is not None:
        mask[:, cursor.left : cursor.right] = False
    rows = line_rows(mask)
    if rows is None:
        return []
    top, bottom = rows
    size_px = max(bottom - top, 0.6 * detected.height)
    found = []
    for start, stop in spans(mask[top:bottom].any(axis=0), widest_gap * size_px):
        part = mask[top:bottom, start:stop]
        inner = np.flatnonzero(part.any(axis=1))
        box = PixelBox(
            detected.left + start,
            detected.top + top + int(inner[0]),
            detected.left + stop,
            detected.top + top + int(inner[-1]) + 1,
        )
        cut = patch[top:bottom, start:stop]
        found.append(
            InkRun(
                box,
                size_px,
                _moved(links(cut, part, _below(pixels, box, bottom - top, ground)), box.left),
                _moved(gaps(part, WORD_GAP * size_px), box.left),
                look(cut, part, ground),
            )
        )
    if found and cursor is not None:
        found[-1] = replace(found[-1], caret=cursor.moved(detected.left, detected.top))
    return found


def _below(pixels: Pixels, box: PixelBox, height_px: int, ground: npt.NDArray[np.int16]) -> Mask:
    """Where an underline of a run may be: what differs from the ground in the rows below it."""
    reach = math.ceil(UNDERLINE_REACH * height_px)
    beyond_px = math.ceil(UNDERLINE_BEYOND * height_px)
    around = np.full((reach, box.width + 2 * beyond_px, 3), ground, np.int16)
    left, right = box.left - beyond_px, box.right + beyond_px
    found = pixels[box.bottom : box.bottom + reach, max(left, 0) : right]
    start = max(left, 0) - left
    around[: found.shape[0], start : start + found.shape[1]] = found
    return np.asarray(np.abs(around - ground).max(axis=2) > UNDERLINE_CONTRAST)


def caret(mask: Mask) -> PixelBox | None:
    """The text cursor at the right end of a line: a bar that is higher and lower than all letters.

    The strokes of letters end on the base line, or above the tops of capitals.
    """
    columns = np.flatnonzero(mask.any(axis=0))
    if columns.size < 4:
        return None
    right = int(columns[-1]) + 1
    whole = _solid(mask[:, right - 1])
    left = right - 1
    while left > columns[0] and whole is not None and _solid(mask[:, left - 1]) == whole:
        left -= 1
    letters = line_rows(mask[:, max(0, left - CARET_REACH * mask.shape[0]) : left])
    if whole is None or right - left > CARET_WIDTH_PX or letters is None:
        return None
    top, bottom = whole
    is_taller = top < letters[0] and bottom > letters[1]
    return PixelBox(left, top, right, bottom) if is_taller else None


def _solid(column: Mask) -> tuple[int, int] | None:
    """The rows (from, to) of the one stroke of a column; None where it has several, or none."""
    found = spans(column, 0)
    return found[0] if len(found) == 1 else None


def _moved(found: Iterable[tuple[int, int]], right_px: int) -> tuple[tuple[int, int], ...]:
    return tuple((start + right_px, stop + right_px) for start, stop in found)


def gaps(mask: Mask, narrowest: float) -> list[tuple[int, int]]:
    """Columns (from, to) between ink that hold none."""
    inked = spans(mask.any(axis=0), 0)
    between = ((left[1], right[0]) for left, right in itertools.pairwise(inked))
    return [(start, stop) for start, stop in between if stop - start >= narrowest]


def look(patch: Pixels, mask: Mask, ground: npt.NDArray[np.int16]) -> TextLook:
    """How the text of a line is drawn.

    Args:
        patch: the line.
        mask: which of its pixels are ink, at least one: they differ from the ground.
        ground: the colour that it stands on.
    """
    distance = difference(patch, ground).astype(np.float32) * mask
    cover = distance / max(float(distance.max()), 1.0)
    # A stroke of width w and length l covers w * l, and its edges are 2 * l long.
    edge_px = np.abs(np.diff(cover, axis=0)).sum() + np.abs(np.diff(cover, axis=1)).sum()
    strongest = patch[cover >= STRONG_INK].mean(axis=0)
    return TextLook(
        _rgb(strongest), _rgb(ground), 2 * float(cover.sum()) / max(float(edge_px), 1.0)
    )


def _rgb(channels: npt.NDArray[np.generic]) -> tuple[int, int, int]:
    red, green, blue = map(int, channels)
    return red, green, blue
