"""Bevels: rectangles that look pressed into a window, or raised from it, as Motif and Tk draw them.

Their two frames are of different greys, and the lower and right one may hardly differ from the
window. So a bevel is looked for at its upper left corner, where a horizontal and a vertical line
of one tone meet, both darker than what lies beyond them, or both lighter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.perception.ink import PixelBox, Pixels
from vigorl.policy.perception.screen import TextLine

BEVEL_PX = 2
"""Width of a frame, at most."""
_STEP = 18
"""Least difference of brightness between a frame and what lies 2 px beyond it, of 255."""
_SIDE_PX = 8
"""Least length of a side."""
_CORNER_PX = 2
"""How far from each other two sides may begin."""
_BEYOND_PX = 3
"""From a bevel to the window that it is in."""
_LOOSE_PX = 5
"""How far the noise of JPEG may draw out the end of a line."""
_FAINT = 12
"""Of a frame that hardly differs from the window: more than the noise, of 255."""
_FIELD_PX = 40
"""Least width of what holds a text of its own."""
_STRAIGHT = 0.85
"""Share of a side along which something must end."""

Brightness = npt.NDArray[np.int16]
Line = tuple[int, int, int, int]
"""Left, top, width and height."""


@dataclass(frozen=True, slots=True)
class Bevel:
    """A rectangle with a frame of two tones."""

    box: PixelBox
    """With its frame."""
    is_pressed: bool
    """Darker above and on the left: its inside lies lower than the window. Otherwise higher."""
    inside: int
    """Brightness of its middle: the most frequent one, about."""
    ground: int
    """Brightness of the window around it."""

    @property
    def is_light(self) -> bool:
        """Whether paper shows in it: it is pressed, and lighter than the window."""
        return self.is_pressed and self.inside >= self.ground + _FAINT


def bevels(pixels: Pixels) -> list[Bevel]:
    """The bevels of a picture."""
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)
    bright = grey.astype(np.int16)
    found = []
    for is_pressed in (True, False):
        into = grey if is_pressed else 255 - grey
        across, down = _lines(into), _lines(np.ascontiguousarray(into.T))
        for box in _corners(across, down, bright.shape):
            if _may_be_one(bright, box, is_pressed):
                bevel = _bevel(bright, box, is_pressed)
                if bevel is not None:
                    found.append(bevel)
    return found


def _corners(
    tops: Sequence[Line], lefts: Sequence[Line], shape: tuple[int, ...]
) -> Iterator[PixelBox]:
    """What two lines span that begin at one place, within a pixel or two.

    Args:
        tops: Horizontal lines.
        lefts: Vertical ones, with the two axes exchanged.
        shape: Height and width of the picture.
    """
    starts = np.zeros((shape[0] + 2 * _CORNER_PX, shape[1] + 2 * _CORNER_PX), np.int32)
    for number, (y, x, _, _) in enumerate(lefts, 1):
        starts[y + _CORNER_PX, x + _CORNER_PX] = number
    reach = 2 * _CORNER_PX + 1
    for left, top, width, _ in tops:
        near = starts[top : top + reach, left : left + reach]
        if near.any():
            for number in near[near > 0]:
                y, x, height, _ = lefts[number - 1]
                yield PixelBox(min(left, x), min(top, y), left + width, y + height)


def parted(lines: Sequence[TextLine], found: Sequence[Bevel]) -> tuple[TextLine, ...]:
    """Lines of text, cut where they run into or out of a pressed field: a label and a value."""
    fields = [each.box.box for each in found if each.is_light and each.box.width >= _FIELD_PX]
    pieces = list(lines)
    for field in fields:
        for edge_px in (field.left, field.right):
            pieces = [
                piece
                for line in pieces
                for piece in (_cut(line, edge_px) if _crosses(line, field, edge_px) else (line,))
            ]
    return tuple(pieces)


def _crosses(line: TextLine, field: Box, edge_px: float) -> bool:
    """Whether a line stands on both sides of an edge of a field of its height."""
    box = line.box_px
    return (
        field.top < box.center.y < field.bottom
        and field.height < 2.5 * box.height
        and box.left < edge_px - 4
        and edge_px + 4 < box.right
    )


def _cut(line: TextLine, edge_px: float) -> tuple[TextLine, ...]:
    """The parts of a line on both sides of an edge, without spaces at their ends."""
    count = len(line.text)
    middles = [line.part(index, index + 1).center.x for index in range(count)]
    at = sum(middle < edge_px for middle in middles)
    pieces = []
    for start, stop in ((0, at), (at, count)):
        text = line.text[start:stop]
        start += len(text) - len(text.lstrip())
        stop -= len(text) - len(text.rstrip())
        if start < stop:
            edges = line.edges_px[start : stop + 1]
            cut = replace(line, text=line.text[start:stop], edges_px=edges)
            pieces.append(replace(cut, box_px=line.part(start, stop)))
    return tuple(pieces)


def _lines(grey: npt.NDArray[np.uint8]) -> list[Line]:
    """The horizontal lines that are darker than what is above."""
    darker = np.zeros(grey.shape, np.uint8)
    edge = cv2.subtract(grey[1:-1], grey[2:]) >= _STEP // 2  # which stays 0 where it is lighter
    darker[2:] = (cv2.subtract(grey[:-2], grey[2:]) >= _STEP) & edge
    closed = cv2.morphologyEx(darker, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    straight = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, _SIDE_PX), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    return [
        (int(left), int(top), int(width), int(height))
        for left, top, width, height, _ in stats[1:]
        if height <= 3
    ]


def _may_be_one(bright: Brightness, box: PixelBox, is_pressed: bool) -> bool:
    """Whether it is worth a look: a few pixels tell that most corners are those of letters.

    A raised one is of the window's colour throughout, a pressed one has paper at its upper edge or
    is filled with something else.
    """
    height, width = bright.shape
    reach = _BEYOND_PX
    if min(box.left, box.top) < reach or box.right + reach >= width or box.bottom + reach >= height:
        return False
    if box.width < _SIDE_PX or box.height < _SIDE_PX:
        return False
    ground = int(bright[box.top - reach, (box.left + box.right) // 2])
    parts = (2, 4, 6) if is_pressed else (2, 3, 4)  # the noise may have drawn out its shadow
    rows = [box.top + box.height * part // 8 for part in parts]
    columns = [box.left + box.width * part // 8 for part in parts]
    apart = [abs(int(bright[row, column]) - ground) for row in rows for column in columns]
    if not is_pressed:
        return max(apart) <= _STEP
    paper = int(bright[box.top + 3, box.left + 3 : box.right - 3].max())
    return paper >= ground + _FAINT or min(apart) >= _FAINT


def _bevel(bright: Brightness, box: PixelBox, is_pressed: bool) -> Bevel | None:
    """What stands in a corner of two lines, where it is a bevel."""
    reach = _BEYOND_PX
    core = bright[box.top + 3 : box.bottom - 3, box.left + 3 : box.right - 3]
    inside = int(np.percentile(core, 75 if is_pressed else 50))
    rows, columns = slice(box.top + 1, box.bottom - 1), slice(box.left + 1, box.right - 1)
    beyond = (
        bright[rows, box.left - reach],
        bright[box.top - reach, columns],
        bright[rows, box.right + reach - 1],
        bright[box.bottom + reach - 1, columns],
    )
    grounds = [int(np.median(side)) for side in beyond]
    ground = int(np.median(grounds))
    if sum(abs(side - ground) <= _STEP for side in grounds) < 3:  # a label may be near to one side
        return None
    least = _STEP if not is_pressed else min(_FAINT, abs(inside - ground))
    sign = 0 if is_pressed else -1
    right = _end(bright[rows, box.right - _LOOSE_PX : box.right + 2] - ground, least, sign)
    bottom = _end(bright[box.bottom - _LOOSE_PX : box.bottom + 2, columns].T - ground, least, sign)
    if right is None or bottom is None:
        return None
    box = PixelBox(box.left, box.top, box.right + right, box.bottom + bottom)
    return Bevel(box, is_pressed, inside, ground)


def _end(strip: Brightness, least: int, sign: int) -> int | None:
    """Where a side ends in strips across it, from where its line ends; None: it does not.

    Args:
        strip: Brightness above that of the window, length of the side x a few px across it.
        least: Difference from the window that is more than noise.
        sign: -1 where it ends in a shadow, 0 where in anything.
    """
    differs = (np.abs(strip) if sign == 0 else sign * strip) >= least
    if float(differs.any(axis=1).mean()) < _STRAIGHT:
        return None
    last = differs.shape[1] - np.argmax(differs[:, ::-1], axis=1)
    return int(np.median(last[differs.any(axis=1)])) - _LOOSE_PX
