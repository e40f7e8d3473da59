"""Icons as reader sees them, on small pictures drawn here."""

import numpy as np
import pytest

from vigorl.browser.geometry import Box
from vigorl.policy.perception.concepts import meaning
from vigorl.policy.perception.ink import Pixels
from vigorl.policy.perception.regions import edges
from vigorl.policy.perception.screen import Shape
from vigorl.policy.perception.symbols import icons


def _page(height_px: int = 200, width_px: int = 400) -> Pixels:
    return np.full((height_px, width_px, 3), 255, np.uint8)


def _icons(pixels: Pixels) -> list[Shape]:
    return [shape for shape in icons(pixels, edges(pixels), [], []) if shape.names[:1] != ("logo",)]


@pytest.mark.parametrize("scale", [1, 2])
def test_three_bars_are_one_menu_at_any_scale(scale: int) -> None:
    pixels = _page()
    for bar in range(3):
        top = 80 + bar * 7 * scale
        pixels[top : top + 2 * scale, 200 : 200 + 22 * scale] = 40
    (menu,) = _icons(pixels)
    assert menu.names[0] == "menu"
    assert menu.box_px == Box(200, 80, 200 + 22 * scale, 80 + 16 * scale)


def test_five_equal_bars_are_no_menu() -> None:
    pixels = _page()
    for bar in range(5):
        pixels[60 + 14 * bar : 64 + 14 * bar, 200:244] = 40
    assert all(shape.names[0] != "menu" for shape in _icons(pixels))


def test_a_mark_on_uneven_ground_is_no_icon() -> None:
    pixels = _page()
    pixels[:, :200] = 90  # as at the border of two parts of a photograph
    pixels[90:110, 196:204] = 0
    pixels[96:104, 190:210] = 0
    assert _icons(pixels) == []


def test_an_icon_on_a_gradient_is_seen_as_the_bar_of_a_player_has_them() -> None:
    pixels = _page()
    pixels[:] = np.clip(520 - 4 * np.arange(200), 0, 255)[:, None, None]
    for row in range(14):
        pixels[88 + row, 196 : 198 + 2 * min(row, 13 - row)] = 255
    (play,) = _icons(pixels)
    assert play.names[0] in ("play", "right")


def test_bars_with_an_arrow_among_them_are_one_icon_on_a_fine_screen() -> None:
    pixels = _page()
    for top, left in ((60, 200), (73, 216), (86, 216), (99, 200)):
        pixels[top : top + 3, left:236] = 40
    for row in range(12):
        pixels[75 + row, 208 - min(row, 11 - row) : 208] = 40
    (outdent,) = _icons(pixels)
    assert outdent.names[0] == "outdent"
    assert outdent.box_px == Box(200, 60, 236, 102)


@pytest.mark.parametrize(
    ("phrase", "concept"),
    [
        ("Toggle navigation", "menu"),
        ("Zoom out", "minus"),
        ("Decrease indent", "outdent"),
        ("Clear formatting", "unformat"),
        ("Find my location", "target"),
        ("Accessibility options", "accessibility"),
        ("Mute", "volume"),
        ("Insert table", "table"),
    ],
)
def test_what_people_call_an_icon_is_understood(phrase: str, concept: str) -> None:
    assert meaning(phrase).get(concept, 0.0) > 0.7


def test_the_keys_that_a_tooltip_names_say_nothing_about_its_icon() -> None:
    for keys in (" (Ctrl+Z)", " <Ctrl+Shift+Z>", " [Cmd Z]"):
        assert meaning(f"Undo{keys}") == meaning("Undo")
    assert meaning("Undo (all)") != meaning("Undo")
