"""From a picture to a `Screen`."""

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np

from vigorl.browser.picture import View
from vigorl.policy.reader.ink import Mask, Pixels
from vigorl.policy.reader.ocr import TextReader
from vigorl.policy.reader.regions import Region, edges, flat_regions
from vigorl.policy.reader.screen import Screen
from vigorl.policy.reader.shapes import controls
from vigorl.policy.reader.symbols import icons

RECENT = 4096
"""Screens remembered, of tens of kB each: one picture is often looked at for several questions, by
episodes that begin alike, and by one policy after another on the same tasks."""


class Eyes:
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
        lines = self._text.read(pixels)
        drawn, regions = outlines.result()
        shapes = controls(pixels, drawn, regions, lines)
        shapes += icons(pixels, drawn, lines, shapes)
        return Screen(lines, tuple(shapes), view.frame)


def unreadable(screen: Screen) -> str:
    """Why most of the text on a screen cannot be read; empty where it can."""
    return ""


@cache
def shared_eyes() -> Eyes:
    """The eyes of all policies of this process."""
    return Eyes()


def _outlines(pixels: Pixels) -> tuple[Mask, list[Region]]:
    drawn = edges(pixels)
    return drawn, flat_regions(pixels, drawn)
