"""A real episode, small and with everything in it that a record can hold."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import rollout
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
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.policy import Tokens, Turn

SHOP = Path(__file__).with_name("shop.html")


class Shop:
    """The shop in a live page, and whoever knows what was bought."""

    actions = LivePage.actions

    goal = "Put the cheapest red kettle into the cart and tell me how long its warranty is"

    def __init__(self, browser: Browser) -> None:
        settings = PageSettings(width_px=1280, height_px=720)
        self._page = LivePage(browser, self.goal, SHOP.as_uri(), settings)

    async def reset(self) -> Observation:
        return await self._page.reset()

    async def step(self, action: Action) -> Observation:
        return await self._page.step(action)

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        return await self._page.magnify(region_css_px, width_px, height_px)

    async def score(self, answer: str | None) -> Score | None:
        bought = await self._page.page.title() == "Cart (1)"
        right = bought and answer is not None and "27" in answer
        return Score(float(right), "Enamel Red is in the cart and the answer names 27 months")

    async def close(self) -> None:
        await self._page.close()


class Script:
    """A policy that says what it was told to say."""

    name = "script"
    acts_on_marks = False

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
    async with Browser() as browser:
        recorder = Recorder.create(runs, Shop.goal, {"run": {"goal": Shop.goal}})
        return await rollout(Script(script()), ZoomEnvironment(Shop(browser)), recorder)


@pytest.fixture(scope="session")
def shop_episode(tmp_path_factory: pytest.TempPathFactory) -> Trajectory:
    """An episode in a real Chromium, recorded."""
    return asyncio.run(record_shop(tmp_path_factory.mktemp("runs")))
