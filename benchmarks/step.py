"""What a step costs beside the model: a click and a picture, with us and with nothing between.

    python benchmarks/step.py [--repeat N] [--json]

On a page of about 4,000 elements at 1280x720, interleaved, each in a Chromium of its own with the
same switches; each begins when the pages of the others have nothing left to do:

- `raw`: `Input.dispatchMouseEvent` (moved, pressed, released, sent at once as Playwright does)
  and, when the page has handled them, `Page.captureScreenshot`, through Chromium's own pipe;
- `step`: `LivePage.step(Click(...))`, all of it: input, settling, picture, title and events;
- `unsettled`: the same with a settle limit of 0, which looks at once;
- `blind`: `step` without noting what stands where (`look_again_after_s=None`);
- `relook`: `step` where every target is looked at again (`look_again_after_s=0`);
- `asked`: `step` where what is risky needs a yes (`approve="risky"`), which this click is not.

The page has a handler of clicks and nothing that could come later, as most buttons; where a page
begins something (a timer, a request), settling waits for 50 ms of quiet behind its end.
"""

import argparse
import asyncio
import base64
import json
import os
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from vigorl.browser.actions import Click
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings

WIDTH_PX, HEIGHT_PX = 1280, 720
BUTTON = Point(60, 20)
REST_S = 0.4
"""Before each step. A page measures what stands where after its own step, and is over by then."""
ROWS = "".join(f"<div><b>{i}</b> <a href='#{i}'>link {i}</a></div>" for i in range(1330))
PAGE = (
    "<!doctype html><meta charset=utf-8><title>step</title><body style='margin: 0'>"
    "<button id=b style='width: 120px; height: 40px'>count</button><p id=o>0</p>"
    "<script>let n = 0; b.onclick = () => { o.textContent = ++n }</script>" + ROWS
)


OTHERS: dict[str, dict[str, Any]] = {
    "blind": {"look_again_after_s": None},
    "relook": {"look_again_after_s": 0},
    "asked": {"approve": "risky"},
}


class Pipe:
    """The DevTools protocol over Chromium's own pipe."""

    def __init__(self, reader: asyncio.StreamReader, write_fd: int) -> None:
        self._reader = reader
        self._write_fd = write_fd
        self._id = 0
        self.session: str | None = None

    async def send(self, method: str, **params: Any) -> Any:
        return await self.answer(self.post(method, **params))

    def post(self, method: str, **params: Any) -> int:
        """Send without waiting; answers come in the order of the calls."""
        self._id += 1
        message: dict[str, Any] = {"id": self._id, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._write_fd, json.dumps(message).encode() + b"\0")
        return self._id

    async def answer(self, call: int) -> Any:
        while True:
            answer = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            if answer.get("id") == call:
                return answer["result"]


def command_of_ours() -> list[str]:
    """How the Chromium of the other arms was started, for one just like it."""
    for process in psutil.Process().children(recursive=True):
        command = process.cmdline()
        # Debian's command is a shell script that starts another process.
        if "--remote-debugging-pipe" in command and command[1].startswith("--"):
            return [word for word in command if not word.startswith("--user-data-dir")]
    raise AssertionError("no Chromium was started")


@asynccontextmanager
async def raw_chromium() -> AsyncIterator[Pipe]:
    command, *switches = command_of_ours()
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    profile = tempfile.mkdtemp()
    switches.append(f"--user-data-dir={profile}")
    null = os.open(os.devnull, os.O_RDWR)
    process_id = os.posix_spawn(
        command,
        [command, *switches],
        os.environ,
        # Chromium reads from 3 and writes to 4. The pipes' own numbers are higher: the other
        # Chromium has taken the low ones.
        file_actions=[
            (os.POSIX_SPAWN_DUP2, null, 1),
            (os.POSIX_SPAWN_DUP2, null, 2),
            (os.POSIX_SPAWN_DUP2, in_read, 3),
            (os.POSIX_SPAWN_DUP2, out_write, 4),
        ],
    )
    os.close(null)
    os.close(in_read)
    os.close(out_write)
    reader = asyncio.StreamReader(limit=1 << 26)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(out_read, "rb")
    )
    try:
        yield Pipe(reader, in_write)
    finally:
        os.close(in_write)
        os.kill(process_id, signal.SIGTERM)
        await asyncio.to_thread(os.waitpid, process_id, 0)
        transport.close()
        shutil.rmtree(profile, ignore_errors=True)


