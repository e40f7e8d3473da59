"""Layout geometry: rows, columns, neighbours, reading order of boxes.

Boxes of one function are all in the same frame, px.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from vigorl.browser.geometry import Box, Point
from vigorl.policy.perception.screen import TextLine

T = TypeVar("T")

Side = Literal["row", "of", "in", "near", "left", "right", "above", "below"]
"""Where a thing stands to its neighbour. `row`: on the same row; `of`: belonging to it, on its row
or under it; `in`: on it or under it, as under a heading; `near`: beside it, on any side."""

SAME_LEFT_PX = 5.0
"""How far the left edges of texts of one column may differ."""
SLACK_PX = 6.0
"""How far boxes that were found in pixels may overlap or miss an alignment."""

_ASCENDING = re.compile(r"[^acegmnopqrsuvwxyz.,:;·•…_~*'\"\-\s]")
_DESCENDING = re.compile(r"[gjpqy,;()\[\]{}|@Q_/]")


def em_px(line: TextLine) -> float:
    """The size of a line's type, judged by how high its letters are.

    The box of `men` is half as high as that of `Fig` in the same type. Shares of common fonts:
    x-height 0.52 em, capitals and ascenders 0.73 em, descenders 0.21 em.
    """
    above = 0.73 if _ASCENDING.search(line.text) else 0.52
    below = 0.21 if _DESCENDING.search(line.text) else 0.0
    return line.box_px.height / (above + below)


def same_size(a: TextLine, b: TextLine, tolerance: float) -> bool:
    """Whether two lines are of one size of type, up to a relative difference.

    Where a line has no high letters, a pixel more or less makes twice the difference.
    """
    if not (_ASCENDING.search(a.text) and _ASCENDING.search(b.text)):
        tolerance *= 2
    larger, smaller = max(em_px(a), em_px(b)), min(em_px(a), em_px(b))
    return larger - smaller <= tolerance * larger


def gap_x(a: Box, b: Box) -> float:
    """Horizontal distance between two boxes; 0 where they overlap in x."""
    return max(0.0, a.left - b.right, b.left - a.right)


def gap_y(a: Box, b: Box) -> float:
    """Vertical distance between two boxes; 0 where they overlap in y."""
    return max(0.0, a.top - b.bottom, b.top - a.bottom)


def distance(a: Box, b: Box) -> float:
    """Distance between the edges of two boxes, along the axes."""
    return gap_x(a, b) + gap_y(a, b)


def overlap_y(a: Box, b: Box) -> float:
    """Common height as a share of the lower box's height, 0 to 1."""
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(0.0, common) / max(1.0, min(a.height, b.height))


def overlap_x(a: Box, b: Box) -> float:
    """Common width as a share of the narrower box's width, 0 to 1."""
    common = min(a.right, b.right) - max(a.left, b.left)
    return max(0.0, common) / max(1.0, min(a.width, b.width))


def touch(a: Box, b: Box) -> bool:
    """Whether two boxes overlap."""
    return overlap_x(a, b) > 0 and overlap_y(a, b) > 0


def same_row(a: Box, b: Box) -> bool:
    """Whether two boxes stand side by side on one line."""
    return overlap_y(a, b) >= 0.5


def inside(inner: Box, outer: Box) -> bool:
    """Whether the middle of a box lies in another that is larger."""
    return outer.contains(inner.center) and inner.area <= outer.area


def misalignment_x(a: Box, b: Box) -> float:
    """How far two boxes are from sharing their left edges, right edges or middles."""
    return min(abs(a.left - b.left), abs(a.right - b.right), abs(a.center.x - b.center.x))


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them.

    Raises:
        ValueError: there are none.
    """
    boxes = list(boxes)
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def in_reading_order(items: Iterable[T], box_of: Callable[[T], Box]) -> list[T]:
    """Row by row from the top, each row from the left."""
    rest = sorted(items, key=lambda item: box_of(item).top)
    ordered: list[T] = []
    while rest:
        first = box_of(rest[0])
        row = [item for item in rest if same_row(box_of(item), first)] or rest[:1]
        ordered.extend(sorted(row, key=lambda item: box_of(item).left))
        rest = [item for item in rest if item not in row]
    return ordered


def relation_cost(side: Side, box: Box, anchor: Box) -> float | None:
    """How badly `box` fits 'it is `side` (of) the anchor', px; None where it does not."""
    dx, dy = gap_x(box, anchor), gap_y(box, anchor)
    across = abs(box.center.y - anchor.center.y)
    match side:
        case "row":
            return across + 0.01 * dx if dy <= max(2.0 * anchor.height, 28.0) else None
        case "left":
            fits = box.center.x < anchor.left + SLACK_PX and dy == 0
            return dx + across if fits else None
        case "right":
            fits = box.center.x > anchor.right - SLACK_PX and dy == 0
            return dx + across if fits else None
        case "above":
            return dy + 0.5 * dx if box.center.y < anchor.top + SLACK_PX else None
        case "below":
            return dy + 0.5 * dx if box.center.y > anchor.bottom - SLACK_PX else None
        case "near":
            return dx + 2 * dy + 0.1 * across
        case "of" | "in":
            if inside(box, anchor):
                return 0.0
            if dy == 0 and overlap_y(box, anchor) > 0:
                return 0.5 * dx + across
            # What belongs to a text rather stands under it than over it.
            return (dy if box.center.y > anchor.center.y else 3 * dy + 40) + 0.7 * dx


def right_neighbour(of: Box, items: Sequence[T], box_of: Callable[[T], Box]) -> T | None:
    """The next item to the right on the same row."""
    right = [
        item
        for item in items
        if same_row(box_of(item), of)
        and box_of(item).left > of.center.x
        and box_of(item).left >= of.right - SLACK_PX
    ]
    return min(right, key=lambda item: box_of(item).left, default=None)


def below_neighbour(of: Box, items: Sequence[T], box_of: Callable[[T], Box]) -> T | None:
    """The next item below, in the same column."""
    below = [
        item
        for item in items
        if box_of(item).top >= of.center.y
        and (overlap_x(box_of(item), of) > 0.3 or misalignment_x(box_of(item), of) <= SLACK_PX)
        and not same_row(box_of(item), of)
    ]
    return min(below, key=lambda item: box_of(item).top, default=None)


def at_place(place: str, point: Point, width: float, height: float) -> float:
    """How far a point is from a part of the screen, px; a corner has the names of two sides."""
    if " " in place:
        return sum(at_place(side, point, width, height) for side in place.split())
    match place:
        case "top":
            return point.y
        case "bottom":
            return height - point.y
        case "left":
            return point.x
        case "right":
            return width - point.x
        case _:
            return abs(point.x - width / 2) + abs(point.y - height / 2)


def rows_of(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Lines that stand side by side, row by row."""
    grouped: list[list[TextLine]] = []
    for line in in_reading_order(lines, lambda line: line.box_px):
        if grouped and same_row(grouped[-1][0].box_px, line.box_px):
            grouped[-1].append(line)
        else:
            grouped.append([line])
    return grouped
