"""TRL's own trainer takes real steps on our environments, on a service in a process of its own."""

import math
import os
import re
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.browser.actions import Action, Zoom
from vigorl.browser.environment import Environment, EnvironmentWrapper, Score
from vigorl.browser.errors import BrowserDied
from vigorl.browser.observation import Observation
from vigorl.browser.remote import RemoteService
from vigorl.training.trl import TrlPractice, trl_practice

torch = pytest.importorskip("torch")
trl = pytest.importorskip("trl")
pytest.importorskip("prometheus_client")

from transformers import (  # noqa: E402
    AutoModelForImageTextToText,
    AutoTokenizer,
    ProcessorMixin,
    Qwen2VLImageProcessorPil,
    TrainerCallback,
)

from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402

pytestmark = [pytest.mark.model, pytest.mark.browser, pytest.mark.slow]

TOKEN = "a token of this test"
TEMPLATE = Path(trl.__file__).parent / "chat_templates" / "qwen3_vl.jinja"
GROUP = 4
TOOLS = ("click", "zoom", "done")
"""Few, so that the prompts of a tokenizer without words are short."""
STEPS = 3


class Eyes(ProcessorMixin):  # type: ignore[misc]
    """Pictures and text, as Qwen3-VL's own processor, which needs torchvision for its videos."""

    return_mm_token_type_ids = True

    def __init__(
        self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None
    ) -> None:
        self.image_token = "<|image_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        super().__init__(image_processor, tokenizer, chat_template=chat_template)

    def __call__(self, *args: Any, **how: Any) -> Any:
        """Tensors, as of the processors that torchvision has."""
        found = super().__call__(*args, **how)
        for name in ("pixel_values", "image_grid_thw"):
            if name in found:
                found[name] = torch.as_tensor(np.asarray(found[name]))
        return found

    def replace_image_token(self, image_inputs: Any, image_idx: int, **_: Any) -> str:
        cells = image_inputs["image_grid_thw"][image_idx].prod() // 4
        return self.image_token * int(cells)


@pytest.fixture
def service() -> Iterator[RemoteService]:
    command = [sys.executable, "-m", "vigorl", "envs", "serve", "--port", "0", "--places", "4"]
    environment = {**os.environ, "VIGORL_ENVS_TOKEN": TOKEN}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as served:
        try:
            assert served.stdout is not None
            url = re.search(r"http://\S+", served.stdout.readline())
            assert url is not None
            yield RemoteService((url.group(),), TOKEN)
        finally:
            served.terminate()


class Dies(EnvironmentWrapper[Environment]):
    """A world that is gone after its first screen."""

    async def step(self, action: Action) -> Observation:
        raise BrowserDied("Chromium is gone")

    async def score(self, answer: str | None) -> Score | None:
        raise BrowserDied("Chromium is gone")


@asynccontextmanager
async def tasks(service: RemoteService) -> AsyncIterator[list[Sample]]:
    """One task on the service; of each group, the world of the second attempt breaks."""
    async with open_tasks(1, ["lookup"], "train", "goal", envs=service) as samples:
        numbers = count(-1)  # the first is never reset: its tools are looked at

        def make() -> Environment:
            world = samples[0].make()
            return Dies(world) if next(numbers) % GROUP == 1 else world

        yield [replace(samples[0], make=make)]


