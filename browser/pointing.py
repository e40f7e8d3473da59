"""The mouse: clicks, the wheel and drags, with keys held down; and what pointing brings to light.

Some of it is drawn by the browser outside of the page, and so is in no picture: tooltips, the
suggestions of a field, its calendar. That is told in words.
"""

import asyncio
import contextlib
import math

from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import Click, Drag, Hover, Scroll
from vigorl.browser.elements import Element, Elements
from vigorl.browser.fields import Field
from vigorl.browser.geometry import Point
from vigorl.browser.hands import Hands
from vigorl.browser.impossible import Impossible
from vigorl.browser.keyboard import held, tell_suggestions
from vigorl.browser.quoting import quoted

DRAG_MOVES = 10
"""Mouse moves from one point of a drag to the next: sliders and sortable lists follow the path."""

FRAME_S = 0.02
"""Time for a page to draw once; lists that are sorted by dragging follow the mouse frame by frame,
and drop where it was in the last one."""

LOOK_LIMIT_S = 0.3
"""Time for a page to say what a click or a drag has brought, beside what the picture shows."""

_TOOLTIP = """(element) => {
  for (let node = element; node; node = node.parentElement ?? node.getRootNode().host) {
    const drawn = [...node.children].find((child) =>
      child.localName === 'title' && child.namespaceURI === 'http://www.w3.org/2000/svg');
    if (drawn) return drawn.textContent;
    if (node.hasAttribute('title')) return node.getAttribute('title');
  }
  return '';
}"""
_SELECTION = "(element) => String(element.ownerDocument.getSelection() ?? '')"


async def click(hands: Hands, action: Click) -> None:
    """Click, or press the button for a time.

    Raises:
        Impossible: the point is not on the screen, or the count or time is none.
    """
    hands.require_on_screen(action.point)
    if action.count not in (1, 2, 3):
        raise Impossible(f"A click is single, double or triple, not {action.count}-fold.")
    x, y = action.point.x, action.point.y
    if not action.modifiers and action.hold_s == 0:
        await hands.page.mouse.click(x, y, button=action.button, click_count=action.count)
    else:
        hands.require_time(action.hold_s)
        mouse = hands.page.mouse
        async with held(hands.page, action.modifiers):
            await mouse.move(x, y)
            for count in range(1, action.count + 1):
                try:
                    await mouse.down(button=action.button, click_count=count)
                    if count == action.count:
                        await asyncio.sleep(action.hold_s)
                finally:
                    await mouse.up(button=action.button, click_count=count)
    if action.button == "left":
        await _tell_what_opened(hands)


async def hover(hands: Hands, action: Hover) -> None:
    """Move the mouse, and read the tooltip that comes up.

    Raises:
        Impossible: the point is not on the screen.
    """
    hands.require_on_screen(action.point)
    await hands.page.mouse.move(action.point.x, action.point.y)
    async with Elements.of(hands.tab) as elements:
        with contextlib.suppress(TimeoutError, PlaywrightError):  # it loads: nothing is known
            async with asyncio.timeout(LOOK_LIMIT_S):
                element = await elements.at(action.point)
                if element is not None and (words := (await element.call(_TOOLTIP)).strip()):
                    hands.tell(f"A tooltip says {quoted(words)}.")


async def scroll(hands: Hands, action: Scroll) -> None:
    """Turn the wheel.

    Raises:
        Impossible: the point is not on the screen, or the distance is none.
    """
    hands.require_on_screen(action.point)
    if not (math.isfinite(action.dx_css_px) and math.isfinite(action.dy_css_px)):
        raise Impossible("The distance to scroll is not a number.")
    async with held(hands.page, action.modifiers):
        await hands.page.mouse.move(action.point.x, action.point.y)
        await hands.page.mouse.wheel(action.dx_css_px, action.dy_css_px)


async def drag(hands: Hands, action: Drag) -> None:
    """Press, move through all points, release.

    Raises:
        Impossible: a point is not on the screen.
    """
    hands.require_on_screen(action.start, *action.via, action.end)
    mouse = hands.page.mouse
    async with Elements.of(hands.tab) as elements:
        async with held(hands.page, action.modifiers):
            (element, before), _ = await asyncio.gather(
                _selected_at(elements, action.start), mouse.move(action.start.x, action.start.y)
            )
            try:
                await mouse.down()
                for point in (*action.via, action.end):
                    await mouse.move(point.x, point.y, steps=DRAG_MOVES)
                    await asyncio.sleep(FRAME_S)
            finally:
                await mouse.up()
        if element is None:
            return
        with contextlib.suppress(TimeoutError, PlaywrightError):  # it leads to another page
            async with asyncio.timeout(LOOK_LIMIT_S):
                selected = (await element.call(_SELECTION)).strip()
                if selected and selected != before:
                    hands.tell(f"The drag selected text: {quoted(selected)}.")


async def _selected_at(elements: Elements, point: Point) -> tuple[Element | None, str]:
    """The element at a point, and the text that is selected in its document."""
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            element = await elements.at(point)
            return element, "" if element is None else (await element.call(_SELECTION)).strip()
    except (TimeoutError, PlaywrightError):  # it loads: nothing is known
        return None, ""


async def _tell_what_opened(hands: Hands) -> None:
    async with Elements.of(hands.tab) as elements:
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                field = await Field.glanced(elements)
        except (TimeoutError, PlaywrightError):  # the click led to another page
            return
    if field is None:
        return
    tell_suggestions(hands, field)
    if field.picker_is_open and field.type in _TYPED:
        kind, example = _TYPED[field.type]
        hands.tell(
            f"The field takes a {kind}; the browser's own control for it is not in the picture. "
            f'Type it into the field, like "{example}".'
        )


_TYPED = {
    "date": ("date", "1990-05-17"),
    "time": ("time", "14:30"),
    "month": ("month", "1990-05"),
    "week": ("week", "1990-W20"),
    "datetime-local": ("date and time", "1990-05-17T14:30"),
    "color": ("colour", "#ff0000"),
}
