"""One episode: what was seen last, and the moves by which to see more.

A play is a generator that yields moves and is sent observations, so that the course of an
episode reads from top to bottom however many turns it takes. It runs in a thread: reading a
screen is heavy.
"""

import io
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from vigorl.browser.actions import Action, Scroll, Wait, Zoom, ZoomStyle
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import EventKind, Observation
from vigorl.browser.picture import Picture, View
from vigorl.policy.grammar import Lens
from vigorl.policy.points import write_point
from vigorl.policy.reader.aim import Aim, in_css
from vigorl.policy.reader.eyes import Eyes
from vigorl.policy.reader.layout import SLACK_PX, overlap_x, overlap_y
from vigorl.policy.reader.panels import panels
from vigorl.policy.reader.screen import Line, Screen, Shape

MOST_MOVES = 400
_PATIENCE_S = 0.7
_ZOOM_SCALE = 4.0
_LARGEST_ZOOM_PX = 1024
"""Side of the largest zoomed view."""
_STILL = 0.0005
"""Share of pixels that may differ between two pictures of the same scene (a caret, a spinner)."""


@dataclass(frozen=True, slots=True)
class Move:
    """A thought and what is done about it; `lens` is that of a zoom."""

    thought: str
    action: Action
    lens: Lens | None = None


Moves = Generator[Move, Observation, None]
"""Moves that lead to nothing but their effects."""


class Stuck(Exception):
    """The play cannot go on; the message says why, as a sentence for whoever set the goal."""


