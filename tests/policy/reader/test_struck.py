"""Values that are crossed out are told from bold figures with bars of their own."""

import numpy as np
import pytest

from vigorl.browser.geometry import Box
from vigorl.policy.perception.ink import Pixels
from vigorl.policy.reader.answer_steps import _struck

FORTY_EIGHT = (  # in bold letters with serifs, as JPEG leaves them: grey levels of 20 px a row
    "f9fafefec72a0d6efdf9fefda6574243539efdf9",
    "fefef2fe3a0b2669f5f9fe822023e7e81f1e8df6",
    "fefefe7b691b2865fefef84d1146fefd50271bfe",
    "fef9e038e222155efefef48b261de8f4321560f6",
    "fef95d9efe18236efbfafefaa5291d141c40e0f9",
    "fab645fefe111f67fefafe96193ccdd53680e8f9",
    "f342d4f1f2251b68f8fee8201b7cf4fe851c29f3",
    "9b16182e2910211b1c8ac82b197df7fb892517ce",
    "fef7fef4fc1a2267fef4e8122078fefe7c1518d3",
    "f0fafcfefe191e61fefef8621b3de0f04d0f59f2",
    "fefefa831f1d1e1b16c8feee731138533e9af2fe",
)


def drawn(line_at: int | None) -> tuple[Pixels, Box]:
    """The figures on white, with a line through one of their rows."""
    grey = np.array([list(bytes.fromhex(row)) for row in FORTY_EIGHT], np.uint8)
    if line_at is not None:
        grey[line_at] = np.minimum(grey[line_at], 60)
    pixels = np.full((31, 60, 3), 255, np.uint8)
    pixels[10:21, 20:40] = grey[:, :, None]
    return pixels, Box(20, 10, 40, 21)


def test_the_bar_of_a_figure_crosses_nothing_out() -> None:
    assert not _struck(*drawn(None))


@pytest.mark.parametrize("row", [4, 5, 6, 7])
def test_a_line_from_end_to_end_does(row: int) -> None:
    assert _struck(*drawn(row))
