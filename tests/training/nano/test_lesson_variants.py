"""Variants of lessons: what is said otherwise, what went wrong before, and what is given up."""

from random import Random

import pytest

from vigorl.browser.actions import Click, GiveUp
from vigorl.browser.geometry import Frame
from vigorl.policy.family import family_named
from vigorl.policy.grammar import parse

pytest.importorskip("transformers")

from vigorl.training.nano.lesson_variants import mistaken, refusal, said_otherwise
from vigorl.training.nano.reading_steps import TaughtTurn

DIALECT = family_named("scout").dialect(Frame.of_viewport(1000, 500))
SCREEN = (
    'Page: Courses\n"Courses" (330, 80)\n'
    'field "Full name" (190, 290) "Karin" | "Register" (445, 290) button'
)
FIRST = f'Task: Register "Karin".\n{SCREEN}'
SECOND = f'Task: Register "Karin".\n1. type field "Full name" "Karin"\n{SCREEN}'
TURN = '<think> press: "Register" (445, 290) button </think>\n<answer> click (445, 290) </answer>'


def test_a_goal_said_otherwise_keeps_what_is_quoted() -> None:
    for goal in ('Rename "Old Plan" to "b".', 'What does "Old Plan" cost?'):
        said = {said_otherwise(goal, Random(seed)) for seed in range(30)}
        assert len(said) > 3 and goal not in said
        assert all('"Old Plan"' in each for each in said)
    assert said_otherwise('the link "About"', Random(0)) == 'the link "About"'


def test_a_mistake_is_remembered_named_and_followed_by_the_same_act() -> None:
    made = mistaken(TaughtTurn(SECOND, TURN), Random(0))
    assert '"Karin"\n2. click "Courses": no change\nPage: Courses\n' in made.prompt
    assert made.turn.startswith('<think> "Courses" was not it; press')
    first, second = (parse(turn, DIALECT) for turn in (TURN, made.turn))
    assert isinstance(second.action, Click) and second.action == first.action
    alone = TaughtTurn(SECOND.replace('"Courses" (330, 80)\n', ""), TURN)
    assert mistaken(alone, Random(0)) == alone  # controls are not clicked in vain


def test_a_goal_is_given_up_where_the_page_has_none_of_its_words_and_there_alone() -> None:
    refused = refusal(FIRST, 'Delete "speech.odt".')
    assert refused is not None and refused.prompt.startswith('Task: Delete "speech.odt".\nPage:')
    action = parse(refused.turn, DIALECT).action
    assert isinstance(action, GiveUp) and "speech.odt" in action.reason
    assert refusal(FIRST, 'Find "Omega" in the courses.') is None
    assert refusal(FIRST, "Delete it.") is None
    assert refusal(SECOND, 'Delete "speech.odt".') is None
