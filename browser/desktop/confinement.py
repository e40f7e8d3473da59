"""Confinement to one window: what lies beside it is black, and no click or key goes there.

A window's dialogs, menus and hints belong to it: what is transient for it, and whatever its program
opens from then on. Another window of the same program that was open before does not.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image

from vigorl.browser.desktop.screen import Window
from vigorl.browser.desktop.x11_connection import x11_boundary
from vigorl.browser.desktop.x11_windows import Layer, XWindows
from vigorl.browser.errors import UsageError

FIND_LIMIT_S = 10.0
"""Time for a window to open that the agent is to be confined to."""


class Confinement:
    """One window of an X server and what belongs to it.

    Args:
        windows: The windows of the screen.
        window: The one.
    """

    whose = "window"
    """What the agent is confined to, as it is told."""

    def __init__(self, windows: XWindows, window: Window) -> None:
        self._windows = windows
        self._main = window.id
        self._program = windows.program_of(window.id)
        self._others = {each.id for each in windows.listed()} - {window.id}
        self._known: dict[int, bool] = {}

    @classmethod
    async def to(cls, title: str, windows: XWindows) -> "Confinement":
        """Confinement to the window whose title holds a text, once it is there.

        Raises:
            UsageError: there is none, or there are several.
        """
        deadline_s = time.monotonic() + FIND_LIMIT_S
        while True:
            with x11_boundary():
                listed = windows.listed()
            found = [each for each in listed if title.casefold() in each.title.casefold()]
            exact = [each for each in found if each.title == title]
            if len(exact or found) == 1:
                with x11_boundary():
                    return cls(windows, (exact or found)[0])
            if found or time.monotonic() > deadline_s:
                there = ", ".join(repr(each.title) for each in found or listed) or "none at all"
                many = "several windows have" if found else "no window has"
                raise UsageError(
                    f"{many} {title!r} in the title (there: {there}): give --only-window a part "
                    "of one title"
                )
            await asyncio.sleep(0.05)

    def owns(self, window: int) -> bool:
        """Whether a window, menu or the like belongs to the one."""
        if window == self._main:
            return True
        if window in self._others:
            return False
        if window not in self._known:
            self._known[window] = self._belongs(window)
        return self._known[window]

    def admits_point(self, x_px: int, y_px: int) -> bool:
        """Whether what a click at a pixel would reach belongs to the window."""
        with x11_boundary():
            for layer in reversed(self._windows.layers()):
                box = layer.box_px
                if box.left <= x_px < box.right and box.top <= y_px < box.bottom:
                    return self.owns(layer.window)
        return False

    def admits_keys(self) -> bool:
        """Whether keys reach the window."""
        with x11_boundary():
            top = self._windows.focused_top()
            layers = self._windows.layers()
            inside = {
                self._windows.top_of(each.window) for each in layers if self.owns(each.window)
            }
        return top in inside

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """What is asked here stays true until the block ends: nobody else moves a window."""
        with x11_boundary(), self._windows.frozen():
            yield

    def listed(self, windows: Sequence[Window]) -> tuple[Window, ...]:
        """Those of the windows that belong to it."""
        with x11_boundary():
            return tuple(each for each in windows if self.owns(each.id))

    def layers(self) -> list[Layer]:
        """What hides what now, from the lowest to the highest."""
        with x11_boundary():
            return self._windows.layers()

    def masked(self, image: Image.Image, *moments: Sequence[Layer]) -> Image.Image:
        """A picture of the screen, black where there was something else at one of the moments.

        Args:
            image: Of the whole screen, in its physical pixels.
            moments: The layers just before and just after it was taken.
        """
        for layers in moments:
            shown = Image.new("RGB", image.size)
            shown.paste(image, mask=self._seen(layers, image.size))
            image = shown
        return image

    def _seen(self, layers: Sequence[Layer], size: tuple[int, int]) -> Image.Image:
        """Where the window is seen: a picture of one bit a pixel."""
        seen = Image.new("1", size)
        for layer in layers:
            if layer.is_seen:
                box = layer.box_px
                left, top = round(box.left), round(box.top)
                edges = (left, top, round(box.right), round(box.bottom))
                seen.paste(self.owns(layer.window), edges)
        return seen

    def _belongs(self, window: int) -> bool:
        owner, seen = self._windows.owner_of(window), {window}
        while owner and owner not in seen:
            if owner == self._main:
                return True
            if owner in self._others:
                return False
            seen.add(owner)
            owner = self._windows.owner_of(owner)
        connection, process = self._windows.program_of(window)
        return connection == self._program[0] or (process != 0 and process == self._program[1])
