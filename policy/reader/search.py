"""Search for a target: on the screen, after a wait, zoomed in, and further down the page."""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from math import ceil

from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.perception.panorama import extended, moved_up_by
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.perception.screen_reader import unreadable
from vigorl.policy.reader.candidates import SURE, Candidate, is_sure
from vigorl.policy.reader.matching import find
from vigorl.policy.reader.outcome import covers
from vigorl.policy.reader.session import Move, NotFound, Play, with_line

_MOST_SCROLLS = 22
_MOST_SCROLLS_NEARBY = 4
"""How far a page is scrolled for what should stand beside something that is in sight."""
_PAGE = 0.6
"""Share of the screen's height that one look scrolls on."""
_LONGEST_BLANK = 4
"""Empty screens in a row after which a page is taken to be at its end."""
_MISREAD = 0.5
"""Score from which on a text may be the name, misread."""
_LOOKS_CLOSER = 2
"""How many doubtful readings of a screen are zoomed in on."""
_MOST_SMALL_TEXTS = 6
"""How many closer looks at text that is too small to read one search takes."""
_TILE_CSS_PX = 320
"""Side of a closer look at small text: at this size letters of 6 px are read."""
_OVERLAP_CSS_PX = 16
_NEAREST = 3
"""How many texts are named that came near to what was looked for."""
_NEAR = 0.6
"""Likeness from which on a text came near."""

_WORD = re.compile(r"\w{3,}")

Found = Generator[Move, Observation, Candidate | None]


@dataclass
class ScreenSearch:
    """One thing that is looked for, and what came near to it so far."""

    what: str
    """In words, for thoughts."""
    names: Sequence[Sequence[str]]
    """What it and the neighbours that tell it apart may be called, each with alternatives."""
    resolve: Callable[[Screen], list[Candidate]]
    """What on a screen it may be, best first."""
    whole_page: bool = False
    """Whether all of the page must be seen to tell (the last of its kind)."""
    scrolling: bool = True
    estimated: bool = False
    """Whether distances on the page are estimated in part: an empty stretch has been passed."""
    sure: Callable[[Candidate], bool] = is_sure
    """Whether something is it, without a look at the rest of the page."""
    read: list[str] = field(default_factory=list)
    """Every text that was seen on the way."""
    unread: str = ""
    """Why much of what was seen cannot be read."""
    small_text_count: int = 0
    """How often small text has been looked at closer."""

    def best(self, screen: Screen) -> Candidate | None:
        """The best that is sure enough."""
        found = self.resolve(screen)
        return found[0] if found and self.sure(found[0]) else None

    def is_beside(self, screen: Screen) -> bool:
        """Whether the neighbour that it is to be found by is in sight, so that it is near."""
        anchors = self.names[-1] if self.names else ()
        return any(match.score >= SURE for name in anchors for match in find(screen, name)[:1])

    def longer(self, page: Screen, last: Screen, now: Screen) -> Screen:
        """The page as far as it is known, with the newest screen added below."""
        moved_px = moved_up_by(last, now)
        if moved_px is None and not now.lines:
            # Nothing on an empty stretch tells; it is taken to have moved as far as it was to.
            moved_px = _PAGE * now.frame.region_css_px.height
            self.estimated = True
        return now if moved_px is None else extended(page, now, moved_px)

    def failure(self) -> NotFound:
        """Why the play cannot go on without it."""
        likeness = {text: self._likeness(text) for text in self.read}
        nearest = sorted(
            (text for text, likeness in likeness.items() if likeness >= _NEAR),
            key=lambda text: -likeness[text],
        )
        read = ", ".join(f'"{text}"' for text in nearest[:_NEAREST])
        if read:
            saw = f"what I read that comes nearest: {read}"
        elif self.unread:
            saw = self.unread
        else:
            saw = "nothing like it" if self.read else "nothing that I can read"
        return NotFound(f"looked for {self.what} and did not find it; I saw {saw}")

    def _likeness(self, text: str) -> float:
        """How near a text comes to a name: letter by letter, or word by word."""
        return max((_likeness(text, name) for names in self.names for name in names), default=0.0)


