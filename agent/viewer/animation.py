"""An episode as a moving picture, WebP, GIF or WebM: what was seen, thought and done."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, assert_never

from PIL import Image, ImageDraw

from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import SeenView, StepRecord, Trajectory
from vigorl.agent.viewer.action_marker import gesture_of
from vigorl.agent.viewer.episode_steps import Piece, pieces
from vigorl.agent.viewer.filmstrip import evenly_chosen
from vigorl.agent.viewer.show import amended, describe_action, ending_reason, title, verdict
from vigorl.agent.viewer.stage import Stage, StageSigns, paint
from vigorl.agent.viewer.typeface import draw_text, fitting, text_width_px, without_font
from vigorl.agent.viewer.video import webm
from vigorl.browser.actions import Action, Done, Type
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.run_folder import write_whole
from vigorl.policy.points import mentions_by_order

AnimationForm = Literal["webp", "gif", "webm"]

WIDTH_PX = 900
MAX_STEPS = 24
"""Steps that are shown; of more, evenly chosen ones, the first and the last among them."""

_FORMS: dict[str, AnimationForm] = {".webp": "webp", ".gif": "gif", ".webm": "webm"}
_MAX_STAGE_HEIGHT_PX = 640
_MARGIN_PX = 16
_HEAD_PX = 20
_CAPTION_PX = 90
_LINE_PX = 23
_TEXT_PX = 16
_MAX_LINES = 2
_PAPER, _INK, _SOFT, _DOT, _ACT = "#f7f6f3", "#1e2124", "#676c73", "#2b5f9e", "#d3115c"
_TONES = {"good": "#1a7f4b", "plain": "#2b5f9e", "warn": "#9a6200", "bad": "#bf2c2c"}


@dataclass(frozen=True, slots=True)
class _Caption:
    """What stands below the picture."""

    number: str = ""
    thought: tuple[Piece, ...] = ()
    outcome: str = ""
    """The action, or how the episode ended."""
    ink: str = _ACT


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of the animation."""

    stage: Stage
    signs: StageSigns
    caption: _Caption
    shown_ms: int


@dataclass
class _Player:
    """Plays the steps of an episode, one after the other."""

    trajectory: Trajectory
    width_px: int
    height_px: int
    """Of the stage."""
    screen: SeenView | None = None
    zoom: SeenView | None = None
    cursor: Point | None = None
    """Where the mouse was left, in viewport CSS px."""
    stages: dict[tuple[str, str], Stage] = field(default_factory=dict)

    def step(self, record: StepRecord, of: int) -> Iterator[Still]:
        """A step: what it saw, what the policy thought, and what it did."""
        stage = self._look(record.seen.view)
        if stage is None:
            return
        turn = record.turn
        line = one_line(turn.thought)
        thought, _ = pieces(line, mentions_by_order(line, turn.points), turn.points)
        caption = _Caption(f"{record.index + 1}/{of}", thought)
        dots = tuple(dict.fromkeys(turn.points))
        signs = StageSigns(dots=dots, cursor=self.cursor)
        yield Still(stage, signs, caption, _reading_ms(turn.thought))
        if turn.action is None:
            error = replace(caption, outcome=turn.error or "no action", ink=_TONES["bad"])
            yield Still(stage, signs, error, 1200)
            return
        if record.amendment is not None:
            told = replace(caption, outcome=amended(record.amendment), ink=_TONES["bad"])
            yield Still(stage, signs, told, 1200)
        if record.done is not None:
            caption = replace(caption, outcome=describe_action(record.done))
            yield from self._act(stage, signs, caption, record.done)

    def end(self, of: int) -> Iterator[Still]:
        """How it ended, over what was seen last."""
        trajectory, end = self.trajectory, self.trajectory.end
        stage = self._look(end.seen.view if end and end.seen else None)
        if stage is None:
            return
        ended = verdict(trajectory)
        facts = [f"{ended.sign} {ended.words}"]
        facts += [f"“{one_line(end.answer, 80)}”"] if end and end.answer else []
        facts += [f"score {end.score.value:.2f}"] if end and end.score else []
        facts += [ended.how or ending_reason(trajectory)]
        line = "  ·  ".join(fact for fact in facts if fact)
        yield Still(stage, StageSigns(), _Caption("end", (), line, _TONES[ended.tone]), 3500)

    def _look(self, view: SeenView | None) -> Stage | None:
        """The picture of a step; where nothing new was seen, the last one stands."""
        if view is not None and view.kind == "screen":
            self.screen, self.zoom = view, None
        elif view is not None:
            self.zoom = view
        screen, zoom = self.screen or self.zoom, self.zoom
        if screen is None:
            return None
        shown = (screen.image, zoom.image if zoom and zoom is not screen else "")
        if shown not in self.stages:
            stage = Stage.of(self.trajectory.view(screen), self.width_px, self.height_px)
            if zoom and zoom is not screen:
                stage = stage.with_inset(self.trajectory.view(zoom))
            self.stages = {shown: stage}
        return self.stages[shown]

    def _act(
        self, stage: Stage, signs: StageSigns, caption: _Caption, action: Action
    ) -> Iterator[Still]:
        """The mouse on its way, and what it does there."""
        gesture = gesture_of(action)
        if gesture.region is not None:
            yield from _closer(stage, signs, caption, gesture.region)
            return
        if gesture.at is None:
            banner = "" if isinstance(action, Done) else caption.outcome
            yield Still(stage, replace(signs, banner=banner), caption, 900)
            return
        for share in (0.25, 0.6, 0.9):
            if self.cursor is not None:
                on_its_way = _between(self.cursor, gesture.at, share)
                yield Still(stage, replace(signs, cursor=on_its_way), caption, 60)
        self.cursor = gesture.path[-1] if gesture.path else gesture.at
        signs = replace(signs, cursor=gesture.at)
        for ring in (1.6, 1.0, 0.6):
            yield Still(stage, replace(signs, target=gesture.at, ring=ring), caption, 80)
        signs = replace(signs, target=gesture.at, path=gesture.path, push=gesture.push)
        signs = replace(signs, cursor=self.cursor)
        for share in (0.3, 0.65) if isinstance(action, Type) else ():
            some = gesture.label[: max(1, round(share * len(gesture.label)))]
            yield Still(stage, replace(signs, label=some), caption, 140)
        yield Still(stage, replace(signs, label=gesture.label), caption, 750)


