"""The seam of a GRPO run: any engine is driven by the same loop."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Click
from vigorl.browser.errors import BrowserDied
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.policy import Actor, Policy, Tokens, Turn

pytest.importorskip("torch")

from vigorl.training.grpo.config import GrpoRunConfig
from vigorl.training.grpo.groups import Group
from vigorl.training.grpo.learner import Learner
from vigorl.training.grpo.loop import GrpoProgress, train_grpo
from vigorl.training.grpo.rewards import RULES
from vigorl.training.grpo.rollout_batch import START, Position, RolloutBatch, RolloutLimits
from vigorl.training.run.ranks import Ranks

pytestmark = pytest.mark.model

PLACES = [Point(10, 10), Point(50, 10), Point(90, 10)]
PICTURE = Picture.from_image(Image.new("RGB", (112, 56), "white"))


def screenshot() -> StaticScreenshot:
    return StaticScreenshot(PICTURE, "the middle one", Box.around(PLACES[1], 8, 8))


TASKS = [Sample(f"middle {number}", (), {}, screenshot) for number in range(3)]
CONFIG = GrpoRunConfig(
    model="no network at all",
    steps=12,
    group_size=8,
    groups=2,
    max_groups=4,
    updates_per_batch=2,
    reward="score",
    turns=1,
    checkpoint_every=4,
)


class Bandit(Policy):
    """Clicks on one of three places, as likely as a table says; its token is the place's number."""

    name = "bandit"
    acts_on_marks = False

    def __init__(self) -> None:
        self.preferences = [0.0] * len(PLACES)
        self.episode = 0

    def numbered(self, episode: int) -> "Bandit":
        policy = copy(self)  # with the same preferences
        policy.episode = episode
        return policy

    def actor(self, goal: str) -> Actor:
        return Pull(self, Random(self.episode))

    def describe(self) -> dict[str, Any]:
        return {"policy": self.name}

    async def close(self) -> None:
        return None

    @property
    def chances(self) -> list[float]:
        weights = [math.exp(preference) for preference in self.preferences]
        return [weight / sum(weights) for weight in weights]


class Pull(Actor):
    def __init__(self, bandit: Bandit, random: Random) -> None:
        self._bandit, self._random = bandit, random

    async def act(self, observation: Observation) -> Turn:
        chances = self._bandit.chances
        (place,) = self._random.choices(range(len(PLACES)), chances)
        tokens = Tokens(0, (99,), (place,), (math.log(chances[place]),))
        return Turn(str(place), "", (), Click(PLACES[place]), tokens=tokens, sampled_token_count=1)


class TabularLearner(Learner):
    """REINFORCE on the table: a learner without a network."""

    def __init__(self, config: GrpoRunConfig, ranks: Ranks) -> None:
        self.bandit = Bandit()
        self.config = config

    @property
    def policy(self) -> Policy:
        return self.bandit

    def learn(self, groups: Sequence[Group], step: int) -> Iterator[Mapping[str, float]]:
        for number in range(self.config.updates_per_batch):
            tokens = 0
            for group in groups[number :: self.config.updates_per_batch]:
                mean = sum(group.rewards) / len(group.rewards)
                for rollout in group.rollouts:
                    (place,) = (rollout.rows[0].ids[at] for at in rollout.rows[0].sampled_at)
                    self.bandit.preferences[place] += 0.5 * (rollout.reward.total - mean)
                    tokens += 1
            yield {"tokens": tokens, "at": step + number + 1, "update_s": 1.0}

    def save(self, folder: Path) -> None:
        (folder / "table.json").write_text(json.dumps(self.bandit.preferences))

    def load(self, folder: Path) -> None:
        self.bandit.preferences = json.loads((folder / "table.json").read_text())

    async def close(self) -> None:
        await self.bandit.close()


class Gone(StaticScreenshot):
    async def reset(self) -> Observation:
        raise BrowserDied("the browser is gone")


class Flaky:
    """Worlds of which the n-th ones that are made break."""

    def __init__(self, *broken: int) -> None:
        self.broken, self.made = broken, 0

    def make(self) -> StaticScreenshot:
        self.made += 1
        return Gone(PICTURE, "", None) if self.made in self.broken else screenshot()

    async def batch(self, folder: Path, tries: Tries, begin: Position = START) -> RolloutBatch:
        limits = RolloutLimits(8, 2, 2, 1, Limits(steps=1), tries=tries)
        tasks = [Sample("flaky", (), {}, self.make)]
        batch = RolloutBatch(DrawingAnew(), tasks, limits, folder, rule=RULES["score"], begin=begin)
        await batch.sample()
        return batch


class DrawingAnew(Bandit):
    """Each actor of an episode draws with another seed."""

    def actor(self, goal: str) -> Actor:
        self.tries = getattr(self, "tries", -1) + 1
        return Pull(self, Random(f"{self.episode} {self.tries}"))


