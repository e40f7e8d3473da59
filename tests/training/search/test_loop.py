"""Tree search: what is tried next, what counts as new, and what a stopped search goes on with."""

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.evaluation.evaluation import Sample
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.browser.actions import Action, Click, Done, Zoom
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InfrastructureFault, PolicyFault, UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.family import Family, family_named
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Turn
from vigorl.training.search.config import SearchConfig
from vigorl.training.search.loop import search
from vigorl.training.search.record import read_tree
from vigorl.training.search.search_tree import SearchTree
from vigorl.training.search.steps import EpisodePlace, EpisodeStep, next_step

GOAL = "the left one"
PICTURE = Picture.from_image(Image.new("RGB", (112, 56), "white"))
CALL = '{"name": "search_coordinate", "arguments": {"coordinate": [%d, %d]}}'


def step(name: str, is_last: bool = False) -> EpisodeStep:
    return EpisodeStep(name, EpisodePlace(), (name,), is_last)


def turn(text: str, action: Action | None) -> Turn:
    return Turn(text, "", (), action)


# --- The tree -----------------------------------------------------------------------------------


def test_the_next_step_is_the_one_that_a_hand_computation_chooses() -> None:
    tree = SearchTree()
    often, seldom, poor = (tree.add(0, n, step(name), 10) for n, name in enumerate("abc"))
    for node, values in ((often, (1, 1, 0, 1)), (seldom, (1,)), (poor, (0, 0, 0))):
        for value in values:
            tree.backpropagate(node, value)
    assert [tree.nodes[node].visits for node in (0, often, seldom, poor)] == [8, 4, 1, 3]
    assert tree.nodes[0].value == 0.5
    # q + c sqrt(ln 8 / n): .75 + 2 * .7210, 1 + 2 * 1.4420, 0 + 2 * .8326
    assert tree.ucb(often, 2.0) == pytest.approx(0.75 + 2 * math.sqrt(math.log(8) / 4))
    assert tree.ucb(often, 2.0) == pytest.approx(2.1920, abs=1e-4)
    assert tree.ucb(seldom, 2.0) == pytest.approx(3.8841, abs=1e-4)
    assert tree.ucb(poor, 2.0) == pytest.approx(1.6651, abs=1e-4)
    assert tree.select(2.0) == seldom
    for _ in range(9):
        tree.backpropagate(seldom, 0)
    # Now 17 visits: often .75 + 2 * .8416, seldom .1 + 2 * .5323, poor 0 + 2 * .9718
    assert tree.select(2.0) == often
    assert tree.select(100.0) == poor


def test_values_are_added_to_every_step_on_the_way_up_and_to_no_other() -> None:
    tree = SearchTree()
    left, right = tree.add(0, 0, step("left"), 10), tree.add(0, 1, step("right"), 10)
    below = tree.add(left, 2, step("below"), 10)
    tree.backpropagate(below, 1.0)
    tree.backpropagate(left, 0.0)
    tree.backpropagate(right, 0.0)
    assert [(node.visits, node.value_sum) for node in tree.nodes] == [
        (3, 1),
        (2, 1),
        (1, 0),
        (1, 1),
    ]
    assert tree.path(below) == [below, left]


def test_a_step_must_name_what_neither_its_way_nor_a_sibling_has_named() -> None:
    tree = SearchTree()
    first = tree.add(0, 0, step("(1, 1)"), 10)
    assert not tree.admits(0, step("(1, 1)"))
    assert not tree.admits(first, step("(1, 1)"))
    assert tree.admits(first, EpisodeStep("", EpisodePlace(), ("(1, 1)", "(2, 2)")))
    assert tree.admits(first, step("(1, 1)", is_last=True))  # an answer may name it again
    tree.add(first, 1, step("(1, 1)", is_last=True), 10)
    assert not tree.admits(first, step("(1, 1)", is_last=True))


def test_what_cannot_be_expanded_is_passed_by_and_the_search_ends_where_all_is_closed() -> None:
    tree = SearchTree()
    answer, deep = tree.add(0, 0, step("a", is_last=True), 2), tree.add(0, 1, step("b"), 2)
    tree.backpropagate(answer, 1.0)
    tree.backpropagate(deep, 0.0)
    assert tree.select(0.0) == deep
    deepest = tree.add(deep, 2, step("c"), 2)
    assert tree.nodes[deepest].depth == 2 and tree.nodes[deepest].is_closed
    tree.close_finished(deep)
    assert tree.nodes[deep].is_closed and tree.nodes[0].is_closed
    assert tree.select(2.0) is None


