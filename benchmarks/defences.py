"""What each defence costs a step: a click and a picture, with it and with it alone switched off.

    nice -n -5 python benchmarks/defences.py [--repeat N] [--json]

A page of about 4,000 elements at 1280x720 on a server of this machine, whose button fetches two
small files from it. One Chromium, a context for each arm, interleaved in an order that changes with
each turn, as what one leaves to be done in the background falls upon the next:

- `none`: nothing is looked at, asked or covered, and the server is connected to directly;
- `gate`: its connections go through the proxy that keeps to a boundary;
- `note`: what stands where is noted with each picture;
- `relook`: and each target is looked at again before the click;
- `asked`: what is risky needs a yes, which this click is not;
- `masks`: a secret is covered that stands on the page;
- `all`: everything, as a run of a goal in words with a secret has it.

Each is reported as the median of its ratio to `none` in the same turn, between the quartiles.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from typing import Any

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from vigorl.browser.actions import Click
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.vault import Secret, Vault
from vigorl.tasks.server import LocalServer

BUTTON = Point(60, 20)
VALUE = "kestrel-violin-7294"
ROWS = "".join(f"<div><b>{i}</b> <a href='#{i}'>link {i}</a></div>" for i in range(1330))
PAGE = (
    "<!doctype html><meta charset=utf-8><title>step</title><body style='margin: 0'>"
    "<button id=b style='width: 120px; height: 40px'>count</button><p id=o>0</p>"
    f"<p>{VALUE}</p><script>let n = 0; b.onclick = async () => {{ await Promise.all("
    "[fetch('/part?a'), fetch('/part?b')]); o.textContent = ++n }</script>" + ROWS
)


def arms(origin: str, port: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Address and settings of each."""
    gated = f"http://localhost:{port}"
    off = {"look_again_after_s": None, "approve": "never"}
    secret = [Secret("PASSWORD", VALUE, ("localhost", "127.0.0.1"))]
    masked = {"vault": Vault(secret, origin)}
    return {
        "none": (origin, off),
        "gate": (gated, off),
        "note": (origin, {**off, "look_again_after_s": 300}),
        "relook": (origin, {**off, "look_again_after_s": 0}),
        "asked": (origin, {**off, "approve": "risky"}),
        "masks": (origin, {**off, **masked}),
        "all": (gated, {"look_again_after_s": 0, "approve": "risky", **masked}),
    }


async def measure(repeat: int) -> dict[str, Any]:
    """Medians in ms, and ratios to `none` with their quartiles."""
    routes = [
        Route("/", lambda request: HTMLResponse(PAGE)),
        Route("/part", lambda request: PlainTextResponse("part")),
    ]
    async with LocalServer(Starlette(routes=routes)) as server, Browser() as browser:
        port = int(server.origin.rpartition(":")[2])
        pages = {
            name: LivePage(browser, "", f"{origin}/", PageSettings(boundary=Boundary(), **settings))
            for name, (origin, settings) in arms(server.origin, port).items()
        }
        times_ms: dict[str, list[float]] = {name: [] for name in pages}
        for page in pages.values():
            await page.reset()
        try:
            draw = random.Random(1)
            for turn in range(repeat + 3):
                for name in draw.sample(list(pages), len(pages)):
                    started_s = time.perf_counter()
                    await pages[name].step(Click(BUTTON))
                    if turn >= 3:  # the first ones warm up
                        times_ms[name].append((time.perf_counter() - started_s) * 1000)
            for name, page in pages.items():
                assert await page.page.evaluate("o.textContent") == str(repeat + 3), name
        finally:
            for page in pages.values():
                await page.close()
    return {
        "repeat": repeat,
        "load": round(os.getloadavg()[0], 1),
        "median_ms": {name: round(statistics.median(ms), 1) for name, ms in times_ms.items()},
        "ratio": {name: _quartiles(ms, times_ms["none"]) for name, ms in times_ms.items()},
    }


def _quartiles(ms: list[float], none_ms: list[float]) -> list[float]:
    ratios = [one / other for one, other in zip(ms, none_ms, strict=True)]
    return [round(each, 3) for each in statistics.quantiles(ratios, n=4)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=40, metavar="N")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = asyncio.run(measure(options.repeat))
    if options.json:
        print(json.dumps(report, indent=1))
        return
    print(f"{report['repeat']} clicks each, load of the machine {report['load']}")
    for name, (low, median, high) in report["ratio"].items():
        ms = report["median_ms"][name]
        print(f"{name:8}{ms:8.1f} ms{median:7.2f} x none [{low:.2f}, {high:.2f}]")


if __name__ == "__main__":
    main()
