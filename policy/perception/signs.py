"""Single characters on buttons and keys, recognised by a small network.

A line of text tells a recogniser how large its letters are and where they stand; a lone `‹`, `−` or
`7` does not. So each is looked at as icons are: as a small mask, brought to one size, whatever its
font. `signs.npz` holds a small network fitted to such masks (`tools/build_signs.py`).
"""

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.perception.icons import describe, fitted
from vigorl.policy.perception.ink import (
    LEAST_SATURATION,
    Mask,
    PixelBox,
    Pixels,
    background,
    difference,
    spans,
)
from vigorl.policy.perception.pieces import drawn as steps
from vigorl.policy.perception.regions import blobs
from vigorl.policy.perception.screen import TextLine, is_text
from vigorl.policy.perception.symbols import REACHES_PX, IconDrawing, blanked, stacks
from vigorl.policy.perception.text_match import SIGNS_ALIKE, is_alike

SIGNS = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "‹›«»+−×✕?!…<>–#*&@%$€=/|→←↑↓⋯⋮•~:"
)
NO_SIGN = len(SIGNS)
"""Class of what is none of them."""
DASHES = "-–−"
RULE_LIKE = f"{DASHES}|Il1:"
"""Signs that pieces of a rule are like, which goes on beyond them."""
DOTS = "•"
"""Told so that they are not taken for other signs: bullets of lists, parts of icons."""
STROKES = "I|lLTf+–−-:.’'t"
"""Signs that the rules of a table make where they meet."""
RULES_WIDE_PX = 24.0
"""How far from a text, sideways, the rules of its table are."""
OUTLINE = 2.5
"""Area of the smallest button by that of the sign in it."""
OTHERWISE = 0.5
"""Confidence of a recognised letter that stands where another that looks alike was told."""
FRINGE = 0.3
"""Ink so near above or below words is a part of them, by their height."""
FAINT_ROW = 0.6
"""Share of ink in the first row of a rule whose ends are faint."""
LARGEST_PX = 64
"""Longer side of a sign: an arrow of 24 px type on a fine screen is 48 px wide."""
SMALLEST_PX = 4
"""Longer side of the smallest: a bullet."""
SMALLEST_BUTTON_PX, LARGEST_BUTTON_PX = 16, 128
"""Shorter and longer side of a button that a sign is looked for in."""
PADDING_PX = 3
"""Least distance of a sign from the outline of its button."""
THINNEST = 12
"""Longer side of a sign by its shorter one, at most; sides of frames are longer."""
RULE_THICKNESS = 0.2
"""Of the height of a sign and its underline, at most."""
APART = 0.45
"""Least distance from other ink on its row, as a part of a sign's longer side."""
LEAST_APART_PX = 3
FROM_WORDS = 1.2
"""Least distance of a sign from words on its row, as a part of their height."""
LEAST_SURENESS = 0.6
"""Of a sign that is told."""
BEYOND_PX = 4
"""What goes on as far beyond an end of a stroke without a gap is a rule."""
SAME_INK = 40
"""Largest difference of a channel, of 255, between pixels of one stroke."""
COVERS = 1.4
"""A line that is so many times wider than what is drawn is more than a sign."""


