"""A run under way as a page shows it: plain JSON values, texts made plain, places in percent."""

from typing import Any

from vigorl.agent.live.lines import line_of
from vigorl.agent.live.state import PastStep, Proposal, Question, SteeredState
from vigorl.agent.plain_text import one_line, plain
from vigorl.agent.viewer.action_marker import gesture_of
from vigorl.agent.viewer.episode_steps import pieces
from vigorl.agent.viewer.show import amended, describe_action
from vigorl.browser.actions import Action
from vigorl.browser.deeds import Deed
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.picture import View
from vigorl.policy.policy import Turn

MOST_STEPS = 60
"""Steps that are listed, the newest first."""


def scene_of(state: SteeredState) -> dict[str, Any]:
    """Everything that the page shows of a state."""
    seen = state.seen
    return {
        "revision": state.revision,
        "mode": state.mode,
        "turn": state.turn,
        "doing": one_line(state.doing, 120),
        "goal": one_line(state.goal, 2000),
        "policy": one_line(state.policy, 80),
        "hears": state.hears,
        "title": one_line(seen.title, 120) if seen else "",
        "url": one_line(seen.url, 240) if seen else "",
        "question": one_line(seen.question.text or seen.question.kind, 400)
        if seen and seen.question
        else "",
        "events": [one_line(event.text, 400) for event in state.events],
        "screen": None if state.screen is None else _screen(state.screen),
        "proposal": None if state.proposal is None else _proposal(state.proposal, state.screen),
        "awaits_action": state.awaits_action,
        "lets_one": state.lets_one,
        "asked": None if state.asked is None else _asked(state.asked),
        "to_be_told": [one_line(text, 400) for text in state.to_be_told],
        "past": [_past(each) for each in reversed(state.past[-MOST_STEPS:])],
        "ending": one_line(state.ending, 400),
    }


def _screen(view: View) -> dict[str, Any]:
    region = view.frame.region_css_px
    return {
        "picture": view.picture.sha256,
        "left": region.left,
        "top": region.top,
        "width": region.width,
        "height": region.height,
    }


def _proposal(proposal: Proposal, screen: View | None) -> dict[str, Any]:
    turn = proposal.turn
    frame = None if screen is None else screen.frame
    return {
        "words": describe_action(proposal.action),
        "line": line_of(proposal.action),
        "thought": _pieces(turn),
        "instruction": one_line(turn.instruction, 300),
        "points": [_percent(point, frame) for point in proposal.points] if frame else [],
        "gesture": _gesture(proposal.action, frame) if frame else None,
    }


def _pieces(turn: Turn) -> list[tuple[str, int | None]]:
    """The thought, cut at its points: words, and the number of the point that they name."""
    cut, _ = pieces(turn.thought, turn.named, turn.points)
    return [(plain(each.text), each.number) for each in cut]


def _gesture(action: Action, frame: Frame) -> dict[str, Any] | None:
    drawn = gesture_of(action)
    if drawn.at is None and drawn.region is None:
        return None
    box = drawn.region
    return {
        "at": None if drawn.at is None else _percent(drawn.at, frame),
        "path": [_percent(point, frame) for point in drawn.path],
        "push": drawn.push,
        "label": one_line(drawn.label, 40),
        "region": None
        if box is None
        else [
            _percent(Point(box.left, box.top), frame),
            _percent(Point(box.right, box.bottom), frame),
        ],
    }


def _percent(point: Point, frame: Frame) -> tuple[float, float]:
    region = frame.region_css_px
    return (
        round(100 * (point.x - region.left) / region.width, 3),
        round(100 * (point.y - region.top) / region.height, 3),
    )


def _asked(asked: Deed | Question) -> dict[str, Any]:
    if isinstance(asked, Question):
        return {
            "kind": "question",
            "text": one_line(asked.text, 2000),
            "is_confidential": asked.is_confidential,
        }
    values = [(one_line(name, 60), one_line(value, 200)) for name, value in asked.values]
    return {
        "kind": "deed",
        "text": one_line(asked.what[:1].upper() + asked.what[1:], 400),
        "origin": one_line(asked.origin, 120),
        "why": one_line(asked.why, 400),
        "request": one_line(asked.request, 200),
        "values": values,
    }


def _past(past: PastStep) -> dict[str, Any]:
    record, turn = past.record, past.record.turn
    return {
        "number": past.number,
        "by": record.by,
        "words": one_line(describe_action(turn.action), 200) if turn.action else "",
        "error": one_line(turn.error or "", 300),
        "thought": one_line(turn.thought, 600),
        "amended": one_line(amended(record.amendment), 400) if record.amendment else "",
    }