async def open_raw(pipe: Pipe, url: str) -> None:
    target = (await pipe.send("Target.createTarget", url="about:blank"))["targetId"]
    attached = await pipe.send("Target.attachToTarget", targetId=target, flatten=True)
    pipe.session = attached["sessionId"]
    await pipe.send(
        "Emulation.setDeviceMetricsOverride",
        width=WIDTH_PX,
        height=HEIGHT_PX,
        deviceScaleFactor=1,
        mobile=False,
    )
    await pipe.send("Page.navigate", url=url)
    await asyncio.sleep(1)


async def raw_step(pipe: Pipe) -> None:
    x, y = BUTTON.x, BUTTON.y
    pipe.post("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    button = {"x": x, "y": y, "button": "left", "clickCount": 1}
    pipe.post("Input.dispatchMouseEvent", type="mousePressed", **button)
    released = pipe.post("Input.dispatchMouseEvent", type="mouseReleased", **button)
    await pipe.answer(released)  # the page has handled it
    answer = await pipe.send("Page.captureScreenshot", format="jpeg", quality=80)
    assert base64.b64decode(answer["data"])[:2] == b"\xff\xd8"


async def measure(repeat: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        path.write_text(PAGE, "utf-8")
        async with Browser() as browser, raw_chromium() as pipe:
            await open_raw(pipe, path.as_uri())
            size = {"width_px": WIDTH_PX, "height_px": HEIGHT_PX}
            settled = LivePage(browser, "", path.as_uri(), PageSettings(**size))
            unsettled = LivePage(browser, "", path.as_uri(), PageSettings(**size, settle_limit_s=0))
            others = {
                name: LivePage(browser, "", path.as_uri(), PageSettings(**size, **more))
                for name, more in OTHERS.items()
            }
            for page in (settled, unsettled, *others.values()):
                await page.reset()
            arms: dict[str, Callable[[], Awaitable[object]]] = {
                "raw": lambda: raw_step(pipe),
                "step": lambda: settled.step(Click(BUTTON)),
                "unsettled": lambda: unsettled.step(Click(BUTTON)),
                **{name: partial(page.step, Click(BUTTON)) for name, page in others.items()},
            }
            times_ms: dict[str, list[float]] = {name: [] for name in arms}
            for turn in range(repeat + 3):
                for name, arm in arms.items():
                    await asyncio.sleep(REST_S)
                    started = time.perf_counter()
                    await arm()
                    if turn >= 3:  # the first ones warm up
                        times_ms[name].append((time.perf_counter() - started) * 1000)
            count = await settled.page.evaluate("document.querySelectorAll('*').length")
            clicks = await settled.page.evaluate("Number(o.textContent)")
            assert clicks == repeat + 3
            for page in (settled, unsettled, *others.values()):
                await page.close()
    medians = {name: statistics.median(values) for name, values in times_ms.items()}
    return {
        "elements": count,
        "repeat": repeat,
        "median_ms": {name: round(value, 1) for name, value in medians.items()},
        "ratio_to_raw": {name: round(v / medians["raw"], 2) for name, v in medians.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=30, metavar="N")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = asyncio.run(measure(options.repeat))
    if options.json:
        print(json.dumps(report, indent=1))
        return
    print(f"{report['elements']} elements, median of {report['repeat']}")
    for name, median_ms in report["median_ms"].items():
        print(f"{name:14}{median_ms:8.1f} ms{report['ratio_to_raw'][name]:7.2f} x raw")


if __name__ == "__main__":
    main()
