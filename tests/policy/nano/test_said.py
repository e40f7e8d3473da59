"""A reply keeps to the items that it was told, to what it thinks of, and to what is still open."""

import pytest

from vigorl.policy.nano.said import Said, departures
from vigorl.policy.nano.told_items import ToldItems

PROMPT = """\
Task: open the cart at (5, 6)
1. click "Home #9"
Page: Shop #7
"Add" #4 button | "Add" #40 button
field "Add" #45 "see #3" | box "Printed" #5 on
icon cart #6 | icon #12
Not seen closely: #13 #14"""
TOLD = ToldItems.of(PROMPT)

PROJECTS = """\
Task: Remove the project "Blue Heron".
1. click "Home"
2. click "Sort": no change
3. scroll down: no change
Page: Projects
"Name" #1 | "Owner" #2 | "Sort" #3 button
"Blue Heron" #4 | "Ada" #5 | "Remove" #6 button
"Open Kitchen" #7 | "Ben" #8 | "Remove" #9 button
"Tango" #10
"Remove" #11 button | "Remove all" #12 link
box "Printed" #13 off | "Printed" #14 | field "Search" #15 "" | list "Size" #16 "M" | field #17 "?"
icon delete #18 | "▲" #19 button"""
ALL = [*range(1, 20)]
SIGNS = (17, 18, 19)
"""Items without a name."""


def rests(text: str, told: ToldItems = TOLD) -> set[str] | None:
    said = Said(told).with_text(text)
    assert said.is_kept
    return None if said.rests is None else set(said.rests)


def kept(text: str, prompt: str = PROJECTS) -> bool:
    return Said(ToldItems.of(prompt)).with_text(text).is_kept


def listed(purpose: str, prompt: str = PROJECTS) -> list[int]:
    """Numbers of the items that may be listed behind what a thought says and has listed."""
    return [
        int(item.number[1:])
        for item in ToldItems.of(prompt).items
        if kept(f"<think> {purpose} {item.kind} {item.without_kind}".replace("  ", " "), prompt)
    ]


def test_what_a_prompt_tells_are_its_items_its_parts_and_the_points_of_its_task() -> None:
    assert TOLD.numbers == ("#4", "#40", "#45", "#5", "#6", "#12", "#13", "#14")
    assert TOLD.points == ("(5, 6)",) and TOLD.unseen == ("#13", "#14")
    assert [(item.kind, item.name, item.line) for item in TOLD.items[1:5]] == [
        ("", "Add", 3),
        ("field", "Add", 4),
        ("box", "Printed", 4),
        ("icon", "cart", 5),
    ]


@pytest.mark.parametrize(
    ("before", "numbers"),
    [
        ('so it is "Add" ', {"#4", "#40", "#45"}),
        ('the field "Add" ', {"#45"}),
        ('a list "Add" ', {"#4", "#40", "#45"}),
        ("an icon cart ", {"#6"}),
        ("it is here ", set(TOLD.numbers)),
        ('the box "Printed" ', {"#5"}),
    ],
)
def test_behind_a_name_stand_the_numbers_of_that_name_and_else_all(
    before: str, numbers: set[str]
) -> None:
    assert rests(f"<think> {before}#") == {number[1:] for number in numbers}


def test_each_digit_leaves_the_numbers_that_begin_like_that() -> None:
    assert rests('<think> "Add" #4') == {"", "0", "5"}
    assert rests('<think> "Add" #40') == {""}
    assert rests('<think> "Add" #4 ') is None
    assert rests('<think> "Add" #4#') == {"4", "40", "45", "5", "6", "12", "13", "14"}
    wrong = ('"Add" #9', '"Add" #44', '"Add" #400', '"Remove" #', "#x", "# ", "icon #1 ", "icon x")
    for each in wrong:
        assert not kept(f"<think> {each}", PROMPT), each
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
        ('<think> "Add" #4 | "Add" #40 </think>\n<answer> click #40 </answer>', True),
        ('<think> "Add" #40 | "Add" #4 </think>\n<answer> click #40', False),
        ('<think> "Add" #4 | "Add" #40 </think>\n<answer> drag #4 to #40 </answer>', True),
        ('<think> "Add" #4 | "Add" #40 </think>\n<answer> drag #40', False),
        ('<think> "Add" #4 | "Add" #40 </think>\n<answer> drag #4 to #45', False),
        ("<think> icon cart #6 </think>\n<answer> drag #6 to #5 </answer>", True),
        ("<think> close: icon cart #6 </think>", True),
        ("<think> close: icon basket", False),
        ('<think> field "Add" #45 "#9" </think>\n<tool_call> #45 </tool_call>', True),
        ('<think> "Home" was not it; "Add" #4 </think>', True),
        ('<think> "Home" was not it; "Home"', False),
        ('<think> "Home" #', False),
        ("<think> close: list '", False),
        ('<think> close: field"Add"', False),
        ('<think> box "Add" #45', False),
    ],
)
def test_a_reply_points_at_what_it_was_told_and_acts_on_what_it_thought_of(
    reply: str, is_kept: bool
) -> None:
    assert kept(reply, PROMPT) is is_kept
    assert (not list(departures(PROMPT, reply))) is is_kept


