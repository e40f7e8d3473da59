"""Items by number: what is told, what is said, and what is understood."""

import pytest

from vigorl.policy.nano.numbering import NumberedItems

PROMPT = """\
Task: click "Add" at (5, 6)
1. click "Home (9, 9)"
Page: Shop (7, 7)
"Add" (440, 288) button | "Add" (45, 610) button
field "Add" (44, 301) "see (1, 2)" | box "Printed" (516, 562) on
icon cart (902, 30) | icon (950, 30) | "Beside" (44, 301)
Not seen closely: (250, 250) (750, 250)"""
NUMBERED = """\
Task: click "Add" at (5, 6)
1. click "Home (9, 9)"
Page: Shop (7, 7)
"Add" #1 button | "Add" #2 button
field "Add" #3 "see (1, 2)" | box "Printed" #4 on
icon cart #5 | icon #6 | "Beside" #7
Not seen closely: #8 #9"""


def test_items_are_numbered_as_they_are_told_and_nothing_else_is() -> None:
    prompt, items = NumberedItems.of(PROMPT)
    assert prompt == NUMBERED
    assert items.places["#2"] == "(45, 610)" and items.places["#9"] == "(750, 250)"
    assert items.heads["#5"] == ("icon", "cart") and items.heads["#3"] == ("field", '"Add"')


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ('<think> "Add" (45, 610) </think>\n<answer> click (45, 610) </answer>',
         '<think> "Add" #2 </think>\n<answer> click #2 </answer>'),
        # Two items at one place: the one that is called so, also without its kind.
        ('<think> "Beside" (44, 301) </think>', '<think> "Beside" #7 </think>'),
        ('<think> field "Add" (44, 301) </think>', '<think> field "Add" #3 </think>'),
        ('<think> "Add" (44, 301) </think>', '<think> "Add" #3 </think>'),
        ("<think> icon cart (902, 30) </think>", "<think> icon cart #5 </think>"),
        ("<tool_call> (750, 250) </tool_call>", "<tool_call> #9 </tool_call>"),
        # What no item has, and what is no item, stays.
        ("<answer> drag (516, 562) to (3, 4) </answer>", "<answer> drag #4 to (3, 4) </answer>"),
        ("<answer> scroll (902, 30) down 800 </answer>",
         "<answer> scroll (902, 30) down 800 </answer>"),
        (r'<answer> type (44, 301) "at \"(45, 610)\", #2" enter </answer>',
         r'<answer> type #3 "at \"(45, 610)\", #2" enter </answer>'),
    ],
)  # fmt: skip
def test_a_reply_with_numbers_is_understood_as_the_one_with_places(place: str, number: str) -> None:
    _, items = NumberedItems.of(PROMPT)
    assert items.said(place) == number
    assert items.understood(number) == place


def test_a_number_of_nothing_stays_and_means_nothing() -> None:
    _, items = NumberedItems.of(PROMPT)
    reply = "<answer> click #14 </answer>"
    assert items.understood(reply) == reply
