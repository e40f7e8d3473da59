"""Controls by their pixels alone."""

import numpy as np
import pytest

from vigorl.policy.perception.ink import PixelBox
from vigorl.policy.perception.small_controls import small_control


@pytest.mark.parametrize("is_checked", [False, True])
def test_a_box_that_is_pressed_into_a_grey_page_is_a_box(is_checked: bool) -> None:
    page = np.full((40, 40, 3), 217, np.uint8)
    page[10:23, 10:23] = 255  # light below and to the right, as Motif and Tk draw it
    page[10, 10:22] = page[10:22, 10] = 130
    page[11, 11:21] = page[11:21, 11] = 60
    page[21, 11:22] = page[11:22, 21] = 217
    if is_checked:
        for column, row in ((13, 16), (14, 17), (15, 18), (16, 17), (17, 16), (18, 15), (19, 14)):
            page[row - 1 : row + 1, column] = 0
    found = small_control(page, PixelBox(10, 10, 23, 23))
    assert found is not None
    assert (found.kind, found.checked) == ("checkbox", is_checked)


def test_a_box_that_is_filled_with_a_colour_is_not_called_empty() -> None:
    page = np.full((40, 40, 3), 217, np.uint8)
    page[10:23, 10:23] = 255
    page[10, 10:22] = page[10:22, 10] = 110
    page[11:22, 11:22] = (70, 105, 140)  # which some looks have in place of a tick
    assert small_control(page, PixelBox(10, 10, 23, 23)) is None
