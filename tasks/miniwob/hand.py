"""An oracle's eyes and hand: it alone looks into the DOM, and acts as a person would.

An oracle is a coroutine that says what to do next, one action at a time; `actions` turns it into
an iterator, which hands over each action and goes on once that was carried out.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from vigorl.browser.actions import (
    Action,
    Click,
    Done,
    Drag,
    Hover,
    Press,
    Scroll,
    SelectOption,
    Type,
    Wait,
)
from vigorl.browser.errors import TaskFault
from vigorl.browser.geometry import Box, Point
from vigorl.tasks.task import TaskRow

MAX_SCROLLS = 30
APPEAR_LIMIT_S = 4.0
"""How long something may take to appear."""
POLL_S = 0.05

_SPOT = """([selector, text, nth]) => {
  const plain = (text) => text.replace(/\\s+/g, ' ').trim();
  const found = [...document.querySelectorAll(selector)].filter((element) =>
    element.getClientRects().length &&
    (text === null || plain(element.value || element.textContent) === plain(text)));
  const element = found[nth < 0 ? found.length + nth : nth];
  if (!element) return null;
  const r = [...element.getClientRects()].find((r) => r.width && r.height);
  if (!r) return null;
  let frame = element.parentElement;
  const scrolls = (node) => node.scrollHeight > node.clientHeight + 1 &&
    /auto|scroll/.test(getComputedStyle(node).overflowY);
  while (frame && !scrolls(frame)) frame = frame.parentElement;
  const f = frame && frame !== document.documentElement && frame !== document.body
    ? frame.getBoundingClientRect()
    : { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const shown = { left: Math.max(f.left, 0), top: Math.max(f.top, 0),
                  right: Math.min(f.right, innerWidth), bottom: Math.min(f.bottom, innerHeight) };
  let point = null;
  for (const [u, v] of [[.5, .5], [.3, .5], [.7, .5], [.5, .25], [.5, .75], [.2, .2], [.8, .2],
                        [.2, .8], [.8, .8], [.07, .5], [.93, .5], [.5, .07], [.5, .93]]) {
    const [x, y] = [r.left + u * r.width, r.top + v * r.height];
    const hit = document.elementFromPoint(x, y);
    if (hit && (element.contains(hit) || hit.closest('label')?.control === element)) {
      point = [x, y];
      break;
    }
  }
  return { point, box: [r.left, r.top, r.right, r.bottom],
           frame: [shown.left, shown.top, shown.right, shown.bottom],
           at: frame ? frame.scrollTop : 0 };
}"""


class PlayedTask(Protocol):
    """Whatever a task is played in: the environment."""

    row: TaskRow

    @property
    def page(self) -> Page:
        """The page that is shown."""
        ...


@dataclass(frozen=True, slots=True)
class ElementSpot:
    """An element's place in the viewport, CSS px."""

    point: Point | None
    """Where a click reaches it; None where it is covered or outside."""
    box: Box
    frame: Box
    """What can be seen of the part of the page that scrolls it."""
    scrolled_px: float


class Hand:
    """What an oracle sees and does; every method that acts is one action or a few."""

    def __init__(self, played: PlayedTask) -> None:
        self._played = played
        self.goal = played.row.goal
        self.seed = played.row.seed
        self.fields: Mapping[str, str] = played.row.parameters["fields"]
        self._next: asyncio.Queue[Action] = asyncio.Queue(1)
        self._carried_out = asyncio.Event()

    async def do(self, action: Action) -> None:
        """Hand over an action; returns when it was carried out."""
        self._carried_out.clear()
        await self._next.put(action)
        await self._carried_out.wait()

    # ------------------------------------------------------------------------------- looking

    async def read(self, script: str, argument: Any = None) -> Any:
        """What a script finds in the page.

        Raises:
            TaskFault: the page is not as the script knows it.
        """
        try:
            return await self._played.page.evaluate(script, argument)
        except PlaywrightError as error:
            raise TaskFault(f"{self._played.row.id}: {error.message} ({self.goal})") from error

    async def spot(
        self, selector: str, text: str | None = None, nth: int = 0
    ) -> ElementSpot | None:
        """Where the nth visible element stands that matches, with this text or value."""
        found = await self.read(_SPOT, [selector, text, nth])
        if found is None:
            return None
        point = Point(*found["point"]) if found["point"] else None
        return ElementSpot(point, Box(*found["box"]), Box(*found["frame"]), found["at"])

    async def shown(self, selector: str, text: str | None = None, nth: int = 0) -> ElementSpot:
        """As `spot`, once it is there.

        Raises:
            TaskFault: it does not appear.
        """
        for _ in range(round(APPEAR_LIMIT_S / POLL_S)):
            if (spot := await self.spot(selector, text, nth)) is not None:
                return spot
            await asyncio.sleep(POLL_S)
        raise TaskFault(f"{self._played.row.id}: no {selector} {text or ''} ({self.goal})")

    async def texts(self, selector: str) -> list[str]:
        """The texts of all elements that match, visible or not."""
        script = "s => [...document.querySelectorAll(s)].map(e => e.textContent.trim())"
        return list(await self.read(script, selector))

    def told(self, pattern: str) -> str:
        """What the goal says at the pattern's group.

        Raises:
            TaskFault: it does not say anything like it.
        """
        if match := re.search(pattern, self.goal):
            return match.group(1)
        raise TaskFault(f"{self._played.row.id}: {self.goal!r} is not of the form {pattern!r}")

    # -------------------------------------------------------------------------------- acting

    async def reach(self, selector: str, text: str | None = None, nth: int = 0) -> Point:
        """Scroll until a click reaches the element, and say where.

        Raises:
            TaskFault: none does.
        """
        spot = await self.shown(selector, text, nth)
        for _ in range(MAX_SCROLLS):
            if spot.point is not None:
                return spot.point
            dy_css_px = round(spot.box.center.y - spot.frame.center.y)
            await self.do(Scroll(spot.frame.center, dy_css_px=dy_css_px))
            before, spot = spot, await self.shown(selector, text, nth)
            if spot.point is None and spot.scrolled_px == before.scrolled_px:
                break
        if spot.point is not None:
            return spot.point
        raise TaskFault(f"{self._played.row.id}: {selector} {text or ''} cannot be reached")

    async def click(
        self, selector: str, text: str | None = None, nth: int = 0, count: int = 1
    ) -> None:
        """Click an element, scrolling to it where need be."""
        await self.do(Click(await self.reach(selector, text, nth), count=count))

    async def click_at(self, point: Point) -> None:
        """Click a point."""
        await self.do(Click(point))

    async def hover(self, selector: str, text: str | None = None, nth: int = 0) -> None:
        """Move the mouse onto an element."""
        await self.do(Hover(await self.reach(selector, text, nth)))

    async def type(self, selector: str, text: str, nth: int = 0, clear: bool = False) -> None:
        """Type into a field."""
        await self.do(Type(text, await self.reach(selector, nth=nth), clear=clear))

    async def press(self, keys: str) -> None:
        """Press a key or chord."""
        await self.do(Press(keys))

    async def choose(self, selector: str, label: str, *others: str) -> None:
        """Choose an option of a native list."""
        await self.do(SelectOption(await self.reach(selector), label, others))

    async def drag(self, start: Point, end: Point) -> None:
        """Drag from one point to another."""
        await self.do(Drag(start, end))

    async def scroll(self, selector: str, dy_css_px: float) -> None:
        """Turn the wheel over an element."""
        await self.do(Scroll((await self.shown(selector)).box.center, dy_css_px=dy_css_px))

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await self.do(Wait(seconds))


Oracle = Callable[[Hand], Awaitable[None]]
"""Plays one task to the end."""


async def actions(oracle: Oracle, played: PlayedTask) -> AsyncGenerator[Action]:
    """The oracle's actions, one at a time; the last one is always `Done`.

    Each must be carried out before the next one is asked for.

    Raises:
        TaskFault: the page is not as the oracle knows it.
    """
    hand = Hand(played)
    playing = asyncio.ensure_future(oracle(hand))
    try:
        while True:
            asking = asyncio.ensure_future(hand._next.get())
            await asyncio.wait({asking, playing}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                asking.cancel()
                playing.result()
                break
            yield asking.result()
            hand._carried_out.set()
    finally:
        playing.cancel()
    yield Done()
