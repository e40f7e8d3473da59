"""Chains of a tree: straight ones, and ones that err, look back and find the way."""

import re
from pathlib import Path

import pytest

from vigorl.agent.record.trajectory import (
    EndRecord,
    Seen,
    SeenView,
    StartRecord,
    StepRecord,
    Trajectory,
)
from vigorl.browser.actions import Action, Click, Zoom
from vigorl.browser.environment import Score
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.family import family_named
from vigorl.policy.grammar import parse
from vigorl.policy.policy import Tokens, Turn
from vigorl.training.search.config import ChainConfig
from vigorl.training.search.linearise import WAIT_PUBLISHED, WAITS, Chain, chains_of
from vigorl.training.search.search_tree import SearchTree
from vigorl.training.search.steps import EpisodePlace, next_step

FRAME = Frame.of_viewport(112, 56)
DIALECT = family_named("vigorl-multiturn-grounding").dialect(FRAME)
CALL = '<tool_call>{"name": "search_coordinate", "arguments": {"coordinate": [%d, %d]}}</tool_call>'


def click(thought: str, x: int, y: int) -> str:
    return f"<think> {thought} </think>\n<answer> ({x}, {y}) </answer>"


def look(thought: str, x: int, y: int) -> str:
    return f"<think> {thought} </think>\n{CALL % (x, y)}"


def seen(image: str) -> Seen:
    return Seen(SeenView(f"images/{image}.png", FRAME, "screen"), "", "", (), (), None, False)


def action_of(text: str) -> Action:
    action = parse(text, DIALECT).action
    assert action is not None
    return action


def played(score: float, *texts: str) -> Trajectory:
    """An episode that says these texts; what it sees is named after what it has said."""
    steps = []
    for index, text in enumerate(texts):
        parsed = parse(text, DIALECT)
        turn = Turn(
            text,
            parsed.thought,
            parsed.points_css_px,
            parsed.action,
            tokens=Tokens(0, (1,), (2,), None),
        )
        shown = "screen" if index == 0 else f"behind {texts[index - 1]}"
        steps.append(StepRecord(index, seen(shown), turn, 0.0, 0.0))
    start = StartRecord("the left one", {}, {}, None, "")
    end = EndRecord("done", "", "", Score(score), None, 0.0)
    return Trajectory(Path("episode"), start, tuple(steps), end)


def grown(*plays: Trajectory) -> tuple[SearchTree, dict[int, Trajectory]]:
    """The tree of all steps of these episodes, each judged by those that come through it."""
    tree = SearchTree()
    for number, play in enumerate(plays):
        at, place = 0, EpisodePlace()
        while (step := next_step([each.turn for each in play.steps], place)) is not None:
            same = [
                child for child in tree.nodes[at].children if tree.step(child).names == step.names
            ]
            at = same[0] if same else tree.add(at, number, step, 10)
            place = step.end
        assert play.end and play.end.score
        tree.backpropagate(at, play.end.score.value)
    return tree, dict(enumerate(plays))


def texts(chain: Chain) -> list[str]:
    return [
        re.sub("|".join(map(re.escape, WAITS)), "WAIT", s.turn.text) for s in chain.trajectory.steps
    ]


def only(kind: str, chains: list[Chain]) -> Chain:
    (chain,) = [chain for chain in chains if chain.kind == kind]
    return chain


RIGHT = played(1, click("One (9, 9). The left one (20, 20).", 20, 20))


def test_a_wrong_sentence_is_taken_back_in_the_same_thought() -> None:
    wrong = played(0, click("Two (60, 9). The left one (60, 20).", 60, 20))
    chains = chains_of(*grown(RIGHT, wrong), ChainConfig(detour=1))
    straight, corrected = only("straight", chains), only("corrected", chains)
    assert straight.trajectory is RIGHT
    (text,) = texts(corrected)
    assert text == click("Two (60, 9). WAIT One (9, 9). The left one (20, 20).", 20, 20)
    (step,) = corrected.trajectory.steps
    assert step.turn.action == action_of(step.turn.text) == Click(Point(20, 20))
    assert step.turn.points == tuple(Point(*each) for each in ((60, 9), (9, 9), (20, 20)))
    assert step.turn.thought == parse(step.turn.text, DIALECT).thought
    # Nobody has sampled it as a whole.
    assert step.turn.tokens is None and RIGHT.steps[0].turn.tokens is not None
    assert corrected.trajectory.end == RIGHT.end


def test_a_wrong_answer_is_left_unsaid() -> None:
    wrong = played(0, click("The left one (60, 20).", 60, 20))
    chains = chains_of(*grown(RIGHT, wrong), ChainConfig())
    assert texts(only("corrected", chains)) == [
        click("The left one (60, 20). WAIT One (9, 9). The left one (20, 20).", 20, 20)
    ]


def test_what_the_two_ways_share_is_said_once() -> None:
    right = played(1, click("One (9, 9). Two (30, 9). The left one (20, 20).", 20, 20))
    wrong = played(0, click("One (9, 9). Three (60, 9). The left one (60, 20).", 60, 20))
    said = {
        texts(only("corrected", chains_of(*grown(right, wrong), ChainConfig(seed=seed))))[0]
        for seed in range(20)
    }
    rest = "WAIT Two (30, 9). The left one (20, 20)."
    assert said == {
        click(f"One (9, 9). Three (60, 9). {rest}", 20, 20),
        click(f"One (9, 9). Three (60, 9). The left one (60, 20). {rest}", 20, 20),
    }


