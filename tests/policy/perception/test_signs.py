"""A single sign on a button, a key or a page is told, whatever its font."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.screen import TextLine
from vigorl.policy.perception.screen_reader import ScreenReader
from vigorl.policy.perception.text_match import fits, is_alike

KEYS = "7850+xQRW?!3=<-K"


@pytest.fixture(scope="module")
def eyes() -> ScreenReader:
    return ScreenReader()


def keypad(keys: str, ink: str, paper: str, size_px: int, frame: bool) -> Image.Image:
    """Keys in rows of four, each in a frame of its own or in none."""
    image = Image.new("RGB", (400, 400), paper)
    draw = ImageDraw.Draw(image)
    for index, key in enumerate(keys):
        x, y = 60 + 90 * (index % 4), 60 + 90 * (index // 4)
        if frame:
            draw.rounded_rectangle((x - 22, y - 22, x + 22, y + 22), 6, outline="#888")
        draw.text((x, y), key, ink, ImageFont.load_default(size_px), anchor="mm")
    return image


def told(eyes: ScreenReader, image: Image.Image) -> list[TextLine]:
    """The signs on a picture, as on a live page: JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    picture = Picture.from_bytes(buffer.getvalue())
    view = View(picture, Frame.of_viewport(image.width, image.height))
    return sorted(
        eyes.read(view).lines, key=lambda line: (line.box_px.center.y // 90, line.box_px.left)
    )


@pytest.mark.parametrize(("ink", "paper"), [("#222222", "white"), ("#dddddd", "#14181f")])
@pytest.mark.parametrize("frame", [False, True])
def test_each_key_of_a_keypad_is_told(
    eyes: ScreenReader, ink: str, paper: str, frame: bool
) -> None:
    lines = told(eyes, keypad(KEYS, ink, paper, 20, frame))
    assert len(lines) == len(KEYS)
    wrong = [
        (key, line.text)
        for key, line in zip(KEYS, lines, strict=True)
        if not is_alike(key, line.text)
    ]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(("ink", "paper"), [("#222222", "white"), ("#c8c4bc", "#22211d")])
def test_the_ends_of_a_rule_are_no_dashes_and_dashes_are(
    eyes: ScreenReader, ink: str, paper: str
) -> None:
    for left, top, width in ((40, 90, 239), (43, 93, 350), (46, 97, 180)):
        image = Image.new("RGB", (600, 260), paper)
        draw = ImageDraw.Draw(image)
        draw.text((left, 40), "Account", ink, font_size=16)
        draw.rectangle((left, top, left + width, top + 1), ink)
        draw.rectangle((300, 200, 310, 201), ink)
        found = [(line.text, round(line.box_px.top)) for line in told(eyes, image)]
        assert [each for each in found if each[1] < 190] == [("Account", found[0][1])]
        assert [is_alike("-", text) for text, top_px in found if top_px >= 190] == [True]


def test_a_picture_of_no_sign_is_none(eyes: ScreenReader) -> None:
    image = Image.new("RGB", (400, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.polygon([(60, 60), (84, 66), (70, 90), (52, 82)], fill="#444444")
    draw.rectangle((200, 60, 230, 84), fill="#446688")
    draw.rectangle((206, 66, 212, 78), fill="#ddeeff")
    assert not any(line.confidence > 0.2 for line in told(eyes, image))


def test_signs_that_look_alike_are_one_for_the_policy_and_others_are_not() -> None:
    assert fits("I", "l") and fits("×", "x") and fits("‹", "<")
    assert not fits("7", "1") and not fits("b", "d")
    assert fits("x", "x")[0].score > fits("×", "x")[0].score
