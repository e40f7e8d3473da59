"""Looking for something: on the screen, after a moment, closer, and further down the page."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.reader.aim import SURE, Aim, is_sure
from vigorl.policy.reader.matching import find
from vigorl.policy.reader.panorama import extended, moved_up_by
from vigorl.policy.reader.play import Move, Play, Stuck, with_line
from vigorl.policy.reader.screen import Line, Screen

_MOST_SCROLLS = 25
_PAGE = 0.6
"""Share of the screen's height that one look scrolls on."""
_LONGEST_BLANK = 4
"""Empty screens in a row after which a page is taken to be at its end."""
_MISREAD = 0.5
"""Score from which on a text may be the name, misread."""
_LOOKS_CLOSER = 2
"""How many doubtful readings of a screen are zoomed in on."""
_NEAREST = 5
"""How many texts are named that came near to what was looked for."""

Found = Generator[Move, Observation, Aim | None]


@dataclass
class Search:
    """One thing that is looked for, and what came near to it so far."""

    what: str
    """In words, for thoughts."""
    names: Sequence[Sequence[str]]
    """What it and the neighbours that tell it apart may be called, each with alternatives."""
    resolve: Callable[[Screen], list[Aim]]
    """What on a screen it may be, best first."""
    whole_page: bool = False
    """Whether all of the page must be seen to tell (the last of its kind)."""
    scrolling: bool = True
    estimated: bool = False
    """Whether distances on the page are estimated in part: an empty stretch has been passed."""
    read: list[str] = field(default_factory=list)
    """Every text that was seen on the way."""

    def best(self, screen: Screen) -> Aim | None:
        """The best that is sure enough."""
        found = self.resolve(screen)
        return found[0] if found and is_sure(found[0]) else None

    def longer(self, page: Screen, last: Screen, now: Screen) -> Screen:
        """The page as far as it is known, with the newest screen added below."""
        moved_px = moved_up_by(last, now)
        if moved_px is None and not now.lines:
            # Nothing on an empty stretch tells; it is taken to have moved as far as it was to.
            moved_px = _PAGE * now.frame.region_css_px.height
            self.estimated = True
        return now if moved_px is None else extended(page, now, moved_px)

    def failure(self) -> Stuck:
        """Why the play cannot go on without it."""
        likeness = {text: self._likeness(text) for text in self.read}
        nearest = sorted(likeness, key=lambda text: -likeness[text])[:_NEAREST]
        read = ", ".join(f'"{text}"' for text in nearest) or "nothing at all"
        return Stuck(
            f"I looked for {self.what} and did not find it. What I read that comes nearest: {read}."
        )

    def _likeness(self, text: str) -> float:
        ratios = (
            SequenceMatcher(None, text.casefold(), name.casefold()).ratio()
            for names in self.names
            for name in names
        )
        return max(ratios, default=0.0)


def look_for(play: Play, search: Search) -> Generator[Move, Observation, Aim]:
    """Find something on the screen, else wait a moment, else scroll through the page.

    Raises:
        Stuck: it is nowhere; the message names what was read instead.
    """
    if not search.whole_page and (aim := (yield from _here(play, search, play.screen()))):
        return aim
    if not search.whole_page:
        yield from play.wait(f"I do not see {search.what} yet. I wait a moment.")
        if play.changed and (aim := (yield from _here(play, search, play.screen()))):
            return aim
    if play.is_still:
        # There is nothing to be lost by the best guess, and nothing else to be seen.
        if guesses := search.resolve(play.screen()):
            play.remark(f"There is nothing that is surely {search.what}.")
            return guesses[0]
        raise search.failure()
    if search.scrolling and (aim := (yield from _elsewhere(play, search))):
        return aim
    raise search.failure()


def _here(play: Play, search: Search, screen: Screen) -> Found:
    """Find it on a screen; texts that may be it or its neighbour, misread, are read again."""
    if aim := search.best(screen):
        return aim
    search.read.extend(line.text for line in screen.lines)
    for names in search.names:
        for line in _misread(play, screen, names):
            again = yield from play.read_again(
                line,
                f'I look for "{names[0]}". At {play.at(line.box_px.center)} I read "{line.text}", '
                "which may be it. I look closer.",
            )
            screen = with_line(screen, line, again)
    return search.best(screen)


def _misread(play: Play, screen: Screen, names: Sequence[str]) -> list[Line]:
    """The texts in sight that a name may stand in, where no text is surely it."""
    matches = sorted(
        (match for name in names for match in find(screen, name)), key=lambda match: -match.score
    )
    if not matches or matches[0].score >= SURE:
        return []
    doubtful = [
        match.source
        for match in matches
        if isinstance(match.source, Line)
        and match.score >= _MISREAD
        and _in_sight(play, match.box_px)
    ]
    return list(dict.fromkeys(doubtful))[:_LOOKS_CLOSER]


def _elsewhere(play: Play, search: Search) -> Found:
    """Scroll down to the end of the page, then through what is above the start."""
    seen = {play.view.picture.sha256}
    page, last = play.screen(), play.screen()
    where = "all of the page" if search.whole_page else f"{search.what} here"
    blank = 0
    for _ in range(_MOST_SCROLLS):
        moved = yield from _on(play, f"I do not see {where}. I scroll down.")
        # On an empty stretch every screen looks like the one before.
        blank = 0 if moved else blank + 1
        if blank > (0 if last.lines else _LONGEST_BLANK):
            break
        seen.add(play.view.picture.sha256)
        page, last = search.longer(page, last, play.screen()), play.screen()
        if not search.whole_page and (aim := (yield from _here(play, search, page))):
            return (yield from _brought_into_sight(play, search, aim))
    if search.whole_page and (aim := (yield from _here(play, search, page))):
        return (yield from _brought_into_sight(play, search, aim))
    thought = f"I do not see {search.what} further down either. I go to the top."
    moved = yield from play.scroll(thought, "up", 100_000, play.frame.region_css_px.center)
    for _ in range(_MOST_SCROLLS):
        if not moved or play.view.picture.sha256 in seen:
            break
        if aim := (yield from _here(play, search, play.screen())):
            return aim
        moved = yield from _on(play, f"I do not see {search.what} here. I scroll down.")
    return None


def _on(play: Play, thought: str) -> Generator[Move, Observation, bool]:
    """Scroll down by less than a screen; returns whether that moved anything."""
    region = play.frame.region_css_px
    return (yield from play.scroll(thought, "down", _PAGE * region.height, region.center))


def _in_sight(play: Play, box: Box) -> bool:
    return play.frame.region_css_px.contains(box.center)


def _brought_into_sight(play: Play, search: Search, aim: Aim) -> Found:
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


def _again(screen: Screen, aim: Aim, arrived: bool) -> Aim | None:
    """What was seen before, near the place where it should be; else the first from below."""
    if not isinstance(aim.source, Line):
        return aim if arrived else None
    wanted_y = aim.point.y if arrived else screen.frame.region_css_px.bottom
    same = [line for line in screen.lines if line.text == aim.source.text]
    nearest = min(same, key=lambda line: abs(line.box_px.center.y - wanted_y), default=None)
    return _shifted(aim, nearest.box_px.center.y - aim.point.y) if nearest else None


def _shifted(aim: Aim, down_px: float) -> Aim:
    box = Box(aim.box.left, aim.box.top + down_px, aim.box.right, aim.box.bottom + down_px)
    return replace(aim, box=box, point=Point(aim.point.x, aim.point.y + down_px))
