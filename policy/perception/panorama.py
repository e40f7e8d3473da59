"""Scroll stitching: screens of one page, one below the other, as one tall screen.

The frame stays that of the newest screen, so what was scrolled out of it above has negative y.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from vigorl.browser.geometry import Box
from vigorl.policy.perception.layout import overlap_x, overlap_y
from vigorl.policy.perception.screen import Screen

_SAME_PLACE_PX = 3
"""How far readings of the same text in the same place may differ."""
_EDGE_PX = 30
"""How far below a fixed header something may be hidden by it in part."""
_ENOUGH = 2
"""Edges of texts that have to agree on how far the page has moved."""


def moved_up_by(before: Screen, after: Screen) -> float | None:
    """How far the page's content moved up between two screens, px; None where nothing tells.

    Texts that stay where they are (a fixed header) count only where nothing else has moved.
    """
    once_before, once_after = _unique_texts(before), _unique_texts(after)
    shared = [
        (once_before[text], box)
        for text, box in once_after.items()
        if text in once_before and abs(once_before[text].left - box.left) <= _SAME_PLACE_PX
    ]
    # A text that the edge of the screen cuts through has one true edge.
    moves = [old.top - new.top for old, new in shared]
    moves += [old.bottom - new.bottom for old, new in shared]

    def support(distance: float) -> list[float]:
        return [move for move in moves if abs(move - distance) <= _SAME_PLACE_PX]

    moving = [move for move in moves if abs(move) > 2 * _SAME_PLACE_PX]
    for candidates in (moving, moves):
        best = max((support(move) for move in candidates), key=len, default=[])
        if len(best) >= _ENOUGH:
            return statistics.median(best)
    return None


def extended(before: Screen, after: Screen, moved_up_px: float) -> Screen:
    """The newest screen, and above it what has been scrolled out of it."""
    covered = _header_bottom(before, after, moved_up_px)

    def is_gone(box: Box, seen: Sequence[Box]) -> bool:
        """Whether something is above the newest screen, or under the edge of a fixed header."""
        if 0 <= box.center.y < covered:
            return False  # part of the header, which is on the newest screen too
        now = _up(box, moved_up_px)
        return now.center.y < 0 or (
            now.top < covered + _EDGE_PX and not any(_covers(other, now) for other in seen)
        )

    lines_seen = [line.box_px for line in after.lines]
    shapes_seen = [shape.box_px for shape in after.shapes]
    lines = [
        replace(line, box_px=_up(line.box_px, moved_up_px))
        for line in before.lines
        if is_gone(line.box_px, lines_seen)
    ]
    shapes = [
        replace(shape, box_px=_up(shape.box_px, moved_up_px))
        for shape in before.shapes
        if is_gone(shape.box_px, shapes_seen)
    ]
    panels = [_up(box, moved_up_px) for box in before.panels if is_gone(box, after.panels)]
    return replace(
        after,
        lines=(*lines, *after.lines),
        shapes=(*shapes, *after.shapes),
        panels=(*panels, *after.panels),
    )


def _covers(other: Box, box: Box) -> bool:
    """Whether two boxes are of one thing, seen twice."""
    return overlap_x(other, box) > 0.5 and overlap_y(other, box) > 0.5


def _unique_texts(screen: Screen) -> dict[str, Box]:
    """Texts of some length that stand in the frame once, with their boxes."""
    inside = [line for line in screen.lines if line.box_px.center.y >= 0 and len(line.text) > 2]
    counts = Counter(line.text for line in inside)
    return {line.text: line.box_px for line in inside if counts[line.text] == 1}


def _header_bottom(before: Screen, after: Screen, moved_up_px: float) -> float:
    """Where a header that stays in its place ends, px; 0 where there is none."""
    if abs(moved_up_px) <= 2 * _SAME_PLACE_PX:
        return 0.0
    places = {
        (line.text, round(line.box_px.left / 4), round(line.box_px.top / 4))
        for line in before.lines
    }
    third = after.frame.region_css_px.height / 3
    fixed = [
        line.box_px.bottom
        for line in after.lines
        if (line.text, round(line.box_px.left / 4), round(line.box_px.top / 4)) in places
        and line.box_px.bottom < third
    ]
    return max(fixed, default=0.0)


def _up(box: Box, distance_px: float) -> Box:
    return Box(box.left, box.top - distance_px, box.right, box.bottom - distance_px)
