"""An environment service under load, its Chromium killed again and again.

Starts `vigorl-agent envs serve` in a process of its own, lets many sessions play MiniWoB++ on it
by clicking about, and kills one of its Chromium processes every few seconds. Prints how episodes
ended, how long answers took as a client saw it, the memory of all processes of the service over
time, and what was left behind. Exits with 1 where anything broke but a fault,
an episode with a fault was scored, or a process was left.
"""

import argparse
import asyncio
import os
import random
import re
import signal
import statistics
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from vigorl.browser.actions import Click
from vigorl.browser.errors import InfrastructureFault
from vigorl.browser.geometry import Point
from vigorl.browser.remote import RemotePage, RemoteService
from vigorl.browser.wire import AskedTask
from vigorl.tasks.miniwob.environment import MiniwobEnvironment

TASKS = (
    "click-button",
    "click-test-2",
    "click-checkboxes",
    "enter-text",
    "click-tab",
    "click-link",
)
CLICKS = 6
"""Of an episode that does not end before."""
TOKEN = "token-of-the-benchmark"


@dataclass
class Seen:
    """What came of it all."""

    ends: Counter[str] = field(default_factory=Counter)
    reset_s: list[float] = field(default_factory=list)
    step_s: list[float] = field(default_factory=list)
    memory_mb: list[tuple[float, float, float]] = field(default_factory=list)
    """Seconds since the start; all processes; the service's own."""
    killed: int = 0
    mistakes: list[str] = field(default_factory=list)
    scored_there: int = 0
    """Episodes that the service itself counts as scored."""


def pids_of(mark: str) -> list[int]:
    """All processes that were started with a mark in their environment."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            if mark.encode() in Path(f"/proc/{name}/environ").read_bytes():
                found.append(int(name))
    return found


def megabytes(pid: int) -> float:
    """Proportional memory of a process; 0 where it is gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return 0.0


def chromiums(mark: str) -> list[int]:
    """The process groups of the Chromium processes."""
    groups = set()
    for pid in pids_of(mark):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"--user-data-dir" in command and b"--type=" not in command:
                groups.add(os.getpgid(pid))
    return sorted(groups)


async def play(service: RemoteService, number: int, until_s: float, seen: Seen) -> None:
    """One session after the other, an episode each."""
    draw = random.Random(number)
    while time.monotonic() < until_s:
        asked = AskedTask("miniwob", draw.choice(TASKS), draw.randrange(10_000))
        environment = RemotePage(service, asked, MiniwobEnvironment.actions)
        try:
            seen.ends[await episode(environment, draw, seen)] += 1
        except InfrastructureFault as fault:
            seen.ends[f"fault: {type(fault).__name__}"] += 1
        except Exception as mistake:  # whatever it is, it is counted
            seen.mistakes.append(repr(mistake))
        finally:
            await environment.close()


async def episode(environment: RemotePage, draw: random.Random, seen: Seen) -> str:
    began_s = time.monotonic()
    observation = await environment.reset()
    seen.reset_s.append(time.monotonic() - began_s)
    for _ in range(CLICKS):
        began_s = time.monotonic()
        point = Point(draw.uniform(0, 159), draw.uniform(50, 209))
        observation = await environment.step(Click(point))
        seen.step_s.append(time.monotonic() - began_s)
        if observation.ended:
            break
    score = await environment.score(None)
    return "unscored" if score is None else "scored"


async def kill(mark: str, every_s: float, draw: random.Random, seen: Seen) -> None:
    while every_s > 0:
        await asyncio.sleep(every_s)
        groups = await asyncio.to_thread(chromiums, mark)
        if groups:
            with suppress(ProcessLookupError):
                os.killpg(draw.choice(groups), signal.SIGKILL)
                seen.killed += 1


async def weigh(mark: str, service_pid: int, seen: Seen) -> None:
    began_s = time.monotonic()
    while True:
        await asyncio.sleep(2)
        pids = await asyncio.to_thread(pids_of, mark)
        every = sum([await asyncio.to_thread(megabytes, pid) for pid in pids])
        own = await asyncio.to_thread(megabytes, service_pid)
        seen.memory_mb.append((time.monotonic() - began_s, every, own))


async def measured(sessions: int, seconds: float, kill_every_s: float) -> tuple[Seen, int, int]:
    """What was seen, the service's exit code, and how many of its processes are left."""
    mark, seen = f"C.UTF-8@{os.getpid()}", Seen()
    words = ["envs", "serve", "--port", "0", "--environment", "miniwob", "--places", str(sessions)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vigorl", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "LANG": mark, "COLUMNS": "300", "VIGORL_ENVS_TOKEN": TOKEN},
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[1]
    service = RemoteService((url,), TOKEN)
    helpers = [
        asyncio.create_task(kill(mark, kill_every_s, random.Random(0), seen)),
        asyncio.create_task(weigh(mark, process.pid, seen)),
    ]
    until_s = time.monotonic() + seconds
    await asyncio.gather(*(play(service, number, until_s, seen) for number in range(sessions)))
    for each in helpers:
        each.cancel()
    seen.scored_there = await scored_there(url)
    process.send_signal(signal.SIGTERM)
    code = await asyncio.wait_for(process.wait(), 60)
    return seen, code, len(pids_of(mark))


async def scored_there(url: str) -> int:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        text = (await client.get(f"{url}/metrics")).text
    found = re.findall(r'^vigorl_envs_episodes_total{end="scored".*} ([\d.]+)$', text, re.MULTILINE)
    return round(sum(map(float, found)))


def row(name: str, seconds: list[float]) -> str:
    if len(seconds) < 2:
        return f"{name:<8} {len(seconds):>6}"
    cuts = statistics.quantiles(seconds, n=100)
    return f"{name:<8} {len(seconds):>6}  {cuts[49]:>7.2f} s  {cuts[94]:>7.2f} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kill-every", type=float, default=10, help="s; 0: never")
    asked = parser.parse_args()
    seen, code, left = asyncio.run(measured(asked.sessions, asked.seconds, asked.kill_every))
    print(f"{asked.sessions} sessions, {asked.seconds:g} s, {seen.killed} Chromium killed")
    for end, count in sorted(seen.ends.items()):
        print(f"{end:<20} {count:>6}")
    print(f"{'':<8} {'count':>6}  {'p50':>9}  {'p95':>9}")
    print(row("reset", seen.reset_s))
    print(row("step", seen.step_s))
    thirds = max(1, len(seen.memory_mb) // 3)
    for name, part in (
        ("second third", seen.memory_mb[thirds : 2 * thirds]),
        ("last third", seen.memory_mb[2 * thirds :]),
    ):
        every, own = (statistics.mean(each) for each in list(zip(*part, strict=True))[1:])
        print(f"memory, {name:<13} {every:>6.0f} MB, of which the service itself {own:.0f} MB")
    print(f"mistakes {len(seen.mistakes)}, exit code {code}, processes left {left}")
    print(f"scored by the service's own count {seen.scored_there}")
    for mistake in seen.mistakes[:5]:
        print(mistake)
    return int(bool(seen.mistakes or code or left or seen.scored_there != seen.ends["scored"]))


if __name__ == "__main__":
    sys.exit(main())
