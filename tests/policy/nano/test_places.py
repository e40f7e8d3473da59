"""Places that a reply may write are those that it was told, each behind its own name."""

import pytest

from vigorl.policy.nano.places import Said, ToldPlaces, departures

PROMPT = """\
Task: open the cart at (5, 6)
1. click "Home (9, 9)"
Page: Shop (7, 7)
"Add" (440, 288) button | "Add" (45, 610) button
field "Add" (44, 301) "see (1, 2)" | box "Printed" (516, 562) on
icon cart (902, 30) | icon (950, 30)
Not seen closely: (250, 250) (750, 250)"""
TOLD = ToldPlaces.of(PROMPT)


def rests(text: str, told: ToldPlaces = TOLD) -> set[str] | None:
    said = Said(told).with_text(text)
    assert said.is_kept
    return None if said.rests is None else set(said.rests)


def test_the_places_of_a_prompt_are_those_of_its_items_its_parts_and_its_task() -> None:
    assert set(TOLD.places) == {
        "(5, 6)",
        "(440, 288)",
        "(45, 610)",
        "(44, 301)",
        "(516, 562)",
        "(902, 30)",
        "(950, 30)",
        "(250, 250)",
        "(750, 250)",
    }


@pytest.mark.parametrize(
    ("before", "places"),
    [
        ('"Add" ', {"(440, 288)", "(45, 610)", "(44, 301)"}),
        ('the field "Add" ', {"(44, 301)"}),
        ('a list "Add" ', {"(440, 288)", "(45, 610)", "(44, 301)"}),
        ("icon cart ", {"(902, 30)"}),
        ("icon ", {"(950, 30)"}),
        ('"Remove" ', set(TOLD.places)),
        ("it is here ", set(TOLD.places)),
        ('box "Printed" ', {"(516, 562)"}),
    ],
)
def test_behind_a_name_stand_the_places_of_that_name_and_else_all(
    before: str, places: set[str]
) -> None:
    assert set(TOLD.behind(before)) == places
    assert rests(f"<think> {before}(") == {place[1:] for place in places}


def test_each_digit_leaves_the_places_that_begin_like_that() -> None:
    assert rests('<think> "Add" (4') == {"40, 288)", "5, 610)", "4, 301)"}
    assert rests('<think> "Add" (44') == {"0, 288)", ", 301)"}
    assert rests('<think> "Add" (440, 288)') is None
    for wrong in ('"Add" (9', '"Add" (440, 289', '"Add" (440,2', "(x", "( "):
        assert not Said(TOLD).with_text(f"<think> {wrong}").is_kept


@pytest.mark.parametrize(
    ("reply", "is_kept"),
    [
        ('<think> "say (3, 3)" </think>', True),  # in quotes
        ('<think> a " that is never closed\n(3, 3)', False),  # a line ends them
        ('<think> a " that is never closed </think>\n<answer> click (3', False),
        ("<think> x </think>\n<answer> click (44, 301) </answer>", True),
        ("<think> x </think>\n<answer> scroll (500, 500) down 800 </answer>", True),
        ("<think> x </think>\n<answer> drag (44, 301) to (3, 3) </answer>", True),
        ("<think> x </think>\n<answer> drag (3", False),
        (r"<think> x </think>" "\n" r'<answer> type (44, 301) "say \"(3, 3)\"" </answer>', True),
        ('<think> x </think>\n<answer> done "at (3, 3)" </answer>', True),
        ("<think> x </think>\n<tool_call> (750, 250) </tool_call>", True),
        ("<think> x </think>\n<tool_call> (751", False),
    ],
)
def test_places_are_kept_to_where_a_reply_points_at_something(reply: str, is_kept: bool) -> None:
    assert Said(TOLD).with_text(reply).is_kept is is_kept
    assert (not list(departures(PROMPT, reply))) is is_kept


def test_where_nothing_was_read_a_reply_may_point_anywhere() -> None:
    told = ToldPlaces.of("Task: x\nPage: y")
    assert told.places == ()
    assert rests("<think> (", told) is None
    assert Said(told).with_text("<think> (12, 3)").is_kept
