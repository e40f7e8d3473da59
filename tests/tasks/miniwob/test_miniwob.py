"""A MiniWoB++ task as an environment."""

import asyncio
from importlib import metadata

import numpy as np
import pytest

from vigorl.browser.actions import Back, Click, Goto, Press, TabNew, Type, Wait
from vigorl.browser.errors import PageCrashed, TaskFault, UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.files import html_folder
from vigorl.tasks.miniwob.hand import Hand
from vigorl.tasks.miniwob.oracle import ORACLES
from vigorl.tasks.miniwob.pages import HEIGHT_PX, RELOADED, WIDTH_PX, PagePool
from vigorl.tasks.miniwob.registry import Ticket, find, task_names, task_split, tickets
from vigorl.tasks.task import TEST_SEEDS, TRAIN_SEEDS

from .conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def pixels(observation: Observation) -> np.ndarray:
    assert observation.view is not None
    return np.asarray(observation.view.picture.image().convert("RGB"))


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal but for a few levels: Chromium 156 does not draw all tiles alike to the bit."""
    return one.shape == other.shape and np.abs(one.astype(int) - other).max() <= 8


async def seen_fresh(stage: Stage, name: str, seed: int) -> tuple[np.ndarray, str]:
    """The first picture and the goal, in a page that nobody has used."""
    async with PagePool(stage.browser) as pages:
        env = MiniwobEnvironment(pages, await pages.draw(Ticket(name, seed)))
        try:
            return pixels(await env.reset()), env.goal
        finally:
            await env.close()


class TestEpisode:
    async def test_it_shows_the_task_and_says_the_goal(self, miniwob: Stage) -> None:
        env = await miniwob.open("click-button", 1)
        try:
            seen = await env.reset()
            assert env.goal == 'Click on the "Ok" button.'
            assert pixels(seen).shape == (HEIGHT_PX, WIDTH_PX, 3)
            assert seen.url == "file:/miniwob/click-button"
            assert not seen.ended and seen.events == ()
            zoomed = await env.magnify(Box(0, 50, 80, 100), 320, 200)
            assert (zoomed.width_px, zoomed.height_px) == (320, 200)
        finally:
            await env.close()

    async def test_a_wrong_click_ends_it_with_0(self, miniwob: Stage) -> None:
        env = await miniwob.open("click-test-2", 1)
        try:
            await env.reset()
            wrong = await Hand(env).reach("#subbtn2")
            seen = await env.step(Click(wrong))
            score = await env.score("")
            assert seen.ended and score.value == 0.0
            assert score.why == "raw reward -1"
        finally:
            await env.close()

    async def test_a_page_that_dies_is_a_fault_and_one_that_was_left_a_0(
        self, miniwob: Stage
    ) -> None:
        for command, expected in (("Page.crash", PageCrashed), ("", None)):
            env = await miniwob.open("click-button", 1)
            try:
                await env.reset()
                if expected is not None:
                    session = await env.page.context.new_cdp_session(env.page)
                    dying = asyncio.create_task(session.send(command))
                    with pytest.raises(expected):
                        for _ in range(3):
                            await env.step(Wait(0.1))
                    dying.cancel()
                    await asyncio.gather(dying, return_exceptions=True)
                else:
                    await env.page.evaluate("location.href = 'about:blank'")
                    assert (await env.step(Wait(0.2))).ended
                    assert (await env.score("")).why == "the task's page was left"
            finally:
                await env.close()

    async def test_without_an_end_it_scores_0(self, miniwob: Stage) -> None:
        env = await miniwob.open("enter-text", 1)
        try:
            await env.reset()
            assert not (await env.step(Press("Tab"))).ended
            assert (await env.score("")).value == 0.0
        finally:
            await env.close()

    async def test_time_takes_nothing_off(self, miniwob: Stage) -> None:
        env = await miniwob.open("click-test", 1)
        try:
            await env.reset()
            await env.step(Wait(1))
            assert not (await env.step(Wait(1))).ended
            await env.step(Click(await Hand(env).reach("#subbtn")))
            assert env.state.raw_reward == 1.0
            limit_ms = await env.page.evaluate("core.EPISODE_MAX_TIME")
            assert limit_ms > 20 * 24 * 3600 * 1000
        finally:
            await env.close()

    async def test_it_stays_on_its_page(self, miniwob: Stage) -> None:
        env = await miniwob.open("click-test", 1)
        try:
            await env.reset()
            for action in (Goto("https://example.org"), Back(), TabNew()):
                seen = await env.step(action)
                assert [event.kind for event in seen.events] == ["bad_action"]
                assert not seen.ended
        finally:
            await env.close()

    async def test_a_page_that_is_left_scores_0_and_is_not_used_again(self, miniwob: Stage) -> None:
        async with PagePool(miniwob.browser) as pages:
            env = MiniwobEnvironment(pages, await pages.draw(find("click-test:1")))
            await env.reset()
            context = env.page.context
            await env.page.reload()
            seen = await env.step(Wait(0))
            assert seen.ended
            assert (await env.score("")).why == "the task's page was left"
            await env.close()
            assert context.pages == []

    async def test_a_row_of_another_task_is_a_fault(self, miniwob: Stage) -> None:
        first = await miniwob.pages.draw(find("click-button:1"))
        other = await miniwob.pages.draw(find("click-button:2"))
        row = type(first)(**{**vars_of(first), "seed": other.seed})
        env = MiniwobEnvironment(miniwob.pages, row)
        with pytest.raises(TaskFault, match="click-button:2"):
            await env.reset()
        await env.close()

    async def test_episodes_side_by_side_are_judged_apart(self, miniwob: Stage) -> None:
        done, idle = await miniwob.open("click-test", 1), await miniwob.open("click-test", 1)
        try:
            await asyncio.gather(done.reset(), idle.reset())
            await done.step(Click(await Hand(done).reach("#subbtn")))
            assert (await done.score("")).value == 1.0
            assert (await idle.score("")).value == 0.0
        finally:
            await done.close()
            await idle.close()


def vars_of(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}  # type: ignore[attr-defined]


class TestPixels:
    async def test_reward_clock_and_goal_are_not_shown(self, miniwob: Stage) -> None:
        env = await miniwob.open("click-test", 1)
        try:
            before = pixels(await env.reset())
            seen = await env.step(Click(await Hand(env).reach("#subbtn")))
            after = pixels(seen)
            for picture in (before, after):  # beside the task, and where the goal would stand
                assert np.ptp(picture[:, 170:].astype(int), axis=(0, 1)).max() < 8
                assert np.ptp(picture[2:48, :155].astype(int), axis=(0, 1)).max() < 8
            assert np.abs(after[60:].mean() - before[60:].mean()) < 10  # no cover either
        finally:
            await env.close()

    async def test_an_icon_that_the_goal_is_about_is_shown(self, miniwob: Stage) -> None:
        for seed in range(1, 9):
            env = await miniwob.open("click-menu-2", seed)
            if "labeled" not in env.goal:
                break
        try:
            strip = pixels(await env.reset())[2:48, :155].astype(int)
            assert np.ptp(strip, axis=(0, 1)).max() > 100
        finally:
            await env.close()

    @pytest.mark.one_in(2)
    @pytest.mark.parametrize(
        "name", ["click-button", "email-inbox", "use-slider", "scroll-text", "terminal"]
    )
    async def test_the_same_seed_is_the_same_pixels_in_a_used_page(
        self, miniwob: Stage, name: str
    ) -> None:
        await miniwob.play(Ticket(name, 5))
        fresh, goal = await seen_fresh(miniwob, name, 3)
        env = await miniwob.open(name, 3)
        try:
            assert env.goal == goal
            assert same(pixels(await env.reset()), fresh)
        finally:
            await env.close()

    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    async def test_every_task_is_drawn_as_in_a_fresh_page(self, miniwob: Stage) -> None:
        async def compare(name: str) -> str | None:
            async with miniwob.places:
                fresh, goal = await seen_fresh(miniwob, name, 3)
                async with PagePool(miniwob.browser) as pages:
                    stage = Stage(miniwob.browser, pages, asyncio.Semaphore(1))
                    await stage.play(Ticket(name, 5))
                    env = await stage.open(name, 3)
                    used = pixels(await env.reset())
                    await env.step(Type("abc", Point(60, 80)))
                    await env.close()
                    env = await stage.open(name, 3)
                    touched = pixels(await env.reset())
                    await env.close()
            is_same = same(used, fresh) and same(touched, fresh) and env.goal == goal
            return None if is_same else name

        moving = {"stock-market"}  # its price moves by the clock
        names = sorted(set(ORACLES) - moving)
        different = [name for name in await asyncio.gather(*map(compare, names)) if name]
        assert different == []


class TestRegistry:
    async def test_the_package_is_read_and_not_imported(self) -> None:
        assert metadata.version("miniwob") >= "1.1"
        assert len(list((html_folder() / "miniwob").glob("*.html"))) == 130

    async def test_the_splits_are_disjoint_and_cover_all(self) -> None:
        train, test = set(task_names("train")), set(task_names("test"))
        assert not train & test
        assert train | test == set(task_names())
        assert (len(train), len(test)) == (62, 63)
        assert set(RELOADED) <= set(task_names())
        assert task_split("click-button") == "test" and task_split("click-dialog") == "train"

    async def test_a_split_has_tasks_and_seeds_of_its_own(self) -> None:
        for split, seeds in (("train", TRAIN_SEEDS), ("test", TEST_SEEDS)):
            drawn = tickets(split, 2)  # type: ignore[arg-type]
            assert {ticket.task for ticket in drawn} == set(task_names(split))  # type: ignore[arg-type]
            assert {ticket.seed for ticket in drawn} == set(seeds[:2])
        named = tickets("test", 1, ["click-dialog", "miniwob/click-button"], skipped_seeds=3)
        assert [ticket.id for ticket in named] == [
            "miniwob/click-dialog:1000003",
            "miniwob/click-button:1000003",
        ]

    async def test_a_task_is_found_by_its_id(self) -> None:
        assert find("miniwob/click-button:17") == Ticket("click-button", 17)
        assert find("click-button") == Ticket("click-button", 0)

    @pytest.mark.parametrize(
        ("words", "said"),
        [("miniwob/click-buton", "click-button"), ("click-button:x", "whole number")],
    )
    async def test_what_is_not_there_is_said(self, words: str, said: str) -> None:
        with pytest.raises(UsageError, match=said):
            find(words)


async def test_a_step_that_is_cut_short_leaves_a_page_that_is_not_used_again(
    miniwob: Stage,
) -> None:
    env = await miniwob.open("click-button", 1)
    await env.reset()
    page = env.page
    step = asyncio.create_task(env.step(Wait(5)))
    await asyncio.sleep(0.05)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    async with asyncio.timeout(5):
        await env.close()
    assert page.is_closed()