class Play:
    """What one episode has seen so far."""

    def __init__(self, eyes: Eyes, first: Observation) -> None:
        if first.view is None:
            raise InconsistentData("the first observation shows no screen")
        self._eyes = eyes
        self._read: dict[str, Screen] = {}
        self._lines_before: tuple[Line, ...] = ()
        self._move_count = 0
        self._remark = ""
        self.view: View = first.view
        self.observation = first
        self.tabs = first.tabs
        self._tried = self._accepted = False
        self.changed = True
        """Whether the last move changed what is to be seen."""

    # What is seen --------------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        """The viewport in CSS px: the coordinates that thoughts are written in."""
        region = self.view.frame.region_css_px
        return Frame(round(region.width), round(region.height), region)

    @property
    def is_still(self) -> bool:
        """Whether this seems to be a still picture: whatever was tried was refused."""
        return self._tried and not self._accepted

    def screen(self) -> Screen:
        """The newest screen, read; in CSS px."""
        name = self.view.picture.sha256
        if name not in self._read:
            pixels = np.asarray(self.view.picture.image())
            read = replace(self._eyes.read(self.view), panels=panels(pixels))
            self._read = {name: in_css(read)}
        return self._read[name]

    def is_new(self, aim: Aim) -> bool:
        """Whether the last change brought a text: once more than before, and in a new place."""
        text, place = aim.source.text if isinstance(aim.source, Line) else "", aim.source.box_px
        before = [line.box_px for line in self._lines_before if line.text == text]
        now = sum(line.text == text for line in self.screen().lines)
        return now > len(before) and not any(
            abs(box.left - place.left) <= SLACK_PX and abs(box.top - place.top) <= SLACK_PX
            for box in before
        )

    def at(self, point: Point) -> str:
        """A point as a thought says it, moved onto the screen where it lies beside it."""
        bounds = self.frame.region_css_px
        inside = Point(
            min(max(point.x, bounds.left), bounds.right - 1),
            min(max(point.y, bounds.top), bounds.bottom - 1),
        )
        return write_point(inside, self.frame)

    def said(self, *kinds: EventKind) -> str:
        """What the last observation said of these kinds, in one line; empty for nothing."""
        return " ".join(event.text for event in self.observation.events if event.kind in kinds)

    def seen(self, aim: Aim) -> str:
        """What was read where, as a thought says it."""
        place = self.at(aim.point)
        match aim.source:
            case Line():
                what = f'I read "{aim.text}" at {place}'
            case Shape(names=(first, *_)):
                what = f"I see an icon that looks like {first} at {place}"
            case Shape(kind=kind):
                what = f"I see a {kind} at {place}"
        if aim.anchor is None:
            return f"{what}."
        label = f'I read "{aim.anchor.text}" at {self.at(aim.anchor.point)}'
        if isinstance(aim.source, Shape):
            return f"{label}; the {aim.source.kind} that belongs to it is at {place}."
        return f'{label}; "{aim.text}" that belongs to it is at {place}.'

    def remark(self, thought: str) -> None:
        """Say something together with the next move."""
        self._remark = f"{self._remark} {thought}".strip()

    # Moves ---------------------------------------------------------------------------------

    def do(self, thought: str, action: Action, lens: Lens | None = None) -> Moves:
        """Make one move and take in what comes of it.

        Raises:
            Stuck: there were too many moves.
        """
        self._move_count += 1
        if self._move_count > MOST_MOVES:
            raise Stuck(f"I made {MOST_MOVES} moves and did not come to an end.")
        thought, self._remark = f"{self._remark} {thought}".strip(), ""
        self.observation = yield Move(thought, action, lens)
        self.tabs = self.observation.tabs or self.tabs
        view = self.observation.view
        if not isinstance(action, Zoom):
            self._tried = True
            self._accepted = self._accepted or not self.said("bad_action")
        if view is not None and view.kind == "screen":
            before = self.view.picture.sha256
            self.changed = view.picture.sha256 != before
            if self.changed and before in self._read:
                self._lines_before = self._read[before].lines
            self.view = view
        else:
            self.changed = False

    def wait(self, thought: str, seconds: float = _PATIENCE_S) -> Moves:
        """Let the page do what it is about to do."""
        yield from self.do(thought, Wait(seconds))

    def scroll(
        self, thought: str, direction: str, distance_css_px: float, at: Point
    ) -> Generator[Move, Observation, bool]:
        """Scroll; returns whether that moved anything."""
        dx, dy = {"down": (0, 1), "up": (0, -1), "right": (1, 0), "left": (-1, 0)}[direction]
        before = self.view.picture
        yield from self.do(thought, Scroll(at, dx * distance_css_px, dy * distance_css_px))
        return self.changed and not still(before, self.view.picture)

    def zoom(
        self, box: Box, thought: str, scale: float = _ZOOM_SCALE
    ) -> Generator[Move, Observation, Screen | None]:
        """Look closer at a box; the zoomed view, read, in CSS px, or None without one."""
        half = max(box.width / 2 + 12, box.height * 1.5, 40.0)
        bounds = self.frame.region_css_px
        half = min(half, bounds.width / 2, bounds.height / 2)
        output_px = round(min(_LARGEST_ZOOM_PX, 2 * half * scale))
        lens = Lens(half, half, ZoomStyle(output_px=output_px))
        action = Zoom(Box.around(box.center, half).shifted_into(bounds), lens.style)
        yield from self.do(thought, action, lens)
        view = self.observation.view
        return None if view is None or view.kind == "screen" else in_css(self._eyes.read(view))

    def read_again(self, line: Line, thought: str) -> Generator[Move, Observation, Line]:
        """Read a line once more, closer; what is read is remembered for this screen."""
        zoomed = yield from self.zoom(line.box_px, thought)
        parts = [
            part
            for part in (zoomed.lines if zoomed else ())
            if overlap_y(part.box_px, line.box_px) > 0.5
            and overlap_x(part.box_px, line.box_px) > 0.5
        ]
        if not parts:
            return line
        text = " ".join(part.text for part in sorted(parts, key=lambda part: part.box_px.left))
        confidence = min(part.confidence for part in parts)
        again = replace(line, text=text, confidence=confidence, edges_px=())
        name = self.view.picture.sha256
        if name in self._read:
            self._read[name] = with_line(self._read[name], line, again)
        return again


def with_line(screen: Screen, line: Line, again: Line) -> Screen:
    """The screen with one of its lines exchanged."""
    return replace(screen, lines=tuple(again if other is line else other for other in screen.lines))


def still(before: Picture, after: Picture) -> bool:
    """Whether two pictures show the same, but for something small that moves by itself."""
    if before.sha256 == after.sha256:
        return True
    if (before.width_px, before.height_px) != (after.width_px, after.height_px):
        return False
    difference = np.abs(_grey(before) - _grey(after))
    return float((difference > 24).mean()) < _STILL


def _grey(picture: Picture) -> npt.NDArray[np.int16]:
    with Image.open(io.BytesIO(picture.data)) as image:
        return np.asarray(image.convert("L"), dtype=np.int16)
