"""Fields that are only a rule, with a button behind them, seen through JPEG."""

import io

import pytest
from PIL import Image, ImageDraw

from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.screen import Shape
from vigorl.policy.perception.screen_reader import ScreenReader

DARK, LIGHT = ("#22211d", "#f4f2ee", "#a8a6a0", "#55544f"), ("#ffffff", "#1b1b1b", "#777", "#bbb")
FIELD_LEFT, RULE_TOP = 306, 91


def fields(colours: tuple[str, ...], inset_px: int, has_button: bool) -> list[Shape]:
    """What is read as a field of a text that stands on a rule, below a title."""
    ground, ink, muted, frame = colours
    image = Image.new("RGB", (1366, 240), ground)
    pen = ImageDraw.Draw(image)
    pen.text((FIELD_LEFT, 12), "The catalogue", ink, font_size=26)
    pen.text((FIELD_LEFT + inset_px, 62), "What are you looking for?", muted, font_size=15)
    pen.rectangle((FIELD_LEFT, RULE_TOP, 1203, RULE_TOP + 1), ink)
    if has_button:
        pen.rectangle((1212, 54, 1267, 91), ground, frame)
        pen.ellipse((1233, 66, 1244, 77), ground, ink, 2)
        pen.line((1242, 76, 1248, 82), ink, 2)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    picture = Picture.from_image(Image.open(buffer).convert("RGB"))
    shapes = ScreenReader().read(View(picture, Frame.of_viewport(*image.size))).shapes
    return [shape for shape in shapes if shape.kind == "field"]


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_a_text_on_a_rule_before_a_button_is_a_field(colours: tuple[str, ...]) -> None:
    (field,) = fields(colours, inset_px=4, has_button=True)
    assert abs(field.box_px.left - FIELD_LEFT) <= 2 and abs(field.box_px.right - 1204) <= 2
    assert RULE_TOP <= field.box_px.bottom <= RULE_TOP + 3


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_a_title_with_a_rule_and_a_text_without_a_button_are_none(
    colours: tuple[str, ...],
) -> None:
    assert fields(colours, inset_px=0, has_button=True) == []
    assert fields(colours, inset_px=4, has_button=False) == []
