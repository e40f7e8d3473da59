"""Training turns about large screens: what a glance cannot tell is looked at closely, part by part.

Of a page whose truth is known, the reading of a glance or of one part is answered as one who knows
the truth would; it is what the reader made of it, where that was stored, or made up, as small as
things are there::

    glance, named right          click it
    glance, seen but blurred     look closely there, if it can be guessed
    glance or part, not there    look closely at the next part that has not been seen
    no part left                 give up

How much is read of what size was measured with the reader on 18 large held-out pages at a glance:
of lines 5 px high (with their leading) one in five is found, at 7 px four, at 9 px nearly all, and
three of ten, four and seven of those surely; of icons below 13 px one in five.
"""

import bisect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from random import Random
from typing import Any

from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.nano.glance import PART_PX, glance_size, parts, without
from vigorl.policy.nano.prompt import NOTHING, Situation, write_prompt
from vigorl.policy.nano.reading import (
    ScreenItem,
    item_at,
    items,
    name_of,
    write_item,
    write_place,
    write_rows,
)
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.training.nano.reading_looks import PageReading
from vigorl.training.nano.reading_noise import ICONS, Placement, glimpse, misread
from vigorl.training.nano.reading_steps import TaughtTurn, thought_turn, zoom_turn

CLOSE_PX = 1280
"""Side of the picture that shows a part closely."""
THINNED = 0.6
"""Share of the pages of which little is kept: short rows teach what to do next in less time."""
SINGLE = 0.15
"""Share of the turns in which the glance is all there is."""
AT_A_GLANCE = 0.4
"""Share of the others that are about the glance itself."""
SCANS = 0.7
"""Share of the looks at parts that come in order; the others aim at what was blurred."""
BESIDE = 0.4
"""Share of the looks in order at a part that does not hold what is looked for."""

_FOUND = ((4.5, 0.25), (5.5, 0.2), (6.5, 0.6), (7.5, 0.83), (8.5, 0.93), (999, 0.97))
_SURELY = ((6.5, 0.3), (7.5, 0.4), (8.5, 0.5), (9.5, 0.75), (11.0, 0.9), (999, 1.0))
_DRAWN = ((9.0, 0.0), (13.0, 0.15), (16.0, 0.6), (999, 1.0))
_NAMED = ((13.0, 0.5), (16.0, 0.7), (999, 1.0))
_GUESSABLE = 0.6
"""Likeness of a blurred name to the real one from which on it can be guessed."""
_INK = 0.6
"""Of a line's height with its leading."""
_BLURRED = 0.65
"""Share of the lines that are not read surely in which something is wrong."""
_JOINED = 0.25
"""Share of the small lines that are taken for one with their neighbour."""
_REACH_PX = 500
"""As far as a control's label stands from its middle, px of the page."""
_NOT_HERE = "I do not see it yet"
_ABSENT = thought_turn("nothing here is called so", 'give_up "It is not on the screen."')


def is_large(page: Mapping[str, Any]) -> bool:
    """Whether a page is more than one glance shows."""
    width, height = page["size"]
    return glance_size(width, height) != (width, height)


def large_turn(
    page: Mapping[str, Any],
    asked: Mapping[str, Any],
    random: Random,
    looks: Sequence[PageReading] = (),
) -> TaughtTurn | None:
    """A turn about a large page; None where there is nothing to be said for sure.

    Args:
        page: With its truth.
        asked: A question about it.
        random: Draws what is seen.
        looks: What the reader made of it; empty: that is made up.
    """
    if not looks and random.random() < THINNED:
        page = _thinned(page, asked, random)
    size = glance_size(*page["size"])
    frame = Frame.of_viewport(*size)
    scale = size[0] / page["size"][0]
    target = None if asked["kind"] == "absent" else _times(Box(*asked["bbox_xyxy"]), scale)
    case = _Case(page, asked, frame, scale, target, looks)
    if random.random() < SINGLE:
        return case.single(random)
    if random.random() < AT_A_GLANCE:
        return case.glance(random)
    return case.part(random)


@dataclass(frozen=True)
class _Reading:
    """What was read of the page or of a part."""

    rows: Sequence[Sequence[ScreenItem]]
    frame: Frame
    """Where its items stand; its region is px of the glance."""
    shown: Box
    """What was looked at, px of the glance."""
    told: str


