"""Rewards: a wrong answer is never worth more than a right one."""

import asyncio
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vigorl.agent.record.trajectory import (
    EndRecord,
    Seen,
    SeenView,
    StartRecord,
    StepRecord,
    Trajectory,
)
from vigorl.browser.actions import Action, Click, Drag, ZoomStyle
from vigorl.browser.environment import Score
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.grounding_rule import GroundingRule
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.grammar import Dialect, Lens, parse
from vigorl.policy.policy import Turn
from vigorl.policy.tags import Tags
from vigorl.training.grpo.rewards import RULES, RewardRule, is_well_formed, reward_of

SCREEN = Frame.of_viewport(200, 100)
DIALECT = Dialect(SCREEN, Tags(), Lens(20, 20, ZoomStyle()))
RULE = RewardRule(format=0.1, diversity=0.2, partial=0.5)

RIGHT = '<think> The button (10, 20). </think>\n<answer> done "ok" </answer>'
LOOK = (
    "<think> Something at (60, 50). </think>\n"
    '<tool_call>{"name": "search_coordinate", "arguments": {"coordinate": [60, 50]}}</tool_call>'
)


def turn(text: str) -> Turn:
    parsed = parse(text, DIALECT)
    return Turn(
        text, parsed.thought, parsed.points_css_px, parsed.action, parsed.error, slip=parsed.slip
    )


def crop(x: float, y: float = 50) -> SeenView:
    return SeenView("look.png", Frame(80, 80, Box.around(Point(x, y), 20)), "crop")


def episode(
    turns: list[tuple[str, SeenView | None]], score: float | None, screen: str = "a.png"
) -> Trajectory:
    """Texts, and the views that they answer; the first is answered to a screen."""
    views = [SeenView(screen, SCREEN, "screen"), *(view for _, view in turns[1:])]
    steps = [
        StepRecord(index, Seen(view, "", "", (), (), None, False), turn(text), 0.0, 0.0)
        for index, ((text, _), view) in enumerate(zip(turns, views, strict=True))
    ]
    judged = None if score is None else Score(score)
    start = StartRecord("Buy a kettle.", {}, {}, None, "")
    end = EndRecord("done", "", "ok", judged, None, 1.0)
    return Trajectory(Path("runs/kettle"), start, tuple(steps), end)


def total(*turns: tuple[str, SeenView | None], score: float = 1.0) -> float:
    reward = reward_of(episode(list(turns), score), RULE)
    assert reward is not None
    return reward.total


def test_rewards_computed_by_hand() -> None:
    assert total((RIGHT, None)) == pytest.approx(1.1)
    assert total((RIGHT, None), score=0) == pytest.approx(0.1)
    assert total((RIGHT, None), score=0.6) == pytest.approx(0.4)
    assert total(("I would say done.", None)) == pytest.approx(1.0)
    assert total((LOOK, None), (LOOK, crop(60)), (RIGHT, crop(120))) == pytest.approx(1.2)
    assert total((LOOK, None), (RIGHT, crop(60)), score=0) == pytest.approx(0.1)


def test_a_point_outside_of_the_picture_is_bad_form_wherever_it_stands() -> None:
    assert total((RIGHT.replace("(10, 20)", "(999999, 999999)"), None)) == 1.0
    assert total((RIGHT.replace("(10, 20)", "(10, 20), not (200, 20)"), None)) == 1.0
    assert total((LOOK.replace("[60, 50]", "[60, 100]"), None), (RIGHT, None)) == 1.0


def test_a_thought_without_a_point_is_bad_form_where_reasoning_is_to_be_grounded() -> None:
    blind = episode([(RIGHT.replace("(10, 20)", "there"), None)], 1.0)
    formed = {name: reward_of(blind, rule) for name, rule in RULES.items()}
    assert {name for name, each in formed.items() if each and each.is_well_formed} == {"vanilla"}


@pytest.mark.parametrize(
    "action", ["done", "press Enter", "scroll (100, 50) down 80", "tab_close", "back", "wait 1"]
)
def test_a_thought_about_no_place_needs_no_point(action: str) -> None:
    text = f"<think> All is done. </think>\n<answer> {action} </answer>"
    assert turn(text).action is not None
    assert total((text, None)) == pytest.approx(1.1)


@pytest.mark.parametrize("action", ['done "ok"', "click (30, 40)", 'type (30, 40) "ok"'])
def test_a_thought_about_a_place_needs_one(action: str) -> None:
    text = f"<think> That one. </think>\n<answer> {action} </answer>"
    assert turn(text).action is not None
    assert total((text, None)) == pytest.approx(1.0)


def test_crops_count_once_for_each_place_and_four_times_at_most() -> None:
    def bonus(*places: float) -> float:
        turns = [(LOOK, crop(x)) for x in places]
        return total((LOOK, None), *turns, (RIGHT, None)) - 1.1

    assert bonus() == pytest.approx(0)
    assert bonus(30, 30, 35, 45) == pytest.approx(0.05)
    assert bonus(30, 60) == pytest.approx(0.1)
    assert bonus(0, 30, 60, 90, 120, 150) == pytest.approx(0.2)


TEXTS = st.sampled_from(
    [
        RIGHT,
        LOOK,
        RIGHT.replace("(10, 20)", "(10, 200)"),
        RIGHT.replace("</think>", ""),
        LOOK.replace("[60, 50]", "[-1, 50]"),
        "",
        "<answer> click (3, 4) </answer>",
    ]
)
VIEWS = st.none() | st.builds(crop, st.floats(0, 200), st.floats(0, 100))
TRANSCRIPTS = st.lists(st.tuples(TEXTS, VIEWS), min_size=1, max_size=8)
RULES_DRAWN = st.tuples(
    st.floats(0, 0.999), st.floats(0, 10), st.floats(0, 0.999), st.booleans()
).map(lambda drawn: RewardRule(drawn[0] * (1 - drawn[2]), drawn[1], drawn[2], drawn[3]))


