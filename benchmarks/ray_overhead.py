"""Episodes per second of workers on Ray, beside those of processes and of tasks of one process.

    python benchmarks/ray_overhead.py [--workers N] [--rounds N] [--seeds N]

All arms are open at the same time, each with as many workers, and play the same MiniWoB++ episodes
(random clicks) in turns, their order turned round from round to round. `overhead` is the share by
which an arm takes longer than another in the same round, the median of all rounds; starting and
closing are left out and told apart.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from vigorl.agent.benchmarks.builtin.miniwob import MiniwobOptions
from vigorl.agent.evaluation.play_queue import Here, PlayQueue
from vigorl.agent.evaluation.sample_outcome import PlayOrder, SampleOutcome
from vigorl.agent.workers.process_place import process_queue
from vigorl.agent.workers.ray_place import ray_queue
from vigorl.agent.workers.worker_setting import WorkerSetting
from vigorl.policy.model_config import ModelConfig

TASKS = ["click-color", "click-link", "click-option", "click-shades", "circle-center", "focus-text"]
DEADLINE_S = 600.0

Queue = PlayQueue[PlayOrder, SampleOutcome]


@asynccontextmanager
async def tasks_queue(setting: WorkerSetting, workers: int) -> AsyncIterator[Queue]:
    """As `--workers`: tasks of this process, in one browser."""
    async with setting.opened() as play:
        yield PlayQueue([Here(play) for _ in range(workers)])


def opened(name: str, setting: WorkerSetting, workers: int) -> AbstractAsyncContextManager[Queue]:
    match name:
        case "workers":
            return tasks_queue(setting, workers)
        case "processes":
            return process_queue(setting, workers, DEADLINE_S)
        case _:
            return ray_queue(setting, "local", workers, DEADLINE_S)


async def seconds_of(queue: Queue, orders: Sequence[PlayOrder]) -> float:
    began = time.perf_counter()
    outcomes = await asyncio.gather(*map(queue.play, orders))
    assert all(each.result.score is not None for each in outcomes)
    return time.perf_counter() - began


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of each arm, round by round."""
    made = MiniwobOptions(task=TASKS, seeds=options.seeds, max_turns=6)
    ids = [f"miniwob/{name}:{10**6 + seed}" for seed in range(options.seeds) for name in TASKS]
    orders = [PlayOrder(number, each) for number, each in enumerate(ids)]
    starts: dict[str, float] = {}
    seconds: dict[str, list[float]] = {"workers": [], "processes": [], "ray": []}
    async with AsyncExitStack() as world:
        folder = Path(world.enter_context(tempfile.TemporaryDirectory()))
        queues = {}
        for name in seconds:
            setting = WorkerSetting("miniwob", made, ModelConfig("random"), folder / name)
            began = time.perf_counter()
            queues[name] = await world.enter_async_context(opened(name, setting, options.workers))
            starts[name] = time.perf_counter() - began
            await seconds_of(queues[name], orders[: 2 * options.workers])  # warm up
        for turn in range(options.rounds):
            for name in list(seconds)[:: 1 if turn % 2 else -1]:
                seconds[name].append(await seconds_of(queues[name], orders))

    def overhead(name: str, other: str) -> float:
        pairs = zip(seconds[name], seconds[other], strict=True)
        return round(statistics.median(a / b for a, b in pairs) - 1, 3)

    return {
        "workers": options.workers,
        "episodes_per_round": len(orders),
        "rounds": options.rounds,
        "episodes_per_s": {
            name: round(len(orders) / statistics.median(each), 2) for name, each in seconds.items()
        },
        "overhead_over_processes": overhead("ray", "processes"),
        "overhead_over_workers": overhead("ray", "workers"),
        "processes_over_workers": overhead("processes", "workers"),
        "start_s": {name: round(each, 1) for name, each in starts.items()},
        "seconds": {name: [round(each, 2) for each in found] for name, found in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--rounds", type=int, default=8, metavar="N")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="of each of six tasks")
    print(json.dumps(asyncio.run(measure(parser.parse_args())), indent=1))


if __name__ == "__main__":
    main()
