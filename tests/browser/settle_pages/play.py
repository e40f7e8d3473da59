"""Playing a scenario: open its page, act, and look whether what it brings is there."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from playwright.async_api import BrowserContext, Error, Frame, Page

BACKGROUND_S = 0.3
"""What runs in a page's background has begun by then."""

CHECK_LIMIT_S = 5.0
"""Time for a page to say whether the awaited is there; while it navigates, it says nothing."""


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario."""

    is_right: bool
    elapsed_ms: float
    """From the action to the end of the wait."""
    page_errors: list[str]


async def play(
    scenario: Any,
    context: BrowserContext,
    site_url: str,
    attach: Callable[[Page], Awaitable[Any]],
    begin: Callable[[Any], None],
    wait: Callable[[Any], Awaitable[None]],
) -> Outcome:
    """Play one scenario in a page of its own.

    Args:
        scenario: One of `scenarios`.
        context: Where to open the page; the caller closes it.
        site_url: Of a `Site` that serves the scenarios.
        attach: Makes what waits for a page.
        begin: Called right before the action.
        wait: Called after it; returns when the page is thought to be ready.
    """
    page = await context.new_page()
    errors: list[str] = []
    popups: list[Page] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("popup", lambda popup: popups.append(popup))
    waiter = await attach(page)
    url = f"{site_url}/page/{quote(scenario.name)}"
    verb, *rest = scenario.act.split(" ")
    if verb != "load":
        await page.goto(url)
        await asyncio.sleep(BACKGROUND_S)
    at = await _target(page, rest) if verb in ("click", "hover", "type") else (300.0, 300.0)
    started = time.perf_counter()
    begin(waiter)
    match verb:
        case "click":
            await page.mouse.click(*at)
        case "hover":
            await page.mouse.move(*at)
        case "type":
            await page.mouse.click(*at)
            await page.keyboard.type(rest[1], delay=20)
        case "wheel":
            await page.mouse.move(*at)
            await page.mouse.wheel(0, int(rest[0]))
        case "load":
            await page.goto(url, wait_until="commit")
        case "back":
            await page.evaluate("history.back()")
    await wait(waiter)
    if scenario.place == "popup" and popups:
        await wait(await attach(popups[0]))
    elapsed_ms = (time.perf_counter() - started) * 1000
    is_right = await _is_right(scenario, page, popups, ended_s=time.time())
    return Outcome(is_right, elapsed_ms, errors)


async def _target(page: Page, words: list[str]) -> tuple[float, float]:
    place, selector = (page.frames[1], words[1]) if words[0] == "frame" else (page, words[0])
    box = await place.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def _is_right(scenario: Any, page: Page, popups: list[Page], ended_s: float) -> bool:
    place: Page | Frame = page
    if scenario.place == "popup":
        if not popups:
            return False
        place = popups[0]
    if scenario.place == "frame":
        place = page.frames[1]
    # A document that comes only after the wait would answer as well, but too late.
    answered = (
        "performance.timeOrigin + performance.getEntriesByType('navigation')[0].responseStart"
    )
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            is_there, document_ms = await place.evaluate(f"[{scenario.awaited}, {answered}]")
    except (Error, TimeoutError):
        return False
    return is_there is True and document_ms <= ended_s * 1000
