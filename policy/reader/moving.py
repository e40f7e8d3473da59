"""Steps that change what is looked at: actions without a target, scrolling, waiting, tabs."""

from difflib import SequenceMatcher

from vigorl.browser.actions import Action, Press, TabClose, TabSwitch
from vigorl.browser.observation import Tab
from vigorl.policy.reader.play import Moves, Play, Stuck
from vigorl.policy.reader.pointing import find_target, holds, point_once, says
from vigorl.policy.reader.steps import ScrollStep, TabStep, Target, Until, describe

_MOST_SCROLLS = 60
_LONGEST_WAIT_S = 16
_GLANCE_S = 2.0
"""Time between two looks while waiting."""
_PAGE = 0.8
"""Share of the screen that one step scrolls on."""
_FAR_CSS_PX = 100_000
_SAME_TITLE = 0.8
"""Likeness from which on a tab's title is the one that was named."""


def act(play: Play, action: Action) -> Moves:
    """Make an action that needs no eyes.

    Raises:
        Stuck: it cannot be done.
    """
    what = f"press {action.keys}" if isinstance(action, Press) else action.type.replace("_", " ")
    yield from play.do(f"The next step is: {what}.", action)
    _require_accepted(play, what)


def _require_accepted(play: Play, what: str) -> None:
    if refusal := play.said("bad_action", "navigation_error", "blocked"):
        raise Stuck(f"I was to {what}. {refusal}")


def scroll(play: Play, step: ScrollStep) -> Moves:
    """Scroll by a distance, to the end, or until something is seen.

    Raises:
        Stuck: it is not seen before the end.
    """
    region = play.frame.region_css_px
    at = (yield from find_target(play, step.over)).point if step.over else region.center
    across = step.direction in ("left", "right")
    page_px = _PAGE * (region.width if across else region.height)
    if step.until is None and not step.to_end:
        distance_px = step.distance_css_px or page_px
        yield from play.scroll(f"I scroll {step.direction}.", step.direction, distance_px, at)
        _require_accepted(play, f"scroll {step.direction}")
        return
    goal = f"until {says(step.until)}" if step.until else "to the end"
    for _ in range(_MOST_SCROLLS):
        if step.until and holds(play, step.until):
            return
        distance_px = _FAR_CSS_PX if step.to_end else page_px
        thought = f"I scroll {step.direction} {goal}."
        if not (yield from play.scroll(thought, step.direction, distance_px, at)):
            break
    _require_accepted(play, f"scroll {step.direction}")
    if step.until and not holds(play, step.until):
        what = describe(step.until.target)
        raise Stuck(f"I scrolled {step.direction} to the end and did not see {what}.")


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
        raise Stuck(f"I waited {_LONGEST_WAIT_S} s until {says(until)}; it does not.")


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
            yield from point_once(play, Target((step.title,), quoted=True, role="tab"))
            return
    if index is None or not 0 <= index < len(tabs):
        titles = ", ".join(f'"{tab.title}"' for tab in tabs)
        raise Stuck(f"There is no such tab. Those that are open: {titles}.")
    if step.close:
        yield from play.do(f'I close the tab "{tabs[index].title}".', TabClose(index))
    else:
        yield from play.do(f'I switch to the tab "{tabs[index].title}".', TabSwitch(index))


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
