"""Every stand-in task in a real browser: its plan scores 1, the plan that almost does it 0."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest
import pytest_asyncio

from vigorl.browser.actions import Done
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.tasks.local.plan import PlanStep, carry_out
from vigorl.tasks.sites.plans import classifieds, forum, shop
from vigorl.tasks.sites.registry import ANYWHERE, TASKS, needs_pictures, stand_in_tasks, ways
from vigorl.tasks.sites.serving import StandIns
from vigorl.tasks.visualwebarena.accounts import Accounts
from vigorl.tasks.visualwebarena.check import check_visualwebarena
from vigorl.tasks.visualwebarena.environment import SharedWorld, VwaEnvironment
from vigorl.tasks.visualwebarena.evaluation import EVALUATORS
from vigorl.tasks.visualwebarena.helpers import NAMES
from vigorl.tasks.visualwebarena.log_in import StoredLogIns
from vigorl.tasks.visualwebarena.task import Sites, VwaTask
from vigorl.tasks.visualwebarena.web import Web

ALL = stand_in_tasks()
FEW = ("classifieds/14", "classifieds/17", "reddit/2")
"""Every evaluator, and a helper that reads a tree of comments."""

EXPECTED = ("tab_opened", "not_settled")
"""Events that say nothing against a page: tasks open tabs, and a loaded machine is slow."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(
    browser: Browser, served: StandIns, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SharedWorld]:
    accounts, folder = Accounts(), tmp_path_factory.mktemp("log-ins")
    async with Web(served.urls.shopping, accounts.shop_administrator, TASKS) as web:
        log_ins = StoredLogIns(browser, served.urls, accounts, folder)
        yield SharedWorld(browser, served.urls, web, log_ins, fixed=True, rest_s=0.0)


async def played(world: SharedWorld, task: VwaTask, steps: Sequence[PlanStep]) -> Score | None:
    environment = VwaEnvironment(world, task)
    try:
        await environment.reset()
        async with aclosing(carry_out(steps, environment)) as actions:
            async for action in actions:
                if isinstance(action, Done):
                    return await environment.score(action.answer)
                observation = await environment.step(action)
                assert [each for each in observation.events if each.kind not in EXPECTED] == []
                assert not observation.ended
        raise AssertionError("a plan ends with Done")
    finally:
        await environment.close()


async def both_ways(world: SharedWorld, stand_ins: StandIns, id: str) -> None:
    task = next(task for task in stand_in_tasks(stand_ins.urls) if task.id == id)
    way = ways(task, stand_ins.urls)
    for steps, value in ((way.right, 1.0), (way.wrong, 0.0)):
        stand_ins.reset()
        score = await played(world, task, steps)
        assert score is not None and score.value == value, score


@pytest.mark.one_in(3)
@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("id", FEW)
async def test_a_plan_does_its_task_and_the_wrong_one_does_not(
    world: SharedWorld, stand_ins: StandIns, id: str
) -> None:
    await both_ways(world, stand_ins, id)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("id", [task.id for task in ALL if task.id not in FEW])
async def test_every_other_plan_does_its_task_and_the_wrong_one_does_not(
    world: SharedWorld, stand_ins: StandIns, id: str
) -> None:
    await both_ways(world, stand_ins, id)


def test_the_tasks_can_be_judged_by_rules_and_use_every_evaluator() -> None:
    report = check_visualwebarena(stand_in_tasks(Sites("http://c", "http://r", "http://s")), TASKS)
    assert [text for text in report.problems if "tasks instead of" not in text] == []
    assert report.judged_by_models == 0
    assert {kind for task in ALL for kind in task.evaluation.eval_types} == set(EVALUATORS)
    written = "".join((TASKS / f"test_{site}.raw.json").read_text() for site in report.counts)
    assert {name for name in NAMES if name not in written} == {"get_query_text_lowercase"}


def test_a_third_of_the_tasks_needs_pictures_and_each_has_a_plan() -> None:
    assert len(ALL) >= 60
    assert sum(map(needs_pictures, ALL)) >= len(ALL) / 3
    counts = check_visualwebarena(ALL, TASKS).counts
    assert len(classifieds.PLANS) == counts["classifieds"]
    assert len(forum.plans(ANYWHERE)) == counts["reddit"]
    assert len(shop.PLANS) == counts["shopping"]
