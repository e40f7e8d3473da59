"""Reading a value off a screen: what stands beside a label, in a table's cell, or as a price."""

import re
from collections.abc import Sequence
from dataclasses import replace

from vigorl.browser.geometry import Box
from vigorl.policy.reader.aim import Aim, aims, line_aim
from vigorl.policy.reader.layout import (
    below_neighbour,
    distance,
    em_px,
    gap_y,
    misalignment_x,
    overlap_x,
    overlap_y,
    relation_cost,
    right_neighbour,
    same_row,
)
from vigorl.policy.reader.screen import Line, Screen
from vigorl.policy.reader.steps import Target

_SEPARATORS = " \t:=–—-·|•"


def values(screen: Screen, target: Target) -> list[Aim]:
    """What the screen says for the target, best first; each text is a value, not its label."""
    relation = target.relation
    if target.role == "price" and not target.names:
        return _prices(screen, target)
    if not target.names and relation and target.role is None:
        return _neighbours(screen, target)
    if not target.names:
        return aims(screen, target)
    label_target = replace(target, role=None)
    if relation and relation.side in ("row", "of", "in"):
        labels = aims(screen, replace(label_target, relation=None))
        anchors = aims(screen, relation.anchor)
        cells = [
            replace(cell, score=min(label.score, anchor.score), anchor=anchor)
            for anchor in anchors
            for label in labels
            if (cell := _cell(screen, label.box, anchor.box))
        ]
        if cells:
            return sorted(cells, key=lambda aim: -aim.score)
    found = [
        replace(value, score=label.score - penalty, anchor=label)
        for label in aims(screen, label_target)
        for penalty, value in _values_of(screen, label, target.names)
    ]
    return sorted(found, key=lambda aim: -aim.score)


def value_in(text: str, names: Sequence[str]) -> str | None:
    """The value that follows a label in the same text: `Total: $12` says `$12`."""
    for name in names:
        start = text.casefold().find(name.casefold())
        if start < 0 or (start > 0 and text[start - 1].isalnum()):
            continue
        rest = text[start + len(name) :]
        value = rest.strip(_SEPARATORS)
        if value and not rest[0].isalnum() and (_is_value(value) or ":" in rest[:3]):
            return value
    return None


def _values_of(screen: Screen, label: Aim, names: Sequence[str]) -> list[tuple[float, Aim]]:
    """Values that may belong to a label, each with how unsure that is, 0 to 1."""
    if not isinstance(label.source, Line):
        return []
    text = label.source.text
    if (value := value_in(text, names)) is not None:
        start = text.rindex(value)
        return [(0.0, line_aim(label.source, 1.0, start, start + len(value)))]
    box = label.source.box_px
    others = [line for line in screen.lines if line is not label.source]
    found = []
    if right := right_neighbour(box, others, lambda line: line.box_px):
        unsure = 0.02 + (right.box_px.left - box.right) / 20000
        found.append((unsure + _doubt(right), line_aim(right, 1.0)))
    if (below := below_neighbour(box, others, lambda line: line.box_px)) and gap_y(
        below.box_px, box
    ) <= 1.6 * em_px(label.source):
        found.append((0.06 + _doubt(below), line_aim(below, 1.0)))
    above = _above(box, others)
    if above and em_px(above) > 1.3 * em_px(label.source) and _is_value(above.text):
        # A large figure over what it counts.
        found.append((0.05, line_aim(above, 1.0)))
    return sorted(found, key=lambda item: item[0])


def _above(box: Box, lines: Sequence[Line]) -> Line | None:
    """The next line above, in the same column and close."""
    above = [
        line
        for line in lines
        if line.box_px.bottom <= box.center.y
        and overlap_x(line.box_px, box) > 0.3
        and gap_y(line.box_px, box) <= box.height
    ]
    return max(above, key=lambda line: line.box_px.bottom, default=None)


def _doubt(line: Line) -> float:
    """How little a text looks like a value rather than another label."""
    return 0.0 if _is_value(line.text) else 0.05


def _is_value(text: str) -> bool:
    return bool(re.search(r"\d", text))


def _cell(screen: Screen, head: Box, anchor: Box) -> Aim | None:
    """The cell in the column of `head` and the row of `anchor`, or None."""
    if head.center.y >= anchor.top or same_row(head, anchor):
        return None
    heads = sorted(
        (line.box_px for line in screen.lines if same_row(line.box_px, head)),
        key=lambda box: box.left,
    )
    left = max((b.right for b in heads if b.right <= head.left), default=float("-inf"))
    right = min((b.left for b in heads if b.left >= head.right), default=float("inf"))
    cells = [
        line
        for line in screen.lines
        if abs(line.box_px.center.y - anchor.center.y) <= max(anchor.height, line.box_px.height)
        and left < line.box_px.center.x < right
        and line.box_px.top > head.center.y
        and (overlap_x(line.box_px, head) > 0 or misalignment_x(line.box_px, head) <= 12)
    ]
    if not cells:
        return None
    best = min(cells, key=lambda line: abs(line.box_px.center.y - anchor.center.y))
    if overlap_x(best.box_px, anchor) > 0.9 and overlap_y(best.box_px, anchor) > 0.9:
        return None
    return line_aim(best, 1.0)


def _prices(screen: Screen, target: Target) -> list[Aim]:
    """Amounts of money: of the neighbour that is named, else the page's main one first."""
    found = aims(screen, target)
    if target.relation or target.ordinal or target.place or not found:
        return found
    title = max(
        (line for line in screen.lines if line.text not in {aim.text for aim in found}),
        key=em_px,
        default=None,
    )

    def rank(aim: Aim) -> tuple[float, float]:
        size_px = em_px(aim.source) if isinstance(aim.source, Line) else 0.0
        return -round(size_px / 3), distance(aim.box, title.box_px) if title else aim.box.top

    return sorted(found, key=rank)


def _neighbours(screen: Screen, target: Target) -> list[Aim]:
    """The texts beside, under or over what is named, nearest first."""
    relation = target.relation
    if relation is None:
        return []
    found = []
    for anchor in aims(screen, relation.anchor):
        for line in screen.lines:
            if line is anchor.source:
                continue
            cost = relation_cost(relation.side, line.box_px, anchor.box)
            if cost is not None:
                found.append((cost, replace(line_aim(line, anchor.score), anchor=anchor)))
    return [aim for _, aim in sorted(found, key=lambda item: item[0])]
