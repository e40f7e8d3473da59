"""OCR: RapidOCR's models, fed so that they do no needless work.

The recogniser's cost is the number of canvas columns it is given. RapidOCR pads every line to at
least 320 columns and each batch to its longest line, and leaves detected boxes as loose as they
come; here each run of ink is cut out exactly, scaled so that its letters fill the canvas as in
training, and read by itself. Running text is read from a narrower canvas first, and again from a
full one where that leaves a doubt. Measured on pages of documentation, in turns with plain
RapidOCR: about half of its time.
"""

import hashlib
import math
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.perception.detector import TextDetector, session_of
from vigorl.policy.perception.ink import InkRun, PixelBox, Pixels, runs
from vigorl.policy.perception.screen import TextLine

CANVAS_HEIGHT_PX = 48
"""Height of the recogniser's input. Source: PP-OCR's configuration."""
INK_HEIGHT_PX = 36
"""Height of a line's ink on that canvas: 30 loses 0.6 % of words, 26 loses 3 %."""
SQUEEZE = 0.75
"""Width of running text on the canvas, as a part of its natural width. With doubtful runs read
again, 18 % fewer columns and 7 words wrong of 1,000, as without, on pages of documentation; 0.7
gets 11 wrong."""
RUNNING_TEXT = 8
"""A run that is so many times wider than high is running text; names and amounts are shorter."""
DOUBT = 0.3
"""Confidence below which squeezed text is read again."""
CANVAS_MARGIN_PX = 4
"""Empty columns before and after the ink."""
COLUMN_PX = 8
"""Canvas columns for each step of the recogniser's output."""
LONGEST_CANVAS_PX = 3200
"""A run that would be longer is squeezed: about 200 characters."""
DIVIDING_GAP = 0.8
"""A gap wider than this part of the line's height ends a line: spaces are 0.25 to 0.4."""
CACHED_RUNS = 4096


@dataclass(frozen=True, slots=True)
class Reading:
    """What the recogniser read on one run, apart from where the run stands."""

    text: str
    confidence: float
    edges: tuple[float, ...]
    """Left edge of each character and right edge of the last, px from the run's left; an icon that
    stands in the run before or after the text lies outside of them."""


@dataclass(frozen=True, slots=True)
class OcrText:
    """The text of a picture."""

    lines: tuple[TextLine, ...]
    """In reading order."""
    unread: tuple[Box, ...]
    """Where the detector saw text of which the recogniser read no letter, px."""


class TextReader:
    """Reads lines of text; safe to call from several threads, one of which works at a time."""

    def __init__(self, threads: int = 2) -> None:
        models = Path(str(files("rapidocr") / "models"))
        # One piece or run at a time on each thread: none is padded to the size of another.
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="text")
        self._detector = TextDetector(models, self._pool)
        self._recogniser = session_of(models, "rec", threads=1)
        listed = self._recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *listed, " "]
        self._readings: OrderedDict[bytes, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, pixels: Pixels) -> OcrText:
        """The text of a picture."""
        with self._lock:
            found = [
                run
                for detected in self._detector.boxes(pixels)
                for run in runs(pixels, detected, DIVIDING_GAP)
            ]
            readings = self._read_runs(pixels, found)
        lines, unread = [], []
        for run, reading in zip(found, readings, strict=True):
            box = Box(run.box.left, run.box.top, run.box.right, run.box.bottom)
            if reading.text.strip():
                edges = tuple(run.box.left + edge for edge in reading.edges)
                lines.append(
                    TextLine(
                        reading.text,
                        box,
                        reading.confidence,
                        edges,
                        run.link,
                        run.links,
                        run.gaps,
                        run.look,
                    )
                )
            else:
                unread.append(box)
        lines.sort(key=lambda line: (line.box_px.top, line.box_px.left))
        return OcrText(tuple(lines), tuple(unread))

    def _read_runs(self, pixels: Pixels, found: list[InkRun]) -> list[Reading]:
        keys = [_key(pixels, run) for run in found]
        fresh = {
            key: run for key, run in zip(keys, found, strict=True) if key not in self._readings
        }
        long = {k: r for k, r in fresh.items() if r.box.width >= RUNNING_TEXT * r.size_px}
        squeezed = self._recognised({key: Canvas.of(pixels, long[key], SQUEEZE) for key in long})
        sure = {key: reading for key, reading in squeezed.items() if reading.confidence >= DOUBT}
        self._readings |= sure
        self._readings |= self._recognised(
            {key: Canvas.of(pixels, run) for key, run in fresh.items() if key not in sure}
        )
        readings = []
        for key in keys:
            self._readings.move_to_end(key)
            readings.append(self._readings[key])
        while len(self._readings) > CACHED_RUNS:
            self._readings.popitem(last=False)
        return readings

    def _recognised(self, canvases: dict[bytes, "Canvas"]) -> dict[bytes, Reading]:
        """What stands on each canvas, by the same keys."""
        longest_first = sorted(canvases, key=lambda key: -canvases[key].pixels.shape[1])
        readings = self._pool.map(self._recognise, (canvases[key] for key in longest_first))
        return dict(zip(longest_first, readings, strict=True))

    def _recognise(self, canvas: "Canvas") -> Reading:
        normalised = canvas.pixels[:, :, ::-1].astype(np.float32) / 127.5 - 1
        normalised = np.pad(normalised, ((0, 0), (0, -normalised.shape[1] % COLUMN_PX), (0, 0)))
        (probabilities,) = self._recogniser.run(None, {"x": normalised.transpose(2, 0, 1)[None]})
        best = probabilities[0].argmax(axis=1)  # of steps x characters
        certainty = np.take_along_axis(probabilities[0], best[:, None], axis=1)[:, 0]
        return self._reading(canvas, best, certainty, normalised.shape[1] / best.shape[0])

    def _reading(
        self,
        canvas: "Canvas",
        best: npt.NDArray[np.int64],
        certainty: npt.NDArray[np.float32],
        step_px: float,
    ) -> Reading:
        """Connectionist decoding: a character per change of the best class, class 0 is none."""
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        steps = np.flatnonzero(kept)
        text = "".join(self._characters[best[step]] for step in steps)
        if not text:
            return Reading("", 0.0, ())
        centres = (steps + 0.5) * step_px / canvas.scale - canvas.margin_px
        inner = (centres[1:] + centres[:-1]) / 2
        # What stands further from the outer letters than half of one is an icon beside the text.
        first, last = centres[0] - canvas.size_px, centres[-1] + canvas.size_px
        edges = np.concatenate(([first], inner, [last])).clip(0, canvas.run_width_px)
        return Reading(text, confidence(float(certainty[steps].mean())), tuple(edges.tolist()))


