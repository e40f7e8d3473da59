"""The state of one episode: the last observation, and the moves that lead to more.

A play is a generator that yields moves and is sent observations, so that the course of an
episode reads from top to bottom however many turns it takes. It runs in a thread: reading a
screen is heavy.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from vigorl.browser.actions import Accept, Action, Dismiss, Scroll, Wait, Zoom, ZoomStyle
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import View
from vigorl.policy.grammar import Lens
from vigorl.policy.perception.layout import SLACK_PX, overlap_x, overlap_y, touch
from vigorl.policy.perception.panels import panels
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.policy.perception.screen_reader import ScreenReader
from vigorl.policy.points import write_point
from vigorl.policy.reader.candidates import Candidate, in_css
from vigorl.policy.reader.outcome import Scene, changes, covers, grown, share
from vigorl.policy.reader.questions import answer, asks, is_refusal

MOST_MOVES = 400
_PATIENCE_S = 0.7
_ZOOM_SCALE = 4.0
_LARGEST_ZOOM_PX = 1024
"""Side of the largest zoomed view."""
_MOVED = 0.2
"""Share of the screen from which on a change is the page that scrolled, wherever the mouse is."""
_STAYED = 0.5
"""Share of the texts that stay where they are from which on a page has not scrolled."""
_RESTLESS_CSS_PX = 12
"""How far beyond its place something may be drawn that moves by itself."""
_MOST_QUESTIONS = 10
"""How many questions in a row are answered."""


@dataclass(frozen=True, slots=True)
class Move:
    """A thought and what is done about it; `lens` is that of a zoom."""

    thought: str
    action: Action
    lens: Lens | None = None
    instruction: str = ""
    """Which instruction it is for."""
    verified: bool | None = None
    """Beside `Done`: as `Turn.verified`."""


Moves = Generator[Move, Observation, None]
"""Moves that lead to nothing but their effects."""


class Stuck(Exception):
    """The play cannot go on; the message says why, as a sentence for whoever set the goal."""


class NotFound(Stuck):
    """What was looked for is nowhere."""


class Changed(Stuck):
    """What was aimed at is not what it was; nothing was done, so the step may begin anew."""


class Play:
    """What one episode has seen so far."""

    def __init__(self, eyes: ScreenReader, first: Observation) -> None:
        if first.view is None:
            raise InconsistentData("the first observation shows no screen")
        self._eyes = eyes
        self._read: dict[str, Screen] = {}
        self._lines_before: tuple[TextLine, ...] = ()
        self._move_count = 0
        self._remark = ""
        self._has_acted = False
        self.view: View = first.view
        self.observation = first
        self.tabs = first.tabs
        self.is_still = first.still
        """Whether this is a still picture, of which there is nothing else to be seen."""
        self.changed = True
        """Whether the last move changed what is to be seen."""
        self.restless: list[Box] = []
        """Regions that change by themselves, CSS px of the page that is shown."""
        self.lit: Box | None = None
        """Where was clicked or typed last: what has the focus, and may be lit up."""
        self.depth_css_px = 0.0
        """How far the page was scrolled down, as far as is known."""
        self.instruction = ""
        """Which instruction is being carried out, in words."""
        self.attempt = 1
        """How often it is being tried."""
        self.doubts: list[str] = []
        """What could not be told, a sentence each."""

    # What is seen --------------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        """The viewport in CSS px: the coordinates that thoughts are written in."""
        region = self.view.frame.region_css_px
        return Frame(round(region.width), round(region.height), region)

    @property
    def scene(self) -> Scene:
        """What is to be seen of the browser now."""
        return Scene(self.view, self.observation.url, self.observation.title, self.tabs)

    def screen(self) -> Screen:
        """The newest screen, read; in CSS px."""
        name = self.view.picture.sha256
        if name not in self._read:
            self._read = {name: self.read(self.view)}
        return self._read[name]

    def read(self, view: View) -> Screen:
        """Any screen, read; in CSS px."""
        pixels = np.asarray(view.picture.image())
        return in_css(replace(self._eyes.read(view), panels=panels(pixels)))

    def changes_since(self, before: Scene, *, carets: bool = False) -> tuple[Box, ...]:
        """What has changed since, without what changes by itself; CSS px, largest first."""
        return tuple(
            box
            for box in changes(before.view, self.view, carets=carets)
            if not any(covers(grown(known, _RESTLESS_CSS_PX), box) for known in self.restless)
        )

    def is_new(self, aim: Candidate) -> bool:
        """Whether the last change brought a text: once more than before, and in a new place."""
        text, place = aim.source.text if isinstance(aim.source, TextLine) else "", aim.source.box_px
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

    def said(self, *kinds: str) -> str:
        """What the last observation said of these kinds, in one line; empty for nothing."""
        return " ".join(event.text for event in self.observation.events if event.kind in kinds)

    def seen(self, aim: Candidate) -> str:
        """What was read where, as a thought says it."""
        place = self.at(aim.point)
        match aim.source:
            case TextLine():
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

    def take_remark(self) -> str:
        """What is still to be said; said once."""
        remark, self._remark = self._remark, ""
        return remark

    def doubt(self, sentence: str) -> None:
        """Note that the effect of something could not be told."""
        self.doubts.append(sentence)

    @property
    def told(self) -> str:
        """Which instruction this is, and how often it is being tried."""
        if not self.instruction or self.attempt == 1:
            return self.instruction
        return f"{self.instruction} ({_nth(self.attempt)} try)"

    # Moves ---------------------------------------------------------------------------------

    def do(self, thought: str, action: Action, lens: Lens | None = None) -> Moves:
        """Make one move and take in what comes of it.

        A question that is open is answered before: a page does nothing else meanwhile.

        Raises:
            Changed: the page is not what it was any more, and nothing was done.
            Stuck: there were too many moves, the page asks what only its user can answer, or
                somebody said that it may not be done.
        """
        if self.observation.question and not isinstance(action, Accept | Dismiss):
            yield from self.answer_questions()
        self._move_count += 1
        if self._move_count > MOST_MOVES:
            raise Stuck(f"expected to come to an end; I made {MOST_MOVES} moves")
        thought = f"{self.take_remark()} {thought}".strip()
        before = self.scene
        self.observation = yield Move(thought, action, lens, self.told)
        self.tabs = self.observation.tabs or self.tabs
        if dialog := self.said("dialog"):
            self.remark(dialog)
        self._has_acted = self._has_acted or not isinstance(action, Zoom | Wait)
        if denial := self.said("denied"):  # also where there is nothing new to see
            raise Stuck(denial)
        view = self.observation.view
        if view is None or view.kind != "screen":
            self.changed = False
            return
        name = before.view.picture.sha256
        self.changed = view.picture.sha256 != name
        if self.changed and name in self._read:
            self._lines_before = self._read[name].lines
        self.view = view
        if self.scene.is_elsewhere(before):
            self.restless, self.depth_css_px, self.lit = [], 0.0, None
        if change := self.said("changed"):
            raise Changed(f"looked at a page that did not stay as it was: {change}")

    def answer_questions(self) -> Moves:
        """Answer what nobody told how to answer: accept an alert, decline everything else.

        Raises:
            Stuck: what was declined is a consequence of what was done.
        """
        for _ in range(_MOST_QUESTIONS):
            question = self.observation.question
            if question is None:
                return
            yield from self.do(*answer(question))
            if is_refusal(question) and self._has_acted:
                raise Stuck(asks(question))
        raise Stuck(f"the page goes on asking, {_MOST_QUESTIONS} times by now")

    def wait(self, thought: str, seconds: float = _PATIENCE_S) -> Moves:
        """Let the page do what it is about to do."""
        yield from self.do(thought, Wait(seconds))

    def scroll(
        self, thought: str, direction: str, distance_css_px: float, at: Point
    ) -> Generator[Move, Observation, bool]:
        """Scroll; returns whether that moved anything."""
        dx, dy = {"down": (0, 1), "up": (0, -1), "right": (1, 0), "left": (-1, 0)}[direction]
        before = self.scene
        yield from self.do(thought, Scroll(at, dx * distance_css_px, dy * distance_css_px))
        moved = self._has_moved(before, at)
        if moved:
            self.depth_css_px = max(0.0, self.depth_css_px + dy * distance_css_px)
        return moved

    def _has_moved(self, before: Scene, at: Point) -> bool:
        """Whether what has changed is what was scrolled: under the mouse, or the whole page."""
        regions = self.changes_since(before)
        if not regions:
            return False
        if any(
            touch(box, Box.around(at, 1)) or share((box,), self.view) >= _MOVED for box in regions
        ):
            return True
        lines = self.read(before.view).lines
        stayed = [line for line in lines if any(_is_same(line, now) for now in self.screen().lines)]
        return not lines or len(stayed) < _STAYED * len(lines)

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

    def read_again(self, line: TextLine, thought: str) -> Generator[Move, Observation, TextLine]:
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

    def read_closely(self, box: Box, thought: str) -> Moves:
        """Read a region of the screen closer; what is read takes the place of what was read."""
        zoomed = yield from self.zoom(box, thought)
        if zoomed is None:
            return
        name, screen = self.view.picture.sha256, self.screen()
        closer = tuple(line for line in zoomed.lines if box.contains(line.box_px.center))
        kept = tuple(
            line
            for line in screen.lines
            if not any(touch(line.box_px, other.box_px) for other in closer)
        )
        self._read[name] = replace(screen, lines=(*kept, *closer))


def with_line(screen: Screen, line: TextLine, again: TextLine) -> Screen:
    """The screen with one of its lines exchanged."""
    return replace(screen, lines=tuple(again if other is line else other for other in screen.lines))


def _is_same(line: TextLine, other: TextLine) -> bool:
    return line.text == other.text and touch(line.box_px, other.box_px)


def _nth(number: int) -> str:
    """A number as an ordinal: 2nd."""
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
