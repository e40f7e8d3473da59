"""What somebody does in a browser becomes a trajectory that plays and trains like any other."""

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.replay import ReplayPolicy
from vigorl.agent.run import Additions, ModelConfig, RunConfig, run
from vigorl.browser.actions import Done
from vigorl.tasks.local.registry import TASKS, find_task

pytestmark = pytest.mark.browser

THREE = ("shop:3", "form:2", "mail:1")


async def demonstrated(task: str, runs: Path, demonstrating: Any) -> Trajectory:
    """An embedded task as somebody does it who knows the way."""
    shown = demonstrating(answers=False)
    await shown.begin(RunConfig(task=task, runs=runs))
    row = find_task(task)
    async with aclosing(TASKS[row.name].oracle(shown, row)) as actions:
        async for action in actions:
            if isinstance(action, Done):
                break
            await shown.do(action)
    return await shown.end(action)


@pytest.mark.parametrize("task", THREE)
async def test_a_demonstrated_task_is_solved_and_so_is_its_replay(
    task: str, tmp_path: Path, demonstrating: Any
) -> None:
    shown = await demonstrated(task, tmp_path, demonstrating)
    assert shown.status == "done" and shown.is_solved, shown.end
    policy = ReplayPolicy(shown)
    again = await run(
        RunConfig(task=task, runs=tmp_path),
        ModelConfig("replay"),
        additions=Additions(policy=policy),
    )
    assert again.status == "done" and again.is_solved, again.end
