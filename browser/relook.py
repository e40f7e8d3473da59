"""A second look before a click: is what was aimed at still there?

Whoever decides does so on a picture that may be seconds old. With each picture it is noted what
stands in the viewport, behind the picture; just before something is
clicked or typed, the point is looked at again. Where another element is there (swapped, covered,
moved), or the same one says something else, nothing is done; so it is where something new, hidden
before or from elsewhere has come under the pointer without a word of what it is for. Where elements
tell nothing (a canvas, a frame, bare text), pixels are compared. Whatever moves by itself (digits,
values, carets, styles, videos) makes no difference.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from PIL import Image
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import (
    Action,
    Click,
    Drag,
    Press,
    SelectOption,
    Type,
    Upload,
)
from vigorl.browser.errors import PageHung
from vigorl.browser.geometry import Box, Point
from vigorl.browser.picture import Picture, View
from vigorl.browser.quoting import quoted
from vigorl.browser.tab import LiveTab
from vigorl.browser.worlds import world_of

LOOK_LIMIT_S = 0.5
"""Time for a page to say what stands where; one that does not answer is taken as it is."""

AROUND_CSS_PX = 20
"""Half the side of the square whose pixels are compared."""

DIFFERS_BY = 64
"""Of 255, in one channel: more than JPEG does to a sharp edge, mostly."""
DIFFERING_SHARE = 0.15
"""Of the square's pixels, from which on it shows something else."""

MOST_REFUSALS = 3
"""In a row at one place; then the page is one that never stays as it is."""
_NEAR_CSS_PX = 24

_ACTIVATING = ("Enter", "Space", " ", "NumpadEnter")
_SCRIPT = resources.files(__package__).joinpath("relook.js").read_text("utf-8")
_GROUP = "looks"
_NAMES = {"a": "link", "input": "field", "textarea": "field", "select": "list", "img": "picture"}


@dataclass(slots=True)
class _Memory:
    """What stood in the viewport of a tab when its picture was taken."""

    tab: LiveTab
    url: str
    picture: Picture
    at_s: float
    object_id: str | None = None
    """Chromium's name of what `relook.js` keeps; None where the page did not answer."""


class Relook:
    """Compares what is there with what was seen.

    Args:
        after_s: Age of a picture from which on it is not believed any more, s; None: never.
    """

    def __init__(self, after_s: float | None) -> None:
        self._after_s = after_s
        self._memory: _Memory | None = None
        self._noting: asyncio.Task[None] | None = None
        self._world: int | None = None
        self._refused: tuple[Point | None, str] | None = None
        self._refusals = 0

    async def prepare(self, tab: LiveTab) -> None:
        """Make room for a look beside the page's own scripts, while its picture is taken."""
        self._world = None
        if self._after_s is None:
            return
        with contextlib.suppress(PlaywrightError, TimeoutError):  # then there is nothing to note
            async with asyncio.timeout(LOOK_LIMIT_S):
                self._world = await world_of(tab.session, tab.target_id)

    def note(self, tab: LiveTab, picture: Picture) -> None:
        """Note what stands in the viewport, of which this is the picture; nobody waits for it."""
        if self._after_s is None:
            return
        self.close()
        self._memory = _Memory(tab, tab.url, picture, time.monotonic())
        self._noting = asyncio.create_task(_noted(self._memory, self._world))

    def close(self) -> None:
        """Let go of what is still under way."""
        if self._noting is not None:
            self._noting.cancel()

    async def change(self, action: Action, tab: LiveTab, view: View | None) -> str | None:
        """What to say of a target that is not what it was; None where it is."""
        memory, after_s = self._memory, self._after_s
        if after_s is None or memory is None or memory.tab is not tab:
            return None
        if time.monotonic() - memory.at_s < after_s:
            return None
        if self._noting is not None:
            await asyncio.wait({self._noting})
        point = _point_of(action)
        if point is None and not _goes_to_focus(action):
            return None
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                found = await _asked(memory, point)
        except (PlaywrightError, TimeoutError):  # another document, or no answer
            is_elsewhere = tab.url.partition("#")[0] != memory.url.partition("#")[0]
            verdict = "elsewhere" if is_elsewhere else "unknown"
            found = {"verdict": verdict, "now": tab.url, "now_tag": "", "was": "", "was_tag": ""}
        has_changed = found["verdict"] in ("changed", "elsewhere")
        if found["verdict"] == "unknown" and point is not None and view is not None:
            has_changed = await _looks_different(memory, tab, point)
        if has_changed and self._refuses(found, point):
            return _in_words(found, point)
        self._refused, self._refusals = None, 0
        return None

    def _refuses(self, found: dict[str, str], point: Point | None) -> bool:
        """Whether a change is a reason to do nothing: not where there have been enough of them."""
        key = f"{found['now_tag']} {found['now']}"
        before = self._refused
        again = before is not None and _is_near(before[0], point)
        if again and self._refusals >= MOST_REFUSALS:
            return False
        if again and before is not None and found["verdict"] == "unknown" and before[1] == key:
            return False
        self._refusals = self._refusals + 1 if again else 1
        self._refused = (point, key)
        return True


