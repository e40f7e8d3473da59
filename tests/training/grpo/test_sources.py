"""What is practised on: every source plays, none is held out, and several take turns."""

import json
import re
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Click, Done
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation
from vigorl.browser.remote import RemoteService
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.policy import Actor, Policy, Tokens, Turn
from vigorl.tasks.local.registry import TASKS, task_rows
from vigorl.tasks.miniwob.registry import task_names
from vigorl.tasks.sites.practice.registry import NAMES
from vigorl.tasks.task import TRAIN_SEEDS

pytest.importorskip("torch")

from vigorl.agent.benchmarks.training_tasks import TrainingTasks
from vigorl.training.data.pictures import learnable_pictures
from vigorl.training.grpo.config import GrpoRunConfig
from vigorl.training.grpo.groups import group_of
from vigorl.training.grpo.loop import identity_of
from vigorl.training.grpo.rewards import RULES
from vigorl.training.grpo.rollout_batch import START, Position, RolloutBatch, RolloutLimits
from vigorl.training.grpo.sources import Sources, in_turn, open_samples

pytestmark = pytest.mark.model

CONFIG = GrpoRunConfig(model="no network at all", steps=4, groups=1, max_groups=2)
SERVICE = RemoteService(("http://127.0.0.1:9",), "a token of nobody's")


def write_screens(folder: Path, count: int = 1) -> Path:
    """Screenshots of 64 x 48 px, each with a target."""
    folder.mkdir(parents=True)
    Image.new("RGB", (64, 48), "white").save(folder / "a.png")
    row = {"image": "a.png", "instruction": "Save", "ui_type": "text", "bbox_xyxy": [4, 4, 20, 12]}
    rows = [{**row, "id": f"save {number}"} for number in range(count)]
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


