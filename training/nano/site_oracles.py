"""Episodes on the stand-in sites with other contents, played by their plans.

What is recorded is what `vigorl.training.nano.oracles` records; the words of these sites mean what
they say, and are not exchanged when lessons are made of them.
"""

import asyncio
import gzip
import json
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from random import Random
from typing import Any

from playwright.async_api import Error as PlaywrightError

from vigorl.browser.chromium import Browser
from vigorl.browser.errors import InfrastructureFault, TaskFault
from vigorl.tasks.sites.practice.environment import (
    PracticeEnvironment,
    PracticeSites,
    practice_sites,
)
from vigorl.tasks.sites.practice.registry import NAMES
from vigorl.tasks.task import TaskRow
from vigorl.training.nano.oracle_moves import carried_out
from vigorl.training.nano.oracles import recorded


async def record_sites(
    out: Path,
    seeds: Sequence[int],
    *,
    errs: float = 0.08,
    workers: int = 4,
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Play every task on the contents of every seed and append the episodes (JSON lines, gzip).

    Args:
        out: The file.
        seeds: Training seeds; all tasks of a seed are played one after another.
        errs: How often something goes wrong on purpose; every third seed has no errors.
        workers: Seeds side by side, each with sites of its own.
        told: Is told what failed.

    Raises:
        UsageError: what the sites need is not installed.
        InfrastructureFault: the browser or a site does not start.
    """
    jobs = iter(seeds)
    async with Browser() as browser:
        with gzip.open(out, "at", encoding="utf-8", compresslevel=5) as lines:

            async def work() -> None:
                for seed in jobs:
                    async with practice_sites(browser, seed) as sites:
                        for name in NAMES:
                            rate = 0.0 if seed % 3 == 0 else errs
                            if episode := await _played(sites, name, rate, told):
                                lines.write(json.dumps(episode, separators=(",", ":")) + "\n")

            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())


async def _played(
    sites: PracticeSites, name: str, errs: float, told: Callable[[str], None]
) -> dict[str, Any] | None:
    """One episode as a record; None where it did not reach the goal."""
    task = sites.task(name)
    env = PracticeEnvironment(sites, task)
    row = TaskRow(name, sites.seed, task.goal, "", "/", task.answer, {})
    random = Random(f"{name}:{sites.seed}:oracle")
    try:
        async with aclosing(carried_out(task.plan, env, random, errs)) as way:
            episode = await recorded(env, row, way)
    except (PlaywrightError, InfrastructureFault, TaskFault, AssertionError) as error:
        told(f"{name}:{sites.seed}: {re.sub(chr(10), ' ', str(error))[:200]}")
        return None
    if episode is None:
        told(f"{name}:{sites.seed}: the goal was not reached")
    return episode
