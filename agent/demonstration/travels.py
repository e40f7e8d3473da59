"""How a tab came to another page: by what was done in it, or by the browser's own controls.

A page that loads another one asks for it first (a link, a form, a script). What nobody in the page
has asked for came from the address bar, a bookmark, or the buttons beside it.
"""

import time
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from vigorl.agent.demonstration.strokes import PersonAct
from vigorl.browser.actions import Action, Back, Forward, Goto, Reload

ASKED_MS = 3000
"""In which begins what a page has asked for."""
CAUSED_MS = 500
"""After an input to the page, in which going back or loading anew is the page's own doing."""
CHORDS: dict[str, frozenset[str]] = {
    "reload": frozenset({"F5", "Control+R", "Control+Shift+R", "Meta+R"}),
    "back": frozenset({"Alt+ArrowLeft", "Meta+["}),
    "forward": frozenset({"Alt+ArrowRight", "Meta+]"}),
}
_TYPED = ("typed", "address_bar", "generated", "auto_bookmark", "keyword", "keyword_generated")
"""Of entries in a history that came of the browser's own controls."""

Way = Literal["goto", "reload", "back", "forward"]


class Travels:
    """Follows the main frame of one tab.

    Args:
        session: Of the tab.
        done: Told of each act of the browser's own controls.
        last_input_ms: When somebody last did something in a page.
        take_chord: When a chord was pressed that has led to this; it is no act of its own then.
        send: Does what nobody waits for.
    """

    def __init__(
        self,
        session: CDPSession,
        done: Callable[[PersonAct], None],
        last_input_ms: Callable[[], float],
        take_chord: Callable[[frozenset[str]], float | None],
        send: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._send = send
        self._session = session
        self._done = done
        self._last_input_ms = last_input_ms
        self._take_chord = take_chord
        self._frame_id = ""
        self._asked_ms = 0.0
        self._shown_since_ms = 0.0
        """When what is shown has come; what was done before cannot have caused what it does."""
        self._index = 0
        self._under_way: tuple[str, str, float] | None = None
        """Kind of the navigation, address, and when it began."""

    async def begin(self) -> None:
        """Begin to follow.

        Raises:
            playwright.async_api.Error: the tab is gone.
        """
        tree = await self._session.send("Page.getFrameTree")
        self._frame_id = tree["frameTree"]["frame"]["id"]
        self._session.on("Page.frameRequestedNavigation", self._note_request)
        self._session.on("Page.frameScheduledNavigation", self._note_request)
        self._session.on("Page.frameStartedNavigating", self._note_start)
        self._session.on("Page.frameNavigated", lambda e: self._note_arrival(e["frame"]["id"]))
        self._session.on("Page.navigatedWithinDocument", lambda e: self._note_arrival(e["frameId"]))

    def _note_request(self, event: dict[str, Any]) -> None:
        if event["frameId"] == self._frame_id:
            self._asked_ms = time.time() * 1000

    def _note_start(self, event: dict[str, Any]) -> None:
        if event["frameId"] == self._frame_id:
            kind = str(event["navigationType"])
            self._under_way = (kind, event["url"], time.time() * 1000)

    def _note_arrival(self, frame_id: str) -> None:
        if frame_id == self._frame_id:
            began, self._under_way = self._under_way, None
            since_ms, self._shown_since_ms = self._shown_since_ms, time.time() * 1000
            self._send(self._arrived(began, since_ms))

    async def _arrived(self, began: tuple[str, str, float] | None, shown_since_ms: float) -> None:
        """Another document, or another place in it, is shown."""
        try:
            history = await self._session.send("Page.getNavigationHistory")
        except PlaywrightError:
            return  # the tab is gone
        before, self._index = self._index, history["currentIndex"]
        entry = history["entries"][self._index]
        if began is None or entry["url"] == "about:blank":
            return
        kind, _, at_ms = began
        action = self._told(kind, at_ms, self._index - before, entry)
        if action is None:
            return
        pressed_ms = self._take_chord(CHORDS.get(action.type, frozenset()))
        input_ms = self._last_input_ms()
        is_recent = input_ms > shown_since_ms and at_ms - input_ms < CAUSED_MS
        in_page = pressed_ms is None and is_recent
        if in_page and not isinstance(action, Goto):
            return
        began_ms = at_ms if pressed_ms is None else pressed_ms
        self._done(PersonAct(action, began_ms, at_ms))

    def _told(self, kind: str, at_ms: float, steps: int, entry: dict[str, Any]) -> Action | None:
        if kind.startswith("reload"):
            return None if at_ms - self._asked_ms < ASKED_MS else Reload()
        if kind.startswith(("history", "restore")):
            return Back() if steps < 0 else Forward() if steps > 0 else None
        if at_ms - self._asked_ms < ASKED_MS or entry["transitionType"] not in _TYPED:
            return None
        return Goto(entry.get("userTypedURL") or entry["url"])
