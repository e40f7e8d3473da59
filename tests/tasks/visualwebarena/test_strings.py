"""Texts and numbers are compared as VisualWebArena compares them, odd corners included."""

import numpy as np
import pytest
from PIL import Image

from vigorl.tasks.visualwebarena.similarity import image_similarity, structural_similarity
from vigorl.tasks.visualwebarena.strings import (
    clean,
    includes,
    includes_any,
    matches_exactly,
    satisfies,
    whole_number,
)
from vigorl.tasks.visualwebarena.verdict import Crash
from vigorl.tasks.visualwebarena.words import word_tokenize


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("it is blue. thanks", ["it", "is", "blue", ".", "thanks"]),
        ("it is 5. thanks", ["it", "is", "5.", "thanks"]),
        ("it is 5.", ["it", "is", "5", "."]),
        ("$12.99", ["$", "12.99"]),
        ("42%", ["42", "%"]),
        ("don't", ["do", "n't"]),
        ("#1", ["#", "1"]),
        ("13,600", ["13,600"]),
        ("4.5/5", ["4.5/5"]),
        ("n/a", ["n/a"]),
        ("e-mail", ["e-mail"]),
        ("dr. smith came. he left", ["dr.", "smith", "came", ".", "he", "left"]),
        ("", []),
    ],
)
def test_words_are_cut_as_nltk_cuts_them(text: str, words: list[str]) -> None:
    assert word_tokenize(text) == words


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("'Blue'", "blue"),
        ('"Blue"', "blue"),
        ("'\"Blue\"'", '"blue"'),
        ("'Blue\"", "'blue\""),
        ("'", ""),
        (" 'Blue' ", " 'blue' "),
    ],
)
def test_one_pair_of_quotes_is_cleaned_away(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("reference", "found", "included"),
    [
        ("blue", "it is Blue. thanks", True),
        ("blue", "bluebird", False),
        ("5", "it is 5. thanks", False),
        ("5", "it is 5.", True),
        ("0", "10", False),
        ("$12.99", "costs $12.999", True),  # two tokens: a part is enough
        ("13,600", "13,6001", False),  # one token: the whole word
        ("dark blue", "very dark bluebird", True),
        ("", "anything", True),  # no token at all
    ],
)
def test_one_word_must_be_a_word_and_more_a_part(
    reference: str, found: str, included: bool
) -> None:
    assert includes(reference, found) is included


def test_one_alternative_is_enough() -> None:
    assert includes_any("red |OR| dark blue", "it is red")
    assert not includes_any("red |OR| dark blue", "it is blue")
    assert not includes_any("red|OR|blue", "it is red")  # not without spaces


def test_a_number_matches_its_digits_and_nothing_else_is_a_text() -> None:
    assert matches_exactly("7", 7)
    assert matches_exactly("'Seven'", '"seven"')
    assert not matches_exactly("7", "7.0")
    for value in (None, 7.0, ["7"], {}):
        with pytest.raises(Crash):
            matches_exactly("7", value)
        with pytest.raises(Crash):
            includes("7", value)
    with pytest.raises(Crash):
        includes("7", 7)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234", 1234), (" 7 ", 7), ("-3", -3), ("5.0", None), ("$5", None), ("", None)],
)
def test_only_whole_numbers_are_numbers(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    ("inequality", "value", "holds"),
    [
        ("< 5", 5, True),  # within the tolerance: bounds are inclusive in effect
        ("> 5", 5, True),
        ("< 5", 6, False),
        (">= 5", 4.5, False),
        ("<= 5", 5.000000001, True),
        ("== 5", 5.0, True),
        ("== 5", 6, False),
        ("== 2 |OR| >= 7", 7, True),
        ("== 2 |OR| >= 7", 6, False),
    ],
)
def test_inequalities_hold_within_a_tolerance(inequality: str, value: float, holds: bool) -> None:
    assert satisfies(inequality, value) is holds


@pytest.mark.parametrize("inequality", ["5", "= 5", "< five", "< 5 <"])
def test_what_is_no_inequality_raises(inequality: str) -> None:
    with pytest.raises(Crash):
        satisfies(inequality, 5)


def test_similarity_of_one_window_is_the_formula() -> None:
    numbers = np.random.default_rng(0)
    first, second = numbers.uniform(0, 255, (2, 7, 7))
    covariance = np.cov(first.ravel(), second.ravel())
    (c1, c2), (a, b) = (6.5025, 58.5225), (first.mean(), second.mean())
    expected = ((2 * a * b + c1) * (2 * covariance[0, 1] + c2)) / (
        (a**2 + b**2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2)
    )
    assert structural_similarity(first, second) == pytest.approx(expected, abs=1e-12)


def test_a_picture_is_like_its_thumbnail_and_unlike_another() -> None:
    ramp = np.add.outer(np.arange(96), np.arange(128)).astype(np.uint8)
    picture = Image.fromarray(np.dstack([ramp, ramp, ramp // 2]))
    assert image_similarity(picture, picture) == pytest.approx(1.0)
    assert image_similarity(picture, picture.resize((64, 48))) > 0.8
    noise = np.random.default_rng(1).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    assert image_similarity(picture, Image.fromarray(noise)) < 0.2
    with pytest.raises(Crash):
        image_similarity(picture.resize((6, 6)), picture.resize((6, 6)))
