"""The page of a run under way, used as a person would, while a model plays in a real browser."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from vigorl.agent.live.asking import AskingEnvironment, LiveAsking
from vigorl.agent.live.control import LiveControl
from vigorl.agent.live.page import served
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import rollout
from vigorl.browser.actions import Drag, Press, Scroll, Type
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment, EnvironmentWrapper, Score
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.vault import Vault
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SHOP = """<title>start</title><style>body{margin:0;height:2000px;font:20px sans-serif}
button,input,div{position:absolute;box-sizing:border-box}</style>
<button style="left:40px;top:40px;width:160px;height:50px" onclick="told('wrong')">Wrong</button>
<button style="left:400px;top:60px;width:24px;height:24px" onclick="told('right')">R</button>
<input id="name" style="left:40px;top:140px;width:300px">
<div id="pad" style="left:40px;top:220px;width:500px;height:200px;background:#dde"></div>
<script>
const log = []; const told = (what) => { log.push(what); document.title = log.join(' '); };
const field = document.getElementById('name');
field.onkeydown = (event) => { if (event.key === 'Enter') told(field.value); };
pad.onpointerdown = (event) => pad.setPointerCapture(event.pointerId);
pad.onpointerup = (event) => told(`drag ${Math.round(event.clientX)},${Math.round(event.clientY)}`);
document.addEventListener('dblclick', () => told('double'));
</script>"""


class Model:
    """A backend that says its lines and keeps what it read; `gate` holds it back."""

    name, continues = "lines", False

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.read: list[str] = []

    def session(self, seed: int) -> "Model":
        return self

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        self.read.append("".join(part for part in messages[-1].parts if isinstance(part, str)))
        line = self.lines.pop(0)
        thought = "The button (187, 135) is the one." if line.startswith("click") else "So."
        return Reply(f"<think> {thought} </think>\n<answer> {line} </answer>", 9, 9, False)

    def describe(self) -> dict[str, Any]:
        return {"backend": "lines"}

    async def close(self) -> None:
        return None


class Judged(EnvironmentWrapper[LivePage]):
    """The shop, solved where the small button was pressed."""

    async def score(self, answer: str | None) -> Score | None:
        return Score(float("right" in await self._inner.page.title()))


class SteeredRun:
    """A run, its page, and whoever looks at it."""

    def __init__(self, url: str, control: LiveControl, playing: "asyncio.Task[Trajectory]") -> None:
        self.url, self.control, self.playing = url, control, playing


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@asynccontextmanager
async def steered(
    browser: Browser, folder: Path, model: Model, vault: Vault | None = None
) -> AsyncIterator[SteeredRun]:
    control, vault = LiveControl(paused=True), vault or Vault(learns=True)
    html = folder / "shop.html"
    html.write_text(SHOP)
    policy = ModelPolicy(family_named("qwen3-vl"), model, Sampling())  # type: ignore[arg-type]
    shop = LivePage(browser, "buy it", html.as_uri(), PageSettings(width_px=640, height_px=480))
    environment: Environment = AskingEnvironment(Judged(shop), LiveAsking(control), vault)
    control.begin("buy it", policy, vault)
    control.optics = shop
    recorder = Recorder(folder / "runs" / "run", vault=vault)

    async def play() -> Trajectory:
        ended = await rollout(policy, environment, recorder, watcher=control, referee=control)
        control.end(ended.status)
        return ended

    async with asyncio.timeout(60), served(control, folder / "runs") as url:
        playing = asyncio.create_task(play())
        try:
            yield SteeredRun(url, control, playing)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


async def opened(browser: Browser, url: str, width_px: int = 1280, height_px: int = 720) -> Page:
    context = await browser.context(viewport={"width": width_px, "height": height_px})
    page = await context.new_page()
    await page.goto(url)
    return page


async def spot(page: Page, x_css_px: float, y_css_px: float) -> tuple[float, float]:
    """Where a point of the steered page is on this one."""
    box = await page.locator("#picture").bounding_box()
    assert box is not None
    return box["x"] + x_css_px * box["width"] / 640, box["y"] + y_css_px * box["height"] / 480


async def test_a_person_vetoes_takes_over_in_the_picture_and_gives_back(
    browser: Browser, tmp_path: Path
) -> None:
    model = Model("click (187, 135)", "click (187, 135)", "done")
    async with steered(browser, tmp_path, model) as run:
        page = await opened(browser, run.url)
        await expect(page.locator("#words")).to_have_text("click (120, 65)")
        ring = page.locator("#drawn circle.ring")
        await expect(ring).to_have_attribute("cx", "18.7%")
        await page.reload()
        await expect(page.locator("#thought")).to_contain_text("The button")
        await page.locator("#thought .named").hover()
        await expect(page.locator("#drawn .dot.lit")).to_have_count(2)
        await page.keyboard.press("v")
        await page.keyboard.type("that is <b>the wrong</b> one")
        await page.keyboard.press("Enter")
        await expect(page.locator("#past li")).to_have_count(1)
        await expect(page.locator("#words")).to_have_text("click (120, 65)")
        assert "that is <b>the wrong</b> one" in model.read[1]

        other = await opened(browser, run.url, 390, 844)
        await expect(other.locator("#words")).to_have_text("click (120, 65)")
        await page.keyboard.press("t")
        await expect(other.locator("#mode")).to_have_text("you act")
        await expect(page.locator("#doing")).to_contain_text("it is your turn")
        await page.mouse.click(*await spot(page, 412, 72))
        await expect(page.locator("#title")).to_have_text("right")
        await other.locator("#act-line").fill("fly (1, 2)")
        await other.locator("#act-form button[type=submit]").click()
        await expect(other.locator("#refused")).to_contain_text("fly is not a command")
        await page.mouse.move(*await spot(page, 100, 300))
        await page.mouse.down()
        await page.mouse.move(*await spot(page, 300, 340), steps=8)
        await page.mouse.up()
        await expect(page.locator("#title")).to_contain_text("right drag 300,340")
        await page.mouse.click(*await spot(page, 100, 152))
        await page.keyboard.type("Ünal")
        await page.keyboard.press("Enter")
        await expect(page.locator("#title")).to_contain_text("Ünal")
        await page.mouse.move(*await spot(page, 100, 300))
        await page.mouse.wheel(0, 120)
        await expect(page.locator("#past li.person")).to_have_count(6)
        await page.keyboard.press("F6")  # out of the picture
        await page.keyboard.press("t")
        await expect(page.locator("#mode")).to_have_text("running")
        trajectory = await run.playing
        await expect(page.locator("#mode")).to_have_text("over")
        await page.context.close()
        await other.context.close()
    assert trajectory.status == "done" and trajectory.is_solved
    by = [step.by for step in trajectory.steps]
    assert by == ["policy", "policy", *["person"] * 6, "policy"]
    click, drag, _, typed, enter, scroll = [step.done for step in trajectory.steps[2:8]]
    assert abs(click.point.x - 412) < 1 and abs(click.point.y - 72) < 1  # type: ignore[union-attr]
    assert isinstance(drag, Drag) and len(drag.via) > 1
    assert typed == Type("Ünal") and enter == Press("Enter")
    assert isinstance(scroll, Scroll) and scroll.dy_css_px == 120
    assert "took over" in model.read[2] and 'type "Ünal"' in model.read[2]


async def test_a_question_an_edit_and_a_stop_by_keyboard_alone(
    browser: Browser, tmp_path: Path
) -> None:
    vault = Vault(learns=True)
    model = Model('ask "Which password?"', "click (187, 135)", "wait 1")
    async with steered(browser, tmp_path, model, vault) as run:
        page = await opened(browser, run.url, 390, 844)
        await expect(page.locator("#words")).to_have_text('ask "Which password?"')
        await page.keyboard.press("s")
        await expect(page.locator("#answer")).to_be_focused()
        assert await page.locator("#answer").get_attribute("type") == "password"
        await page.keyboard.type("hunter-2222")
        await page.keyboard.press("Enter")
        await expect(page.locator("#words")).to_have_text("click (120, 65)")
        await page.keyboard.press("m")
        await page.keyboard.type("hunter-2222 is it")
        await page.keyboard.press("Enter")
        await page.keyboard.press("e")
        await page.keyboard.type("click (412, 72)")
        await page.keyboard.press("Enter")
        await expect(page.locator("#title")).to_have_text("right")
        await expect(page.locator("#words")).to_have_text("wait 1")
        await page.keyboard.press("q")
        await page.keyboard.press("Enter")
        trajectory = await run.playing
        await page.context.close()
    assert trajectory.status == "interrupted" and trajectory.score is None
    assert len(trajectory.steps) == 3, "also what was held back when it was stopped"
    assert "The person gave" in model.read[1] and "says:" in model.read[2]
    assert "hunter" not in "".join(model.read)
    record = (tmp_path / "runs/run/trajectory.jsonl").read_bytes()
    assert b"hunter" not in record and b"<secret answer> is it" in record


async def test_only_who_has_the_token_and_no_other_sites_page_gets_through(tmp_path: Path) -> None:
    control = LiveControl()
    stop = {"type": "stop"}
    async with served(control, tmp_path) as url, httpx.AsyncClient() as client:
        command, origin = f"{url}/command", url.rpartition("/")[0].rpartition("/")[0]
        token = url.removeprefix(origin)
        assert (await client.post(f"{origin}/live/command", json=stop)).status_code == 403
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
        ):
            assert (await client.post(command, json=stop, headers=headers)).status_code == 403
            events = await client.get(f"{url}/events", headers=headers)
            assert events.status_code == 403
        rebound = {"host": "evil.example"}
        assert (await client.post(command, json=stop, headers=rebound)).status_code == 421
        assert (await client.get(f"{url}/events", headers=rebound)).status_code == 421
        for body, type_ in (
            ("type=stop", "application/x-www-form-urlencoded"),
            ("{}", "text/plain"),
        ):
            answer = await client.post(command, content=body, headers={"content-type": type_})
            assert answer.status_code == 415
        for broken in ("{", '{"type": "fly"}', "[]", '{"type": "act", "action": {"type": "done"'):
            json_type = {"content-type": "application/json"}
            answer = await client.post(command, content=broken, headers=json_type)
            assert answer.status_code == 400, broken
        assert (await client.post(command, json={"type": "say", "text": "x" * 70_000})).is_error
        assert control.state.doing != "stopping", token
        allowed = await client.post(command, json=stop, headers={"origin": origin})
        assert allowed.status_code == 204 and await control.stopped() == "a person stopped it"
