"""Which answers say what the gold answer says."""

import pytest

from vigorl.tasks.local.answers import says


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("$1,204.50", "$1,204.50"),
        ("1204.50", "$1,204.50"),
        ("1204.5 dollars", "$1,204.50"),
        ("The total is $1,204.50.", "$1,204.50"),
        ("anna BERG", "Anna Berg"),
        ("The manager is called Anna Berg", "Anna Berg"),
        ("AnnaBerg", "Anna Berg"),
        ("B4711", "B4711"),
        ("555 0142", "555 0142"),
        ("5550142", "555 0142"),
        ("434,831", "434,831"),
        ("434831 inhabitants", "434,831"),
    ],
)
def test_an_answer_may_be_worded_freely(answer: str, gold: str) -> None:
    assert says(answer, gold, others=("$1,104.50", "Bruno Weber"))


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (None, "$1,204.50"),
        ("", "$1,204.50"),
        ("$1,204.05", "$1,204.50"),
        ("$12,045.0", "$1,204.50"),
        ("$204.50", "$1,204.50"),
        ("$1,204.50 or $1,104.50", "$1,204.50"),
        ("Either $1,204.50 or $1,300.00", "$1,204.50"),
        ("Anna Berg or Bruno Weber", "Anna Berg"),
        ("Anna Bergson", "Anna Berg"),
        ("Berg Anna", "Anna Berg"),
        ("7", "07"),
        ("word " * 30 + "Anna Berg", "Anna Berg"),
    ],
)
def test_a_near_miss_is_refused(answer: str | None, gold: str) -> None:
    assert not says(answer, gold, others=("$1,104.50", "Bruno Weber"))


def test_numbers_of_the_goal_may_be_said_again() -> None:
    assert says("Order 4711 costs $12.00", "$12.00", context="What does order 4711 cost?")
    assert not says("Order 4711 costs $12.00", "$12.00")
