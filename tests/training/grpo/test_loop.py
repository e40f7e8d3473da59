"""Practice makes better, and an interruption changes nothing."""

import asyncio
import json
import math
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from vigorl.agent.evaluation.evaluation import Sample
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.browser.actions import Action
from vigorl.browser.environment import Environment, Score
from vigorl.browser.errors import (
    BrowserDied,
    InfrastructureFault,
    PolicyFault,
    UsageError,
)
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.backend import Message
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import family_named

torch = pytest.importorskip("torch")

from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig  # noqa: E402
from vigorl.training.grpo.loop import train_grpo, train_grpo_from_config  # noqa: E402
from vigorl.training.run.training_run import newest_checkpoint  # noqa: E402

pytestmark = pytest.mark.model

FAMILY = "vigorl-grounding"
GOAL = "the left one"
LEFT, RIGHT = (20, 20), (90, 40)
TARGET = Box.around(Point(*LEFT), 8, 6)


def picture() -> Picture:
    image = Image.new("RGB", (112, 56), "white")
    for x, y in (LEFT, RIGHT):
        ImageDraw.Draw(image).rectangle((x - 8, y - 6, x + 8, y + 6), fill="navy")
    return Picture.from_image(image)


def screenshot() -> StaticScreenshot:
    return StaticScreenshot(picture(), GOAL, TARGET)


TASKS = [Sample(f"left {number}", (), {}, lambda: screenshot()) for number in range(50)]


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that clicks left or right, as often the one as the other."""
    torch.set_num_threads(1)
    return teach_undecided(tmp_path_factory.mktemp("undecided"))


def teach_undecided(folder: Path) -> Path:
    points = [f"({x}, {y})" for x, y in (LEFT, RIGHT)]
    return teach(
        folder, screenshot(), [f"<think> {at} </think>\n<answer> {at} </answer>" for at in points]
    )


def teach(folder: Path, world: StaticScreenshot, answers: Sequence[str]) -> Path:
    """A checkpoint that gives each of these answers as often as the others."""
    network = Network(
        str(write_tiny_checkpoint(folder / "random", "qwen2_5_vl")), family_named(FAMILY)
    )
    conversation = Conversation(world.goal, network.family)
    observation = asyncio.run(world.reset())
    conversation.see(observation)
    prompt = network.codec.encode(conversation.messages())
    rows = []
    for text in answers:
        said = network.codec.spoken_ids(Message("assistant", (text,)))
        at = range(len(prompt.ids), len(prompt.ids) + len(said))
        rows.append((Prompt((*prompt.ids, *said), prompt.images), list(at)))
    network.model.model.visual.requires_grad_(False)
    optimizer = torch.optim.AdamW(network.model.parameters(), lr=3e-3)
    for _ in range(300):
        losses = [-network.logprobs(row, at).sum() for row, at in rows]
        if max(float(loss.detach()) for loss in losses) < 1.0:  # ln 2 is best
            break
        optimizer.zero_grad()
        torch.autograd.backward(sum(losses))
        optimizer.step()
    else:
        raise AssertionError("the two answers were not learnt")
    network.save(folder / "undecided")
    return folder / "undecided"


def config_of(undecided: Path, **changes: Any) -> GrpoRunConfig:
    config = GrpoRunConfig(
        model=str(undecided),
        family=FAMILY,
        steps=4,
        group_size=4,
        groups=2,
        max_groups=6,
        reward="single-turn",
        episodes_at_once=1,
        turns=1,
        turn_tokens=60,
        checkpoint_every=100,
        device="cpu",
        update=GrpoConfig(learning_rate=1e-4),
    )
    return replace(config, **changes)


def metrics_of(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [
        {name: value for name, value in json.loads(line).items() if not name.endswith("s")}
        for line in lines
    ]


def weights_of(folder: Path, step: int) -> dict[str, Any]:
    model = folder / "checkpoints" / f"{step:06d}" / "model"
    return Network(str(model), family_named(FAMILY)).model.state_dict()


async def test_practice_makes_better(undecided: Path, tmp_path: Path) -> None:
    update = GrpoConfig(learning_rate=1e-4, kl=1e-3)
    config = config_of(
        undecided, steps=10, group_size=8, max_groups=2, episodes_at_once=16, update=update
    )
    progress = await train_grpo(config, tmp_path, TASKS)
    scores = [line["score"] for line in metrics_of(tmp_path)]
    assert sum(scores[-4:]) / 4 > scores[0] + 0.25, scores
    assert progress.step == len(scores) == 10
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["000010"]


@pytest.mark.slow
def test_practice_makes_boxes_better_by_their_overlap(tmp_path: Path) -> None:
    """One box is the target's, the other overlaps it by a third: no box is wholly wrong."""
    torch.set_num_threads(1)

    def boxed() -> StaticScreenshot:
        return StaticScreenshot(picture(), GOAL, TARGET, "overlap")

    boxes = ("(12, 14, 28, 26)", "(20, 14, 36, 26)")
    answers = [f"<think> {LEFT} </think>\n<answer> {box} </answer>" for box in boxes]
    model = teach(tmp_path / "model", boxed(), answers)
    config = config_of(
        model, steps=10, group_size=8, max_groups=2, episodes_at_once=16,
        update=GrpoConfig(learning_rate=1e-4, kl=1e-3),
    )  # fmt: skip
    tasks = [Sample(f"left {number}", (), {}, boxed) for number in range(50)]
    asyncio.run(train_grpo(config, tmp_path / "run", tasks))
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    scores = [json.loads(line)["score"] for line in lines]
    assert sum(scores[-4:]) / 4 > scores[0] + 0.25, scores
    found = {
        read_trajectory(path.parent).score.value  # type: ignore[union-attr]
        for path in (tmp_path / "run" / "rollouts" / "000001").glob("*/trajectory.jsonl")
    }
    assert max(found) == 1 and any(score == pytest.approx(1 / 3) for score in found)