def drawn(folder: Path) -> dict[str, str]:
    """What each rollout said, by its name."""
    episodes = [read_trajectory(path.parent) for path in folder.rglob("trajectory.jsonl")]
    return {
        episode.folder.name: episode.steps[0].turn.text for episode in episodes if episode.steps
    }


async def test_a_rollout_that_broke_is_filled_again_and_no_other_draws_otherwise(
    tmp_path: Path,
) -> None:
    whole = await Flaky().batch(tmp_path / "whole", Tries(4, 0))
    filled = await Flaky(3, 4, 11).batch(tmp_path / "filled", Tries(4, 0))
    short = await Flaky(3, 9).batch(tmp_path / "short", Tries(1, 0))
    late = await Flaky(3, 9).batch(tmp_path / "late", Tries(4, 0.02, deadline_s=0.01))
    said = {name: drawn(tmp_path / name) for name in ("whole", "filled", "short", "late")}
    again = {"000000-flaky-2": "2 2", "000001-flaky-0": "8 1"}
    same = {name: text for name, text in said["whole"].items() if name not in again}
    assert len(same) == 14 and said["short"] == said["late"] == same
    anew = {name: Random(seed).choices("012", [1 / 3] * 3)[0] for name, seed in again.items()}
    assert said["filled"] == {**same, **anew}
    assert [len(group.rollouts) for group in filled.groups] == [8, 8]
    for batch, counts in (
        (whole, (16, 0, 0, 0, 0)),
        (filled, (16, 0, 3, 2, 0)),
        (short, (16, 2, 0, 0, 2)),
        (late, (16, 2, 0, 0, 2)),
    ):
        metrics = batch.metrics()
        names = ("episodes", "faults", "retried", "refilled", "groups/short")
        assert tuple(metrics[name] for name in names) == counts
        assert batch.position == whole.position == Position(2, 16)
    # Neither wrong nor right: the mean is that of those who played.
    right = [text == "1" for text in said["short"].values()]
    assert short.metrics()["score"] == pytest.approx(sum(right) / 14, abs=1e-4)


def lines_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


async def run(folder: Path, **changes: Any) -> GrpoProgress:
    config = replace(CONFIG, **changes)
    return await train_grpo(config, folder, TASKS, open_learner=TabularLearner)


async def test_an_engine_without_a_network_learns_in_the_same_loop(tmp_path: Path) -> None:
    progress = await run(tmp_path, steps=30)
    lines = lines_of(tmp_path)
    scores = [line["score"] for line in lines]
    assert scores[0] < 0.6 and sum(scores[-4:]) / 4 > 0.8, scores
    assert progress.step == 30 == lines[-1]["step"] == 2 * len(lines)
    # Means over the updates of a batch, and sums of seconds.
    assert lines[0]["at"] == 1.5 and lines[0]["update_s"] == 2.0
    (checkpoint,) = (tmp_path / "checkpoints").iterdir()
    table = json.loads((checkpoint / "table.json").read_text())
    assert checkpoint.name == "000030" and max(table) == table[1]


async def test_it_resumes_where_it_was_and_samples_the_same_rollouts(tmp_path: Path) -> None:
    await run(tmp_path / "whole")
    await run(tmp_path / "halved", steps=4)
    progress = await run(tmp_path / "halved")
    kept = ("step", "score", "episodes", "tokens", "groups_kept", "reward/std")
    whole, halved = (
        [[line[name] for name in kept] for line in lines_of(tmp_path / name)]
        for name in ("whole", "halved")
    )
    assert whole == halved and progress.step == 12 and progress.episodes > 0


async def test_metrics_tell_apart_what_groups_and_rewards_are_made_of(tmp_path: Path) -> None:
    class Decided(TabularLearner):
        """Always right, always wrong, or either, depending on the configured seed."""

        def __init__(self, config: GrpoRunConfig, ranks: Ranks) -> None:
            super().__init__(config, ranks)
            self.bandit.preferences[config.seed] = 50.0

    async def first(seed: int) -> dict[str, float]:
        out = tmp_path / str(seed)
        config = replace(CONFIG, seed=seed, steps=1, reward="single-turn")
        await train_grpo(config, out, TASKS, open_learner=Decided)
        return lines_of(out)[0]

    right, wrong = await first(1), await first(0)
    assert right["groups"] == wrong["groups"] == 4 and right["groups_kept"] == 0
    assert (right["groups/all_right"], right["groups/all_wrong"]) == (4, 0)
    assert (wrong["groups/all_right"], wrong["groups/all_wrong"]) == (0, 4)
    assert right["reward/std"] == wrong["reward/std"] == 0
    # A click without a thought that names its point is not well formed; nobody zoomed.
    assert right["reward/format"] == right["reward/zoom"] == 0
    await run(tmp_path / "mixed", steps=1)
    mixed = lines_of(tmp_path / "mixed")[0]
    assert mixed["groups/all_right"] == mixed["groups/all_wrong"] == 0
    assert 0.35 < mixed["reward/std"] < 0.55  # of numbers that are 0 or 1
