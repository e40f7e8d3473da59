"""Monitors of an X server, of which an agent may be given one: it sees and acts on no other."""

from collections.abc import Sequence
from typing import Any

from PIL import Image

from vigorl.browser.desktop.confinement import Confinement
from vigorl.browser.desktop.screen import Window
from vigorl.browser.desktop.x11_connection import XServer, let_go, x11_boundary
from vigorl.browser.desktop.x11_windows import Layer, XWindows
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box


def monitor_of(server: XServer, number: int | None) -> Box | None:
    """Where a monitor is on a server's screen, physical px; None: the whole screen is wanted.

    Args:
        server: whose.
        number: counted from 1, in the server's order.

    Raises:
        UsageError: there is no such monitor; the message lists those that there are.
        ScreenFault: the server cannot be reached.
    """
    if number is None:
        return None
    display = server.connect()
    try:
        with x11_boundary():
            monitors = _monitors(display)
    finally:
        let_go(display)
    if 1 <= number <= len(monitors):
        return monitors[number - 1]
    there = ", ".join(
        f"{index} ({box.width:g} x {box.height:g} px at {box.left:g}, {box.top:g})"
        for index, box in enumerate(monitors, 1)
    )
    raise UsageError(f"--monitor {number}: there is no such monitor. There are: {there}")


def _monitors(display: Any) -> list[Box]:
    screen = display.screen()
    found = []
    if display.has_extension("RANDR"):
        found = [
            Box(each.x, each.y, each.x + each.width_in_pixels, each.y + each.height_in_pixels)
            for each in screen.root.xrandr_get_monitors().monitors
        ]
    return found or [Box(0, 0, screen.width_in_pixels, screen.height_in_pixels)]


class MonitorConfinement(Confinement):
    """Confinement to one monitor: keys go to no window that has its middle on another.

    Args:
        windows: The windows of the screen, with their places on the monitor.
        size_px: Of the monitor.
    """

    whose = "monitor"

    def __init__(self, windows: XWindows, size_px: tuple[int, int]) -> None:
        self._windows = windows
        self._size_px = size_px

    def owns(self, window: int) -> bool:
        """Whether the middle of a window is on the monitor."""
        with x11_boundary():
            return any(
                self._is_here(each) for each in self._windows.layers() if each.window == window
            )

    def admits_point(self, x_px: int, y_px: int) -> bool:
        """Always: whatever is at a point of the monitor is on the monitor."""
        return True

    def admits_keys(self) -> bool:
        """Whether keys reach a window on the monitor, or none at all."""
        with x11_boundary():
            top = self._windows.focused_top()
            layers = self._windows.layers()
            tops = {self._windows.top_of(each.window): each for each in layers}
        return top not in tops or self._is_here(tops[top])

    def listed(self, windows: Sequence[Window]) -> tuple[Window, ...]:
        """Those of the windows that are on the monitor."""
        return tuple(each for each in windows if self.owns(each.id))

    def layers(self) -> list[Layer]:
        """None: nothing on the monitor is hidden from the agent."""
        return []

    def masked(self, image: Image.Image, *moments: Sequence[Layer]) -> Image.Image:
        """The picture as it is."""
        return image

    def _is_here(self, layer: Layer) -> bool:
        middle = layer.box_px.center
        return 0 <= middle.x < self._size_px[0] and 0 <= middle.y < self._size_px[1]
