"""What reads like an instruction and means something else is refused, and the part is named."""

import pytest

from vigorl.policy.reader.language.instructions import as_name, parse_instructions
from vigorl.policy.reader.language.quotes import InstructionError
from vigorl.policy.reader.language.steps import Target

REFUSED: list[tuple[str, str]] = [
    # No step at all
    ("find the opening hours", "find the opening hours"),
    ("organise my holidays", "organise my holidays"),
    ('click "A", buy "Red kettle"', 'buy "Red kettle"'),
    ('click "A"; find it', "find it"),
    ('"Contribute"', "does not say what to do"),
    # Negations
    ('do not click "Delete"', "do not"),
    ('don\'t click "Delete"', "don't"),
    ('never press "Delete"', "never"),
    ('click "A" without opening it', "without"),
    ('click "A" but not "B"', "not"),
    # Conditions
    ('click "Save" if the total is right', "if"),
    ('if you see "A", click "B"', "if"),
    ('click "Save" unless it is grey', "unless"),
    ('click "Save" when the total is right', "when"),
    ('once "A" is shown, click "B"', "once"),
    ("wait until the price drops", "the price drops"),
    ('press Enter until "A"', 'press Enter until "A"'),
    # Alternatives
    ('click "A" or "B"', "or"),
    ('click either "A" or "B"', "either"),
    ('click "A" instead of "B"', "instead of"),
    # Several at once
    ('type "x" into every field', "every"),
    ("delete all files", "all"),
    ("check all boxes", "all"),
    ('click each "Remove"', "each"),
    ('click "Remove" for both', "both"),
    ("click the links", "the links"),
    ('click the "Delete" buttons', "buttons"),
    ("click everything except Delete", "except"),
    ('click all but "Delete"', "but"),
    # Comparisons and judgement
    ("select the cheapest option", "the cheapest"),
    ("Find the cheapest tent and put it in the cart", "the cheapest"),
    ("click the best one", "the best"),
    ("open the newest message", "the newest"),
    ('click "OK" twice as fast', "as fast"),
    ("choose the correct answer", "correct"),
    ('set "Price" to more than 30', "more"),
    ("click the big red button", "big red"),
    ('click the big red "Pay" button', "big red"),
    ("click it", "it"),
    ("click a button", "a button"),
    ("click the page", "the page"),
    ("click Top", "Top"),
    # Questions other than for a value
    ('tell me whether "X" is open', "whether"),
    ("tell me how many results there are", "how many"),
    ("tell me the number of results", "the number of results"),
    ('tell me the sum of "A"', "the sum of"),
    ('tell me that "X" is open', 'that "X" is open'),
    ("how much does a parking permit cost?", "how much"),
    ('verify that "Total" is "5"', 'verify that "Total" is "5"'),
    ('check "Saved" is checked', "is checked"),
    # Half of it would be done
    ('click "Next" 3 pages later', "later"),
    ('click "Edit" in the row of "Anna" and "Bob"', 'and "Bob"'),
    ('type "x" into "A" and "B"', 'and "B"'),
    ('tell me the "Price" of "A" and "B"', 'and "B"'),
    ('click "A" and "B" twice', 'and "B"'),
    ('click "Next" until you see "A" and "B"', 'and "B"'),
    ('type "kettle" quickly into "Search"', "quickly"),
    ('type "a" "b" into "Search"', '"a" "b"'),
    ('type my name into "Name"', "my name"),
    ('type the total into "Amount"', "the total"),
    ("enter your e-mail", "enter your e-mail"),
    ("type in the Search field", "type in the Search field"),
    ('put "Milk" in "Cart"', 'put "Milk" in "Cart"'),
    ('click "Next" to get to page 3', "to get to page 3"),
    ('click "X" to open "Settings"', 'to open "Settings"'),
    ('click "Save" on the next page', "on the next page"),
    ("click Save to store", "to store"),
    ('drag "A" to the left', "the left"),
    ('drag the slider "Volume" to 30', 'set "Volume" to "30"'),
    ("check the weather", "check the weather"),
    ('stop "Playback"', 'stop "Playback"'),
    ('say "hello"', 'say "hello"'),
    ("wait for the download", "the download"),
    ("wait until it appears", "it"),
    ("click the link in the article about cats", "in the article about cats"),
    ('click ""', "empty"),
    # No goal
    ("  ", "the goal is empty"),
    ("Please, thank you.", "nothing to do"),
    ('click "Pay', "not closed"),
    # Other languages
    ('Wähle "Norwegen" in "Land"', "in English"),
    ("Cliquez sur « Suivant »", "in English"),
    ("Haz clic en Siguiente", "in English"),
    ("нажмите кнопку", "in English"),
]


@pytest.mark.parametrize(("goal", "named"), REFUSED)
def test_what_is_not_wholly_understood_is_refused_and_named(goal: str, named: str) -> None:
    with pytest.raises(InstructionError) as refusal:
        parse_instructions(goal)
    assert named in str(refusal.value)


def test_a_refusal_shows_the_nearest_forms_with_the_name_that_was_said() -> None:
    with pytest.raises(InstructionError) as refusal:
        parse_instructions("find the opening hours")
    first, second, third = refusal.value.forms
    assert first == 'tell me the "Opening hours"'
    assert second == 'click "Opening hours"'
    assert third == 'scroll down until you see "…"'
    for form in refusal.value.forms:
        assert parse_instructions(form)


@pytest.mark.parametrize("goal", [goal for goal, _ in REFUSED if goal != 'click "Pay'])
def test_every_form_that_a_refusal_shows_is_understood(goal: str) -> None:
    with pytest.raises(InstructionError) as refusal:
        parse_instructions(goal)
    for form in refusal.value.forms:
        assert parse_instructions(form)


@pytest.mark.parametrize(
    ("goal", "names"),
    [
        ('click the "Save" button to open "it"', ()),
        ('open the one with "Anna"', ("Anna",)),
        ("check the third result", ("check the third result",)),
    ],
)
def test_on_a_still_picture_a_goal_is_the_name_of_something(
    goal: str, names: tuple[str, ...]
) -> None:
    step = as_name(goal)
    assert (step.target if step else Target()).names[: len(names)] == names
