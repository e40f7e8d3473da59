"""GroundingRule: what an answer on a still picture is, a click or a box, and when it is right."""

import math
from typing import Literal

from vigorl.browser.geometry import Box, Point

GroundingRule = Literal["hit", "distance", "center", "overlap"]
"""What is asked for, and what it scores; 1 is right, and what is not is less.

============  ==============================================================================
`hit`         a click: 1 in the target, borders included, and 0 elsewhere
`distance`    a click: 1 in the target, and elsewhere `nearness` to its middle
`center`      a box, drawn by a drag from corner to corner: 1 where its middle lies in the target
`overlap`     a box: 1 from `RIGHT_OVERLAP` on, and its overlap with the target (IoU) below that
============  ==============================================================================
"""

REACH_PX = 100.0
"""Distance, px of the picture, at which a miss is worth 1/e. Source: the released code of
arXiv 2505.23678 (Gabesarch/grounded-rl at e7970c0, `reward_score/uground.py`), exp(-0.01 · px)."""

RIGHT_OVERLAP = 0.5
"""Intersection over union from which a box is right, as detection benchmarks count it."""


def asks_for_box(rule: GroundingRule) -> bool:
    """Whether the answer is a box, drawn by a drag, instead of a click."""
    return rule in ("center", "overlap")


def nearness(point: Point, target: Box) -> float:
    """What a miss is worth: exp(-d / `REACH_PX`), d from the target's middle, and below 1.

    Source: as `REACH_PX`. There, hits are worth no more than their nearness either, so that a miss
    beside a narrow target is worth more than a hit at the end of a wide one; here a hit is worth 1.
    """
    middle = target.center
    distance_px = math.hypot(point.x - middle.x, point.y - middle.y)
    return min(math.exp(-distance_px / REACH_PX), math.nextafter(1.0, 0.0))
