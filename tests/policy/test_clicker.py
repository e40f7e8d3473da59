"""The policy that clicks anywhere."""

import pytest
from PIL import Image

from vigorl.browser.actions import Click
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.policy.clicker import RandomPolicy


def screen(width_px: int, height_px: int) -> Observation:
    picture = Picture.from_image(Image.new("RGB", (width_px, height_px)))
    return Observation(View(picture, Frame.of_viewport(width_px, height_px)))


async def clicks(policy: RandomPolicy, goal: str, seen: Observation, number: int) -> list[Click]:
    actor = policy.actor(goal)
    turns = [await actor.act(seen)]
    unseen = Observation(view=None)
    turns += [await actor.act(unseen) for _ in range(number - 1)]
    actions = [turn.action for turn in turns]
    assert all(isinstance(action, Click) for action in actions)
    return actions  # type: ignore[return-value]


async def test_clicks_lie_all_over_the_screen_and_not_outside() -> None:
    points = [c.point for c in await clicks(RandomPolicy(), "a goal", screen(300, 100), 500)]
    assert all(0 <= point.x < 300 and 0 <= point.y < 100 for point in points)
    quarters = {(point.x < 150, point.y < 50) for point in points}
    assert len(quarters) == 4
    assert Box(140, 40, 160, 60).contains(
        type(points[0])(sum(p.x for p in points) / 500, sum(p.y for p in points) / 500)
    )


async def test_clicks_depend_on_seed_goal_and_first_screen_and_on_nothing_before() -> None:
    wide, narrow = screen(300, 100), screen(200, 100)
    fresh = await clicks(RandomPolicy(seed=7), "a goal", wide, 5)
    policy = RandomPolicy(seed=7)
    other_goal = await clicks(policy, "another goal", wide, 5)
    other_screen = await clicks(policy, "a goal", narrow, 5)
    assert await clicks(policy, "a goal", wide, 5) == fresh
    assert other_goal != fresh
    shares = [click.point.x / 300 for click in fresh]
    assert [click.point.x / 200 for click in other_screen] != pytest.approx(shares)
    assert await clicks(RandomPolicy(seed=8), "a goal", wide, 5) != fresh
