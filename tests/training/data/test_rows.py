import math

import pytest

from vigorl.browser.errors import InconsistentData
from vigorl.policy.policy import ShownImage, Tokens
from vigorl.training.data.rows import Row, rows_of

IMAGE = ShownImage("a", 28, 28)
OTHER = ShownImage("b", 28, 28)


def test_turns_become_rows_whose_mask_marks_what_was_sampled() -> None:
    rows = rows_of(
        [
            Tokens(0, (1, 2), (3, 4), (-0.5, -1.0), (IMAGE,)),
            Tokens(0, (5,), (6,), (-2.0,)),
            Tokens(1, (7, 8, 9), (10,), (-3.0,), (IMAGE, OTHER)),
        ]
    )
    assert rows == [
        Row(
            ids=(1, 2, 3, 4, 5, 6),
            is_sampled=(False, False, True, True, False, True),
            logprobs=(-0.5, -1.0, -2.0),
            images=(IMAGE,),
        ),
        Row((7, 8, 9, 10), (False, False, False, True), (-3.0,), (IMAGE, OTHER)),
    ]
    assert rows[0].sampled_at == [2, 3, 5]


def test_a_row_without_logprobs_has_none() -> None:
    assert rows_of([Tokens(0, (1,), (2,), None), Tokens(0, (3,), (4,), None)])[0].logprobs is None


@pytest.mark.parametrize(
    "turns",
    [
        [Tokens(1, (1,), (2,), None)],
        [Tokens(0, (1,), (2,), None), Tokens(2, (1,), (2,), None)],
        [Tokens(0, (1,), (2,), None), Tokens(1, (1,), (2,), None), Tokens(0, (1,), (2,), None)],
        [Tokens(0, (1,), (), ())],
        [Tokens(0, (), (2,), None)],
        [Tokens(0, (1,), (2,), None), Tokens(0, (3,), (4,), (-1.0,))],
        [Tokens(0, (1,), (2, 3), (-1.0,)), Tokens(0, (3,), (4,), (-1.0, -1.0))],
        [Tokens(0, (1,), (2,), (0.1,))],
        [Tokens(0, (1,), (2,), (-math.inf,))],
        [Tokens(0, (1,), (2,), (math.nan,))],
    ],
)
def test_what_contradicts_itself_is_not_trained(turns: list[Tokens]) -> None:
    with pytest.raises(InconsistentData):
        rows_of(turns)


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(InconsistentData):
        Row((1, 2), (False,), None, ())
