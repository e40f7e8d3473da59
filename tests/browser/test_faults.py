"""What pages and browsers do badly, in a real browser: each ends as documented, and in time."""

import asyncio
import time

import psutil
import pytest

from vigorl.browser.actions import Click, Goto, Hover, SelectOption, TabNew, TabSwitch, Wait
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import BrowserDied
from vigorl.browser.file_fence import FileFence
from vigorl.browser.geometry import Point
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.questions import Questions
from vigorl.browser.tab import Targets, within
from vigorl.browser.tabs import Tabs

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = Point(50, 50)
LIMIT_S = 9.0
HANGS = {"step_limit_s": LIMIT_S, "hang_limit_s": 1.5, "settle_limit_s": 0.7}


def kinds(observation: Observation) -> list[str]:
    return [event.kind for event in observation.events]


async def in_time(step, limit_s: float = LIMIT_S) -> Observation:
    """A step's observation, if it came within the step's limit."""
    started = time.monotonic()
    observation = await step
    assert time.monotonic() - started < limit_s
    assert observation.view is not None
    return observation


def on_click(site, script: str) -> str:
    return site.body("/", f"<script>window.clicks = 0; onclick = () => {{ {script} }}</script>")


async def assert_usable(page: LivePage, url: str) -> None:
    """The page still takes input and is looked at without further ado."""
    await page.page.evaluate(
        "addEventListener('mousemove', e => document.title = `mouse at ${e.clientX}`)"
    )
    seen = await in_time(page.step(Hover(Point(77, 9))))
    assert (seen.title, seen.url, seen.events) == ("mouse at 77", url, ())