def test_what_was_seen_on_the_wrong_way_stays_in_sight() -> None:
    right = played(1, look("Small (20, 20).", 20, 20), click("This is it (20, 20).", 20, 20))
    wrong = played(0, look("Small (60, 20).", 60, 20), click("This is it (60, 20).", 60, 20))
    said = {}
    for seed in range(20):
        chain = only("corrected", chains_of(*grown(right, wrong), ChainConfig(seed=seed)))
        said[tuple(texts(chain))] = [
            step.seen.view.image for step in chain.trajectory.steps if step.seen.view
        ]
        assert [step.index for step in chain.trajectory.steps] == [0, 1, 2]
        assert isinstance(chain.trajectory.steps[1].turn.action, Zoom)
    astray, back, answer = (
        look("Small (60, 20).", 60, 20),
        look("Small (20, 20).", 20, 20),
        click("This is it (20, 20).", 20, 20),
    )
    again = back.replace("<think> ", "<think> WAIT ")
    unsaid = back.replace("<think> ", "<think> This is it (60, 20). WAIT ")
    assert set(said) == {(astray, again, answer), (astray, unsaid, answer)}
    for images in said.values():
        assert images == [
            "images/screen.png",
            f"images/behind {astray}.png",
            f"images/behind {back}.png",
        ]


def test_beginnings_differ_before_anything_is_told_twice() -> None:
    again = played(1, click("One (9, 9). It is this (21, 21).", 21, 21))
    other = played(1, click("Two (30, 9). It is this (21, 21).", 21, 21))
    wrong = played(0, click("Two (30, 9). It is this (60, 20).", 60, 20))
    tree, plays = grown(RIGHT, again, other, wrong)
    # The first beginning is the surer one.
    chains = chains_of(tree, plays, ChainConfig(straight=2, corrected=0))
    assert [chain.trajectory for chain in chains] == [RIGHT, other]
    assert len(chains_of(tree, plays, ChainConfig(straight=9, corrected=0))) == 3
    # 'Two' is no wrong way, since it led to the answer as well; the answer behind it is one.
    kinds = [chain.kind for chain in chains_of(tree, plays, ChainConfig(straight=0, corrected=9))]
    assert kinds == ["corrected"]


def test_without_a_wrong_way_nothing_is_corrected_and_without_a_right_one_all_is_silent() -> None:
    assert [chain.kind for chain in chains_of(*grown(RIGHT), ChainConfig())] == ["straight"]
    assert chains_of(*grown(played(0, click("Two (60, 9).", 60, 9))), ChainConfig()) == []
    for wrong in ({"straight": 0, "corrected": 0}, {"detour": 0}):
        with pytest.raises(UsageError):
            ChainConfig(**wrong)


def test_the_same_seed_makes_the_same_chains() -> None:
    wrong = [played(0, click(f"N (60, {y}). The left one (60, 20).", 60, y)) for y in range(9)]
    tree, plays = grown(RIGHT, *wrong)
    one, again = (chains_of(tree, plays, ChainConfig(corrected=4, seed=3)) for _ in range(2))
    assert one == again and len(one) == 5
    assert len({step.turn.text for chain in one for step in chain.trajectory.steps}) == 5


def test_corrected_chains_hold_no_box_that_was_never_named() -> None:
    """Every point of a chain was named in one of the episodes."""
    wrong = played(0, click("Two (60, 9). The left one (60, 20).", 60, 20))
    chain = only("corrected", chains_of(*grown(RIGHT, wrong), ChainConfig()))
    named = {point for play in (RIGHT, wrong) for s in play.steps for point in s.turn.points}
    assert set(chain.trajectory.steps[0].turn.points) <= named
    assert Box(0, 0, 112, 56).contains(chain.trajectory.steps[0].turn.points[0])


def test_all_pairs_as_published_correct_whole_wrong_episodes() -> None:
    again = played(1, look("Small (20, 20).", 20, 20), click("This is it (21, 21).", 21, 21))
    near = played(0, click("One (9, 9). Three (60, 9). The left one (60, 20).", 60, 20))
    far = played(0, look("Small (60, 20).", 60, 20), click("This is it (60, 21).", 60, 21))
    cut = played(0, look("Small (60, 9).", 60, 9), look("Smaller (61, 9).", 61, 9))
    tree, plays = grown(RIGHT, near, again, far, cut)
    chains = chains_of(tree, plays, ChainConfig(straight=0, corrected=1, detour=1, pairs="all"))
    straight = [chain.trajectory for chain in chains if chain.kind == "straight"]
    assert sorted(map(id, straight)) == sorted(map(id, (RIGHT, again)))
    said = {
        tuple(step.turn.text for step in chain.trajectory.steps)
        for chain in chains
        if chain.kind == "corrected"
    }
    wait, is_it = WAIT_PUBLISHED, "This is it (60, 21)."
    three = "Three (60, 9). The left one (60, 20)."
    one, this = "One (9, 9). The left one (20, 20).", click("This is it (21, 21).", 21, 21)
    small = look("Small (60, 20).", 60, 20)
    assert said == {
        # what the two share is said once
        (click(f"One (9, 9). {three} {wait} The left one (20, 20).", 20, 20),),
        (look(f"One (9, 9). {three} {wait} Small (20, 20).", 20, 20), this),
        (small, click(f"{is_it} {wait} {one}", 20, 20)),
        (small, look(f"{is_it} {wait} Small (20, 20).", 20, 20), this),
    }
    assert all(
        step.turn.tokens is None
        for chain in chains
        if chain.kind == "corrected"
        for step in chain.trajectory.steps
    )
