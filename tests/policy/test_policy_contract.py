"""What every policy has to keep, whoever it is: of this package, and wrapped."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageDraw

from vigorl.agent.benchmarks.visualwebarena import Answering
from vigorl.browser.actions import Done, GiveUp
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.branch import Branch, Stem
from vigorl.policy.clicker import RandomPolicy
from vigorl.policy.factory import policy_of
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Actor, Policy, Turn
from vigorl.policy.reader.actor import ReaderPolicy

GOAL = 'click "Save"'
CLICK = "<think> Save (80, 40) is there. </think>\n<answer> click (80, 40) </answer>"


class Parrot:
    """A backend that says the same whatever it is asked, and is closed once at most."""

    name = "parrot"
    continues = True

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_open = True

    def session(self, seed: int) -> "Parrot":
        return self

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        assert self.is_open
        return Reply(self.text, 10, 3, False, (1, 2), (3,), (-1.0,))

    def describe(self) -> dict[str, Any]:
        return {"backend": "parrot"}

    async def decode(self, ids: Sequence[int]) -> str:
        return self.text

    async def close(self) -> None:
        self.is_open = False


def model(text: str, family: str = "qwen2.5-vl") -> ModelPolicy:
    return policy_of(family_named(family), Parrot(text), Sampling())


POLICIES: dict[str, Callable[[], Policy]] = {
    "reader": ReaderPolicy,
    "random": RandomPolicy,
    "a model": lambda: model(CLICK),
    "a model that babbles": lambda: model("I would click it."),
    "a model that gives up": lambda: Answering(model('<think> </think><answer> give_up "no"')),
    "nano": lambda: model(CLICK, "nano"),
    "a branch": lambda: Branch(model(CLICK), Stem(), 3),
    "behind a judge that wants words": lambda: Answering(RandomPolicy()),
}


def screen(word: str) -> Observation:
    image = Image.new("RGB", (320, 120), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 20, 140, 60), outline="black", width=2)
    pen.text((60, 30), word, "black", font_size=20)
    view = View(Picture.from_image(image), Frame.of_viewport(320, 120))
    return Observation(view, url="http://shop.test/", title="Shop")


async def played(actor: Actor, screens: Sequence[Observation]) -> list[Turn]:
    """An episode, until the policy ends it."""
    turns: list[Turn] = []
    for observation in screens:
        turns.append(await actor.act(observation))
        if isinstance(turns[-1].action, Done | GiveUp):
            break
    return turns


@pytest.mark.parametrize("name", POLICIES)
async def test_a_policy_keeps_its_contract(name: str) -> None:
    policy = POLICIES[name]()
    described = policy.describe()
    assert json.loads(json.dumps(described)) == described, "what it says of itself is JSON"
    assert isinstance(policy.name, str) and policy.name
    assert policy.acts_on_marks in (True, False) and policy.needs_instructions in (True, False)
    screens = [screen("Save"), screen("Saved")]
    first, second = policy.actor(GOAL), policy.actor(GOAL)
    assert first is not second, "an actor is for one episode"
    alone = await played(first, screens)
    again = await played(second, screens)
    assert [replace(turn, tokens=None) for turn in again] == [
        replace(turn, tokens=None) for turn in alone
    ], "nothing of one episode is left in the next"
    for turn in (*alone, *again):
        assert (turn.action is None) != (turn.error is None), "either an action or an error"
        assert isinstance(turn.text, str)
    assert policy.describe() == described, "it stays who it is"
    await policy.close()
    await policy.close()


def test_a_policy_of_instructions_says_so() -> None:
    assert [
        name for name in ("reader", "random", "nano") if POLICIES[name]().needs_instructions
    ] == ["reader"]
