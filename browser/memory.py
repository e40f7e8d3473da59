"""The memory of pages, watched: a process of pages that takes too much is ended.

A page that grows without end would take the whole machine along. Chromium's own bound is on the
heap of scripts alone (about 4 GB), and pictures, buffers and documents are outside of it. So the
resident memory of each process of pages is looked at several times a second, and one above the
limit is killed, as the system would do a moment later; its pages crash and are loaded again.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from pathlib import Path

from playwright.async_api import Browser as ChromiumProcess
from playwright.async_api import Error as PlaywrightError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5

NEWS_S = 3.0
"""How long after an end a page that crashes is held to have been ended by it."""


class MemoryWatch:
    """Ends processes of pages above a limit, while it is open.

    Args:
        limit_bytes: Resident memory that a process of pages may take.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._watching: asyncio.Task[None] | None = None
        self._ended_s = -NEWS_S
        """When one was ended last."""

    def start(self, process: ChromiumProcess) -> None:
        """Begin to watch; where the system does not tell (`/proc`), nothing is watched."""
        if Path("/proc/self/statm").exists():
            self._watching = asyncio.create_task(self._watch(process))

    @property
    def has_ended_one(self) -> bool:
        """Whether a process was ended just now."""
        return time.monotonic() - self._ended_s < NEWS_S

    async def close(self) -> None:
        """Stop watching; may be called twice."""
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, process: ChromiumProcess) -> None:
        with contextlib.suppress(PlaywrightError):  # the browser is gone, and with it its pages
            session = await process.new_browser_cdp_session()
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                found = await session.send("SystemInfo.getProcessInfo")
                for entry in found["processInfo"]:
                    if entry["type"] == "renderer":
                        self._look(int(entry["id"]))

    def _look(self, pid: int) -> None:
        size = _resident_bytes(pid)
        if size <= self._limit_bytes:
            return
        logger.warning("a process of pages took %d bytes and was ended", size)
        self._ended_s = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def group_bytes(group: int) -> int:
    """Memory of a process group, what its processes share counted once; 0 where nobody tells."""
    found = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):  # it is gone, or somebody else's
            if os.getpgid(int(entry.name)) == group:
                text = (entry / "smaps_rollup").read_text("ascii")
                found += sum(
                    int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")
                )
    return found * 1024


def _resident_bytes(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    except OSError:  # it is gone
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else 0
