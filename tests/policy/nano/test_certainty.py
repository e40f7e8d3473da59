"""A policy that reads: an end that it guessed at is given up, and recorded as it was said."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from vigorl.browser.actions import Done, GiveUp
from vigorl.browser.observation import Observation
from vigorl.browser.picture import View
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.family import family_named
from vigorl.policy.nano.actor import ReadingPolicy
from vigorl.policy.perception.screen import Screen

DONE = '<think> tell me the "Total": "12" </think>\n<answer> done "12" </answer>'
AWAIT = "<think> nothing here is of use </think>\n<answer> scroll (500, 500) down 700 </answer>"


class Eyes:
    """Eyes that see a blank screen."""

    def read(self, view: View) -> Screen:
        return Screen((), (), view.frame)


class Speaker:
    """A backend that says these, each with this log-probability."""

    name = "speaker"
    continues = True

    def __init__(self, *turns: tuple[str, float]) -> None:
        self.turns = list(turns)

    def session(self, seed: int) -> "Speaker":
        return self

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        text, logprob = self.turns.pop(0)
        return Reply(text, 10, 2, False, (1,), (2, 3), (logprob, 0.0))

    def describe(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        self.turns.clear()


@pytest.mark.parametrize(
    ("logprobs", "sure"), [((-0.1, -0.2), None), ((0.0, -3.0), "22%"), ((-2.4, -0.2), "27%")]
)
async def test_a_done_after_guesses_is_given_up(
    screen: Callable[..., Observation], logprobs: tuple[float, float], sure: str | None
) -> None:
    family = replace(family_named("nano"), least_sure=0.3)
    backend = Speaker((AWAIT, logprobs[0]), (DONE, logprobs[1]))
    policy = ReadingPolicy(family, backend, Sampling(temperature=0.0), Eyes())  # type: ignore[arg-type]
    actor = policy.actor("What is the total?")
    await actor.act(screen(1))
    turn = await actor.act(screen(2))
    end: Done | GiveUp = Done("12")
    if sure is not None:
        end = GiveUp(f'it may be "12", but steps were guesses ({sure} sure): look at the page')
    assert turn.action == end and turn.text == DONE and turn.error is None
    assert turn.tokens is not None and turn.tokens.logprobs == (logprobs[1], 0.0)
