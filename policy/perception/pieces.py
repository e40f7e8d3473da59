"""Ink clusters: what is drawn on a picture, cut where nothing is drawn, with a margin.

Most of a screen is empty, and a detector that is shown the emptiness judges what little is drawn
by it: a word that stands alone on a page is passed over. Each piece is dense, so that what is
found in it depends neither on the rest of the picture nor on how large that is.

Frames, rules and underlines are no ink here: they would tie a card and all that is in it together,
however empty the card is.
"""

import cv2
import numpy as np
import numpy.typing as npt

from vigorl.policy.perception.ink import Mask, PixelBox, Pixels, extents, spans

FAINTEST_STEP = 16
"""Least step between neighbouring pixels that is ink, of 255; above the noise of JPEG."""
RULE_PX = 96
"""A straight edge that is longer is a frame's or a rule; stems of type of 120 px are shorter."""
REACH_PX = 10
"""Ink that is less than about twice as far apart is of one piece."""
MARGIN_PX = 12
"""What is kept around the ink: the detector finds a single letter best with 12 to 16 px."""
SPECK_PX = 3
"""Pieces that are less wide or high are dust, dots and ends of rules."""
GROWTH = 1.15
"""Pieces are joined where the box around both is at most so much larger than the two: a call of
the detector costs as much as some thousand px."""
TALL_PX, TALLEST_PX = 320, 1024
"""A higher piece is cut, where an empty row allows it; one beyond the second anywhere."""


def pieces(pixels: Pixels) -> list[PixelBox]:
    """The pieces of a picture, from the top; no two have a pixel in common."""
    height, width = pixels.shape[:2]
    ink = drawn(pixels)
    kernel = np.ones((2 * REACH_PX + 1, 2 * REACH_PX + 1), np.uint8)
    boxes = extents(cv2.dilate(ink.astype(np.uint8), kernel))
    boxes[:, 2:] += boxes[:, :2]
    boxes += np.array([1, 1, -1, -1]) * REACH_PX * (boxes % [width, height, width, height] > 0)
    large = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) >= SPECK_PX
    boxes = boxes[large] + np.array([-1, -1, 1, 1]) * MARGIN_PX
    boxes = np.clip(boxes, 0, [width, height, width, height])
    whole = [PixelBox(*map(int, box)) for box in joined(boxes)]
    cut = [part for box in whole for part in _bands(box, box.of(ink))]
    return sorted(cut, key=lambda box: (box.top, box.left))


def drawn(pixels: Pixels) -> Mask:
    """True where a pixel differs from its left or upper neighbour, but for long straight edges."""
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[:, 1:] |= _without_rules(_steps(pixels[:, 1:], pixels[:, :-1]), (RULE_PX, 1))
    mask[1:] |= _without_rules(_steps(pixels[1:], pixels[:-1]), (1, RULE_PX))
    return mask > 0


def _steps(later: Pixels, earlier: Pixels) -> npt.NDArray[np.uint8]:
    """1 where two pictures differ in a channel."""
    step = cv2.absdiff(later, earlier)
    most = cv2.max(cv2.max(step[:, :, 0], step[:, :, 1]), step[:, :, 2])
    return np.asarray(cv2.threshold(most, FAINTEST_STEP, 1, cv2.THRESH_BINARY)[1], np.uint8)


def _without_rules(edges: npt.NDArray[np.uint8], rule: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Edges but for straight ones of at least `rule` rows and columns."""
    return np.asarray(edges & ~cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones(rule, np.uint8)))


def joined(boxes: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Boxes (N x 4) joined where they overlap, or where little is added by it."""
    waiting = list(boxes[np.lexsort((boxes[:, 0], boxes[:, 1]))][::-1])
    kept = np.zeros((0, 4), np.int64)
    while waiting:
        box = waiting.pop()
        least, most = np.minimum(kept, box), np.maximum(kept, box)
        around = np.hstack((least[:, :2], most[:, 2:]))
        overlap = (most[:, :2] < least[:, 2:]).all(axis=1)
        cheap = _areas(around) <= GROWTH * (_areas(kept) + _areas(box[None]))
        if not (near := np.flatnonzero(overlap | cheap)).size:
            kept = np.vstack((kept, box))
            continue
        waiting.append(around[near[0]])
        kept = np.delete(kept, near[0], axis=0)
    return list(kept)


def _areas(boxes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _bands(box: PixelBox, ink: Mask) -> list[PixelBox]:
    """A high piece cut across, in the middle of empty rows; where there are none, where least is.

    Lines of text are not cut, unless the piece is a picture higher than `TALLEST_PX`.
    """
    inked = ink.sum(axis=1)
    cuts = [0]
    while box.height - cuts[-1] > 1.25 * TALL_PX:
        first = cuts[-1] + TALL_PX // 2
        empty = spans(inked[first : cuts[-1] + TALLEST_PX] == 0, widest_gap=0)
        if empty and first + empty[0][1] < box.height:
            near = [span for span in empty if span[0] <= TALL_PX // 2] or empty[:1]
            start, stop = max(near, key=lambda span: span[1] - span[0])
            cuts.append(first + (start + stop) // 2)
        elif box.height - cuts[-1] > 1.25 * TALLEST_PX:
            first = cuts[-1] + 3 * TALLEST_PX // 4
            cuts.append(first + int(inked[first : cuts[-1] + TALLEST_PX].argmin()))
        else:
            break
    return [
        PixelBox(box.left, box.top + start, box.right, box.top + stop)
        for start, stop in zip(cuts, [*cuts[1:], box.height], strict=True)
    ]
