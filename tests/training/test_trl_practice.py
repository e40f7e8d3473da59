"""Our environments in TRL's hands: its tool calls are an episode, and what breaks has no reward."""

import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.browser.actions import Action
from vigorl.browser.environment import Environment, EnvironmentWrapper
from vigorl.browser.errors import BrowserDied, UsageError
from vigorl.browser.observation import Observation
from vigorl.policy.points import Malformed
from vigorl.training.trl import BROKE, OVER, TrlEnvironment, TrlPractice, trl_practice

AT_ONCE = Tries(2, first_pause_s=0)
TARGET = [100, 50, 200, 100]
"""Of a picture of 640 x 320 px."""


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    folder = tmp_path_factory.mktemp("stills")
    Image.new("RGB", (640, 320), "teal").save(folder / "a.png")
    row = {"id": 1, "image": "a.png", "instruction": "the <|image_pad|>", "ui_type": "text"}
    (folder / "manifest.json").write_text(json.dumps([{**row, "bbox_xyxy": TARGET}]))
    return still_samples(folder)


@contextmanager
def playing(
    samples: list[Sample],
    folder: Path,
    family: str = "qwen3-vl",
    tools: tuple[str, ...] | None = None,
) -> Iterator[TrlPractice]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[list[Sample]]:
        yield samples

    with trl_practice(opened(), family, folder, tools, tries=AT_ONCE) as practice:
        yield practice


def tools(environment: TrlEnvironment) -> set[str]:
    """As the trainer finds them."""
    found = inspect.getmembers(type(environment), predicate=inspect.isfunction)
    names = {name for name, _ in found if not name.startswith("_")}
    assert {"reset", "get_reward"} <= names
    return names - {"reset", "get_reward"}


def test_a_tool_call_is_an_action_on_the_screen_and_the_judge_gives_the_reward(
    stills: list[Sample], tmp_path: Path
) -> None:
    with playing(stills, tmp_path) as practice:
        environment = practice.environment()
        asked, screen = environment.reset(sample=stills[0].id, prompt=[])
        assert "< |image_pad|>" in asked["text"]
        assert screen["image"].size == (640, 320)
        with pytest.raises(Malformed, match="x goes from 0 to 999"):
            environment.click(1200, 300)
        assert environment.click(150 / 640 * 1000, 75 / 320 * 1000)[0]["text"] == OVER
        assert environment.get_reward() == 1
        assert environment.click(1, 1)[0]["text"] == OVER
        assert environment.get_reward() == 1
        environment.reset(sample=stills[0].id)
        environment.click(150, 75)
        assert environment.get_reward() == 0
        assert environment.trajectory is not None
        assert environment.trajectory == read_trajectory(environment.trajectory.folder)
        assert environment.trajectory.start.task == stills[0].task


def test_what_the_model_left_unfinished_is_judged(stills: list[Sample], tmp_path: Path) -> None:
    with playing(stills, tmp_path) as practice:
        environment = practice.environment()
        environment.reset(sample=stills[0].id)
        assert environment.get_reward() == 0
        assert environment.trajectory is not None
        assert environment.trajectory.status == "gave_up"


def test_tools_are_what_the_tasks_offer_and_each_is_told(
    stills: list[Sample], tmp_path: Path
) -> None:
    pytest.importorskip("transformers")
    from transformers.utils import get_json_schema

    with playing(stills, tmp_path) as practice:
        environment = practice.environment()
        assert type(practice.environment()) is type(environment)
        assert tools(environment) == {"click", "zoom", "done", "give_up"}
        schema = get_json_schema(environment.click)["function"]
        assert schema["parameters"]["required"] == ["x", "y"]
        assert schema["parameters"]["properties"]["button"]["enum"] == ["left", "middle", "right"]
    with playing(stills, tmp_path, tools=("click", "done")) as practice:
        assert tools(practice.environment()) == {"click", "done"}
    for name in tools(TrlEnvironment(practice)):
        get_json_schema(getattr(environment, name) or getattr(TrlEnvironment(practice), name))


