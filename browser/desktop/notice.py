"""A notice on the user's own screen while the agent acts on it, and how it is stopped.

The mouse goes through it: what lies below can be clicked.
"""

from typing import Any

from Xlib import X
from Xlib.ext import shape

from vigorl.browser.desktop.stop import STOP_CHORD
from vigorl.browser.desktop.x11_connection import XServer, let_go, x11_boundary
from vigorl.browser.geometry import Box

TEXT = f"vigorl-agent acts here. Stop: {'+'.join(STOP_CHORD)}, or the mouse to the upper left"

_PADDING_PX = 6
_COLOURS = (0xFFF3C4, 0x402000)
_FONTS = ("9x15", "fixed")


class Notice:
    """A small window at the bottom of what the agent acts on.

    Args:
        server: On whose screen.
        part_px: Where on it the agent acts.
    """

    def __init__(self, server: XServer, part_px: Box) -> None:
        self._display = server.connect()
        self._part = part_px
        with x11_boundary():
            self._window, self._pen, self._baseline_px = self._made()
            self._window.map()
            self.show()

    def show(self) -> None:
        """Draw it, in front of everything, where something has come over it."""
        with x11_boundary():
            self._window.configure(stack_mode=X.Above)
            self._window.draw_text(self._pen, _PADDING_PX, self._baseline_px, TEXT.encode())
            self._display.sync()

    def close(self) -> None:
        """Take it away."""
        let_go(self._display)

    def _made(self) -> tuple[Any, Any, int]:
        """The window, what to draw on it with, and where."""
        screen = self._display.screen()
        paper, ink = _COLOURS
        fonts = (self._display.open_font(name) for name in _FONTS)
        font = next((each for each in fonts if each is not None), None)
        if font is None:
            raise AssertionError("an X server has the font 'fixed'")
        extent = font.query_text_extents(TEXT.encode())
        width_px = extent.overall_width + 2 * _PADDING_PX
        height_px = extent.font_ascent + extent.font_descent + 2 * _PADDING_PX
        window = screen.root.create_window(
            round(self._part.center.x) - width_px // 2,
            round(self._part.bottom) - height_px,
            width_px,
            height_px,
            1,
            screen.root_depth,
            background_pixel=paper,
            override_redirect=True,
        )
        # No part of it takes the mouse.
        window.shape_rectangles(shape.SO.Set, shape.SK.Input, X.Unsorted, 0, 0, [])
        pen = window.create_gc(foreground=ink, background=paper, font=font)
        return window, pen, extent.font_ascent + _PADDING_PX
