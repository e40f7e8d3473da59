"""A policy on embedded tasks it has not been trained on: a score for each."""

import asyncio
from pathlib import Path

from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.agent.evaluation.evaluation import evaluate
from vigorl.agent.rollout import Limits
from vigorl.policy.factory import ModelConfig, open_policy


async def main() -> None:
    policy = await open_policy(ModelConfig("reader"))
    async with open_tasks(1, ["login", "shop"], "test", "instructions") as samples:
        summary = await evaluate(policy, samples, Path("evaluation"), limits=Limits(steps=20))
    await policy.close()
    for name, cell in summary.cells.items():
        print(name, cell.mean, "of", cell.n)


asyncio.run(main())