def test_points_are_pixels_of_the_picture_that_the_model_gets(
    stills: list[Sample], tmp_path: Path
) -> None:
    with playing(stills, tmp_path, "qwen2.5-vl") as practice:
        environment = practice.environment()
        _, screen = environment.reset(sample=stills[0].id)
        width_px, height_px = screen["image"].size
        assert (width_px, height_px) == (644, 308)  # cells of 28 px
        closer = environment.zoom(150 * width_px / 640, 75 * height_px / 320)
        assert max(closer[0]["image"].size) == 504
        environment.click(199 * width_px / 640, 99 * height_px / 320)
        assert environment.get_reward() == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("click", {"x": "left", "y": 3}, "'left' is no number"),
        ("click", {"x": float("nan"), "y": 3}, "'nan' is no number"),
        ("click", {"x": 3, "y": 3, "button": "back"}, "button is one of left, middle, right"),
        ("click", {"x": 3, "y": 3, "count": 10**9}, "count is one of 1, 2, 3"),
        ("zoom", {"x": -1, "y": 3}, "outside of the screen"),
    ],
)
def test_what_a_model_says_badly_is_told_to_it_and_the_episode_goes_on(
    stills: list[Sample], tmp_path: Path, tool: str, arguments: dict[str, Any], told: str
) -> None:
    with playing(stills, tmp_path) as practice:
        environment = practice.environment()
        environment.reset(sample=stills[0].id)
        with pytest.raises(Malformed, match=told):
            getattr(environment, tool)(**arguments)
        environment.click(150 / 640 * 1000, 75 / 320 * 1000)
        assert environment.get_reward() == 1


class Breaking(EnvironmentWrapper[Environment]):
    """A world that breaks, at the beginning or at the first action."""

    def __init__(self, inner: Environment, error: Exception, at: str) -> None:
        super().__init__(inner)
        self._error, self._at = error, at

    async def reset(self) -> Observation:
        if self._at == "reset":
            raise self._error
        return await super().reset()

    async def step(self, action: Action) -> Observation:
        raise self._error


def breaking(sample: Sample, error: Exception, at: str) -> Sample:
    make: Callable[[], Environment] = sample.make
    return replace(sample, make=lambda: Breaking(make(), error, at))


@pytest.mark.parametrize("at", ["reset", "step"])
def test_an_episode_that_broke_has_no_reward_whatever_is_called_later(
    stills: list[Sample], tmp_path: Path, at: str
) -> None:
    sample = breaking(stills[0], BrowserDied("it is gone"), at)
    with playing([sample], tmp_path) as practice:
        environment = practice.environment()
        shown = environment.reset(sample=sample.id)
        if at == "step":
            shown = environment.click(500, 500)
        assert shown[-1]["text"] == BROKE
        assert environment.done("")[0]["text"] == OVER
        assert environment.get_reward() is None
        played = len(list(tmp_path.glob("*/trajectory.jsonl")))
        assert played == (AT_ONCE.count if at == "reset" else 1)


def test_a_mistake_of_the_program_stops_the_training(stills: list[Sample], tmp_path: Path) -> None:
    sample = breaking(stills[0], ZeroDivisionError("a mistake"), "step")
    with playing([sample], tmp_path) as practice:
        environment = practice.environment()
        environment.reset(sample=sample.id)
        for _ in range(2):  # TRL tells it to the model, and goes on
            with suppress(ZeroDivisionError):
                environment.click(500, 500)
        with pytest.raises(ZeroDivisionError):
            environment.get_reward()


def test_what_cannot_be_trained_on_is_said_at_once(stills: list[Sample], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no tasks"), playing([], tmp_path):
        pass
    with pytest.raises(UsageError, match="'fly'"), playing(stills, tmp_path, tools=("fly",)):
        pass
    with playing(stills, tmp_path) as practice, pytest.raises(UsageError, match="'other'"):
        practice.environment().reset(sample="other")
