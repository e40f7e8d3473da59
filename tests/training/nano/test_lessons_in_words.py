"""Lessons for a model that knows words: what is called otherwise, and what a step says it does."""

import gzip
import re
import shutil
import sys
from collections.abc import Iterator
from copy import copy
from itertools import islice
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("transformers")

from vigorl.browser.geometry import Box
from vigorl.policy.nano.reading import ItemKind, ScreenItem
from vigorl.tasks.local import registry
from vigorl.training.nano import (
    imagined_accounts,
    imagined_lists,
    imagined_questions,
    imagined_shops,
    imagined_words,
)
from vigorl.training.nano.lesson_variants import refusal
from vigorl.training.nano.reading_purposes import said_purpose
from vigorl.training.nano.reading_renames import Renames, WordStock, names_in
from vigorl.training.nano.reading_rows import Mixture, ReadingRows
from vigorl.training.nano.reading_stock import _stocks
from vigorl.training.nano.synonyms import SYNONYMS, drawn_cart, drawn_synonyms

RECORDED = Path(__file__).parents[3] / "training/nano/recorded"
STOCK = WordStock(
    frozenset({"older", "cart", "blue", "heron", "wednesday"}),
    ("wigwam",),
    frozenset(),
    {},
    invented=0.0,
)


def held_out() -> set[str]:
    """What held-out pages of the embedded tasks call things, lower case."""
    within = registry.__package__
    modules = [module for name, module in sys.modules.items() if name.startswith(within)]
    values = [value for module in modules for value in vars(module).values()]
    lists = [each for value in values for each in _stocks(value)]
    assert len(lists) > 40
    return {entry.lower() for each in lists for entry in each.test}


def test_nothing_is_called_as_held_out_pages_call_it() -> None:
    never = held_out()
    assert {"discard", "trolley", "place a hold"} <= never
    synonyms = {other.lower() for others in SYNONYMS.values() for other in others}
    buttons = {
        *imagined_words.SAVES,
        *imagined_words.SUBMITS,
        *imagined_lists._TURNS,
        *imagined_questions._HINTS,
        *imagined_questions._TABS,
        *(each for answers in imagined_lists._ANSWERS for each in answers),
        *imagined_shops.CARTS,
        *imagined_shops.ADDS,
        *imagined_shops.CHECKOUTS,
        *imagined_shops.ENDS,
        *imagined_accounts.USERS,
        *imagined_accounts.SECRETS,
        *imagined_accounts.SIGNS,
        *imagined_accounts.REPLIES,
        *imagined_accounts.SENDS,
        *imagined_accounts.TEXTS,
        *(each for names in imagined_accounts.KEEPS.values() for each in names),
    }
    assert not never & synonyms
    assert not never & {each.lower() for each in buttons}
    carts = {cart for seed in range(200) for cart in drawn_cart(Random(seed)).values()}
    assert len(carts) > 4 and not never & carts


def test_labels_become_others_that_mean_the_same_wherever_they_stand() -> None:
    goal = 'Find "PO 12" in the list and choose "Remove".'
    for seed in range(50):
        labels = drawn_synonyms(goal, Random(seed))
        assert "Remove" not in labels  # the goal names it
        assert len(set(labels.values())) == len(labels)
        assert all(new in SYNONYMS[label] for label, new in labels.items())
    assert {drawn_synonyms(goal, Random(seed)).get("Older") for seed in range(50)} >= {None, "›"}
    renames = Renames(STOCK, "", Random(0), identity=True, labels={"Older": "›"})
    assert renames.text("Older") == "›" and renames.text("Older ones") == "Older ones"
    assert renames.quoted('click "Older" until you see "PO 12"') == (
        'click "›" until you see "PO 12"'
    )
    assert renames.goal("The Older ones") == "The Older ones"


def test_a_cart_is_called_otherwise_in_every_text() -> None:
    renames = Renames(STOCK, "", Random(0), identity=True, words={"cart": "crate"})
    assert renames.text("Add to cart") == "Add to crate" and renames.text("Cart") == "Crate"
    assert renames.goal("put it into the cart") == "put it into the crate"
    assert renames.text("Blue Heron") == "Blue Heron"


def test_only_names_of_a_goal_are_exchanged_for_any_others() -> None:
    goal = 'Remove the project "Blue Heron" of Anna. Order five Gala mugs on Wednesday.'
    assert names_in(goal) == {"blue", "heron", "anna", "gala", "wednesday"}
    renames = Renames(STOCK, "", Random(0), numbers=False, only=names_in('"Blue Heron"'))
    assert renames.text("Blue Heron") not in ("Blue Heron", "Wigwam Heron")
    assert renames.text("Older") == "Older" and renames.text("Cart") == "Cart"


