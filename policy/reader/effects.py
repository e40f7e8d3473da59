"""Verification of mouse actions: whether a click or drag had an effect of its own.

A page may change by itself while it is clicked: a spinner turns, a clock goes on, pictures take
turns. And a button that does nothing may still look different while the mouse is on it. So a change
counts at once only where it says something: another page or tab, an event of the browser, a text
that came or went at the target, a box that was checked. Any other change is looked at once more,
a moment later or with the mouse moved away, and counts if it is still there and still the same.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

from vigorl.browser.actions import Hover
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.perception.layout import gap_x, gap_y, inside, touch
from vigorl.policy.perception.screen import Shape, TextLine
from vigorl.policy.reader.candidates import Candidate
from vigorl.policy.reader.outcome import (
    CLOCK,
    Scene,
    changes,
    covers,
    differ,
    grown,
    numbers_changed,
    share,
    states_changed,
    words_changed,
)
from vigorl.policy.reader.session import Move, Play

Effect = Literal["seen", "unclear", "none"]

EFFECTS = ("dialog", "download", "file_chooser", "tab_opened", "tab_closed")
"""Events that an action of ours has brought about."""
FAILURES = ("bad_action", "navigation_error", "blocked", "page_crashed", "page_hung")
"""Events that say that it has not."""

_ZONE_CSS_PX = 8
"""What is drawn so near to a target belongs to it: a ring, a shadow."""
_HINT_CSS_PX = 60
"""So near to a target something may pop up merely because the mouse is on it."""
_NEXT_CSS_PX = 24
"""So near to a target, what opens belongs to it."""
_HINT_SHARE = 0.03
"""Share of the screen that such a hint covers at most."""
_LARGE_SHARE = 0.04
"""Share of the screen from which on pictures that take turns may be what has changed."""
_GLANCE_S = 0.4
_LONG_GLANCE_S = 1.2
"""Time for a clock to go on, or for the next picture."""
_PATIENCE = (
    ("Nothing has changed yet. I wait a moment.", 0.7),
    ("Nothing has changed still. I wait once more.", 1.5),
)
"""How long a page has to answer, s, beyond the time in which it came to rest."""
_RING_CSS_PX = 5


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """Whether a move had an effect, and what was seen instead where it had none."""

    effect: Effect
    saw: str = ""


_SEEN = MoveOutcome("seen")
_NOTHING = MoveOutcome("none", "nothing changed")


def zone_of(play: Play, aim: Candidate) -> Box:
    """The control that an aim stands in, else the aim itself; with what is drawn around it."""
    controls = [
        shape.box_px
        for shape in play.screen().shapes
        if shape.kind in ("button", "field", "select") and inside(aim.box, shape.box_px)
    ]
    box = min(controls, key=lambda box: box.area, default=aim.box)
    return grown(box, _ZONE_CSS_PX)


def told(play: Play, before: Scene) -> bool:
    """Whether the browser itself says that something has happened."""
    return bool(play.observation.question or play.said(*EFFECTS) or play.scene.is_elsewhere(before))


def effect_at(
    play: Play,
    before: Scene,
    zone: Box,
    *,
    lit: Box | None = None,
    lead_away: bool = True,
    quick: bool = False,
) -> Generator[Move, Observation, MoveOutcome]:
    """The effect of the last move, which was made at a zone.

    Args:
        play: the episode; its screen is that after the move.
        before: what was to be seen before.
        zone: where the move was made, CSS px.
        lit: what had the focus before: that it loses it is no effect.
        lead_away: whether the mouse may be moved away to see what stays.
        quick: whether words that came or went anywhere will do: something else tells in the end.
    """
    late = False
    for thought, seconds in _PATIENCE:
        if told(play, before) or _changed(play, before, zone, lit):
            break
        yield from play.wait(thought, seconds)
        late = True
    if told(play, before):
        return _SEEN
    regions = _changed(play, before, zone, lit)
    if not regions:
        return _NOTHING
    old, new = play.read(before.view), play.screen()
    words = words_changed(old, new, regions)
    if states_changed(old, new, regions):
        return _SEEN
    if quick and (words or numbers_changed(old, new, regions)):
        return _SEEN
    if not late and _says_something(play, words, regions, zone):
        return _SEEN
    after = play.scene
    touching = [box for box in regions if touch(box, zone)]
    if touching and lead_away:
        away = neutral(play, zone)
        yield from play.do("I move the mouse away to see what stays as it is now.", Hover(away))
        if told(play, before) or _lasts(play, before, after, touching, zone):
            return _SEEN
    far = [box for box in regions if box not in touching]
    is_large = share(far, play.view) >= _LARGE_SHARE
    if far or not lead_away:
        clock = any(_is_clock(line, regions) for line in new.lines)
        yield from play.wait(
            "I look again to see whether that goes on by itself.",
            _LONG_GLANCE_S if late or clock or is_large else _GLANCE_S,
        )
    if told(play, before):
        return _SEEN
    doubtful = late or is_large
    was, now = {line.text for line in old.lines}, {line.text for line in play.screen().lines}
    if any(line.text in now and line.text not in was for line in words):
        return MoveOutcome("unclear" if doubtful else "seen", "something else changed")
    return _lasting(play, before, after, regions, zone, doubtful=doubtful)


def _changed(play: Play, before: Scene, zone: Box, lit: Box | None) -> tuple[Box, ...]:
    """What has changed, but for what had the focus and looks different without it."""
    regions = play.changes_since(before)
    if lit is None or touch(lit, zone):
        return regions
    return tuple(box for box in regions if not covers(grown(lit, _ZONE_CSS_PX), box))


def _says_something(
    play: Play, words: Sequence[TextLine], regions: Sequence[Box], zone: Box
) -> bool:
    """Whether words came or went that neither a hint nor pictures that take turns account for."""
    if any(inside(line.box_px, zone) for line in words):
        return True
    holding = [box for box in regions if any(touch(line.box_px, box) for line in words)]
    covered = share(holding, play.view)
    if all(_near(line.box_px, zone, _HINT_CSS_PX) for line in words):
        return covered > _HINT_SHARE
    return covered < _LARGE_SHARE or any(_near(box, zone, _NEXT_CSS_PX) for box in holding)


def _lasts(play: Play, before: Scene, after: Scene, regions: Sequence[Box], zone: Box) -> bool:
    """Whether something within some regions is still as the move left it, a frame aside."""
    return any(
        not differ(after.view, play.view, box) and not _is_ring(before, play, box, zone)
        for box in changes(before.view, after.view, apart=True)
        if any(touch(box, region) for region in regions)
    )


def _lasting(
    play: Play,
    before: Scene,
    after: Scene,
    regions: Sequence[Box],
    zone: Box,
    *,
    doubtful: bool,
) -> MoveOutcome:
    """What a second look says of the regions that had changed."""
    if _lasts(play, before, after, regions, zone):
        return MoveOutcome("unclear" if doubtful else "seen", "something else changed")
    moving = [
        box
        for box in regions
        if differ(after.view, play.view, box) and differ(before.view, play.view, box)
    ]
    # The mouse has left the zone, which may look different for that alone.
    inner = grown(zone, -_ZONE_CSS_PX - _RING_CSS_PX)
    if any(touch(box, inner) for box in moving) and differ(before.view, play.view, inner):
        return _SEEN
    play.restless += [box for box in moving if not touch(box, zone)]
    if moving:
        place = play.at(moving[0].center)
        return MoveOutcome("none", f"nothing changed but something at {place} that moves by itself")
    return _NOTHING


def _is_ring(before: Scene, play: Play, box: Box, zone: Box) -> bool:
    """Whether all that has changed within a box is the frame of the zone's control."""
    if not touch(box, zone) or not covers(grown(zone, 4), box):
        return False
    inner = grown(zone, -_ZONE_CSS_PX - _RING_CSS_PX)
    return inner.area > 0 and not differ(before.view, play.view, inner)


def neutral(play: Play, zone: Box) -> Point:
    """A point on the screen where nothing is drawn, far from the zone."""
    region = play.frame.region_css_px
    things: list[TextLine | Shape] = [*play.screen().lines, *play.screen().shapes]
    boxes = [grown(thing.box_px, 12) for thing in things] + [grown(zone, 40)]
    points = [
        Point(round(region.left + x * region.width), round(region.top + y * region.height))
        for y in (0.99, 0.01, 0.75, 0.5, 0.25)
        for x in (0.01, 0.99, 0.5)
    ]
    free = [point for point in points if not any(box.contains(point) for box in boxes)]
    return free[0] if free else points[0]


def _is_clock(line: TextLine, regions: Sequence[Box]) -> bool:
    return bool(CLOCK.search(line.text)) and any(touch(line.box_px, box) for box in regions)


def _near(box: Box, zone: Box, distance: float) -> bool:
    return gap_x(box, zone) <= distance and gap_y(box, zone) <= distance
