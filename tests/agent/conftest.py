"""A real episode, small and with everything in it that a record can hold."""

import asyncio
import base64
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Dialog, Page, async_playwright

from vigorl.agent.rollout import rollout
from vigorl.agent.trajectory import (
    Recorder,
    Trajectory,
)
from vigorl.browser.actions import (
    Action,
    Click,
    Done,
    Drag,
    Scroll,
    SelectOption,
    Type,
    Zoom,
)
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Observation, Tab
from vigorl.browser.picture import Picture, View
from vigorl.policy.policy import Tokens, Turn

WIDTH_PX, HEIGHT_PX = 1280, 720
SHOP = Path(__file__).with_name("shop.html")


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    executable = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"], timeout=30_000
        )
        try:
            yield browser
        finally:
            await browser.close()


class ShopPage:
    """A page that can do what the recorded episode needs."""

    goal = "Put the cheapest red kettle into the cart and tell me how long its warranty is"

    def __init__(self, page: Page) -> None:
        self.page = page
        self.dialogs: list[str] = []
        page.on("dialog", self._accept)

    async def reset(self) -> Observation:
        await self.page.goto(SHOP.as_uri())
        return await self._screen()

    async def step(self, action: Action) -> Observation:
        mouse, keyboard = self.page.mouse, self.page.keyboard
        match action:
            case Click(point):
                await mouse.click(point.x, point.y)
            case Type(text, Point(x, y)):
                await mouse.click(x, y)
                await keyboard.type(text)
                await keyboard.press("Enter")
            case Scroll(point, dx, dy):
                await mouse.move(point.x, point.y)
                await mouse.wheel(dx, dy)
                await asyncio.sleep(0.2)
            case Drag(start, end):
                await mouse.move(start.x, start.y)
                await mouse.down()
                await mouse.move(end.x, end.y, steps=8)
                await mouse.up()
            case SelectOption(_, label):
                await self.page.select_option("select", label=label)
            case Zoom(region):
                return await self._closer(region)
            case _:
                raise AssertionError(f"no {action.type} here")
        return await self._screen()

    async def score(self, answer: str | None) -> Score | None:
        bought = await self.page.title() == "Cart (1)"
        right = bought and answer is not None and "27" in answer
        return Score(float(right), "Enamel Red is in the cart and the answer names 27 months")

    async def close(self) -> None:
        await self.page.context.close()

    async def _screen(self) -> Observation:
        data = await self.page.screenshot(type="jpeg", quality=80)
        observation = Observation(
            View(Picture.from_bytes(data), Frame.of_viewport(WIDTH_PX, HEIGHT_PX)),
            url="https://kettle.example/shop?page=1",
            title=await self.page.title(),
            tabs=(Tab("https://kettle.example/shop", await self.page.title(), active=True),),
        )
        while self.dialogs:
            text = self.dialogs.pop()
            observation = observation.with_event("dialog", f'"{text}" was asked and accepted.')
        return observation

    async def _closer(self, region: Box) -> Observation:
        session = await self.page.context.new_cdp_session(self.page)
        top = region.top + float(await self.page.evaluate("scrollY"))
        size = {"width": region.width, "height": region.height, "scale": 512 / region.width}
        shot = await session.send(
            "Page.captureScreenshot", {"clip": {"x": region.left, "y": top, **size}}
        )
        picture = Picture.from_bytes(base64.b64decode(shot["data"]))
        return Observation(View(picture, Frame(512, 512, region), "optical"), title="Kettle & Co.")

    async def _accept(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        await dialog.accept()


class Script:
    """A policy that says what it was told to say."""

    name = "script"

    def __init__(self, turns: list[Turn]) -> None:
        self.turns = turns

    def actor(self, goal: str) -> "Script":
        return Script(list(self.turns))

    async def act(self, observation: Observation) -> Turn:
        await asyncio.sleep(0.01)
        return self.turns.pop(0)

    def describe(self) -> dict[str, Any]:
        return {"name": "qwen2.5-vl-3b", "family": "vigorl", "temperature": 0.0}

    async def close(self) -> None:
        pass


def turn(thought: str, action: Action | None, *points: Point, **more: Any) -> Turn:
    logprobs = tuple(-0.01 * (1 + index * 7 % 40) for index in range(48))
    text = more.pop("text", f"<think> {thought} </think>\n<answer> … </answer>")
    tokens = Tokens(0, tuple(range(900)), tuple(range(48)), logprobs)
    return Turn(
        text,
        thought,
        points,
        action,
        tokens=tokens,
        prompt_token_count=900,
        sampled_token_count=48,
        **more,
    )


def script() -> list[Turn]:
    """Finds the kettle, with every kind of gesture on the way, and one slip of the tongue."""
    enamel, small_print, button = Point(1087, 165), Point(195, 375), Point(426, 89)
    return [
        turn(
            "The shop's search field is at the top (440, 34). There is a filter for prices "
            "(150, 140) on the left, but the name comes first, so I type it into (440, 34).",
            Type("red kettle", Point(440, 34), enter=True),
            Point(440, 34),
            Point(150, 140),
            Point(440, 34),
        ),
        turn(
            "Two of these are red: (445, 165) and (1087, 165). "
            "To compare prices I sort with the list (150, 226).",
            SelectOption(Point(150, 226), "Price"),
            Point(445, 165),
            enamel,
            Point(150, 226),
        ),
        turn(
            "Only cheap ones matter: I pull the slider (249, 140) to about 30 € (93, 140).",
            Drag(Point(249, 140), Point(93, 140)),
            Point(249, 140),
            Point(93, 140),
        ),
        turn(
            "The third one (1087, 165) is red, and the cheapest of that colour.",
            None,
            enamel,
            text="<think> The third one (1087, 165) is red, and the cheapest of that colour. "
            "</think>\nclick <b>it</b> now",
            error="There is text outside of the tags. Write <think> … </think> and then "
            "<answer> … </answer>, each once, and nothing else.",
        ),
        turn(
            "The third one (1087, 165) is red, and the cheapest of that colour; I open it.",
            Click(enamel),
            enamel,
        ),
        turn("", Scroll(Point(640, 500), 0, 200)),
        turn(
            "There is small print (195, 375) that I cannot read. I look closer.",
            Zoom(Box.around(small_print, 70)),
            small_print,
        ),
        turn(
            "The warranty (188, 375) is 27 months. The button is at (426, 89); I press it.",
            Click(button),
            Point(188, 375),
            button,
        ),
        turn("It says 'In the cart' (426, 89). Both parts are done.", Done("27 months"), button),
    ]


async def record_shop(runs: Path) -> Trajectory:
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        recorder = Recorder.create(runs, ShopPage.goal, {"run": {"goal": ShopPage.goal}})
        return await rollout(Script(script()), ShopPage(page), recorder)


@pytest.fixture(scope="session")
def shop_episode(tmp_path_factory: pytest.TempPathFactory) -> Trajectory:
    """An episode in a real Chromium, recorded."""
    return asyncio.run(record_shop(tmp_path_factory.mktemp("runs")))
