"""Files that pages hand out: saved, told, and shown where a browser would show them.

A PDF document that is navigated to is shown in its tab (`vigorl.browser.papers`); one that comes as
an attachment, or in a frame, is only saved. A page that prints itself hands out its print view.
"""

import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from playwright.async_api import Download
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.approvals import Approvals, program_in
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.navigation import Navigation
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.papers import Papers, print_view
from vigorl.browser.pdf import PdfFile, Unreadable, is_pdf
from vigorl.browser.private_files import FILE_MODE, make_private_folder, write_private
from vigorl.browser.questions import ANSWER_LIMIT_S
from vigorl.browser.quoting import quoted
from vigorl.browser.risks import PROGRAMS
from vigorl.browser.tab import LiveTab, within

PRINT_LIMIT_S = 10.0
LOOK_EVERY_S = 0.1
"""Between two looks at the size of a file that comes."""

MOST_NAME_CHARACTERS = 60
"""Of a file's name: four bytes each in the worst case, and file systems take 255."""

SHOW_LIMIT_S = 5.0
"""Time for the pictures of a document to take the place of its file."""


class Downloads:
    """Saves what pages hand out, as far as it is not too much."""

    def __init__(
        self,
        folder: Path,
        interruptions: Interruptions,
        navigation: Navigation,
        papers: Papers,
        approvals: Approvals,
        settings: PageSettings,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._vault = settings.vault
        self._saved_bytes = 0
        self._interruptions = interruptions
        self._navigation = navigation
        self._papers = papers
        self._approvals = approvals
        self._saving: dict[asyncio.Task[None], str] = {}
        self._shown = 0

    def watch(self, tab: LiveTab) -> None:
        """Save what this tab hands out."""
        tab.page.on("download", lambda download: self._start(tab, download))

    def print(self, tab: LiveTab) -> None:
        """Save the page as it would be printed."""
        if self._interruptions.admits("download", tab):
            self._begin(self._print(tab), "print view")

    async def finish(self, limit_s: float) -> bool:
        """Wait for what is being saved; what takes longer goes on and is told as such.

        Returns:
            Whether a document was put into a tab meanwhile.
        """
        if not self._saving:
            return False
        shown = self._shown
        _, unfinished = await asyncio.wait(self._saving, timeout=limit_s)
        for task in unfinished:
            if name := self._saving[task]:
                self._note(f"The download of {quoted(name)} has begun.")
                self._saving[task] = ""  # said once
        return self._shown > shown

    async def close(self) -> None:
        """Let go of what is still under way."""
        tasks = list(self._saving)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._papers.close()

    def _start(self, tab: LiveTab, download: Download) -> None:
        if self._interruptions.admits("download", tab):
            self._begin(self._save(tab, download), download.suggested_filename)
        else:
            self._begin(_cancel(download), "")

    async def _kept_within_bounds(self, download: Download, path: Path) -> bool:
        """Save a file, unless it grows too large, which is told.

        Raises:
            playwright.async_api.Error, OSError: it could not be saved.
        """
        own_copy = _own_copy(download)
        saving = asyncio.ensure_future(download.save_as(path))
        try:
            while not (await asyncio.wait({saving}, timeout=LOOK_EVERY_S))[0]:
                if self._is_too_much(download, max(map(_size, (own_copy, _unfinished(own_copy))))):
                    await within(ANSWER_LIMIT_S, download.cancel())
                    return False
            await saving
        finally:
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
        await within(ANSWER_LIMIT_S, download.delete())  # the browser's own copy
        size = _size(path)
        if self._is_too_much(download, size):
            return False
        self._saved_bytes += size
        return True

    def _is_too_much(self, download: Download, size: int) -> bool:
        most, most_of_all = self._settings.max_download_bytes, self._settings.max_downloaded_bytes
        if size <= most and self._saved_bytes + size <= most_of_all:
            return False
        why = f"it is larger than {most:,} bytes"
        if size <= most:
            why = f"with it, more than {most_of_all:,} bytes would have been saved"
        name = quoted(download.suggested_filename)
        self._interruptions.note("blocked", f"The download of {name} was cancelled: {why}.")
        return True

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work)
        self._saving[task] = name
        task.add_done_callback(lambda done: self._saving.pop(done, None))

    async def _save(self, tab: LiveTab, download: Download) -> None:
        if not await self._is_wanted(download.suggested_filename, download.url):
            await _cancel(download)
            return
        path: Path | None = None
        try:
            path = _free_path(self._folder, self._vault.redact(download.suggested_filename))
            if not await self._kept_within_bounds(download, path):
                path.unlink(missing_ok=True)
                return
            path.chmod(FILE_MODE)
        except (PlaywrightError, OSError) as error:
            if path is not None:
                path.unlink(missing_ok=True)
            reason = error.message if isinstance(error, PlaywrightError) else str(error)
            self._note(f"The download of {quoted(download.suggested_filename)} failed: {reason}")
            return
        size = path.stat().st_size
        saved = f"A file of {size:,} bytes was saved as {_named(path)}."
        self._note(await self._shown_too(tab, download.url, path) or saved)

    async def _is_wanted(self, name: str, url: str) -> bool:
        """Whether a file may be kept: programs only where somebody says so."""
        if not (self._approvals.asks and PROGRAMS.search(name)):
            return True
        return await self._approvals.hold(("program",), program_in(name), url, None)

    async def _shown_too(self, tab: LiveTab, url: str, path: Path) -> str | None:
        """What to say of a document that is shown instead; None where it is a file to be kept."""
        response = self._navigation.response_to_download(tab, url)
        if response is None or not is_pdf(path):
            return None
        disposition = response.headers.get("content-disposition", "")
        if disposition.strip().lower().startswith("attachment"):
            if path.suffix.lower() != ".pdf":  # as another file it could show more than its pages
                return None
            saved = f"A PDF document was saved as {_named(path)}"
            return f"{saved}; load {self._allow(path)} to look at it."
        try:
            file = await self._papers.put(tab, url, path)
            async with asyncio.timeout(SHOW_LIMIT_S):
                await self._navigation.load(tab, url, SHOW_LIMIT_S)
        except Unreadable as error:
            self._note(f"The document cannot be shown: {error}")
            return None
        except (PlaywrightError, TimeoutError):  # the tab went elsewhere, or is gone
            return None
        self._shown += 1
        return f"{_length(file)} is shown. It was saved as {_named(path)}."

    async def _print(self, tab: LiveTab) -> None:
        try:
            title = await tab.page.title()
            path = _free_path(self._folder, f"{_file_name(self._vault.redact(title))}.pdf")
            async with asyncio.timeout(PRINT_LIMIT_S):
                await print_view(tab, path)
            file = await asyncio.to_thread(PdfFile.open, path)
            if not self._vault.is_empty:
                text = await asyncio.to_thread(file.text)
                if self._vault.redact(text) != text:
                    path.unlink()
                    self._note("The page asked to be printed. It shows a secret, so it was not.")
                    return
        except (PlaywrightError, TimeoutError, OSError, Unreadable):
            self._note("The page asked to be printed, which is not possible here.")
            return
        self._note(
            f"The page asked to be printed. {_length(file)} was saved as {_named(path)}; "
            f"load {self._allow(path)} to look at it."
        )

    def _allow(self, path: Path) -> str:
        """Let the file be loaded; returns its address."""
        url = path.resolve().as_uri()
        self._navigation.own_files.add(url)
        return url

    def _note(self, text: str) -> None:
        self._interruptions.note("download", text)