@dataclass(frozen=True)
class _Case:
    """A question about a page; places are px of its glance."""

    page: Mapping[str, Any]
    asked: Mapping[str, Any]
    frame: Frame
    scale: float
    target: Box | None
    """Where the answer is; None: nowhere."""
    looks: Sequence[PageReading]
    """What the reader made of the page; empty: that is made up."""

    def single(self, random: Random) -> TaughtTurn | None:
        """The glance is all there is: what is seen there is the answer."""
        read = self._glance(random)
        seen = self._seen(read)
        turn = _ABSENT if seen is None else self._answer(seen, read.frame)
        return self._taught(read.told, "", (), turn)

    def glance(self, random: Random) -> TaughtTurn | None:
        """The first look: answer, look closely at what is blurred, or begin with the parts."""
        unseen = parts(self.frame)
        read = self._glance(random)
        seen = self._seen(read)
        likeness = 0.0 if seen is None else self._likeness(seen)
        if seen is None or likeness < _GUESSABLE:
            turn: str | None = self._next(unseen)
        elif likeness == 1.0 and not seen.doubtful:
            turn = self._answer(seen, read.frame)
        else:
            turn = zoom_turn(write_item(seen, self.frame), self._written(seen.box_px.center))
        return self._taught(read.told, "", unseen, turn)

    def part(self, random: Random) -> TaughtTurn | None:
        """A look closely: answer, or go on with the parts."""
        every = parts(self.frame)
        if self.target is not None and random.random() > SCANS:
            middle, unseen = self._aimed(self.target.center, random), list(every)
            read = self._close(middle, random)
        else:
            at = random.randrange(len(every))
            if self.target is not None and random.random() > BESIDE:
                place = self.target.center
                own = [n for n, part in enumerate(every) if _around(part).contains(place)]
                at = own[0]
            middle, unseen = every[at], every[at + 1 :]
            read = self._part_read(at) if self.looks else self._close(middle, random)
        unseen = without(unseen, read.shown)
        seen = self._seen(read)
        turn = self._next(unseen) if seen is None else self._answer(seen, read.frame)
        return self._taught("", read.told or NOTHING, unseen, turn)

    def _glance(self, random: Random) -> _Reading:
        if self.looks:
            look = self.looks[0]
            return _Reading(look.rows, self.frame, self.frame.region_css_px, look.told)
        return self._reading(self._made_up(1.0, random), self.frame, self.frame.region_css_px)

    def _part_read(self, at: int) -> _Reading:
        look = self.looks[1 + at]
        shown = _times(look.frame.region_css_px, self.scale)
        return _Reading(look.rows, replace(look.frame, region_css_px=shown), shown, look.told)

    def _reading(self, rows: Sequence[Sequence[ScreenItem]], frame: Frame, shown: Box) -> _Reading:
        return _Reading(rows, frame, shown, write_rows(rows, frame, self.frame.region_css_px))

    def _close(self, middle: Point, random: Random) -> _Reading:
        enlarged = CLOSE_PX / PART_PX
        region = _around(middle).shifted_into(self.frame.region_css_px)
        rows = self._made_up(enlarged, random, region)
        return self._reading(rows, self.frame.resized(*_size(self.frame, enlarged)), region)

    def _made_up(
        self, enlarged: float, random: Random, region: Box | None = None
    ) -> list[list[ScreenItem]]:
        """What is read of the screen, or of a region, so many times as large as at a glance."""
        scale = self.scale * enlarged
        width, height = _size(self.frame, enlarged)
        screen = glimpse(
            {**self.page, "size": (width, height)}, random, str, 1.0, Placement(scale, scale)
        )
        if region is not None:
            screen = _cut(screen, _times(region, enlarged))
        return items(_as_small(screen, random))

    def _seen(self, read: _Reading) -> ScreenItem | None:
        """What is asked for, if it was read: a click on it has to land there."""
        if self.target is None or not read.shown.contains(self.target.center):
            return None
        found = item_at(read.rows, read.frame.from_region(self.target.center))
        if found is None or not self.target.contains(read.frame.to_region(found.box_px.center)):
            return None
        return found

    def _likeness(self, seen: ScreenItem) -> float:
        """How much what was read is like what is there, 0 to 1."""
        assert self.target is not None
        place = self.target.center
        there_px = Point(place.x / self.scale, place.y / self.scale)
        clear = glimpse(_around_it(self.page, there_px), Random(0), str, 0.0)
        there = item_at(items(clear), there_px)
        if there is None:
            return 0.0
        return SequenceMatcher(None, name_of(there), name_of(seen)).ratio()

    def _answer(self, seen: ScreenItem, frame: Frame) -> str | None:
        thought = write_item(seen, frame, self.frame.region_css_px)
        if answer := self.asked.get("answer"):
            if answer not in seen.text:
                return None
            return thought_turn(thought, f"done {json.dumps(answer, ensure_ascii=False)}")
        place = write_place(seen.box_px.center, frame, self.frame.region_css_px)
        return thought_turn(thought, f"click {place}")

    def _next(self, unseen: Sequence[Point]) -> str:
        if not unseen:
            return _ABSENT
        place = self._written(unseen[0])
        return zoom_turn(f"{_NOT_HERE}: {place}", place)

    def _aimed(self, place: Point, random: Random) -> Point:
        """Where one looks for what was blurred: about there."""
        return Point(place.x + random.gauss(0, 12), place.y + random.gauss(0, 4))

    def _written(self, place: Point) -> str:
        return write_place(place, self.frame)

    def _taught(
        self, reading: str, closer: str, unseen: Sequence[Point], turn: str | None
    ) -> TaughtTurn | None:
        if turn is None:
            return None
        places = [self._written(part) for part in unseen]
        situation = Situation(self.asked["instruction"], (), "", (), (), reading, closer, places)
        return TaughtTurn(write_prompt(situation), turn)


