"""The `DesktopScreen` protocol: what a desktop shows, and the raw input that it takes.

Everything here is in physical pixels from the upper left corner. Calls are short and synchronous.
Keys have Playwright's names (`Enter`, `Control`, `ArrowDown`), or are the character that they type.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from vigorl.browser.geometry import Box

ORIGIN = "https://desktop.invalid"
"""Whose secrets are typed on a desktop: those that were bound to no host, or to this one."""

Button = Literal["left", "middle", "right"]
Wheel = Literal["up", "down", "left", "right"]


@dataclass(frozen=True, slots=True)
class Window:
    """A window that a person could bring to the front."""

    id: int
    """Its number on this screen."""
    title: str
    active: bool
    """It has the focus."""


class DesktopScreen(Protocol):
    """One screen with mouse, keyboard and windows.

    Raises (all methods):
        ScreenFault: it is gone.
    """

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        ...

    @property
    def pixels_per_unit(self) -> float:
        """Physical pixels for each unit of a point: 2 on a screen of high resolution."""
        ...

    def describe(self) -> dict[str, object]:
        """What a record says of it."""
        ...

    def capture(self, box_px: Box | None = None) -> Image.Image:
        """What is shown now, or a part of it, as RGB; without the pointer."""
        ...

    def pointer(self) -> tuple[int, int]:
        """Where the mouse is."""
        ...

    def move(self, x_px: int, y_px: int) -> None:
        """Put the mouse somewhere."""
        ...

    def button(self, button: Button, down: bool) -> None:
        """Press or release a button of the mouse, where it is."""
        ...

    def is_pressed(self) -> bool:
        """Whether a button is down, as programs know it: a window manager may hold events back."""
        ...

    def wheel(self, direction: Wheel) -> None:
        """Turn the wheel by one notch."""
        ...

    def key(self, name: str, down: bool) -> None:
        """Press or release a key.

        Raises:
            Impossible: there is none of this name.
        """
        ...

    def give_keys(self, text: str) -> tuple[int, bool]:
        """Make characters typable, whatever the layout of the keyboard.

        Returns:
            How many from the first on can be typed now, and whether programs have to learn of new
            keys before.

        Raises:
            Impossible: the first cannot be typed on this screen.
        """
        ...

    def write(self, text: str) -> None:
        """Type characters that have keys."""
        ...

    def holds(self, names: tuple[str, ...]) -> bool:
        """Whether all of these keys are down, whoever presses them."""
        ...

    def windows(self) -> tuple[Window, ...]:
        """The windows that there are, in the order in which they were opened."""
        ...

    def raise_window(self, window: Window) -> None:
        """Bring a window to the front and give it the focus."""
        ...

    def close_window(self, window: Window) -> None:
        """Ask a window to close, as its own button does."""
        ...

    def was_drawn(self) -> bool:
        """Whether anything was drawn since the last call."""
        ...

    def attend(self) -> bool:
        """Begin to attend to the program that has the focus; whether that can be done."""
        ...

    def is_busy(self) -> bool:
        """Whether it has something to do still, such as what it was just sent."""
        ...

    def close(self) -> None:
        """Let go of it, with all keys released; may be called twice."""
        ...