def test_where_nothing_was_read_a_reply_names_no_number_but_any_point() -> None:
    told = ToldItems.of("Task: x\nPage: y")
    assert told == ToldItems(words=told.words, task="x") and not told.numbers
    assert not Said(told).with_text("<think> #").is_kept
    assert Said(told).with_text('<think> "#1" (12, 3) </think>\n<answer> press Enter').is_kept


@pytest.mark.parametrize(
    ("purpose", "numbers"),
    [
        # What has no name may be called anything.
        ('click "Remove":', [6, 9, 11, 12, *SIGNS]),
        ('click "Tanqo":', [10, *SIGNS]),  # a letter was misread
        ('click "Name" until you see "Ada":', [1, *SIGNS]),
        ('"Tango" was not it; click "Owner":', [2, *SIGNS]),
        ('find "Ada": look at "Owner":', [2, *SIGNS]),
        ('click "Remove" in the row of "Blue Heron":', [4, 6, 12, *SIGNS]),
        ('click "Remove" in the row of "Blue Heron": "Blue Heron" #4 |', [6, 12, *SIGNS]),
        ('click "Remove" in the row of "Open Kitchen":', [7, 9, 12, *SIGNS]),
        ('click "Remove" in the row of "Tango": "Tango" #10 |', [9, 11, 12, *SIGNS]),
        ('tell me the "Owner" of "Open Kitchen": "Owner" #2 | "Open Kitchen" #7 |', [8]),
        ('tell me the "Owner":', [2]),
        ('tell me the "Owner": "Owner" #2 |', [3, 5]),  # beside it, or in its column
        ('tell me the "Owner" of "Tang0":', [2]),
        ('tell me the "Owner" of "Tang0": "Owner" #2 |', [10]),
        ('tell me the owner of "Blue Heron":', [4]),
        ('tell me the owner of "Blue Heron": "Blue Heron" #4 |', [5, 6]),
        ('tell me the "Sort" of "Tango": "Sort" #3 | "Tango" #10 |', [1, 2, *ALL[3:9], *ALL[10:]]),
        ('tell me the "Colour":', []),  # what it is called is not there
        ('check "Printed":', [13, 14]),
        ('uncheck "Prlnted":', [13, 14]),
        ('check "Bold":', [13]),  # its name was taken for another one's
        ('type "Blue" into "Find":', [17]),  # the field without a name
        ('replace the text in "Search" with "Blue":', [15]),
        ('select "Blue" in "Size":', [16]),
        ('select "Blue" in "M":', [16]),
        ('select "L" in "Size":', []),  # the task says nothing of it
    ],
)
def test_a_thought_lists_what_it_says(purpose: str, numbers: list[int]) -> None:
    # Where nothing was in vain, any name may be said.
    prompt = PROJECTS.replace('2. click "Sort": no change\n3. scroll down: no change\n', "")
    is_there = "Colour" not in purpose and "Size" not in purpose
    assert listed(purpose, prompt if is_there else PROJECTS) == numbers


