"""Mouse, keyboard and files: what a person does to a page, through real input events."""

import asyncio
import math
import os
from importlib import resources
from typing import assert_never

from playwright.async_api import ElementHandle, Page
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from vigorl.browser.actions import (
    Click,
    Drag,
    Hover,
    Press,
    Scroll,
    SelectOption,
    Type,
    Upload,
)
from vigorl.browser.geometry import Box, Point

InputAction = Click | Hover | Type | Press | Scroll | Drag | SelectOption | Upload

KEYED_CHARACTERS = 64
"""Text up to this long is typed key by key (3.4 ms each); the middle of a longer one is inserted.

Handlers of keys (masks, completion, validation) belong to short fields. In a long text they still
see its last key, by when the field holds everything.
"""

DRAG_MOVES = 10
"""Mouse moves between press and release: sliders and sortable lists follow the path."""

CHOOSER_LIMIT_S = 2.0
"""Time for a file chooser to open after the click."""

ANSWER_LIMIT_S = 3.0
"""Time for a page to find a select; while it waits for its next document it does not answer."""

FRAME_DEPTH = 8
"""Frames within frames that are searched for a select."""

_CHOOSE = resources.files(__package__).joinpath("option.js").read_text("utf-8")
_ELEMENT_AT = """([x, y]) => {
  let element = document.elementFromPoint(x, y);
  while (element?.shadowRoot) {
    const inner = element.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === element) break;
    element = inner;
  }
  return element;
}"""
_CONTENT_CORNER = """(element) => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  return [box.left + element.clientLeft + parseFloat(style.paddingLeft),
          box.top + element.clientTop + parseFloat(style.paddingTop)];
}"""


class Impossible(Exception):
    """An action that cannot be carried out as given; the message is for the agent."""


async def perform(page: Page, action: InputAction, viewport: Box) -> None:
    """Carry out one action by input events.

    Args:
        page: The page that is shown.
        action: Its points are viewport CSS px.
        viewport: What can be pointed at, viewport CSS px.

    Raises:
        Impossible: the action asks for something that is not there.
        playwright.async_api.Error: the page or the browser broke meanwhile.
    """
    match action:
        case Click(point, button, count):
            _require_on_screen(point, viewport)
            if count not in (1, 2, 3):
                raise Impossible(f"A click is single, double or triple, not {count}-fold.")
            await page.mouse.click(point.x, point.y, button=button, click_count=count)
        case Hover(point):
            _require_on_screen(point, viewport)
            await page.mouse.move(point.x, point.y)
        case Type():
            await _type(page, action, viewport)
        case Press(keys):
            await _press(page, keys)
        case Scroll(point, dx_css_px, dy_css_px):
            _require_on_screen(point, viewport)
            if not (math.isfinite(dx_css_px) and math.isfinite(dy_css_px)):
                raise Impossible("The distance to scroll is not a number.")
            await page.mouse.move(point.x, point.y)
            await page.mouse.wheel(dx_css_px, dy_css_px)
        case Drag(start, end):
            _require_on_screen(start, viewport)
            _require_on_screen(end, viewport)
            await page.mouse.move(start.x, start.y)
            await page.mouse.down()
            await page.mouse.move(end.x, end.y, steps=DRAG_MOVES)
            await page.mouse.up()
        case SelectOption(point, label):
            _require_on_screen(point, viewport)
            await _select(page, point, label)
        case Upload(point, paths):
            _require_on_screen(point, viewport)
            await _upload(page, point, paths)
        case _:
            assert_never(action)


def _require_on_screen(point: Point, viewport: Box) -> None:
    inside = viewport.left <= point.x < viewport.right and viewport.top <= point.y < viewport.bottom
    if not inside:  # also where a coordinate is not a number
        raise Impossible(
            f"The point ({point.x:g}, {point.y:g}) is not on the screen, which is "
            f"{viewport.width:g} px wide and {viewport.height:g} px high. Scroll to what lies "
            "outside."
        )


async def _type(page: Page, action: Type, viewport: Box) -> None:
    if action.point is not None:
        _require_on_screen(action.point, viewport)
        await page.mouse.click(action.point.x, action.point.y)
    if action.clear:
        await page.keyboard.press("ControlOrMeta+A")
        await page.keyboard.press("Delete")
    text = action.text
    if len(text) > KEYED_CHARACTERS:
        await page.keyboard.insert_text(text[:-1])
        text = text[-1]
    if text:
        await page.keyboard.type(text)
    if action.enter:
        await page.keyboard.press("Enter")


async def _press(page: Page, keys: str) -> None:
    try:
        await page.keyboard.press(keys)
    except PlaywrightError as error:
        if "Unknown key" not in error.message:
            raise
        raise Impossible(
            f"There is no key {keys!r}. Keys are named like Enter, Escape, Tab, ArrowDown, "
            "PageDown, Backspace, F5 or a single character, chords like Control+A or Shift+Tab."
        ) from error


async def _select(page: Page, point: Point, label: str) -> None:
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            element = await _element_at(page, point)
            outcome = await element.evaluate(_CHOOSE, label) if element is not None else {}
    except TimeoutError as error:
        raise Impossible("The page does not say what is at this point; it may be loading.") from (
            error
        )
    if element is None:
        raise Impossible(f"There is nothing at ({point.x:g}, {point.y:g}).")
    match outcome.get("missing"):
        case None:
            if outcome["open"]:
                await page.keyboard.press("Escape")
        case "select":
            raise Impossible(
                f"There is no native select at ({point.x:g}, {point.y:g}). Click to open the list, "
                "then click the option."
            )
        case "enabled select":
            raise Impossible("The select is disabled.")
        case "enabled option":
            raise Impossible(f"The option {label!r} is disabled.")
        case _:
            labels = ", ".join(repr(name) for name in outcome["labels"][:50])
            raise Impossible(
                f"The select has no option {label!r}. Its options: {labels or 'none'}."
            )


async def _element_at(page: Page, point: Point) -> ElementHandle | None:
    """The innermost element at a point, through open shadow roots and frames of any origin."""
    frame, x, y = page.main_frame, point.x, point.y
    for _ in range(FRAME_DEPTH):
        element = (await frame.evaluate_handle(_ELEMENT_AT, [x, y])).as_element()
        inner = await element.content_frame() if element is not None else None
        if element is None or inner is None:
            return element
        left, top = await element.evaluate(_CONTENT_CORNER)
        frame, x, y = inner, x - left, y - top
    return None


async def _upload(page: Page, point: Point, paths: tuple[str, ...]) -> None:
    if not paths:
        raise Impossible("There are no files to upload.")
    for path in paths:
        if not os.path.isfile(path):
            raise Impossible(f"There is no file {path!r}.")
    try:
        async with page.expect_file_chooser(timeout=CHOOSER_LIMIT_S * 1000) as opening:
            await page.mouse.click(point.x, point.y)
        chooser = await opening.value
    except PlaywrightTimeout as error:
        raise Impossible(
            f"The click at ({point.x:g}, {point.y:g}) opened no file chooser."
        ) from error
    if len(paths) > 1 and not chooser.is_multiple():
        raise Impossible("This field takes a single file.")
    await chooser.set_files(list(paths))
