"""The page of an episode, opened in a real Chromium."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Page

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import (
    EndRecord,
    StartRecord,
    StepRecord,
    Trajectory,
    read_trajectory,
)
from vigorl.agent.viewer.episode_page import render_page, write_comparison, write_page
from vigorl.agent.viewer.page_setting import PageSetting
from vigorl.browser.actions import Type
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Event, Mark, Observation, Tab
from vigorl.browser.picture import Picture, View
from vigorl.policy.policy import Turn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ATTACKS = (
    "</script><img src=x onerror=\"window.hacked='image'\"><script>window.hacked='script'</script>",
    "</style></title></textarea><svg onload=\"window.hacked='svg'\"><script>window.hacked=1;",
    '"><b onmouseover="window.hacked=\'mouse\'" autofocus onfocus="window.hacked=\'focus\'">x</b>',
    "' onclick='window.hacked=1' x='",
    "<!--<script>window.hacked='comment'</script>-->{{ 7 * 7 }}{% raw %}",
    "javascript:window.hacked='url' \u2028\u2029\u0085 \u202e \x1b[2J \x00 &lt;b&gt; &#x3c;",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


async def opened(browser: Browser, path: Path, width_px: int = 1440, **options: object) -> Page:
    context = await browser.context(
        viewport={"width": width_px, "height": 900}, reduced_motion="reduce", **options
    )
    page = await context.new_page()
    await page.goto(path.as_uri())
    return page


@pytest.fixture(scope="module")
def shop_page(shop_episode: Trajectory) -> Path:
    return write_page(shop_episode)


@pytest.fixture(params=range(len(ATTACKS)), ids=lambda index: f"attack {index}")
def hostile_episode(request: pytest.FixtureRequest, tmp_path: Path) -> Trajectory:
    """An episode in which everything that a page or a model can say is an attack."""
    attack = ATTACKS[request.param]
    recorder = Recorder.create(tmp_path, attack, {"goal": attack})
    recorder.start(StartRecord(attack, {"name": attack}, {attack: 1}, {"name": attack}, attack))
    picture = Picture.from_image(Image.new("RGB", (64, 48), "white"))
    observation = Observation(
        View(picture, Frame.of_viewport(64, 48)),
        url=attack,
        title=attack,
        tabs=(Tab(attack, attack, active=True),),
        events=(Event("dialog", attack),),
        marks=(Mark(1, Box(0, 0, 9, 9), attack, attack),),
    )
    seen = recorder.seen(observation)
    typed = Turn(attack, f"{attack} (3, 4)", (Point(3, 4),), Type(attack, Point(3, 4)))
    refused = Turn(attack, attack, (), None, error=attack)
    for index, turn in enumerate((typed, refused)):
        recorder.step(StepRecord(index, seen, turn, 0.1, 0.1))
    recorder.end(EndRecord("gave_up", attack, attack, Score(0.0, attack), seen, 1.0))
    return read_trajectory(recorder.folder)


@pytest.mark.one_in(3)
async def test_nothing_that_a_page_or_model_says_is_executed_or_loaded(
    browser: Browser, hostile_episode: Trajectory
) -> None:
    path = write_page(hostile_episode)
    page = await opened(browser, Path("/dev/null"))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    await page.goto(path.as_uri())
    await page.keyboard.press("a")
    for summary in await page.locator("summary").all():
        await summary.click()
    for words in await page.locator(".thought, .action, .events li, .answer, h1").all():
        await words.hover()
        await words.click()
    for key in "?mwbigjk":
        await page.keyboard.press(key)
    assert await page.evaluate("window.hacked ?? 'untouched'") == "untouched"
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    # What was said is all there to be read, and made no element, attribute or second script.
    expected = hostile_episode.start.goal.replace("\x1b", "␛").replace("\x00", "␀")
    expected = re.sub("[\u0085\u202e]", "\N{REPLACEMENT CHARACTER}", expected)
    assert await page.locator("h1").evaluate("node => node.textContent") == expected
    assert await page.locator("script, img, iframe, object, embed, base").count() == 1
    assert (
        await page.locator("[onerror], [onload], [onclick], [onmouseover], [onfocus]").count() == 0
    )
    assert await page.locator("svg").filter(has=page.locator("b")).count() == 0
    assert await page.locator("[aria-current]").count() == 1
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.context.close()


async def test_the_policy_of_the_page_stops_what_escaping_would_have_let_through(
    browser: Browser, shop_episode: Trajectory, tmp_path: Path
) -> None:
    html = render_page(shop_episode)
    smuggled = (
        "<script>window.hacked='script'</script><img src=x onerror=\"window.hacked='image'\">"
        "<p id=probe style='color: rgb(1, 2, 3)'>x</p><form action='https://example.org'></form>"
    )
    path = tmp_path / "index.html"
    path.write_text(html.replace("<main>", smuggled + "<main>"), encoding="utf-8")
    page = await opened(browser, path)
    assert await page.evaluate("window.hacked ?? 'untouched'") == "untouched"
    color = await page.locator("#probe").evaluate("node => getComputedStyle(node).color")
    assert color != "rgb(1, 2, 3)"
    # … while the page's own style and script are at work.
    assert await page.locator(".thumb[aria-current]").count() == 1
    assert (
        await page.locator(".strip").evaluate("node => getComputedStyle(node).position") == "sticky"
    )
    await page.context.close()


async def test_the_page_is_one_file_that_holds_every_picture_once(
    shop_episode: Trajectory, shop_page: Path
) -> None:
    assert shop_page == shop_episode.folder / "index.html"
    html = shop_page.read_text(encoding="utf-8")
    pictures = list((shop_episode.folder / "images").iterdir())
    assert html.count('href="data:image/') == len(pictures)
    links = re.findall(r'(?:href|src|action|srcset)="([^"]*)"', html)
    assert all(link.startswith(("#", "data:image/")) for link in links)
    assert "style=" not in html


async def test_signs_lie_on_the_points_they_stand_for(browser: Browser, shop_page: Path) -> None:
    for width_px in (1440, 390):
        page = await opened(browser, shop_page, width_px)
        picture = await page.locator("#step-1 .screen .before .pixels").bounding_box()
        target = await page.locator("#step-1 .screen .target .ring").first.bounding_box()
        dot = await page.locator("#step-1 .screen .dot .p2 circle").first.bounding_box()
        assert picture and target and dot
        for sign, point in ((target, Point(440, 34)), (dot, Point(150, 140))):
            x = sign["x"] + sign["width"] / 2 - picture["x"]
            y = sign["y"] + sign["height"] / 2 - picture["y"]
            assert x == pytest.approx(point.x / 1280 * picture["width"], abs=1)
            assert y == pytest.approx(point.y / 720 * picture["height"], abs=1)
        await page.context.close()


async def test_a_zoomed_view_stands_beside_its_screen_with_its_own_signs(
    browser: Browser, shop_page: Path
) -> None:
    page = await opened(browser, shop_page)
    await page.keyboard.press("End")
    await page.keyboard.press("k")
    await page.keyboard.press("k")
    screen = await page.locator("#step-8 .screen .before .pixels").bounding_box()
    zoom = await page.locator("#step-8 .zoom .pixels").bounding_box()
    assert screen and zoom and zoom["x"] > screen["x"] + screen["width"]
    # The thought's first point, (188, 375), seen through the region (125, 305, 265, 445).
    dot = await page.locator("#step-8 .zoom .dot .p1 circle").first.bounding_box()
    assert dot
    x = (dot["x"] + dot["width"] / 2 - zoom["x"]) / zoom["width"]
    assert x == pytest.approx((188 - 125) / 140, abs=0.01)
    # The button that is clicked is not in the zoomed view, so nothing is drawn there.
    assert await page.locator("#step-8 .zoom .target").count() == 0
    assert await page.locator("#step-8 .screen .target").count() == 1
    region = await page.locator("#step-8 .screen .region.zoomed rect").last.bounding_box()
    assert region and region["width"] == pytest.approx(140 / 1280 * screen["width"], abs=4)
    assert await page.locator("#step-7 .screen .region.zoom").count() == 1
    assert await page.locator("#step-9 .zoom, #step-9 .region").count() == 0
    await page.context.close()


SCALE = "node => Number(getComputedStyle(node).scale.split(' ')[0])"
BACKGROUND = "node => getComputedStyle(node).backgroundColor"


@pytest.mark.parametrize("scripts", [True, False])
async def test_pointing_at_a_point_in_the_thought_lights_it_up_on_the_picture_and_back(
    browser: Browser, shop_page: Path, scripts: bool
) -> None:
    page = await opened(browser, shop_page, java_script_enabled=scripts)
    if scripts:
        await page.locator('.thumb[href="#step-3"]').click()
    dot, other = page.locator("#step-3 .dot .p1"), page.locator("#step-3 .dot .p2")
    text = page.locator("#step-3 .point.p1")
    assert await dot.evaluate(SCALE) == 1
    dark = await text.evaluate(BACKGROUND)
    await text.hover()
    assert await dot.evaluate(SCALE) > 1.2
    assert await other.evaluate(SCALE) == 1
    await dot.locator("text").hover()
    assert await text.evaluate(BACKGROUND) != dark
    await page.mouse.move(0, 0)
    assert await dot.evaluate(SCALE) == 1
    await page.context.close()


async def test_the_page_is_complete_without_its_script(
    browser: Browser, shop_episode: Trajectory, shop_page: Path
) -> None:
    page = await opened(browser, shop_page, java_script_enabled=False)
    for folded in await page.locator("summary").all():
        await folded.click()
    text = await page.locator("body").inner_text()
    for step in shop_episode.steps:
        assert await page.locator(f"#step-{step.index + 1}").is_visible()
    for words in (
        "Put the cheapest red kettle into the cart",
        'type (440, 34) "red kettle" enter',
        "drag (249, 140) to (93, 140)",
        "zoom (195, 375) 140x140",
        "No action. There is text outside of the tags.",
        "click <b>it</b> now",
        '"Add one Enamel Red to the cart?"; it was accepted.',
        "27 months",
        "1 of 9 turns",
        "432 sampled",
        "48 tokens, mean log-probability −0.197",
    ):
        assert words in text
    assert await page.locator(".player, .moments, .sheet").locator("visible=true").count() == 0
    await page.context.close()


async def test_before_and_after_the_action_are_one_key_apart(
    browser: Browser, shop_page: Path
) -> None:
    page = await opened(browser, shop_page)
    before, after = (page.locator(f"#step-1 .picture.{name}") for name in ("before", "after"))
    assert await before.is_visible() and await after.is_hidden()
    await page.keyboard.press("b")
    assert await before.is_hidden() and await after.is_visible()
    shown = await after.locator("use").get_attribute("href")
    await page.locator("#step-1").get_by_role("button", name="before").click()
    assert await before.is_visible()
    await page.keyboard.press("j")  # what step 1 led to is what step 2 saw
    assert await page.locator("#step-2 .before use").first.get_attribute("href") == shown
    await page.context.close()


async def test_the_player_scrubs_plays_and_says_its_keys(browser: Browser, shop_page: Path) -> None:
    page = await opened(browser, shop_page)
    scrubber, now = page.get_by_role("slider", name="Step"), page.locator(".stop.now")
    await scrubber.fill("8")
    assert await now.get_attribute("id") == "step-8"
    assert await page.locator(".place").inner_text() == "8 / 9"
    assert page.url.endswith("#step-8")
    # A zoomed view is tied to where it was taken, and says what kind it is.
    assert await page.locator("#step-8 .tether line").count() == 2
    assert "optical zoom" in await page.locator("#step-8 .zoom figcaption").inner_text()
    for _ in range(2):
        await page.keyboard.press("s")
    await page.keyboard.press("End")
    await page.keyboard.press(" ")  # at the end: from the beginning again
    assert await now.get_attribute("id") == "step-1"
    await page.wait_for_selector("#step-2.now", timeout=5000)
    await page.keyboard.press(" ")
    assert await page.locator(".play").get_attribute("aria-pressed") == "false"
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    assert "step back" in await sheet.inner_text()
    await page.keyboard.press("Escape")
    await page.keyboard.press("m")
    assert await page.locator("#step-2 .before .signs").is_hidden()
    await page.keyboard.press("a")
    assert await page.locator(".stop").locator("visible=true").count() == 10
    await page.context.close()


async def test_steps_stand_below_the_instruction_they_belong_to(
    browser: Browser, shop_episode: Trajectory, tmp_path: Path
) -> None:
    told = ("step 1 of 2: click A", "step 1 of 2: click A (2nd try)", "step 2 of 2: press Enter")
    steps = tuple(
        replace(step, turn=replace(step.turn, instruction=words))
        for step, words in zip(shop_episode.steps, told, strict=False)
    )
    page = await opened(
        browser, write_page(replace(shop_episode, steps=steps), tmp_path / "page.html")
    )
    chapters = page.locator(".chapter:has(p)")
    assert await chapters.locator("p").all_inner_texts() == [told[0], told[2]]
    assert await chapters.first.locator(".thumb").count() == 2
    await page.keyboard.press("i")
    assert await page.locator(".stop.now").get_attribute("id") == "step-3"
    await page.context.close()


async def test_two_episodes_stand_side_by_side_and_part_where_they_differ(
    browser: Browser, shop_episode: Trajectory, tmp_path: Path
) -> None:
    third = shop_episode.steps[2]
    strayed = replace(third, turn=replace(third.turn, action=Type("else", Point(3, 4))))
    other = replace(shop_episode, steps=(*shop_episode.steps[:2], strayed), end=None)
    page = await opened(browser, write_comparison(shop_episode, other, tmp_path / "two.html"), 1280)
    await page.keyboard.press("i")
    row = page.locator("#step-3")
    assert "something different for the first time" in await row.inner_text()
    assert await row.locator(".action").all_inner_texts() == [
        "drag (249, 140) to (93, 140)",
        'type (3, 4) "else"',
    ]
    boxes = [await box.bounding_box() for box in await row.locator(".step").all()]
    assert boxes[0] and boxes[1] and boxes[1]["x"] > boxes[0]["x"] + boxes[0]["width"]
    await page.keyboard.press("j")
    assert "This one had ended." in await page.locator("#step-4").inner_text()
    await page.context.close()


async def test_a_served_page_follows_an_episode_that_goes_on(
    browser: Browser, shop_episode: Trajectory
) -> None:
    setting = PageSetting(lambda episode, image: f"/{image}", is_running=True)
    growing = [replace(shop_episode, steps=shop_episode.steps[:2], end=None)]

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            image = shop_episode.folder / self.path[1:]
            data = (
                image.read_bytes() if image.is_file() else render_page(*growing, setting).encode()
            )
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg" if image.is_file() else "text/html")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    context = await browser.context()
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
    await page.keyboard.press("j")
    assert await page.locator("#end").count() == 0 and "running" in await page.title()
    growing[0] = replace(shop_episode, steps=shop_episode.steps[:3], end=None)
    await page.evaluate("document.dispatchEvent(new Event('episode:renew'))")
    await page.wait_for_selector("#step-3.now")
    drawn = "image => image.complete && image.naturalWidth"
    assert await page.locator("#step-3 .before img").evaluate(drawn) == 1280
    await page.keyboard.press("Home")  # who looks at an older step stays there
    growing[0] = shop_episode
    await page.evaluate("document.dispatchEvent(new Event('episode:renew'))")
    await page.wait_for_selector("#end", state="attached")
    assert await page.locator(".stop.now").get_attribute("id") == "step-1"
    assert await page.locator(".head .status").inner_text() == "done"
    await context.close()
    server.shutdown()
    server.server_close()


async def test_keys_step_through_the_episode(browser: Browser, shop_page: Path) -> None:
    page = await opened(browser, shop_page)

    shown = "(stop) => document.querySelector('.stop.now').id === stop.slice(1)"
    stops = ("#step-2", "#step-3", "#step-2", "#step-1", "#end", "#step-1", "#step-1")
    keys = ("ArrowRight", "j", "ArrowLeft", "k", "End", "Home", "k")
    for key, stop in zip(keys, stops, strict=True):
        await page.keyboard.press(key)
        await page.wait_for_function(shown, arg=stop)
    await page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_the_page_without_scrolling_sideways(
    browser: Browser, shop_page: Path, scheme: str
) -> None:
    page = await opened(browser, shop_page, 390, color_scheme=scheme)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3]) / 3
    assert (lightness > 200) == (scheme == "light")
    await page.context.close()


async def test_a_run_that_was_killed_before_its_first_step_has_a_page(
    browser: Browser, shop_episode: Trajectory, tmp_path: Path
) -> None:
    killed = replace(shop_episode, steps=(), end=None)
    page = await opened(browser, write_page(killed, tmp_path / "page.html"))
    text = await page.locator("body").inner_text()
    assert "interrupted" in text and "the run was killed" in text
    await page.context.close()
