"""One tab in which a person acts: its frames listened to in worlds of our own, and filmed."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

from playwright.async_api import CDPSession, Frame
from playwright.async_api import Error as PlaywrightError
from pydantic import ValidationError

from vigorl.agent.demonstration.film import Film, Stay
from vigorl.agent.demonstration.strokes import words
from vigorl.agent.demonstration.witnessed import TOLD, Told
from vigorl.browser.errors import PageHung
from vigorl.browser.geometry import Point
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.picture import Picture
from vigorl.browser.tab import LiveTab
from vigorl.browser.vault import Vault

WORLD = "vigorl.person"
"""Of the listeners, which no script of a page sees."""
BINDING = "personDid"
"""Through which they tell, in that world alone."""
MOST_PAGES = 200
COVER_LIMIT_S = 2.0

_WATCH = (
    resources.files(__package__)
    .joinpath("watch.js")
    .read_text("utf-8")
    .replace("TELL_PERSON", BINDING)
    .replace(
        "DESCRIBE_FIELD",
        resources.files("vigorl.browser").joinpath("field.js").read_text("utf-8").strip(),
    )
)


class WatchedTab:
    """A tab, what it showed, and what is done in it.

    Args:
        live: The tab.
        vault: What no picture may show.
        hear: Told of each input event, in order.
    """

    def __init__(
        self, live: LiveTab, vault: Vault, hear: Callable[["WatchedTab", Told], None]
    ) -> None:
        self.live = live
        self.is_opened_by_page = False
        self._pages: deque[tuple[float, str, str]] = deque(maxlen=MOST_PAGES)
        """When, by which address and by which title its document was known, oldest first."""
        self.scrolled: dict[float, tuple[float, float]] = {}
        """How far the page was scrolled when it was pressed, CSS px, by the time of that."""
        self._vault = vault
        self._hear = hear
        size = live.page.viewport_size or {"width": 1280, "height": 720}
        self.film = Film(size["width"], size["height"], self._covered)
        self._window = Point(0, 0)
        """Where the viewport begins on the screen, px."""
        self._origins: dict[str, Point] = {}
        self._apart: dict[Frame, CDPSession] = {}
        self._errands: set[asyncio.Task[None]] = set()

    def page_at(self, at_ms: float) -> tuple[str, str]:
        """Address and title that it had at a time, as far as events have told."""
        earlier = [page for page in self._pages if page[0] <= at_ms]
        _, url, title = earlier[-1] if earlier else (0, self.live.url, "")
        return url, title

    async def begin(self) -> None:
        """Listen in all documents of it, also those to come, and film it.

        Raises:
            playwright.async_api.Error: it is gone.
        """
        page = self.live.page
        self.is_opened_by_page = await page.opener() is not None
        session = await page.context.new_cdp_session(page)
        await self._listen(session)
        # As without a window, where runs are played that learn from this, or play it again.
        await session.send("Emulation.setScrollbarsHidden", {"hidden": True})
        await self.film.start(session, PageSettings().jpeg_quality)
        page.on("framenavigated", self._note_frame)

    async def close(self) -> None:
        """Let go of what is under way."""
        await self.film.close()
        for task in self._errands:
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    def send(self, errand: Any) -> None:
        """Do something that nobody waits for."""
        task = asyncio.ensure_future(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _listen(self, session: CDPSession) -> None:
        session.on("Runtime.bindingCalled", lambda event: self._note(session, event))
        source = {"source": _WATCH, "worldName": WORLD, "runImmediately": True}
        binding = {"name": BINDING, "executionContextName": WORLD}
        await asyncio.gather(
            session.send("Runtime.enable"),
            session.send("Page.enable"),
            session.send("Runtime.addBinding", binding),
            session.send("Page.addScriptToEvaluateOnNewDocument", source),
        )

    def _note_frame(self, frame: Frame) -> None:
        if frame.parent_frame is not None:
            self.send(self._listen_apart(frame))

    async def _listen_apart(self, frame: Frame) -> None:
        """Listen in a frame that lives in a process of its own."""
        with contextlib.suppress(PlaywrightError):  # it shares its parent's, or is gone
            session = await self.live.page.context.new_cdp_session(frame)
            self._apart[frame] = session
            await self._listen(session)

    def _note(self, session: CDPSession, event: dict[str, Any]) -> None:
        if event["name"] != BINDING:
            return
        try:
            told = TOLD.validate_json(event["payload"])
        except ValidationError:  # of another script, which has made a binding of this name
            return
        if told.kind == "files":
            self.send(self._take_files(session, told, event["executionContextId"]))
        else:
            self._take(told)

    def _take(self, told: Told) -> None:
        if told.is_top and told.url is not None:
            self._pages.append((told.at_ms, told.url, told.title or ""))
        if told.screen is not None and told.client is not None:
            if told.is_top:
                self._window = Point(
                    told.screen[0] - told.client[0], told.screen[1] - told.client[1]
                )
            across = told.screen[0] - self._window.x - told.client[0]
            down = told.screen[1] - self._window.y - told.client[1]
            self._origins[told.document] = Point(across, down)
        origin = Point(0, 0) if told.is_top else self._origins.get(told.document)
        told = replace(
            told,
            origin=None if origin is None else (origin.x, origin.y),
            window=(self._window.x, self._window.y),
        )
        if told.kind == "down" and told.scrolled is not None:
            self.scrolled = {told.at_ms: told.scrolled, **dict([*self.scrolled.items()][:8])}
        if told.kind == "over":
            note, box = words(told)
            self.film.stays.append(Stay(told.at_ms, told.point, box, note))
        self._hear(self, told)

    async def _take_files(self, session: CDPSession, told: Told, context_id: int) -> None:
        """Learn the paths of what was chosen, which pages are not told."""
        paths = []
        with contextlib.suppress(PlaywrightError):
            for index in range(told.count):
                found = await session.send(
                    "Runtime.evaluate",
                    {"expression": f"chosenFiles[{index}]", "contextId": context_id},
                )
                file = {"objectId": found["result"]["objectId"]}
                paths.append((await session.send("DOM.getFileInfo", file))["path"])
        self._take(replace(told, files=tuple(paths)))

    async def _covered(self) -> Picture | None:
        if not self._vault.sought:
            return None
        try:
            return await self.live.camera.screen(COVER_LIMIT_S)
        except PageHung as error:
            raise PlaywrightError(str(error)) from error
