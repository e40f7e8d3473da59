"""An episode as one picture: what was seen, in reading order, and what was done to it."""

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageDraw

from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import SeenView, StepRecord, Trajectory
from vigorl.agent.viewer.action_marker import ActionMarker, gesture_of
from vigorl.agent.viewer.show import describe_action, ending_reason, policy_name, title, verdict
from vigorl.agent.viewer.stage import Stage, StageSigns, paint
from vigorl.agent.viewer.typeface import draw_text, fitting, text_width_px
from vigorl.browser.run_folder import write_whole

MAX_WIDTH_PX = 1600
MAX_PANELS = 12

_MAX_PANEL_PX = 760
_MARGIN_PX = 28
_GAP_PX = 20
_HEAD_PX = 84
_CAPTION_PX = 34

_PAPER = "#f7f6f3"
_LINE = "#dcd8d0"
_INK = "#1e2124"
_SOFT = "#676c73"
_ACT = "#d3115c"
_BAD = "#bf2c2c"
_TONES = {"good": "#1a7f4b", "plain": "#2b5f9e", "warn": "#9a6200", "bad": _BAD}


_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class _Panel:
    """One picture of the strip."""

    view: SeenView
    name: str
    """The step's number, or 'end'."""
    caption: str
    gesture: ActionMarker
    wrong: bool = False


def write_filmstrip(trajectory: Trajectory, path: Path | None = None) -> Path:
    """Write an episode's pictures as one, at most 1600 px wide and 12 panels long.

    Where there are more, evenly chosen ones are shown, the first and the last among them.

    Args:
        trajectory: The episode, with its pictures on disk.
        path: Where to; the default is `filmstrip.png` in the episode's folder.

    Returns:
        The path written.

    Raises:
        InconsistentData: a picture of the record is missing or damaged.
        StorageFault: the picture cannot be written.
    """
    path = path or trajectory.folder / "filmstrip.png"
    buffer = io.BytesIO()
    draw_filmstrip(trajectory).save(buffer, "PNG", optimize=True)
    write_whole(path, buffer.getvalue())
    return path


def draw_filmstrip(trajectory: Trajectory) -> Image.Image:
    """The picture of an episode, RGB.

    Raises:
        InconsistentData: a picture of the record is missing or damaged.
    """
    panels = evenly_chosen(_panels(trajectory), MAX_PANELS)
    columns = _columns(panels)
    width = (MAX_WIDTH_PX - 2 * _MARGIN_PX - (columns - 1) * _GAP_PX) // columns
    width = min(width, _MAX_PANEL_PX)
    height = round(width * min(_shape(panels), 1.6))
    rows = math.ceil(len(panels) / columns)
    row_px = height + _CAPTION_PX + _GAP_PX
    total = _HEAD_PX + max(rows * row_px, _GAP_PX) + _MARGIN_PX - _GAP_PX
    across = 2 * _MARGIN_PX + columns * (width + _GAP_PX) - _GAP_PX
    strip = Image.new("RGB", (across, total), _PAPER)
    _draw_head(strip, trajectory)
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        place = (_MARGIN_PX + column * (width + _GAP_PX), _HEAD_PX + row * row_px)
        strip.paste(_draw_panel(trajectory, panel, width, height), place)
    return strip


def evenly_chosen(items: list[_Item], most: int) -> list[_Item]:
    """At most so many of them, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return items
    last = len(items) - 1
    return [items[round(index * last / (most - 1))] for index in range(most)]


def _panels(trajectory: Trajectory) -> list[_Panel]:
    panels = []
    view: SeenView | None = None
    for record in trajectory.steps:
        view = record.seen.view or view
        if view is not None:
            panels.append(_panel(record, view))
    end = trajectory.end
    if end and end.seen and end.seen.view:
        panels.append(_Panel(end.seen.view, "end", "", ActionMarker()))
    return panels


def _panel(record: StepRecord, view: SeenView) -> _Panel:
    action = record.done
    number = str(record.index + 1)
    if action is None:
        told = "no action" if record.amendment is None else "not done"
        return _Panel(view, number, told, ActionMarker(), wrong=True)
    return _Panel(view, number, describe_action(action), gesture_of(action))


def _shape(panels: list[_Panel]) -> float:
    """Height over width of the tallest screen; zoomed views are fitted in."""
    screens = [panel.view.frame for panel in panels if panel.view.kind == "screen"]
    frames = screens or [panel.view.frame for panel in panels]
    return max((frame.height_px / frame.width_px for frame in frames), default=0.0)


def _columns(panels: list[_Panel]) -> int:
    """Three beside each other, four if they are tall, fewer if there are fewer."""
    return max(1, min(4 if _shape(panels) > 1 else 3, len(panels)))


def _draw_head(strip: Image.Image, trajectory: Trajectory) -> None:
    draw = ImageDraw.Draw(strip)
    room = strip.width - 2 * _MARGIN_PX
    draw_text(draw, (_MARGIN_PX, 17), fitting(one_line(title(trajectory)), 22, room), _INK, 22)
    ended, end = verdict(trajectory), trajectory.end
    facts = [ending_reason(trajectory)]
    if end and end.answer:
        facts.append(f'"{end.answer}"')
    if end and end.score:
        facts.append(f"score {end.score.value:.2f}")
    facts += [policy_name(trajectory.start.policy), f"{len(trajectory.steps)} steps"]
    draw_text(draw, (_MARGIN_PX, 49), ended.words, _TONES[ended.tone], 16)
    left = _MARGIN_PX + text_width_px(ended.words, 16) + 14
    text = fitting(one_line("  ·  ".join(fact for fact in facts if fact)), 16, room - left)
    draw_text(draw, (left, 49), text, _SOFT, 16)


def _draw_panel(trajectory: Trajectory, panel: _Panel, width: int, height: int) -> Image.Image:
    """A picture in a box of this size, with its caption below."""
    card = Image.new("RGB", (width, height + _CAPTION_PX), _PAPER)
    draw = ImageDraw.Draw(card)
    stage = Stage.of(trajectory.view(panel.view), width, height)
    gesture = panel.gesture
    signs = StageSigns(
        target=gesture.at, path=gesture.path, push=gesture.push, region=gesture.region
    )
    card.paste(paint(stage, signs), (0, 0))
    draw.rectangle((0, 0, width - 1, height - 1), None, _LINE)
    ink = _BAD if panel.wrong else _ACT
    draw_text(draw, (0, height + 7), panel.name, _INK, 15)
    left = text_width_px(panel.name, 15) + 10
    caption = fitting(one_line(panel.caption), 15, width - left)
    draw_text(draw, (left, height + 7), caption, ink, 15)
    return card
