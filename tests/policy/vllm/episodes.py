"""Small checkpoints that know how to zoom and click, and the episodes that they play."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from tests.policy.conftest import draw
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import rollout
from vigorl.browser.actions import Action, Click, Zoom
from vigorl.browser.environment import Environment
from vigorl.browser.geometry import Box, Point
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.backend import Message, Reply, Sampling
from vigorl.policy.conversation import Conversation
from vigorl.policy.factory import open_model
from vigorl.policy.family import Family, family_named
from vigorl.policy.grammar import parse, write
from vigorl.policy.images import FittedImage
from vigorl.policy.local.codec import Prompt
from vigorl.policy.local.network import Network
from vigorl.policy.local.tiny import Architecture, learn_by_heart, write_tiny_checkpoint
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Tokens
from vigorl.training.data.replay import largest_drift, replay
from vigorl.training.data.rows import rows_of

FAMILIES: dict[Architecture, str] = {"qwen2_5_vl": "qwen2.5-vl", "qwen3_vl": "qwen3-vl"}
GOAL = "the kettle"
COUNT = 20
"""Of pictures that a checkpoint is taught on, and of episodes that are compared."""
AS_PUBLISHED = {"repetition_penalty": 1.05, "top_k": 20, "temperature": 0.7, "do_sample": True}
"""What the makers' checkpoints say of sampling, which nobody asked for here."""


def world(seed: int) -> Environment:
    return ZoomEnvironment(StaticScreenshot(draw(280, 168, seed), GOAL, None))


async def lesson(family: Family, seed: int = 0) -> tuple[Message, ...]:
    """A conversation in which the assistant looks closer and then clicks."""
    environment, conversation = world(seed), Conversation(GOAL, family)
    # As the loop does it: the prompt teaches what the outermost environment takes.
    observation = replace(await environment.reset(), actions=environment.actions)
    for number, thought in enumerate(("I look closer.", "There it is.")):
        conversation.see(observation)
        lens = conversation.dialect.lens
        assert lens
        action: Action = Click(Point(100, 60))
        if number == 0:
            action = Zoom(
                Box.around(Point(100, 60), lens.half_width_css_px, lens.half_height_css_px),
                lens.style,
            )
        text = write(thought, action, conversation.dialect)
        parsed = parse(text, conversation.dialect)
        assert parsed.action
        conversation.hear(Reply(text, 0, 0, False), parsed.action)
        observation = await environment.step(parsed.action)
    return conversation.messages()


def taught_checkpoint(folder: Path, architecture: Architecture) -> Path:
    """A checkpoint that plays so, with sampling of its own in `generation_config.json`."""
    family = family_named(FAMILIES[architecture])
    write_tiny_checkpoint(folder, architecture)
    network = Network(str(folder), family)
    lessons = [asyncio.run(lesson(family, seed)) for seed in range(COUNT)]
    assert learn_by_heart(network, *lessons, most_steps=1500) < 1500
    network.model.save_pretrained(folder)
    path = folder / "generation_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | AS_PUBLISHED))
    return folder


async def played(policy: ModelPolicy, folder: Path, seeds: Sequence[int]) -> list[Trajectory]:
    """An episode on each picture, all at once."""
    return await asyncio.gather(
        *(rollout(policy, world(seed), Recorder(folder / f"{seed}")) for seed in seeds)
    )


async def compared(policy: ModelPolicy, taught: Path, sampling: Sampling, folder: Path) -> None:
    """Play the same episodes on vLLM and on the local engine; they are equal, and replay.

    Args:
        policy: On vLLM, with a temperature of 0.
        taught: Its checkpoint.
        sampling: Its own.
        folder: For the records.
    """
    here = await open_model(str(taught), sampling=sampling)
    episodes = await played(policy, folder / "vllm", range(COUNT))
    expected = await played(here, folder / "local", range(COUNT))
    await here.close()
    network = Network(str(taught), policy.family)
    for episode, local in zip(episodes, expected, strict=True):
        actions = [type(step.turn.action) for step in episode.steps]
        assert actions == [Zoom, Click], (episode.end, [step.turn.text for step in episode.steps])
        for theirs, ours in zip(tokens_of(episode), tokens_of(local), strict=True):
            assert theirs.prompt_ids == ours.prompt_ids and theirs.images == ours.images
            assert theirs.sampled_ids == ours.sampled_ids
        (row,) = rows_of(tokens_of(episode))
        assert largest_drift(row, replay(network, row, pictures_of(episode))) < 1e-4


def tokens_of(episode: Trajectory) -> list[Tokens]:
    return [step.turn.tokens for step in episode.steps if step.turn.tokens]


def family_of_folder(taught: Path) -> Family:
    """Of a checkpoint that `taught_checkpoint` has made."""
    return family_named(taught.name.removesuffix("-tiny"))


def drift(network: Network, images: Sequence[FittedImage], reply: Reply) -> float:
    """The largest difference between what was recorded and what a replay gives."""
    assert reply.prompt_ids and reply.sampled_ids and reply.logprobs
    first = len(reply.prompt_ids)
    row = Prompt(reply.prompt_ids + reply.sampled_ids, tuple(images))
    replayed = network.score(row, range(first, first + len(reply.sampled_ids)))
    return max(abs(now - then) for now, then in zip(replayed, reply.logprobs, strict=True))


def images_of(messages: Sequence[Message]) -> tuple[FittedImage, ...]:
    return tuple(part for each in messages for part in each.parts if not isinstance(part, str))


def pictures_of(episode: Trajectory) -> dict[str, Picture]:
    """Those that were shown, by their sha256."""
    views = [step.seen.view for step in episode.steps if step.seen.view is not None]
    pictures = [episode.view(view).picture for view in views]
    return {picture.sha256: picture for picture in pictures}


torch.set_num_threads(1)
