"""Repeat steps: the same click again and again, until something is seen."""

from collections.abc import Generator

from vigorl.browser.geometry import Box
from vigorl.browser.observation import Observation
from vigorl.policy.perception.layout import touch
from vigorl.policy.reader.candidates import Candidate, aims
from vigorl.policy.reader.language.steps import PointStep, Until, describe, names_in
from vigorl.policy.reader.mouse_steps import (
    candidates,
    find_target,
    holds,
    is_surely,
    pointed,
    says,
)
from vigorl.policy.reader.search import ScreenSearch, look_here
from vigorl.policy.reader.session import Move, Moves, NotFound, Play, Stuck

_MOST_ROUNDS = 40
"""How often it is tried."""
_MOST_IDLE_ROUNDS = 2
"""How many of these in a row may change nothing."""
_MOST_SCREENS = 5
"""How many screens of a page are looked through in each round."""
_PAGE = 0.8
"""Share of the screen that one look scrolls on."""
_EDGE_CSS_PX = 40
"""So near to an edge of the screen, what has changed goes on beyond it."""


def point_until(play: Play, step: PointStep, until: Until) -> Moves:
    """Point at something until a condition holds.

    It ends as well where that changes nothing any more, where the thing is gone, and where a screen
    comes a second time: what was not seen until then will not come.

    Raises:
        Stuck: the condition did not come true.
    """
    seen = {_texts(play)}
    aim: Candidate | None = None
    idle, above, below = 0, False, True
    saw = f"no such thing {_MOST_ROUNDS} times"
    for attempt in range(1, _MOST_ROUNDS + 1):
        if holds(play, until) or (yield from _beyond(play, until, step, aim, above, below)):
            return
        play.attempt = attempt
        try:
            aim = yield from find_target(play, step.target, aim)
        except NotFound:
            if aim is None:
                raise
            saw = f"that {describe(step.target)} is no longer there"
            break
        before = play.scene
        outcome = yield from pointed(play, step, aim, play.seen(aim))
        idle = idle + 1 if outcome.effect == "none" else 0
        if idle and (yield from _is_there_misread(play, until)):
            return
        if idle == _MOST_IDLE_ROUNDS:
            saw = f"that {outcome.saw} when I clicked {describe(step.target)}"
            break
        if idle:
            above = below = False
            continue
        regions = play.changes_since(before)
        region = play.frame.region_css_px
        above = any(box.top <= region.top + _EDGE_CSS_PX for box in regions)
        below = any(box.bottom >= region.bottom - _EDGE_CSS_PX for box in regions)
        texts = _texts(play)
        if texts in seen and not holds(play, until):
            saw = "a screen that I had seen before: it goes round in circles"
            break
        seen.add(texts)
    if not holds(play, until):
        raise Stuck(f"expected that {says(until)}; I saw {saw}, and never that")


def _beyond(
    play: Play, until: Until, step: PointStep, aim: Candidate | None, above: bool, below: bool
) -> Generator[Move, Observation, bool]:
    """Whether a condition holds on what the screen does not show of the page; stays there then.

    Else the screen shows the target again, where it did before.
    """
    if until.gone or play.is_still:
        return False
    region = play.frame.region_css_px
    what = describe(until.target)
    if above and play.depth_css_px > 0:
        yield from play.scroll(
            f"I do not see {what} here. I look above.", "up", 100_000, region.center
        )
        if holds(play, until):
            return True
        below = True
    down_px = 0.0
    for _ in range(_MOST_SCREENS if below else 0):
        distance_px = _PAGE * region.height
        thought = f"I do not see {what} here. I look further down."
        if not (yield from play.scroll(thought, "down", distance_px, region.center)):
            break
        down_px += distance_px
        if holds(play, until):
            return True
    if down_px and not _is_in_sight(play, step, aim):
        yield from play.scroll(
            f"I do not see {what} further down either. I go back.", "up", down_px, region.center
        )
    return False


def _is_there_misread(play: Play, until: Until) -> Generator[Move, Observation, bool]:
    """Whether a closer look at what is like the text shows that it is the text."""
    if until.gone:
        return False
    target = until.target
    search = ScreenSearch(describe(target), names_in(target), lambda screen: aims(screen, target))
    return bool((yield from look_here(play, search, play.screen())))


def _is_in_sight(play: Play, step: PointStep, aim: Candidate | None) -> bool:
    found = candidates(play, play.screen(), step.target, aim)
    return bool(found) and is_surely(found[0], step.target)


def _texts(play: Play) -> frozenset[str]:
    """What is to be read, but for what moves by itself: the same on the same screen."""

    def is_restless(box: Box) -> bool:
        return any(touch(box, region) for region in play.restless)

    return frozenset(
        "".join(line.text.split()) for line in play.screen().lines if not is_restless(line.box_px)
    )
