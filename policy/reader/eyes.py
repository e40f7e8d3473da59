"""From a picture to a `Screen`."""

import threading
from collections import OrderedDict
from dataclasses import replace

import numpy as np

from vigorl.browser.picture import View
from vigorl.policy.reader.ocr import TextReader
from vigorl.policy.reader.regions import edges, flat_regions
from vigorl.policy.reader.screen import Screen
from vigorl.policy.reader.shapes import controls
from vigorl.policy.reader.symbols import icons

RECENT = 16
"""Screens remembered: one picture is often looked at for several questions."""


class Eyes:
    """Reads pictures; safe to call from several threads."""

    def __init__(self) -> None:
        self._text = TextReader()
        self._recent: OrderedDict[str, Screen] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, view: View) -> Screen:
        """Everything on the picture that a person would point at."""
        name = view.picture.sha256
        with self._lock:
            screen = self._recent.get(name)
        if screen is None:
            screen = self._look(view)
        with self._lock:
            self._recent[name] = screen
            self._recent.move_to_end(name)
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        return replace(screen, frame=view.frame)

    def _look(self, view: View) -> Screen:
        pixels = np.asarray(view.picture.image())
        lines = self._text.read(pixels)
        drawn = edges(pixels)
        shapes = controls(pixels, drawn, flat_regions(pixels, drawn), lines)
        shapes += icons(pixels, drawn, lines, shapes)
        return Screen(lines, tuple(shapes), view.frame)