@dataclass(frozen=True, slots=True)
class Canvas:
    """A run as the recogniser gets it."""

    pixels: Pixels
    scale: float
    """Canvas columns for each px of the picture."""
    margin_px: float
    """Picture px before the run's left edge."""
    run_width_px: int
    size_px: float
    """Height of the run's line, px of the picture."""

    @classmethod
    def of(cls, pixels: Pixels, run: InkRun, squeeze: float = 1.0) -> "Canvas":
        """Cut a run out; what lies around it is continued from its border."""
        box = run.box
        scale_y = INK_HEIGHT_PX / max(run.size_px, 6.0)
        scale_x = min(squeeze * scale_y, LONGEST_CANVAS_PX / box.width)
        around = PixelBox(
            max(box.left - 2, 0),
            max(box.top - 2, 0),
            min(box.right + 2, pixels.shape[1]),
            min(box.bottom + 2, pixels.shape[0]),
        )
        width = int(np.ceil(box.width * scale_x)) + 2 * CANVAS_MARGIN_PX
        middle = (box.top + box.bottom) / 2
        to_canvas = np.array(
            [
                [scale_x, 0, CANVAS_MARGIN_PX - (box.left - around.left) * scale_x],
                [0, scale_y, CANVAS_HEIGHT_PX / 2 - (middle - around.top) * scale_y],
            ]
        )
        drawn = cv2.warpAffine(
            _without_caret(around.of(pixels), around, run),
            to_canvas,
            (width, CANVAS_HEIGHT_PX),
            flags=cv2.INTER_AREA if scale_y < 1 else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return cls(drawn, scale_x, CANVAS_MARGIN_PX / scale_x, box.width, run.size_px)


def confidence(certainty: float) -> float:
    """Probability that a line is read without a mistake.

    A logistic fit to 734 lines of one to five words, 5 to 12 px high, in four looks: 4 % of the
    lines below 0.2 are right, 22 % from 0.2, 59 % from 0.4, 84 % from 0.6, 97 % from 0.8.

    Args:
        certainty: mean over its characters of the recogniser's probability.
    """
    doubt = math.log10(1 - certainty + 1e-3)
    return 1 / (1 + math.exp(7.25 + 4.75 * doubt))


def _without_caret(patch: Pixels, around: PixelBox, run: InkRun) -> Pixels:
    """A patch of the picture with the ground of its text where a text cursor stands."""
    if run.caret is None:
        return patch
    patch = patch.copy()
    patch[:, max(0, run.caret.left - around.left) :] = run.look.ground_rgb
    return patch


def _key(pixels: Pixels, run: InkRun) -> bytes:
    patch = np.ascontiguousarray(run.box.of(pixels))
    digest = hashlib.blake2b(patch.tobytes(), digest_size=16)
    digest.update(f"{patch.shape} {run.size_px}".encode())
    return digest.digest()
