"""Time of a step on a desktop: a click and a look, against raw XTest and a raw capture.

    python benchmarks/desktop.py [--steps 60] [--size 1920x1080]

The program turns a large area over at each click. The ways take turns, click by click:

    raw, at once    XTest click, capture by shared memory, JPEG; whatever is shown by then
    raw, right      the same, captured again until the area has turned: no agent can be faster
    raw, pause      the same with a pause before the capture, as long as ours waits for quiet
    step, at once   ours without waiting for rest, against "raw, at once"
    step            ours, against "raw, pause"
"""

import argparse
import asyncio
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import mss
from PIL import Image
from Xlib import X
from Xlib.ext import xtest

from vigorl.browser.actions import Click
from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.opening import Program
from vigorl.browser.desktop.settle import QUIET_S
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.desktop.x11 import X11Screen
from vigorl.browser.desktop.x11_connection import let_go
from vigorl.browser.geometry import Point

PROGRAM = """
import tkinter as tk
root = tk.Tk()
root.geometry("600x500+100+100")
area = tk.Canvas(root, background="#202020", highlightthickness=0)
area.pack(fill="both", expand=True)
def turn(event):
    dark = area.cget("background") == "#202020"
    area.configure(background="#e0e0e0" if dark else "#202020")
area.bind("<Button-1>", turn)
root.mainloop()
"""
POINTS = (Point(200, 300), Point(400, 400), Point(600, 350))
"""Far enough from each other not to be a double click."""
SEEN = Point(650, 500)
JPEG_QUALITY = 80

AGAINST = {"step, at once": "raw, at once", "step": "raw, pause"}

Step = Callable[[Point], Awaitable[Image.Image]]


class Raw:
    """XTest and shared memory without anything around them."""

    def __init__(self, screen: X11Screen) -> None:
        self._display = screen.server.connect()
        with screen.server.authorised():
            self._camera = mss.MSS(display=screen.server.display)

    def close(self) -> None:
        let_go(self._display)
        self._camera.close()

    def click(self, point: Point) -> None:
        xtest.fake_input(self._display, X.MotionNotify, x=int(point.x), y=int(point.y))
        xtest.fake_input(self._display, X.ButtonPress, 1)
        xtest.fake_input(self._display, X.ButtonRelease, 1)
        self._display.sync()

    def capture(self) -> Image.Image:
        shot = self._camera.grab(self._camera.monitors[0])
        return Image.frombuffer("RGB", shot.size, shot.bgra, "raw", "BGRX", 0, 1)


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def is_light(image: Image.Image) -> bool:
    return sum(image.getpixel((int(SEEN.x), int(SEEN.y)))) > 384  # type: ignore[arg-type]


async def measure(steps: int, size: VirtualSize) -> dict[str, tuple[list[float], int]]:
    """Seconds of each step, and how many showed the right picture, by way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "turning.py")
        path.write_text(PROGRAM)
        settings = DesktopSettings(size, (Program(f"{sys.executable} {path}"),))
        environment = DesktopEnvironment("", settings)
        await environment.reset()
        assert environment._opened is not None
        screen = environment._opened.screen
        assert isinstance(screen, X11Screen)
        raw = Raw(screen)
        light = is_light(raw.capture())

        async def at_once(point: Point) -> Image.Image:
            raw.click(point)
            image = raw.capture()
            encoded(image)
            return image

        async def right(point: Point) -> Image.Image:
            raw.click(point)
            while is_light(image := raw.capture()) == light:
                pass
            encoded(image)
            return image

        async def paused(point: Point) -> Image.Image:
            raw.click(point)
            await asyncio.sleep(QUIET_S)
            image = raw.capture()
            encoded(image)
            return image

        def ours(settle_limit_s: float) -> Step:
            async def step(point: Point) -> Image.Image:
                environment._settings = replace(settings, settle_limit_s=settle_limit_s)
                view = (await environment.step(Click(point))).view
                assert view is not None
                return view  # type: ignore[return-value]

            return step

        ways: dict[str, Step] = {
            "raw, at once": at_once,
            "raw, right": right,
            "raw, pause": paused,
            "step, at once": ours(0),
            "step": ours(3),
        }
        taken: dict[str, tuple[list[float], int]] = {name: ([], 0) for name in ways}
        for number in range(steps):
            for index, (name, way) in enumerate(ways.items()):
                began_s = time.monotonic()
                seen = await way(POINTS[(number + index) % len(POINTS)])
                took_s = time.monotonic() - began_s
                image = seen if isinstance(seen, Image.Image) else seen.picture.image()
                times, good = taken[name]
                taken[name] = ([*times, took_s], good + (is_light(image) != light))
                await asyncio.sleep(0.3)
                light = is_light(raw.capture())
        raw.close()
        await environment.close()
        return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    options = parser.parse_args()
    taken = asyncio.run(measure(options.steps, VirtualSize.parse(options.size)))
    medians_s = {name: statistics.median(times) for name, (times, _) in taken.items()}
    print(f"{'way':<15}{'median':>9}{'ratio':>8}{'right':>9}")
    for name, (times, good) in taken.items():
        raw = AGAINST.get(name)
        ratio = f"{medians_s[name] / medians_s[raw]:.2f}" if raw else ""
        print(f"{name:<15}{1000 * medians_s[name]:>6.1f} ms{ratio:>8}{good:>5}/{len(times)}")


if __name__ == "__main__":
    main()
