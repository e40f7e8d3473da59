"""How well four ways of waiting know when a page is ready, and how long they take.

    python benchmarks/settle.py [--all] [--repeat N] [--json]

Ways: `none` looks at once; `fixed` sleeps 0.5 s; `network` waits until no request is open for
0.5 s; `causal` is `vigorl.browser.settle`. The same scenarios as in the tests, interleaved, each
in a fresh context. A scenario counts as right if it was right every time. Mind that the time of a
way that gives up too early is short.
"""

import argparse
import asyncio
import importlib.util
import json
import statistics
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from playwright.async_api import Page, Request

from vigorl.browser.chromium import Browser
from vigorl.browser.settle import Settle

LIMIT_S = 3.0
USUAL = (
    "no effect",
    "instant change",
    "fetch then render",
    "fetch chain",
    "debounced search",
    "timer of 800 ms",
    "CSS transition",
    "toast for three seconds",
    "navigation",
    "form that is posted and redirected",
    "page that loads its data",
    "route with a spinner",
    "lazy image",
    "frame navigation",
    "popup",
    "worker",
    "chain of observers",
    "no effect beside a long poll",
    "no effect beside a ticker",
    "no effect beside polling",
    "fetch beside a long poll",
)
"""What pages do every day; `--all` adds what they do now and then."""


def beside(name: str) -> ModuleType:
    path = Path(__file__).parents[1] / "tests" / "browser" / "settle_pages" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(f"settle_pages_{name}", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


scenarios, site_module, stage = (beside(name) for name in ("scenarios", "site", "play"))


class Looking:
    """Does not wait."""

    @classmethod
    async def attach(cls, page: Page) -> "Looking":
        return cls()

    def begin(self) -> None:
        pass

    async def wait(self) -> None:
        pass


class Sleeping(Looking):
    """Waits for a fixed time."""

    async def wait(self) -> None:
        await asyncio.sleep(0.5)


class Listening(Looking):
    """Waits until the network has been quiet, as 'network idle' does."""

    def __init__(self) -> None:
        self.open: set[Request] = set()
        self.quiet_since_s = 0.0

    @classmethod
    async def attach(cls, page: Page) -> "Listening":
        self = cls()
        page.on("request", lambda request: self.note(self.open.add, request))
        page.on("requestfinished", lambda request: self.note(self.open.discard, request))
        page.on("requestfailed", lambda request: self.note(self.open.discard, request))
        return self

    def note(self, change: Any, request: Request) -> None:
        change(request)
        self.quiet_since_s = time.perf_counter()

    def begin(self) -> None:
        self.quiet_since_s = time.perf_counter()

    async def wait(self) -> None:
        end_s = time.perf_counter() + LIMIT_S
        while time.perf_counter() < end_s:
            if not self.open and time.perf_counter() - self.quiet_since_s >= 0.5:
                return
            await asyncio.sleep(0.01)


class Causal(Looking):
    """Waits for what the action causes."""

    def __init__(self, settle: Settle) -> None:
        self.settle = settle

    @classmethod
    async def attach(cls, page: Page) -> "Causal":
        return cls(await Settle.attach(page, await page.context.new_cdp_session(page)))

    def begin(self) -> None:
        self.settle.begin()

    async def wait(self) -> None:
        await self.settle.wait(LIMIT_S)


WAYS: dict[str, type[Looking]] = {
    "none": Looking,
    "fixed": Sleeping,
    "network": Listening,
    "causal": Causal,
}


async def play(browser: Browser, url: str, scenario: Any, way: type[Looking]) -> Any:
    context = await browser.context(viewport={"width": 1280, "height": 720})
    try:
        return await stage.play(
            scenario,
            context,
            url,
            way.attach,
            lambda waiter: waiter.begin(),
            lambda waiter: waiter.wait(),
        )
    finally:
        await context.close()


async def measure(chosen: list[Any], repeat: int) -> dict[str, Any]:
    results: dict[str, dict[str, list[Any]]] = {s.name: {way: [] for way in WAYS} for s in chosen}
    async with Browser() as browser, site_module.Site(scenarios.PAGES).serving() as site:
        for _ in range(repeat):
            for scenario in chosen:
                for name, way in WAYS.items():
                    outcome = await play(browser, site.url, scenario, way)
                    results[scenario.name][name].append(outcome)
    rows = {
        scenario: {
            way: {
                "right": all(outcome.is_right for outcome in outcomes),
                "median_ms": round(statistics.median(o.elapsed_ms for o in outcomes), 1),
            }
            for way, outcomes in by_way.items()
        }
        for scenario, by_way in results.items()
    }
    totals = {
        way: {
            "right": sum(row[way]["right"] for row in rows.values()) / len(rows),
            "mean_ms": round(statistics.mean(row[way]["median_ms"] for row in rows.values()), 1),
        }
        for way in WAYS
    }
    return {"repeat": repeat, "scenarios": rows, "totals": totals}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="all scenarios of the tests")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen = [s for s in scenarios.ALL if options.all or s.name in USUAL]
    report = asyncio.run(measure(chosen, options.repeat))
    if options.json:
        print(json.dumps(report, indent=1))
        return
    print(f"{'':40}" + "".join(f"{way:>16}" for way in WAYS))
    for name, row in report["scenarios"].items():
        cells = [
            f"{'right' if c['right'] else 'WRONG'} {c['median_ms']:5.0f} ms" for c in row.values()
        ]
        print(f"{name:40}" + "".join(f"{cell:>16}" for cell in cells))
    cells = [f"{t['right']:5.0%} {t['mean_ms']:5.0f} ms" for t in report["totals"].values()]
    print(f"{f'all {len(chosen)}, mean':40}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main()
