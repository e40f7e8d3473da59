"""An ablation: variants that learn in their own form, measured alike, and a page that says so."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from vigorl.agent.evaluation.comparison import difference
from vigorl.agent.evaluation.evaluation import Sample
from vigorl.agent.evaluation.statistics import wilson
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.browser.environment import Environment
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot

pytest.importorskip("torch")

from vigorl.policy.thought_text import ablate
from vigorl.training.ablation.ablation import AblationFindings, VariantOutcome, run_ablation
from vigorl.training.ablation.config import VARIANTS, AblationConfig, AblationTasks
from vigorl.training.ablation.page import render_ablation_page
from vigorl.training.ablation.tasks import open_ablation_tasks
from vigorl.training.run.metrics import write_config

pytestmark = pytest.mark.model

WORDS = ("Save", "Print", "Close")


def page(word: str, seed: int) -> Sample:
    """A page with three words, one of which is to be clicked."""

    def make() -> Environment:
        image = Image.new("RGB", (420, 220), "white")
        pen = ImageDraw.Draw(image)
        for place, name in enumerate(WORDS):
            x, y = 40 + 10 * seed, 30 + 60 * ((place + seed) % 3)
            pen.text((x, y), name, "black", font_size=22)
            if name == word:
                target = Box(x - 6, y - 6, x + 90, y + 34)
        return StaticScreenshot(Picture.from_image(image), f"click {word}", target)

    return Sample(f"{word} {seed}", (), {"word": word, "seed": seed}, make, is_still=True)


PRACTISED = [page(word, seed) for word in WORDS for seed in (0, 1)]
HELD_OUT = [page(word, 2) for word in WORDS]
CONFIG = AblationConfig(
    seeds=1,
    steps=1,
    form_steps=16,
    form_rate=1e-3,
    attempts=1,
    group_size=2,
    groups=2,
    learning_rate=1e-5,
    turns=2,
    turn_tokens=60,
)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_arms_learn_their_form_from_one_start_and_are_measured_alike(tmp_path: Path) -> None:
    said: list[str] = []
    found = await run_ablation(CONFIG, tmp_path, PRACTISED, HELD_OUT, said.append)
    variants = {outcome.variant.name: outcome for outcome in found.outcomes}
    assert list(variants) == list(VARIANTS)
    assert all(outcome.score.n == len(HELD_OUT) for outcome in variants.values())
    # What is asked is there: thoughts with points, without, and none.
    assert variants["direct"].points == variants["vanilla"].points == 0
    assert variants["grounded"].points >= 1 <= variants["zoom"].points
    thoughts = {
        name: read_trajectory(tmp_path / "held-out" / f"{name}-1" / "Save-2").steps[0].turn.thought
        for name in VARIANTS
    }
    assert thoughts["direct"] == "" and "Save" in thoughts["vanilla"]
    # Those who learn by doing have a curve.
    assert [len(variants[name].curves) for name in VARIANTS] == [0, 1, 1, 1]
    assert set(found.between) == {"vanilla − direct", "grounded − vanilla", "zoom − grounded"}
    assert json.loads((tmp_path / "ablation.json").read_text()) == found.as_json()
    html = render_ablation_page(found)
    assert all(outcome.variant.about in html for outcome in variants.values())
    assert "polyline" in html

    # Again: what is there is not made again; another question is refused.
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("trajectory.jsonl")}
    again = await run_ablation(
        replace(CONFIG, variants=("vanilla",)), tmp_path, PRACTISED, HELD_OUT
    )
    assert again.outcomes == (variants["vanilla"],)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("trajectory.jsonl")}
    with pytest.raises(UsageError, match="another steps"):
        await run_ablation(replace(CONFIG, steps=2), tmp_path, PRACTISED, HELD_OUT)


def outcome(name: str, *curves: tuple[float, ...]) -> VariantOutcome:
    gain = difference([(0, 1), (1, 1), (0, 0)])
    cell = wilson([1, 1, 0])
    return VariantOutcome(VARIANTS[name], cell, (0.5,), cell, gain, 1.25, 0.0, 40.0, curves)


def test_the_page_tells_each_arm_and_draws_those_that_practised() -> None:
    found = AblationFindings(
        replace(CONFIG, steps=3),
        practised=6,
        held_out=3,
        start={"wide": wilson([0, 1, 1])},
        outcomes=(
            outcome("direct"),
            outcome("vanilla", (0.0, 0.5, 1.0), (0.5, 0.5, 0.5)),
            outcome("grounded", (0.0, 0.25, 0.75)),
        ),
        between={"grounded − vanilla": difference([(0, 1), (1, 1)])},
    )
    html = render_ablation_page(found)
    assert html.count("<polyline") == 2 and 'class="variant direct"' not in html
    # From left to right, up to the mean of the trainings; the band goes there and back.
    assert 'points="0.0,210.0 340.0,140.0 680.0,70.0"' in html
    assert 'points="0.0,140.0 340.0,140.0 680.0,0.0 680.0,140.0 340.0,140.0 0.0,280.0"' in html
    # Names at one height stand one below the other.
    labels = [float(label) for label in re.findall(r'<text x="688" y="([0-9.]+)"', html)]
    assert labels == [74.0, 90.0]
    assert "grounded − vanilla" in html and "+50.0" in html and "66.7" in html


async def test_what_cannot_be_studied_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no variant naive.*there are direct, vanilla"):
        replace(CONFIG, variants=("naive",))
    with pytest.raises(UsageError, match="tasks to practise"):
        await run_ablation(CONFIG, tmp_path / "none", [], HELD_OUT)
    assert not (tmp_path / "none").exists()
    tmp_path.joinpath("other").mkdir()
    write_config(tmp_path / "other", {"search": 1})
    with pytest.raises(UsageError, match="something else"):
        await run_ablation(CONFIG, tmp_path / "other", PRACTISED, HELD_OUT)
    with pytest.raises(UsageError, match="name both"):
        AblationTasks(data=tmp_path)
    with pytest.raises(UsageError, match="held out as well"):
        AblationTasks(data=tmp_path, held_out=tmp_path)


async def test_embedded_tasks_are_practised_on_seeds_that_are_not_measured() -> None:
    wanted = AblationTasks(tasks=("lookup",), practised=2, measured=3)
    async with open_ablation_tasks(wanted) as (practised, held_out):
        assert [sample.id for sample in practised] == ["lookup:3000", "lookup:3001"]
        assert len(held_out) == 3
        assert not {task.id for task in practised} & {task.id for task in held_out}


@pytest.mark.parametrize(
    ("thoughts", "expected"),
    [
        ("pointed", '<think> "A" (1, 2) | "B" (3.5, 4) </think>\n<answer> click (1, 2) </answer>'),
        ("plain", '<think> "A" | "B" </think>\n<answer> click (1, 2) </answer>'),
        ("none", "<think> </think>\n<answer> click (1, 2) </answer>"),
    ],
)
def test_a_thought_is_said_otherwise_and_what_is_done_stays(thoughts: str, expected: str) -> None:
    turn = '<think> "A" (1, 2) | "B" (3.5, 4) </think>\n<answer> click (1, 2) </answer>'
    assert ablate(turn, thoughts) == expected  # type: ignore[arg-type]


def test_a_plain_thought_names_no_numbers_of_items_but_those_of_the_page() -> None:
    turn = '<think> "Pay #7" #12 button | field #3 "" </think>\n<answer> click #12 </answer>'
    said = '<think> "Pay #7" button | field "" </think>\n<answer> click #12 </answer>'
    assert ablate(turn, "plain") == said