# --- Steps --------------------------------------------------------------------------------------

THOUGHT = "<think> The form is (3, 2). It has keys. One costs $3.50 (2, 4). Done! (1, 1) </think>"


def steps(turns: Sequence[Turn], *, by_sentence: bool = True) -> list[EpisodeStep]:
    found: list[EpisodeStep] = []
    place = EpisodePlace()
    while (each := next_step(turns, place, by_sentence=by_sentence)) is not None:
        found.append(each)
        place = each.end
    return found


def test_a_step_ends_with_each_sentence_that_names_a_point_and_the_last_with_its_turn() -> None:
    text = f"{THOUGHT}\n<answer> (1, 1) </answer>"
    found = steps([turn(text, Click(Point(1, 1)))])
    assert "".join(each.text for each in found) == text
    assert [each.text for each in found[:2]] == [
        "<think> The form is (3, 2).",
        " It has keys. One costs $3.50 (2, 4).",
    ]
    assert [each.names for each in found] == [
        ("(3, 2)",),
        ("(2, 4)",),
        ("(1, 1)", "click Point(x=1, y=1)"),
    ]
    assert [each.is_last for each in found] == [False, False, True]


def test_from_turn_to_turn_a_step_is_a_turn_and_a_slip_ends_the_reasoning() -> None:
    zoom = turn(f"{THOUGHT}<tool_call>…</tool_call>", Zoom(Box(0, 0, 2, 2)))
    found = steps(
        [zoom, turn("<think> hm </think><answer> x </answer>", Done("x"))], by_sentence=False
    )
    assert [(each.end, each.is_last) for each in found] == [
        (EpisodePlace(1), False),
        (EpisodePlace(2), True),
    ]
    assert "zoom Point(x=1.0, y=1.0)" in found[0].names
    assert len(steps([zoom, turn("hm", None)], by_sentence=False)) == 1


# --- The search, with a policy whose values are known -----------------------------------------


class Speaker:
    """A backend that draws its sentences from the session's seed, and knows no tokens.

    It looks at one of several places, then at another one, and answers right if it had looked at
    (20, 20) first, and wrong otherwise.
    """

    continues = False
    name = "speaker"
    places = ((20, 20), (60, 20), (60, 40), (90, 40))

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    def session(self, seed: int) -> "Words":
        return Words(self, seed)

    def describe(self) -> dict[str, Any]:
        return {"backend": "speaker"}

    async def decode(self, ids: Sequence[int]) -> str:
        raise AssertionError("it has no tokens")

    async def close(self) -> None:
        """Nothing is held."""

    def text(self, begun: str, random: Random) -> str:
        texts = ["<think>"]
        texts += [f" I look at ({x}, {y})." for x, y in random.choices(self.places, k=2)]
        said = begun.count("(")
        whole = (begun or texts[0]) + "".join(texts[1 + said :])
        answer = (20, 20) if whole.startswith("<think> I look at (20, 20)") else (90, 40)
        return f"{whole} So: {answer}. </think>\n<answer> {answer} </answer>"[len(begun) :]


class Words:
    def __init__(self, speaker: Speaker, seed: int) -> None:
        self._speaker = speaker
        self._random = Random(seed)

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        speaker = self._speaker
        last = messages[-1]
        begun = str(last.parts[0]) if last.role == "assistant" else ""
        speaker.asked.append(begun)
        speaker.at_once += 1
        speaker.most_at_once = max(speaker.most_at_once, speaker.at_once)
        await asyncio.sleep(0.001)
        speaker.at_once -= 1
        return Reply(speaker.text(begun, self._random), 9, 9, False)


def sample(number: int = 0, target: Box | None = Box(12, 12, 28, 28)) -> Sample:  # noqa: B008
    def make() -> Environment:
        return StaticScreenshot(PICTURE, GOAL, target)

    return Sample(f"left-{number}", (), {"id": number, "bbox_xyxy": (12, 12, 28, 28)}, make)


def policy_of(backend: Any, family: Family = family_named("vigorl-grounding")) -> ModelPolicy:  # noqa: B008
    return ModelPolicy(family, backend, Sampling(temperature=1.0))


CONFIG = SearchConfig(simulations=6, rounds=8)