def _likeness(text: str, name: str) -> float:
    one, other = text.casefold(), name.casefold()
    words = set(_WORD.findall(other))
    common = words & set(_WORD.findall(one))
    by_word = sum(map(len, common)) / max(1, sum(map(len, words)))
    by_letter = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return max(by_letter, by_word if len(one) < 3 * len(other) + 20 else 0.0)


def look_for(play: Play, search: ScreenSearch) -> Generator[Move, Observation, Candidate]:
    """Find something on the screen, else wait a moment, else scroll through the page.

    Raises:
        Stuck: it is nowhere; the message names what was read instead.
    """
    if not search.whole_page and (aim := (yield from look_here(play, search, play.screen()))):
        return aim
    if not search.whole_page and not play.is_still:
        yield from play.wait(f"I do not see {search.what} yet. I wait a moment.")
        if play.changed and (aim := (yield from look_here(play, search, play.screen()))):
            return aim
    if aim := (yield from _in_small_text(play, search)):
        return aim
    if play.is_still:
        # There is nothing to be lost by the best guess, and nothing else to be seen.
        if guesses := search.resolve(play.screen()):
            play.remark(f"There is nothing that is surely {search.what}.")
            return guesses[0]
        raise search.failure()
    guess = next(iter(search.resolve(play.screen())), None)
    if search.scrolling and (aim := (yield from _elsewhere(play, search))):
        return aim
    if guess is not None and is_sure(guess):
        search.sure = is_sure
        if aim := search.best(play.screen()):
            return aim
        center = play.frame.region_css_px.center
        yield from play.scroll(f"I do not see {search.what}. I go back.", "up", 100_000, center)
        if aim := search.best(play.screen()):
            return aim
    raise search.failure()


def look_here(play: Play, search: ScreenSearch, screen: Screen) -> Found:
    """Find it on a screen; texts that may be it or its neighbour, misread, are read again."""
    if aim := search.best(screen):
        return aim
    search.read.extend(line.text for line in screen.lines)
    search.unread = search.unread or unreadable(screen)
    for names in search.names:
        for line in _misread(play, screen, names):
            again = yield from play.read_again(
                line,
                f'I look for "{names[0]}". At {play.at(line.box_px.center)} I read "{line.text}", '
                "which may be it. I look closer.",
            )
            screen = with_line(screen, line, again)
    return search.best(screen)


def _in_small_text(play: Play, search: ScreenSearch) -> Found:
    """Find it in text that is too small to be read, by a closer look at the places of such."""
    for tile in _tiles(play.screen().small_text_regions):
        if search.small_text_count == _MOST_SMALL_TEXTS:
            break
        search.small_text_count += 1
        yield from play.read_closely(
            tile,
            f"The text at {play.at(tile.center)} is too small to read. I look closer for "
            f"{search.what}.",
        )
        search.read.extend(line.text for line in play.screen().lines if covers(tile, line.box_px))
        if aim := search.best(play.screen()):
            return aim
    return None


def _tiles(regions: Sequence[Box]) -> list[Box]:
    """Regions cut into pieces that one closer look shows large enough, which overlap a little."""
    tiles = []
    for region in regions:
        across = max(1, ceil(region.width / _TILE_CSS_PX))
        down = max(1, ceil(region.height / _TILE_CSS_PX))
        width, height = region.width / across, region.height / down
        tiles += [
            Box(
                region.left + max(0, column * width - _OVERLAP_CSS_PX),
                region.top + max(0, row * height - _OVERLAP_CSS_PX),
                region.left + (column + 1) * width,
                region.top + (row + 1) * height,
            )
            for row in range(down)
            for column in range(across)
        ]
    return tiles


def _misread(play: Play, screen: Screen, names: Sequence[str]) -> list[TextLine]:
    """The texts in sight that a name may stand in, where no text is surely it."""
    matches = sorted(
        (match for name in names for match in find(screen, name)), key=lambda match: -match.score
    )
    if not matches or matches[0].score >= SURE:
        return []
    doubtful = [
        match.source
        for match in matches
        if isinstance(match.source, TextLine)
        and match.score >= _MISREAD
        and _in_sight(play, match.box_px)
    ]
    return list(dict.fromkeys(doubtful))[:_LOOKS_CLOSER]


