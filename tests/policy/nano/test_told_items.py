"""Numbers that a reply may write are those that it was told, each behind its own name."""

import pytest

from vigorl.policy.nano.told_items import Said, ToldItems, departures

PROMPT = """\
Task: open the cart at (5, 6)
1. click "Home #9"
Page: Shop #7
"Add" #4 button | "Add" #40 button
field "Add" #45 "see #3" | box "Printed" #5 on
icon cart #6 | icon #12
Not seen closely: #13 #14"""
TOLD = ToldItems.of(PROMPT)


def rests(text: str, told: ToldItems = TOLD) -> set[str] | None:
    said = Said(told).with_text(text)
    assert said.is_kept
    return None if said.rests is None else set(said.rests)


def test_what_a_prompt_tells_are_its_items_its_parts_and_the_points_of_its_task() -> None:
    assert TOLD.numbers == ("#4", "#40", "#45", "#5", "#6", "#12", "#13", "#14")
    assert TOLD.points == ("(5, 6)",)


@pytest.mark.parametrize(
    ("before", "numbers"),
    [
        ('"Add" ', {"#4", "#40", "#45"}),
        ('the field "Add" ', {"#45"}),
        ('a list "Add" ', {"#4", "#40", "#45"}),
        ("icon cart ", {"#6"}),
        ("icon ", {"#12"}),
        ('"Remove" ', set(TOLD.numbers)),
        ("it is here ", set(TOLD.numbers)),
        ('box "Printed" ', {"#5"}),
    ],
)
def test_behind_a_name_stand_the_numbers_of_that_name_and_else_all(
    before: str, numbers: set[str]
) -> None:
    assert set(TOLD.behind(before)) == numbers
    assert rests(f"<think> {before}#") == {number[1:] for number in numbers}


def test_each_digit_leaves_the_numbers_that_begin_like_that() -> None:
    assert rests('<think> "Add" #4') == {"", "0", "5"}
    assert rests('<think> "Add" #40') == {""}
    assert rests('<think> "Add" #4 ') is None
    assert rests('<think> "Add" #4#') == {"4", "40", "45", "5", "6", "12", "13", "14"}
    for wrong in ('"Add" #9', '"Add" #44', '"Add" #400', "#x", "# ", "icon #1 "):
        assert not Said(TOLD).with_text(f"<think> {wrong}").is_kept
    assert rests("<think> (5") == {", 6)"}


@pytest.mark.parametrize(
    ("reply", "is_kept"),
    [
        ('<think> "say #3" </think>', True),  # in quotes
        ('<think> a " that is never closed\n#3', False),  # a line ends them
        ('<think> a " that is never closed </think>\n<answer> click #3', False),
        ("<think> x </think>\n<answer> click #45 </answer>", True),
        ("<think> x </think>\n<answer> click (45", False),
        ("<think> x </think>\n<answer> click (5, 6) </answer>", True),
        ("<think> x </think>\n<answer> scroll (500, 500) down 800 </answer>", True),
        ("<think> x </think>\n<answer> drag #4 to (3, 3) </answer>", True),
        ("<think> x </think>\n<answer> drag #4 to #3 </answer>", False),
        ("<think> x </think>\n<answer> drag (3", False),
        (r"<think> x </think>" "\n" r'<answer> type #4 "say \"#3\"" </answer>', True),
        ('<think> x </think>\n<answer> done "at #3" </answer>', True),
        ("<think> x </think>\n<tool_call> #14 </tool_call>", True),
        ("<think> x </think>\n<tool_call> #15", False),
    ],
)
def test_a_reply_points_at_what_it_was_told(reply: str, is_kept: bool) -> None:
    assert Said(TOLD).with_text(reply).is_kept is is_kept
    assert (not list(departures(PROMPT, reply))) is is_kept


def test_where_nothing_was_read_a_reply_names_no_number_but_any_point() -> None:
    told = ToldItems.of("Task: x\nPage: y")
    assert told == ToldItems(())
    assert not Said(told).with_text("<think> #").is_kept
    assert Said(told).with_text('<think> "#1" (12, 3) </think>\n<answer> press Enter').is_kept
