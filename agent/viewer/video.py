"""Pictures as a video: WebM with VP8, encoded by the FFmpeg that comes with OpenCV."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from vigorl.browser.errors import UsageError

FRAMES_PER_S = 10
"""Enough for a mouse on its way; every picture is shown for a tenth of a second at least."""


def webm(pictures: Sequence[Image.Image], shown_ms: Sequence[int]) -> bytes:
    """The bytes of a video that shows each picture for its time.

    Args:
        pictures: All of one size; an odd last row or column is cut off.
        shown_ms: How long each is shown.

    Raises:
        UsageError: the OpenCV that is installed cannot encode it.
    """
    import cv2

    width_px, height_px = (size // 2 * 2 for size in pictures[0].size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video.webm")
        with _quiet():  # FFmpeg tells what it thinks of the codec's tag
            codec = cv2.VideoWriter.fourcc(*"VP80")
            writer = cv2.VideoWriter(
                str(path), cv2.CAP_FFMPEG, codec, FRAMES_PER_S, (width_px, height_px)
            )
        if not writer.isOpened():
            raise UsageError(
                "the installed OpenCV has no encoder for VP8, so there is no .webm: reinstall "
                "opencv-python-headless from PyPI, or choose a .webp or a .gif"
            )
        for picture, count in zip(pictures, _counts(shown_ms), strict=True):
            rgb = np.asarray(picture.convert("RGB"))[:height_px, :width_px]
            bgr = np.ascontiguousarray(rgb[:, :, ::-1])
            for _ in range(count):
                writer.write(bgr)
        writer.release()
        return path.read_bytes()


def _counts(shown_ms: Sequence[int]) -> list[int]:
    """How many frames each picture is shown for: at least one, and the right length in all."""
    counts, due, shown = [], 0.0, 0
    for each_ms in shown_ms:
        due += each_ms * FRAMES_PER_S / 1000
        counts.append(max(1, round(due) - shown))
        shown += counts[-1]
    return counts


@contextmanager
def _quiet() -> Iterator[None]:
    """What C code writes to standard error goes nowhere."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