def write_animation(trajectory: Trajectory, path: Path) -> Path:
    """Write an episode as a moving picture, WebP, GIF or WebM by the name of the file.

    Returns:
        The path written.

    Raises:
        UsageError: the name ends otherwise, or nothing was seen in this episode.
        InconsistentData: a picture of the record is missing or damaged.
        StorageFault: the file cannot be written.
    """
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"{path}: an animation is a .webp, a .gif or a .webm")
    stills = list(stills_of(trajectory))
    if not stills:
        raise UsageError(f"{trajectory.folder}: nothing was seen in this episode, so nothing moves")
    write_whole(path, encoded(stills, trajectory, form))
    return path


def undrawn(trajectory: Trajectory) -> str:
    """The characters of an animation's texts that no font of this machine has, each once."""
    texts = [title(trajectory)]
    for still in stills_of(trajectory):
        texts += [*(piece.text for piece in still.caption.thought), still.caption.outcome]
        texts += [still.signs.label, still.signs.banner]
    return without_font("".join(texts))


def encoded(stills: list[Still], trajectory: Trajectory, form: AnimationForm) -> bytes:
    """The bytes of an animation; a WebP and a GIF begin anew when they end."""
    pictures = [_draw(still, title(trajectory)) for still in stills]
    shown_ms = [still.shown_ms for still in stills]
    buffer = io.BytesIO()
    match form:
        case "webm":
            return webm(pictures, shown_ms)
        case "gif":
            pictures, options = _with_one_palette(pictures), {}
        case "webp":
            options = {"quality": 80, "method": 2}
        case _:
            assert_never(form)
    first, *others = pictures
    first.save(
        buffer, form, save_all=True, append_images=others, duration=shown_ms, loop=0, **options
    )
    return buffer.getvalue()


def stills_of(trajectory: Trajectory) -> Iterator[Still]:
    """The pictures of an episode's animation, in order.

    Raises:
        InconsistentData: a picture of the record is missing or damaged.
    """
    records = [record for record in trajectory.steps if record.seen.view or record.index]
    views = [record.seen.view for record in records]
    end = trajectory.end.seen.view if trajectory.end and trajectory.end.seen else None
    height_px = _stage_height_px([view for view in (*views, end) if view])
    player = _Player(trajectory, WIDTH_PX, height_px)
    shown = {record.index for record in evenly_chosen(records, MAX_STEPS)}
    for record in records:
        stills = list(player.step(record, len(trajectory.steps)))
        yield from stills if record.index in shown else ()
    yield from player.end(len(trajectory.steps))