async def test_the_right_way_is_found_visited_most_and_nothing_is_repeated(tmp_path: Path) -> None:
    (searched,) = await search(policy_of(Speaker()), [sample()], CONFIG, tmp_path)
    tree = searched.tree
    assert tree is not None and 2 < tree.simulations <= 6
    firsts = [tree.nodes[child] for child in tree.nodes[0].children]
    assert len({first.step.text for first in firsts if first.step}) == len(firsts) == 3
    by_text = {first.step.text: first for first in firsts if first.step}
    right = by_text.pop("<think> I look at (20, 20).")
    assert right.value == 1.0 and all(other.value == 0.0 for other in by_text.values())
    assert right.visits > max(other.visits for other in by_text.values())
    assert tree.nodes[0].visits == sum(first.visits for first in firsts)
    for node in tree.nodes[1:]:
        assert node.visits >= 1 and node.step is not None
        siblings = tree.nodes[node.parent or 0].children
        assert [tree.step(each).names for each in siblings].count(node.step.names) == 1
        if not node.step.is_last:
            above = {name for each in tree.path(node.parent or 0) for name in tree.step(each).names}
            assert not above.issuperset(node.step.names)


async def test_every_new_step_is_judged_by_so_many_episodes(tmp_path: Path) -> None:
    config = replace(CONFIG, simulations=1, rollouts=3)
    (searched,) = await search(policy_of(Speaker()), [sample()], config, tmp_path)
    assert searched.tree is not None
    for node in searched.tree.nodes[1:]:
        assert node.visits == 3
    # An answer needs no further episode: nothing could come out differently.
    config = replace(config, by_sentence=False)
    (searched,) = await search(policy_of(Speaker()), [sample()], config, tmp_path / "turns")
    assert searched.tree is not None
    assert {node.visits for node in searched.tree.nodes[1:]} == {1}
    assert searched.tree.select(2.0) is None


async def test_no_step_is_deeper_than_allowed(tmp_path: Path) -> None:
    config = replace(CONFIG, depth=2, simulations=50)
    (searched,) = await search(policy_of(Speaker()), [sample()], config, tmp_path)
    assert searched.tree is not None
    assert max(node.depth for node in searched.tree.nodes) == 2
    assert searched.tree.simulations < 50 and searched.tree.select(2.0) is None


async def test_a_branch_begins_with_the_very_words_of_its_step(tmp_path: Path) -> None:
    speaker = Speaker()
    (searched,) = await search(policy_of(speaker), [sample()], CONFIG, tmp_path)
    assert searched.tree is not None
    stems = {""} | {
        "".join(searched.tree.step(each).text for each in reversed(searched.tree.path(node)))
        for node in range(1, len(searched.tree.nodes))
        if not searched.tree.step(node).is_last
    }
    assert set(speaker.asked) <= stems and len(set(speaker.asked)) > 3
    plays = read_tree(tmp_path / "left-0").plays
    assert plays == len(speaker.asked)
    for number in range(plays):
        text = read_trajectory(tmp_path / "left-0" / f"{number:04d}").steps[0].turn.text
        assert text.startswith(speaker.asked[number])


async def test_samples_and_steps_are_searched_side_by_side(tmp_path: Path) -> None:
    speaker = Speaker()
    samples = [sample(number) for number in range(6)]
    config = replace(CONFIG, samples_at_once=3)
    told: list[str] = []
    found = await search(
        policy_of(speaker), samples, config, tmp_path, lambda searched: told.append(searched.sample)
    )
    assert speaker.most_at_once == 9  # three samples, three children of each
    assert [each.sample for each in found] == [each.id for each in samples] and len(told) == 6
    trees = [read_tree(tmp_path / f"left-{number}").tree for number in range(6)]
    assert trees == [each.tree for each in found]
    assert trees[0] != trees[1]  # they draw differently


@pytest.mark.slow
async def test_a_stopped_search_ends_with_the_tree_that_it_would_have_had(tmp_path: Path) -> None:
    (whole,) = await search(policy_of(Speaker()), [sample()], CONFIG, tmp_path / "whole")
    played = read_tree(tmp_path / "whole" / "left-0").plays
    stops = 0
    for calls in range(1, 99):
        speaker = Dying(calls)
        (halved,) = await search(policy_of(speaker), [sample()], CONFIG, tmp_path / "halved")
        if halved.tree is not None:
            break
        assert "the server is gone" in halved.fault
        stops += 1
    assert stops > 3
    assert halved == whole
    assert read_tree(tmp_path / "halved" / "left-0") == read_tree(tmp_path / "whole" / "left-0")
    folders = [path.name for path in (tmp_path / "halved" / "left-0").glob("[0-9]*")]
    assert sorted(folders) == [f"{number:04d}" for number in range(played)]


