"""Single strokes of pointer, wheel and keys as actions: what was meant, without what got lost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.agent.demonstration.typed_text import Typing
from vigorl.agent.demonstration.witnessed import Told
from vigorl.browser.actions import Action, Click, Scroll, SelectOption
from vigorl.browser.geometry import Box, Point

DOUBLE_CLICK_MS = 500
"""Between two clicks that are one double click."""
SLOP_CSS_PX = 6
"""That a pointer may move between press and release, and it is a click still."""
_VIA_TOLERANCE_CSS_PX = 4
_MOST_VIA = 24
_NAMES = {" ": "Space"}


@dataclass(frozen=True, slots=True)
class PersonAct:
    """One thing that a person did."""

    action: Action
    began_ms: float
    """Since 1970."""
    ended_ms: float
    note: str = ""
    """What it was done to, in words, where the page says so."""
    box: Box | None = None
    """Of that, CSS px of the viewport."""
    secret: str = ""
    """What was typed where nobody may see it."""


@dataclass
class Clicking:
    """A click, which may become a double click, the opening of a list, or the way into a field."""

    told: Told
    action: Click
    last_ms: float
    label: str | None = None
    """Of the option that was clicked in the list that this opened."""

    @property
    def waits(self) -> bool:
        """Whether what follows decides what it was, whenever it follows."""
        field, target = self.told.field, self.told.target
        if self.label is not None or self.action.button != "left":
            return False
        if field is not None and (field.takes_text or field.kind == "list"):
            return True
        return target is not None and target.is_file

    def goes_on(self, told: Told) -> bool:
        """Whether another press belongs to it."""
        before, now = self.told.target, told.target
        if before is None or now is None or told.document != self.told.document:
            return False
        if now.option is not None and now.select is not None and now.select == before.select:
            return before.option is None
        return (
            now.number == before.number
            and not now.is_file
            and told.button == self.told.button
            and told.modifiers == self.told.modifiers
            and told.at_ms - self.last_ms <= DOUBLE_CLICK_MS
            and distance(told.point, self.action.point) <= SLOP_CSS_PX
            and self.action.count < 3
            and self.action.hold_s == 0
        )

    def act(self) -> PersonAct:
        """What it was."""
        note, box = words(self.told)
        if self.label is not None:
            chosen = SelectOption(self.action.point, self.label)
            return PersonAct(chosen, self.told.at_ms, self.last_ms, note, box)
        return PersonAct(self.action, self.told.at_ms, self.last_ms, note, box)


@dataclass
class Scrolling:
    """Turns of the wheel that follow on each other, or a scrollbar that is dragged."""

    told: Told
    sum: tuple[float, float]
    """That the wheel was turned, CSS px."""
    last_ms: float
    is_bar: bool = False
    is_handled: bool = False
    """The page does something else with the wheel than scroll."""
    moved: tuple[float, float] = (0, 0)
    box: Box | None = None
    """Of what has moved."""
    is_end: bool = False
    """It could move no further."""

    def act(self) -> PersonAct | None:
        """What it was; None where a scrollbar has moved nothing.

        How far the wheel was turned counts, as what it moves may be under way still; but where
        there was less to move, that.
        """
        point, modifiers = self.told.point, self.told.modifiers
        if self.is_bar:
            dx, dy = self.moved
            point = self.box.center if self.box is not None else point
            modifiers = ()
        else:
            across, down = self.sum
            if modifiers == ("Shift",):
                across, down = across or down, 0
                modifiers = ()
            dx, dy = (
                _as_far(turned, moved) if self.is_end and not self.is_handled else turned
                for turned, moved in zip((across, down), self.moved, strict=True)
            )
        if not (round(dx) or round(dy)):
            return None
        scroll = Scroll(point, round(dx), round(dy), modifiers)
        return PersonAct(scroll, self.told.at_ms, self.last_ms, box=self.box)


@dataclass
class Keying:
    """A key that was pressed, and may have written something."""

    told: Told
    chord: str
    until_ms: float
    """By when it is known what came of it."""
    before: Typing | None = None
    """The text into which it may have brought a line break."""
    held_s: float = 0


def chord_of(told: Told) -> str:
    """A key with those that were down beside it, in Playwright's names: `Control+A`."""
    key = _NAMES.get(told.key, told.key)
    modifiers = list(told.modifiers)
    if len(told.key) == 1 and told.key != " ":
        others = [each for each in modifiers if each != "Shift"]
        if not others:
            return key  # Shift is in the character
        key = key.upper()
    return "+".join([*modifiers, key])


def words(told: Told) -> tuple[str, Box | None]:
    """What lies under the pointer, in words, and its box."""
    target = told.target
    if target is None:
        return "", None
    return f"{target.role} {target.name}".strip() if target.role else "", told.placed(target.box)


def plus(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The sum of two distances."""
    return one[0] + other[0], one[1] + other[1]


def distance(one: Point, other: Point) -> float:
    """Between two points, in their unit."""
    return math.hypot(one.x - other.x, one.y - other.y)


def bends(path: Sequence[Point]) -> tuple[Point, ...]:
    """The points between the ends of a path without which it would be another one."""
    tolerance = float(_VIA_TOLERANCE_CSS_PX)
    while len(kept := _simplified(path, tolerance)) - 2 > _MOST_VIA:
        tolerance *= 1.5
    return tuple(kept[1:-1])


def _simplified(path: Sequence[Point], tolerance: float) -> list[Point]:
    """A path without points that lie near the line between others.

    Source: Ramer 1972; Douglas and Peucker 1973.
    """
    if len(path) < 3:
        return list(path)
    first, last = path[0], path[-1]
    gaps = [_from_line(point, first, last) for point in path[1:-1]]
    index = max(range(len(gaps)), key=gaps.__getitem__)
    if gaps[index] <= tolerance:
        return [first, last]
    middle = index + 1
    before = _simplified(path[: middle + 1], tolerance)
    return [*before[:-1], *_simplified(path[middle:], tolerance)]


def _from_line(point: Point, first: Point, last: Point) -> float:
    """How far a point is from the stretch between two others."""
    length = distance(first, last)
    if length == 0:
        return distance(point, first)
    along = (point.x - first.x) * (last.x - first.x) + (point.y - first.y) * (last.y - first.y)
    share = min(max(along / length**2, 0), 1)
    foot = Point(first.x + share * (last.x - first.x), first.y + share * (last.y - first.y))
    return distance(point, foot)


def _as_far(turned: float, moved: float) -> float:
    """How far the wheel was turned while anything moved."""
    if turned * moved <= 0:
        return 0
    return math.copysign(min(abs(turned), abs(moved)), turned)
