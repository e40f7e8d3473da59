"""A word is read wherever it stands: alone on a large page, in an empty card, over a backdrop."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from vigorl.browser.geometry import Box, Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.ink import PixelBox
from vigorl.policy.perception.pieces import pieces
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.perception.screen_reader import ScreenReader, unreadable

SIZES = [(800, 600), (1280, 720), (1920, 1080), (780, 1688)]
TYPES_PX = [13, 18, 24]
FEW = [(800, 600, 13), (1280, 720, 18), (1920, 1080, 13), (780, 1688, 24)]


@pytest.fixture(scope="module")
def eyes() -> ScreenReader:
    return ScreenReader()


def blank(width: int, height: int, paper: str = "white") -> Image.Image:
    return Image.new("RGB", (width, height), paper)


def write(image: Image.Image, at: tuple[int, int], text: str, ink: str, size_px: int) -> None:
    ImageDraw.Draw(image).text(at, text, ink, ImageFont.load_default(size_px))


def view_of(image: Image.Image) -> View:
    """As a live page is shown: JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    picture = Picture.from_bytes(buffer.getvalue())
    return View(picture, Frame.of_viewport(image.width, image.height))


def read(eyes: ScreenReader, image: Image.Image) -> list[str]:
    return [line.text for line in eyes.read(view_of(image)).lines]


@pytest.mark.parametrize(
    ("width", "height", "size_px"),
    [
        pytest.param(*size, type_px, marks=[pytest.mark.slow] * ((*size, type_px) not in FEW))
        for size in SIZES
        for type_px in TYPES_PX
    ],
)
def test_a_label_alone_on_a_page_is_read(
    eyes: ScreenReader, width: int, height: int, size_px: int
) -> None:
    for part, (ink, paper) in enumerate([("#222", "white"), ("#ddd", "#14181f"), ("#777", "#eee")]):
        image = blank(width, height, paper)
        write(image, (width * (1 + 2 * part) // 8, height * (part + 1) // 5), "Order", ink, size_px)
        assert read(eyes, image) == ["Order"]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_label_in_an_empty_card_is_read(eyes: ScreenReader, width: int, height: int) -> None:
    image = blank(width, height, "#f4f5f7")
    frame = (width // 10, height // 10, width * 9 // 10, height * 9 // 10)
    ImageDraw.Draw(image).rounded_rectangle(frame, 12, "white", "#c0c4cc")
    write(image, (width // 3, height // 2), "Results", "#555", 16)
    assert read(eyes, image) == ["Results"]


def test_a_button_is_read_after_any_other_picture_as_it_is_by_itself(eyes: ScreenReader) -> None:
    alone = blank(1280, 720)
    write(alone, (900, 500), "Continue", "#0055cc", 15)
    before = blank(1280, 720)
    for row in range(12):
        write(before, (40, 40 + 50 * row), "Something else stands here", "#222", 16)
    both = alone.copy()
    write(both, (40, 40), "Thank you", "#222", 16)
    for image in (before, both, alone):
        fresh = ScreenReader().read(view_of(image))
        assert eyes.read(view_of(image)).lines == fresh.lines
    assert read(eyes, alone) == ["Continue"]


def test_no_two_pieces_overlap_and_together_they_hold_all_letters() -> None:
    image = blank(1000, 800)
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 980, 780), outline="#888")
    for row in range(10):
        write(image, (60 + 70 * (row % 3), 50 + 70 * row), f"Row {row}", "#222", 14 + row)
    cut = pieces(np.asarray(image))
    assert not any(a.touches(b) for i, a in enumerate(cut) for b in cut[i + 1 :])
    inside = np.asarray(image).min(axis=2) < 100
    for piece in cut:
        piece.of(inside)[:] = False
    assert not inside.any()
    assert sum(piece.area for piece in cut) < 0.3 * 1000 * 800
    assert all(PixelBox(0, 0, 1000, 800).holds(piece) for piece in cut)


def test_the_box_of_a_label_leaves_out_the_icon_before_it(eyes: ScreenReader) -> None:
    image = blank(640, 400)
    ImageDraw.Draw(image).ellipse((50, 52, 64, 66), fill="#222")
    write(image, (72, 50), "Dashboard", "#222", 16)
    (line,) = eyes.read(view_of(image)).lines
    start = line.text.index("Dashboard")
    assert 62 <= line.part(start, start + 1).left <= 76


def test_small_type_is_named_as_a_region_and_large_is_not(eyes: ScreenReader) -> None:
    image = blank(1000, 700)
    write(image, (100, 100), "A heading that is large", "#222", 28)
    for row in range(5):
        write(image, (500, 500 + 11 * row), "Authorisation number, see below", "#222", 8)
    regions = eyes.read(view_of(image)).small_text_regions
    assert len(regions) == 1
    assert regions[0].left >= 490 and regions[0].top >= 490 and regions[0].height >= 40


def screen_of(*lines: TextLine, unread: tuple[Box, ...] = ()) -> Screen:
    return Screen(lines, (), Frame.of_viewport(800, 600), unread=unread)


def line_at(row: int, text: str, confidence: float) -> TextLine:
    return TextLine(text, Box(40, 40 * row, 160, 40 * row + 16), confidence)


def test_a_screen_in_a_script_that_is_not_known_is_named() -> None:
    strange = [line_at(row, "D7n7 nn", 0.01) for row in range(3)]
    known = [line_at(row, "Continue to payment", 0.99) for row in range(3, 9)]
    assert "script" in unreadable(screen_of(*strange))
    assert "script" in unreadable(screen_of(unread=tuple(line.box_px for line in strange)))
    assert unreadable(screen_of(*strange, *known)) == ""
    assert unreadable(screen_of(*known)) == ""
    assert unreadable(screen_of()) == ""
    assert unreadable(screen_of(strange[0])) == ""  # a logo
