"""Menu entries: a closed menu is opened to point at what is in it."""

from collections.abc import Generator, Sequence
from dataclasses import replace

from vigorl.browser.actions import Click
from vigorl.browser.observation import Observation
from vigorl.policy.perception.layout import gap_y, inside, overlap_x, touch
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.reader.candidates import Candidate
from vigorl.policy.reader.effects import FAILURES, zone_of
from vigorl.policy.reader.language.steps import PointStep, Target, describe, names_in
from vigorl.policy.reader.mouse_steps import (
    candidates,
    find_target,
    is_surely,
    point_once,
    pointed,
    require_effect,
)
from vigorl.policy.reader.search import ScreenSearch, look_for
from vigorl.policy.reader.session import Move, Moves, NotFound, Play, Stuck

_HANGS_CSS_PX = 16
"""How far below its name a menu that is open may hang."""
_LARGE_SHARE = 0.25
"""Share of the screen from which on a panel is a part of the page, not a menu."""
_MOST_TRIES = 2
"""A menu that was open is closed by the first click on its name."""
_MOST_NAMED = 8


def point_in_menu(play: Play, step: PointStep, menu: Target) -> Moves:
    """Point at an item of a menu; open the menu first where it is closed.

    Raises:
        Stuck: there is no such menu, no such item in it, or pointing at it had no effect.
    """
    item = replace(step.target, relation=None)
    name = yield from find_target(play, menu)
    hanging = [aim for aim in _items(play, item) if _hangs_from(play.screen(), aim, name)]
    if hanging and is_surely(hanging[0], item):
        aim = hanging[0]
    elif (found := (yield from _opened(play, item, menu, name))) is not None:
        aim = found
    else:  # the name of a part of the page, which does not open
        yield from point_once(play, step)
        return
    outcome = yield from pointed(play, step, aim, play.seen(aim))
    require_effect(play, step, aim, outcome)


def _items(play: Play, item: Target) -> list[Candidate]:
    return candidates(play, play.screen(), item)


def _hangs_from(screen: Screen, aim: Candidate, name: Candidate) -> bool:
    """Whether something stands in a panel that hangs from the name of a menu."""
    largest = _LARGE_SHARE * screen.frame.region_css_px.area
    return any(
        panel.area < largest
        and inside(aim.box, panel)
        and panel.center.y > name.box.bottom
        and gap_y(panel, name.box) <= _HANGS_CSS_PX
        and overlap_x(panel, name.box) > 0
        for panel in screen.panels
    )


def _opened(
    play: Play, item: Target, menu: Target, name: Candidate
) -> Generator[Move, Observation, Candidate | None]:
    """Open a menu and find an item that this brings up; None where a click opens nothing.

    Raises:
        Stuck: the menu has no such item, or its name leads elsewhere.
    """
    for _ in range(_MOST_TRIES):
        before, old = play.scene, play.screen()
        was_there = [aim for aim in _items(play, item) if is_surely(aim, item)]
        play.lit = zone_of(play, name)
        yield from play.do(f"{play.seen(name)} I click it to open the menu.", Click(name.point))
        if refusal := play.said(*FAILURES):
            raise Stuck(f"expected to open {describe(menu)}; I was told: {refusal}")
        if play.scene.is_elsewhere(before):
            raise Stuck(f"expected {describe(menu)} to open; I saw that it leads to another page")
        if not play.changes_since(before):
            yield from play.wait("Nothing has opened yet. I wait a moment.")
        came = _came(old, play.screen())
        gone = [aim for aim in was_there if not any(_same(aim, now) for now in _items(play, item))]
        if not came and not gone:
            return None
        try:
            return (yield from _new_item(play, item, menu, old))
        except NotFound:
            if not gone:
                raise
            play.remark(f"That has closed {describe(menu)}, which was open.")
    raise Stuck(f"expected {describe(menu)} to open; I saw it close only")


def _new_item(
    play: Play, item: Target, menu: Target, old: Screen
) -> Generator[Move, Observation, Candidate]:
    """The item among what came up.

    Raises:
        NotFound: it is not there.
    """

    def resolve(screen: Screen) -> list[Candidate]:
        came = _came(old, screen)
        return [
            aim
            for aim in candidates(play, screen, item)
            if not isinstance(aim.source, TextLine) or any(aim.source is line for line in came)
        ]

    what = f"{describe(item)} in the menu that has opened"
    search = ScreenSearch(what, names_in(item), resolve, scrolling=False)
    try:
        return (yield from look_for(play, search))
    except NotFound:
        came = ", ".join(f'"{line.text}"' for line in _came(old, play.screen())[:_MOST_NAMED])
        raise NotFound(
            f"expected {describe(item)} in {describe(menu)}; I opened it and saw "
            f"{came or 'nothing in it'}"
        ) from None


def _came(old: Screen, new: Screen) -> Sequence[TextLine]:
    """The texts that were not there before."""
    return [
        line
        for line in new.lines
        if not any(line.text == was.text and touch(line.box_px, was.box_px) for was in old.lines)
    ]


def _same(aim: Candidate, other: Candidate) -> bool:
    return aim.text == other.text and touch(aim.box, other.box)
