"""Page steps: actions without a target, scrolling, waiting, tabs."""

from difflib import SequenceMatcher

from vigorl.browser.actions import (
    Accept,
    Action,
    Back,
    Dismiss,
    Forward,
    Press,
    TabClose,
    TabNew,
    TabSwitch,
)
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Tab
from vigorl.policy.reader.candidates import aims
from vigorl.policy.reader.effects import FAILURES, told
from vigorl.policy.reader.language.steps import (
    PointStep,
    ScrollStep,
    TabStep,
    Target,
    Until,
    describe,
)
from vigorl.policy.reader.mouse_steps import find_target, holds, point_once, says
from vigorl.policy.reader.outcome import Scene
from vigorl.policy.reader.questions import quoted
from vigorl.policy.reader.session import Moves, Play, Stuck

_MOST_SCROLLS = 60
_LONGEST_WAIT_S = 16
_GLANCE_S = 2.0
"""Time between two looks while waiting."""
_PAGE = 0.8
"""Share of the screen that one step scrolls on."""
_FAR_CSS_PX = 100_000
_LOW = 0.75
"""Share of the screen's height from which on something stands at its lower edge."""
_WORDS = {
    "accept": "accept what is asked",
    "dismiss": "dismiss what is asked",
    "goto": "open the page",
    "back": "go back",
    "forward": "go forward",
    "reload": "load the page again",
    "tab_new": "open a tab",
    "tab_close": "close the tab",
    "wait": "wait",
}
"""Actions without a target, as they are said."""
_ACTIVATING = ("Enter", "Space", " ")
"""Keys that do something rather than move something."""
_SAME_TITLE = 0.8
"""Likeness from which on a tab's title is the one that was named."""


def act(play: Play, action: Action) -> Moves:
    """Make an action that needs no eyes, and see what comes of it.

    Raises:
        Stuck: it cannot be done, or did not do what it is for.
    """
    what = (
        f"press {action.keys}"
        if isinstance(action, Press)
        else _WORDS.get(action.type, action.type)
    )
    before, asked = play.scene, play.observation.question
    if isinstance(action, Accept | Dismiss) and asked is None:
        yield from play.wait("Nothing is asked yet. I wait a moment.")
        asked = play.observation.question
        if asked is None:
            raise Stuck(f"expected a question to {what}; I saw none")
    thought = f"{quoted(asked)}. " if asked and isinstance(action, Accept | Dismiss) else ""
    yield from play.do(f"{thought}The next step is: {what}.", action)
    _require_accepted(play, what)
    match action:
        case Accept() | Dismiss():
            if play.observation.question == asked and not play.said("dialog"):
                raise Stuck(f"expected to {what}; I saw that it is still asked")
        case Press(keys):
            yield from _see_key(play, keys, before)
        case Back() | Forward():
            if not told(play, before) and not play.changes_since(before):
                raise Stuck(f"expected another page; I was to {what} and saw the same one")
        case TabNew() | TabClose():
            if len(play.tabs) == len(before.tabs) and not told(play, before):
                raise Stuck(
                    f"expected to {what}; I saw that {len(play.tabs)} tabs are open, as before"
                )
        case _:
            return  # a page that was loaded, or time that passed: the browser would have said


def _see_key(play: Play, keys: str, before: Scene) -> Moves:
    """See that a key had an effect; where none is to be seen, note a doubt."""
    if told(play, before) or play.changes_since(before, carets=True):
        return
    if keys in _ACTIVATING:
        yield from play.wait("Nothing has changed yet. I wait a moment.")
        if told(play, before) or play.changes_since(before):
            return
    play.doubt(f"Nothing changed when I pressed {keys}.")


def _require_accepted(play: Play, what: str) -> None:
    if refusal := play.said(*FAILURES):
        raise Stuck(f"expected to {what}; I was told: {refusal}")


