"""Where text stands: RapidOCR's detector, asked only about what is new.

From one step of an episode to the next little of a screen changes. What the last pictures showed
is kept, and of a picture that differs from one of them in a part, that part alone is looked at.
The part is widened until no line that was found before crosses its border, so a line is never
seen in halves.
"""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from omegaconf import flag_override
from onnxruntime import InferenceSession, SessionOptions
from rapidocr import RapidOCR

from vigorl.browser.errors import PolicyFault
from vigorl.policy.reader.ink import PixelBox, Pixels

TILE_ROWS_PX = 1024
"""Pictures higher than this are detected in bands."""
REMEMBERED = 4
"""Pictures with which a new one is compared: as many episodes may share the eyes."""
MARGIN_PX = 32
"""Around what has changed: what the detector sees there may change as well."""
WHOLE = 0.6
"""A part that is more of the picture than this is no saving."""


@dataclass(frozen=True, eq=False)
class _Seen:
    pixels: Pixels
    boxes: list[PixelBox]


class TextDetector:
    """Finds lines of text; for one thread at a time."""

    def __init__(self, models: Path, threads: int) -> None:
        """Load the model that lies in a folder.

        Raises:
            PolicyFault: it is not there.
        """
        self._model = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.use_preprocess_img": False,
                "Global.use_vertical_padding": False,
                "Det.limit_side_len": 32,  # the least side: no picture is enlarged
            }
        )
        with flag_override(self._model.cfg.Det, "allow_objects", True):
            self._model.cfg.Det.session = session_of(models, "det", threads)
        self._recent: deque[_Seen] = deque(maxlen=REMEMBERED)

    def boxes(self, pixels: Pixels) -> list[PixelBox]:
        """Boxes around the lines of text of a picture, a few px too large."""
        height, width = pixels.shape[:2]
        kept: list[PixelBox] = []
        part, nearest = PixelBox(0, 0, width, height), None
        most = WHOLE * part.area
        for seen in self._recent:
            if (other := _new_part(seen, pixels)).area < most:
                part, nearest, most = other, seen, other.area
        if nearest is not None:
            kept = [box for box in nearest.boxes if not box.touches(part)]
            self._recent.remove(nearest)
        found = kept + (self._look_at(pixels, part) if part.area else [])
        self._recent.append(_Seen(pixels, found))
        return found

    def _look_at(self, pixels: Pixels, part: PixelBox) -> list[PixelBox]:
        found = []
        cut = part.of(pixels)
        for first, last in bands(cut):
            band = cut[first:last, :, ::-1]
            height, width = band.shape[:2]
            padded = cv2.copyMakeBorder(band, 0, -height % 32, 0, -width % 32, cv2.BORDER_REPLICATE)
            quads = self._model(padded, use_det=True, use_rec=False).boxes
            for quad in () if quads is None else quads:
                left, upper = np.floor(quad.min(axis=0)).astype(int).tolist()
                right, lower = np.ceil(quad.max(axis=0)).astype(int).tolist()
                box = PixelBox(
                    part.left + max(left, 0),
                    part.top + first + max(upper, 0),
                    part.left + min(right, width),
                    part.top + first + min(lower, height),
                )
                if box.width > 2 and box.height > 2:
                    found.append(box)
        return found


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


def bands(pixels: Pixels) -> list[tuple[int, int]]:
    """Rows (start, stop) in which text is detected, cut where the least is drawn."""
    height = pixels.shape[0]
    busy = np.abs(np.diff(pixels[:, :, 1].astype(np.int16), axis=1)).sum(axis=1)
    cuts = [0]
    while height - cuts[-1] > 1.25 * TILE_ROWS_PX:
        first, last = cuts[-1] + int(0.75 * TILE_ROWS_PX), cuts[-1] + TILE_ROWS_PX
        cuts.append(first + int(busy[first:last].argmin()))
    return list(zip(cuts, [*cuts[1:], height], strict=True))


def _new_part(seen: _Seen, pixels: Pixels) -> PixelBox:
    """The part of a picture to look at again; all of it where the sizes differ."""
    height, width = pixels.shape[:2]
    if seen.pixels.shape != pixels.shape:
        return PixelBox(0, 0, width, height)
    changed = (seen.pixels != pixels).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not rows.size:
        return PixelBox(0, 0, 0, 0)
    new = PixelBox(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    part = _around([new], MARGIN_PX, width, height)
    while crossing := [box for box in seen.boxes if box.touches(part) and not part.holds(box)]:
        part = _around([part, *crossing], 1, width, height)
    return part


def _around(boxes: list[PixelBox], margin_px: int, width: int, height: int) -> PixelBox:
    return PixelBox(
        max(min(box.left for box in boxes) - margin_px, 0),
        max(min(box.top for box in boxes) - margin_px, 0),
        min(max(box.right for box in boxes) + margin_px, width),
        min(max(box.bottom for box in boxes) + margin_px, height),
    )