@pytest.mark.parametrize(
    "moment", ["in an episode", pytest.param("between updates", marks=pytest.mark.slow)]
)
async def test_a_run_that_was_interrupted_ends_with_the_same_weights(
    undecided: Path, tmp_path: Path, moment: str
) -> None:
    config = config_of(undecided)
    await train_grpo(config, tmp_path / "whole", TASKS)
    steps = 0

    def say(line: str) -> None:
        nonlocal steps
        steps += 1
        if steps == 2 and moment == "between updates":
            running.cancel()

    def make() -> Environment:
        if steps == 2:
            running.cancel()
        return screenshot()

    interrupted = [replace(sample, make=make) for sample in TASKS]
    running = asyncio.create_task(train_grpo(config, tmp_path / "halved", interrupted, say))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [line["step"] for line in metrics_of(tmp_path / "halved")] == [1, 2]
    # A line of an update that no checkpoint holds, cut off by a kill.
    with (tmp_path / "halved" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "score": 0.9}\n{"st')
    progress = await train_grpo(config, tmp_path / "halved", TASKS)

    assert progress.step == 4
    assert metrics_of(tmp_path / "halved") == metrics_of(tmp_path / "whole")
    whole, halved = weights_of(tmp_path / "whole", 4), weights_of(tmp_path / "halved", 4)
    assert all(torch.equal(halved[name], whole[name]) for name in whole)
    start = Network(str(undecided), family_named(FAMILY)).model.state_dict()
    assert any(not torch.equal(whole[name], start[name]) for name in whole)


async def test_a_mixture_that_was_interrupted_ends_with_the_same_weights(
    undecided: Path, tmp_path: Path
) -> None:
    for number, answer in enumerate(("left", "right")):
        folder = tmp_path / f"screens {number}"
        folder.mkdir()
        (folder / "a.png").write_bytes(picture().data)
        row = {"image": "a.png", "instruction": GOAL, "ui_type": "icon"}
        row["bbox_xyxy"] = [TARGET.left, TARGET.top, TARGET.right, TARGET.bottom]
        rows = [{**row, "id": f"{answer} {each}"} for each in range(2 + number)]
        (folder / "manifest.json").write_text(json.dumps(rows))
    questions = tmp_path / "questions.jsonl"
    (tmp_path / "b.png").write_bytes(picture().data)
    prompt = f"{GOAL}?\nAnswer Choices:\nA. yes\nB. no"
    questions.write_text(json.dumps({"prompt": prompt, "images": ["b.png"], "answer": "yes"}))
    data = (str(tmp_path / "screens 0"), f"sat:{questions}", str(tmp_path / "screens 1"))
    config = config_of(undecided, data=data, grounding_rule="distance", groups=1, max_groups=3)
    await train_grpo_from_config(config, tmp_path / "whole")
    await train_grpo_from_config(replace(config, steps=2), tmp_path / "halved")
    await train_grpo_from_config(config, tmp_path / "halved")

    def played(run: str) -> list[str]:
        rollouts = tmp_path / run / "rollouts"
        return sorted(str(path.relative_to(rollouts)) for path in rollouts.glob("*/0*"))

    assert played("halved") == played("whole")
    kinds = [re.sub(r"\W+", " ", name).split()[2] for name in played("whole")[::4]]
    assert kinds[:4] == ["left", "questions", "right", "left"]
    lines = (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()
    noted = [json.loads(line) for line in lines]
    assert all(line["score/questions"] == 0 for line in noted if "score/questions" in line)
    assert all(math.exp(-1) < line["score/screenshots"] <= 1 for line in noted)
    assert metrics_of(tmp_path / "halved") == metrics_of(tmp_path / "whole")
    whole, halved = weights_of(tmp_path / "whole", 4), weights_of(tmp_path / "halved", 4)
    assert all(torch.equal(halved[name], whole[name]) for name in whole)


async def test_a_run_that_went_on_outlives_the_checkpoint_that_it_went_on_from(
    undecided: Path, tmp_path: Path
) -> None:
    config = config_of(undecided, groups=1, max_groups=1, checkpoint_every=1, steps=5)
    await train_grpo(replace(config, steps=1), tmp_path, TASKS)
    progress = await train_grpo(config, tmp_path, TASKS)
    assert progress.step == 5
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["000005"]


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_a_run_that_is_killed_at_twenty_moments_ends_with_the_same_weights(
    undecided: Path, tmp_path: Path
) -> None:
    """Kills hit the start, episodes, updates and checkpoints; what is kept is whole each time."""
    every, steps, kills = 3, 90, 20
    code = (
        "import asyncio, importlib.util, sys; from pathlib import Path\n"
        "spec = importlib.util.spec_from_file_location('practice', sys.argv[1])\n"
        "here = importlib.util.module_from_spec(spec); spec.loader.exec_module(here)\n"
        "here.torch.set_num_threads(1); print('ready')\n"
        "config = here.config_of(\n"
        f"    Path(sys.argv[2]), steps={steps}, checkpoint_every={every}, groups=1, max_groups=1\n"
        ")\n"
        "asyncio.run(here.train_grpo(config, Path(sys.argv[3]), here.TASKS))\n"
    )

    def start(folder: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-u", "-c", code, __file__, str(undecided), str(folder)]
        running = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert running.stdout is not None and running.stdout.readline() == b"ready\n"
        return running

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    began_s = time.monotonic()
    with start(whole) as running:
        assert running.wait() == 0
    longest_s = 2.0 * (time.monotonic() - began_s) / kills
    drawn = random.Random(0)
    kept = 0
    for _ in range(kills):
        with start(killed) as running:
            time.sleep(drawn.uniform(0, longest_s))
            running.kill()
        noted = (
            [
                json.loads(line)["step"]
                for line in (killed / "metrics.jsonl").read_bytes().splitlines(keepends=True)
                if line.endswith(b"\n")
            ]
            if (killed / "metrics.jsonl").exists()
            else []
        )
        assert noted == list(range(1, len(noted) + 1))
        if (newest := newest_checkpoint(killed)) is None:
            assert len(noted) <= every
            continue
        step = json.loads((newest / "progress.json").read_text())["step"]
        assert step >= kept and step == int(newest.name)
        assert len(noted) - every <= step, "a step is lost that a checkpoint should hold"
        assert json.loads((killed / "config.json").read_text())["steps"] == steps
        weights_of(killed, step)
        torch.load(newest / "optimizer.pt", weights_only=True)
        kept = step
    with start(killed) as running:
        assert running.wait() == 0
    assert metrics_of(killed) == metrics_of(whole)
    expected, resumed = weights_of(whole, steps), weights_of(killed, steps)
    assert all(torch.equal(resumed[name], expected[name]) for name in expected)
    assert [path.name for path in (killed / "checkpoints").iterdir()] == [f"{steps:06d}"]


@pytest.mark.slow
async def test_episodes_that_wait_for_their_pages_wait_side_by_side(
    undecided: Path, tmp_path: Path
) -> None:
    class Slow(StaticScreenshot):
        async def reset(self) -> Observation:
            await asyncio.sleep(0.5)
            return await super().reset()

        async def step(self, action: Action) -> Observation:
            await asyncio.sleep(0.5)
            return await super().step(action)

    tasks = [Sample("slow", (), {}, lambda: Slow(picture(), GOAL, TARGET))]
    config = config_of(
        undecided, steps=1, group_size=8, groups=1, max_groups=1, episodes_at_once=8, turns=3
    )
    await train_grpo(config, tmp_path, tasks)
    (line,) = map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
    episodes = [read_trajectory(path.parent) for path in tmp_path.rglob("trajectory.jsonl")]
    seconds = [episode.end.seconds for episode in episodes if episode.end is not None]
    assert len(seconds) == 8 and min(seconds) > 0.5  # one may give up at once
    assert line["play_s"] < 1.3 * max(seconds) < 0.5 * sum(seconds)


async def test_several_updates_of_one_batch_are_made_against_the_policy_that_played(
    undecided: Path, tmp_path: Path
) -> None:
    config = config_of(undecided, steps=2, updates_per_batch=2, group_size=6, groups=2)
    progress = await train_grpo(config, tmp_path, TASKS)
    (line,) = metrics_of(tmp_path)
    assert progress.step == line["step"] == 2
    assert line["sampler_ratio"] == pytest.approx(1, abs=1e-3)


async def test_a_batch_that_is_learnt_from_twice_is_played_once(
    undecided: Path, tmp_path: Path
) -> None:
    config = config_of(undecided, steps=2, epochs_per_batch=2, group_size=6)
    await train_grpo(replace(config, steps=1, epochs_per_batch=1), tmp_path / "once", TASKS)
    progress = await train_grpo(config, tmp_path / "twice", TASKS)
    (once,), (twice,) = metrics_of(tmp_path / "once"), metrics_of(tmp_path / "twice")
    assert (once["step"], twice["step"]) == (1, 2) and progress.step == 2
    assert (once["score"], once["reward_kept"]) == (twice["score"], twice["reward_kept"])
    # The second update starts from the first, and is made against the policy that played.
    start = Network(str(undecided), family_named(FAMILY)).model.state_dict()

    def moved(folder: Path, step: int) -> float:
        weights = weights_of(folder, step)
        return sum(float((weights[name] - start[name]).abs().sum()) for name in start)

    assert moved(tmp_path / "twice", 2) > 1.3 * moved(tmp_path / "once", 1) > 0
    assert twice["sampler_ratio"] == pytest.approx(1, abs=1e-3)


async def test_the_rate_rises_and_falls_by_the_number_of_the_update(
    undecided: Path, tmp_path: Path
) -> None:
    update = GrpoConfig(learning_rate=1e-4, kl=0, warmup_steps=2, final_learning_rate=0.1)
    await train_grpo(config_of(undecided, groups=1, max_groups=1, update=update), tmp_path, TASKS)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    rates = [json.loads(line)["learning_rate"] for line in lines]
    assert rates == pytest.approx([0.5e-4, 1e-4, 0.55e-4, 0.1e-4])


async def test_adapters_go_on_where_they_were_and_play_as_any_checkpoint(
    undecided: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    update = GrpoConfig(learning_rate=1e-3, kl=1e-3, lora_rank=4)
    config = config_of(undecided, groups=1, max_groups=4, update=update)
    await train_grpo(config, tmp_path / "whole", TASKS)
    await train_grpo(replace(config, steps=2), tmp_path / "halved", TASKS)
    await train_grpo(config, tmp_path / "halved", TASKS)
    assert metrics_of(tmp_path / "halved") == metrics_of(tmp_path / "whole")
    whole, halved = weights_of(tmp_path / "whole", 4), weights_of(tmp_path / "halved", 4)
    assert all(torch.equal(halved[name], whole[name]) for name in whole)
    start = Network(str(undecided), family_named(FAMILY)).model.state_dict()
    assert whole.keys() == start.keys()
    moved = {name for name in start if not torch.equal(whole[name], start[name])}
    assert moved and not any(".visual." in name for name in moved)


async def test_what_is_noted_says_where_the_time_went(undecided: Path, tmp_path: Path) -> None:
    await train_grpo(config_of(undecided, steps=1), tmp_path, TASKS)
    (line,) = map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
    assert 0 < line["prepare_s"] + line["update_s"] <= line["learn_s"] + 0.01
    assert 0 < line["model_s"] + line["world_s"] <= line["play_s"] + 0.01  # one at a time
    assert line["sampled_tokens"] >= line["tokens"] > line["turns"]
    assert line["nodes"] > line["image_nodes"] == 2 * 8  # a picture a group, of 4 x 2 cells


async def test_tensorboard_shows_what_was_noted(undecided: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for steps in (1, 3):
        await train_grpo(config_of(undecided, steps=steps), tmp_path, TASKS)
    shown = EventAccumulator(str(tmp_path)).Reload().Scalars("score")
    noted = metrics_of(tmp_path)
    assert [event.step for event in shown] == [line["step"] for line in noted] == [1, 2, 3]
    assert [event.value for event in shown] == pytest.approx([line["score"] for line in noted])


async def test_the_folder_of_another_training_is_refused(undecided: Path, tmp_path: Path) -> None:
    await train_grpo(config_of(undecided, steps=1), tmp_path, TASKS)
    assert (await train_grpo(config_of(undecided, steps=1), tmp_path, TASKS)).step == 1
    with pytest.raises(UsageError, match="another group_size"):
        await train_grpo(config_of(undecided, steps=1, group_size=3), tmp_path, TASKS)


class Broken(StaticScreenshot):
    async def reset(self) -> Observation:
        raise BrowserDied("the browser is gone")


@pytest.mark.slow
async def test_a_step_whose_episodes_all_broke_stops_the_training(
    undecided: Path, tmp_path: Path
) -> None:
    def make() -> Environment:
        return Broken(picture(), GOAL, None)

    with pytest.raises(InfrastructureFault, match="the browser is gone"):
        await train_grpo(config_of(undecided), tmp_path, [Sample("broken", (), {}, make)])


async def test_what_was_learnt_is_kept_where_memory_runs_out(
    undecided: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(line: str) -> None:
        monkeypatch.setattr(Network, "spoken_logprobs", full)

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(
        PolicyFault, match=r"no memory for a tree of \d+ tokens of the group of .*-0"
    ):
        await train_grpo(config_of(undecided), tmp_path, TASKS, told)
    assert [line["step"] for line in metrics_of(tmp_path)] == [1]
    assert json.loads((tmp_path / "checkpoints/000001/progress.json").read_text())["step"] == 1


@pytest.mark.slow
async def test_a_judge_that_says_no_number_stops_the_training_and_is_named(
    undecided: Path, tmp_path: Path
) -> None:
    class Misjudged(StaticScreenshot):
        async def score(self, answer: str | None) -> Score:
            return Score(math.nan)

    tasks = [Sample("vague", (), {}, lambda: Misjudged(picture(), GOAL, TARGET))]
    with pytest.raises(
        InfrastructureFault, match=r"000000-vague-\d: TaskFault: the judge says nan"
    ):
        await train_grpo(config_of(undecided), tmp_path, tasks)


@pytest.mark.slow
async def test_bfloat16_plays_what_it_learns_and_goes_on_from_its_masters(
    undecided: Path, tmp_path: Path
) -> None:
    config = config_of(undecided, dtype="bfloat16", update=GrpoConfig(learning_rate=1e-4, kl=0))
    await train_grpo(config, tmp_path / "whole", TASKS)
    await train_grpo(replace(config, steps=2), tmp_path / "halved", TASKS)
    await train_grpo(config, tmp_path / "halved", TASKS)
    assert metrics_of(tmp_path / "halved") == metrics_of(tmp_path / "whole")
    whole, halved = weights_of(tmp_path / "whole", 4), weights_of(tmp_path / "halved", 4)
    assert all(torch.equal(halved[name], whole[name]) for name in whole)
    learnt = [line for line in metrics_of(tmp_path / "whole") if line["groups_kept"]]
    # Tokens are sampled in batches, and learnt from in trees: rounding differs, the words do not.
    assert learnt and all(line["sampler_drift"] < 0.05 for line in learnt)
    saved = json.loads((tmp_path / "whole/checkpoints/000004/model/config.json").read_text())
    assert saved["dtype"] == "bfloat16"


async def test_there_is_something_to_practise(undecided: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no tasks"):
        await train_grpo(config_of(undecided), tmp_path / "run", [])
    assert not (tmp_path / "run").exists()


async def test_a_tokenizer_of_another_family_is_named_and_leaves_no_trace(
    undecided: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(undecided, broken)
    tokenizer = json.loads((broken / "tokenizer.json").read_text())
    for token in tokenizer["added_tokens"]:
        token["content"] = token["content"].replace("<|image_pad|>", "<|picture|>")
    (broken / "tokenizer.json").write_text(
        json.dumps(tokenizer).replace("<|image_pad|>", "<|picture|>")
    )
    (broken / "tokenizer_config.json").write_text(
        (broken / "tokenizer_config.json").read_text().replace("<|image_pad|>", "<|picture|>")
    )
    with pytest.raises(UsageError, match=r"broken has no token <\|image_pad\|>"):
        await train_grpo(config_of(broken), tmp_path / "run", TASKS)
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_practised_is_refused() -> None:
    for changes, said in (
        ({"group_size": 1}, "a group of 1: at least 2"),
        ({"reward": "none"}, "no reward is called"),
        ({"updates_per_batch": 3, "groups": 2}, "none is above the next"),
        ({"skipped_seeds": 1, "data": ("screens",)}, "pictures have no seeds"),
    ):
        with pytest.raises(UsageError, match=said):
            GrpoRunConfig(model="somewhere", **changes)