def features(masks: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """What masks look like, and their size; float32 N x D."""
    looks = describe(np.stack([fitted(mask) for mask in masks]))
    sizes = np.array([[np.log2(mask.shape[0] / 12), np.log2(mask.shape[1] / 12)] for mask in masks])
    return np.asarray(np.hstack((looks * 4, 0.5 * sizes)), np.float32)


class Signs:
    """What tells single signs by their masks."""

    def __init__(self, weights: dict[str, npt.NDArray[np.float32]]) -> None:
        self._weights = weights
        groups = [next((g for g in SIGNS_ALIKE if sign in g), sign) for sign in SIGNS]
        self._pooled = np.array([[a == b for b in groups] for a in groups], np.float32)

    def told(self, masks: list[npt.NDArray[np.float32]]) -> list[tuple[str, float]]:
        """The likeliest sign of each mask, and the probability that it is this or one alike."""
        if not masks:
            return []
        own = self._weights
        inner = np.maximum(features(masks) @ own["inner"] + own["inner_bias"], 0)
        outer = inner @ own["outer"] + own["outer_bias"]
        odds = np.exp(outer - outer.max(axis=1, keepdims=True))
        shares = odds / odds.sum(axis=1, keepdims=True)
        pooled = shares[:, :NO_SIGN] @ self._pooled
        best = (pooled + shares[:, :NO_SIGN]).argmax(axis=1)
        return [(SIGNS[sign], float(row[sign])) for sign, row in zip(best, pooled, strict=True)]


@cache
def known_signs() -> Signs:
    """The signs that the package knows."""
    with np.load(str(files("vigorl.policy.perception") / "signs.npz")) as stored:
        return Signs({name: stored[name].astype(np.float32) for name in stored.files})


@dataclass(frozen=True, slots=True)
class SignCandidate:
    """What stands alone and may be a sign."""

    drawing: IconDrawing
    whole: PixelBox
    """What was drawn, with the underline if there is one."""

    @property
    def underlined(self) -> bool:
        """Whether a rule below it was left out."""
        return self.whole != self.drawing.box


@dataclass(frozen=True, slots=True)
class Sign:
    """A single sign, as a line of text."""

    line: TextLine
    whole_px: Box
    """The same with what underlines it."""


@dataclass(frozen=True, slots=True, eq=False)
class RecognisedSign:
    """A candidate that is a sign."""

    candidate: SignCandidate
    sign: str
    sureness: float

    @property
    def box(self) -> PixelBox:
        """Where its ink is."""
        return self.candidate.drawing.box


def signs(pixels: Pixels, lines: Sequence[TextLine]) -> list[Sign]:
    """The single signs of a picture, largest first.

    Args:
        pixels: the picture.
        lines: its text as it was read; what is surely text is no sign.
    """
    found = {each.drawing.box: each for each in _candidates(pixels, lines)}
    told = known_signs().told([each.drawing.mask for each in found.values()])
    sure = [
        RecognisedSign(each, sign, sureness)
        for each, (sign, sureness) in zip(found.values(), told, strict=True)
        if sureness >= LEAST_SURENESS
        and sign not in DOTS
        and not (sign in RULE_LIKE and _goes_on(pixels, each.drawing.box))
    ]
    kept: list[RecognisedSign] = []
    for each in sorted(sure, key=lambda each: -each.box.area):
        if not any(each.box.touches(other.box) for other in kept):
            kept.append(each)
    ruled = {over: under for under in kept for over in kept if _underlines(under, over)}
    return [_sign(pixels, each, ruled.get(each)) for each in kept if each not in ruled.values()]


def _goes_on(pixels: Pixels, stroke: PixelBox) -> bool:
    """Whether what was taken for a stroke is a piece of a rule: its ink goes on beyond its box."""
    if stroke.height > stroke.width:
        pixels = pixels.transpose(1, 0, 2)
        stroke = PixelBox(stroke.top, stroke.left, stroke.bottom, stroke.right)
    row = pixels[(stroke.top + stroke.bottom) // 2].astype(np.int16)
    ink = np.median(row[stroke.left : stroke.right], axis=0)
    before = row[max(stroke.left - BEYOND_PX, 0) : stroke.left]
    behind = row[stroke.right : stroke.right + BEYOND_PX]
    return any(
        len(beyond) == BEYOND_PX and bool((np.abs(beyond - ink).max(axis=1) < SAME_INK).all())
        for beyond in (before, behind)
    )


def _underlines(rule: RecognisedSign, sign: RecognisedSign) -> bool:
    """Whether what was taken for a dash is drawn below another sign."""
    return (
        rule is not sign
        and rule.sign in DASHES
        and rule.box.left - 1 <= sign.box.left
        and sign.box.right <= rule.box.right + 1
        and 0 <= rule.box.top - sign.box.bottom <= rule.box.width
    )


def _candidates(pixels: Pixels, lines: Sequence[TextLine]) -> Iterator[SignCandidate]:
    """What stands alone: blobs on open ground, and what is drawn in a small button."""
    page = PixelBox(2, 2, pixels.shape[1] - 2, pixels.shape[0] - 2)
    texts = [line.box_px for line in lines if is_text(line)]
    ground = blanked(steps(pixels), texts)
    parts = {reach_px: blobs(ground, reach_px) for reach_px in REACHES_PX}
    large = [blob for blob in parts[1] if max(blob.width, blob.height) >= SMALLEST_PX]
    marks, words = _edges_of(large), _edges_of([_pixel_box(box) for box in texts])
    open_blobs = [blob for found in parts.values() for blob in found] + stacks(parts[1])
    for blob in dict.fromkeys(open_blobs):
        if max(blob.width, blob.height) > LARGEST_BUTTON_PX:
            continue
        drawing = IconDrawing.at(pixels, blob)
        if drawing is None:
            continue
        inside = _inside(pixels, drawing.box)
        if inside is not None and _is_sign_sized(inside.box):
            yield SignCandidate(inside, inside.box)
        bare = _without_rule(drawing)
        candidate = SignCandidate(bare or drawing, drawing.box)
        if not page.holds(drawing.box):
            continue  # cut off by the edge of the picture
        if _is_sign_sized(candidate.drawing.box) and _is_alone(drawing.box, marks, words):
            yield candidate


def _is_sign_sized(box: PixelBox) -> bool:
    longer, shorter = max(box.width, box.height), min(box.width, box.height)
    return SMALLEST_PX <= longer <= min(LARGEST_PX, THINNEST * shorter)


def _edges_of(boxes: Sequence[PixelBox]) -> npt.NDArray[np.float64]:
    return np.array(
        [(box.left, box.top, box.right, box.bottom) for box in boxes], np.float64
    ).reshape(-1, 4)


def _pixel_box(box: Box) -> PixelBox:
    return PixelBox(int(box.left), int(box.top), int(box.right) + 1, int(box.bottom) + 1)


def _is_alone(
    box: PixelBox, marks: npt.NDArray[np.float64], words: npt.NDArray[np.float64]
) -> bool:
    """Whether nothing else is drawn near a blob on its row; a frame around it does not count.

    A bullet or an icon before a word belongs to it.
    """
    reach = max(LEAST_APART_PX, APART * max(box.width, box.height))
    sizes = words[:, 3] - words[:, 1]
    beside = _gaps(box.left, box.right, marks[:, 0], marks[:, 2])
    if (
        (beside >= 0) & (beside < reach) & (_gaps(box.top, box.bottom, *marks[:, 1::2].T) < 0)
    ).any():
        return False
    across = _gaps(box.left, box.right, words[:, 0], words[:, 2]) < FROM_WORDS * sizes
    along = _gaps(box.top, box.bottom, words[:, 1], words[:, 3]) < FRINGE * sizes
    return not (across & along).any()


def _gaps(
    start: int, stop: int, starts: npt.NDArray[np.float64], stops: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Distances along an axis to other stretches; not positive where they have a part in common."""
    return np.maximum(starts - stop, start - stops)


def _without_rule(drawing: IconDrawing) -> IconDrawing | None:
    """A drawing without the underline at its foot, None where it has none.

    A rule reaches further on both sides than what it underlines, which it does not touch; where a
    letter goes below the line, browsers leave a gap in it.
    """
    strong = drawing.mask > 0.3
    height, width = strong.shape
    rows = np.flatnonzero(strong[:, 0] & strong[:, -1])
    if rows.size == 0 or rows[0] < 0.6 * height or rows.size > max(2, RULE_THICKNESS * height):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    if strong[top - 1].mean() > FAINT_ROW:
        top -= 1
    rule = np.zeros_like(strong)
    for start, stop in spans(strong[top:bottom].any(axis=0), widest_gap=0):
        if start <= 1 or stop >= width - 1:
            rule[top - 1 : bottom + 1, start:stop] = True
    rest = np.where(rule, np.float32(0), drawing.mask)
    kept = rest > 0.3
    inked, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    touching = (drawing.mask[top - 1] > 0.55) & rule[top - 1]
    if inked.size == 0 or inked[0] >= top or touching.any():
        return None
    gap = top - 1 - int(np.flatnonzero(kept[:top].any(axis=1))[-1])
    if np.ptp(columns) + 1 >= width and gap < 4 * rows.size:
        return None
    own = PixelBox(int(columns[0]), int(inked[0]), int(columns[-1]) + 1, int(inked[-1]) + 1)
    cut = own.of(rest)
    mask = np.asarray(cut / cut.max(), np.float32)
    return IconDrawing(own.moved(drawing.box.left, drawing.box.top), mask)


def _inside(pixels: Pixels, outline: PixelBox) -> IconDrawing | None:
    """What is drawn in a small button, apart from its outline; None where there is nothing."""
    longer, shorter = (pick(outline.width, outline.height) for pick in (max, min))
    if shorter < SMALLEST_BUTTON_PX or longer > 4 * shorter:
        return None
    patch = outline.of(pixels)
    middle = patch[PADDING_PX:-PADDING_PX, PADDING_PX:-PADDING_PX]
    colour = background(middle)
    distance = difference(patch, colour)
    strongest = float(distance[PADDING_PX:-PADDING_PX, PADDING_PX:-PADDING_PX].max())
    blob = _inner_blob(distance > max(24, 0.3 * strongest))
    return None if blob is None else IconDrawing.at(pixels, blob.moved(outline.left, outline.top))


def _inner_blob(mask: Mask) -> PixelBox | None:
    """The box around all parts of a mask that do not reach its border."""
    height, width = mask.shape
    inner = [
        part
        for part in blobs(mask, 0)
        if min(part.left, part.top, width - part.right, height - part.bottom) >= PADDING_PX
    ]
    if not inner:
        return None
    return PixelBox(
        min(part.left for part in inner),
        min(part.top for part in inner),
        max(part.right for part in inner),
        max(part.bottom for part in inner),
    )


def _sign(pixels: Pixels, told: RecognisedSign, rule: RecognisedSign | None) -> Sign:
    """A sign as a line of text; with what underlines it, where that was told by itself."""
    box, candidate = told.box, told.candidate
    colour = np.median(box.of(pixels)[candidate.drawing.mask > 0.7].astype(np.int16), axis=0)
    link = candidate.underlined or rule is not None or int(np.ptp(colour)) > LEAST_SATURATION
    own, whole = _box(box), candidate.whole
    if rule is not None:
        whole = PixelBox(rule.box.left, whole.top, rule.box.right, rule.box.bottom)
    links = ((own.left, own.right),) if link else ()
    line = TextLine(told.sign, own, min(told.sureness, 0.99), (own.left, own.right), link, links)
    return Sign(line, _box(whole))


def _box(box: PixelBox) -> Box:
    return Box(box.left, box.top, box.right, box.bottom)


def merged(lines: Sequence[TextLine], single: Sequence[Sign]) -> tuple[TextLine, ...]:
    """Lines in reading order, with single signs in the place of what was read on them."""
    kept, added = list(lines), []
    for sign in single:
        there = [line for line in lines if _meet(line.box_px, sign.whole_px)]
        if any(_is_more(line, sign) or _is_surer(line, sign.line) for line in there):
            continue
        if not there and _may_be_rules(sign, lines):
            continue
        kept = [line for line in kept if line not in there]
        added.append(sign.line)
    return tuple(sorted((*kept, *added), key=lambda line: (line.box_px.top, line.box_px.left)))


def _may_be_rules(sign: Sign, lines: Sequence[TextLine]) -> bool:
    """Whether a sign of straight strokes may be where the rules of a table meet.

    It stands close to a text, which a sign on a button of its own does not.
    """
    box = sign.line.box_px
    if sign.line.text not in STROKES:
        return False
    near = Box(
        box.left - RULES_WIDE_PX,
        box.top - box.height,
        box.right + RULES_WIDE_PX,
        box.bottom + box.height,
    )
    return any(line.box_px.intersection(near) is not None for line in lines)


def _is_more(line: TextLine, sign: Sign) -> bool:
    """Whether a line has more than one character and is wider than the sign."""
    several = len(line.text.strip()) > 1
    return several and line.box_px.width > COVERS * sign.whole_px.width + LEAST_APART_PX


def _is_surer(line: TextLine, sign: TextLine) -> bool:
    """Whether the recogniser's reading of a sign is better: another letter, of which it is sure.

    A letter that is much larger than the sign is the outline of a button.
    """
    text = line.text.strip()
    if len(text) == 1 and text in string.punctuation and text not in SIGNS:
        return line.confidence > OTHERWISE
    if len(text) != 1 or not text.isalnum() or line.box_px.area > OUTLINE * sign.box_px.area:
        return False
    alike = is_alike(text, sign.text)
    return line.confidence > (OTHERWISE if alike else sign.confidence)


def _meet(one: Box, other: Box) -> bool:
    common = one.intersection(other)
    return common is not None and common.area > 0.3 * min(one.area, other.area)
