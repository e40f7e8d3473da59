"""Sentences in, steps out; what is not understood is refused and named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigorl.browser.actions import (
    Accept,
    Back,
    Dismiss,
    Forward,
    Goto,
    Press,
    Reload,
    TabClose,
    TabNew,
    Wait,
)
from vigorl.policy.reader.language.instructions import as_name, parse_instructions
from vigorl.policy.reader.language.phrasebook import FORMS, Phrase, describe_language
from vigorl.policy.reader.language.quotes import InstructionError
from vigorl.policy.reader.language.steps import (
    ActStep,
    AnswerStep,
    CheckStep,
    DragStep,
    PointStep,
    Relation,
    ScrollStep,
    SelectStep,
    Step,
    TabStep,
    Target,
    TellStep,
    TypeStep,
    Until,
    UploadStep,
    WaitStep,
    describe_step,
)
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.task import TEST_SEEDS, TRAIN_SEEDS


def quoted(name: str, **more: object) -> Target:
    return Target((name,), quoted=True, **more)  # type: ignore[arg-type]


def in_row(name: str, of: str) -> Target:
    return quoted(name, relation=Relation("row", quoted(of)))


SENTENCES: list[tuple[str, Step]] = [
    ('click "Sign in"', PointStep(quoted("Sign in"))),
    ("CLICK ON 'Sign in'!", PointStep(quoted("Sign in"))),
    ("tap “Sign in”.", PointStep(quoted("Sign in"))),
    ('Please click the "Save" button', PointStep(quoted("Save", role="button"))),
    ('press the button labelled "Save"', PointStep(quoted("Save", role="button"))),
    ('click the link "Terms of use"', PointStep(quoted("Terms of use", role="link"))),
    ('open the "Billing" tab', PointStep(quoted("Billing", role="tab"))),
    ('click "Edit" in the row of "Anna Berg"', PointStep(in_row("Edit", "Anna Berg"))),
    ('click the "Edit" button for "Anna Berg"', PointStep(quoted(
        "Edit", role="button", relation=Relation("row", quoted("Anna Berg"))))),
    ('click the delete icon next to "Buy milk"', PointStep(Target(
        ("delete", "delete icon"), role="icon", relation=Relation("near", quoted("Buy milk"))))),
    ('click the icon to the left of "Mail"', PointStep(Target(
        role="icon", relation=Relation("left", quoted("Mail"))))),
    ('click the first "Delete" under "Archive"', PointStep(quoted(
        "Delete", ordinal=1, relation=Relation("below", quoted("Archive"))))),
    ('click "Reply" in the second message', PointStep(quoted(
        "Reply", relation=Relation("in", Target(role="item", ordinal=2))))),
    ('click "Delete" in the dialog', PointStep(quoted("Delete", place="center"))),
    ('click "Help" at the bottom of the page', PointStep(quoted("Help", place="bottom"))),
    ("open the second result", PointStep(Target(role="item", ordinal=2))),
    ("click the last row", PointStep(Target(role="row", ordinal=-1))),
    ('click the 3rd "Add to cart"', PointStep(quoted("Add to cart", ordinal=3))),
    ("click the search icon", PointStep(Target(("search", "search icon"), role="icon"))),
    ('double-click "a.txt"', PointStep(quoted("a.txt"), "double_click")),
    ('right click on "a.txt"', PointStep(quoted("a.txt"), "right_click")),
    ('hover over "Products"', PointStep(quoted("Products"), "hover")),
    ('type "kettle" into "Search"', TypeStep("kettle", quoted("Search"))),
    ('enter "kettle" in the "Search" field', TypeStep("kettle", quoted("Search", role="field"))),
    ('fill in "Name" with "Bo"', TypeStep("Bo", quoted("Name"))),
    ("type kettle into Search", TypeStep("kettle", Target(("Search",)))),
    ('type "kettle"', TypeStep("kettle")),
    ('replace the text in "Street" with "Low Rd 5"',
     TypeStep("Low Rd 5", quoted("Street"), clear=True)),
    ('set "Quantity" to "3"', TypeStep("3", quoted("Quantity"), clear=True)),
    ('clear "Search"', TypeStep("", quoted("Search"), clear=True)),
    ("press Enter", ActStep(Press("Enter"))),
    ("hit the Escape key", ActStep(Press("Escape"))),
    ("press ctrl+a", ActStep(Press("Control+A"))),
    ("press Shift + Tab", ActStep(Press("Shift+Tab"))),
    ('select "Norway" in "Country"', SelectStep("Norway", quoted("Country"))),
    ('choose "Norway" from the "Country" list',
     SelectStep("Norway", quoted("Country", role="select"))),
    ('select "Express"', SelectStep("Express")),
    ('select the "Express" radio button', CheckStep(quoted("Express", role="radio"))),
    ('check "I agree"', CheckStep(quoted("I agree"))),
    ('uncheck "Newsletter"', CheckStep(quoted("Newsletter"), checked=False)),
    ('untick the checkbox "News"', CheckStep(quoted("News", role="checkbox"), checked=False)),
    ('turn off "Dark mode"', CheckStep(quoted("Dark mode"), checked=False)),
    ("enable the dark mode switch",
     CheckStep(Target(("dark mode", "dark mode switch"), role="switch"))),
    ('click "Next" until you see "Order 1042"',
     PointStep(quoted("Next"), until=Until(quoted("Order 1042")))),
    ("scroll down", ScrollStep("down")),
    ("scroll up 300 px", ScrollStep("up", distance_css_px=300)),
    ("scroll to the bottom of the page", ScrollStep("down", to_end=True)),
    ('scroll down until you see "Terms"', ScrollStep("down", until=Until(quoted("Terms")))),
    ('scroll to "Terms"', ScrollStep("down", until=Until(quoted("Terms")))),
    ('scroll down in "Log"', ScrollStep("down", over=quoted("Log"))),
    ('wait until you see "Saved"', WaitStep(Until(quoted("Saved")))),
    ('wait for "Saved" to appear', WaitStep(Until(quoted("Saved")))),
    ('wait until "Loading" disappears', WaitStep(Until(quoted("Loading"), gone=True))),
    ("wait 2 seconds", ActStep(Wait(2))),
    ("wait half".replace("half", "500 ms"), ActStep(Wait(0.5))),
    ('drag "Milk" to "Done"', DragStep(quoted("Milk"), quoted("Done"))),
    ('upload "/tmp/a.png" to "Photo"', UploadStep(("/tmp/a.png",), quoted("Photo"))),
    ("go to http://127.0.0.1:8000/a,b.html", ActStep(Goto("http://127.0.0.1:8000/a,b.html"))),
    ("open example.org/x", ActStep(Goto("https://example.org/x"))),
    ("go back", ActStep(Back())),
    ("go forward", ActStep(Forward())),
    ("reload the page", ActStep(Reload())),
    ("open a new tab", ActStep(TabNew())),
    ("close the tab", ActStep(TabClose())),
    ('switch to the tab "Help"', TabStep("Help")),
    ("switch to the second tab", TabStep(ordinal=2)),
    ('tell me the "Total"', TellStep(quoted("Total"))),
    ('What is the "Total"?', TellStep(quoted("Total"))),
    ("tell me the price", TellStep(Target(role="price"))),
    ('tell me the "Price" of "Red kettle"',
     TellStep(quoted("Price", relation=Relation("of", quoted("Red kettle"))))),
    ('tell me the "Email" in the row of "Anna"', TellStep(in_row("Email", "Anna"))),
    ('tell me the value right of "Total"',
     TellStep(Target(relation=Relation("right", quoted("Total"))))),
    ("tell me the price of the second result",
     TellStep(Target(role="price", relation=Relation("of", Target(role="item", ordinal=2))))),
    ('answer "yes"', AnswerStep("yes")),
    # What hands can do
    ('hold "Press and hold" for 2 seconds', PointStep(quoted("Press and hold"), hold_s=2)),
    ('press and hold "Go" for 1.5 s', PointStep(quoted("Go"), hold_s=1.5)),
    ("hold Shift for 1 second", ActStep(Press("Shift", 1))),
    ("hold ArrowRight for 2 s", ActStep(Press("ArrowRight", 2))),
    ('Ctrl-click "Row 3"', PointStep(quoted("Row 3"), modifiers=("Control",))),
    ('click "X" while holding Control', PointStep(quoted("X"), modifiers=("Control",))),
    ('hold Shift and click "Row 3"', PointStep(quoted("Row 3"), modifiers=("Shift",))),
    ('drag "A" over "B" to "C"', DragStep(quoted("A"), quoted("C"), (quoted("B"),))),
    ('drop "/tmp/a.png" on "Photo"', UploadStep(("/tmp/a.png",), quoted("Photo"))),
    ('drag and drop "a.txt" onto "Box"', DragStep(quoted("a.txt"), quoted("Box"))),
    ('set "Date of birth" to "1990-05-17"',
     TypeStep("1990-05-17", quoted("Date of birth"), clear=True)),
    ('set "Volume" to 30', TypeStep("30", quoted("Volume"), clear=True)),
    ('choose the colour "#ff0000" in "Background"',
     TypeStep("#ff0000", quoted("Background"), clear=True)),
    ('select "A" and "B" in "Toppings"', SelectStep("A", quoted("Toppings"), ("B",))),
    ('select "A", "B" and "C" in "T"', SelectStep("A", quoted("T"), ("B", "C"))),
    ('select "A" in "T", also select "B"', SelectStep("A", quoted("T"), ("B",))),
    # What a page or the browser asks
    ("accept the dialog", ActStep(Accept())),
    ("confirm", ActStep(Accept())),
    ("dismiss the dialog", ActStep(Dismiss())),
    ("cancel the dialog", ActStep(Dismiss())),
    ('answer the prompt with "Bob"', ActStep(Accept("Bob"))),
    ("allow the location request", ActStep(Accept())),
    ("deny the permission", ActStep(Dismiss())),
    ('log in with "ada" and "lovelace"', ActStep(Accept("ada", "lovelace"))),
    # Purposes are dropped, places used
    ('click the "Save" button to store it', PointStep(quoted("Save", role="button"))),
    ('click "Save" so that it is kept', PointStep(quoted("Save"))),
    ("press Enter to submit", ActStep(Press("Enter"))),
    ('click "Save" now', PointStep(quoted("Save"))),
    ('click "Export" in the File menu', PointStep(quoted(
        "Export", relation=Relation("in", Target(("File",), role="menu"))))),
    ('click "News" in the list on the left', PointStep(quoted("News", place="left"))),
    ('click "Help" at the top right', PointStep(quoted("Help", place="top right"))),
    ('click "Sign in" on the login page', PointStep(quoted("Sign in"))),
    ('click "Send" at the top of the page', PointStep(quoted("Send", place="top"))),
    ('click "Send" of the form', PointStep(quoted("Send"))),
    ('click "Add" for the second product', PointStep(quoted(
        "Add", relation=Relation("row", Target(role="item", ordinal=2))))),
    # Names without quotes
    ("click Sign in", PointStep(Target(("Sign in",)))),
    ("press the Save button", PointStep(Target(("Save", "Save button"), role="button"))),
    ('type "x" into the Search field',
     TypeStep("x", Target(("Search", "Search field"), role="field"))),
    ("type Bo into First name", TypeStep("Bo", Target(("First name",)))),
    ("select Norway in Country", SelectStep("Norway", Target(("Country",)))),
    ("check I agree", CheckStep(Target(("I agree",)))),
    ("turn off dark mode", CheckStep(Target(("dark mode",)), checked=False)),
    ("go to the cart", PointStep(Target(("cart",)))),
    ("switch to the Billing tab", TabStep("Billing")),
    ("open report.pdf", PointStep(Target(("report.pdf", "open report.pdf")))),
    # A quote is what stands on the screen
    ('press "Delete"', PointStep(quoted("Delete"))),
    ('press "5"', PointStep(quoted("5"))),
    ('press "Enter"', ActStep(Press("Enter"))),
    # What is to be seen is waited for
    ('check that "Saved" is shown', WaitStep(Until(quoted("Saved")))),
    ('make sure "Error" is not shown', WaitStep(Until(quoted("Error"), gone=True))),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "step"), SENTENCES)
def test_a_sentence_means_its_step(sentence: str, step: Step) -> None:
    assert parse_instructions(sentence) == (step,)


@pytest.mark.parametrize("step", [step for _, step in SENTENCES])
def test_a_step_in_words_means_just_that_step(step: Step) -> None:
    assert parse_instructions(describe_step(step)) == (step,)


@pytest.mark.parametrize("name", TASKS)
def test_the_instructions_of_every_embedded_task_are_steps_and_stay_so_in_words(name: str) -> None:
    for seed in (*TRAIN_SEEDS[:8], *TEST_SEEDS[:8]):
        steps = parse_instructions(TASKS[name].row(seed).instructions)
        assert parse_instructions(", ".join(map(describe_step, steps))) == steps


@pytest.mark.parametrize(
    "separator", ["\n", ".\n", "; ", ". ", ", ", ", then ", " and ", " and then "]
)
def test_every_separator_between_steps_is_the_same(separator: str) -> None:
    goal = separator.join(
        ['click "A, and click B"', "press Enter", 'type "x. y" into "Z"', "go back"]
    )
    assert parse_instructions(goal) == (
        PointStep(quoted("A, and click B")),
        ActStep(Press("Enter")),
        TypeStep("x. y", quoted("Z")),
        ActStep(Back()),
    )


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.words)
def test_every_documented_form_is_understood_and_stands_on_the_page(form: Phrase) -> None:
    assert parse_instructions(form.words)
    page = (Path(__file__).parents[3] / "docs" / "reader.md").read_text()
    assert f"| `{form.words}` | {form.meaning} |" in page
    assert form.words in describe_language()


def test_a_numbered_list_with_words_of_courtesy_is_a_list_of_steps() -> None:
    goal = (
        '1. First, click "A"\n2) Then please type \'Anna\'s list\' into "Name"\n'
        "- finally press Enter"
    )
    assert parse_instructions(goal) == (
        PointStep(quoted("A")),
        TypeStep("Anna's list", quoted("Name")),
        ActStep(Press("Enter")),
    )


def test_a_verb_serves_several_quotes() -> None:
    assert parse_instructions('check "A", "B" and "C"; type "x" into "X" and "y" into "Y"') == (
        CheckStep(quoted("A")),
        CheckStep(quoted("B")),
        CheckStep(quoted("C")),
        TypeStep("x", quoted("X")),
        TypeStep("y", quoted("Y")),
    )


def test_a_step_is_repeated_as_often_as_it_says() -> None:
    assert parse_instructions('click "Next" twice and press Tab three times') == (
        *[PointStep(quoted("Next"))] * 2,
        *[ActStep(Press("Tab"))] * 3,
    )


@pytest.mark.parametrize(
    "name",
    ["Contribute", "Toggle navigation", "Terms and Conditions", "Save and close", "What is Python?",
     "Check for updates", "Install, configure and run", "1.2 Getting started", "Don't sign in",
     "« Previous"],
)  # fmt: skip
def test_a_name_alone_is_no_instruction_and_names_something_on_a_still_picture(name: str) -> None:
    with pytest.raises(InstructionError):
        parse_instructions(name)
    step = as_name(name)
    assert step is not None
    assert step.bare_name
    assert step.target.name == name
    assert not step.target.quoted


def test_a_verb_may_be_part_of_a_name() -> None:
    (step,) = parse_instructions("Open search")
    assert isinstance(step, PointStep)
    assert step.target.names == ("search", "Open search")


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Co", "Cc"]), min_size=1).filter(str.strip)


@given(TEXTS.filter(lambda text: not set(text) & {"”", "“", "\\"}), st.booleans())
def test_whatever_stands_in_curly_quotes_is_typed_to_the_letter(text: str, clear: bool) -> None:
    goal = f"replace “A” with “{text}”" if clear else f"type “{text}” into “A”"
    assert parse_instructions(goal) == (TypeStep(text, quoted("A"), clear),)


@given(TEXTS.filter(lambda text: "\\" not in text))
def test_a_straight_quote_is_escaped_by_a_backslash(text: str) -> None:
    goal = 'press Enter, type "{}" into "A" and go back'.format(text.replace('"', '\\"'))
    assert parse_instructions(goal) == (
        ActStep(Press("Enter")),
        TypeStep(text, quoted("A")),
        ActStep(Back()),
    )


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        steps = parse_instructions(text)
    except InstructionError as refusal:
        assert refusal.why
    else:
        assert steps
