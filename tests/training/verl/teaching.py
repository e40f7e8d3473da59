"""A tiny checkpoint that looks closer some times and then clicks, and pictures to click on."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from tests.training.verl.small_family import SMALL
from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.browser.actions import Action, Click, Zoom
from vigorl.browser.geometry import Box, Point
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.backend import Message, Reply
from vigorl.policy.conversation import Conversation
from vigorl.policy.grammar import parse, write
from vigorl.policy.local.network import Network
from vigorl.policy.local.tiny import _spoken, write_tiny_checkpoint

TARGET = (100, 50, 160, 90)
RIGHT, WRONG = Point(120, 70), Point(20, 20)
LOOKS = 2
"""In a lesson; what has learnt it goes on so."""


def write_stills(folder: Path, count: int = 2) -> Path:
    """Pictures to be clicked on, as `eval grounding` takes them; prompts differ in length."""
    folder.mkdir()
    rows = []
    for number in range(count):
        image = Image.new("RGB", (224, 140), (20 * number, 90, 120))
        ImageDraw.Draw(image).rectangle(TARGET, fill=(250, 200, 20 * number))
        image.save(folder / f"{number}.png")
        about = {
            "image": f"{number}.png",
            "instruction": "the kettle" + " now" * number,
            "ui_type": "icon",
        }
        rows.append({"id": number, **about, "bbox_xyxy": list(TARGET)})
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


async def lesson(stills: Path, looks: int, at: Point | None) -> list[Message]:
    """A conversation in which the assistant looks closer so often, and then clicks or not."""
    (sample, *_) = still_samples(stills)
    environment = ZoomEnvironment(sample.make())
    conversation = Conversation(environment.goal, SMALL)
    observation = replace(await environment.reset(), actions=environment.actions)
    for number in range(looks + (at is not None)):
        conversation.see(observation)
        lens = conversation.dialect.lens
        assert lens
        size = lens.half_width_css_px, lens.half_height_css_px
        action: Action = Zoom(Box.around(RIGHT, *size), lens.style)
        if number == looks and at is not None:
            action = Click(at)
        text = write("I look.", action, conversation.dialect)
        parsed = parse(text, conversation.dialect)
        assert parsed.action
        conversation.hear(Reply(text, 0, 0, False), parsed.action)
        observation = await environment.step(parsed.action)
    return list(conversation.messages())


def write_taught(folder: Path, stills: Path, steps: int = 80) -> Path:
    """A checkpoint that does one of three things, each about as often: it clicks right, or wrong,
    or looks closer again and again.
    """
    write_tiny_checkpoint(folder, "qwen2_5_vl")
    network = Network(str(folder), SMALL)
    plans = ((0, RIGHT), (0, WRONG), (LOOKS, None))
    lessons = [_spoken(network, asyncio.run(lesson(stills, *plan))) for plan in plans]
    for name, weight in network.model.named_parameters():
        weight.requires_grad_(not network.is_vision(name))
    weights = [weight for weight in network.model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=3e-3)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - step / steps)
        optimizer.zero_grad()
        for row, at in lessons:  # together: one after another, the last would be all it says
            torch.autograd.backward(-network.logprobs(row, at).sum() / 100)
        optimizer.step()
    network.model.save_pretrained(folder)
    return folder
