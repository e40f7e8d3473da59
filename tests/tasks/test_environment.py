"""A task as an environment."""

from typing import Any

import pytest

from vigorl.browser.actions import Done, Goto, Type
from vigorl.browser.errors import TaskFault
from vigorl.browser.geometry import Box
from vigorl.browser.live import PageSettings
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.registry import TASKS, find_task
from vigorl.tasks.local.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def solve(env: TaskEnvironment) -> str:
    async for action in TASKS[env.row.name].oracle(env, env.row):
        if isinstance(action, Done):
            return action.answer
        await env.step(action)
    raise AssertionError("an oracle ends with Done")


async def test_the_first_observation_shows_the_rows_own_viewport(stage: Any) -> None:
    env = TaskEnvironment(
        stage.site, stage.browser, find_task("mail:5"), PageSettings(width_px=300)
    )
    try:
        observation = await env.reset()
        assert observation.view is not None
        size = (observation.view.picture.width_px, observation.view.picture.height_px)
        assert size == (env.row.width_px, env.row.height_px)
        assert "Inbox" in observation.title
        zoomed = await env.magnify(Box(0, 0, 100, 50), 400, 200)
        assert (zoomed.width_px, zoomed.height_px) == (400, 200)
    finally:
        await env.close()


async def test_a_policy_is_told_the_goal_or_the_steps(stage: Any) -> None:
    row = find_task("todo:1")
    told = [
        TaskEnvironment(stage.site, stage.browser, row, told=t).goal
        for t in ("goal", "instructions")
    ]
    assert told == [row.goal, row.instructions]


async def test_two_episodes_side_by_side_are_judged_apart(stage: Any) -> None:
    row = find_task("todo:1")
    solved, idle = stage.environment(row), stage.environment(row)
    try:
        before = await idle.reset()
        await solved.reset()
        await solve(solved)
        assert (await solved.score("")).value == 1.0
        assert (await idle.score("")).value == 0.0
        await idle.page.reload()
        after = await idle.step(Type(""))
        assert before.view.picture.image().tobytes() == after.view.picture.image().tobytes()
    finally:
        await solved.close()
        await idle.close()


async def test_a_state_counts_without_a_last_word_and_an_answer_does_not(stage: Any) -> None:
    for task_id, value in (("todo:1", 1.0), ("shop:1", 0.0)):
        env = stage.environment(find_task(task_id))
        try:
            await env.reset()
            await solve(env)
            assert (await env.score(None)).value == value
        finally:
            await env.close()


async def test_closing_twice_is_closing_once_and_ends_the_episodes_pages(stage: Any) -> None:
    env = stage.environment(find_task("todo:1"))
    await env.reset()
    key = env.page.url.split("/")[4]
    assert stage.site.episode(key) is not None
    await env.close()
    await env.close()
    assert stage.site.episode(key) is None


async def test_an_environment_that_was_never_reset_can_be_closed(stage: Any) -> None:
    await stage.environment(find_task("todo:1")).close()


async def test_a_site_that_does_not_answer_is_a_fault(stage: Any) -> None:
    async with Site() as site:
        pass
    env = TaskEnvironment(site, stage.browser, find_task("todo:1"))
    with pytest.raises(TaskFault, match="todo:1"):
        await env.reset()
    await env.close()


async def test_the_tasks_need_no_host_but_their_own(stage: Any) -> None:
    env = TaskEnvironment(stage.site, stage.browser, find_task("shop:1"))
    try:
        await env.reset()
        answer = await solve(env)
        assert (await env.score(answer)).value == 1.0
        seen = await env.step(Goto("http://example.org/"))
        assert [event.kind for event in seen.events] == ["blocked"]
    finally:
        await env.close()
