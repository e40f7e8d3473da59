"""Answers are matched by three rules, each as it is written down."""

import pytest

from vigorl.browser.geometry import Point
from vigorl.tasks.visual_reasoning.matching import (
    chosen,
    is_lenient_match,
    is_official_yes_or_no,
    official_point,
    points_in,
)

OPTIONS = ("the left one.", "not left", "Right")


@pytest.mark.parametrize(
    ("answer", "index"),
    [
        ("not left", 1),
        ("  NOT   Left. ", 1),
        ("the left one", 0),
        ("\n\nright\nbecause it is on the left", 2),
        ("B", 1),
        ("(c)", 2),
        ("b.", 1),
        ("(B).", 1),
        ("A:", 0),
        ("B. not left", 1),
        ("(C) right", 2),
        ("C: Right.", 2),
        ("B. right", None),  # letter and text of two options
        ("D", None),
        ("left", None),  # a part of a text is not the text
        ("I think it is B", None),
        ("because it is so\nB", None),  # the first line decides
        ("B or C", None),
        ("", None),
    ],
)
def test_the_strict_rule_takes_a_text_a_letter_or_both(answer: str, index: int | None) -> None:
    assert chosen(answer, OPTIONS) == index


def test_where_options_are_letters_the_text_counts() -> None:
    assert chosen("A", ("C", "A", "B")) == 1
    assert chosen("B. A", ("C", "A", "B")) == 1
    assert chosen("A. A", ("C", "A", "B")) is None


def test_without_letters_only_texts_count() -> None:
    assert chosen("Yes.", ("yes", "no"), lettered=False) == 0
    assert chosen("A", ("yes", "no"), lettered=False) is None
    assert chosen("Yes, it fits", ("yes", "no"), lettered=False) is None


@pytest.mark.parametrize(
    ("answer", "right", "is_match"),
    [
        ("It is yellow.", "yellow", True),
        ("B. the color of the dog is white", "The color of the dog is white.", True),
        ("not left", "left", True),
        ("bright", "right", True),
        ("A", "yellow", False),
        ("yel-low", "yellow", True),
        ("", "yellow", False),
    ],
)
def test_the_lenient_rule_looks_for_the_text_inside(
    answer: str, right: str, is_match: bool
) -> None:
    assert is_lenient_match(answer, right) is is_match


def test_the_official_rule_for_yes_or_no_looks_at_the_beginning() -> None:
    assert is_official_yes_or_no(" Yes, it fits", "yes")
    assert is_official_yes_or_no("nothing", "no")
    assert not is_official_yes_or_no("It does: yes", "yes")


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        ("[(0.25, 0.5), (1, .75)]", (Point(0.25, 0.5), Point(1, 0.75))),
        (" (0.25,0.5) ", (Point(0.25, 0.5),)),
        ("[(0.25, 0.5),\n (0.5, 0.5),]", (Point(0.25, 0.5), Point(0.5, 0.5))),
        ("(-0.1, 1.5)", (Point(-0.1, 1.5),)),
        ("[(0.25, 0.5)", None),
        ("(0.25, 0.5)]", None),
        ("at (0.25, 0.5)", None),
        ("(0.25, 0.5, 0.75)", None),
        ("[0.25, 0.5]", None),
        ("[]", None),
    ],
)
def test_points_are_a_list_of_pairs_and_nothing_else(
    answer: str, points: tuple[Point, ...] | None
) -> None:
    assert points_in(answer) == points


def test_the_official_rule_takes_the_first_pair_anywhere() -> None:
    assert official_point("here [0.1, 0.2] or (0.3,0.4)") == Point(0.3, 0.4)
    assert official_point("here [[0.1, 0.2], [0.3, 0.4]]") == Point(0.1, 0.2)
    assert official_point("nowhere") is None
