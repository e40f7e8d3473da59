"""The viewer in a real Chromium, used as a person would."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.agent.viewer.accessibility import grave_findings
from tests.agent.viewer.server.conftest import ServedViewer
from tests.agent.viewer.server.recorded import write_episode

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def goals(page: Page) -> list[str]:
    return await page.locator(".row .open").all_inner_texts()


async def test_a_person_filters_sorts_and_turns_pages_and_the_address_keeps_it(
    viewed: ServedViewer,
) -> None:
    page = await viewed.page()
    await expect(page.get_by_role("status").first).to_contain_text("59 episodes")
    assert (await goals(page))[0].startswith("Put the cheapest red kettle")  # the newest
    await page.get_by_role("link", name="Next").click()
    assert len(await goals(page)) == 9
    await page.get_by_label("Score").select_option("solved")
    await page.get_by_label("Search").fill("letter")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("16 of 59 episodes")
    await page.get_by_role("link", name="Episode", exact=True).click()
    assert (await goals(page))[:2] == ["Read letter 00", "Read letter 03"]
    assert "q=letter" in page.url and "score=solved" in page.url and "sort=goal" in page.url
    await page.goto(page.url)
    assert await page.get_by_label("Score").input_value() == "solved"
    await page.get_by_text("More").click()
    await page.get_by_label("From").fill("2026-10-10")
    await page.get_by_label("To").fill("2026-10-12")
    await page.get_by_role("button", name="Show").click()
    assert await goals(page) == ["Read letter 09", "Read letter 39"]
    await page.get_by_role("link", name="Clear").click()
    await expect(page.get_by_role("status").first).to_contain_text("59 episodes")
    await page.context.close()


async def test_an_episode_leads_to_its_neighbours_in_the_list_and_back(
    viewed: ServedViewer,
) -> None:
    page = await viewed.page("/?q=letter&sort=goal")
    await page.get_by_role("link", name="Read letter 03").click()
    await expect(page).to_have_title("Read letter 03 · done")
    shown = page.locator("img.pixels").first
    await expect(shown).to_have_js_property("naturalWidth", 64)  # by its address, and there
    await page.get_by_role("link", name="Next").click()
    await expect(page).to_have_title("Read letter 04 · missed")
    await page.get_by_role("link", name="All episodes").click()
    assert "q=letter" in page.url and (await goals(page))[4] == "Read letter 04"
    await page.context.close()


async def test_the_keyboard_alone_finds_and_opens_an_episode(viewed: ServedViewer) -> None:
    page = await viewed.page()
    await page.keyboard.press("/")
    await page.keyboard.type("letter 2")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**q=letter+2*")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("next and previous row")
    await page.keyboard.press("Escape")
    for key in ("j", "j", "j", "k"):
        await page.keyboard.press(key)
    focused = page.locator(".row:focus-within .open")
    wanted = await focused.inner_text()
    assert wanted == (await goals(page))[1]
    outline = await focused.evaluate("link => getComputedStyle(link).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/episode/**")
    assert wanted in await page.title()
    await page.context.close()


async def test_two_episodes_are_chosen_and_stand_side_by_side(viewed: ServedViewer) -> None:
    page = await viewed.page("/?q=kettle")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.get_by_role("button", name="Compare").click()
    assert page.url.count("episode=") == 2
    await expect(page.locator("img.pixels >> visible=true").nth(1)).to_be_visible()
    await page.goto(f"{viewed.base}/compare?episode=runs/kettle")
    await expect(page.locator("main")).to_contain_text("choose two episodes")
    await page.context.close()


async def test_an_evaluation_has_its_table_and_leads_to_the_episodes_that_it_is_of(
    viewed: ServedViewer,
) -> None:
    page = await viewed.page()
    await page.get_by_role("link", name="Evaluations").click()
    assert await goals(page) == ["after", "before"]
    await page.get_by_role("link", name="before", exact=True).click()
    await expect(page.get_by_role("row", name=re.compile("^all "))).to_contain_text("50.0")
    await page.get_by_role("link", name="Do b1").click()
    await page.get_by_role("link", name="before").click()
    await expect(page.get_by_role("status").first).to_contain_text("4 episodes")
    await page.context.close()


async def test_two_evaluations_are_compared_sample_by_sample(viewed: ServedViewer) -> None:
    page = await viewed.page("/evaluation/runs/before")
    await page.get_by_label("Compare with").select_option("runs/after")
    await page.get_by_role("button", name="Compare", exact=True).click()
    row = page.get_by_role("row", name=re.compile("^all "))
    await expect(row).to_contain_text("+25.0")
    assert (await row.get_by_role("cell").all_inner_texts())[-3:] == ["2", "1", "4"]
    assert await page.locator(".pairs .what").all_inner_texts() == ["b1", "a1", "a2"]
    await page.get_by_role("link", name="the same").click()
    assert await page.locator(".pairs .what").all_inner_texts() == ["b2"]
    await page.get_by_role("link", name="side by side").click()
    await expect(page.get_by_role("link", name="B alone")).to_be_visible()
    await page.context.close()


async def test_a_list_has_what_was_recorded_meanwhile(viewed: ServedViewer) -> None:
    page = await viewed.page("/?q=meanwhile")
    await expect(page.locator("main")).to_contain_text("No episode is like this")
    write_episode(viewed.folder / "meanwhile", "Meanwhile", status=None)
    await page.wait_for_timeout(1100)
    await page.reload()
    await expect(page.get_by_role("row", name="Meanwhile")).to_contain_text("running")
    (viewed.folder / "meanwhile" / "trajectory.jsonl").unlink()
    await page.context.close()


async def test_what_a_page_or_a_model_says_runs_nowhere(viewed: ServedViewer) -> None:
    page = await viewed.page("/?q=hacked")
    assert "onerror" in (await goals(page))[0] and "\x1b" not in await page.content()
    await page.locator(".row .open").click()
    await page.wait_for_load_state()
    assert await page.evaluate("window.hacked") is None
    assert not [each for each in viewed.said if "Content Security Policy" in each]
    await page.context.close()


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["desk", "phone"]
)
async def test_no_page_keeps_anybody_out_or_is_wider_than_the_screen(
    viewed: ServedViewer, width: int, scheme: str
) -> None:
    page = await viewed.page("/", width, scheme)
    for path in (
        "/?q=letter+0&since=2026-10-01",
        "/all/evaluation",
        "/evaluation/runs/before",
        "/difference?evaluation=runs/before&evaluation=runs/after",
    ):
        await page.goto(viewed.base + path)
        assert await grave_findings(page) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    await page.context.close()
