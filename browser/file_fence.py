"""A fence around folders: which files the tabs of an episode may show.

Chromium lets no page of the web open a file, but a page that is a file itself may lead to any
other. So where an episode has files at all, documents that are loaded from files are looked at
first. Other addresses are not touched, and lose no time.
"""

import asyncio
from typing import Any

from vigorl.browser.boundary import Boundary, file_of
from vigorl.browser.tab import LiveTab, within

CALL_LIMIT_S = 5.0


class FileFence:
    """Keeps tabs to the files of a boundary, and to those that the episode saved itself.

    Args:
        boundary: Names folders and files.
        own_files: Addresses of files that may be loaded in any case; grows.
    """

    def __init__(self, boundary: Boundary, own_files: set[str]) -> None:
        self._boundary = boundary
        self._own_files = own_files
        self._errands: set[asyncio.Task[bool]] = set()

    def admits(self, url: str) -> bool:
        """Whether a document may be shown."""
        path = file_of(url)
        if path is None:
            return not url.startswith("file:")
        return url in self._own_files or self._boundary.admits_file(path)

    async def put_up(self, tab: LiveTab) -> None:
        """Look at what this tab loads from files.

        Raises:
            playwright.async_api.Error: the tab is gone.
        """
        if not self._boundary.files:
            return
        session = await tab.page.context.new_cdp_session(tab.page)

        async def answer(event: dict[str, Any]) -> None:
            request = {"requestId": event["requestId"]}
            if self.admits(event["request"]["url"]):
                await session.send("Fetch.continueRequest", request)
            else:
                await session.send("Fetch.failRequest", {**request, "errorReason": "AccessDenied"})

        def note(event: dict[str, Any]) -> None:
            task = asyncio.create_task(within(CALL_LIMIT_S, answer(event)))
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)

        session.on("Fetch.requestPaused", note)
        patterns = [{"urlPattern": "file:*", "resourceType": "Document"}]
        await session.send("Fetch.enable", {"patterns": patterns})

    async def close(self) -> None:
        """Let go of what is still under way."""
        tasks = list(self._errands)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