def chromium_processes(kind: str) -> list[psutil.Process]:
    """Our own Chromium processes of a kind; '' is the browser process."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            with_arguments = process.cmdline()
        except psutil.Error:
            continue  # it is gone
        if "chrom" not in " ".join(with_arguments[:1]):
            continue
        types = [word for word in with_arguments if word.startswith("--type=")]
        if types == ([f"--type={kind}"] if kind else []):
            found.append(process)
    return found


# ---------------------------------------------------------------- crashes


async def test_a_crashed_page_is_loaded_again(site, visit):
    url = site.body("/", "still here")
    async with visit(url, step_limit_s=LIMIT_S) as page:
        await page.step(TabNew(url))
        await page.step(TabSwitch(0))
        session = await page.page.context.new_cdp_session(page.page)
        crashing = asyncio.create_task(within(0.5, session.send("Page.crash")))
        seen = await in_time(page.step(Wait(0.5)))
        await crashing
        assert kinds(seen) == ["page_crashed"]
        assert seen.url == url
        assert [tab.active for tab in seen.tabs] == [True, False]
        await assert_usable(page, url)


async def test_a_page_that_crashes_between_steps_is_loaded_again(site, visit):
    url = site.body("/", "still here")
    async with visit(url, step_limit_s=LIMIT_S) as page:
        session = await page.page.context.new_cdp_session(page.page)
        await within(0.5, session.send("Page.crash"))
        seen = await in_time(page.step(Click(HERE)))
        assert kinds(seen) == ["page_crashed"]
        await assert_usable(page, url)


async def test_a_crash_while_a_capture_is_pending_spares_the_browser(browser, site):
    context = await browser.context()
    page = await context.new_page()
    await page.goto(on_click(site, "for (;;);"))
    session = await context.new_cdp_session(page)
    capture = asyncio.create_task(within(9, session.send("Page.captureScreenshot")))
    assert not await within(0.5, page.mouse.click(5, 5))
    capture = asyncio.create_task(within(9, session.send("Page.captureScreenshot")))
    await asyncio.sleep(0.3)
    await within(0.5, session.send("Page.crash"))
    assert await within(3, page.close())
    assert not await capture
    assert browser.alive
    await context.close()


# ---------------------------------------------------------------- hangs


async def test_a_script_without_end_is_stopped_and_the_page_keeps_its_state(site, visit):
    url = on_click(site, "clicks++; if (clicks == 1) for (;;);")
    async with visit(url, **HANGS) as page:
        seen = await in_time(page.step(Click(HERE)))
        assert kinds(seen) == ["page_hung"]
        assert await page.page.evaluate("clicks") == 1
        await assert_usable(page, url)


async def test_a_script_that_hangs_after_the_input_is_stopped_too(site, visit):
    url = on_click(site, "setTimeout(() => { for (;;); }, 30)")
    async with visit(url, **HANGS) as page:
        seen = await in_time(page.step(Click(HERE)))
        assert kinds(seen) == ["page_hung"]
        await assert_usable(page, url)


@pytest.mark.slow
async def test_a_page_that_hangs_again_and_again_is_loaded_again(site, visit):
    url = on_click(site, "setInterval(() => { for (;;); }, 0)")
    async with visit(url, **HANGS) as page:
        await page.page.evaluate("window.old = true")
        seen = await in_time(page.step(Click(HERE)))
        assert set(kinds(seen)) == {"page_hung"}
        assert await page.page.evaluate("window.old") is None
        await assert_usable(page, url)


async def test_a_page_that_hangs_whenever_it_loads_gives_way_to_an_empty_one(site, visit):
    site.body("/hang", "<script>setInterval(() => { for (;;); }, 0)</script>")
    async with visit(site.body("/", "fine"), **HANGS) as page:
        renderers = len(chromium_processes("renderer"))
        seen = await in_time(page.step(Goto(site.url("/hang"))))
        assert set(kinds(seen)) == {"page_hung"}
        assert seen.url == "about:blank"
        seen = await in_time(page.step(Goto(site.url("/"))))
        assert (seen.url, seen.events) == (site.url("/"), ())
        for _ in range(100):
            if len(chromium_processes("renderer")) <= renderers:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("the hung page's process still runs")


async def test_a_page_that_is_still_busy_is_looked_at_as_it_is(site, visit):
    site.put("/never.png", "")
    site.delays_s["/never.png"] = 30
    url = on_click(site, "document.body.append(Object.assign(new Image, {src: '/never.png'}))")
    async with visit(url, settle_limit_s=0.4) as page:
        seen = await in_time(page.step(Click(HERE)))
        assert kinds(seen) == ["not_settled"]


# ---------------------------------------------------------------- dialogs and windows without end


@pytest.mark.parametrize(
    "script",
    [
        "for (;;) alert('again')",
        pytest.param("setInterval(() => alert('again'), 0)", marks=pytest.mark.slow),
        "(function again() { alert('again'); setTimeout(again); Promise.resolve().then(again) })()",
    ],
    ids=["loop", "interval", "promises"],
)
async def test_endless_dialogs_are_cut_off(site, visit, script):
    url = on_click(site, script)
    async with visit(url, step_limit_s=LIMIT_S, max_dialogs=4, settle_limit_s=1) as page:
        seen = await in_time(page.step(Click(HERE)))
        assert "blocked" in kinds(seen)
        (told,) = [event.text for event in seen.events if event.kind == "dialog"]
        assert told.endswith("(4 times)")
        assert seen.url == url
        seen = await in_time(page.step(Hover(HERE)))
        assert "dialog" not in kinds(seen)
        assert await page.page.evaluate("1 + 1") == 2


@pytest.mark.parametrize(
    "script",
    [
        "for (let i = 0; i < 500; i++) open('about:blank')",
        pytest.param(
            "setInterval(() => open('about:blank', '_blank', 'noopener'))", marks=pytest.mark.slow
        ),
    ],
    ids=["loop", "interval"],
)
async def test_a_storm_of_popups_is_cut_off(site, visit, script):
    url = on_click(site, script)
    async with visit(url, step_limit_s=LIMIT_S, max_windows=3, settle_limit_s=1) as page:
        seen = await in_time(page.step(Click(HERE)))
        assert set(kinds(seen)) >= {"tab_opened", "blocked"}
        for _ in range(100):
            if len(page.page.context.pages) <= 4:
                break
            await asyncio.sleep(0.05)
        seen = await in_time(page.step(TabSwitch(0)))
        assert len(page.page.context.pages) == len(seen.tabs) <= 4
        assert seen.url == url
        await assert_usable(page, url)


async def test_a_dialog_in_a_tab_behind_holds_nothing(site, visit):
    url = on_click(site, "setTimeout(() => alert('from behind'), 1200)")
    async with visit(url) as page:
        await page.step(Click(HERE))
        seen = await in_time(page.step(TabNew(site.body("/other", ""))))
        seen = await in_time(page.step(Wait(1.5)))
        assert [event.text for event in seen.events if "from behind" in event.text]


# ---------------------------------------------------------------- pages that do not load


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:2/", "ERR_CONNECTION_REFUSED"),
        ("http://nowhere.invalid/", "ERR_NAME_NOT_RESOLVED"),
        ("/slow", "no answer in time"),
    ],
)
@pytest.mark.parametrize("way", ["goto", "click"])
async def test_a_page_that_does_not_load_is_told_and_the_episode_goes_on(
    site, visit, url, reason, way
):
    site.delays_s["/slow"] = 30
    start = site.body("/", f"<a href='{url}' style='display:block;height:100px'>go</a>")
    async with visit(start, navigation_limit_s=1, settle_limit_s=1) as page:
        target = site.url(url) if url.startswith("/") else url
        seen = await in_time(page.step(Goto(target) if way == "goto" else Click(HERE)))
        if (way, url) == ("click", "/slow"):  # its server may answer yet
            assert kinds(seen) == ["not_settled"]
            assert kinds(await in_time(page.step(SelectOption(HERE, "x")))) == [
                "bad_action",
                "not_settled",
            ]
        else:
            assert kinds(seen) == ["navigation_error"]
            assert reason in seen.events[0].text and target in seen.events[0].text
        seen = await in_time(page.step(Goto(start)))
        assert (seen.url, seen.events) == (start, ())


async def test_a_page_that_says_404_is_a_page(site, visit):
    async with visit(site.body("/", "")) as page:
        seen = await page.step(Goto(site.url("/missing")))
        assert (seen.url, seen.events) == (site.url("/missing"), ())


async def test_a_download_that_takes_long_does_not_hold_the_step(site, visit, tmp_path):
    site.put("/file", b"", Content_Disposition="attachment; filename=big.bin", Content_Length="99")
    site.pages["/file"] = b"x" * 50  # the rest never comes, until the server closes
    url = site.body("/", "<a href=/file style='display:block;height:100px'>get</a>")
    async with visit(url, download_dir=tmp_path, settle_limit_s=0.5) as page:
        seen = await in_time(page.step(Click(HERE)))
        assert kinds(seen) == ["download"]


# ---------------------------------------------------------------- a browser without time


async def test_a_first_tab_that_comes_when_nobody_waits_any_more_is_closed(
    browser: Browser,
) -> None:
    context = await browser.context()
    assert context.browser is not None
    settings = PageSettings()
    interruptions = Interruptions(settings)
    questions = Questions(settings.dialog_limit_s, lambda text: None)
    targets, fence = await Targets.attach(context.browser), FileFence(Boundary(), set())
    tabs = Tabs(context, targets, interruptions, questions, settings, fence)
    page = await context.new_page()  # as when `tabs.open` was cancelled in the midst of it
    async with asyncio.timeout(LIMIT_S):
        while not page.is_closed():
            await asyncio.sleep(0.02)
    assert len(tabs) == 0
    await tabs.end()
    await context.close()


# ---------------------------------------------------------------- a browser that dies


@pytest.mark.parametrize("while_", ["hung", pytest.param("waiting", marks=pytest.mark.slow)])
async def test_a_browser_killed_in_mid_step_is_a_fault_and_the_next_episode_gets_another(
    site, while_
):
    url = on_click(site, "for (;;);")
    before = set(chromium_processes(""))
    async with Browser() as browser:
        own = set(chromium_processes("")) - before  # one, and what it may be forking off
        process = min(own, key=lambda process: process.create_time())
        page = LivePage(browser, "", url, PageSettings(step_limit_s=20))
        await page.reset()
        step = asyncio.create_task(page.step(Wait(8) if while_ == "waiting" else Click(HERE)))
        await asyncio.sleep(0.5)
        process.kill()
        started = time.monotonic()
        with pytest.raises(BrowserDied):
            await step
        assert time.monotonic() - started < 3
        assert not browser.alive
        with pytest.raises(BrowserDied):
            await page.step(Wait(0))
        async with asyncio.timeout(5):
            await page.close()
        following = LivePage(browser, "", url)
        assert (await following.reset()).url == url
        await following.close()
        await following.close()
