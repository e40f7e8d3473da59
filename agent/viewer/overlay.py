"""What the page draws over a picture: places as percentages of it, so that signs keep their size.

An overlay is laid over the picture without a scale of its own: a place moves with the picture,
while rings, numbers and arrows stay as large on a phone as on a desk.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len

from vigorl.agent.plain_text import one_line
from vigorl.agent.viewer.action_marker import ActionMarker
from vigorl.browser.geometry import Box, Frame, Point

LABEL_LENGTH = 36
"""Characters of typed text that stand beside a target."""

_LABEL_CELL_PX = 7.3
_LABEL_PADDING_PX = 14
_LABEL_DISTANCE_PX = 22
_LABEL_HEIGHT_PX = 24
_USUAL_WIDTH_PX = 640
"""Of a picture on a page; decides on which side of its place a label has room."""
_RING_PX = 17
_BADGE_SIDES = ((1, -1), (1, 1), (-1, -1), (-1, 1))
"""Where the number of a point may stand, the best first: right above it, right below …"""
_BADGE_AWAY_PX, _BADGE_FAR_PX = 13.0, 21.0
"""From a point to its number, across and down; the second where the action's ring is between."""
_BADGE_PX = 19
"""As wide as a number with its rim."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a picture, as SVG lengths in percent of it."""

    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of the thought and its number."""

    number: int
    spot: Spot
    badge_px: tuple[float, float]
    """From the point to its number, right and down: beside the point, which stays in sight."""


@dataclass(frozen=True, slots=True)
class TargetMark:
    """Where the action went."""

    spot: Spot
    label: str
    label_width_px: int
    label_px: tuple[float, float]
    """From the target to the label's upper left corner: below the target, or above it."""
    push_degrees: float | None
    """Direction of a scroll, clockwise from the right; None: no scroll."""


@dataclass(frozen=True, slots=True)
class DragLine:
    """A drag, or a part of one."""

    start: Spot
    end: Spot


@dataclass(frozen=True, slots=True)
class ZoomRectangle:
    """A zoomed rectangle."""

    spot: Spot
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """Everything drawn over one picture."""

    dots: tuple[Dot, ...] = ()
    target: TargetMark | None = None
    lines: tuple[DragLine, ...] = ()
    zoom: ZoomRectangle | None = None
    """Where the action looks closer."""
    zoomed: ZoomRectangle | None = None
    """What the zoomed view beside the picture shows."""
    truth: tuple[ZoomRectangle, ...] = ()
    """What is asked about, or where the right answer is."""
    outline: tuple[Point, ...] = ()
    """The same as a polygon, in parts of the picture's width and height."""


def overlay(
    frame: Frame,
    points: tuple[Point, ...],
    gesture: ActionMarker,
    zoomed_css_px: Box | None = None,
    truth_css_px: Sequence[Box] = (),
) -> Overlay:
    """Lay points and an action over a picture with this frame; what lies outside is left out.

    Args:
        frame: The picture's.
        points: Of the thought, CSS px; numbered from 1 in this order.
        gesture: The action.
        zoomed_css_px: The part that a zoomed view beside it shows.
        truth_css_px: The targets of a task, where they are known.
    """
    shown = frame.region_css_px
    target = None
    if gesture.at is not None and shown.contains(gesture.at):
        target = _target(gesture, gesture.at, frame)
    zoom, zoomed = _region(gesture.region, frame), _region(zoomed_css_px, frame)
    truth = tuple(region for box in truth_css_px if (region := _region(box, frame)))
    path = [point for point in gesture.path if shown.contains(point)]
    lines = [DragLine(_spot(start, frame), _spot(end, frame)) for start, end in pairwise(path)]
    return Overlay(_dots(points, gesture, frame), target, tuple(lines), zoom, zoomed, truth)


