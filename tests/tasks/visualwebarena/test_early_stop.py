"""Equal actions end an episode as in the published runner."""

import pytest

from vigorl.browser.actions import Action, Back, Click, Goto, Press, Scroll, TabSwitch, Type
from vigorl.browser.geometry import Point
from vigorl.tasks.visualwebarena.early_stop import EarlyStop, is_same

HERE, THERE = Point(10, 10), Point(20, 10)


def stops_after(*actions: Action) -> tuple[int, str] | None:
    early = EarlyStop()
    for number, action in enumerate(actions, 1):
        if reason := early.note(action):
            return number, reason
    return None


def test_five_equal_actions_in_a_row_stop_and_four_do_not() -> None:
    assert stops_after(*[Click(HERE)] * 6) == (5, "Same action for 5 times")
    assert stops_after(*[Click(HERE)] * 4, Back(), *[Click(HERE)] * 4) is None


def test_typing_in_one_place_five_times_stops_whenever_and_whatever_it_was() -> None:
    words = [Type(word, HERE) for word in ("a", "b", "c", "d", "e")]
    mixed = [step for word in words for step in (word, Press("Enter"))]
    assert stops_after(*mixed) == (9, "Same typing action for 5 times")
    elsewhere = [Type("a", Point(number, 0)) for number in range(9)]
    assert stops_after(*elsewhere) is None


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (Click(HERE), Click(HERE, count=2), True),
        (Click(HERE), Click(THERE), False),
        (Type("a", HERE), Type("b", HERE, enter=True), True),
        (Type("a"), Type("b"), False),
        (Scroll(HERE, dy_css_px=100), Scroll(THERE, dy_css_px=900), True),
        (Scroll(HERE, dy_css_px=100), Scroll(HERE, dy_css_px=-100), False),
        (Goto("http://a"), Goto("http://b"), False),
        (TabSwitch(0), TabSwitch(1), False),
        (Press("Enter"), Press("Enter"), True),
        (Press("Enter"), Back(), False),
    ],
)
def test_actions_are_equal_by_where_they_act(first: Action, second: Action, same: bool) -> None:
    assert is_same(first, second) is same
