"""Tasks to practise on: nothing of the 64 is in them, plans reach the goals, and less does not."""

import asyncio
import json
from contextlib import aclosing

import pytest

from vigorl.browser.actions import Done
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.tasks.local.plan import carry_out
from vigorl.tasks.sites.application import content_of
from vigorl.tasks.sites.practice.contents import drawn_contents, words
from vigorl.tasks.sites.practice.environment import (
    PracticeEnvironment,
    PracticeSites,
    practice_sites,
)
from vigorl.tasks.sites.practice.pool import PooledPractice, SitesPool
from vigorl.tasks.sites.practice.registry import NAMES, site_task
from vigorl.tasks.sites.practice.task import is_told
from vigorl.tasks.sites.registry import stand_in_tasks
from vigorl.tasks.task import TaskRow

FEW = ("sites/shop-wish", "sites/classifieds-edit", "sites/forum-detail")
"""One of each site: what is kept, what is changed, and what is told."""


def test_nothing_of_the_stand_in_tasks_is_drawn() -> None:
    shop, classifieds, forum = (content_of(name) for name in ("shopping", "classifieds", "reddit"))
    held_out = {
        *(row[0] for row in shop["products"]),
        *shop["categories"],
        *shop["customers"],
        *(row[1] for row in shop["reviews"]),
        *(row[0] for row in classifieds["listings"]),
        *classifieds["categories"],
        *classifieds["cities"],
        *classifieds["users"][1:],
        *(row[1] for row in forum["posts"]),
        *forum["users"][1:],
    }
    for seed in range(30):
        drawn = drawn_contents(seed)
        shown = {
            *(row[0] for row in drawn["shopping"]["products"]),
            *drawn["shopping"]["categories"],
            *drawn["shopping"]["customers"],
            *(row[1] for row in drawn["shopping"]["reviews"]),
            *(row[0] for row in drawn["classifieds"]["listings"]),
            *drawn["classifieds"]["categories"],
            *drawn["classifieds"]["cities"],
            *drawn["classifieds"]["users"][1:],
            *(row[1] for row in drawn["reddit"]["posts"]),
            *drawn["reddit"]["users"][1:],
        }
        assert not shown & held_out
    texts = json.dumps(words())
    assert not [name for name in held_out if f'"{name}"' in texts]


def test_a_seed_draws_the_same_tasks_again_and_others_draw_others() -> None:
    goals = []
    for name in NAMES:
        drawn = [site_task(name, seed, drawn_contents(seed)) for seed in (*range(12), 3)]
        assert drawn[3].goal == drawn[-1].goal
        assert len({task.goal for task in drawn}) >= 5, name
        goals += [task.goal for task in drawn]
    assert not {task.intent for task in stand_in_tasks()} & set(goals)


@pytest.mark.parametrize(
    ("told", "is_right"),
    [("It costs $95.00.", True), ("95.00 $", True), ("495.00 $", False), ("95.001", False),
     ("1,95.00", False), ("It is 195.00 or 95.00", True)],
)  # fmt: skip
def test_an_answer_is_not_a_part_of_another_number(told: str, is_right: bool) -> None:
    assert is_told("95.00", told) == is_right


async def play(sites: PracticeSites, name: str, most: int | None) -> tuple[Score, Score, int]:
    """Scores before anything is done and after a plan, of which so many actions at most are done.

    What is done at most tells nothing in the end. The number of actions goes along.
    """
    task, count, answer = sites.task(name), 0, None
    environment = PracticeEnvironment(sites, task)
    try:
        await environment.reset()
        before = await environment.score(None)
        async with aclosing(carry_out(task.plan, environment)) as way:
            async for action in way:
                if isinstance(action, Done):
                    answer = action.answer
                    break
                if count == most:
                    break
                await environment.step(action)
                count += 1
        return before, await environment.score(answer if most is None else None), count
    finally:
        await environment.close()


async def both(sites: PracticeSites, name: str) -> None:
    before, after, count = await play(sites, name, None)
    assert (before.value, after.value) == (0.0, 1.0), (name, before, after)
    _, short, _ = await play(sites, name, count - 1)
    assert short.value == 0.0, (name, short)


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_a_plan_reaches_its_goal_and_without_its_end_it_does_not(browser: Browser) -> None:
    async with practice_sites(browser, 4) as sites:
        for name in FEW:
            await both(sites, name)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_episodes_at_once_have_sites_of_their_own_and_sites_are_used_again(
    browser: Browser,
) -> None:
    name, seed = "sites/shop-wish", 4
    goal = site_task(name, seed, drawn_contents(seed))
    row = TaskRow(name, seed, goal.goal, goal.goal, "/", goal.answer, {})

    async def done(episode: PooledPractice) -> float:
        async with aclosing(carry_out(goal.plan, episode)) as way:
            async for action in way:
                if isinstance(action, Done):
                    break
                await episode.step(action)
        return (await episode.score(None)).value

    async with SitesPool(browser, idle=1) as pool:
        one, other = PooledPractice(pool, row), PooledPractice(pool, row)
        await asyncio.gather(one.reset(), other.reset())
        assert one.page.url != other.page.url  # other ports
        assert await done(one) == 1.0
        assert (await other.score(None)).value == 0.0
        await asyncio.gather(one.close(), other.close())
        kept = await pool.lend(seed)
        await pool.take_back(kept)
        again = PooledPractice(pool, row)
        await again.reset()
        assert again.page.url.startswith(kept.served.urls.shopping)
        assert (await again.score(None)).value == 0.0
        await again.close()
        await again.close()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", int(kept.served.urls.shopping.split(":")[-1]))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("seed", range(100, 103))
async def test_every_plan_reaches_its_goal_and_without_its_end_none_does(
    browser: Browser, seed: int
) -> None:
    async with practice_sites(browser, seed) as sites:
        for name in NAMES:
            await both(sites, name)
