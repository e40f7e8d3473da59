"""Candidates for a `Target` on a screen, ranked.

All boxes are in viewport CSS px: `in_css` brings a screen into that frame.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.perception.blocks import blocks
from vigorl.policy.perception.layout import (
    Side,
    at_place,
    in_reading_order,
    inside,
    overlap_x,
    overlap_y,
    relation_cost,
)
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.policy.perception.tables import rows
from vigorl.policy.reader.language.steps import Relation, Target
from vigorl.policy.reader.matching import CONTAINED, find

EXACT = 0.958
"""From this score on, what stands there is the name and nothing else."""
SURE = CONTAINED - 0.01
"""From this score on, a thing is what was named: its text is the same, or contains the name."""
SURE_OF_ICON = 0.5
"""The same for an icon, of which no more can be known than what it looks like."""
_SURELY_ICON = 0.7
"""Score from which on an icon shows what a name says, and not just something of that sort."""
WEAK = 0.3
"""Down to this score it may be that, misread or badly drawn."""

_LARGE_SHARE = 0.25
"""Share of the screen from which on a panel holds too much to tell what belongs together."""

_CURRENCY = r"(?:[$€£¥₹]|(?:USD|EUR|GBP|CHF|SEK|NOK|DKK|kr|zł)\b)"
MONEY = re.compile(rf"{_CURRENCY}\s*\d[\d.,’']*|\d[\d.,’']*\s*{_CURRENCY}")
"""An amount of money."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something on the screen that a target may mean, px of the viewport."""

    box: Box
    point: Point
    score: float
    text: str
    """What was read there, or what kind of control stands there."""
    source: TextLine | Shape
    anchor: "Candidate | None" = None
    """The neighbour or the label that it was found by."""
    more: tuple[TextLine, ...] | None = None
    """Of a table's cell: its further lines. None: it is no cell, and its text may go on below."""

    @property
    def whole(self) -> str:
        """What was read there, with the further lines of a cell."""
        return " ".join((self.text, *(line.text for line in self.more or ())))


def is_sure(aim: Candidate) -> bool:
    """Whether it can be acted on without a closer look; a control only if its label can."""
    if isinstance(aim.source, Shape) and aim.anchor is not None and not is_sure(aim.anchor):
        return False
    return aim.score >= (SURE if isinstance(aim.source, TextLine) else SURE_OF_ICON)


def looks_clickable(screen: Screen, aim: Candidate) -> bool:
    """Whether it is drawn as a link or a control, or stands in one."""
    if isinstance(aim.source, Shape) or aim.source.link:
        return True
    controls = (shape for shape in screen.shapes if shape.kind in ("button", "select", "field"))
    return any(inside(aim.box, shape.box_px) for shape in controls)


def in_css(screen: Screen) -> Screen:
    """The screen with its boxes in viewport CSS px."""
    frame, region = screen.frame, screen.frame.region_css_px
    if region == frame.bounds_px:
        return screen
    upright = Frame(round(region.width), round(region.height), region)
    lines = tuple(
        replace(
            line,
            box_px=frame.box_to_region(line.box_px),
            edges_px=tuple(frame.to_region(Point(x, 0)).x for x in line.edges_px),
            links_px=_stretches_in_css(frame, line.links_px),
            gaps_px=_stretches_in_css(frame, line.gaps_px),
        )
        for line in screen.lines
    )
    shapes = tuple(
        replace(shape, box_px=frame.box_to_region(shape.box_px)) for shape in screen.shapes
    )
    panels = tuple(frame.box_to_region(panel) for panel in screen.panels)
    small = tuple(frame.box_to_region(box) for box in screen.small_text_regions)
    unread = tuple(frame.box_to_region(box) for box in screen.unread)
    return Screen(lines, shapes, upright, panels, small, unread)


def _stretches_in_css(
    frame: Frame, stretches: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], ...]:
    return tuple(
        (frame.to_region(Point(left, 0)).x, frame.to_region(Point(right, 0)).x)
        for left, right in stretches
    )


def aims(screen: Screen, target: Target) -> list[Candidate]:
    """Everything that the target may mean, best first; empty where nothing fits."""
    candidates = _candidates(screen, target)
    for floor in (EXACT, SURE, WEAK):
        tier = [aim for aim in candidates if aim.score >= floor]
        if target.relation:
            tier = _related(screen, tier, target.relation)
        if target.ordinal is not None:
            tier = _nth(tier, target.ordinal)
        elif target.place:
            size = screen.frame.region_css_px
            tier.sort(
                key=lambda aim: at_place(target.place or "", aim.point, size.width, size.height)
            )
        elif not target.relation:
            tier = _ranked(tier, target)
        if tier:
            return tier
    return []


