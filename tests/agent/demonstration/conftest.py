"""Somebody at the browser: input that it takes for a person's, through a connection of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.agent.demonstration.person import Demonstration
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.run import ModelConfig, RunConfig, run
from vigorl.browser.actions import (
    Action,
    Back,
    Click,
    Done,
    Drag,
    Goto,
    Hover,
    Press,
    Scroll,
    SelectOption,
    TabClose,
    TabSwitch,
    Type,
)
from vigorl.browser.geometry import Point

KEYS = {
    "Enter": (13, "\r"),
    "Tab": (9, ""),
    "Escape": (27, ""),
    "Backspace": (8, ""),
    "Delete": (46, ""),
    "ArrowDown": (40, ""),
    "ArrowLeft": (37, ""),
    "ArrowRight": (39, ""),
    "End": (35, ""),
    "F5": (116, ""),
}
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
OPTION = """([x, y, label]) => {
  const select = document.elementsFromPoint(x, y).find((each) => each.localName === 'select');
  const { left, top, width, height } =
    [...select.options].find((each) => each.label === label).getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


class Somebody:
    """Acts in one page."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self.session = session
        self._at = Point(0, 0)

    @classmethod
    async def at(cls, page: Page) -> "Somebody":
        return cls(page, await page.context.new_cdp_session(page))

    async def mouse(self, kind: str, point: Point, **more: Any) -> None:
        event = {"type": kind, "x": point.x, "y": point.y, **more}
        await self.session.send("Input.dispatchMouseEvent", event)

    async def move(self, point: Point, steps: int = 3) -> None:
        start = self._at
        for step in range(1, steps + 1):
            share = step / steps
            await self.mouse(
                "mouseMoved",
                Point(start.x + share * (point.x - start.x), start.y + share * (point.y - start.y)),
            )
        self._at = point

    async def click(self, point: Point, button: str = "left", count: int = 1) -> None:
        await self.move(point)
        for number in range(1, count + 1):
            for kind in ("mousePressed", "mouseReleased"):
                await self.mouse(kind, point, button=button, clickCount=number)

    async def drag(self, *points: Point) -> None:
        await self.move(points[0])
        await self.mouse("mousePressed", points[0], button="left", buttons=1, clickCount=1)
        for point in points[1:]:
            for share in (0.25, 0.5, 0.75, 1.0):
                place = Point(
                    self._at.x + share * (point.x - self._at.x),
                    self._at.y + share * (point.y - self._at.y),
                )
                await self.mouse("mouseMoved", place, button="left", buttons=1)
                await asyncio.sleep(0.02)
            self._at = point
        await self.mouse("mouseReleased", points[-1], button="left", clickCount=1)

    async def wheel(self, point: Point, dx: float, dy: float, turns: int = 4) -> None:
        await self.move(point)
        for _ in range(turns):
            await self.mouse("mouseWheel", point, deltaX=dx / turns, deltaY=dy / turns)

    async def key(self, chord: str) -> None:
        *held, key = chord.split("+")
        code, text = KEYS[key] if key in KEYS else (ord(key.upper()) if key.isalnum() else 0, key)
        modifiers = sum(MODIFIERS[each] for each in held)
        text = "" if set(held) & {"Control", "Alt", "Meta"} else text
        event = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers, "text": text}
        if held == ["Control"] and key == "a":
            event["commands"] = ["selectAll"]
        down = "keyDown" if text else "rawKeyDown"
        await self.session.send("Input.dispatchKeyEvent", {"type": down, **event})
        event.pop("commands", None)
        await self.session.send("Input.dispatchKeyEvent", {"type": "keyUp", **event, "text": ""})

    async def write(self, text: str) -> None:
        for character in text:
            await self.key("Enter" if character == "\n" else character)

    async def choose(self, point: Point, label: str) -> None:
        await self.click(point)
        await asyncio.sleep(0.15)  # the list opens
        x, y = await self.page.evaluate(OPTION, [point.x, point.y, label])
        await self.click(Point(x, y))

    async def do(self, action: Action) -> None:
        """An action as a person does it, with what they do beside it."""
        match action:
            case Click(point, button=button, count=count):
                await self.click(point, button, count)
            case Hover(point):
                await self.move(point)
            case Type(text, point=point, clear=clear, enter=enter):
                if point is not None:
                    await self.click(point)
                if clear:
                    await self.key("Control+a")
                    await self.key("Delete")
                await self.write(text)
                if enter:
                    await self.key("Enter")
            case Press(keys):
                await self.key(keys)
            case Scroll(point, dx_css_px=dx, dy_css_px=dy):
                await self.wheel(point, dx, dy)
            case Drag(start, end, via=via):
                await self.drag(start, *via, end)
            case SelectOption(point, label):
                await self.choose(point, label)
            case Goto(url):
                await self.session.send("Page.navigate", {"url": url})
            case Back():
                history = await self.session.send("Page.getNavigationHistory")
                entry = history["entries"][history["currentIndex"] - 1]["id"]
                await self.session.send("Page.navigateToHistoryEntry", {"entryId": entry})
            case TabClose() | TabSwitch():
                raise AssertionError("of the browser's own controls")
            case _:
                raise AssertionError(action)


class Demonstrating:
    """A demonstration that is under way, and the somebody who gives it."""

    def __init__(self, **options: Any) -> None:
        self._begun = asyncio.Event()
        self.unsaid: list[str] = []
        self.demonstration = Demonstration(
            begins=self._begun.set, say=self.unsaid.append, **options
        )
        self._hands: dict[Page, Somebody] = {}
        self._playing: asyncio.Task[Trajectory] | None = None

    @property
    def page(self) -> Page:
        """That is shown."""
        return self.demonstration.eyewitness.shown.page

    async def begin(self, config: RunConfig) -> None:
        model = ModelConfig("person")
        playing = run(config, model, additions=self.demonstration.additions)
        self._playing = asyncio.create_task(playing)
        begun = asyncio.create_task(self._begun.wait())
        await asyncio.wait({self._playing, begun}, return_when="FIRST_COMPLETED")
        begun.cancel()
        if self._playing.done():
            self._playing.result()

    async def do(self, *actions: Action) -> None:
        """Act, and wait each time until the page has come to rest and is drawn."""
        for action in actions:
            shown = self.demonstration.eyewitness.shown
            somebody = await self.hands(shown.page)
            shown.settle.begin()
            await somebody.do(action)
            await self.look()

    async def hands(self, page: Page | None = None) -> Somebody:
        """Of somebody at a page, the one that is shown."""
        page = page or self.page
        if page not in self._hands:
            self._hands[page] = await Somebody.at(page)
        return self._hands[page]

    async def settled_in(self, name: str) -> None:
        """Wait until a page whose address ends so is shown."""
        while not self.page.url.endswith(name):
            await asyncio.sleep(0.02)
        await self.look()

    async def ended(self) -> Trajectory:
        """Wait until it ends by itself."""
        assert self._playing is not None
        return await self._playing

    async def look(self) -> None:
        """Wait until the page has come to rest and is drawn, as somebody does who looks."""
        shown = self.demonstration.eyewitness.shown
        await shown.settle.wait(3)
        with contextlib.suppress(PlaywrightError):
            await shown.session.send("Page.captureScreenshot", {"format": "jpeg", "quality": 1})
        await asyncio.sleep(0.08)

    async def end(self, ending: Done | None = None) -> Trajectory:
        assert self._playing is not None
        self.demonstration.end(ending)
        return await self._playing


@pytest.fixture(scope="session")
def demonstrations() -> type[Demonstrating]:
    """Of them, for a loop of one's own."""
    return Demonstrating


@pytest.fixture
async def demonstrating() -> AsyncIterator[Callable[..., Demonstrating]]:
    """Makes demonstrations, and ends those that a test leaves behind."""
    made: list[Demonstrating] = []

    def make(**options: Any) -> Demonstrating:
        made.append(Demonstrating(**options))
        return made[-1]

    yield make
    for each in made:
        if each._playing is not None:
            each._playing.cancel()
            await asyncio.gather(each._playing, return_exceptions=True)
