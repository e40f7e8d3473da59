"""Steps of the mouse: clicking, hovering, dragging."""

from collections.abc import Generator
from typing import assert_never

from vigorl.browser.actions import Action, Click, Drag, Hover
from vigorl.browser.observation import Observation
from vigorl.policy.reader.aim import Aim, aims, is_sure, looks_clickable
from vigorl.policy.reader.doubt import require_one
from vigorl.policy.reader.layout import touch
from vigorl.policy.reader.lookout import Search, look_for
from vigorl.policy.reader.play import Move, Moves, Play, Stuck
from vigorl.policy.reader.screen import Screen
from vigorl.policy.reader.steps import (
    DragStep,
    Gesture,
    PointStep,
    Target,
    Until,
    describe,
    names_in,
)

_MOST_ROUNDS = 40
"""How often 'until you see' tries again."""
_MOST_IDLE_ROUNDS = 3
"""How many of these in a row may change nothing."""


def point(play: Play, step: PointStep) -> Moves:
    """Point at something, until a condition holds where there is one.

    Raises:
        Stuck: it is nowhere, or the condition does not come true.
    """
    if step.until is None:
        yield from point_once(play, step.target, step.gesture)
        return
    idle = 0
    for _ in range(_MOST_ROUNDS):
        if holds(play, step.until):
            return
        yield from point_once(play, step.target, step.gesture)
        idle = 0 if play.changed else idle + 1
        if idle == _MOST_IDLE_ROUNDS:
            break
    if not holds(play, step.until):
        raise Stuck(
            f"I clicked {describe(step.target)} again and again, and never {says(step.until)}."
        )


def point_once(play: Play, target: Target, gesture: Gesture = "click") -> Moves:
    """Point at a target; where that does nothing, at the next that may be meant.

    Raises:
        Stuck: it is nowhere.
    """
    aim = yield from find_target(play, target)
    others = []
    if not looks_clickable(play.screen(), aim):
        others = [o for o in aims(play.screen(), target) if not touch(o.box, aim.box)]
    verb = gesture.replace("_", "-")
    yield from play.do(f"{play.seen(aim)} I {verb} it.", _action(gesture, aim))
    refusal = play.said("bad_action")
    if gesture == "hover" or play.changed or (play.observation.events and not refusal):
        return
    if not refusal:
        yield from play.wait("Nothing has changed yet. I wait a moment.")
        if play.changed or play.observation.events:
            return
    if others and is_sure(others[0]):
        thought = f"The {verb} did nothing. {play.seen(others[0])} I try that."
        yield from play.do(thought, _action(gesture, others[0]))


def find_target(play: Play, target: Target) -> Generator[Move, Observation, Aim]:
    """Find what a target means; of equal ones that which the last action brought up.

    A dialog that has just opened is meant rather than what lies behind it.

    Raises:
        Stuck: it is nowhere.
    """

    def rank(aim: Aim) -> tuple[float, bool]:
        return -round(aim.score, 2), not play.is_new(aim)

    def found(screen: Screen) -> list[Aim]:
        told_by_place = target.relation or target.ordinal is not None or target.place
        in_order = aims(screen, target)
        return in_order if told_by_place else sorted(in_order, key=rank)

    search = Search(
        describe(target),
        names_in(target),
        found,
        whole_page=(target.ordinal or 0) < 0,
    )
    aim = yield from look_for(play, search)
    require_one(play, target, aim, found(play.screen()))
    return aim


def drag(play: Play, step: DragStep) -> Moves:
    """Drag one thing onto another that is on the same screen.

    Raises:
        Stuck: one of them is nowhere.
    """
    start = yield from find_target(play, step.start)
    ends = aims(play.screen(), step.end)
    if not ends or not is_sure(ends[0]):
        raise Stuck(
            f"I see {describe(step.start)} but not {describe(step.end)} on the same screen."
        )
    yield from play.do(
        f"{play.seen(start)} {play.seen(ends[0])} I drag the first to the second.",
        Drag(start.point, ends[0].point),
    )


def holds(play: Play, until: Until) -> bool:
    """Whether a condition is true of the newest screen, as far as it can be read."""
    found = aims(play.screen(), until.target)
    return bool(found and is_sure(found[0])) is not until.gone


def says(until: Until) -> str:
    """A condition in words."""
    return f"{describe(until.target)} {'goes away' if until.gone else 'comes in sight'}"


def _action(gesture: Gesture, aim: Aim) -> Action:
    match gesture:
        case "click":
            return Click(aim.point)
        case "double_click":
            return Click(aim.point, count=2)
        case "right_click":
            return Click(aim.point, "right")
        case "middle_click":
            return Click(aim.point, "middle")
        case "hover":
            return Hover(aim.point)
        case _:
            assert_never(gesture)
