"""Whole episodes on local sites: set-up, early stop, both protocols, both rules."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from vigorl.browser.actions import Action, Click, Goto, Press, Type, Wait, Zoom
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.errors import TaskFault
from vigorl.browser.geometry import Box, Point
from vigorl.browser.live import PageSettings
from vigorl.browser.marks import MarkedEnvironment
from vigorl.browser.observation import Observation
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.tasks.visualwebarena.accounts import Account, Accounts
from vigorl.tasks.visualwebarena.environment import CRASHED, SharedWorld, VwaEnvironment
from vigorl.tasks.visualwebarena.log_in import StoredLogIns
from vigorl.tasks.visualwebarena.task import VwaTask
from vigorl.tasks.visualwebarena.web import Web

from .contract import ME, ContractSite, picture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PRESS, OPEN_POST = Click(Point(100, 50)), Click(Point(5, 208))
QUICK = PageSettings(settle_limit_s=1.0)


@pytest_asyncio.fixture(loop_scope="session")
async def world(
    browser: Browser, site: ContractSite, web: Web, tmp_path: Path
) -> AsyncIterator[SharedWorld]:
    log_ins = StoredLogIns(browser, site.sites, Accounts(), tmp_path / "log-ins")
    yield SharedWorld(browser, site.sites, web, log_ins, rest_s=0.0)


def task(site: ContractSite, eval_types: str, *, start: str = "/r/board", **entry: Any) -> VwaTask:
    evaluation = {"eval_types": eval_types.split(), **entry.pop("evaluation", {})}
    urls = " |AND| ".join(site.origin + path for path in start.split())
    whole = {
        "sites": ["reddit"],
        "task_id": 1,
        "intent": "Press it.",
        "start_url": urls,
        "storage_state": "./.auth/reddit_state.json",
        "eval": evaluation,
        **entry,
    }
    return VwaTask.from_json("reddit", 1, whole)


def pressed(site: ContractSite, **entry: Any) -> VwaTask:
    """Done when the title says so."""
    row = {
        "url": "last",
        "locator": "document.title",
        "required_contents": {"exact_match": "Pressed"},
    }
    return task(site, "program_html", evaluation={"program_html": [row]}, **entry)


async def played(
    world: SharedWorld, task: VwaTask, *actions: Action, answer: str | None = ""
) -> tuple[list[Observation], Score | None]:
    environment = VwaEnvironment(world, task, QUICK)
    try:
        seen = [await environment.reset()]
        for action in actions:
            seen.append(await environment.step(action))
            if seen[-1].ended:
                break
        return seen, await environment.score(answer)
    finally:
        await environment.close()
        await environment.close()


async def test_a_task_that_is_done_scores_1_and_one_that_is_not_0(
    world: SharedWorld, site: ContractSite
) -> None:
    seen, score = await played(world, pressed(site), PRESS)
    assert score == Score(1.0, "program_html 1", {"fixed": 1.0})
    assert seen[0].view is not None and seen[0].view.picture.height_px == 2048
    _, score = await played(world, pressed(site))
    assert score == Score(0.0, "program_html 0", {"fixed": 0.0})


async def test_a_viewport_is_the_tasks_own_as_far_as_it_says(
    world: SharedWorld, site: ContractSite
) -> None:
    for size, shown in (({"width": 700}, (700, 2048)), ({"width": 600, "height": 400}, (600, 400))):
        seen, _ = await played(world, pressed(site, viewport_size=size))
        assert seen[0].view is not None
        assert (seen[0].view.picture.width_px, seen[0].view.picture.height_px) == shown
        seen, _ = await played(
            replace(world, protocol="browsergym"), pressed(site, viewport_size=size)
        )
        assert seen[0].view is not None
        assert (seen[0].view.picture.width_px, seen[0].view.picture.height_px) == (1280, 720)


async def test_every_start_address_has_a_tab_and_the_protocol_says_which_is_shown(
    world: SharedWorld, site: ContractSite
) -> None:
    both = pressed(site, start="/r/board /s/ /c/")
    seen, score = await played(world, both, PRESS)
    assert [tab.title for tab in seen[0].tabs] == ["Board", "Shop", "Classifieds"]
    assert [tab.active for tab in seen[0].tabs] == [True, False, False]
    assert score is not None and score.value == 1.0
    seen, _ = await played(replace(world, protocol="browsergym"), both)
    assert [tab.active for tab in seen[0].tabs] == [False, False, True]


async def test_pictures_of_the_goal_come_with_the_first_screen(
    world: SharedWorld, site: ContractSite
) -> None:
    with_pictures = pressed(site, image=[f"{site.origin}/{n}.png" for n in (5, 6)])
    seen, _ = await played(world, with_pictures, PRESS)
    assert [each.image().tobytes() for each in seen[0].pictures] == [
        picture(5).tobytes(),
        picture(6).tobytes(),
    ]
    assert seen[1].pictures == ()
    with pytest.raises(TaskFault, match="no picture"):
        await played(world, pressed(site, image=f"{site.origin}/none.html"))


async def test_episodes_begin_signed_in_to_the_sites_of_the_task(
    world: SharedWorld, site: ContractSite
) -> None:
    await played(world, pressed(site))
    assert set(site.visitors["/r/board"].split("; ")) == {"sessionr=1", "seen=1"}
    await played(world, pressed(site, storage_state="./.auth/classifieds.shopping_state.json"))
    assert {"sessionc=1", "sessions=1"} <= set(site.visitors["/r/board"].split("; "))
    assert "sessionr=1" not in site.visitors["/r/board"]
    await played(world, pressed(site, storage_state=None))
    assert site.visitors["/r/board"] == ""


async def test_a_site_that_does_not_let_us_in_is_a_fault(
    world: SharedWorld, site: ContractSite, browser: Browser, tmp_path: Path
) -> None:
    accounts = Accounts(reddit=Account(ME, "wrong"))
    log_ins = StoredLogIns(browser, site.sites, accounts, tmp_path / "others", limit_s=1.0)
    with pytest.raises(TaskFault, match="signing in to reddit"):
        await played(replace(world, log_ins=log_ins), pressed(site))


async def test_the_classifieds_are_reset_where_a_task_wants_it(
    world: SharedWorld, site: ContractSite
) -> None:
    await played(world, pressed(site, require_reset=True))
    assert site.resets == []
    await played(world, pressed(site, require_reset=True, sites=["classifieds"]))
    assert site.resets == ["open"]
    closed = replace(world, sites=replace(site.sites, reset_token="shut"))
    with pytest.raises(TaskFault, match="were not reset"):
        await played(closed, pressed(site, require_reset=True, sites=["classifieds"]))


async def test_equal_actions_end_the_episode_which_is_judged_all_the_same(
    world: SharedWorld, site: ContractSite
) -> None:
    says = task(
        site, "string_match", evaluation={"reference_answers": {"must_include": ["same action"]}}
    )
    seen, score = await played(world, says, *[Press("Home")] * 9)
    assert [each.ended for each in seen] == [False] * 5 + [True]
    assert score is not None and score.value == 1.0  # "Early stop: Same action for 5 times"


async def test_what_was_never_answered_is_judged_as_an_early_stop(
    world: SharedWorld, site: ContractSite
) -> None:
    for words, value in ((["early stop", "parse"], 1.0), (["max"], 0.0)):
        says = task(site, "string_match", evaluation={"reference_answers": {"must_include": words}})
        _, score = await played(world, says, answer=None)
        assert score is not None and score.value == value


async def test_a_comment_is_unreadable_officially_and_read_by_the_mended_rules(
    world: SharedWorld, site: ContractSite
) -> None:
    row = {
        "url": f"{site.origin}/r/f/books/1/a-post",
        "locator": f"func:reddit_get_latest_comment_content_by_username(__page__, '{ME}')",
        "required_contents": {"must_include": ["under mine"]},
    }
    comment = task(site, "program_html", evaluation={"program_html": [row]})
    _, score = await played(world, comment)
    assert score == Score(0.0, "program_html 0", {"fixed": 1.0})
    _, score = await played(replace(world, fixed=True), comment)
    assert score == Score(1.0, "program_html 1", {"official": 0.0})


async def test_a_crash_is_a_fault_officially_and_0_by_the_mended_rules(
    world: SharedWorld, site: ContractSite
) -> None:
    row = {"url": "last", "locator": "func:nothing()", "required_contents": {"must_include": []}}
    broken = task(site, "program_html", evaluation={"program_html": [row]})
    with pytest.raises(TaskFault, match=CRASHED):
        await played(world, broken)
    _, score = await played(replace(world, fixed=True), broken)
    assert score is not None and (score.value, score.by_other_rules) == (0.0, {})


async def test_browsergym_takes_a_broken_assertion_for_0(
    world: SharedWorld, site: ContractSite
) -> None:
    listed = task(site, "string_match", evaluation={"reference_answers": {"must_include": "x"}})
    with pytest.raises(TaskFault, match=CRASHED):
        await played(world, listed)
    _, score = await played(replace(world, protocol="browsergym"), listed)
    assert score is not None and score.value == 0.0


async def test_a_task_without_its_judge_has_no_score(
    world: SharedWorld, site: ContractSite
) -> None:
    unknown = task(
        site,
        "string_match",
        evaluation={"reference_answers": {"fuzzy_match": "N/A"}, "string_note": "none"},
    )
    assert (await played(world, unknown, answer="no idea"))[1] is None
    assert (await played(world, unknown, answer="N/A"))[1] == Score(
        1.0, "string_match 1", {"fixed": 1.0}
    )


async def test_browsergym_judges_after_each_step_and_stops_at_the_first_success(
    world: SharedWorld, site: ContractSite
) -> None:
    gym = replace(world, protocol="browsergym")
    seen, score = await played(gym, pressed(site), Wait(0.1), PRESS, Wait(0.1))
    assert [each.ended for each in seen] == [False, False, True]
    assert score == Score(1.0, "program_html 1", {"fixed": 1.0})
    seen, score = await played(gym, pressed(site), *[Press("Home")] * 6)
    assert not any(each.ended for each in seen)
    assert score is not None and score.value == 0.0


async def test_browsergym_hears_whatever_as_long_as_nothing_is_said(
    world: SharedWorld, site: ContractSite
) -> None:
    gym = replace(world, protocol="browsergym")
    says = task(site, "string_match", evaluation={"reference_answers": {"exact_match": "whatever"}})
    assert (await played(gym, says, answer=None))[1] == Score(1.0, "string_match 1", {"fixed": 1.0})
    _, score = await played(gym, says, answer="")
    assert score is not None and score.value == 0.0


async def test_browsergym_gives_0_to_whoever_leaves_the_sites(
    world: SharedWorld, site: ContractSite
) -> None:
    gym = replace(world, protocol="browsergym")
    seen, score = await played(gym, pressed(site), PRESS)
    assert seen[-1].ended
    elsewhere = Goto(site.origin.replace("127.0.0.1", "localhost") + "/r/board")
    seen, score = await played(gym, pressed(site), elsewhere, PRESS)
    assert seen[-1].ended and score == Score(0.0, "a tab left the sites")


async def test_browsergym_looks_at_targets_on_pages_that_the_agent_does_not_see(
    world: SharedWorld, site: ContractSite
) -> None:
    rows = [
        {
            "url": f"{site.origin}/s/order",
            "locator": "document.title",
            "required_contents": {"must_include": ["000000191"]},
        },
        {
            "url": "last",
            "locator": "document.title",
            "required_contents": {"exact_match": "Pressed"},
        },
    ]
    order = task(site, "program_html", evaluation={"program_html": rows})
    gym = replace(world, protocol="browsergym")
    seen, score = await played(gym, order, Wait(0.1), PRESS)
    assert score is not None and score.value == 1.0
    assert all(len(each.tabs) == 1 and not each.events for each in seen)
    assert "sessionr=1" in site.visitors["/s/order"]  # with the episode's log-ins
    _, score = await played(world, order, PRESS)
    assert score is not None and score.value == 0.0  # officially the page itself has gone there


async def test_a_tab_that_a_click_opens_is_judged(world: SharedWorld, site: ContractSite) -> None:
    here = task(
        site, "url_match", evaluation={"reference_url": f"{site.origin}/r/f/books/1/a-post"}
    )
    seen, score = await played(world, here, OPEN_POST)
    assert len(seen[-1].tabs) == 2
    assert score is not None and score.value == 1.0


async def test_marks_and_zoom_go_around_it(world: SharedWorld, site: ContractSite) -> None:
    task = pressed(site, image=f"{site.origin}/5.png", viewport_size={"width": 640, "height": 400})
    environment = ZoomEnvironment(MarkedEnvironment(VwaEnvironment(world, task, QUICK)))
    try:
        seen = await environment.reset()
        assert seen.marks is not None and len(seen.pictures) == 1
        assert [mark.text for mark in seen.marks if mark.id] == ["Press", "a post", "away"]
        seen = await environment.step(Zoom(Box.around(Point(100, 50), 40)))
        assert seen.view is not None and seen.view.kind == "crop" and seen.pictures == ()
        seen = await environment.step(PRESS)
        assert seen.title == "Pressed"
        score = await environment.score("")
        assert score is not None and score.value == 1.0
    finally:
        await environment.close()


async def test_it_closes_before_it_began(world: SharedWorld, site: ContractSite) -> None:
    environment = VwaEnvironment(world, pressed(site))
    await environment.close()
    with contextlib.suppress(RuntimeError):
        await environment.step(Type("x"))