async def _noted(memory: _Memory, world: int | None) -> None:
    session = memory.tab.session
    look = {"expression": f"({_SCRIPT})()", "objectGroup": _GROUP, "silent": True}
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            if world is None:
                world = await world_of(session, memory.tab.target_id)
            # Sent at once: what the page does next comes later.
            answers: list[dict[str, Any]] = await asyncio.gather(
                session.send("Runtime.releaseObjectGroup", {"objectGroup": _GROUP}),
                session.send("Runtime.evaluate", {**look, "contextId": world}),
            )
    except (PlaywrightError, TimeoutError):  # it is gone, or does not answer
        return
    memory.object_id = answers[1]["result"].get("objectId")


async def _asked(memory: _Memory, point: Point | None) -> dict[str, str]:
    if memory.object_id is None:
        raise PlaywrightError("nothing was noted")
    call = "this.focus()" if point is None else f"this.at({point.x}, {point.y})"
    answer = await memory.tab.session.send(
        "Runtime.callFunctionOn",
        {
            "functionDeclaration": f"function () {{ return {call} }}",
            "objectId": memory.object_id,
            "returnByValue": True,
            "silent": True,
        },
    )
    if "exceptionDetails" in answer:
        raise PlaywrightError(answer["exceptionDetails"]["text"])
    said: dict[str, str] = answer["result"]["value"]
    return said


async def _looks_different(memory: _Memory, tab: LiveTab, point: Point) -> bool:
    """Whether the pixels around a point are visibly others than those of the picture."""
    picture = memory.picture
    screen = Box(0, 0, picture.width_px, picture.height_px)
    region = Box.around(Point(round(point.x), round(point.y)), AROUND_CSS_PX).intersection(screen)
    if region is None:
        return False
    width_px, height_px = round(region.width), round(region.height)
    try:
        now = await tab.camera.region(region, width_px, height_px, LOOK_LIMIT_S)
    except (PlaywrightError, PageHung):
        return False
    box = (round(region.left), round(region.top), round(region.right), round(region.bottom))

    def compared() -> bool:
        before, after = picture.image().crop(box), now.image()
        return before.size == after.size and differing_share(before, after) > DIFFERING_SHARE

    return await asyncio.to_thread(compared)


def differing_share(one: Image.Image, other: Image.Image) -> float:
    """How many of the pixels of two pictures are visibly others, as a share.

    Args:
        one: A picture.
        other: Another one, of the same size.
    """
    before, after = (np.asarray(image.convert("RGB"), dtype=np.int16) for image in (one, other))
    return float((np.abs(before - after).max(axis=2) > DIFFERS_BY).mean())


def _point_of(action: Action) -> Point | None:
    match action:
        case Click(point=point) | SelectOption(point=point) | Upload(point=point):
            return point
        case Drag(start=point):
            return point
        case Type(point=point):
            return point
        case _:
            return None


def _goes_to_focus(action: Action) -> bool:
    if isinstance(action, Press):
        return action.keys.split("+")[-1] in _ACTIVATING
    return isinstance(action, Type)


def _is_near(one: Point | None, other: Point | None) -> bool:
    if one is None or other is None:
        return one is other
    return max(abs(one.x - other.x), abs(one.y - other.y)) <= _NEAR_CSS_PX


def _in_words(found: dict[str, str], point: Point | None) -> str:
    now = _named(found["now_tag"], found["now"])
    was = _named(found["was_tag"], found["was"])
    if found["verdict"] == "elsewhere":
        what = "another one has come in its place"
    elif point is None:
        what = f"the focus is on {now} now, and was on {was}"
    elif found["verdict"] == "unknown":
        what = f"({point.x:g}, {point.y:g}) looks different now"
    elif found["now"] == found["was"] == "":
        what = f"something else is at ({point.x:g}, {point.y:g}) now"
    else:
        what = f"at ({point.x:g}, {point.y:g}) is {now} now, and was {was}"
    return f"The page has changed since the last picture: {what}. Nothing was done; look again."


def _named(tag: str, name: str) -> str:
    if not tag:
        return "nothing to act on"
    kind = _NAMES.get(tag, tag if tag in ("button", "label", "video", "canvas") else "something")
    return f"{'the ' if name else 'a ' if kind != 'something' else ''}{kind}" + (
        f" {quoted(name, 80)}" if name else ""
    )
