"""What the page of an episode shows, step by step: records cut and laid out, not yet HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import SeenView, StepRecord
from vigorl.agent.viewer.action_marker import ActionMarker, gesture_of
from vigorl.agent.viewer.album import Album, Figure
from vigorl.agent.viewer.overlay import overlay
from vigorl.agent.viewer.show import describe_action
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Event
from vigorl.policy.points import Mention
from vigorl.policy.policy import Turn


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a thought; with a number where it names a point."""

    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class TurnTokens:
    """What is known of a turn's tokens."""

    row: int
    prompt: int
    sampled: int
    images: tuple[str, ...]
    mean_logprob: float | None = None
    lowest_logprob: float | None = None
    lowest_position: int | None = None
    """Of the least likely token, from 1."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as the page shows it."""

    number: int
    title: str
    url: str
    screen: Figure | None
    zoom: Figure | None
    instruction: str
    """Which of the instructions the policy was at, where it told."""
    thought: tuple[Piece, ...]
    loose_points: tuple[int, ...]
    """Numbers of points whose place in the thought is not known."""
    action: str | None
    error: str
    text: str
    events: tuple[Event, ...]
    marks: int
    observe_s: float
    act_s: float
    sampling: TurnTokens | None

    @property
    def seen(self) -> Figure | None:
        """What was looked at: the zoomed view where there is one."""
        return self.zoom or self.screen


def step_of(record: StepRecord, album: Album) -> StepView:
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
    return StepView(
        number=record.index + 1,
        title=one_line(seen.title, 120),
        url=one_line(seen.url, 240),
        screen=screen,
        zoom=zoom,
        instruction=turn.instruction,
        thought=thought,
        loose_points=loose,
        action=describe_action(turn.action) if turn.action else None,
        error=turn.error or "",
        text=turn.text,
        events=seen.events,
        marks=sum(mark.id is not None for mark in seen.marks or ()),
        observe_s=record.observe_s,
        act_s=record.act_s,
        sampling=_sampling(turn),
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


def _zoom_caption(view: SeenView) -> str:
    region = view.frame.region_css_px
    how = "rendered again" if view.kind == "optical" else "pixels enlarged"
    scale = view.frame.width_px / region.width
    return f"zoom, {how} · {region.width:.0f} × {region.height:.0f} px · {scale:.1f}×"


def _sampling(turn: Turn) -> TurnTokens | None:
    tokens = turn.tokens
    if tokens is None:
        if not turn.sampled_token_count:
            return None
        return TurnTokens(0, turn.prompt_token_count, turn.sampled_token_count, ())
    images = tuple(f"{image.width_px} × {image.height_px}" for image in tokens.images)
    counts = (tokens.row, len(tokens.prompt_ids), len(tokens.sampled_ids), images)
    if not tokens.logprobs:
        return TurnTokens(*counts)
    lowest = min(tokens.logprobs)
    mean = sum(tokens.logprobs) / len(tokens.logprobs)
    return TurnTokens(*counts, mean, lowest, tokens.logprobs.index(lowest) + 1)
