"""How numbered marks are drawn, to the pixel."""

import itertools

import numpy as np
from PIL import Image

from vigorl.browser.geometry import Box, Frame
from vigorl.browser.marks import BORDER_PX, COLOURS, draw_marks, label_boxes
from vigorl.browser.observation import Mark
from vigorl.browser.picture import Picture, View

WIDTH_PX, HEIGHT_PX = 800, 600


def white(marks: list[Mark], width_px: int = WIDTH_PX) -> Image.Image:
    image = Image.new("RGB", (width_px, HEIGHT_PX), "white")
    view = View(
        Picture.from_image(image), Frame.of_viewport(WIDTH_PX, HEIGHT_PX).resized(*image.size)
    )
    return draw_marks(view, marks).picture.image()


def test_boxes_under_eight_px_are_numbered_but_not_drawn() -> None:
    drawn = white([Mark(1, Box(10, 10, 17, 60), "A", ""), Mark(None, Box(0, 0, 90, 90), "x", "")])
    assert drawn.getcolors() == [(WIDTH_PX * HEIGHT_PX, (255, 255, 255))]


def test_a_border_of_two_px_lies_inside_the_box_in_the_colour_of_its_number() -> None:
    drawn = np.asarray(white([Mark(12, Box(100, 200, 180, 240), "A", "")]))
    orange = np.array([0xFF, 0x7F, 0x0E])
    assert COLOURS[11 % 10] == "#ff7f0e"
    column = (drawn[220, 95:185] == orange).all(axis=1)
    assert np.flatnonzero(column).tolist() == [5, 6, 83, 84]
    assert BORDER_PX == 2


def test_marks_are_drawn_in_the_frame_of_the_picture() -> None:
    drawn = np.asarray(white([Mark(1, Box(100, 200, 180, 240), "A", "")], width_px=WIDTH_PX // 2))
    coloured = (drawn[220] != 255).any(axis=1)
    assert np.flatnonzero(coloured).tolist() == [50, 51, 88, 89]


def test_labels_lie_in_the_picture_and_not_on_each_other_nor_on_text() -> None:
    boxes = [
        (8 * y + x + 1, Box(x * 100, y * 45, x * 100 + 70, y * 45 + 20))
        for y, x in itertools.product(range(13), range(8))
    ]
    texts = [Box(box.left, box.bottom, box.right, box.bottom + 25) for _, box in boxes]
    labels = label_boxes(boxes, texts, (WIDTH_PX, HEIGHT_PX))
    for label in labels:
        assert Box(0, 0, WIDTH_PX, HEIGHT_PX).intersection(label) == label
        assert sum(overlap_px(label, other) for other in labels) == label.area
        assert sum(overlap_px(label, text) for text in texts) == 0


def overlap_px(one: Box, other: Box) -> float:
    common = one.intersection(other)
    return common.area if common else 0.0


def test_a_label_shows_its_digits_in_white_on_the_colour_of_the_box() -> None:
    drawn = white([Mark(1, Box(100, 200, 180, 240), "A", "")])
    ((left, top, right, bottom),) = [
        (box.left, box.top, box.right, box.bottom)
        for box in label_boxes([(1, Box(100, 200, 180, 240))], [], drawn.size)
    ]
    label = np.asarray(drawn.crop((int(left), int(top), int(right), int(bottom))))
    assert label.shape[0] == 20
    assert (label[0] == [0x1F, 0x77, 0xB4]).all()
    assert 10 < (label > 200).all(axis=2).sum() < label.shape[0] * label.shape[1] / 2
