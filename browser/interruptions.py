"""What pages spring on their user: dialogs, windows, downloads, file choosers.

Each is answered at once, so that none holds a step, and remembered as an event of the next
observation. Pages that do not stop are stopped: beyond a limit per step the running script is
ended and the documents lose the means to open more.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Dialog, Download, FileChooser, Frame
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.deadline import Deadline
from vigorl.browser.observation import Event, EventKind
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.tab import LiveTab, within

Kind = Literal["dialog", "window", "download"]

MESSAGE_CHARACTERS = 300
"""Of a page's own words in an event."""

ANSWER_LIMIT_S = 2.0
"""Time for a page to take an answer, or to come to rest after its script was ended."""

_MUTE = """() => {
  for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => null;
}"""


def quoted(text: str) -> str:
    """A page's words, in quotes and not too many."""
    text = " ".join(text.split())
    if len(text) > MESSAGE_CHARACTERS:
        text = text[: MESSAGE_CHARACTERS - 1] + "…"
    return f'"{text}"'


class Interruptions:
    """Answers what pages spring on their user, and remembers it."""

    def __init__(self, settings: PageSettings, download_dir: Path) -> None:
        self._settings = settings
        self._download_dir = download_dir
        self._events: list[Event] = []
        self._counts: Counter[Kind] = Counter()
        self._quietening: dict[LiveTab, asyncio.Task[bool]] = {}
        self._downloads: dict[asyncio.Task[None], str] = {}
        self._uploading = False

    def begin_step(self) -> None:
        """Count anew."""
        self._counts.clear()

    def watch(self, tab: LiveTab) -> None:
        """Answer what this tab brings."""

        async def answer_dialog(dialog: Dialog) -> None:
            await self._answer(tab, dialog)

        def start_download(download: Download) -> None:
            self._start_download(tab, download)

        tab.page.on("dialog", answer_dialog)
        tab.page.on("download", start_download)
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
        quietening, self._quietening = self._quietening, {}
        await asyncio.gather(*quietening.values())
        return [tab for tab, task in quietening.items() if not task.result()]

    @contextlib.contextmanager
    def uploading(self) -> Iterator[None]:
        """A file chooser that opens meanwhile is the agent's own doing."""
        self._uploading = True
        try:
            yield
        finally:
            self._uploading = False

    async def finish_downloads(self, limit_s: float) -> None:
        """Wait for what is being saved; what takes longer goes on and is told as such."""
        if not self._downloads:
            return
        _, unfinished = await asyncio.wait(self._downloads, timeout=limit_s)
        for task in unfinished:
            if name := self._downloads[task]:
                self.note("download", f"The download of {quoted(name)} has begun.")
                self._downloads[task] = ""  # said once

    async def close(self) -> None:
        """Let go of what is still under way."""
        tasks: list[asyncio.Task[Any]] = [*self._downloads, *self._quietening.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, tab: LiveTab, dialog: Dialog) -> None:
        if not self.admits("dialog", tab):
            await within(ANSWER_LIMIT_S, dialog.dismiss())
            return
        said = f" {quoted(dialog.message)}" if dialog.message else ""
        accepts = self._settings.dialogs == "accept" or dialog.type in ("alert", "beforeunload")
        reply: Coroutine[Any, Any, None]
        if not accepts:
            reply, outcome = dialog.dismiss(), "dismissed"
        elif dialog.type == "prompt":
            given = self._settings.prompt_text
            text = dialog.default_value if given is None else given
            reply, outcome = dialog.accept(text), f"answered with {quoted(text)}"
        else:
            reply, outcome = dialog.accept(), "accepted"
        name = "question whether to leave" if dialog.type == "beforeunload" else dialog.type
        self.note("dialog", f"The page showed a dialog ({name}){said}; it was {outcome}.")
        await within(ANSWER_LIMIT_S, reply)

    def _start_download(self, tab: LiveTab, download: Download) -> None:
        if self.admits("download", tab):
            task = asyncio.create_task(self._save(download))
            self._downloads[task] = download.suggested_filename
        else:
            task = asyncio.create_task(_cancel(download))
            self._downloads[task] = ""
        task.add_done_callback(lambda done: self._downloads.pop(done, None))

    async def _save(self, download: Download) -> None:
        try:
            path = _free_path(self._download_dir, download.suggested_filename)
            await download.save_as(path)
        except (PlaywrightError, OSError) as error:
            reason = error.message if isinstance(error, PlaywrightError) else str(error)
            self.note(
                "download",
                f"The download of {quoted(download.suggested_filename)} failed: {reason}",
            )
            return
        size = path.stat().st_size
        self.note("download", f"A file of {size:,} bytes was saved as {path}.")

    def _note_chooser(self, _: FileChooser) -> None:
        if not self._uploading:
            self.note(
                "file_chooser",
                "The page asked for a file and got none. To give it one, upload at that point.",
            )


async def _cancel(download: Download) -> None:
    await within(ANSWER_LIMIT_S, download.cancel())


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


def _free_path(folder: Path, name: str) -> Path:
    """A new, empty file in the folder, of this name or with a number behind it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = Path(name).name or "download"
    path, number = folder / name, 2
    while path.exists():
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
        number += 1
    path.touch()
    return path
