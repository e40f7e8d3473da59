"""Pages of trainings, groups of rollouts and searches, as the viewer's server shows them."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.agent.viewer.server.recorded import write_episode
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.viewer.server.application import viewer_application
from vigorl.agent.viewer.server.entry import read_entry
from vigorl.agent.viewer.server.viewer import Viewer
from vigorl.training.grpo.config import VarianceOf
from vigorl.training.grpo.rewards import RULES
from vigorl.training.search.record import StoredTree, write_tree
from vigorl.training.search.search_tree import SearchTree
from vigorl.training.search.steps import EpisodePlace, EpisodeStep
from vigorl.training.viewing.curves import read_metrics
from vigorl.training.viewing.group_pages import rewarded
from vigorl.training.viewing.pages import ROUTES, TEMPLATES
from vigorl.training.viewing.said_tree import SeenPicture, said_tree

SCORES = (1.0, 0.0, 0.5, None)
THOUGHTS = (
    ("It is left.", "Now save."),
    ("It is left.", "Now leave."),
    ("It is right.",),
    ("It is left.", "Now save."),
)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    training = tmp_path / "runs" / "grpo"
    for index, (score, thoughts) in enumerate(zip(SCORES, THOUGHTS, strict=True)):
        folder = training / "rollouts" / "000001" / f"000003-mail-{index}"
        write_episode(folder, "Do it", score=score, thoughts=thoughts)
    (training / "config.json").write_text('{"reward": "single-turn", "steps": 4}')
    (training / "metrics.jsonl").write_text('{"step": 1, "score": 0.25}\n')
    tree = SearchTree()
    for name, value in (("left", 1.0), ("right", 0.0)):
        node = tree.add(0, 0, EpisodeStep(f"look {name} <b>", EpisodePlace(), (name,)), 5)
        tree.backpropagate(node, value)
    sample = tmp_path / "runs" / "trees" / "kettle"
    write_episode(sample / "0000", "Which kettle?")
    write_tree(StoredTree("kettle", {"instruction": "Which kettle?"}, 1, tree), sample)
    return tmp_path / "runs"


@pytest_asyncio.fixture
async def asked(runs: Path) -> AsyncIterator[httpx.AsyncClient]:
    viewer = Viewer.of([runs], [TEMPLATES])
    viewer.index.snapshot(wait_s=60)
    transport = httpx.ASGITransport(viewer_application(viewer, "t", ROUTES))
    base = "http://127.0.0.1/t/"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


async def test_curves_grow_with_the_metrics_of_a_training(
    asked: httpx.AsyncClient, runs: Path
) -> None:
    page = (await asked.get("training/runs/grpo")).text
    assert "update 1 of 4" in page and "0.25" in page
    assert 'data-live="3"' in page  # which looks again by itself
    with (runs / "grpo" / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"step": 2, "score": 0.75, "loss": NaN}\nno metrics\n{"step": 3, "sco')
    page = (await asked.get("training/runs/grpo")).text
    assert "update 2 of 4" in page and "0.75" in page and "1 that cannot be read" in page


def test_a_curve_of_many_lines_is_of_means_and_keeps_its_last_value(tmp_path: Path) -> None:
    lines = ({"step": step, "loss": float(step % 2)} for step in range(1, 1001))
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (curve,) = read_metrics(tmp_path).curves
    assert curve.averaged == 5 and len(curve.values) == 200
    assert curve.values[0] == pytest.approx(0.6)  # of 1, 0, 1, 0, 1
    assert (curve.steps[0], curve.steps[-1], curve.last) == (5, 1000, 0.0)


async def test_a_group_shows_rewards_by_part_and_advantages(asked: httpx.AsyncClient) -> None:
    training = (await asked.get("training/runs/grpo")).text
    link = re.search(r'href="/t/(group/[^"]+)"', training)
    assert link is not None
    page = (await asked.get(link[1])).text
    rows = {
        name: re.findall(r"<td[^>]*>([^<]*)</td>", cells)
        for name, cells in re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', page, re.DOTALL)
    }
    assert rows["for the score"] == ["1", "0", "0.25", "–"]  # no thought of theirs names a point
    assert rows["reward"] == ["1", "0", "0.25", "–"]
    assert rows["advantage"] == ["+1.12", "−0.80", "−0.32", "–"]


@pytest.mark.model
def test_advantages_are_those_that_are_trained_on(runs: Path) -> None:
    torch = pytest.importorskip("torch")
    from vigorl.training.grpo.update import group_advantages

    folders = sorted((runs / "grpo" / "rollouts" / "000001").iterdir())
    entries = [read_entry(folder, folder.name) for folder in folders]
    episodes = [read_trajectory(folder) for folder in folders]
    scaled: tuple[VarianceOf | None, ...] = ("score", "reward", None)
    for by in scaled:
        shown = rewarded(entries, episodes, RULES["single-turn"], by)
        kept = [each.reward for each in shown if each.reward is not None]
        totals_G = torch.tensor([reward.total for reward in kept])
        scores_G = torch.tensor([reward.score for reward in kept])
        scale_G = {"score": scores_G, "reward": totals_G, None: None}[by]
        trained_on = group_advantages(totals_G, scale_G)
        advantages = [each.advantage for each in shown if each.reward is not None]
        assert advantages == pytest.approx(trained_on.tolist(), abs=1e-6)


def test_rollouts_share_what_they_saw_and_said_up_to_where_they_part(runs: Path) -> None:
    folders = sorted((runs / "grpo" / "rollouts" / "000001").iterdir())
    (root,) = said_tree([read_trajectory(folder) for folder in folders])
    assert root.rollouts == (1, 2, 3, 4)
    assert isinstance(root.pieces[0], SeenPicture) and root.pieces[1] == "<think> It is"
    left, right = root.children
    assert (left.rollouts, right.rollouts) == ((1, 2, 4), (3,))
    assert [child.rollouts for child in left.children] == [(1, 4), (2,)]


async def test_the_tree_of_a_search_shows_values_and_the_best_way(asked: httpx.AsyncClient) -> None:
    assert "tree/runs/trees/kettle" in (await asked.get("search/runs/trees")).text
    page = (await asked.get("tree/runs/trees/kettle")).text
    assert "look left &lt;b&gt;" in page
    best = re.findall(r'class="node (\w*) best" id="step-(\d+)"', page)
    assert best == [("warn", "0"), ("good", "1")]
    assert "episode/runs/trees/kettle/0000" in page


async def test_a_study_shows_what_each_variant_gained(asked: httpx.AsyncClient, runs: Path) -> None:
    cell = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 20}
    gain = {"difference": 0.125, "low": None, "high": None}
    outcome = {"variant": {"name": "zoom"}, "form": cell, "score": cell, "gain": gain}
    outcome |= {"points": 1.5, "looks": 0.5, "tokens": 40.0}
    (runs / "study").mkdir()
    (runs / "study" / "ablation.json").write_text(json.dumps({"outcomes": [outcome]}))
    page = (await asked.get("study/runs/study")).text
    assert "zoom" in page and "+12.5" in page and "50.0" in page


@pytest.mark.parametrize(
    "path",
    [
        "training/runs/trees",
        "group/runs/grpo/rollouts/000001?group=none",
        "tree/runs/grpo",
        "study/runs/grpo",
    ],
)
async def test_what_is_not_there_gets_a_sentence(asked: httpx.AsyncClient, path: str) -> None:
    answer = await asked.get(path)
    assert answer.status_code in (404, 422)
    assert 'class="why"' in answer.text