def _elsewhere(play: Play, search: ScreenSearch) -> Found:
    """Scroll down to the end of the page, then through what is above the start."""
    seen = {play.view.picture.sha256}
    page, last = play.screen(), play.screen()
    where = "all of the page" if search.whole_page else f"{search.what} here"
    blank = 0
    nearby = search.is_beside(page) and not search.whole_page
    for _ in range(_MOST_SCROLLS_NEARBY if nearby else _MOST_SCROLLS):
        moved = yield from _on(play, f"I do not see {where}. I scroll down.")
        # On an empty stretch every screen looks like the one before.
        blank = 0 if moved else blank + 1
        if blank > (0 if last.lines else _LONGEST_BLANK):
            break
        seen.add(play.view.picture.sha256)
        page, last = search.longer(page, last, play.screen()), play.screen()
        if search.whole_page:
            continue
        if aim := (yield from look_here(play, search, page)) or (
            yield from _in_small_text(play, search)
        ):
            return (yield from _brought_into_sight(play, search, aim))
    if search.whole_page and (aim := (yield from look_here(play, search, page))):
        return (yield from _brought_into_sight(play, search, aim))
    thought = f"I do not see {search.what} further down either. I go to the top."
    moved = yield from play.scroll(thought, "up", 100_000, play.frame.region_css_px.center)
    for _ in range(_MOST_SCROLLS):
        if play.view.picture.sha256 in seen:
            break
        seen.add(play.view.picture.sha256)
        if aim := (yield from look_here(play, search, play.screen())):
            return aim
        if not moved:
            break  # What came by itself, a late dialog, has been looked at.
        moved = yield from _on(play, f"I do not see {search.what} here. I scroll down.")
    return None


def _on(play: Play, thought: str) -> Generator[Move, Observation, bool]:
    """Scroll down by less than a screen; returns whether that moved anything."""
    region = play.frame.region_css_px
    return (yield from play.scroll(thought, "down", _PAGE * region.height, region.center))


def _in_sight(play: Play, box: Box) -> bool:
    return play.frame.region_css_px.contains(box.center)


def _brought_into_sight(play: Play, search: ScreenSearch, aim: Candidate) -> Found:
    """Scroll back to something that was passed, and see it again."""
    region = play.frame.region_css_px
    if _in_sight(play, aim.box):
        return aim
    for _ in range(_MOST_SCROLLS):
        before = play.screen()
        page_px = _PAGE * region.height
        back_px = min(max(region.center.y - aim.box.center.y, 0.5 * page_px), page_px)
        moved = yield from play.scroll(
            f"I have passed {search.what}. I scroll back.", "up", back_px, region.center
        )
        if not moved and before.lines:
            return None
        moved_px = moved_up_by(before, play.screen())
        aim = _shifted(aim, back_px if moved_px is None else -moved_px)
        arrived = aim.box.center.y >= region.top
        if (arrived or search.estimated) and (again := _again(play.screen(), aim, arrived)):
            return again
    return None


def _again(screen: Screen, aim: Candidate, arrived: bool) -> Candidate | None:
    """What was seen before, near the place where it should be; else the first from below."""
    if not isinstance(aim.source, TextLine):
        return aim if arrived else None
    wanted_y = aim.point.y if arrived else screen.frame.region_css_px.bottom
    same = [line for line in screen.lines if line.text == aim.source.text]
    nearest = min(same, key=lambda line: abs(line.box_px.center.y - wanted_y), default=None)
    return _shifted(aim, nearest.box_px.center.y - aim.point.y) if nearest else None


def _shifted(aim: Candidate, down_px: float) -> Candidate:
    box = Box(aim.box.left, aim.box.top + down_px, aim.box.right, aim.box.bottom + down_px)
    return replace(aim, box=box, point=Point(aim.point.x, aim.point.y + down_px))
