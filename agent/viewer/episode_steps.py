"""What the page of an episode shows, step by step: records cut and laid out, not yet HTML."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import Seen, SeenView, StepRecord, Trajectory
from vigorl.agent.viewer.action_marker import ActionMarker, gesture_of
from vigorl.agent.viewer.album import Album, Figure
from vigorl.agent.viewer.overlay import Overlay, overlay
from vigorl.agent.viewer.show import amended, describe_action
from vigorl.agent.viewer.token_heat import TokenCell, token_cells
from vigorl.browser.actions import Done, GiveUp, Zoom
from vigorl.browser.geometry import Box, Point
from vigorl.policy.points import Mention
from vigorl.policy.policy import Turn

_TRY = re.compile(r" \(\d+(?:st|nd|rd|th) try\)$")
"""What an instruction says of how often it was tried."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a thought; with a number where it names a point."""

    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened before the policy chose."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnTokens:
    """What is known of a turn's tokens."""

    row: int
    prompt: int
    sampled: int
    images: tuple[str, ...]
    used: tuple[str, ...] = ()
    """Tokens and cost, in words."""
    mean_logprob: float | None = None
    lowest_logprob: float | None = None
    lowest_position: int | None = None
    """Of the least likely token, from 1."""
    cells: tuple[TokenCell, ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as the page shows it."""

    number: int
    title: str
    url: str
    screen: Figure | None
    zoom: Figure | None
    after: Figure | None
    """The screen that the action led to."""
    unchanged: bool
    """The action led to the same picture again."""
    instruction: str
    """Which of the instructions the policy was at, where it told."""
    thought: tuple[Piece, ...]
    loose_points: tuple[int, ...]
    """Numbers of points whose place in the thought is not known."""
    action: str | None
    error: str
    text: str
    happened: tuple[Happening, ...]
    asides: tuple[str, ...]
    """What is known of the turn beside its words: tabs, marks, what a server refused …"""
    observe_s: float
    act_s: float
    sampling: TurnTokens | None

    @property
    def seen(self) -> Figure | None:
        """What was looked at: the zoomed view where there is one."""
        return self.zoom or self.screen


@dataclass(frozen=True, slots=True)
class Chapter:
    """Steps in a row that belong to one instruction."""

    instruction: str
    """Empty where the policy follows none."""
    steps: tuple[StepView, ...]


def steps_of(trajectory: Trajectory, album: Album) -> tuple[StepView, ...]:
    """Lay out the steps of an episode."""
    end = trajectory.end.seen if trajectory.end else None
    later = [*(step.seen for step in trajectory.steps), end][1:]
    return tuple(
        step_of(record, album, after, trajectory.start.policy)
        for record, after in zip(trajectory.steps, later, strict=True)
    )


def chapters_of(steps: Sequence[StepView]) -> tuple[Chapter, ...]:
    """The steps by the instructions that they belong to."""
    grouped = groupby(steps, key=lambda step: _TRY.sub("", step.instruction))
    return tuple(Chapter(instruction, tuple(group)) for instruction, group in grouped)


def step_of(
    record: StepRecord, album: Album, after: Seen | None, policy: Mapping[str, Any]
) -> StepView:
    """Lay out one step; steps are asked for in order, since some look at what others saw."""
    seen, turn = record.seen, record.turn
    album.look(seen)
    points = tuple(dict.fromkeys(turn.points))
    thought, loose = pieces(turn.thought, turn.named, turn.points)
    gesture = gesture_of(turn.action) if turn.action else ActionMarker()
    looked_at: Box | None = album.zoom.frame.region_css_px if album.zoom else None
    screen = zoom = None
    if album.screen:
        drawn = overlay(album.screen.frame, points, gesture, looked_at)
        screen = album.figure(album.screen, drawn)
    if album.zoom:
        drawn = overlay(album.zoom.frame, points, gesture)
        zoom = album.figure(album.zoom, drawn, _zoom_caption(album.zoom))
    led_to = _led_to(record, after)
    unchanged = bool(led_to and album.screen and led_to.sha256 == album.screen.sha256)
    return StepView(
        number=record.index + 1,
        title=one_line(seen.title, 120),
        url=one_line(seen.url, 240),
        screen=screen,
        zoom=zoom,
        after=album.figure(led_to, Overlay()) if led_to and not unchanged else None,
        unchanged=unchanged,
        instruction=turn.instruction,
        thought=thought,
        loose_points=loose,
        action=describe_action(turn.action) if turn.action else None,
        error=turn.error or "",
        text=turn.text,
        happened=happenings(seen),
        asides=(*_steering(record), *_asides(seen, turn)),
        observe_s=record.observe_s,
        act_s=record.act_s,
        sampling=_sampling(turn, policy),
    )


def pieces(
    thought: str, mentions: Sequence[Mention], points: Sequence[Point]
) -> tuple[tuple[Piece, ...], tuple[int, ...]]:
    """The thought, cut at its points, and the numbers of points that have no place in it.

    Args:
        thought: Its text.
        mentions: The pairs of coordinates in it.
        points: All points that it names; equal ones share a number.
    """
    number_of = {point: number for number, point in enumerate(dict.fromkeys(points), 1)}
    pieces: list[Piece] = []
    end = 0
    for each in mentions:
        if each.point in number_of:
            named = Piece(thought[each.start : each.end], number_of[each.point])
            pieces += [Piece(thought[end : each.start]), named]
            end = each.end
    pieces.append(Piece(thought[end:]))
    placed = {piece.number for piece in pieces}
    loose = tuple(number for number in number_of.values() if number not in placed)
    return tuple(piece for piece in pieces if piece.text), loose


def _steering(record: StepRecord) -> Iterator[str]:
    """Who has acted, and what was made of what the policy had chosen."""
    if record.by == "person":
        yield "A person who had taken over did this."
    if record.amendment is not None:
        yield amended(record.amendment)


def _led_to(record: StepRecord, after: Seen | None) -> SeenView | None:
    """The screen that an action led to; None where it acts on no screen, or none was seen."""
    if record.done is None or isinstance(record.done, Zoom | Done | GiveUp):
        return None
    view = after.view if after else None
    return view if view is not None and view.kind == "screen" else None


def happenings(seen: Seen | None) -> tuple[Happening, ...]:
    """What happened before something was seen: who was asked what, and the events of the page."""
    if seen is None:
        return ()
    asked = (
        Happening(
            "allowed" if consent.approval.granted else "denied",
            f"{consent.deed.what} (after {consent.waited_s:.0f} s)",
        )
        for consent in seen.consents
    )
    events = (Happening(event.kind.replace("_", " "), event.text) for event in seen.events)
    return (*asked, *events)


def _asides(seen: Seen, turn: Turn) -> tuple[str, ...]:
    """What is known of a turn beside its words."""
    marks = sum(mark.id is not None for mark in seen.marks or ())
    said = [f"{marks} numbered mark{'s' * (marks != 1)} on the screen"] if marks else []
    if len(seen.tabs) > 1:
        names = (f"{one_line(tab.title, 40) or 'untitled'}" for tab in seen.tabs)
        said.append(f"{len(seen.tabs)} tabs: {' · '.join(names)}")
    said += [
        f"{refused.count} connection{'s' * (refused.count != 1)} to {refused.place} refused"
        for refused in seen.refused
    ]
    return (*said, *filter(None, (turn.notice, turn.slip and f"Form: {turn.slip}")))


def _zoom_caption(view: SeenView) -> str:
    region = view.frame.region_css_px
    scale = view.frame.width_px / region.width
    return f"{region.width:.0f} × {region.height:.0f} px · {scale:.1f}×"


def _sampling(turn: Turn, policy: Mapping[str, Any]) -> TurnTokens | None:
    tokens, used = turn.tokens, turn.usage.told()
    if tokens is None:
        if not turn.sampled_token_count:
            return None
        return TurnTokens(0, turn.prompt_token_count, turn.sampled_token_count, (), used)
    images = tuple(f"{image.width_px} × {image.height_px}" for image in tokens.images)
    counts = (tokens.row, len(tokens.prompt_ids), len(tokens.sampled_ids), images, used)
    if not tokens.logprobs:
        return TurnTokens(*counts)
    lowest = min(tokens.logprobs)
    mean = sum(tokens.logprobs) / len(tokens.logprobs)
    place = tokens.logprobs.index(lowest) + 1
    return TurnTokens(*counts, mean, lowest, place, token_cells(turn, policy))
