"""Icon detection: what is drawn, small, and no text; named by its look or its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.policy.perception.concepts import CONCEPTS
from vigorl.policy.perception.icons import Guess, atlas
from vigorl.policy.perception.ink import Mask, PixelBox, Pixels, Scalar, difference
from vigorl.policy.perception.regions import blobs
from vigorl.policy.perception.screen import Shape, TextLine, is_text

SMALLEST_PX, LARGEST_PX = 8, 72
"""Longer side of an icon."""
NARROWEST_PX = 2
"""Shorter side: three dots in a row."""
FAINTEST = 24
"""Least contrast of an icon, of 255."""
LOGO_PX = (16, 320)
"""Longer side of a logo."""
LOGO_INK = 0.12
"""Least share of edges in a logo's box; a frame around something has less."""
BUTTON_PADDING_PX = 4
"""Least distance of an icon from the outline of its button."""
ROUGHEST = 0.2
"""Most of the rim around an icon that may differ from its ground; in a photograph much does."""
REACHES_PX = (1, 2, 4, 7)
"""An icon's parts may be apart by about twice these: the bars of a menu, the dots of a list."""
DOT_PX = 14
"""Longest side of one of the dots of 'more'."""
BAR_PX = 10
"""Least width of one of the bars of a menu."""


@dataclass(frozen=True, slots=True)
class IconDrawing:
    """What is drawn at a blob, without the noise around it."""

    box: PixelBox
    mask: npt.NDArray[np.float32]
    """How much each pixel of the box differs from the ground, 0 to 1."""

    @classmethod
    def at(cls, pixels: Pixels, blob: PixelBox) -> "IconDrawing | None":
        """The drawing; None where it hardly differs from its ground."""
        left, top = max(blob.left - 2, 0), max(blob.top - 2, 0)
        patch = pixels[top : blob.bottom + 1, left : blob.right + 1]
        ground = np.median(_rim(patch), axis=0).astype(np.int16)
        distance = difference(patch, ground).astype(np.float32)
        if distance.max() >= FAINTEST and _is_rough(distance):
            distance = np.abs(patch - _slope(patch)).max(axis=2)
        strongest = float(distance.max())
        if strongest < FAINTEST or _is_rough(distance):
            return None
        mask = distance / strongest
        strong = mask > 0.3
        rows, columns = np.flatnonzero(strong.any(axis=1)), np.flatnonzero(strong.any(axis=0))
        mask[mask < 0.12] = 0
        tight = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        box = PixelBox(
            left + int(columns[0]),
            top + int(rows[0]),
            left + int(columns[-1]) + 1,
            top + int(rows[-1]) + 1,
        )
        return cls(box, tight)


