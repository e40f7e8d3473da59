"""What an input is carried out with: the tab, how far it reaches, how long it may take."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.async_api import Page

from vigorl.browser.deadline import Deadline
from vigorl.browser.geometry import Box, Point
from vigorl.browser.impossible import Impossible
from vigorl.browser.tab import LiveTab

if TYPE_CHECKING:
    from vigorl.browser.vault import Vault


@dataclass(frozen=True, slots=True)
class Hands:
    """Mouse, keyboard and files for one action."""

    tab: LiveTab
    viewport: Box
    """What can be pointed at, viewport CSS px."""
    tell: Callable[[str], None]
    """Takes a sentence for the agent: what it could not see in the picture."""
    deadline: Deadline
    """By when the action is to be over."""
    vault: "Vault"
    """What may be typed by name, and what is kept secret of what is typed."""

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.tab.page

    def require_on_screen(self, *points: Point) -> None:
        """Refuse what cannot be pointed at.

        Raises:
            Impossible: a point is outside of the viewport.
        """
        screen = self.viewport
        for point in points:
            inside = screen.left <= point.x < screen.right and screen.top <= point.y < screen.bottom
            if not inside:  # also where a coordinate is not a number
                raise Impossible(
                    f"The point ({point.x:g}, {point.y:g}) is not on the screen, which is "
                    f"{screen.width:g} px wide and {screen.height:g} px high. Scroll to what lies "
                    "outside."
                )

    def require_time(self, seconds: float) -> None:
        """Refuse to hold something down for longer than the step may take.

        Raises:
            Impossible: it is too long, or no time.
        """
        longest_s = math.floor(self.deadline.left_s() * 0.75 * 10) / 10
        if not 0 <= seconds <= longest_s:  # nor a number
            raise Impossible(f"Something can be held for 0 to {longest_s:g} s, not {seconds:g} s.")
