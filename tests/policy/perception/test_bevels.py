"""Controls that are pressed into a grey window, as Motif and Tk draw them, seen through JPEG."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vigorl.browser.geometry import Box, Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.bevels import bevels
from vigorl.policy.perception.screen import Shape, TextLine
from vigorl.policy.perception.screen_reader import ScreenReader
from vigorl.policy.perception.small_controls import bevelled_boxes

WINDOW, DARK, LIGHT = (217, 217, 217), (130, 130, 130), (255, 255, 255)
RED = (176, 48, 96)

Place = tuple[int, int, int, int]


def bevel(pen: ImageDraw.ImageDraw, place: Place, inside: object, is_pressed: bool = True) -> None:
    """A rectangle with a frame of 2 px of two tones."""
    left, top, right, bottom = place
    first, second = (DARK, LIGHT) if is_pressed else (LIGHT, DARK)
    pen.rectangle((left, top, right - 1, bottom - 1), fill=second)
    pen.rectangle((left, top, right - 2, top + 1), fill=first)
    pen.rectangle((left, top, left + 1, bottom - 2), fill=first)
    pen.rectangle((left + 2, top + 2, right - 3, bottom - 3), fill=inside)


def window() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (420, 300), WINDOW)
    return image, ImageDraw.Draw(image)


def seen(image: Image.Image) -> tuple[Picture, np.ndarray]:
    """The picture as a desktop shows it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    picture = Picture.from_bytes(buffer.getvalue())
    return picture, np.asarray(picture.image())


def boxes(image: Image.Image, *labels: Box) -> dict[tuple[int, int], bool | None]:
    """Checkboxes that are seen: their states by about where they are."""
    _, pixels = seen(image)
    lines = [TextLine("A label", label, 1.0) for label in labels]
    found: list[Shape] = bevelled_boxes(pixels, bevels(pixels), lines)
    places = ((shape.box_px.center, shape.checked) for shape in found)
    return {(round(middle.x / 10), round(middle.y / 10)): state for middle, state in places}


def test_a_label_and_the_field_whose_text_touches_its_frame_are_two_things() -> None:
    image, pen = window()
    bevel(pen, (20, 20, 400, 190), LIGHT)
    pen.rectangle((22, 80, 397, 109), fill=(74, 105, 132))  # the chosen row of a list
    for row, name in enumerate(("Pine shelf", "Paint brush", "Iron hook", "Cork sheet")):
        colour = LIGHT if row == 2 else (0, 0, 0)
        pen.text((25, 24 + 30 * row), name, colour, font_size=16)
    pen.text((20, 220), "Quantity", (0, 0, 0), font_size=16)
    bevel(pen, (86, 216, 166, 240), LIGHT)
    pen.text((88, 219), "13", (0, 0, 0), font_size=17)
    picture, _ = seen(image)
    screen = ScreenReader().read(View(picture, Frame.of_viewport(420, 300)))
    (field,) = (shape for shape in screen.shapes if shape.kind == "field")
    assert abs(field.box_px.left - 86) <= 2 and abs(field.box_px.bottom - 240) <= 2
    assert {"Quantity", "13"} <= {line.text for line in screen.lines}


@pytest.mark.parametrize("colour", [RED, (70, 105, 140)])
def test_a_colour_ticks_a_box_only_above_or_below_an_empty_one(colour: Place) -> None:
    image, pen = window()
    bevel(pen, (34, 34, 47, 47), colour)
    assert boxes(image) == {}
    bevel(pen, (94, 64, 107, 77), LIGHT)  # of another column
    assert boxes(image) == {(10, 7): False}
    bevel(pen, (34, 94, 47, 107), LIGHT)
    assert boxes(image) == {(10, 7): False, (4, 10): False, (4, 4): True}


def test_a_raised_box_is_off_where_a_label_follows_and_nothing_otherwise() -> None:
    image, pen = window()
    bevel(pen, (34, 34, 47, 47), WINDOW, is_pressed=False)
    assert boxes(image) == {}
    assert boxes(image, Box(52, 33, 150, 48)) == {(4, 4): False}
    bevel(pen, (34, 94, 47, 107), RED)
    assert boxes(image, Box(52, 33, 150, 48)) == {(4, 4): False, (4, 10): True}


def test_a_cross_ticks_a_box_and_a_question_mark_does_not() -> None:
    image, pen = window()
    for top in (34, 64):
        bevel(pen, (34, top, 52, top + 18), LIGHT)
    for offset in (0, 1):
        pen.line((38 + offset, 38, 47 + offset, 47), fill=0)
        pen.line((47 + offset, 38, 38 + offset, 47), fill=0)
    pen.text((40, 65), "?", (0, 0, 0), font_size=13)
    assert boxes(image) == {(4, 4): True}


def test_text_and_flat_squares_are_no_boxes() -> None:
    image, pen = window()
    for size in range(11, 31):
        pen.text((10 + 2 * size, 8 * (size - 10)), "EFDBPHL□EFT", (0, 0, 0), font_size=size)
    for left in range(300, 400, 20):
        pen.rectangle((left, 250, left + 12, 262), fill=RED if left % 40 else (0, 0, 0))
    assert boxes(image, Box(0, 0, 420, 300)) == {}
