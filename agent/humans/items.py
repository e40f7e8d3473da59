"""What a rater is shown of a step: its words without coordinates, and a circle on its picture."""

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from vigorl.agent.analysis.behaviors import sentences_of
from vigorl.agent.analysis.referents import referents_of
from vigorl.agent.humans.sampling import RatablePoint
from vigorl.agent.plain_text import plain
from vigorl.agent.record.named_boxes import read_boxes
from vigorl.agent.viewer.show import title
from vigorl.browser.geometry import Point
from vigorl.policy.points import NUMBER

Overlap = Literal["yes", "no", "unsure"]
OVERLAPS: tuple[Overlap, ...] = ("yes", "no", "unsure")
"""Answers to the first question."""
HELPFULNESS = (1, 2, 3, 4, 5)
"""Answers to the second one."""

PieceKind = Literal["said", "around", "here", "elsewhere"]
"""Of the sentence in question; of others; the point in question; another one."""

_COORDINATES = re.compile(rf"[(\[]\s*{NUMBER}(?:\s*,\s*{NUMBER}){{1,3}}\s*[)\]]")
_FAR = 0.35
"""Of the picture's longer side: a circle so far from all that a step names is on none of it."""
_GRID = (0.06, 0.17, 0.28, 0.39, 0.5, 0.61, 0.72, 0.83, 0.94)


@dataclass(frozen=True, slots=True)
class StudyItem:
    """One screen of the page for raters; nothing in it says what is right."""

    goal: str
    pieces: tuple[tuple[str, PieceKind], ...]
    """The words of the step in order; places where coordinates were have none."""
    picture: str
    """Which picture, by its hash in the record."""
    x: float
    """Middle of the circle, in parts of the picture's width."""
    y: float


@dataclass(frozen=True, slots=True)
class Expected:
    """The known answer to an attention check."""

    overlap: Overlap
    helpfulness: int | None
    """None: any will do."""


def item_of(rated: RatablePoint) -> StudyItem:
    """A step as raters see it."""
    assert rated.mention.point is not None
    x, y = _shares(rated, rated.mention.point)
    return StudyItem(_goal(rated), tuple(_pieces(rated)), rated.view.sha256, x, y)


def moved_check(rated: RatablePoint, draw: random.Random) -> tuple[StudyItem, Expected] | None:
    """A step whose circle is far from all that it names: no; None where no place is far enough."""
    if not re.search(r"[\"“'‘«]\w", rated.step.turn.thought[: rated.mention.start]):
        return None  # it may speak of something that is everywhere
    named = [_shares(rated, each.point) for each in rated.step.turn.named if each.point]
    width, height = rated.view.frame.width_px, rated.view.frame.height_px
    far = _FAR * max(width, height)
    free = [
        (x, y)
        for x in _GRID
        for y in _GRID
        if all(((x - u) * width) ** 2 + ((y - v) * height) ** 2 >= far**2 for u, v in named)
        and not _is_named_there(rated, x, y)
    ]
    if not free:
        return None
    x, y = draw.choice(free)
    item = item_of(rated)
    return StudyItem(item.goal, item.pieces, item.picture, x, y), Expected("no", None)


def told_check(rated: RatablePoint, draw: random.Random) -> tuple[StudyItem, Expected]:
    """A picture whose words say what to answer."""
    expected = Expected(draw.choice(OVERLAPS), draw.choice(HELPFULNESS))
    words = (
        "This one is here to see that the text is read. Whatever the picture shows, please answer "
        f"“{expected.overlap}” to the first question and {expected.helpfulness} to the second."
    )
    item = item_of(rated)
    said: tuple[tuple[str, PieceKind], ...] = ((words, "said"),)
    return StudyItem(item.goal, said, item.picture, item.x, item.y), expected


def digest_of(item: StudyItem, salt: str) -> str:
    """A name for an item that tells nothing about it."""
    return hashlib.sha256(f"{salt} {item!r}".encode()).hexdigest()[:8]


def words_of(pieces: Sequence[tuple[str, PieceKind]]) -> str:
    """The words of an item on one line, for the key."""
    signs = {"here": "◯", "elsewhere": "…"}
    return " ".join("".join(signs.get(kind, text) for text, kind in pieces).split())


def _pieces(rated: RatablePoint) -> Iterator[tuple[str, PieceKind]]:
    thought, here = rated.step.turn.thought, rated.mention
    begin, end = next(
        (span for span in sentences_of(thought) if span[0] <= here.start < span[1]),
        (0, len(thought)),
    )
    places: list[tuple[int, int, PieceKind]] = [
        (*found.span(), "elsewhere")
        for found in _COORDINATES.finditer(thought)
        if not (found.start() < here.end and here.start < found.end())
    ]
    places = sorted([*places, (here.start, here.end, "here")])
    at = 0
    for start, stop, kind in [*places, (len(thought), len(thought), "around")]:
        yield from _plain_pieces(thought, at, start, begin, end)
        if kind != "around":
            yield "", kind
        at = stop


def _plain_pieces(
    thought: str, start: int, stop: int, begin: int, end: int
) -> Iterator[tuple[str, PieceKind]]:
    """The words between two places, cut where the sentence in question begins and ends."""
    cuts = sorted({start, stop, *(cut for cut in (begin, end) if start < cut < stop)})
    for first, last in pairwise(cuts):
        yield plain(thought[first:last]), "said" if begin <= first < end else "around"


def _goal(rated: RatablePoint) -> str:
    return plain(title(rated.trajectory)).strip()


def _shares(rated: RatablePoint, point: Point) -> tuple[float, float]:
    """A point of the environment in parts of the picture."""
    frame = rated.view.frame
    place = frame.from_region(point)
    return round(place.x / frame.width_px, 5), round(place.y / frame.height_px, 5)


def _is_named_there(rated: RatablePoint, x: float, y: float) -> bool:
    """Whether something of a name that the step says is at a place, as far as boxes are known."""
    screen = read_boxes(rated.trajectory.folder).get(rated.view.sha256, ())
    turn, region = rated.step.turn, rated.view.frame.region_css_px
    place = Point(region.left + x * region.width, region.top + y * region.height)
    return any(each.would_hold(place) for each in referents_of(turn.thought, turn.named, screen))
