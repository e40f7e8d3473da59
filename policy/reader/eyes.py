"""From a picture to a `Screen`."""

import numpy as np

from vigorl.browser.picture import View
from vigorl.policy.reader.ocr import TextReader
from vigorl.policy.reader.regions import edges, flat_regions
from vigorl.policy.reader.screen import Screen
from vigorl.policy.reader.shapes import controls
from vigorl.policy.reader.symbols import icons


class Eyes:
    """Reads pictures; safe to call from several threads."""

    def __init__(self) -> None:
        self._text = TextReader()

    def read(self, view: View) -> Screen:
        """Everything on the picture that a person would point at."""
        pixels = np.asarray(view.picture.image())
        lines = self._text.read(pixels)
        drawn = edges(pixels)
        shapes = controls(pixels, drawn, flat_regions(pixels, drawn), lines)
        shapes += icons(pixels, drawn, lines, shapes)
        return Screen(lines, tuple(shapes), view.frame)
