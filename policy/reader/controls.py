"""Label-control association: the field of 'Street', the box of 'I agree'."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from vigorl.browser.geometry import Box
from vigorl.policy.perception.association import LABEL_GAP_PX, box_cost, field_cost
from vigorl.policy.perception.layout import (
    gap_x,
    gap_y,
    inside,
    overlap_x,
    overlap_y,
    same_row,
)
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.policy.reader.candidates import Candidate, aims, shape_aim
from vigorl.policy.reader.labels import is_moment
from vigorl.policy.reader.language.steps import Target

ControlRole = Literal["field", "select", "checkbox", "radio", "switch", "button"]

_UNUSUAL_PX = 50.0
"""A cost from which on a label stands where labels rarely do: under its field, or right of it."""
_VALUE_GAP = 2.0
"""How far under a label a text may stand that is its value, in heights of the label."""
_FAR_PX = 120.0
"""A cost above which a control is rather another label's."""

DOUBTFUL = 0.5
"""Confidence of what may be a field, and may be a card."""
_FRAME_PX = (100.0, 28.0, 84.0)
"""Least width of a field with its label on top, and its least and largest height."""
_INSET_PX = 24.0
_ALIGNED_PX = 6.0

_EMPTY, _TICKED = ("circle", "square"), ("check", "check circle", "checkbox")
"""What an empty and a checked box look like where a page draws its own."""

Cost = Callable[[Shape, Box], float | None]
"""How unusual it is that a control belongs to a label there, px; None: it does not."""


def fields(screen: Screen, target: Target) -> list[Candidate]:
    """The fields that a target may mean, best first.

    A label whose field is not seen stands for it, as a click on a label leads into its field; not
    where a text stands in the field's place.
    """
    shapes = [
        replace(shape, kind="field") if _is_moments(screen, shape) else shape
        for shape in screen.shapes
    ]
    shapes += _with_label_on_top(screen)
    known = replace(screen, shapes=tuple(shapes))
    return _by_label(known, target, ("field", "select"), _field_cost)


def _with_label_on_top(screen: Screen) -> list[Shape]:
    """The fields whose label stands on their upper edge, or within them over what they hold."""
    frames = [
        panel
        for panel in screen.panels
        if panel.width >= _FRAME_PX[0]
        and _FRAME_PX[1] <= panel.height <= _FRAME_PX[2]
        and not any(
            overlap_x(panel, shape.box_px) > 0.5 and overlap_y(panel, shape.box_px) > 0.5
            for shape in screen.shapes
            if shape.kind != "icon"
        )
    ]
    return [
        Shape("field", panel, confidence=DOUBTFUL)
        for panel in frames
        if any(_is_label_on_top(screen, line, panel) for line in screen.lines)
    ]


def _is_label_on_top(screen: Screen, label: TextLine, frame: Box) -> bool:
    box = label.box_px
    if not 0 <= box.left - frame.left <= _INSET_PX or box.right > frame.right:
        return False
    if abs(box.center.y - frame.top) <= 0.8 * box.height:
        return True
    return inside(box, frame) and any(
        inside(line.box_px, frame)
        and 0 <= line.box_px.top - box.bottom <= box.height
        and abs(line.box_px.left - box.left) <= _ALIGNED_PX
        for line in screen.lines
    )


def _is_moments(screen: Screen, shape: Shape) -> bool:
    """Whether what looks like a button is a field for a date or time, which has one at its end.

    A moment, or the hint for one, stands at the left of a field and in the middle of a button.
    """
    box = shape.box_px
    return shape.kind == "button" and any(
        is_moment(line.text)
        and same_row(line.box_px, box)
        and 0 <= line.box_px.left - box.left <= 0.5 * (box.right - line.box_px.right)
        for line in screen.lines
    )


def lists(screen: Screen, target: Target | None) -> list[Candidate]:
    """The drop-down lists that a target may mean, best first; all of them where it is None."""
    if target is None:
        return [shape_aim(shape) for shape in screen.shapes if shape.kind == "select"]
    return _by_label(screen, target, ("select", "field", "button"), _list_cost)


def boxes(screen: Screen, target: Target) -> list[Candidate]:
    """The checkboxes, radio buttons and switches that a target may mean, best first."""
    drawn = [shape for shape in screen.shapes if shape.kind == "icon" and _is_drawn_box(shape)]
    known = replace(
        screen,
        shapes=(
            *(shape for shape in screen.shapes if shape not in drawn),
            *(_as_box(shape) for shape in drawn),
        ),
    )
    return _by_label(known, target, ("checkbox", "radio", "switch"), _box_cost)


def _is_drawn_box(icon: Shape) -> bool:
    """Whether an icon may be a box to check that a page draws its own way."""
    box = icon.box_px
    square = 0.75 <= box.width / max(1.0, box.height) <= 1.35
    return square and 12 <= box.height <= 48 and bool({*icon.names[:2]} & {*_EMPTY, *_TICKED})


