"""The policy: observations in, turns out, whatever computes the words."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vigorl.browser.actions import Click, Done, GiveUp, Zoom
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.factory import open_model
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy, episode_seed

Make = Callable[..., Observation]
OURS = family_named("qwen2.5-vl")


class Recital:
    """A backend that says what it was given, one text a turn, and keeps what it was asked."""

    name = "recital"
    continues = True

    def __init__(self, *texts: str, cut_off: bool = False) -> None:
        self.texts = list(texts)
        self.cut_off = cut_off
        self.asked: list[Sequence[Message]] = []
        self.seeds: list[int] = []
        self.drawn: list[SamplingMode] = []

    def session(self, seed: int) -> "Recital":
        self.seeds.append(seed)
        return self

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        self.asked.append(messages)
        self.drawn.append(how)
        return Reply(self.texts.pop(0), 100, 7, self.cut_off, (1, 2), (3,), (-1.0,))

    def describe(self) -> dict[str, Any]:
        return {"backend": "recital"}

    async def close(self) -> None:
        self.texts.clear()


async def test_an_episode_from_look_to_answer(screen: Make, look: Make) -> None:
    call = '{"name": "search_coordinate", "arguments": {"coordinate": [140, 84]}}'
    backend = Recital(
        f"<think> The total (140, 84) is small. </think>\n<tool_call>{call}</tool_call>",
        '<think> It says 12. </think> <answer> done "12" </answer>',
    )
    actor = ModelPolicy(OURS, backend, Sampling()).actor("What is the total?")
    zoom = await actor.act(screen(1))
    assert zoom.action == Zoom(Box(40, -16, 240, 184), OURS.zoom.style if OURS.zoom else None)  # type: ignore[arg-type]
    assert zoom.points == (Point(140, 84),)
    assert zoom.thought == "The total (140, 84) is small."
    assert (zoom.prompt_token_count, zoom.sampled_token_count) == (100, 7)
    assert zoom.tokens and zoom.tokens.row == 0
    done = await actor.act(look(2))
    assert (done.action, done.error) == (Done("12"), None)
    assert [message.role for message in backend.asked[1]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


async def test_points_are_those_of_the_screen_however_it_was_resized(screen: Make) -> None:
    backend = Recital("<think> Here (644, 364). </think><answer> click (644, 364) </answer>")
    turn = await ModelPolicy(OURS, backend, Sampling()).actor("x").act(screen(1, 1280, 720))
    # 1280 x 720 is shown at 1288 x 728.
    assert turn.action == Click(Point(640, 360))
    assert turn.points == (Point(640, 360),)


async def test_malformed_output_is_a_turn_with_an_error(screen: Make) -> None:
    backend = Recital("I would click the button.")
    turn = await ModelPolicy(OURS, backend, Sampling()).actor("x").act(screen(1))
    assert turn.action is None
    assert turn.error == (
        "Write <think> … </think> and then either "
        "<tool_call> … </tool_call> or <answer> … </answer>, each once, and nothing else."
    )
    assert turn.text == "I would click the button."


async def test_what_was_not_understood_is_asked_for_anew(screen: Make) -> None:
    understood = "<think> Here (644, 364). </think><answer> click (644, 364) </answer>"
    backend = Recital("Click.", "Click!", understood, understood)
    actor = ModelPolicy(OURS, backend, Sampling()).actor("x")
    for seed in range(4):
        await actor.act(screen(seed, 1280, 720))
    assert backend.drawn == ["as set", "anew", "anew", "as set"]


async def test_a_published_model_has_to_answer_after_four_turns(screen: Make, look: Make) -> None:
    call = '{"name": "search_coordinate", "arguments": {"coordinate": [140, 84]}}'
    closer = f"<think> Hm (1, 2). </think>\n<tool_call>{call}</tool_call>"
    family = family_named("vigorl-multiturn-grounding")
    backend = Recital(*[closer] * 4, " (28, 56) </answer>")
    actor = ModelPolicy(family, backend, Sampling()).actor("the button")
    turns = [await actor.act(screen(1) if number == 0 else look(number)) for number in range(5)]
    assert [isinstance(turn.action, Zoom) for turn in turns] == [True] * 4 + [False]
    assert turns[4].action == Click(Point(28, 56))
    assert turns[4].text == f"{family.last_words} (28, 56) </answer>"
    assert turns[4].slip == ""
    assert [turn.begun for turn in turns] == [""] * 4 + [family.last_words]
    assert turns[4].tokens and turns[4].tokens.sampled_ids == (3,)  # the beginning is not sampled
    assert backend.asked[4][-1] == Message("assistant", (family.last_words,))
    assert backend.drawn == ["as set"] * 4 + ["greedy"]


async def test_a_backend_that_cannot_go_on_is_not_begun_for(screen: Make, look: Make) -> None:
    closer = (
        '<think> Hm. </think><tool_call>{"name": "search_coordinate", '
        '"arguments": {"coordinate": [140, 84]}}</tool_call>'
    )
    backend = Recital(*[closer] * 5)
    backend.continues = False
    actor = ModelPolicy(family_named("vigorl-visual-search"), backend, Sampling()).actor("x")
    for number in range(5):
        turn = await actor.act(screen(1) if number == 0 else look(number))
    assert isinstance(turn.action, Zoom)
    assert backend.asked[4][-1].role == "user"


def test_what_says_the_most_likely_draws_when_it_is_asked_anew() -> None:
    assert Sampling(temperature=0, seed=3).anew() == Sampling(temperature=1, seed=3)
    assert Sampling(temperature=0.5).anew() == Sampling(temperature=0.5)


async def test_a_text_that_was_cut_off_is_told_so(screen: Make) -> None:
    backend = Recital("<think> I see, I see, I see", cut_off=True)
    turn = await ModelPolicy(OURS, backend, Sampling()).actor("x").act(screen(1))
    assert turn.error == "Your text was cut off after 7 tokens; write less."
    assert turn.thought == "I see, I see, I see"


def test_each_episode_draws_with_a_seed_of_its_own() -> None:
    backend = Recital()
    policy = ModelPolicy(OURS, backend, Sampling(seed=40))
    for _ in range(3):
        policy.actor("x")
    assert backend.seeds[0] == 40
    assert len({*backend.seeds, *(episode_seed(41, number) for number in range(1000))}) == 1003
    assert all(0 <= seed < 2**31 for seed in backend.seeds)


def test_a_policy_describes_itself_for_the_record() -> None:
    policy = ModelPolicy(OURS, Recital(), Sampling(temperature=0.7, seed=3))
    assert policy.describe() == {
        "policy": "model",
        "model": "recital",
        "family": "qwen2.5-vl",
        "window_screens": 4,
        "max_images": 8,
        "max_pixels": 1_003_520,
        "temperature": 0.7,
        "top_p": 1.0,
        "top_k": 0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "max_tokens": 2048,
        "seed": 3,
        "backend": "recital",
    }


@pytest.mark.parametrize("bad", [{"temperature": -1}, {"top_p": 0}, {"max_tokens": 0}])
def test_impossible_sampling_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="temperature"):
        Sampling(**bad)  # type: ignore[arg-type]


@pytest.mark.model
async def test_a_folder_opens_a_policy_that_plays(
    checkpoints: dict[str, Path], screen: Make
) -> None:
    policy = await open_model(str(checkpoints["qwen3_vl"]), sampling=Sampling(max_tokens=8))
    assert policy.family.name == "qwen3-vl"
    turn = await policy.actor("x").act(screen(1))
    assert turn.sampled_token_count == 8
    assert turn.tokens and turn.tokens.logprobs
    described = policy.describe()
    assert (described["backend"], described["dtype"]) == ("local", "float32")
    await policy.close()


@pytest.mark.model
async def test_a_folder_of_a_model_that_reads_opens_a_policy_that_reads(
    tmp_path: Path, screen: Make
) -> None:
    from vigorl.policy.local.tiny import write_tiny_checkpoint

    folder = str(write_tiny_checkpoint(tmp_path, "qwen3"))
    policy = await open_model(folder, sampling=Sampling(max_tokens=8))
    described = policy.describe()
    assert (described["policy"], described["family"]) == ("nano", "nano")
    turn = await policy.actor("x").act(screen(1))
    assert turn.sampled_token_count == 8
    assert turn.tokens and turn.tokens.logprobs and not turn.tokens.images
    await policy.close()
    # A turn of its own is short: one that never ends is not waited for as long as another's.
    policy = await open_model(folder)
    assert policy.describe()["max_tokens"] == policy.family.longest_turn_tokens
    await policy.close()


@pytest.mark.parametrize("spec", ["gpt", "/nowhere/at/all", "a/b/c"])
async def test_what_is_no_model_is_answered_with_what_would_be(spec: str) -> None:
    with pytest.raises(UsageError, match="give the URL of a server"):
        await open_model(spec)


async def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no config\.json"):
        await open_model(str(tmp_path))


def test_without_torch_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen3_vl"}')
    code = (
        "import asyncio, sys\n"
        "sys.modules['torch'] = None\n"
        "from vigorl.browser.errors import UsageError\n"
        "from vigorl.policy.factory import open_model\n"
        f"try: asyncio.run(open_model({str(tmp_path)!r}))\n"
        "except UsageError as error: sys.stdout.write(str(error))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "pip install 'vigorl-agent[model]'" in done.stdout.decode()


@pytest.mark.model
async def test_a_hub_id_without_a_network_says_how_to_fetch_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UsageError, match="hf download gsarch/ViGoRL-none-Spatial") as caught:
        await open_model("gsarch/ViGoRL-none-Spatial")
    assert "is not on this machine" in str(caught.value)


def test_a_policy_is_imported_without_torch() -> None:
    code = "import sys, vigorl.policy.model; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


DONE = '<think> It says 12. </think> <answer> done "12" </answer>'
CLICK = "<think> Here (644, 364). </think><answer> click (644, 364) </answer>"


@pytest.mark.parametrize(
    ("least_sure", "temperature", "is_believed"),
    [
        (0.35, 0.0, True),  # each of its replies has the probability e⁻¹
        (0.4, 0.0, False),
        (0.4, 0.7, True),  # drawn words are unlikely, however sure it is
        (None, 0.0, True),
    ],
)
async def test_an_end_that_was_guessed_at_is_not_believed(
    screen: Make, least_sure: float | None, temperature: float, is_believed: bool
) -> None:
    family = replace(OURS, least_sure=least_sure)
    policy = ModelPolicy(family, Recital(CLICK, DONE), Sampling(temperature=temperature))
    actor = policy.actor("What is the total?")
    click, end = [await actor.act(screen(number, 1280, 720)) for number in range(2)]
    assert isinstance(click.action, Click)
    assert end.text == DONE and end.error is None
    guessed = 'it may be "12", but steps were guesses (37% sure): look at the page'
    assert end.action == (Done("12") if is_believed else GiveUp(guessed))
    counts = least_sure is not None and temperature == 0
    assert policy.describe().get("least_sure") == (least_sure if counts else None)