def _stage_height_px(views: list[SeenView]) -> int:
    """As tall as the tallest screen needs at full width; zoomed views are fitted in."""
    screens = [view.frame for view in views if view.kind == "screen"] or [v.frame for v in views]
    shape = max((frame.height_px / frame.width_px for frame in screens), default=0.5)
    return min(round(WIDTH_PX * shape), _MAX_STAGE_HEIGHT_PX)


def _closer(stage: Stage, signs: StageSigns, caption: _Caption, region: Box) -> Iterator[Still]:
    """A frame that closes in on what is looked at."""
    whole = stage.region_css_px
    for share in (0.4, 0.7, 0.9):
        box = Box(
            *(
                start + share * (end - start)
                for start, end in (
                    (whole.left, region.left),
                    (whole.top, region.top),
                    (whole.right, region.right),
                    (whole.bottom, region.bottom),
                )
            )
        )
        yield Still(stage, replace(signs, region=box), caption, 90)
    yield Still(stage, replace(signs, region=region), caption, 600)


def _between(start: Point, end: Point, share: float) -> Point:
    return Point(start.x + share * (end.x - start.x), start.y + share * (end.y - start.y))


def _reading_ms(thought: str) -> int:
    """How long a person needs for a thought."""
    return max(900, min(700 + 18 * len(thought), 3200))


def _draw(still: Still, goal: str) -> Image.Image:
    """One picture: the goal, the stage, the caption."""
    width_px, room_px = still.stage.image.width, still.stage.image.width - 2 * _MARGIN_PX
    heading = _wrapped((Piece(one_line(goal)),), room_px)
    top = _HEAD_PX + len(heading) * _LINE_PX
    size = (width_px, top + still.stage.image.height + _CAPTION_PX)
    picture = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(picture)
    _draw_lines(draw, (_MARGIN_PX, 9), heading, _INK)
    picture.paste(paint(still.stage, still.signs), (0, top))
    top += still.stage.image.height + 11
    caption = still.caption
    draw_text(draw, (_MARGIN_PX, top), caption.number, _SOFT, _TEXT_PX)
    left = _MARGIN_PX + 48
    _draw_lines(draw, (left, top), _wrapped(caption.thought, width_px - left - _MARGIN_PX), _SOFT)
    room_px = width_px - left - _MARGIN_PX
    if caption.thought:
        top += _LINE_PX * _MAX_LINES
        outcome = fitting(caption.outcome, _TEXT_PX, room_px)
        draw_text(draw, (left, top), outcome, caption.ink, _TEXT_PX)
    else:
        _draw_lines(draw, (left, top), _wrapped((Piece(caption.outcome),), room_px), caption.ink)
    return picture


def _draw_lines(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], lines: list[list[Piece]], ink: str
) -> None:
    """Lines of text below each other, points in their own colour."""
    for number, line in enumerate(lines):
        left = float(at[0])
        for piece in line:
            colour = ink if piece.number is None else _DOT
            place = (left, at[1] + number * _LINE_PX)
            left += draw_text(draw, place, piece.text, colour, _TEXT_PX)


def _wrapped(text: tuple[Piece, ...], room_px: float) -> list[list[Piece]]:
    """A text in lines as wide as there is room; what does not fit in the last is an ellipsis."""
    words = [
        Piece(word, piece.number)
        for piece in text
        for word in ([piece.text] if piece.number else _words(piece.text))
    ]
    lines: list[list[Piece]] = [[]]
    used_px = 0.0
    for word in words:
        shown = replace(word, text=fitting(word.text, _TEXT_PX, room_px))
        width_px = text_width_px(shown.text, _TEXT_PX)
        if lines[-1] and used_px + width_px > room_px:
            if len(lines) == _MAX_LINES:
                lines[-1].append(Piece("…"))
                break
            lines.append([])
            used_px, shown = 0.0, replace(shown, text=shown.text.lstrip())
        lines[-1].append(shown)
        used_px += width_px
    return lines


def _words(text: str) -> list[str]:
    """The words of a text, each with the space before it."""
    words = text.split(" ")
    return [words[0], *(f" {word}" for word in words[1:])]


def _with_one_palette(pictures: list[Image.Image]) -> list[Image.Image]:
    """The pictures in 256 colours, the same ones in all: nothing flickers that does not change."""
    samples = [pictures[round(share * (len(pictures) - 1))] for share in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    small = [sample.resize((sample.width // 2, sample.height // 2)) for sample in samples]
    sheet = Image.new("RGB", (small[0].width, sum(sample.height for sample in small)))
    top = 0
    for sample in small:
        sheet.paste(sample, (0, top))
        top += sample.height
    palette = sheet.quantize(256)
    return [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