def _as_box(icon: Shape) -> Shape:
    ticked = bool({*icon.names[:1]} & {*_TICKED})
    return Shape("checkbox", icon.box_px, icon.names, ticked, icon.confidence)


def _by_label(
    screen: Screen, target: Target, kinds: tuple[ControlRole, ...], cost_of: Cost
) -> list[Candidate]:
    """Controls of these kinds by the labels that fit the target."""
    if not target.names:
        return [aim for kind in kinds for aim in aims(screen, replace(target, role=kind))]
    controls = [shape for shape in screen.shapes if shape.kind in kinds]
    found: list[tuple[float, Candidate]] = []
    for label in aims(screen, replace(target, role=None)):
        if isinstance(label.source, Shape) and label.source.kind in kinds:
            found.append((label.score, label))
            continue
        costs = [
            (cost, shape)
            for shape in controls
            if (cost := cost_of(shape, label.box)) is not None
            and not _blocked(screen, shape.box_px, label.box)
            and not (cost >= _UNUSUAL_PX and _claimed(screen, shape, cost_of))
            and not (label.box.top >= shape.box_px.bottom and _holds_text(screen, shape))
        ]
        cost, nearest = min(costs, key=lambda item: item[0], default=(_FAR_PX, None))
        fit = label.score - 0.1 * min(cost, _FAR_PX) / _FAR_PX
        if nearest is None:
            if not _is_link(label) and not (kinds[0] == "field" and _says_something(screen, label)):
                found.append((fit - 0.1, label))
        else:
            found.append((fit, shape_aim(nearest, label.score, label)))
    return [aim for _, aim in sorted(found, key=lambda item: -item[0])]


def _is_link(label: Candidate) -> bool:
    return isinstance(label.source, TextLine) and label.source.link


def _says_something(screen: Screen, label: Candidate) -> bool:
    """Whether a text stands where the field of a label would: then there is no field."""
    box = label.box
    return any(
        line is not label.source
        and (
            (same_row(line.box_px, box) and 0 <= line.box_px.left - box.right <= 8 * box.height)
            or (
                line.box_px.top >= box.bottom - 2
                and gap_y(line.box_px, box) <= _VALUE_GAP * box.height
                and overlap_x(line.box_px, box) > 0
            )
        )
        for line in screen.lines
    )


def _claimed(screen: Screen, control: Shape, cost_of: Cost) -> bool:
    """Whether some other text stands where a control's label usually stands."""
    costs = (
        cost_of(control, line.box_px)
        for line in screen.lines
        if not inside(line.box_px, control.box_px)
    )
    return any(cost is not None and cost < _UNUSUAL_PX for cost in costs)


def _holds_text(screen: Screen, control: Shape) -> bool:
    """Whether a text stands in a field, which may be a label of its own."""
    return control.kind == "field" and any(
        inside(line.box_px, control.box_px) and any(map(str.isalpha, line.text))
        for line in screen.lines
    )


def _list_cost(control: Shape, label: Box) -> float | None:
    """As for a field; a button is a list only where the name stands on it."""
    if control.kind == "button":
        return 0.0 if inside(label, control.box_px) else None
    return _field_cost(control, label)


def _field_cost(control: Shape, label: Box) -> float | None:
    """Where labels stand, and where they rarely do: under their field, or right of it."""
    field = control.box_px
    if inside(label, field):
        return 0.0
    if (usual := field_cost(field, label)) is not None:
        return usual
    dx, dy = gap_x(field, label), gap_y(field, label)
    if same_row(field, label):
        return _UNUSUAL_PX + 20 + dx if field.left < label.right - 4 and dx <= 60 else None
    return _UNUSUAL_PX + dy if overlap_x(field, label) > 0 and dy <= LABEL_GAP_PX else None


def _box_cost(control: Shape, label: Box) -> float | None:
    box = control.box_px
    if inside(box, label):
        return 0.0
    if (usual := box_cost(box, label)) is not None or same_row(box, label):
        return usual
    # Beside a label of several lines, or over or under a short one.
    dx, dy = gap_x(box, label), gap_y(box, label)
    if box.right <= label.left + 4 and dx <= 40 and dy <= 2 * label.height:
        return _UNUSUAL_PX + dy
    return _UNUSUAL_PX + 10 + dy if overlap_x(box, label) > 0 and dy <= 16 else None


def _blocked(screen: Screen, control: Box, label: Box) -> bool:
    """Whether another text or control stands between the two on their row."""
    if not same_row(control, label) or gap_x(control, label) == 0:
        return False
    left, right = sorted((control, label), key=lambda box: box.left)
    between: list[TextLine | Shape] = [
        *screen.lines,
        *(shape for shape in screen.shapes if shape.kind != "icon"),
    ]
    return any(
        thing.box_px.left >= left.right - 2
        and thing.box_px.right <= right.left + 2
        and same_row(thing.box_px, label)
        and same_row(thing.box_px, control)
        for thing in between
    )
