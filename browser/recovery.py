"""Recovery of a page that broke: why it cannot be looked at, and ways to bring it back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.deadline import Deadline
from vigorl.browser.errors import PageHung
from vigorl.browser.fault_boundary import connected
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.memory import MemoryWatch
from vigorl.browser.navigation import Navigation
from vigorl.browser.observation import EventKind
from vigorl.browser.tab import LiveTab
from vigorl.browser.tabs import Tabs

DIAGNOSIS_LIMIT_S = 0.5
"""Time for the event that says why a call into the browser failed."""


Trouble = Literal["crashed", "hung", "unruly", "closed"]
"""Why the shown page cannot be looked at: its process is gone; its script does not end; it does
not stop opening dialogs or windows; it was closed, which is no trouble while others are open."""


class Troubled(Exception):
    """The shown page cannot be looked at."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble


Remedy = Callable[[Trouble, float], Awaitable[Trouble | None]]
"""A way to bring a page back: takes why it cannot be looked at and how many seconds it may take;
says what is still wrong."""


class Recovery:
    """The ways in which an episode's shown page is brought back."""

    def __init__(
        self,
        context: BrowserContext,
        tabs: Tabs,
        navigation: Navigation,
        interruptions: Interruptions,
        memory: MemoryWatch,
    ) -> None:
        self._context = context
        self._tabs = tabs
        self._navigation = navigation
        self._interruptions = interruptions
        self._memory = memory

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """From the mildest to the hardest."""
        return self._end_scripts, self._load_again, self._show_nothing

    @contextlib.asynccontextmanager
    async def guard(self, limit_s: float) -> AsyncIterator[None]:
        """Turn what goes wrong with the shown page into `Troubled`."""
        before = self._tabs.shown
        try:
            async with asyncio.timeout(limit_s):
                yield
        except (TimeoutError, PageHung) as error:
            raise Troubled("hung") from error
        except PlaywrightError as error:
            raise Troubled(await self._diagnosis(error, {before, self._tabs.shown})) from error

    async def _diagnosis(self, error: PlaywrightError, tabs: set[LiveTab]) -> Trouble:
        """Why a call into the page failed, once the browser has told."""
        deadline = Deadline.after(DIAGNOSIS_LIMIT_S)
        while deadline.left_s() > 0 and connected(self._context):
            if any(tab.crashed for tab in tabs):
                return "crashed"
            await asyncio.sleep(0.02)
            # When the browser dies, pages close a moment before it is known to be gone.
            if any(tab.page.is_closed() for tab in tabs) and connected(self._context):
                return "closed"
        raise error

    async def _end_scripts(self, trouble: Trouble, patience_s: float) -> Trouble | None:
        if trouble != "hung":
            return trouble
        tab = self._tabs.shown
        await tab.end_scripts(patience_s)
        if not await tab.answers(patience_s):
            return trouble
        self._interruptions.note("page_hung", "A script of the page did not end and was stopped.")
        return None

    async def _load_again(self, trouble: Trouble, patience_s: float) -> Trouble | None:
        url = self._tabs.shown.url
        tab = await self._tabs.replace(self._tabs.shown)
        self._interruptions.note(*_BROUGHT_BACK[trouble])
        if trouble == "crashed" and self._memory.has_ended_one:
            self._interruptions.note("page_crashed", "It had taken too much memory.")
        try:
            async with self.guard(2 * patience_s):
                if url:
                    await self._navigation.load(tab, url, patience_s)
        except Troubled as error:
            return error.trouble
        return None

    async def _show_nothing(self, trouble: Trouble, _: float) -> Trouble | None:
        await self._tabs.replace(self._tabs.shown)
        kind, _text = _BROUGHT_BACK[trouble]
        self._interruptions.note(kind, "It broke again. An empty page is shown in its place.")
        return None


_BROUGHT_BACK: dict[Trouble, tuple[EventKind, str]] = {
    "crashed": ("page_crashed", "The page crashed and was loaded again."),
    "hung": ("page_hung", "The page did not answer and was loaded again in a new tab."),
    "unruly": ("blocked", "The page did not stop and was loaded again in a new tab."),
}