def write_questions(path: Path, count: int = 1, **changes: Any) -> Path:
    """Rows of ViGoRL's training JSONL, each a question with two options."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 48), "navy").save(path.parent / "b.png")
    prompt = "<image>What colour is it?\nAnswer Choices:\nA. navy\nB. red"
    row = {"prompt": prompt, "images": ["b.png"], "answer": "navy", **changes}
    path.write_text("".join(json.dumps(row) + "\n" for _ in range(count)))
    return path


def named(*patterns: str) -> tuple[str, ...]:
    kinds = TrainingTasks.named(patterns).kinds
    return tuple(name for names in kinds.values() for name in names)


def test_tasks_are_named_by_kind_or_by_pattern() -> None:
    assert named() == tuple(TASKS)
    assert named("shop", "login") == ("shop", "login")
    assert named("sites/*") == NAMES and len(NAMES) == 31
    assert named("miniwob/*") == tuple(f"miniwob/{name}" for name in task_names("train"))
    assert set(named("sites/shop-*")) == {name for name in NAMES if "/shop-" in name}
    assert len(named("*")) == len(TASKS) + 31 + 62
    mixed = TrainingTasks.named(("miniwob/enter-text", "sites/shop-buy", "todo"))
    assert list(mixed.kinds.items()) == [
        ("tasks", ("todo",)),
        ("sites", ("sites/shop-buy",)),
        ("miniwob", ("miniwob/enter-text",)),
    ]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("miniwob/click-button", "of MiniWoB++'s test split, which is held out"),
        ("miniwob/enter-text:3", "is one seed: name the task alone, 'miniwob/enter-text'"),
        ("miniwob/enter-txet", "did you mean 'miniwob/enter-text"),
        ("sites/shop-bye", "did you mean 'sites/shop-buy'"),
        ("reddit/3", "there is no task 'reddit/3' to learn from: there are embedded ones"),
        ("shopp", "did you mean 'shop'"),
        ("miniwob/click-tab*", "what fits 'miniwob/click-tab*' is of MiniWoB++'s test split"),
        (
            "miniwob/x*",
            "no task to learn from fits 'miniwob/x*': `vigorl-agent tasks list miniwob`",
        ),
        ("sites/x*", "no task to learn from fits 'sites/x*': there are sites/shop-open, "),
        ("x*", "no task to learn from fits 'x*': there are login, search"),
    ],
)
def test_what_is_no_task_to_learn_from_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        TrainingTasks.named((pattern,))


def test_no_pattern_finds_what_is_held_out() -> None:
    held_out = {f"miniwob/{name}" for name in task_names("test")}
    assert len(held_out) == 63 and not held_out & set(named("*"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"skipped_seeds": 1_000_000}, "there are 1,000,000 training seeds: skip fewer"),
        ({"tasks": ("sites/shop-buy",)}, "no environment service has sites/shop-buy"),
        ({"data": ()}, "pictures need no environment service"),
    ],
)
async def test_what_no_service_has_is_refused_before_it_is_asked(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    screens = str(write_screens(tmp_path / "screens"))
    if "data" in changes:
        changes = {"data": (screens,)}
    with pytest.raises(UsageError, match=said):
        async with open_samples(Sources.of(replace(CONFIG, **changes)), envs=SERVICE):
            pass


@pytest.mark.parametrize(
    ("task", "package", "said"),
    [
        ("sites/shop-buy", "vigorl.tasks.sites.serving.find_spec", "vigorl-agent[sites]"),
        ("miniwob/enter-text", "vigorl.tasks.miniwob.files._distribution", "--no-deps 'miniwob"),
    ],
)
async def test_what_is_not_installed_is_named_before_a_browser_starts(
    task: str, package: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vigorl.tasks.miniwob import files

    def absent(*_: object) -> None:
        if "miniwob" in package:
            raise UsageError(files.MISSING)

    def started(*_: object, **__: object) -> None:
        raise AssertionError("a browser was started")

    files.html_folder.cache_clear()
    monkeypatch.setattr(package, absent)
    monkeypatch.setattr("vigorl.agent.benchmarks.training_tasks.Browser", started)
    with pytest.raises(UsageError) as refused:
        async with open_samples(Sources.of(replace(CONFIG, tasks=("todo", task)))):
            pass
    assert said in str(refused.value)


def test_questions_that_are_held_out_are_refused(tmp_path: Path) -> None:
    evaluation = {
        "id": "7",
        "image": "b.png",
        "conversations": [
            {"from": "human", "value": "<image>What?\nAnswer Choices:\nA. navy\nB. red"},
            {"from": "gpt", "value": "navy"},
        ],
    }
    for_tests = write_questions(tmp_path / "vstarbench_test.jsonl")
    for_tests.write_text(json.dumps(evaluation) + "\n")
    blink = write_questions(tmp_path / "blink.jsonl", id="val_Art_Style_7")
    card = tmp_path / "card"
    card.mkdir()
    (card / "card.json").write_text('{"split": "test"}')
    for data, said in (
        (f"vstar:{for_tests}", "has rows of an evaluation, which are held out"),
        (f"blink:{blink}", "blink/val_Art_Style_7 is of BLINK, which is held out"),
        (f"vstar:{tmp_path}", r"all of V\*Bench is held out to measure on"),
        (f"robospatial:{tmp_path}", "all of RoboSpatial-Home is held out"),
        (f"sat:{tmp_path}", "has no SAT_train.parquet"),
        (f"sat:{card}", "is a test split, which is held out"),
        (str(card), "is a test split, which is held out"),
        (f"sat:{tmp_path / 'gone'}", "there are no questions at"),
    ):
        with pytest.raises(UsageError, match=said):
            learnable_pictures(data)


def test_questions_and_screenshots_are_read(tmp_path: Path) -> None:
    samples = learnable_pictures(f"sat:{write_questions(tmp_path / 'questions.jsonl', 2)}")
    assert [sample.id for sample in samples] == ["questions/0", "questions/1"]
    assert samples[0].truth.answer == "navy" and samples[0].instruction.endswith("B. red")
    (screen,) = learnable_pictures(str(write_screens(tmp_path / "screens")), "overlap")
    world = screen.make()
    assert isinstance(world, StaticScreenshot) and world.actions == {"drag"}
    assert screen.task["rule"] == "overlap"
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "manifest.json").write_text("[]")
    with pytest.raises(UsageError, match="nothing to train on"):
        learnable_pictures(str(tmp_path / "none"))


def test_the_part_of_sat_to_learn_from_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    picture = tmp_path / "a.png"
    Image.new("RGB", (30, 20)).save(picture)
    row = {
        "image_bytes": [picture.read_bytes()],
        "question": "Did it move?",
        "answers": ["left", "right"],
        "question_type": "obj_movement",
        "correct_answer": "right",
    }
    parquet.write_table(pa.Table.from_pylist([row, row]), tmp_path / "SAT_train.parquet")
    samples = learnable_pictures(f"sat:{tmp_path}")
    assert [sample.id for sample in samples] == ["train/0", "train/1"]


def ids(samples: Sequence[Sample]) -> list[str]:
    return [sample.id for sample in samples]


def sample(name: str) -> Sample:
    return Sample(name, (), {}, lambda: pytest.fail("not played"))  # type: ignore[arg-type]


def test_sources_take_turns_and_short_ones_begin_again() -> None:
    one, two = [sample("a"), sample("b"), sample("c")], [sample("1")]
    turns = in_turn([("screenshots", one), ("questions", two)])
    assert ids(turns) == ["a", "1", "b", "1", "c", "1"]
    assert [each.source for each in turns[:2]] == ["screenshots", "questions"]
    assert in_turn([("screenshots", one)]) == one


def test_one_rule_says_what_a_source_is() -> None:
    for changes, said in (
        ({"data": ("a",), "skipped_seeds": 3}, "pictures have no seeds"),
        ({"grounding_rule": "center"}, "a grounding rule is for screenshots"),
        ({"grounding_rule": "iou", "data": ("a",)}, "no grounding rule is called 'iou'"),
    ):
        with pytest.raises(UsageError, match=said):
            replace(CONFIG, **changes)


@pytest.mark.parametrize(("before", "data"), [(None, ()), ("a", ("a",))])
def test_a_run_of_an_older_version_goes_on(
    before: str | None, data: tuple[str, ...], tmp_path: Path
) -> None:
    identity = identity_of(replace(CONFIG, data=data))
    known = {name: value for name, value in identity.asked.items() if name != "grounding_rule"}
    (tmp_path / "config.json").write_text(json.dumps({**known, "data": before}))
    identity.check(tmp_path)
    other = identity_of(replace(CONFIG, data=("b",)))
    with pytest.raises(UsageError, match="another data"):
        other.check(tmp_path)


async def test_pictures_are_drawn_by_the_seed_of_the_training(tmp_path: Path) -> None:
    screens = write_screens(tmp_path / "screens", 6)
    questions = write_questions(tmp_path / "questions.jsonl", 3)
    config = replace(CONFIG, data=(str(screens), f"sat:{questions}"))
    async with (
        open_samples(Sources.of(config)) as samples,
        open_samples(Sources.of(config)) as again,
    ):
        assert ids(samples) == ids(again)
        alone = learnable_pictures(str(screens))
        Random(config.seed).shuffle(alone)
        assert ids(samples[::2]) == ids(alone)  # as a training on them alone
        assert [sample.source for sample in samples[:2]] == ["screenshots", "questions"]
        assert len(set(ids(samples[1::2]))) == 3
    async with open_samples(Sources.of(replace(config, seed=1))) as others:
        assert ids(others) != ids(samples)


class Points(Policy):
    """Points at the middle of the screen, then is done: a rollout with tokens, judged."""

    name = "points"
    acts_on_marks = False
    needs_instructions = False

    def actor(self, goal: str) -> Actor:
        return _Points()

    def describe(self) -> dict[str, Any]:
        return {"policy": self.name}

    async def close(self) -> None:
        return None


class _Points(Actor):
    def __init__(self) -> None:
        self.turns = 0

    async def act(self, observation: Observation) -> Turn:
        self.turns += 1
        tokens = Tokens(0, (99,), (self.turns,), (-1.0,))
        action = Click(Point(20, 20)) if self.turns == 1 else Done("nothing")
        return Turn("", "", (), action, tokens=tokens, sampled_token_count=1)


async def played(
    samples: Sequence[Sample], folder: Path, count: int, begin: Position = START
) -> list[Trajectory]:
    """The rollouts of so many groups of two."""
    found: list[Trajectory] = []
    limits = RolloutLimits(2, count, count, 2, Limits(steps=3))
    batch = RolloutBatch(
        Points(), samples, limits, folder, rule=RULES["multi-turn"], begin=begin,
        on_rollout=found.append,
    )  # fmt: skip
    await batch.sample()
    return sorted(found, key=lambda each: each.folder.name)


async def group(samples: Sequence[Sample], folder: Path) -> list[Trajectory]:
    """The rollouts of the first group, which can be learnt from."""
    rollouts = await played(samples, folder, 1)
    assert [rollout.score.value for rollout in rollouts if rollout.score] == [0.0, 0.0]
    learnt = group_of(rollouts, RULES["multi-turn"])
    assert learnt is not None and len(learnt.rollouts) == 2
    return rollouts


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("task", ["todo", "sites/forum-detail", "miniwob/enter-text"])
async def test_tasks_of_every_kind_are_played_in_groups(task: str, tmp_path: Path) -> None:
    async with open_samples(Sources.of(replace(CONFIG, tasks=(task,), skipped_seeds=3))) as samples:
        assert ids(samples)[0] == f"{task}:3"
        rollouts = await group(samples, tmp_path)
    assert rollouts[0].start.task is not None
    assert rollouts[0].start.task["seed"] == 3 in TRAIN_SEEDS
    assert rollouts[0].steps[0].seen.view is not None


async def test_pictures_are_played_in_groups(tmp_path: Path) -> None:
    screens = str(write_screens(tmp_path / "screens"))
    questions = f"sat:{write_questions(tmp_path / 'questions.jsonl')}"
    for number, data in enumerate((screens, questions)):
        config = replace(CONFIG, data=(data,), grounding_rule="overlap")
        async with open_samples(Sources.of(config)) as samples:
            await group(samples, tmp_path / str(number))


@pytest.mark.slow
@pytest.mark.browser
async def test_embedded_tasks_alone_come_in_the_order_that_they_always_had() -> None:
    config = replace(CONFIG, tasks=("todo", "login"), skipped_seeds=2, steps=5)
    rows = task_rows("train", 200, ["todo", "login"], 2)
    async with open_samples(Sources.of(config)) as samples:
        expected = [row.id for row in sorted(rows, key=lambda row: row.seed)]
        assert len(samples) >= config.steps * config.max_groups
        assert ids(samples) == expected[: len(samples)]


@asynccontextmanager
async def mixture(config: GrpoRunConfig, folder: Path) -> Any:
    """Samples of all five sources."""
    if not folder.exists():
        write_screens(folder / "screens", 3)
        write_questions(folder / "questions.jsonl", 2)
    data = (str(folder / "screens"), f"sat:{folder / 'questions.jsonl'}")
    tasks = ("todo", "login", "sites/shop-*", "miniwob/click-*")
    async with open_samples(Sources.of(replace(config, tasks=tasks, data=data))) as samples:
        yield samples


@pytest.mark.slow
@pytest.mark.browser
async def test_a_mixture_of_all_sources_goes_on_where_it_was(tmp_path: Path) -> None:
    """Batch by batch, in another opening that asks for more of them: the same rollouts."""
    longer = replace(CONFIG, steps=9)
    async with mixture(CONFIG, tmp_path / "data") as samples:
        whole = await played(samples, tmp_path / "whole", 7)
        first = await played(samples, tmp_path / "first", 4)
    async with mixture(longer, tmp_path / "data") as samples:
        then = await played(samples, tmp_path / "then", 3, Position(4, 8))
    names = [rollout.folder.name for rollout in whole]
    assert names == [rollout.folder.name for rollout in (*first, *then)]
    kinds = [name.split("-")[1] for name in names[::2]]
    assert kinds[:5] == ["todo", "sites", "miniwob", "save", "questions"] and len(names) == 14
    assert all(rollout.status != "fault" for rollout in (*whole, *first, *then))
