"""MiniWoB++ steps per second: our environment beside BrowserGym's, on the same tasks.

    python -m venv /tmp/browsergym && /tmp/browsergym/bin/pip install browsergym-miniwob
    python benchmarks/miniwob.py --browsergym /tmp/browsergym/bin/python [--rounds N] …

BrowserGym lives in an environment of its own and is asked through a process for each of its
browsers. Every arm plays the same tasks with the same number of clicks at the same points, beside
the task's controls so that no episode ends early, and resets between episodes; the arms take
turns. `steps_per_s` counts the clicks, over the time of clicks and resets.

- `ours`: 8 episodes at a time in one Chromium, pages lent from the pool;
- `browsergym`: its environment as it comes (0.5 s before each observation, 0.1 s slow motion);
- `browsergym tuned`: without both delays; as many processes as `--processes`, a Chromium each.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TASKS = (
    "click-button",
    "enter-text",
    "use-slider",
    "email-inbox",
    "click-checkboxes",
    "read-table",
)
AT_ONCE = 8


def points(clicks: int) -> list[tuple[int, int]]:
    """Where to click in an episode: beside the task."""
    return [(200 + 13 * i % 120, 60 + 17 * i % 140) for i in range(clicks)]


# --- ours --------------------------------------------------------------------------------------


async def ours(episodes_per_task: int, clicks: int) -> tuple[int, float]:
    """Clicks made, and the time they and the resets took, s."""
    from vigorl.browser.actions import Click
    from vigorl.browser.chromium import Browser
    from vigorl.browser.geometry import Point
    from vigorl.tasks.miniwob.environment import MiniwobEnvironment
    from vigorl.tasks.miniwob.pages import PagePool
    from vigorl.tasks.miniwob.registry import Ticket

    async with Browser() as browser, PagePool(browser, idle=AT_ONCE) as pages:
        places = asyncio.Semaphore(AT_ONCE)

        async def play(ticket: Ticket) -> None:
            async with places:
                env = MiniwobEnvironment(pages, await pages.draw(ticket))
                await env.reset()
                for x, y in points(clicks):
                    seen = await env.step(Click(Point(x, y)))
                    assert not seen.ended and seen.view is not None
                await env.close()

        tickets = [Ticket(task, seed) for seed in range(episodes_per_task) for task in TASKS]
        await asyncio.gather(*(play(Ticket(TASKS[0], seed)) for seed in range(AT_ONCE)))  # warm up
        started = time.perf_counter()
        await asyncio.gather(*map(play, tickets))
        return len(tickets) * clicks, time.perf_counter() - started


# --- BrowserGym, under its own interpreter ------------------------------------------------------


def browsergym_worker(tuned: bool, clicks: int) -> None:
    """Reads lists of (task, seed) from stdin, plays each list, and answers with its time, s."""
    import browsergym.miniwob  # type: ignore[import-not-found]  # noqa: F401
    import gymnasium  # type: ignore[import-not-found]
    from browsergym.core import _get_global_playwright  # type: ignore[import-not-found]
    from browsergym.core.action.highlevel import (  # type: ignore[import-not-found]
        HighLevelActionSet,
    )

    settings: dict[str, Any] = {"slow_mo": 0, "pre_observation_delay": 0.0} if tuned else {}
    actions = HighLevelActionSet(subsets=["coord"])
    # It starts a second browser for its chat, always Playwright's own: put ours in that place.
    place = Path(_get_global_playwright().chromium.executable_path)
    place.parent.mkdir(parents=True)
    place.symlink_to(sys.argv[-1])
    for line in sys.stdin:
        started = time.perf_counter()
        for task, seed in json.loads(line):
            env = gymnasium.make(
                f"browsergym/miniwob.{task}",
                headless=True,
                action_mapping=actions.to_python_code,
                **settings,
            )
            env.reset(seed=seed)
            for x, y in points(clicks):
                _, _, done, *_ = env.step(f"mouse_click({x}, {y})")
                assert not done
            env.close()
        print(time.perf_counter() - started, flush=True)


class BrowserGym:
    """Worker processes, each with a Chromium of its own."""

    def __init__(self, options: argparse.Namespace, tuned: bool) -> None:
        from vigorl.tasks.miniwob.files import html_folder

        kind = "tuned" if tuned else "default"
        clicks = str(options.clicks)
        command = [options.browsergym, __file__, "--worker", kind, clicks, options.chromium]
        self._clicks = options.clicks
        url = (html_folder() / "miniwob").as_uri() + "/"
        self._folders = [tempfile.TemporaryDirectory() for _ in range(options.processes)]
        self._workers = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "MINIWOB_URL": url, "PLAYWRIGHT_BROWSERS_PATH": folder.name},
            )
            for folder in self._folders
        ]

    def play(self, episodes_per_task: int) -> tuple[int, float]:
        """Clicks made, and the time until the last worker had made its share, s."""
        episodes = [(task, seed) for seed in range(episodes_per_task) for task in TASKS]
        started = time.perf_counter()
        for number, worker in enumerate(self._workers):
            assert worker.stdin is not None
            worker.stdin.write(json.dumps(episodes[number :: len(self._workers)]) + "\n")
            worker.stdin.flush()
        for worker in self._workers:
            assert worker.stdout is not None
            if not worker.stdout.readline():
                raise SystemExit("a BrowserGym worker died; its error is above")
        return len(episodes) * self._clicks, time.perf_counter() - started

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            assert worker.stdin is not None
            worker.stdin.close()
            worker.wait(30)
        for folder in self._folders:
            folder.cleanup()


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Steps per second of each arm, round by round."""
    gyms = {
        "browsergym": BrowserGym(options, tuned=False),
        "browsergym tuned": BrowserGym(options, tuned=True),
    }
    rates: dict[str, list[float]] = {"ours": [], **{name: [] for name in gyms}}
    try:
        for gym in gyms.values():
            gym.play(1)  # warm up
        for _ in range(options.rounds):
            clicks, seconds = asyncio.run(ours(options.episodes, options.clicks))
            rates["ours"].append(clicks / seconds)
            for name, gym in gyms.items():
                clicks, seconds = gym.play(options.episodes)
                rates[name].append(clicks / seconds)
    finally:
        for gym in gyms.values():
            gym.close()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "tasks": TASKS,
        "rounds": options.rounds,
        "episodes_per_round": options.episodes * len(TASKS),
        "clicks_per_episode": options.clicks,
        "browsergym_processes": options.processes,
        "steps_per_s": {name: round(value, 2) for name, value in medians.items()},
        "ours_is_faster_by": {
            name: round(
                statistics.median(a / b for a, b in zip(rates["ours"], values, strict=True)), 1
            )
            for name, values in rates.items()
            if name != "ours"
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsergym", required=True, metavar="PYTHON")
    parser.add_argument("--chromium", default="/usr/bin/chromium-headless-shell", metavar="PATH")
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--episodes", type=int, default=3, metavar="N", help="of each task")
    parser.add_argument("--clicks", type=int, default=8, metavar="N", help="in an episode")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = measure(options)
    if options.json:
        print(json.dumps(report, indent=1))
        return
    print(f"median of {report['rounds']} rounds of {report['episodes_per_round']} episodes")
    for name, rate in report["steps_per_s"].items():
        factor = report["ours_is_faster_by"].get(name)
        print(f"{name:18}{rate:8.2f} steps/s" + (f"   ours is {factor} x" if factor else ""))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        browsergym_worker(tuned=sys.argv[2] == "tuned", clicks=int(sys.argv[3]))
    else:
        main()