class Dying(Speaker):
    """It answers so many times, and then no more."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._left = calls

    def text(self, begun: str, random: Random) -> str:
        self._left -= 1
        if self._left < 0:
            raise PolicyFault("the server is gone")
        return super().text(begun, random)


async def test_where_one_sample_after_another_breaks_the_search_stops(tmp_path: Path) -> None:
    samples = [sample(number) for number in range(20)]
    speaker = Dying(0)
    with pytest.raises(InfrastructureFault, match="the server is gone"):
        await search(policy_of(speaker), samples, replace(CONFIG, samples_at_once=2), tmp_path)
    # 3 samples with 3 children of 3 tries, and the next ones, which had begun
    assert len(speaker.asked) < 60


async def test_one_process_searches_into_a_folder(tmp_path: Path) -> None:
    refused: list[str] = []

    async def meanwhile() -> None:
        try:
            await search(policy_of(Speaker()), [sample()], CONFIG, tmp_path)
        except UsageError as error:
            refused.append(str(error))

    both = [asyncio.create_task(meanwhile()) for _ in range(2)]
    await asyncio.gather(*both)
    assert refused == [f"another process is searching into {tmp_path}"]
    assert read_tree(tmp_path / "left-0").tree.simulations > 0


async def test_another_search_another_sample_and_what_cannot_be_judged_are_refused(
    tmp_path: Path,
) -> None:
    policy = policy_of(Speaker())
    with pytest.raises(UsageError, match="no samples"):
        await search(policy, [], CONFIG, tmp_path)
    with pytest.raises(UsageError, match="two samples are called left-0"):
        await search(policy, [sample(), sample()], CONFIG, tmp_path)
    with pytest.raises(UsageError, match="left-0 cannot be judged"):
        await search(policy, [sample(target=None)], CONFIG, tmp_path / "a")
    await search(policy, [sample()], CONFIG, tmp_path)
    more = replace(CONFIG, simulations=8)
    (searched,) = await search(policy, [sample()], more, tmp_path)
    assert searched.tree is not None
    with pytest.raises(UsageError, match="another depth"):
        await search(policy, [sample()], replace(CONFIG, depth=3), tmp_path)
    other = replace(sample(), task={"id": 0, "bbox_xyxy": [0, 0, 1, 1]})
    with pytest.raises(UsageError, match="the tree of another sample"):
        await search(policy, [other], CONFIG, tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.json").write_text('{"steps": 3}')
    with pytest.raises(UsageError, match="holds something else"):
        await search(policy, [sample()], CONFIG, tmp_path / "b")
    for wrong in ({"children": 0}, {"exploration": -1.0}):
        with pytest.raises(UsageError):
            replace(CONFIG, **wrong)


class Looker(Speaker):
    """It looks closer somewhere, and then clicks where it looked."""

    def text(self, begun: str, random: Random) -> str:
        x, y = random.choice(self.places)
        return f"<think> Small ({x}, {y}). </think>\n<tool_call>{CALL % (x, y)}</tool_call>"


class LookingWords(Words):
    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        said = [part for each in messages if each.role == "assistant" for part in each.parts]
        if not said:
            return await super().reply(messages)
        crops = [part for each in messages for part in each.parts if not isinstance(part, str)]
        self._speaker.asked.append(crops[-1].picture.sha256)  # type: ignore[union-attr]
        x, y = str(said[0]).partition("(")[2].partition(")")[0].split(", ")
        return Reply(
            f"<think> It is ({x}, {y}). </think>\n<answer> ({x}, {y}) </answer>", 9, 9, False
        )


async def test_a_searched_step_may_look_closer_and_sees_the_crop(tmp_path: Path) -> None:
    looker = Looker()
    looker.session = lambda seed: LookingWords(looker, seed)  # type: ignore[method-assign]
    family = family_named("vigorl-multiturn-grounding")
    config = replace(CONFIG, simulations=3)
    (searched,) = await search(policy_of(looker, family), [sample()], config, tmp_path)
    tree = searched.tree
    assert tree is not None
    looks = [tree.nodes[child] for child in tree.nodes[0].children]
    assert all(
        any(name.startswith("zoom") for name in look.step.names) for look in looks if look.step
    )
    assert {look.depth for look in looks} == {1}
    answers = [node for node in tree.nodes if node.step and node.step.is_last]
    assert answers and all(node.depth == 2 for node in answers)
    right = [node for node in answers if node.value == 1]
    assert all("(20, 20)" in node.step.names for node in right if node.step)
    crops = [sha256 for sha256 in looker.asked if len(sha256) == 64]
    shown = json.dumps([path.stem for path in (tmp_path / "images").iterdir()])
    assert crops and all(sha256 in shown and sha256 != PICTURE.sha256 for sha256 in crops)