@given(
    TRANSCRIPTS,
    st.floats(0, 1, exclude_max=True),
    TRANSCRIPTS,
    st.sampled_from(list(RULES.values())) | RULES_DRAWN,
)
def test_a_wrong_answer_is_never_worth_as_much_as_a_right_one(
    wrong: list[tuple[str, SeenView | None]],
    score: float,
    right: list[tuple[str, SeenView | None]],
    rule: RewardRule,
) -> None:
    of_wrong = reward_of(episode(wrong, score), rule)
    of_right = reward_of(episode(right, 1.0), rule)
    assert of_wrong and of_right
    assert of_wrong.total < 1 <= of_right.total


WIDTH_PX, HEIGHT_PX = 12, 8
PICTURE = Picture.from_image(Image.new("RGB", (WIDTH_PX, HEIGHT_PX)))
ON_IT = st.builds(Point, st.integers(0, WIDTH_PX - 1), st.integers(0, HEIGHT_PX - 1))
SPANS = st.tuples(ON_IT, ON_IT).map(lambda ends: Box.spanned_by(*ends))


def cells(box: Box) -> set[tuple[int, int]]:
    """The pixels of a box, to count what others calculate."""
    return {
        (x, y)
        for x in range(round(box.left), round(box.right))
        for y in range(round(box.top), round(box.bottom))
    }


def judged(rule: GroundingRule, target: Box, answer: Action) -> float:
    """The score of an answer on a picture."""

    async def play() -> Score | None:
        world = StaticScreenshot(PICTURE, "it", target, rule)
        await world.reset()
        await world.step(answer)
        return await world.score(None)

    score = asyncio.run(play())
    assert score is not None
    return score.value


@settings(max_examples=50)
@given(
    SPANS.filter(lambda box: box.area > 0),
    st.lists(st.tuples(ON_IT, ON_IT), min_size=2, max_size=6),
    TRANSCRIPTS,
    TRANSCRIPTS,
    st.sampled_from(list(RULES.values())),
)
def test_a_wrong_point_or_box_is_never_worth_as_much_as_a_right_one(
    target: Box,
    answers: list[tuple[Point, Point]],
    wrong: list[tuple[str, SeenView | None]],
    right: list[tuple[str, SeenView | None]],
    rule: RewardRule,
) -> None:
    """By every rule; what is right is found out here by counting pixels."""
    for start, end in answers:
        drawn = Box.spanned_by(start, end)
        shared, either = cells(drawn) & cells(target), cells(drawn) | cells(target)
        found: dict[GroundingRule, tuple[Action, bool]] = {
            "hit": (Click(start), target.contains(start)),
            "distance": (Click(start), target.contains(start)),
            "center": (Drag(start, end), target.contains(drawn.center)),
            "overlap": (Drag(start, end), 2 * len(shared) >= len(either)),
        }
        for name, (answer, is_right) in found.items():
            score = judged(name, target, answer)
            assert (score == 1) == is_right, name
            reward = reward_of(episode(right if is_right else wrong, score), rule)
            assert reward is not None
            assert reward.total >= 1 if is_right else reward.total < 1


def test_the_rewards_of_points_and_boxes_computed_by_hand() -> None:
    target, single = Box(2, 2, 6, 4), RULES["single-turn"]

    def reward(rule: GroundingRule, answer: Action) -> float:
        found = reward_of(episode([(RIGHT, None)], judged(rule, target, answer)), single)
        assert found is not None
        return found.total

    beside, far = Click(Point(7, 3)), Click(Point(7, 7))  # 3 and 5 px from the middle, (4, 3)
    assert reward("hit", beside) == reward("hit", far) == pytest.approx(0.1)
    assert reward("distance", beside) == pytest.approx(0.1 + 0.5 * math.exp(-0.03))
    assert reward("distance", far) == pytest.approx(0.1 + 0.5 * math.exp(-0.05))
    assert reward("distance", Click(Point(2, 2))) == pytest.approx(1.1)
    third = Drag(Point(4, 2), Point(8, 4))  # 4 of 12 pixels
    assert reward("overlap", third) == pytest.approx(0.1 + 0.5 / 3)
    assert reward("overlap", Drag(Point(2, 2), Point(4, 4))) == pytest.approx(1.1)  # 4 of 8
    assert reward("center", third) == pytest.approx(1.1)
    assert reward("center", Drag(Point(5, 2), Point(8, 4))) == pytest.approx(0.1)


def test_what_nobody_could_judge_has_no_reward() -> None:
    assert reward_of(episode([(RIGHT, None)], None), RULE) is None


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.5])
def test_a_score_that_is_none_is_refused_by_name(score: float) -> None:
    with pytest.raises(InconsistentData, match="runs/kettle"):
        reward_of(episode([(RIGHT, None)], score), RULE)


def test_weights_that_let_a_wrong_answer_win_are_refused() -> None:
    with pytest.raises(UsageError, match="partial \\+ format below 1"):
        RewardRule(format=0.5, partial=0.5)


def test_a_slip_costs_the_format_and_a_beginning_that_was_given_neither_earns_nor_costs() -> None:
    right = turn(RIGHT)
    slipped = turn(f"Sure! {RIGHT}")
    assert slipped.action == right.action
    assert not is_well_formed([slipped], RULE)
    begun = replace(right, thought="I have all that I need.", points=(), begun="<think> I have")
    assert not is_well_formed([right, replace(begun, begun="")], RULE)
    assert is_well_formed([right, begun], RULE)
