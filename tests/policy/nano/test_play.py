"""nano as it is shipped: it reaches goals that nobody spells out for it."""

from pathlib import Path

import pytest

from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.agent.evaluation.evaluation import evaluate
from vigorl.agent.rollout import Limits

pytest.importorskip("torch")

from vigorl.policy.factory import open_model

pytestmark = pytest.mark.browser


@pytest.mark.timeout(600)
async def test_nano_reaches_goals_of_held_out_seeds(tmp_path: Path) -> None:
    names = ["tabs", "todo"]
    policy = await open_model("nano")
    assert policy.describe()["temperature"] == 0.0
    try:
        async with open_tasks(1, names, "test", "goal", skipped_seeds=1) as samples:
            summary = await evaluate(policy, samples, tmp_path, limits=Limits(steps=12))
    finally:
        await policy.close()
    assert summary.faults == 0
    assert summary.cells["all"].mean == 1.0, summary.as_json()