def _candidates(screen: Screen, target: Target) -> list[Candidate]:
    """Everything that fits the target by itself, in reading order."""
    if target.names:
        found = [aim for name in target.names for aim in named(screen, name, target)]
        if target.ordinal and not target.quoted and len(_distinct(found)) < abs(target.ordinal):
            return [replace(line_aim(block.title, 1.0), box=block.box) for block in blocks(screen)]
        return _distinct(found)
    match target.role:
        case "item":
            return [replace(line_aim(block.title, 1.0), box=block.box) for block in blocks(screen)]
        case "row":
            return [block_aim(box, screen) for box in rows(screen)]
        case "price":
            return [
                line_aim(line, 1.0, *amount.span())
                for line in screen.lines
                for amount in MONEY.finditer(line.text)
            ]
        case "link":
            return [line_aim(line, 1.0) for line in screen.lines if line.link]
        case None | "tab" | "menu":
            shapes = [
                shape_aim(shape) for shape in screen.shapes if shape.kind in ("button", "icon")
            ]
            return shapes or [line_aim(line, 1.0) for line in screen.lines]
        case kind:
            return [shape_aim(shape) for shape in screen.shapes if shape.kind == kind]


def named(screen: Screen, name: str, target: Target) -> list[Candidate]:
    """Whatever matches a name, with a preference for the kind of thing that is asked for."""
    role = target.role if target.role in ("button", "link", "icon", "tab", "menu") else None
    # A quoted name is first of all a text; an icon has to show just that to be meant by it.
    least = _SURELY_ICON if target.quoted and role != "icon" else 0.0
    found = []
    for match in find(screen, name, role=role):
        source = match.source
        if isinstance(source, TextLine):
            found.append(Candidate(match.box_px, match.point_px, match.score, source.text, source))
        elif source.kind != "icon" or match.score >= least:
            found.append(Candidate(match.box_px, match.point_px, match.score, source.kind, source))
    return found


def line_aim(line: TextLine, score: float, start: int = 0, stop: int | None = None) -> Candidate:
    """A line, or the characters `start:stop` of it."""
    stop = len(line.text) if stop is None else stop
    box = line.part(start, stop) if line.text else line.box_px
    return Candidate(box, box.center, score, line.text[start:stop], line)


def shape_aim(shape: Shape, score: float = 1.0, anchor: Candidate | None = None) -> Candidate:
    """A control."""
    return Candidate(shape.box_px, shape.box_px.center, score, shape.kind, shape, anchor)


def block_aim(box: Box, screen: Screen) -> Candidate:
    """One of several blocks: its first line stands for it."""
    lines = [line for line in screen.lines if inside(line.box_px, box)]
    title = in_reading_order(lines, lambda line: line.box_px)[0]
    return replace(line_aim(title, 1.0), box=box)


def _distinct(found: Sequence[Candidate]) -> list[Candidate]:
    """Each thing once, with the best of its scores, in reading order."""
    kept: list[Candidate] = []
    for aim in sorted(found, key=lambda aim: -aim.score):
        if not any(_same(aim.box, other.box) for other in kept):
            kept.append(aim)
    return in_reading_order(kept, lambda aim: aim.box)


def _same(a: Box, b: Box) -> bool:
    return overlap_x(a, b) > 0.7 and overlap_y(a, b) > 0.7


def _related(screen: Screen, candidates: list[Candidate], relation: Relation) -> list[Candidate]:
    """The candidates that stand as they should to a neighbour, best first."""
    anchors = aims(screen, relation.anchor)
    if anchors and relation.anchor.ordinal is not None:
        anchors = anchors[:1]
    best = max((anchor.score for anchor in anchors), default=0.0)
    costs = [
        (cost, aim, anchor)
        for anchor in anchors
        if anchor.score >= best - 0.05
        for aim in candidates
        if not _same(aim.box, anchor.box)
        and (cost := _cost(screen, relation.side, aim.box, anchor.box)) is not None
    ]
    related: list[Candidate] = []
    for _, aim, anchor in sorted(costs, key=lambda item: item[0]):
        if all(aim.box != other.box for other in related):
            related.append(replace(aim, anchor=anchor, score=min(aim.score, anchor.score)))
    return related


def _cost(screen: Screen, side: Side, box: Box, anchor: Box) -> tuple[float, float] | None:
    """How badly a place fits a relation: first by what holds both, then by distance.

    What stands in one card or row belongs together more than what is merely near.
    """
    cost = relation_cost(side, box, anchor)
    if side not in ("row", "of", "in", "near"):
        return None if cost is None else (1.0, cost)
    whole = screen.frame.region_css_px.area
    shares = (
        panel.area / whole
        for panel in screen.panels
        if panel.contains(box.center) and panel.contains(anchor.center)
    )
    share = min((share for share in shares if share < _LARGE_SHARE), default=None)
    if share is None:
        return None if cost is None else (1.0, cost)
    if cost is None:
        # A tall row: its texts and buttons stand at different heights.
        cost = abs(box.center.y - anchor.center.y)
    return round(share, 3), cost


def _nth(candidates: list[Candidate], ordinal: int) -> list[Candidate]:
    """The one in this place of the reading order."""
    ordered = in_reading_order(candidates, lambda aim: aim.box)
    index = ordinal - 1 if ordinal > 0 else ordinal
    return [ordered[index]] if -len(ordered) <= index < len(ordered) else []


def _ranked(candidates: list[Candidate], target: Target) -> list[Candidate]:
    """Best match first; of equal ones the most literal, then the one that is most of its text."""

    def rank(aim: Candidate) -> tuple[float, bool, float]:
        literal = any(name in aim.text for name in target.names)
        covered = len(target.name) / max(1, len(aim.text))
        return -aim.score, not literal, -covered

    return sorted(candidates, key=rank)