def item(kind: ItemKind, text: str, label: str = "", on: bool | None = None) -> ScreenItem:
    return ScreenItem(kind, text, Box(0, 0, 10, 10), label, on)


@pytest.mark.parametrize(
    ("command", "refs", "goal", "purpose"),
    [
        ("click @", [item("button", "Submit")], "Press Submit.", 'click "Submit"'),
        ("click @", [item("text", "Mauris quam ut erat")], 'Find "quam".', 'click "quam"'),
        ("click @", [item("icon", "close")], "Close it.", "click the close icon"),
        ("click @", [item("icon", "")], "Close it.", ""),
        ("click @", [item("box", "", "Milk", False)], "Tick Milk.", 'check "Milk"'),
        ("click @", [item("box", "", "Milk", True)], "Untick Milk.", 'uncheck "Milk"'),
        ("click @", [item("field", "", "Date:")], "x", 'click "Date:"'),
        ("right_click @", [item("text", "a.txt")], "x", 'right-click "a.txt"'),
        (
            'type @ "Ada" enter',
            [item("field", "", "Name")],
            'Enter "Ada".',
            'type "Ada" into "Name"',
        ),
        (
            'type @ "Ada" clear',
            [item("field", "Bo", "Name")],
            'Enter "Ada".',
            'replace the text in "Name" with "Ada"',
        ),
        ('type @ "12"', [item("field", "", "Sum")], "Add 5 and 7.", ""),  # it was worked out
        ('type @ "Ada"', [item("field", "")], 'Enter "Ada".', ""),
        ('select @ "Red"', [item("list", "", "Colour")], "in red", 'select "Red" in "Colour"'),
        ("drag @ to @", [item("text", "A"), item("text", "B")], "x", 'drag "A" to "B"'),
        ("drag @ to (1, 2)", [item("text", "A")], "x", ""),
        ("press Enter", [], "x", ""),
    ],
)
def test_a_step_says_what_it_does(
    command: str, refs: list[ScreenItem], goal: str, purpose: str
) -> None:
    assert said_purpose(command, refs, goal) == purpose


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> ReadingRows:
    """Of what was recorded one episode in eight and one page in 200: all takes half a minute."""
    folder = tmp_path_factory.mktemp("recorded")
    for name in ("chat_template.jinja", "tokenizer.json", "tokenizer_config.json", "words.json"):
        shutil.copy(RECORDED / name, folder)
    for name, share in (("episodes.jsonl.gz", 8), ("world.jsonl.gz", 200)):
        with gzip.open(RECORDED / name) as lines, gzip.open(folder / name, "w", 1) as kept:
            kept.writelines(islice(lines, 0, None, share))
    return ReadingRows(folder)


def turns(recorded: ReadingRows, mixture: Mixture, count: int) -> Iterator[str]:
    rows, random = copy(recorded), Random(0)
    rows._mixture = mixture
    while count:
        made = rows.turn(random)
        if made is not None:
            yield f"{made.prompt}\n{made.turn}"
            count -= 1


def test_recorded_labels_are_exchanged_for_a_model_of_words_alone(
    recorded: ReadingRows,
) -> None:
    shares = Mixture(steps=1.0, miniwob=0.0, world=0.0, screens=0.0, sketches=0.0, large=0.0)
    labels = re.compile('"(?:›|→|Buy|Pay|Enrol|Log on|Update|Shade|Qty)"')
    plain = [bool(labels.search(each)) for each in turns(recorded, shares, 120)]
    others = Mixture(**{**shares.__dict__, "in_words": True, "renamed": 0.0})
    in_words = [bool(labels.search(each)) for each in turns(recorded, others, 120)]
    assert not any(plain) and sum(in_words) > 3


def test_games_say_what_their_steps_do(recorded: ReadingRows) -> None:
    shares = {"steps": 0.0, "world": 0.0, "screens": 0.0, "sketches": 0.0, "large": 0.0}
    for in_words in (False, True):
        mixture = Mixture(miniwob=1.0, in_words=in_words, **shares)
        said = [bool(re.search(r'<think> click "', each)) for each in turns(recorded, mixture, 60)]
        assert (sum(said) > 15) is in_words


def test_a_page_that_leads_on_is_not_given_up() -> None:
    page = 'Task: x\nPage: List\n"Order 1" (1, 2) | "{}" (3, 4) button'
    assert refusal(page.format("About"), 'Ship "speech.odt".') is not None
    for sign in ("Next", "›", "Older", "Next page", "Search the shop"):
        assert refusal(page.format(sign), 'Ship "speech.odt".') is None