async def _cancel(download: Download) -> None:
    await within(ANSWER_LIMIT_S, download.cancel())


def _own_copy(download: Download) -> Path:
    """Where the browser keeps a file while it comes.

    Playwright says so only once the file is whole, by when it would be too late; a download of a
    tab that closed itself has no other trace.
    """
    artifact: Any = download._impl_obj._artifact
    return Path(artifact._initializer["absolutePath"])


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.crdownload")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # not there yet, or not any more
        return 0


def _length(file: PdfFile) -> str:
    count = len(file.page_sizes_css_px)
    return f"A PDF document of {count} page{'' if count == 1 else 's'}"


def _named(path: Path) -> str:
    """A file, whose name may be a page's words."""
    return quoted(str(path), 1000)


def _file_name(title: str) -> str:
    return re.sub(r"[^\w .-]+", " ", title).strip(" .")[:80] or "page"


def _free_path(folder: Path, name: str) -> Path:
    """A new, empty file in the folder, of this name or with a number behind it."""
    make_private_folder(folder)
    kept = Path(name).suffix[:20]
    name = f"{Path(name).stem[:MOST_NAME_CHARACTERS]}{kept}" or "download"
    path, number = folder / name, 2
    while path.exists():
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
        number += 1
    write_private(path, b"")
    return path