def _dots(points: Sequence[Point], gesture: ActionMarker, frame: Frame) -> tuple[Dot, ...]:
    """The points with their numbers, none of which covers a point or another number."""
    places = {
        number: _usual(point, frame)
        for number, point in enumerate(points, 1)
        if frame.region_css_px.contains(point)
    }
    target = None if gesture.at is None else _usual(gesture.at, frame)
    label = None if target is None else _label_box(gesture, target, frame)
    taken = [*places.values(), *([] if target is None else [target])]
    dots = []
    for number, place in places.items():
        on_target = target is not None and _distance(place, target) < _RING_PX
        away = _BADGE_FAR_PX if on_target else _BADGE_AWAY_PX
        sides = [(across * away, down * away) for across, down in _BADGE_SIDES]
        badge = min(sides, key=lambda side: _crowding(place, side, taken, label, frame))
        taken.append(Point(place.x + badge[0], place.y + badge[1]))
        dots.append(Dot(number, _spot(points[number - 1], frame), badge))
    return tuple(dots)


def _crowding(
    place: Point, side: tuple[float, float], taken: Sequence[Point], label: Box | None, frame: Frame
) -> int:
    """How many points, numbers and labels a number there would cover; worst is off the picture."""
    at = Point(place.x + side[0], place.y + side[1])
    box = Box.around(at, _BADGE_PX / 2)
    near = sum(0 < _distance(at, other) < _BADGE_PX for other in taken)
    near += label is not None and label.intersection(box) is not None
    return near + (0 if _usual_bounds(frame).intersection(box) == box else 2)


def _target(gesture: ActionMarker, at: Point, frame: Frame) -> TargetMark:
    place, push = _usual(at, frame), gesture.push
    box = _label_box(gesture, place, frame)
    return TargetMark(
        _spot(at, frame),
        one_line(gesture.label, LABEL_LENGTH),
        round(box.width) if box else 0,
        (box.left - place.x, box.top - place.y) if box else (0.0, 0.0),
        None if push is None else round(math.degrees(math.atan2(push[1], push[0])), 1),
    )


def _label_box(gesture: ActionMarker, place: Point, frame: Frame) -> Box | None:
    """Where the label of an action stands whose target is at this place, px of the page."""
    label, push = one_line(gesture.label, LABEL_LENGTH), gesture.push
    if not label:
        return None
    bounds = _usual_bounds(frame)
    width_px = round(cell_len(label) * _LABEL_CELL_PX) + _LABEL_PADDING_PX
    left = place.x - 10 if place.x + width_px < bounds.right else place.x + 10 - width_px
    below = place.y + _LABEL_DISTANCE_PX + _LABEL_HEIGHT_PX < bounds.bottom
    if push is not None and abs(push[1]) > abs(push[0]):  # an arrow is on one side
        below = push[1] < 0
    top = place.y + (_LABEL_DISTANCE_PX if below else -_LABEL_DISTANCE_PX - _LABEL_HEIGHT_PX)
    return Box(left, top, left + width_px, top + _LABEL_HEIGHT_PX)


def _usual_bounds(frame: Frame) -> Box:
    """The picture at the usual width, px of the page."""
    return Box(0, 0, _USUAL_WIDTH_PX, _USUAL_WIDTH_PX * frame.height_px / frame.width_px)


def _usual(point_css_px: Point, frame: Frame) -> Point:
    """Where a point is on a picture of the usual width, px of the page."""
    point, scale = frame.from_region(point_css_px), _USUAL_WIDTH_PX / frame.width_px
    return Point(point.x * scale, point.y * scale)


def _distance(one: Point, other: Point) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)


def _region(box_css_px: Box | None, frame: Frame) -> ZoomRectangle | None:
    if box_css_px is None:
        return None
    visible = box_css_px.intersection(frame.region_css_px)
    if visible is None or visible == frame.region_css_px:
        return None
    box_px = frame.box_from_region(visible)
    return ZoomRectangle(
        _spot(Point(visible.left, visible.top), frame),
        _percent(box_px.width / frame.width_px),
        _percent(box_px.height / frame.height_px),
    )


def _spot(point_css_px: Point, frame: Frame) -> Spot:
    point = frame.from_region(point_css_px)
    return Spot(_percent(point.x / frame.width_px), _percent(point.y / frame.height_px))


def _percent(share: float) -> str:
    return f"{100 * share:.3f}".rstrip("0").rstrip(".") + "%"
