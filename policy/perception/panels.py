"""Panels: flat areas that hold other things, such as cards, list rows, dialogs, columns.

A page is drawn on grounds of one colour each. Where neighbouring pixels are of nearly one colour
they belong to one ground; what separates grounds is an edge, be it a border, a rule or a step in
colour. A ground that is wide enough to hold text is a panel.
"""

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box

Pixels = npt.NDArray[np.uint8]

_STEP = 3
"""Difference in a channel from which on two neighbouring pixels are of different colours.
JPEG at quality 80 leaves flat ground flat; the faintest cards differ by 4."""
_LEAST_WIDTH_PX, _LEAST_HEIGHT_PX = 72, 22
_LEAST_FILL = 0.35
"""Share of its box that a panel's bare ground covers at least; the rest is what stands on it."""
_MOST_PANELS = 300


def panels(pixels: Pixels) -> tuple[Box, ...]:
    """The boxes of the panels of a picture (RGB, height x width x 3), px, largest first."""
    flat = _flat(pixels)
    _, _, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=4)
    height_px, width_px = flat.shape
    found = []
    for left, top, width, height, area in stats[1:]:
        if width < _LEAST_WIDTH_PX or height < _LEAST_HEIGHT_PX:
            continue
        if area < _LEAST_FILL * width * height or (width, height) == (width_px, height_px):
            continue
        found.append(Box(float(left), float(top), float(left + width), float(top + height)))
    found.sort(key=lambda box: -box.area)
    return tuple(found[:_MOST_PANELS])


def _flat(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """1 where a pixel is of the colour of its right and lower neighbours, else 0."""
    wide = pixels.astype(np.int16)
    flat = np.ones(pixels.shape[:2], dtype=np.uint8)
    flat[:, :-1] &= np.abs(wide[:, 1:] - wide[:, :-1]).max(axis=2) < _STEP
    flat[:-1] &= np.abs(wide[1:] - wide[:-1]).max(axis=2) < _STEP
    return flat
