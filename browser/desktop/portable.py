"""A screen of macOS or Windows: captured by mss, moved by pyautogui, its windows by pywinctl.

Written after what these libraries document, type-checked, and not tested: no such machine was at
hand.
"""

import sys
from typing import Any

import mss
import pyautogui
import pywinctl
from mss.exception import ScreenShotError
from PIL import Image, ImageChops

from vigorl.browser.desktop.screen import Button, Wheel, Window
from vigorl.browser.errors import ScreenFault, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.impossible import Impossible

_KEYS = {
    "Enter": "enter",
    "Backspace": "backspace",
    "Escape": "escape",
    "Esc": "escape",
    "Space": "space",
    "PageUp": "pageup",
    "PageDown": "pagedown",
    "ArrowUp": "up",
    "ArrowDown": "down",
    "ArrowLeft": "left",
    "ArrowRight": "right",
    "Control": "ctrl",
    "ControlOrMeta": "command" if sys.platform == "darwin" else "ctrl",
    "Shift": "shift",
    "Alt": "option" if sys.platform == "darwin" else "alt",
    "Meta": "command" if sys.platform == "darwin" else "win",
}
"""Playwright's names of keys that pyautogui names otherwise; the rest differ in case alone."""

_TURNS: dict[Wheel, tuple[int, int]] = {
    "up": (0, 1),
    "down": (0, -1),
    "left": (-1, 0),
    "right": (1, 0),
}
_GLANCE_PX = (320, 180)
"""Of the small pictures by which it is told whether anything was drawn."""


class PortableScreen:
    """The main screen of a Mac or a Windows machine.

    Raises:
        UsageError: programs may not look at the screen.
    """

    def __init__(self) -> None:
        # Its own pauses and its own corner would get in the way of ours.
        pyautogui.PAUSE, pyautogui.FAILSAFE = 0, False
        self._camera = mss.MSS()
        self._glance: Image.Image | None = None
        image = self.capture()
        self._units = pyautogui.size()
        if image.getextrema() == ((0, 0), (0, 0), (0, 0)):
            raise UsageError(
                "the screen shows nothing but black: allow screen recording and control of the "
                "computer for this terminal (macOS: System Settings, Privacy & Security)"
            )
        self._size_px = image.size

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self._size_px

    @property
    def pixels_per_unit(self) -> float:
        """Physical pixels for each unit of a point: 2 on a Retina screen."""
        return float(self._size_px[0] / self._units.width)

    def describe(self) -> dict[str, object]:
        """What a record says of it."""
        width_px, height_px = self._size_px
        scale = self.pixels_per_unit
        return {
            "system": sys.platform,
            "width_px": width_px,
            "height_px": height_px,
            "pixels_per_unit": scale,
        }

    def capture(self, box_px: Box | None = None) -> Image.Image:
        """What is shown now, or a part of it, as RGB."""
        try:
            shot = self._camera.grab(self._camera.monitors[1])
        except (ScreenShotError, OSError) as error:
            raise ScreenFault(f"the screen cannot be captured: {error}") from error
        image = Image.frombuffer("RGB", shot.size, shot.bgra, "raw", "BGRX", 0, 1)
        if box_px is None:
            return image
        left, top = round(box_px.left), round(box_px.top)
        return image.crop((left, top, round(box_px.right), round(box_px.bottom)))

    def pointer(self) -> tuple[int, int]:
        """Where the mouse is."""
        at, scale = pyautogui.position(), self.pixels_per_unit
        return round(at.x * scale), round(at.y * scale)

    def move(self, x_px: int, y_px: int) -> None:
        """Put the mouse somewhere."""
        scale = self.pixels_per_unit
        pyautogui.moveTo(x_px / scale, y_px / scale)

    def button(self, button: Button, down: bool) -> None:
        """Press or release a button of the mouse, where it is."""
        (pyautogui.mouseDown if down else pyautogui.mouseUp)(button=button)

    def is_pressed(self) -> bool:
        """Never: no other program holds clicks back here."""
        return False

    def wheel(self, direction: Wheel) -> None:
        """Turn the wheel by one notch."""
        across, along = _TURNS[direction]
        notch = 120 if sys.platform == "win32" else 1
        if along:
            pyautogui.scroll(along * notch)
        else:
            pyautogui.hscroll(across * notch)

    def key(self, name: str, down: bool) -> None:
        """Press or release a key.

        Raises:
            Impossible: there is none of this name.
        """
        key = _KEYS.get(name, name.lower())
        if key not in pyautogui.KEYBOARD_KEYS:
            raise Impossible(f"There is no key {name!r}. Keys are named like Enter, Tab, F5, a.")
        (pyautogui.keyDown if down else pyautogui.keyUp)(key)

    def give_keys(self, text: str) -> tuple[int, bool]:
        """How many characters from the first on have keys on this keyboard.

        Raises:
            Impossible: the first has none.
        """
        for index, character in enumerate(text):
            if not pyautogui.isValidKey(character):
                if index:
                    return index, False
                raise Impossible(f"The character {character!a} has no key on this keyboard.")
        return len(text), False

    def write(self, text: str) -> None:
        """Type characters that have keys."""
        pyautogui.write(text)

    def holds(self, names: tuple[str, ...]) -> bool:
        """Never: pyautogui does not say which keys are down; the corner stops the agent."""
        return False

    def windows(self) -> tuple[Window, ...]:
        """The windows that there are."""
        active = pywinctl.getActiveWindow()
        handle = None if active is None else active.getHandle()
        return tuple(
            Window(hash(each.getHandle()), each.title, each.getHandle() == handle)
            for each in pywinctl.getAllWindows()
            if each.title
        )

    def raise_window(self, window: Window) -> None:
        """Bring a window to the front and give it the focus."""
        if (found := self._found(window)) is not None:
            found.activate()

    def close_window(self, window: Window) -> None:
        """Ask a window to close."""
        if (found := self._found(window)) is not None:
            found.close()

    def was_drawn(self) -> bool:
        """Whether the screen looks different than at the last call."""
        now = self.capture().resize(_GLANCE_PX, Image.Resampling.BOX)
        before, self._glance = self._glance, now
        return before is None or ImageChops.difference(before, now).getbbox() is not None

    def attend(self) -> bool:
        """False: programs cannot be asked here."""
        return False

    def is_busy(self) -> bool:
        """False: that cannot be told here."""
        return False

    def close(self) -> None:
        """Let go of it."""
        self._camera.close()

    def _found(self, window: Window) -> Any | None:
        for each in pywinctl.getAllWindows():
            if hash(each.getHandle()) == window.id:
                return each
        return None
