"""What somebody does in a browser becomes a trajectory that plays and trains like any other."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.replay import ReplayPolicy
from vigorl.agent.run import Additions, ModelConfig, RunConfig, run
from vigorl.browser.actions import Done
from vigorl.browser.errors import UsageError
from vigorl.tasks.local.registry import TASKS, find_task

pytestmark = pytest.mark.browser

THREE = ("shop:3", "form:2", "mail:1")
"""With a list, a search, keys and an answer; texts, a list, the wheel and boxes; a message."""


async def demonstrated(task: str, runs: Path, shown: Any) -> Trajectory:
    """An embedded task as somebody does it who knows the way."""
    await shown.begin(RunConfig(task=task, runs=runs))
    row = find_task(task)
    async with aclosing(TASKS[row.name].oracle(shown, row)) as actions:
        async for action in actions:
            if isinstance(action, Done):
                break
            await shown.do(action)
    trajectory: Trajectory = await shown.end(action)
    return trajectory


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory, demonstrations: Any) -> dict[str, Trajectory]:
    runs = tmp_path_factory.mktemp("shown")

    async def all_of_them() -> dict[str, Trajectory]:
        return {
            task: await demonstrated(task, runs, demonstrations(answers=False)) for task in THREE
        }

    return asyncio.run(all_of_them())


@pytest.mark.slow
@pytest.mark.parametrize("task", THREE)
async def test_a_demonstrated_task_is_solved_and_so_is_its_replay(
    task: str, three: dict[str, Trajectory], tmp_path: Path
) -> None:
    shown = three[task]
    assert shown.status == "done" and shown.is_solved, shown.end
    assert all(step.seen.view is not None for step in shown.steps)
    again = await run(
        RunConfig(task=task, runs=tmp_path),
        ModelConfig("replay"),
        additions=Additions(policy=ReplayPolicy(shown)),
    )
    assert again.status == "done" and again.is_solved, again.end


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_demonstrations_train_a_model_as_they_are(
    three: dict[str, Trajectory], tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    from vigorl.policy.local.tiny import write_tiny_checkpoint
    from vigorl.training.sft.config import FineTuneConfig
    from vigorl.training.sft.fine_tuning import fine_tune

    torch.set_num_threads(1)
    start = write_tiny_checkpoint(tmp_path / "start", "qwen2_5_vl")
    said: list[str] = []
    config = FineTuneConfig(
        model=str(start),
        data=(three[THREE[0]].folder.parent,),  # of all three
        family="qwen2.5-vl",
        held_out=0.0,
        updates=1,
        tree_tokens=65536,
        device="cpu",
    )
    model = fine_tune(config, tmp_path / "out", said.append)
    assert (model / "config.json").is_file()
    assert said[0].startswith("3 examples")


def test_what_is_taught_is_in_the_models_words_and_coordinates_without_a_thought(
    three: dict[str, Trajectory],
) -> None:
    from vigorl.policy.family import family_named
    from vigorl.training.data.dialogues import dialogues_of
    from vigorl.training.data.episodes import RecordedEpisode

    episode = RecordedEpisode("shop", "played", three["shop:3"])
    first = dialogues_of(episode, family_named("generic"))[0]
    said = [message.parts[0] for message in first.messages if message.role == "assistant"]
    x, y = round(1041 / 1366 * 1000), round(28.5 / 768 * 1000)
    assert said[0] == f'<think>  </think>\n<answer> type ({x}, {y}) "kettle" enter </answer>'
    with pytest.raises(UsageError, match="language of no model"):
        dialogues_of(episode)
