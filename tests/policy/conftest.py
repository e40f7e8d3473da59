"""Small screens to look at, and checkpoints small enough to look at them."""

import random
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from PIL import Image, ImageDraw

from tests.policy.fake_server import Handler
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View

# The first example pays for imports, and the machine may be busy.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ARCHITECTURES = ("qwen2_5_vl", "qwen3_vl")


def draw(width_px: int, height_px: int, seed: int) -> Picture:
    """A picture that no other seed gives."""
    drawn = random.Random(seed)
    image = Image.new("RGB", (width_px, height_px), tuple(drawn.choices(range(256), k=3)))
    canvas = ImageDraw.Draw(image)
    for _ in range(20):
        left, top = drawn.randrange(width_px // 2), drawn.randrange(height_px // 2)
        right, bottom = left + drawn.randrange(width_px // 2), top + drawn.randrange(height_px // 2)
        canvas.rectangle(
            (left, top, right, bottom), outline=tuple(drawn.choices(range(256), k=3)), width=4
        )
    return Picture.from_image(image)


@pytest.fixture(scope="session")
def screen() -> Callable[..., Observation]:
    def make(seed: int, width_px: int = 280, height_px: int = 168, **told: Any) -> Observation:
        view = View(draw(width_px, height_px, seed), Frame.of_viewport(width_px, height_px))
        return Observation(view, **{"url": "http://shop.test/", "title": "Shop", **told})

    return make


@pytest.fixture(scope="session")
def look() -> Callable[..., Observation]:
    """What a look closer shows."""

    def make(seed: int, side_px: int = 128) -> Observation:
        frame = Frame(side_px, side_px, Box(20, 30, 84, 94))
        return Observation(View(draw(side_px, side_px, seed), frame, "crop"))

    return make


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder with a checkpoint for each architecture."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    from vigorl.policy.local.tiny import write_tiny_checkpoint

    return {
        name: write_tiny_checkpoint(tmp_path_factory.mktemp("checkpoints") / name, name)
        for name in ARCHITECTURES
    }


@pytest.fixture(scope="session")
def fake_server() -> Iterator[str]:
    """Where the server is that does what model servers are known to do."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def origin(fake_server: str) -> str:
    """The same, with nothing to do yet."""
    Handler.chats, Handler.behaviours, Handler.lists = {}, {}, {}
    return fake_server
