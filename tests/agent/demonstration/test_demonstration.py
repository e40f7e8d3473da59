"""What somebody does in a browser becomes a trajectory that plays and trains like any other."""

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from vigorl.agent.cli.record import require_screen
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.replay import ReplayPolicy
from vigorl.agent.run import Additions, ModelConfig, RunConfig, run
from vigorl.browser.actions import Back, Click, Done, Goto, Scroll, SelectOption, Type
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Point
from vigorl.policy.family import family_named
from vigorl.tasks.local.registry import TASKS, find_task
from vigorl.training.data.dialogues import dialogues_of
from vigorl.training.data.episodes import episodes_in
from vigorl.training.search.config import ChainConfig

pytestmark = pytest.mark.browser

THREE = ("shop:3", "login:1", pytest.param("todo:1", marks=pytest.mark.slow))
PASSWORD = "Zebra-47hat"
PAGE = """<!doctype html><title>Log in</title><style>
body { font: 20px sans-serif; margin: 0; height: 3000px }
input, select { position: absolute; left: 50px; width: 300px; height: 40px; font: inherit }
</style><input name=u style="top: 50px"><input type=password name=p style="top: 150px">
<select style="top: 250px"><option>Red<option>Blue</select>"""


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


def is_taught(runs: Path) -> bool:
    """Whether `train sft` takes what was recorded as it is, each act a turn of the model."""
    (episode,) = episodes_in([runs], ChainConfig())
    family = family_named("qwen2.5-vl")
    messages = [each for one in dialogues_of(episode, family) for each in one.messages]
    said = [message for message in messages if message.role == "assistant"]
    return len(said) >= len(episode.trajectory.steps)


@pytest.mark.parametrize("task", THREE)
async def test_a_demonstrated_task_is_solved_and_so_is_its_replay(
    task: str, tmp_path: Path, demonstrating: Any
) -> None:
    shown = await demonstrated(task, tmp_path, demonstrating)
    assert shown.status == "done" and shown.is_solved, shown.end
    assert is_taught(tmp_path)
    policy = ReplayPolicy(shown)
    again = await run(
        RunConfig(task=task, runs=tmp_path),
        ModelConfig("replay"),
        additions=Additions(policy=policy),
    )
    assert again.status == "done" and again.is_solved, again.end


async def test_a_closed_window_ends_it_with_every_act_and_no_password(
    tmp_path: Path, demonstrating: Any
) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    other = tmp_path / "other.html"
    other.write_text("<title>Other</title>Elsewhere")
    shown = demonstrating()
    runs = tmp_path / "runs"
    await shown.begin(RunConfig("sign in", page.as_uri(), runs=runs))
    await shown.do(
        Type("anna", Point(100, 70)),
        Type(PASSWORD, Point(100, 170)),
        SelectOption(Point(100, 270), "Blue"),
        Scroll(Point(600, 400), 0, 300),
        Goto(other.as_uri()),
        Back(),
        Click(Point(600, 500)),
    )
    trajectory = await shown.close_window()
    kinds = [step.turn.action.type for step in trajectory.steps if step.turn.action is not None]
    assert kinds == ["type", "type", "select", "scroll", "goto", "back", "click", "done"]
    assert trajectory.status == "done"
    kept = [path.read_bytes() for path in runs.rglob("*") if path.is_file()]
    assert any(b"anna" in each for each in kept)
    assert not any(PASSWORD.encode() in each for each in kept)


def test_without_a_screen_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(UsageError, match="xvfb-run"):
        require_screen(RunConfig("look", "https://shop.example", headed=True))
