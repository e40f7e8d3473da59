"""One picture is read once, whoever asks and however many at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageDraw

from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.reader.eyes import Eyes
from vigorl.policy.reader.screen import Screen


def view_of(text: str) -> View:
    image = Image.new("RGB", (320, 64), "white")
    ImageDraw.Draw(image).text((20, 16), text, "black", font_size=28)
    return View(Picture.from_image(image), Frame.of_viewport(320, 64))


def test_a_picture_that_several_look_at_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes = Eyes()
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
    eyes = Eyes()
    with monkeypatch.context() as broken, pytest.raises(MemoryError):
        broken.setattr(eyes, "_look", lambda view: (_ for _ in ()).throw(MemoryError))
        eyes.read(view_of("Sign in"))
    assert eyes.read(view_of("Sign in")).lines[0].text == "Sign in"
