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
_LABEL_DISTANCE_PX = 25
_USUAL_WIDTH_PX = 520
"""Of a picture on a page; decides on which side of its target a label has room."""


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


@dataclass(frozen=True, slots=True)
class TargetMark:
    """Where the action went."""

    spot: Spot
    label: str
    label_width_px: int
    label_left: bool
    """The label stands left of the target, since there is no room to the right."""
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
    dots = [
        Dot(number, _spot(point, frame))
        for number, point in enumerate(points, 1)
        if shown.contains(point)
    ]
    target = None
    if gesture.at is not None and shown.contains(gesture.at):
        target = _target(gesture, gesture.at, frame)
    zoom, zoomed = _region(gesture.region, frame), _region(zoomed_css_px, frame)
    truth = tuple(region for box in truth_css_px if (region := _region(box, frame)))
    path = [point for point in gesture.path if shown.contains(point)]
    lines = [DragLine(_spot(start, frame), _spot(end, frame)) for start, end in pairwise(path)]
    return Overlay(tuple(dots), target, tuple(lines), zoom, zoomed, truth)


def _target(gesture: ActionMarker, at: Point, frame: Frame) -> TargetMark:
    label = one_line(gesture.label, LABEL_LENGTH)
    width_px = round(cell_len(label) * _LABEL_CELL_PX) + _LABEL_PADDING_PX
    reach = (_LABEL_DISTANCE_PX + width_px) / _USUAL_WIDTH_PX
    push = gesture.push
    return TargetMark(
        _spot(at, frame),
        label,
        width_px,
        frame.from_region(at).x / frame.width_px > max(1 - reach, 0.5),
        None if push is None else round(math.degrees(math.atan2(push[1], push[0])), 1),
    )


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
