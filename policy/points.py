"""`(x, y)` in text: read from and written in the coordinates that a model was told to use."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.browser.geometry import THOUSAND, Frame, Point

NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
POINT = re.compile(rf"\(\s*({NUMBER})\s*,\s*({NUMBER})\s*\)")
BRACKETED = re.compile(rf"\[\s*({NUMBER})\s*,\s*({NUMBER})\s*\]")
"""A point as some models write it; understood, and never written."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A pair of coordinates in a thought: where it is written, and which point it means."""

    start: int
    """Index of its first character in the thought."""
    end: int
    """Index behind its last one."""
    point: Point | None
    """In the environment's unit; None where it is not on the picture."""


class Malformed(ValueError):
    """A text that cannot be understood; the message says so to its author, with the remedy."""


def point_in(x: float, y: float, frame: Frame) -> Point:
    """A point of `frame` in viewport CSS px.

    On a grid of thousandths, 1000 is the right or the lower edge, and counts as 999.

    Raises:
        Malformed: the point lies outside of the picture.
    """
    if frame.is_thousandths:
        x, y = THOUSAND - 1 if x == THOUSAND else x, THOUSAND - 1 if y == THOUSAND else y
    point = Point(x, y)
    if not frame.contains(point):
        raise Malformed(
            f"({x:g}, {y:g}) lies outside of the screen: x goes from 0 to {frame.width_px - 1} "
            f"and y from 0 to {frame.height_px - 1}."
        )
    return frame.to_region(point)


def mentions_in(thought: str, frame: Frame) -> tuple[Mention, ...]:
    """The pairs of coordinates that a thought names; those beside the picture mean no point."""
    return tuple(
        Mention(
            *found.span(),
            frame.to_region(point)
            if frame.contains(point := Point(float(found[1]), float(found[2])))
            else None,
        )
        for found in POINT.finditer(thought)
    )


def mentions_by_order(thought: str, points: Sequence[Point]) -> tuple[Mention, ...]:
    """The pairs that a thought names, where its points are known and their places are not.

    Where there are more pairs than points, one of them is beside the picture, and nobody knows
    which: then none of them means a point.
    """
    spans = [found.span() for found in POINT.finditer(thought)]
    meant: Sequence[Point | None] = points if len(spans) == len(points) else [None] * len(spans)
    return tuple(Mention(*span, point) for span, point in zip(spans, meant, strict=True))


def coordinates_of(point_css_px: Point, frame: Frame) -> tuple[int, int]:
    """A point in whole units of `frame`.

    Raises:
        ValueError: the point is not on the picture, so that no text can say it.
    """
    if not frame.bounds_px.contains(frame.from_region(point_css_px)):
        raise ValueError(f"{point_css_px} is not in {frame.region_css_px}")
    return frame.nearest_cell(point_css_px)


def write_point(point_css_px: Point, frame: Frame) -> str:
    """`(x, y)` in whole units of `frame`, as a thought or an answer says it.

    Raises:
        ValueError: the point is not on the picture.
    """
    x, y = coordinates_of(point_css_px, frame)
    return f"({x}, {y})"
