"""A screen of an X server: captured by shared memory, moved by XTest, watched by XDamage."""

import contextlib
import re
from pathlib import Path
from typing import Any

import mss
from mss.exception import ScreenShotError
from PIL import Image
from Xlib import X, Xatom
from Xlib.ext import xtest
from Xlib.protocol import event

from vigorl.browser.desktop.screen import Button, Wheel, Window
from vigorl.browser.desktop.x11_connection import XServer, let_go, x11_boundary
from vigorl.browser.desktop.x11_keys import Keyboard
from vigorl.browser.desktop.x11_windows import XWindows
from vigorl.browser.errors import ScreenFault
from vigorl.browser.geometry import Box

_BUTTONS: dict[Button, int] = {"left": 1, "middle": 2, "right": 3}
_WHEEL: dict[Wheel, int] = {"up": 4, "down": 5, "left": 6, "right": 7}

_BACKGROUND = 0x4A5A6A
_DOTS_PER_INCH = 96
"""At which a pixel is a unit."""


class X11Screen:
    """One X server's screen.

    Args:
        server: How it is reached.
        pixels_per_unit: Physical pixels for each unit of a point.
        part_px: The part of it that is shown and acted on: a monitor. None: the whole.
    """

    def __init__(
        self, server: XServer, pixels_per_unit: float = 1, part_px: Box | None = None
    ) -> None:
        self.server = server
        self._scale = pixels_per_unit
        self._display = server.connect()
        self._display.set_error_handler(_of_a_window_that_is_gone)
        screen = self._display.screen()
        self._root = screen.root
        self.part_px = part_px or Box(0, 0, screen.width_in_pixels, screen.height_in_pixels)
        """What of it is shown and acted on."""
        with server.authorised():
            self._camera = mss.MSS(display=server.display)
        self.keyboard = Keyboard(self._display)
        self.windows_of = XWindows(self._display, self.origin_px)
        self._closed = False
        self._drawn = True
        self._asked, self._answered = 0, 0
        self._process, self._manager = 0, 0
        self._ping = self._display.intern_atom("_NET_WM_PING")
        self._protocols = self._display.intern_atom("WM_PROTOCOLS")
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self._damage: int | None = None
        if self._display.has_extension("DAMAGE"):
            self._display.damage_query_version()
            self._damage = self._root.damage_create(_NON_EMPTY)
        self._display.sync()

    @staticmethod
    def scale_of(server: XServer) -> float:
        """Physical pixels for each unit on a user's screen: whole ones, by the resolution of fonts.

        Raises:
            ScreenFault: the server cannot be reached.
        """
        display = server.connect()
        found = display.screen().root.get_full_property(Xatom.RESOURCE_MANAGER, Xatom.STRING)
        let_go(display)
        text = found.value.decode("latin-1") if found is not None else ""
        dots = re.search(r"^Xft\.dpi:\s*(\d+)", text, re.MULTILINE)
        return max(1, int(dots[1]) // _DOTS_PER_INCH) if dots else 1

    def prepare(self, resources: str) -> None:
        """Make a bare server ready for programs: what they read of it, and its background.

        Args:
            resources: Lines of X resources, such as the resolution of fonts.
        """
        with x11_boundary():
            data = resources.encode()
            self._root.change_property(Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, data)
            self._root.change_attributes(background_pixel=_BACKGROUND)
            self._root.clear_area(0, 0, 0, 0)
            self.keyboard.take_media_keys()
            self._display.sync()

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return round(self.part_px.width), round(self.part_px.height)

    @property
    def origin_px(self) -> tuple[int, int]:
        """Where it begins on the server's whole screen."""
        return round(self.part_px.left), round(self.part_px.top)

    @property
    def pixels_per_unit(self) -> float:
        """Physical pixels for each unit of a point."""
        return self._scale

    def describe(self) -> dict[str, object]:
        """What a record says of it."""
        width_px, height_px = self.size_px
        return {
            "system": "X11",
            "width_px": width_px,
            "height_px": height_px,
            "origin_px": list(self.origin_px),
            "pixels_per_unit": self._scale,
            "window_manager": self.windows_of.manager(),
        }

    def capture(self, box_px: Box | None = None) -> Image.Image:
        """What is shown now, or a part of it, as RGB; without the pointer."""
        box = box_px or Box(0, 0, *self.size_px)
        part = {
            "left": round(box.left + self.part_px.left),
            "top": round(box.top + self.part_px.top),
            "width": round(box.width),
            "height": round(box.height),
        }
        try:
            shot = self._camera.grab(part)
        except (ScreenShotError, OSError) as error:
            raise ScreenFault(f"the screen cannot be captured: {error}") from error
        return Image.frombuffer("RGB", shot.size, shot.raw, "raw", "BGRX", 0, 1)

    def pointer(self) -> tuple[int, int]:
        """Where the mouse is."""
        with x11_boundary():
            found = self._root.query_pointer()
        left, top = self.origin_px
        return found.root_x - left, found.root_y - top

    def move(self, x_px: int, y_px: int) -> None:
        """Put the mouse somewhere."""
        left, top = self.origin_px
        with x11_boundary():
            xtest.fake_input(self._display, X.MotionNotify, x=x_px + left, y=y_px + top)
            self._display.sync()

    def button(self, button: Button, down: bool) -> None:
        """Press or release a button of the mouse, where it is."""
        self._press(_BUTTONS[button], down)

    def is_pressed(self) -> bool:
        """Whether a button is down, as programs know it: a window manager may hold events back."""
        with x11_boundary():
            return bool(self._root.query_pointer().mask & _ANY_BUTTON)

    def wheel(self, direction: Wheel) -> None:
        """Turn the wheel by one notch."""
        self._press(_WHEEL[direction], True)
        self._press(_WHEEL[direction], False)

    def key(self, name: str, down: bool) -> None:
        """Press or release a key.

        Raises:
            Impossible: there is none of this name.
        """
        with x11_boundary():
            self.keyboard.press(name, down)
            self._display.sync()

    def give_keys(self, text: str) -> tuple[int, bool]:
        """Make characters typable; returns how many, and whether programs have to learn of it.

        Raises:
            Impossible: the first cannot be typed.
        """
        with x11_boundary():
            return self.keyboard.give_keys(text)

    def write(self, text: str) -> None:
        """Type characters that have keys."""
        with x11_boundary():
            self.keyboard.write(text)

    def holds(self, names: tuple[str, ...]) -> bool:
        """Whether all of these keys are down, whoever presses them."""
        with x11_boundary():
            down = self._display.query_keymap()
        codes = [self.keyboard.code_of(name) for name in names]
        return all(code and down[code // 8] >> code % 8 & 1 for code in codes)

    def windows(self) -> tuple[Window, ...]:
        """The windows that there are, in the order in which they were opened."""
        with x11_boundary():
            return self.windows_of.listed()

    def raise_window(self, window: Window) -> None:
        """Bring a window to the front and give it the focus."""
        with x11_boundary():
            self.windows_of.tell(window.id, "_NET_ACTIVE_WINDOW")

    def close_window(self, window: Window) -> None:
        """Ask a window to close, as its own button does."""
        with x11_boundary():
            self.windows_of.tell(window.id, "_NET_CLOSE_WINDOW")

    def was_drawn(self) -> bool:
        """Whether anything was drawn since the last call; always true where X cannot tell."""
        self._take_events()
        drawn, self._drawn = self._drawn, self._damage is None
        return drawn

    def attend(self) -> bool:
        """Begin to attend to the program that has the focus; whether that can be done.

        It is asked for a sign of life where it understands that, and its process is looked at: one
        that has been sent something is runnable at once, and sleeps when it has done with it.
        """
        with x11_boundary():
            active = self.windows_of.active()
            self._manager = self.windows_of.manager_process()
            if active is None:
                self._process = 0
                return False
            self._process = self.windows_of.program_of(active.id)[1]
            if not self.windows_of.has_protocol(active, self._ping):
                return self._process != 0
            self._asked += 1
            data = (32, [self._ping, self._asked, active.id, 0, 0])
            message = event.ClientMessage(window=active, client_type=self._protocols, data=data)
            active.send_event(message, event_mask=X.NoEventMask)
            self._display.sync()
        return True

    def is_busy(self) -> bool:
        """Whether it has something to do still, such as what it was just sent."""
        self._take_events()
        busy = self._answered < self._asked or _is_running(self._process)
        return busy or _is_running(self._manager)

    def close(self) -> None:
        """Let go of it; may be called twice."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(ScreenFault), x11_boundary():  # it may be gone already
            self.keyboard.restore()
        let_go(self._display)
        with contextlib.suppress(ScreenShotError):
            self._camera.close()

    def _press(self, number: int, down: bool) -> None:
        with x11_boundary():
            kind = X.ButtonPress if down else X.ButtonRelease
            xtest.fake_input(self._display, kind, number)
            self._display.sync()

    def _take_events(self) -> None:
        with x11_boundary():
            while self._display.pending_events():
                self._note(self._display.next_event())

    def _note(self, happened: Any) -> None:
        if type(happened).__name__ == "DamageNotify":
            self._drawn = True
            self._display.damage_subtract(self._damage)
            self._display.flush()
        elif happened.type == X.ClientMessage and happened.client_type == self._protocols:
            kind, number = happened.data[1][:2]
            if kind == self._ping:
                self._answered = max(self._answered, number)


_ANY_BUTTON = X.Button1Mask | X.Button2Mask | X.Button3Mask | X.Button4Mask | X.Button5Mask

_NON_EMPTY = 3
"""Level of damage: one report when there is some, and no other until it is taken.
Source: the DAMAGE extension, `DamageReportNonEmpty`."""


def _is_running(process: int) -> bool:
    """Whether one of a process's threads runs, or waits for a processor."""
    try:
        threads = [Path(each, "stat") for each in Path(f"/proc/{process}/task").iterdir()]
        return any(each.read_bytes().rpartition(b")")[2].split()[0] == b"R" for each in threads)
    except OSError:
        return False  # it has ended, or is another user's or machine's


def _of_a_window_that_is_gone(error: Any, request: Any) -> None:
    """Pass over what X reports later of windows that have closed meanwhile."""
