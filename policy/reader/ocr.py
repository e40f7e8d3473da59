"""Text of a picture, by RapidOCR."""

import threading

import numpy as np
import numpy.typing as npt
from rapidocr import RapidOCR

from vigorl.browser.geometry import Box
from vigorl.policy.reader.screen import Line

Pixels = npt.NDArray[np.uint8]
"""RGB, height x width x 3."""


class TextReader:
    """Reads lines of text; safe to call from several threads."""

    def __init__(self) -> None:
        self._engine = RapidOCR(params={"Global.log_level": "error", "Global.use_cls": False})
        self._lock = threading.Lock()

    def read(self, pixels: Pixels) -> tuple[Line, ...]:
        """Lines of text, in reading order."""
        with self._lock:
            found = self._engine(pixels[:, :, ::-1])
        if found.boxes is None:
            return ()
        return tuple(
            Line(
                text,
                Box(*(float(v) for v in (*quad.min(axis=0), *quad.max(axis=0)))),
                float(score),
            )
            for quad, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        )