@pytest.mark.parametrize(
    ("thought", "is_kept"),
    [
        ('type "Blue Heron" into "Search":', True),
        ('type "blue Heron" into "Search":', True),  # a capital letter is a matter of taste
        ('type "the project" into "Search":', True),
        ('type "Open Kitchen" into "Search":', False),  # it was read, but who wants it?
        ('type "Heron." into "Search":', False),
        ('type "Green Heron" into "Search":', False),
        ('type "eron" into "Search":', False),  # words are whole
        ('type "Her" into "Search":', False),
        ('type "" into "Search":', False),
        ('replace the text in "Search" with "Blue Heron":', True),
        ('replace the text in "Search" with "Blue Herring":', False),
        ('"Ada" was not it; type "Heron" into "Search":', True),
        ('"Ada" was not it; type "Herons" into "Search":', False),
        ('select "Heron" in "Size":', True),
        ('select "Anything" in "Size":', False),
    ],
)
def test_what_is_entered_stands_in_the_task(thought: str, is_kept: bool) -> None:
    assert kept(f"<think> {thought}") is is_kept


def test_a_number_that_the_task_says_in_words_is_selected_in_digits() -> None:
    prompt = 'Task: Order two red lamps.\nPage: x\nlist "Pieces" #1 "1" | list "Colour" #2 "Grey"'
    for value, is_kept in (("2", True), ("two", True), ("3", False), ("20", False), ("Red", True)):
        assert (
            kept(f'<think> select "{value}" in "Pieces": list "Pieces" #1 "1"', prompt) is is_kept
        )
    assert not kept('<think> type "2" into "Pieces":', prompt)
    reply = '<think> select "2" in "Pieces": list "Pieces" #1 "1" </think>\n<answer> select #1 "{}"'
    assert kept(reply.format("2"), prompt) and not kept(reply.format("3"), prompt)


@pytest.mark.parametrize(
    ("thought", "is_kept"),
    [
        ("""click "Name": 'Name' #1""", False),
        ('click "Name": click "Name": "Name" #1', False),
        ('click "Name": list down #1', False),
        ('click "Name":"Name" #1', False),
        ('click "Name": nothing', False),
        ('"Name" #1 | nothing', False),
        ('"Name" #1 | not', False),
        ("this page does not help: go back </think>", True),
        ('find "Ada": look at "Owner": "Owner" #2', True),
    ],
)
def test_behind_a_colon_stands_an_item_or_what_is_said_in_its_place(
    thought: str, is_kept: bool
) -> None:
    assert kept(f"<think> {thought}") is is_kept


@pytest.mark.parametrize(
    ("thought", "command", "is_kept"),
    [
        ('type "Blue" into "Search": field "Search" #15 ""', 'type #15 "Blue" enter', True),
        ('type "Blue" into "Search": field "Search" #15 ""', 'type #15 "Blu"', False),
        ('select "Blue" in "Size": list "Size" #16 "M"', 'select #16 "Blue"', True),
        ('select "Blue" in "Size": list "Size" #16 "M"', 'select #16 "M"', False),
        (
            '"Ada" was not it; replace the text in "Search" with "Heron": field "Search" #15 ""',
            'type #15 "Heron" clear',
            True,
        ),
        ('replace the text in "Search" with "Heron": field #17 "?"', 'type #17 "Search"', False),
        ('field "Search" #15 ""', 'type #15 "anything"', True),  # it does not say
    ],
)
def test_a_command_enters_what_the_thought_says(thought: str, command: str, is_kept: bool) -> None:
    assert kept(f"<think> {thought} </think>\n<answer> {command} </answer>") is is_kept


def test_nothing_is_listed_for_what_is_not_there_while_it_may_be_further_down() -> None:
    scrolled, before = PROJECTS, PROJECTS.replace("3. scroll down: no change\n", "")
    fresh = before.replace('2. click "Sort": no change\n', "")
    assert listed('click "Approve":', fresh) == [*SIGNS]
    assert listed('click "Invoice 4711":', fresh.replace("Tango", "Invoice 4712")) == [*SIGNS]
    assert listed('click "Remove" in the row of "Approve":', before) == []
    assert kept('<think> click "Approve": not in sight </think>', fresh)
    # Where something was in vain, what is clicked is called as the task says or as what was read.
    assert not kept('<think> click "Approve', before) and not kept(
        '<think> click "Approve', scrolled
    )
    assert kept('<think> click "the project": not in sight </think>', before)
    # Nothing more is to be seen: whatever may be meant, and a wheel does not help.
    assert {4, 7, 12} <= set(listed('click "the project":', scrolled))
    assert not kept('<think> click "the project": not', scrolled)
    # But no other row, and no other value.
    for purpose in ('click "Remove" in the row of "Approve":', 'tell me the "Approve":'):
        assert listed(purpose, scrolled) == []
        assert kept(f"<think> {purpose} not in sight </think>", scrolled)
    assert kept("<think> nothing here is called so </think>", scrolled)
    assert kept('<think> "Sort" was not it; nothing here is called so </think>', scrolled)


