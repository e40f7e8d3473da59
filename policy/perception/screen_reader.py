"""The screen reader: text, controls and icons of a screenshot, as a `Screen`."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np

from vigorl.browser.geometry import Box
from vigorl.browser.picture import View
from vigorl.policy.perception.bevels import Bevel, bevels, parted
from vigorl.policy.perception.ink import Mask, Pixels
from vigorl.policy.perception.layout import em_px
from vigorl.policy.perception.ocr import TextReader
from vigorl.policy.perception.pieces import joined
from vigorl.policy.perception.regions import Region, edges, flat_regions
from vigorl.policy.perception.screen import Screen, TextLine, is_text
from vigorl.policy.perception.shapes import controls
from vigorl.policy.perception.signs import merged, signs
from vigorl.policy.perception.symbols import icons

RECENT = 4096
"""Screens remembered, of tens of kB each: one picture is often looked at for several questions, by
episodes that begin alike, and by one policy after another on the same tasks."""


SMALL_TYPE_PX = 10
"""Type of fewer px of the picture is often misread: a third of the lines of 7 px."""
TOGETHER_PX = 12
"""Small text that is less than twice as far apart is of one region."""
WORD = 2.0
"""Width of the shortest words by their height; icons are about as wide as high."""
STRANGE = 0.1
"""Confidence of what is read on words of a script that is not known: 5 % of other words."""
LEAST_STRANGE = 2
"""A single word may be a logo."""


class ScreenReader:
    """Reads pictures; safe to call from several threads, each picture by one of them."""

    def __init__(self) -> None:
        self._text = TextReader()
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="outlines")
        self._recent: OrderedDict[str, Future[Screen]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, view: View) -> Screen:
        """Everything on the picture that a person would point at."""
        name = view.picture.sha256
        with self._lock:
            known = self._recent.get(name)
            reading = self._recent[name] = known or Future()
            self._recent.move_to_end(name)
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        if known is None:
            try:
                reading.set_result(self._look(view))
            except BaseException as error:
                with self._lock:
                    self._recent.pop(name, None)  # whoever looks next tries again
                reading.set_exception(error)
        return replace(reading.result(), frame=view.frame)

    def _look(self, view: View) -> Screen:
        pixels = np.asarray(view.picture.image())
        outlines = self._beside.submit(_outlines, pixels)
        text = self._text.read(pixels)
        drawn, regions, pressed = outlines.result()
        lines = parted(text.lines, pressed)
        shapes = controls(pixels, drawn, regions, pressed, lines)
        shapes += icons(pixels, drawn, lines, shapes)
        lines = merged(lines, signs(pixels, lines))
        return Screen(
            lines,
            tuple(shapes),
            view.frame,
            small_text_regions=_small_text(lines, text.unread),
            unread=text.unread,
        )


@cache
def shared_screen_reader() -> ScreenReader:
    """The screen reader of all policies of this process."""
    return ScreenReader()


def unreadable(screen: Screen) -> str:
    """What to say of a screen whose text is in a script that the eyes do not know, else ''.

    The recogniser knows Latin and Chinese characters. Of words in others it reads nothing, or signs
    of which it is hardly sure at all; where the browser has no font for a script, rows of boxes,
    which look like zeros. Words are weighed by their width; icons, single letters and type too
    small to be read do not count.
    """
    words = [line for line in screen.lines if _is_word(line.box_px) and not _is_small(line)]
    strange = [line.box_px for line in words if _is_strange(line)]
    strange += [box for box in screen.unread if _is_word(box) and box.height >= SMALL_TYPE_PX]
    known_px = sum(line.box_px.width for line in words if not _is_strange(line))
    strange_px = sum(box.width for box in strange)
    if len(strange) < LEAST_STRANGE or strange_px <= known_px:
        return ""
    return "most of the text here is in a script that I cannot read"


def _is_word(box: Box) -> bool:
    """Whether a box is too long for an icon."""
    return box.width >= WORD * box.height


def _is_small(line: TextLine) -> bool:
    """Whether a line is set in type too small to trust."""
    return em_px(line) < SMALL_TYPE_PX


def _is_strange(line: TextLine) -> bool:
    """Whether a line was read as what nobody would write."""
    return line.confidence < STRANGE or not line.text.strip("0OoD□ ")


def _small_text(lines: Sequence[TextLine], unread: Sequence[Box]) -> tuple[Box, ...]:
    """The regions in which type is small or text was not read, px, from the top."""
    small = [line.box_px for line in lines if is_text(line) and _is_small(line)]
    small += [line.box_px for line in lines if _is_word(line.box_px) and line.confidence < STRANGE]
    small += [box for box in unread if _is_word(box)]
    edges = [(box.left, box.top, box.right, box.bottom) for box in small]
    boxes = np.array(edges, np.float64).reshape(-1, 4).round().astype(np.int64)
    reach = np.array([-1, -1, 1, 1]) * TOGETHER_PX
    regions = (np.array(box) - reach for box in joined(boxes + reach))
    return tuple(sorted((Box(*box.tolist()) for box in regions), key=lambda box: box.top))


def _outlines(pixels: Pixels) -> tuple[Mask, list[Region], list[Bevel]]:
    drawn = edges(pixels)
    return drawn, flat_regions(pixels, drawn), bevels(pixels)
