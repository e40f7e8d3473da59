"""How a person stops an agent on a desktop: by the mouse in a corner, or by a chord of keys.

A thread looks at mouse and keyboard 30 times a second, whatever the agent is busy with. A chord is
seen also where a menu has the keyboard to itself; the agent cannot press it.
"""

import asyncio
import threading
from collections.abc import Callable

from vigorl.browser.desktop.screen import DesktopScreen
from vigorl.browser.errors import ScreenFault, StoppedByPerson

STOP_CHORD = ("Control", "Alt", "Escape")
"""Keys that stop the agent while they are down together."""

CORNER_PX = 2
"""How near to the upper left corner the mouse stops the agent, px."""

LOOK_EVERY_S = 0.03


class StopWatch:
    """Watches for a person who wants the agent to stop.

    Args:
        open_screen: Opens a view of the whole screen for the thread alone.
        origin_px: Where on it the part begins that the agent acts on.
    """

    def __init__(
        self, open_screen: Callable[[], DesktopScreen], origin_px: tuple[int, int] = (0, 0)
    ) -> None:
        self._open_screen = open_screen
        self._origin_px = origin_px
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._watching = threading.Event()
        self._ending = threading.Event()
        self._ours: tuple[int, int] | None = None
        self._thread = threading.Thread(target=self._watch, name="stop watch", daemon=True)
        self.why = ""
        """In which way it was stopped; empty where it was not."""

    def start(self) -> None:
        """Begin to watch; from then on a person can stop it."""
        self._thread.start()
        self._watching.wait()

    def moving_to(self, x_px: int, y_px: int) -> None:
        """Note that the agent itself is about to put the mouse there."""
        self._ours = (x_px + self._origin_px[0], y_px + self._origin_px[1])

    def require_going(self) -> None:
        """Let nothing more be done once somebody has stopped it.

        Raises:
            StoppedByPerson: somebody has.
        """
        if self.why:
            raise StoppedByPerson(self.why)

    async def sleep(self, seconds: float) -> None:
        """Let time pass, unless it is stopped.

        Raises:
            StoppedByPerson: it is.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            pass
        self.require_going()

    async def stopped(self) -> str:
        """Wait until somebody stops it; returns in which way."""
        await self._stopped.wait()
        return self.why

    def close(self) -> None:
        """Stop watching."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        try:
            screen = self._open_screen()
        except ScreenFault:
            return  # whoever acts on it will be told
        finally:
            self._watching.set()
        try:
            while not self._ending.wait(LOOK_EVERY_S):
                if screen.holds(STOP_CHORD):
                    return self._stop(f"{'+'.join(STOP_CHORD)} was pressed")
                at = screen.pointer()
                if _in_corner(at) and not (self._ours and _in_corner(self._ours)):
                    return self._stop("the mouse was moved into the upper left corner")
        except ScreenFault:
            return
        finally:
            screen.close()

    def _stop(self, why: str) -> None:
        self.why = why
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopped.set)


def _in_corner(at: tuple[int, int]) -> bool:
    return max(at) <= CORNER_PX