def _thinned(
    page: Mapping[str, Any], asked: Mapping[str, Any], random: Random
) -> Mapping[str, Any]:
    """A page of which little is left beside what is asked for."""
    target = Box(*asked["bbox_xyxy"]) if asked["bbox_xyxy"] else None

    def kept(rows: Sequence[Sequence[Any]], most: int) -> list[Sequence[Any]]:
        own = [row for row in rows if target and target.contains(Box(*row[1:5]).center)]
        return [*own, *random.sample(rows, min(random.randint(2, most), len(rows)))]

    return {**page, "lines": kept(page["lines"], 24), "controls": kept(page["controls"], 10)}


def _around_it(page: Mapping[str, Any], place: Point) -> Mapping[str, Any]:
    """What of a page can have a part in what is called there."""
    near = Box.around(place, _REACH_PX, _REACH_PX / 4)

    def kept(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        return [row for row in rows if near.intersection(Box(*row[1:5])) is not None]

    return {**page, "lines": kept(page["lines"]), "controls": kept(page["controls"])}


def _size(frame: Frame, enlarged: float) -> tuple[int, int]:
    return round(frame.width_px * enlarged), round(frame.height_px * enlarged)


def _around(middle: Point) -> Box:
    return Box.around(middle, PART_PX / 2)


def _times(box: Box, factor: float) -> Box:
    return Box(box.left * factor, box.top * factor, box.right * factor, box.bottom * factor)


def _cut(screen: Screen, region: Box) -> Screen:
    """What a picture of the region shows; a line that is cut in two keeps its letters within."""
    lines = []
    for line in screen.lines:
        kept = line.box_px.intersection(region)
        if kept is None or kept.height < 0.7 * line.box_px.height or kept.width < 4:
            continue
        if kept.width < line.box_px.width:
            a_letter = line.box_px.width / max(len(line.text), 1)
            first = round((kept.left - line.box_px.left) / a_letter)
            text = line.text[first : first + round(kept.width / a_letter)].strip()
            line = replace(line, text=text, box_px=kept)
        if line.text:
            lines.append(line)
    shapes = [shape for shape in screen.shapes if region.contains(shape.box_px.center)]
    return Screen(tuple(lines), tuple(shapes), screen.frame)


def _as_small(screen: Screen, random: Random) -> Screen:
    """With what is lost of small things."""
    lines: list[TextLine] = []
    for line in screen.lines:
        height = line.box_px.height / _INK
        if random.random() > _chance(_FOUND, height):
            continue
        if random.random() > _chance(_SURELY, height):
            text = line.text
            while random.random() < _BLURRED and len(text) > 1:
                text = misread(text, random)
            line = replace(line, text=text, confidence=random.choice((0.05, 0.3, 0.45, 0.55)))
        if lines and height < 9 and random.random() < _JOINED and _is_next(lines[-1], line):
            line = _joined(lines.pop(), line)
        lines.append(line)
    shapes = [seen for shape in screen.shapes if (seen := _drawn(shape, random)) is not None]
    return Screen(tuple(lines), tuple(shapes), screen.frame)


def _drawn(shape: Shape, random: Random) -> Shape | None:
    """A shape as it is seen, if it is."""
    side = min(shape.box_px.width, shape.box_px.height)
    if random.random() > _chance(_DRAWN, side):
        return None
    if shape.kind == "icon" and random.random() > _chance(_NAMED, side):
        return replace(shape, names=(random.choice(ICONS),))
    return shape


def _is_next(left: TextLine, right: TextLine) -> bool:
    gap = right.box_px.left - left.box_px.right
    level = abs(left.box_px.center.y - right.box_px.center.y) < 0.3 * left.box_px.height
    return level and 0 <= gap < 1.5 * left.box_px.height


def _joined(left: TextLine, right: TextLine) -> TextLine:
    box = Box(
        left.box_px.left,
        min(left.box_px.top, right.box_px.top),
        right.box_px.right,
        max(left.box_px.bottom, right.box_px.bottom),
    )
    text = f"{left.text} {right.text}"
    return replace(left, text=text, box_px=box, confidence=min(left.confidence, right.confidence))


def _chance(table: Sequence[tuple[float, float]], height: float) -> float:
    """The share that a table (upper bound, share) gives for a height."""
    return table[min(bisect.bisect_left([bound for bound, _ in table], height), len(table) - 1)][1]