def teach(trainer: Any, practice: TrlPractice, said: list[str], rounds: int = 50) -> None:
    """Let the model say one of some things to a task's first screen, at random."""
    environment = practice.environment()
    row = practice.dataset()[0]
    asked = row["prompt"][0]["content"]
    shown = environment.reset(sample=row["sample"])
    prompt = [{"role": "user", "content": [{"type": "text", "text": asked}, *shown]}]
    inputs = trainer.processing_class.apply_chat_template(
        [prompt],
        tools=trainer.tools,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    eyes = [w for name, w in trainer.model.named_parameters() if "visual" in name]
    for weight in eyes:
        weight.requires_grad_(False)
    weights = [weight for weight in trainer.model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=3e-3)
    for number, text in product(range(rounds), said):
        optimizer.param_groups[0]["lr"] = 4e-3 * (1 - number / rounds)
        ids = trainer._tokenizer(text, return_tensors="pt").input_ids
        whole = torch.cat([inputs["input_ids"], ids], 1)
        types = torch.cat([inputs["mm_token_type_ids"], torch.zeros_like(ids)], 1)
        found = trainer.model(
            input_ids=whole,
            pixel_values=inputs["pixel_values"],
            image_grid_thw=inputs["image_grid_thw"],
            mm_token_type_ids=types,
            logits_to_keep=ids.shape[1] + 1,
        ).logits[0, :-1]
        loss = torch.nn.functional.cross_entropy(found, ids[0])
        loss.backward()
        if text == said[-1]:  # together: one after another, the last would be all it says
            optimizer.step()
            optimizer.zero_grad()
    for weight in eyes:
        weight.requires_grad_(True)
    environment.get_reward()


class Log(TrainerCallback):  # type: ignore[misc]
    """What the trainer makes of the attempts of each step; it keeps that of the last one alone."""

    def __init__(self, trainer: Any) -> None:
        self.rewards: list[float] = []
        self.advantages: list[float] = []
        self._kept = trainer._logs

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.rewards += self._kept["rewards"]["TrlEnvironment"]
        self.advantages += self._kept["advantages"]


def call(name: str, arguments: str) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call><|im_end|>'


def test_trls_trainer_learns_on_a_service_and_leaves_out_what_broke(
    service: RemoteService, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    checkpoint = write_tiny_checkpoint(tmp_path / "tiny", "qwen3_vl")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint, padding_side="left")
    tokenizer.chat_template = TEMPLATE.read_text()
    processor = Eyes(
        Qwen2VLImageProcessorPil.from_pretrained(checkpoint), tokenizer, tokenizer.chat_template
    )
    with trl_practice(tasks(service), "qwen3-vl", tmp_path / "played", TOOLS) as practice:
        trainer = trainer_of(checkpoint, processor, practice, tmp_path / "trl")
        right = str(practice.samples[0].truth.answer)
        answers = [call("done", f'{{"answer": "{each}"}}') for each in (right, "42")]
        teach(trainer, practice, [call("zoom", '{"x": 500, "y": 500}'), *answers])
        before = {name: weight.clone() for name, weight in trainer.model.named_parameters()}
        log = Log(trainer)
        trainer.add_callback(log)
        trainer.train()
    assert trainer.state.global_step == STEPS
    rewards, advantages = log.rewards, log.advantages
    print(rewards, advantages, trainer.state.log_history)  # noqa: T201
    assert len(rewards) == STEPS * GROUP
    for first in range(0, len(rewards), GROUP):
        group = rewards[first : first + GROUP]
        judged = [each for each in group if not math.isnan(each)]
        mean = sum(judged) / len(judged)
        assert any(math.isnan(each) for each in group)
        for reward, advantage in zip(group, advantages[first : first + GROUP], strict=True):
            if math.isnan(reward):
                assert advantage == 0
            elif len(set(judged)) > 1:
                assert advantage * (reward - mean) > 0
    assert 0 < sum(each == 1 for each in rewards) < len(rewards)
    changed = [
        name for name, weight in trainer.model.named_parameters() if (weight != before[name]).any()
    ]
    assert changed
    folders = sorted((tmp_path / "played").glob("*/trajectory.jsonl"))
    played = [read_trajectory(each.parent) for each in folders]
    looks = [step for each in played for step in each.steps if isinstance(step.turn.action, Zoom)]
    assert looks  # whose pictures are in tool results
    assert sum(each.status == "fault" for each in played) == sum(map(math.isnan, rewards))


def trainer_of(checkpoint: Path, processor: Any, practice: TrlPractice, folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = trl.GRPOConfig(
            output_dir=str(folder),
            use_cpu=True,
            bf16=False,
            report_to=[],
            num_generations=GROUP,
            per_device_train_batch_size=GROUP,
            max_steps=STEPS,
            max_completion_length=3000,
            max_tool_calling_iterations=3,
            learning_rate=1e-4,
            logging_steps=1,
            save_strategy="no",
            gradient_checkpointing=False,
        )
        return trl.GRPOTrainer(
            model=AutoModelForImageTextToText.from_pretrained(checkpoint),
            args=arguments,
            train_dataset=practice.dataset(),
            processing_class=processor,
            environment_factory=practice.environment,
        )
