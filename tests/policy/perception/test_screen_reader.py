"""One picture is read once, whoever asks and however many at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vigorl.browser.geometry import Box, Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.detector import TextDetector
from vigorl.policy.perception.ink import PixelBox, Pixels, runs
from vigorl.policy.perception.ocr import TextReader
from vigorl.policy.perception.screen import Screen
from vigorl.policy.perception.screen_reader import ScreenReader


def view_of(text: str) -> View:
    image = Image.new("RGB", (320, 64), "white")
    ImageDraw.Draw(image).text((20, 16), text, "black", font_size=28)
    return View(Picture.from_image(image), Frame.of_viewport(320, 64))


def test_a_picture_that_several_look_at_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes = ScreenReader()
    looks: list[str] = []
    everybody_asks = threading.Barrier(4)
    look = eyes._look

    def counted(view: View) -> Screen:
        looks.append(view.picture.sha256)
        return look(view)

    def read(view: View) -> Screen:
        everybody_asks.wait(timeout=30)
        return eyes.read(view)

    monkeypatch.setattr(eyes, "_look", counted)
    with ThreadPoolExecutor(4) as pool:
        screens = list(pool.map(read, [view_of("Sign in")] * 3 + [view_of("Log out")]))
    assert [screen.lines[0].text for screen in screens] == ["Sign in"] * 3 + ["Log out"]
    assert len(looks) == len(set(looks)) == 2


def test_a_reading_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes = ScreenReader()
    with monkeypatch.context() as broken, pytest.raises(MemoryError):
        broken.setattr(eyes, "_look", lambda view: (_ for _ in ()).throw(MemoryError))
        eyes.read(view_of("Sign in"))
    assert eyes.read(view_of("Sign in")).lines[0].text == "Sign in"


def form_of(**values: str) -> Pixels:
    image = Image.new("RGB", (640, 480), "white")
    pen = ImageDraw.Draw(image)
    for place, (name, value) in enumerate(values.items()):
        pen.text((30, 40 + 90 * place), name.replace("_", " "), "black", font_size=24)
        pen.text((300, 40 + 90 * place), value, "black", font_size=24)
    return np.asarray(image)


def told(reader: TextReader, pixels: Pixels) -> list[tuple[str, Box]]:
    return [(line.text, line.box_px) for line in reader.read(pixels).lines]


def test_of_a_picture_that_changed_a_little_only_the_new_part_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[Pixels] = []
    look_at = TextDetector._look_at

    def noted(self: TextDetector, piece: Pixels) -> list[PixelBox]:
        looked_at.append(piece)
        return look_at(self, piece)

    first = form_of(Full_name="Karin Tanaka", Town="Bergen", Street="Harbour Road 5")
    second = form_of(Full_name="Karin Tanaka", Town="Amsterdam", Street="Harbour Road 5")
    third = form_of(
        Something="else", entirely="stands here", now="and there", Below="too", Last="of all things"
    )
    pictures = (first, second, second, third)
    fresh = [told(TextReader(), pixels) for pixels in pictures]
    monkeypatch.setattr(TextDetector, "_look_at", noted)
    reader = TextReader()
    looks = []
    for pixels, expected in zip(pictures, fresh, strict=True):
        looked_at.clear()
        assert told(reader, pixels) == expected
        looks.append(len(looked_at))
    assert looks[1] == 1 and looks[2] == 0  # the town, then nothing
    assert looks[0] > 1 and looks[3] > 1


@pytest.mark.parametrize("word", ["Oslo", "Tilburg", "fill"])
def test_a_text_cursor_is_no_letter(word: str) -> None:
    image = Image.new("RGB", (320, 64), "white")
    pen = ImageDraw.Draw(image)
    pen.text((20, 20), word, "black", font_size=18)
    _, top, _, bottom = pen.textbbox((20, 20), "blp" + word, font_size=18)
    end = round(pen.textlength(word, font_size=18)) + 20
    pen.rectangle((end, top - 2, end, bottom + 2), "black")
    assert [text for text, _ in told(TextReader(), np.asarray(image))] == [word]


def test_how_a_text_is_drawn_is_seen_on_any_ground() -> None:
    pixels = np.full((40, 120, 3), (20, 40, 90), np.uint8)
    for left in (20, 28, 36):  # more ink than ground from the first stroke to the last
        pixels[12:28, left : left + 6] = 250
    (run,) = runs(pixels, PixelBox(4, 4, 110, 36), widest_gap=0.8)
    assert run.look.ground_rgb == (20, 40, 90)
    assert run.look.colour_rgb == (250, 250, 250)


@pytest.mark.parametrize(
    ("text", "size_px", "pad_px", "border_px", "corner_px"),
    [("12", 16, 2, 3, 8), ("12", 16, 2, 1, 4), ("notes", 13, 10, 3, 0)],
)
def test_the_frame_of_a_field_is_no_letter(
    text: str, size_px: int, pad_px: int, border_px: int, corner_px: int
) -> None:
    image = Image.new("RGB", (420, 90), "white")
    pen = ImageDraw.Draw(image)
    height_px = 2 * size_px
    pen.rounded_rectangle((40, 30, 380, 30 + height_px), corner_px, "white", "black", border_px)
    place = (40 + border_px + pad_px, 30 + (height_px - 1.2 * size_px) / 2)
    pen.text(place, text, "#333", font_size=size_px)
    assert [line.text for line in TextReader().read(np.asarray(image)).lines] == [text]


def test_an_underline_belongs_to_the_text_above_it() -> None:
    image = Image.new("RGB", (320, 90), "#271918")
    pen = ImageDraw.Draw(image)
    pen.text((30, 20), "Brisa stool", "#c8a2a3", font_size=16)
    end_px = 29 + pen.textlength("Brisa stool", font_size=16)
    pen.line((30, 40, end_px, 40), "#c8a2a3")
    pen.text((30, 41), "Light, sturdy and simple.", "#bbaeae", font_size=14)
    title, text = TextReader().read(np.asarray(image)).lines
    assert (title.text, title.link) == ("Brisa stool", True)
    assert (text.text, text.link) == ("Light, sturdy and simple.", False)
    assert text.box_px.top > 41