def _rim(patch: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """The outermost pixels of a patch: first and last row, first and last column."""
    return np.concatenate([patch[0], patch[-1], patch[:, 0], patch[:, -1]])


def _is_rough(distance: npt.NDArray[np.float32]) -> bool:
    """Whether much of the rim differs from the ground."""
    return float((_rim(distance) > 0.2 * distance.max()).mean()) > ROUGHEST


def _slope(patch: Pixels) -> npt.NDArray[np.float32]:
    """The even gradient that runs through the rim of a patch; height x width x 3."""
    height, width = patch.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    places = np.stack([x, y, np.ones_like(x)], axis=-1)
    fitted, *_ = np.linalg.lstsq(_rim(places), _rim(patch).astype(np.float32), rcond=None)
    return np.asarray(places @ fitted, np.float32)


LEAST_LIKENESS = 0.62
"""To some known icon; what has less is a part of a picture or of a frame."""
PLAIN = frozenset({"minus", "minimize", "fullscreen", "record", "circle", "square", "stop", "more"})
"""What bars and dots look like."""
PART = 0.45
"""How much less a bar or a dot looks like a whole icon where it is a part of one."""
MOST_ALIKE = 0.9
"""Likeness from which on a drawing with several bars or dots in it is a whole icon, and the arrow
beside these is a part of it too."""
THIN_PX = 4
"""Narrower ones are icons only where that is rather sure: rules are narrow too."""


@dataclass(frozen=True, slots=True)
class IconCandidate:
    """Something drawn that may be an icon, and what it may show."""

    box: PixelBox
    guesses: tuple[Guess, ...]

    @property
    def rank(self) -> float:
        """How much it looks like a whole icon, against other cuts of the same drawing."""
        best = self.guesses[0]
        return best.sureness + best.likeness + 0.0005 * max(self.box.width, self.box.height)

    @property
    def is_plain(self) -> bool:
        """Whether it is a bar or a dot, of which icons are made."""
        return self.guesses[0].concept in PLAIN

    @property
    def is_likely(self) -> bool:
        """Whether it is an icon at all."""
        best = self.guesses[0]
        thin = min(self.box.width, self.box.height) < THIN_PX
        return best.sureness > 0.5 if thin else best.likeness >= LEAST_LIKENESS


def icons(
    pixels: Pixels, drawn: Mask, lines: Sequence[TextLine], controls: Sequence[Shape]
) -> list[Shape]:
    """The icons of a picture, top to bottom.

    Args:
        pixels: the picture.
        drawn: its edges, as `regions.edges` gives them.
        lines: its text; what is surely text is no icon.
        controls: its controls; boxes to tick and switches are no icons either.
    """
    texts = [line.box_px for line in lines if is_text(line)]
    ticks = [shape.box_px for shape in controls if shape.kind in ("checkbox", "radio", "switch")]
    open_ground = blanked(drawn, [*texts, *ticks])
    parts = {reach_px: blobs(open_ground, reach_px) for reach_px in REACHES_PX}
    drawings = {
        drawing.box: drawing
        for blob in (*(blob for found in parts.values() for blob in found), *stacks(parts[1]))
        if max(blob.width, blob.height) <= LARGEST_PX + 16
        and (drawing := IconDrawing.at(pixels, blob)) is not None
        and min(drawing.box.width, drawing.box.height) >= NARROWEST_PX
        and SMALLEST_PX <= max(drawing.box.width, drawing.box.height) <= LARGEST_PX
        and not _frames(drawing.box, lines, controls)
    }
    guesses = atlas().guesses([drawing.mask for drawing in drawings.values()])
    candidates = [
        IconCandidate(box, tuple(guess)) for box, guess in zip(drawings, guesses, strict=True)
    ]
    whole = [one for one in candidates if not _is_button_around(one, candidates, controls)]
    found = [_shape(candidate) for candidate in _best(whole) if candidate.is_likely]
    logo = _logo(blanked(open_ground, [shape.box_px for shape in controls]))
    if logo is not None:
        found.append(Shape("icon", logo, ("logo", *CONCEPTS["home"]), confidence=0.5))
    return sorted(found, key=lambda shape: (shape.box_px.top, shape.box_px.left))


def stacks(parts: Sequence[PixelBox]) -> list[PixelBox]:
    """Boxes around three equal parts at equal distances: the bars of a menu, the dots of 'more'.

    On a fine screen they are too far apart to be one blob.
    """
    found = []
    for upright in (True, False):
        turned = parts if upright else [_transposed(part) for part in parts]
        for first, second, third in _triples([part for part in turned if _is_part(part, upright)]):
            whole = PixelBox(
                min(first.left, second.left, third.left),
                first.top,
                max(first.right, second.right, third.right),
                third.bottom,
            )
            found.append(whole if upright else _transposed(whole))
    return found


def _is_part(part: PixelBox, upright: bool) -> bool:
    """Whether a blob may be a bar or, where they stand side by side too, a dot."""
    is_dot = max(part.width, part.height) <= DOT_PX and abs(part.width - part.height) <= 1
    is_bar = upright and BAR_PX <= part.width <= LARGEST_PX and part.width >= 2.5 * part.height
    return is_dot or is_bar


def _triples(parts: Sequence[PixelBox]) -> Iterator[tuple[PixelBox, PixelBox, PixelBox]]:
    """Three alike below each other, and no fourth."""
    below = {part: _next_alike(part, parts) for part in parts}
    above = {lower: part for part, lower in below.items() if lower is not None}
    for first, second in below.items():
        third = below[second] if second is not None else None
        if second is None or third is None or first in above or below[third] is not None:
            continue
        gaps = (second.top - first.bottom, third.top - second.bottom)
        if abs(gaps[0] - gaps[1]) <= max(1, 0.2 * max(gaps)):
            yield first, second, third


def _next_alike(part: PixelBox, parts: Sequence[PixelBox]) -> PixelBox | None:
    """The nearest part of the same size below one, where it is near enough to belong to it."""
    widest_gap = 0.5 * part.width if part.width > DOT_PX else 3 * part.height
    near = [
        other
        for other in parts
        if 0 < other.top - part.bottom <= widest_gap
        and abs(other.height - part.height) <= 1
        and abs(other.width - part.width) <= max(1, 0.4 * part.width)
        and min(abs(other.left - part.left), abs(other.right - part.right)) <= 1
    ]
    return min(near, key=lambda other: other.top, default=None)


def _transposed(box: PixelBox) -> PixelBox:
    """A box with rows for columns."""
    return PixelBox(box.top, box.left, box.bottom, box.right)


def blanked(mask: Mask, boxes: Sequence[Box]) -> Mask:
    """A mask without what lies in some boxes, px."""
    kept = mask.copy()
    for box in boxes:
        top, left = max(int(box.top) - 1, 0), max(int(box.left) - 1, 0)
        kept[top : int(box.bottom) + 2, left : int(box.right) + 2] = False
    return kept


def _frames(box: PixelBox, lines: Sequence[TextLine], controls: Sequence[Shape]) -> bool:
    """Whether a blob is the outline of a control, or drawn around text."""
    own = Box(box.left, box.top, box.right, box.bottom)
    for shape in controls:
        if shape.kind != "button" and _coincide(own, shape.box_px):
            return True
    return any(is_text(line) and own.contains(line.box_px.center) for line in lines)


def _coincide(one: Box, other: Box) -> bool:
    common = one.intersection(other)
    return common is not None and common.area > 0.6 * max(one.area, other.area)


def _is_button_around(
    outer: IconCandidate, candidates: Sequence[IconCandidate], controls: Sequence[Shape]
) -> bool:
    """Whether a drawing is the outline of a button together with the icon in it."""
    own = Box(outer.box.left, outer.box.top, outer.box.right, outer.box.bottom)
    is_button = any(shape.kind == "button" and _coincide(own, shape.box_px) for shape in controls)
    return is_button and any(
        inner.is_likely
        and inner.box.left - outer.box.left >= BUTTON_PADDING_PX
        and inner.box.top - outer.box.top >= BUTTON_PADDING_PX
        and outer.box.right - inner.box.right >= BUTTON_PADDING_PX
        and outer.box.bottom - inner.box.bottom >= BUTTON_PADDING_PX
        for inner in candidates
    )


def _best(candidates: Sequence[IconCandidate]) -> list[IconCandidate]:
    """Of overlapping candidates the one that looks most like an icon; the larger of equals."""
    kept: list[IconCandidate] = []
    parts = {
        part.box
        for whole in candidates
        if not whole.is_plain and whole.is_likely
        for part in _parts(whole, candidates)
    }
    order = sorted(candidates, key=lambda one: one.rank - PART * (one.box in parts), reverse=True)
    for candidate in order:
        if not any(candidate.box.touches(other.box) for other in kept):
            kept.append(candidate)
    return kept


def _parts(whole: IconCandidate, candidates: Sequence[IconCandidate]) -> list[IconCandidate]:
    """The drawings of which an icon is made: bars and dots, and what stands among several such."""
    held = [one for one in candidates if one.box != whole.box and whole.box.holds(one.box)]
    plain = [one for one in held if one.is_plain]
    apart = [
        one
        for one in plain
        if not any(one.box.touches(other.box) for other in plain if other is not one)
    ]
    return held if len(apart) > 1 and whole.guesses[0].likeness >= MOST_ALIKE else plain


def _shape(candidate: IconCandidate) -> Shape:
    box, first = candidate.box, candidate.guesses[0]
    names = [guess.concept for guess in candidate.guesses] + list(CONCEPTS[first.concept][1:])
    return Shape(
        "icon",
        Box(box.left, box.top, box.right, box.bottom),
        tuple(dict.fromkeys(names)),
        confidence=first.sureness,
    )


def _logo(open_ground: Mask) -> Box | None:
    """The picture in the upper left corner, which leads home on most sites."""
    height, width = open_ground.shape
    corner = open_ground[: min(height, 220), : max(width // 3, min(width, 260))]
    small, large = LOGO_PX
    found = [
        box
        for box in blobs(corner, 4)
        if small <= max(box.width, box.height) <= large
        and min(box.width, box.height) >= 14
        and box.left < 0.25 * width
        and float(box.of(corner).mean()) > LOGO_INK
    ]
    if not found:
        return None
    box = min(found, key=lambda box: box.top + box.left)
    return Box(box.left, box.top, box.right, box.bottom)
