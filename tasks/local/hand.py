"""Where elements stand on the screen, for the oracle: it alone looks into the DOM."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from vigorl.browser.actions import Action, Scroll
from vigorl.browser.errors import TaskFault
from vigorl.browser.geometry import Box, Point

APPEAR_LIMIT_S = 5.0
"""How long an element may take to appear where it can be clicked."""

POLL_S = 0.05

MAX_SCROLLS = 40

_AIM = """
element => {
  const rects = [...element.getClientRects()].filter(r => r.width > 0 && r.height > 0);
  if (!rects.length) return null;
  const r = rects[0];
  const [x, y] = [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
  const inside = r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight;
  const hit = document.elementFromPoint(x, y);
  const reached = !!hit && (element.contains(hit) || hit.closest('label')?.control === element);
  return {box: [r.left, r.top, r.right, r.bottom], inside, reached,
          top: document.scrollingElement.scrollTop};
}
"""


class Shown(Protocol):
    """Whatever shows a page: the environment, or a bare browser tab."""

    @property
    def page(self) -> Page:
        """The tab that is shown now."""
        ...


@dataclass(frozen=True, slots=True)
class ElementPlace:
    """An element's place in the viewport."""

    box_css_px: Box
    inside: bool
    """All of it is in the viewport."""
    reached: bool
    """A click on its centre lands on it and not on something that covers it."""
    scroll_top_px: float

    @property
    def point(self) -> Point:
        """Where to click."""
        return self.box_css_px.center


async def find(shown: Shown, selector: str) -> ElementPlace | None:
    """Where the one element that matches stands now; None where none is visible."""
    locator = shown.page.locator(f"{selector} >> visible=true")
    if await locator.count() == 0:
        return None
    try:
        found = await locator.evaluate(_AIM)
    except PlaywrightError as error:
        if "context was destroyed" in error.message:  # the page went away meanwhile
            return None
        raise
    if found is None:
        return None
    return ElementPlace(Box(*found["box"]), found["inside"], found["reached"], found["top"])


async def reach(shown: Shown, selector: str) -> AsyncIterator[Action]:
    """Scroll until the element stands in the viewport, as a person would: with the wheel."""
    aim = await aim_at(shown, selector, ready=False)
    for _ in range(MAX_SCROLLS):
        if aim.inside and aim.reached:
            return
        size = await shown.page.evaluate("[innerWidth, innerHeight]")
        middle = Point(size[0] / 2, size[1] / 2)
        yield Scroll(middle, dy_css_px=round(aim.point.y - middle.y))
        before, aim = aim, await aim_at(shown, selector, ready=False)
        if aim.scroll_top_px == before.scroll_top_px:
            break
    if not (aim.inside and aim.reached):
        raise TaskFault(f"{selector} cannot be clicked at {aim.point}: outside or covered")


async def aim_at(shown: Shown, selector: str, *, ready: bool = True) -> ElementPlace:
    """The element's place, once it has appeared.

    Raises:
        TaskFault: it does not appear; with `ready`, a click there would not reach it.
    """
    aim = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(APPEAR_LIMIT_S):
            while True:
                aim = await find(shown, selector)
                if aim is not None and (not ready or (aim.inside and aim.reached)):
                    return aim
                await asyncio.sleep(POLL_S)
    raise TaskFault(f"{selector} cannot be clicked on {shown.page.url}: {aim}")