def test_what_changed_nothing_is_not_clicked_again_on_the_same_screen() -> None:
    assert not kept('<think> click "Sort":') and kept('<think> click "Name": "Name" #1')
    for thought in ('click "Sort": "Sort" #3', '"Sort" #3', '"Name" was not it; "Sort" #3'):
        assert not kept(f"<think> {thought}"), thought
        moved = PROJECTS.replace('2. click "Sort": no change\n', '2. click "Sort"\n')
        assert kept(f"<think> {thought}", moved), thought
        since = PROJECTS.replace("Page:", '4. click "Name"\nPage:', 1)
        assert kept(f"<think> {thought}", since), thought
    # Of two that are called alike, it is not known which was tried.
    alike = PROJECTS.replace('"Owner" #2', '"Sort" #2 button')
    assert kept('<think> click "Sort": "Sort" #3', alike)
    again = alike.replace("Page:", '4. click "Sort": no change\nPage:', 1)
    assert not kept('<think> click "Sort": "Sort" #3', again)
    # A page that was left at once is not opened again.
    left = PROJECTS.replace("Page:", '4. click "Owner"\n5. back\nPage:', 1)
    assert kept('<think> click "Owner": "Owner" #2') and not kept('<think> "Owner" #2', left)
    assert not kept('<think> click "Owner": "Owner" #2', left)
    # A field that was clicked may still be written in.
    clicked = PROJECTS.replace('click "Sort"', 'click field "Search"')
    assert kept('<think> type "Blue" into "Search": field "Search" #15', clicked)


RESULTS = """\
Task: Search the shop for "mug" and open the third result.
1. type field "Search" "mug" enter
Page: Results
"Home" #1 link | field "Search" #2 "mug"
"4 goods for 'mug'" #3 | "New: tea" #4 link
"Fjord mug" #5 link | "$12.00" #6
"Gala mug" #7 link | "$9.50" #8
"Alto Mug" #9 | "$30.00" #10
"Delta mug" #11 link | "$12.95" #12"""


@pytest.mark.parametrize(
    ("thought", "is_kept"),
    [
        (
            'open the third result: "Fjord mug" #5 link | "Gala mug" #7 link | "Alto Mug" #9 </',
            True,
        ),
        ('open the third result: "Gala mug" #7 link | "Fjord mug" #5', False),  # not in order
        ('open the third result: "Fjord mug" #5 link | "Alto Mug" #9 </', False),  # too few
        ('open the second result: "Fjord mug" #5 link | "Gala mug" #7 link | ', False),
        ('open the third result: "Delta mug" #11', False),  # and then? there are none behind it
        ('open the first result: "New: tea" #4', False),  # nobody has searched for it
        ('open the first result: "Fjord mug" #5 link </', True),
        ("""open the first result: "4 goods for 'mug'" #3""", False),
        ("""open the fifth result: "4 goods for 'mug'" #3 | "New: tea" #4""", True),  # of what?
        ("open the third result: not in sight </", True),
        ('click "Fjord mug": "Fjord mug" #5 link </', True),
    ],
)
def test_results_are_counted_as_they_stand(thought: str, is_kept: bool) -> None:
    assert kept(f"<think> {thought}", RESULTS) is is_kept


def test_a_day_that_nobody_has_named_is_not_clicked() -> None:
    calendar = """\
Task: Come on {} May at 10:45.
Page: Days
"1" #1 | "12" #2 | "20" #3 link | "10:45" #4 | "2 free" #5 | "May 2031" #6
""".format
    for name, is_kept in {
        "12": True, "20": False, "1": False, "10:45": True, "2 free": True,
        "May 2031": True, "31": False, "Next": True,
    }.items():  # fmt: skip
        assert kept(f'<think> click "{name}":', calendar("12")) is is_kept, name
        assert kept(f'<think> click "{name}":', calendar("a day in").replace("10:45", "ten"))
    assert kept('<think> click "12": "12" #2', calendar("012"))
    scrolled = calendar("14").replace("Page:", "1. scroll down: no change\nPage:")
    assert listed('click "14":', scrolled) == [4, 5, 6]  # it was misread, but not as another day