def scroll(play: Play, step: ScrollStep) -> Moves:
    """Scroll by a distance, to the end, or until something is seen.

    Raises:
        Stuck: nothing moves, or it is not seen before the end.
    """
    region = play.frame.region_css_px
    at = (yield from find_target(play, step.over)).point if step.over else region.center
    across = step.direction in ("left", "right")
    page_px = _PAGE * (region.width if across else region.height)
    if step.until is None and not step.to_end:
        distance_px = step.distance_css_px or page_px
        moved = yield from play.scroll(
            f"I scroll {step.direction}.", step.direction, distance_px, at
        )
        _require_accepted(play, f"scroll {step.direction}")
        if not moved and not play.is_still:
            raise Stuck(f"expected the page to scroll {step.direction}; I saw that nothing moved")
        return
    goal = f"until {says(step.until)}" if step.until else "to the end"
    count = 0
    for _ in range(_MOST_SCROLLS):
        if step.until and holds(play, step.until):
            yield from _well_into_sight(play, step, step.until, at)
            return
        distance_px = _FAR_CSS_PX if step.to_end else page_px
        thought = f"I scroll {step.direction} {goal}."
        if not (yield from play.scroll(thought, step.direction, distance_px, at)):
            break
        count += 1
    _require_accepted(play, f"scroll {step.direction}")
    if step.until and not holds(play, step.until):
        what = describe(step.until.target)
        raise Stuck(
            f"expected {what} further {step.direction}; I scrolled {count} times, to the end, and "
            "did not see it"
        )


def _well_into_sight(play: Play, step: ScrollStep, until: Until, at: Point) -> Moves:
    """Scroll on a little where what was found stands at the edge, so that its surroundings show."""
    found = aims(play.screen(), until.target)
    region = play.frame.region_css_px
    if step.direction != "down" or until.gone or not found or step.over:
        return
    beyond_px = found[0].box.center.y - (region.top + _LOW * region.height)
    if beyond_px > 0:
        distance_px = found[0].box.center.y - region.center.y
        yield from play.scroll("I scroll it further into sight.", "down", distance_px, at)


def wait(play: Play, until: Until) -> Moves:
    """Wait for a condition.

    Raises:
        Stuck: it does not come true.
    """
    for _ in range(round(_LONGEST_WAIT_S / _GLANCE_S)):
        if holds(play, until):
            return
        yield from play.wait(f"I wait until {says(until)}.", _GLANCE_S)
    if not holds(play, until):
        raise Stuck(f"expected that {says(until)}; I waited {_LONGEST_WAIT_S} s and never saw that")


def tab(play: Play, step: TabStep) -> Moves:
    """Switch to or close a tab of the browser; else click a tab that the page draws.

    Raises:
        Stuck: there is no such tab.
    """
    tabs = play.tabs
    if step.ordinal is not None:
        after = step.ordinal > 0
        index: int | None = step.ordinal - 1 if after else len(tabs) + step.ordinal
    else:
        index = _by_title(tabs, step.title)
        if index is None and not step.close:
            target = Target((step.title,), quoted=True, role="tab")
            yield from point_once(play, PointStep(target))
            return
    if index is None or not 0 <= index < len(tabs):
        titles = ", ".join(f'"{tab.title}"' for tab in tabs)
        raise Stuck(f"expected such a tab; I saw these: {titles}")
    if step.close:
        yield from play.do(f'I close the tab "{tabs[index].title}".', TabClose(index))
        done = len(play.tabs) < len(tabs)
    else:
        yield from play.do(f'I switch to the tab "{tabs[index].title}".', TabSwitch(index))
        done = index < len(play.tabs) and play.tabs[index].active
    if refusal := play.said(*FAILURES):
        raise Stuck(f"expected to use the tab; I was told: {refusal}")
    if not done and not play.observation.question:
        shown = ", ".join(f'"{tab.title}"' for tab in play.tabs if tab.active)
        raise Stuck(f"expected the tab to be {'closed' if step.close else 'shown'}; I saw {shown}")


def _by_title(tabs: tuple[Tab, ...], title: str) -> int | None:
    """The index of the tab with this title, as well as it can be told."""
    wanted = title.casefold()
    likeness = [
        1.0
        if wanted in tab.title.casefold()
        else SequenceMatcher(None, tab.title.casefold(), wanted).ratio()
        for tab in tabs
    ]
    best = max(likeness, default=0.0)
    return likeness.index(best) if best >= _SAME_TITLE else None
