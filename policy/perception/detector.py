"""Text detection: PP-OCR's detector, run on each cluster of ink by itself.

What it finds in a piece is remembered by the piece's pixels: from one step of an episode to the
next little of a screen changes. So the boxes of a picture never depend on the pictures before it.
"""

import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from vigorl.browser.errors import PolicyFault
from vigorl.policy.perception.ink import PixelBox, Pixels
from vigorl.policy.perception.pieces import pieces

REMEMBERED = 4096
"""Pieces whose boxes are kept."""
SIDE_MULTIPLE_PX = 32
"""Sides of the detector's input are multiples of this. Source: PP-OCR's configuration."""


class TextDetector:
    """Finds lines of text; for one thread at a time."""

    def __init__(self, models: Path, pool: ThreadPoolExecutor) -> None:
        """Load the model that lies in a folder; pieces are looked at on the threads of a pool.

        Raises:
            PolicyFault: it is not there.
        """
        self._model = session_of(models, "det", threads=1)
        # As PP-OCR's configuration has it.
        self._boxes_of = DBPostProcess(
            thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True
        )
        self._pool = pool
        self._known: OrderedDict[bytes, list[PixelBox]] = OrderedDict()

    def boxes(self, pixels: Pixels) -> list[PixelBox]:
        """Boxes around the lines of text of a picture, a few px too large."""
        cut = pieces(pixels)
        names = [_name(piece.of(pixels)) for piece in cut]
        new = {
            name: piece.of(pixels)
            for name, piece in zip(names, cut, strict=True)
            if name not in self._known
        }
        largest_first = sorted(new, key=lambda name: -new[name].size)
        looks = self._pool.map(self._look_at, (new[name] for name in largest_first))
        self._known |= zip(largest_first, looks, strict=True)
        found = []
        for name, piece in zip(names, cut, strict=True):
            self._known.move_to_end(name)
            found += [box.moved(piece.left, piece.top) for box in self._known[name]]
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _look_at(self, piece: Pixels) -> list[PixelBox]:
        """Boxes around the lines of text of a piece, from its corner."""
        height, width = piece.shape[:2]
        below, beyond = -height % SIDE_MULTIPLE_PX, -width % SIDE_MULTIPLE_PX
        padded = cv2.copyMakeBorder(piece, 0, below, 0, beyond, cv2.BORDER_REPLICATE)
        normalised = padded[:, :, ::-1].astype(np.float32) / 127.5 - 1
        (map_of_text,) = self._model.run(None, {"x": normalised.transpose(2, 0, 1)[None]})
        quads, _ = self._boxes_of(map_of_text, padded.shape[:2])
        found = []
        for quad in quads:
            left, upper = np.floor(quad.min(axis=0)).astype(int).tolist()
            right, lower = np.ceil(quad.max(axis=0)).astype(int).tolist()
            box = PixelBox(max(left, 0), max(upper, 0), min(right, width), min(lower, height))
            if box.width > 2 and box.height > 2:
                found.append(box)
        return found


def _name(piece: Pixels) -> bytes:
    """What a piece is remembered by."""
    digest = hashlib.blake2b(piece.tobytes(), digest_size=16)
    digest.update(repr(piece.shape).encode())
    return digest.digest()


def session_of(models: Path, task: Literal["det", "rec"], threads: int) -> InferenceSession:
    """A model of RapidOCR's wheel, ready to run.

    Threads that wait for work sleep instead of spinning: on busy cores that takes a third less
    time, on idle ones no more.

    Raises:
        PolicyFault: the wheel does not carry the model.
    """
    found = sorted(models.glob(f"PP-OCR*_{task}_*.onnx"))
    if not found:
        raise PolicyFault(f"rapidocr carries no model for {task} in {models}; reinstall it")
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(str(found[-1]), options, providers=["CPUExecutionProvider"])
