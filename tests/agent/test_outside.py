"""What another package adds by its entry points, without a change to this one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vigorl.agent.cli.app import app
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.browser.actions import Click
from vigorl.browser.errors import UsageError
from vigorl.policy.factory import ModelConfig, checkpoint_of, open_policy
from vigorl.policy.family import family_named, family_of

OUTSIDE = Path(__file__).parents[1] / "outside"
"""A distribution of a benchmark, a policy, and a family with a turn format of its own."""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if it were installed: its metadata stand on the path, as in site-packages."""
    monkeypatch.syspath_prepend(str(OUTSIDE))
    yield
    sys.modules.pop("toy_vigorl", None)


def said_by(*arguments: str) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "250"}).invoke(app, arguments)
    return done.exit_code, " ".join(done.output.split())


def test_a_benchmark_a_policy_and_a_family_from_outside_are_played_together(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "vigorl.agent.cli", "eval", "toy", "--model", "toy", "--json"]
    path = os.pathsep.join([str(OUTSIDE), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [*command, "--squares", "2", "--size", "small", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads(done.stdout)["cells"]
    assert {name: cell["mean"] for name, cell in cells.items()} == {"red": 1, "green": 1, "all": 1}
    episode = read_trajectory(tmp_path / "out" / "green")
    assert episode.start.policy["family"] == "toy"
    (step,) = episode.steps
    assert step.turn.text.startswith("I SEE green AT ") and step.turn.thought.startswith("green AT")
    assert [step.turn.action] == [Click(point) for point in step.turn.points]
    assert episode.truth.targets_px[0].left == 100
    assert (tmp_path / "out" / "index.html").is_file()


@pytest.mark.usefixtures("installed")
def test_its_options_its_check_and_its_tasks_are_commands_like_all_others() -> None:
    code, listed = said_by("eval", "--help")
    assert code == 0 and "toy Click squares by their colour." in listed and "compare" in listed
    code, text = said_by("eval", "toy", "--help")
    assert code == 0 and "Colours to click, one after the other." in text
    assert "--squares" in text and "--temperature" in text and "--max-faults" in text
    code, text = said_by("eval", "toy", "--squares", "9")
    assert code == 2 and "--squares" in text
    code, text = said_by("data", "check", "toy", "--squares", "5", "--json")
    assert code == 0 and '"is_whole": true' in text
    assert said_by("tasks", "list", "toy", "--seed", "3") == (
        0,
        "red, green, blue, orange, purple (seed 3)",
    )


@pytest.mark.usefixtures("installed")
async def test_its_policy_and_family_go_by_their_names() -> None:
    policy = await open_policy(ModelConfig("toy"))
    again = await open_policy(ModelConfig("toy_vigorl:open_toy"))
    assert policy.describe() == again.describe() and policy.describe()["family"] == "toy"
    assert family_named("toy") == family_of("lab/toy-7b")
    with pytest.raises(UsageError, match="toy has no weights that could be trained here"):
        checkpoint_of("toy")


@pytest.mark.usefixtures("installed")
def test_what_is_broken_outside_is_told_with_its_package_and_breaks_nothing_else() -> None:
    code, listed = said_by("eval", "--help")
    assert code == 0 and "toy-vigorl adds 'torn' to vigorl.benchmarks, which is not a" in listed
    code, text = said_by("eval", "torn", "--seeds", "3")
    assert code == 2 and "toy-vigorl adds 'torn'" in text and "uninstall it" in text
    code, text = said_by("tasks", "list", "nothing")
    assert code == 2 and "there are grounding, tasks," in text and "robospatial, toy, torn" in text


async def test_a_place_without_a_function_is_no_policy() -> None:
    for place in ("no.such.module:open", "vigorl.policy.factory:nothing", "sys:path"):
        with pytest.raises(UsageError, match=f"no policy {place}"):
            await open_policy(ModelConfig(place))
