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
from vigorl.browser.papers import Papers, print_view
from vigorl.browser.pdf import PdfFile, Unreadable, is_pdf
from vigorl.browser.private_files import FILE_MODE, make_private_folder, write_private
from vigorl.browser.questions import ANSWER_LIMIT_S
from vigorl.browser.quoting import quoted
from vigorl.browser.risks import PROGRAMS
from vigorl.browser.tab import LiveTab, within
from vigorl.browser.vault import Vault

PRINT_LIMIT_S = 10.0
SHOW_LIMIT_S = 5.0
"""Time for the pictures of a document to take the place of its file."""


class Downloads:
    """Saves what pages hand out."""

    def __init__(
        self,
        folder: Path,
        interruptions: Interruptions,
        navigation: Navigation,
        papers: Papers,
        approvals: Approvals,
        vault: Vault,
    ) -> None:
        self._folder = folder
        self._vault = vault
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

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work)
        self._saving[task] = name
        task.add_done_callback(lambda done: self._saving.pop(done, None))

    async def _save(self, tab: LiveTab, download: Download) -> None:
        name = download.suggested_filename
        if not await self._is_wanted(name, download.url):
            await _cancel(download)
            return
        try:
            path = _free_path(self._folder, self._vault.redact(download.suggested_filename))
            await download.save_as(path)
            path.chmod(FILE_MODE)
        except (PlaywrightError, OSError) as error:
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
    name = Path(name).name or "download"
    path, number = folder / name, 2
    while path.exists():
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
        number += 1
    write_private(path, b"")
    return path
