"""What pages spring on their user, counted, and told with the next observation.

Pages that do not stop are stopped: beyond a limit per step the running script is ended and the
documents lose the means to open more.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from playwright.async_api import FileChooser, Frame

from vigorl.browser.deadline import Deadline
from vigorl.browser.observation import Event, EventKind
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.questions import ANSWER_LIMIT_S
from vigorl.browser.tab import LiveTab, within

Kind = Literal["dialog", "window", "download"]

_MUTE = """() => {
  for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => null;
}"""


class Interruptions:
    """Counts what pages spring on their user, and remembers it."""

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._events: list[Event] = []
        self._counts: Counter[Kind] = Counter()
        self._quietening: dict[LiveTab, asyncio.Task[bool]] = {}
        self._uploading = False

    def begin_step(self) -> None:
        """Count anew."""
        self._counts.clear()

    def watch(self, tab: LiveTab) -> None:
        """Answer what this tab brings."""
        if self._settings.attend is None:
            tab.page.on("filechooser", self._note_chooser)

    def note(self, kind: EventKind, text: str) -> None:
        """Remember something for the next observation."""
        self._events.append(Event(kind, text))

    def take_events(self) -> tuple[Event, ...]:
        """What happened since the last time; what happened repeatedly, once with its count."""
        counts = Counter(self._events)
        self._events.clear()
        return tuple(
            event if count == 1 else replace(event, text=f"{event.text} ({count} times)")
            for event, count in counts.items()
        )

    def admits(self, kind: Kind, tab: LiveTab) -> bool:
        """Count one more; False beyond the limit, where the first one quietens the tab."""
        limits: dict[Kind, int] = {
            "dialog": self._settings.max_dialogs,
            "window": self._settings.max_windows,
            "download": self._settings.max_downloads,
        }
        self._counts[kind] += 1
        if self._counts[kind] <= limits[kind]:
            return True
        if self._counts[kind] == limits[kind] + 1:
            self.note(
                "blocked",
                f"The page opened more than {limits[kind]} {kind}s at once. Its script was "
                "stopped; until it is loaded again, further ones are blocked.",
            )
            if tab not in self._quietening:
                self._quietening[tab] = asyncio.create_task(_quieten(tab))
        return False

    async def killed(self) -> list[LiveTab]:
        """The tabs that were to be quietened and did not come to rest, so that they were killed."""
        while pending := [task for task in self._quietening.values() if not task.done()]:
            await asyncio.wait(pending)  # not gathered: a wait that is cut short must not end them
        quietening, self._quietening = self._quietening, {}
        return [tab for tab, task in quietening.items() if not task.result()]

    @contextlib.contextmanager
    def uploading(self) -> Iterator[None]:
        """A file chooser that opens meanwhile is the agent's own doing."""
        self._uploading = True
        try:
            yield
        finally:
            self._uploading = False

    async def close(self) -> None:
        """Let go of what is still under way."""
        tasks = list(self._quietening.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note_chooser(self, _: FileChooser) -> None:
        if not self._uploading:
            self.note(
                "file_chooser",
                "The page asked for a file and got none. To give it one, upload at that point.",
            )


async def _quieten(tab: LiveTab) -> bool:
    """End the running script and take dialogs and windows from the documents.

    A loop that spends its time in `alert` or `open` can hardly be ended: V8 looks for
    interruptions only after some hundred rounds. Such a page is killed.

    Returns:
        Whether the page came to rest.
    """
    muting = [asyncio.create_task(_mute(frame)) for frame in tab.page.frames]
    await asyncio.gather(tab.end_scripts(ANSWER_LIMIT_S), *muting)
    if tab.page.is_closed() or muting[0].result():  # of the main frame, which is the first
        return True
    await tab.kill(ANSWER_LIMIT_S)
    return False


async def _mute(frame: Frame) -> bool:
    deadline = Deadline.after(ANSWER_LIMIT_S)
    while deadline.left_s() > 0:  # the script that is ended can be this very one
        if await within(deadline.left_s(), frame.evaluate(_MUTE)):
            return True
    return False
