"""A page of an imagined site as it is laid out: words and controls with places."""

from dataclasses import dataclass, field
from typing import Any

LETTER_PX = 7.6
"""Width of a letter, about."""
LINE_PX = 19.0

Spot = tuple[float, float]


@dataclass
class Sheet:
    """A page as it is laid out: as high as it gets, of which the window shows a part."""

    width: float
    left: float = 0.0
    """Where what a page is about begins, px."""
    y: float = 20.0
    """Where the next thing is to stand, px."""
    lines: list[list[Any]] = field(default_factory=list)
    controls: list[list[Any]] = field(default_factory=list)
    spots: dict[str, Spot] = field(default_factory=dict)
    """Middles of what can be acted on, by what the script calls it."""

    def text(self, x: float, y: float, text: str, spot: str = "") -> float:
        """Write a line; where it ends, px."""
        right = x + LETTER_PX * len(text)
        self.lines.append([text, x, y, right, y + LINE_PX, "t", 0])
        if spot:
            self.spots[spot] = ((x + right) / 2, y + LINE_PX / 2)
        return right

    def heading(self, text: str, high: float = 44.0) -> None:
        """A line of its own."""
        self.text(self.left, self.y, text)
        self.y += high

    def button(self, x: float, y: float, text: str, spot: str = "", role: str = "button") -> float:
        """A text that can be clicked."""
        right = self.text(x, y, text, spot or text)
        self.controls.append([role, x - 10, y - 7, right + 10, y + 26, text, "", None, "", 0])
        return right + 30

    def icon(self, x: float, y: float, icon: str, spot: str) -> float:
        """A picture that can be clicked."""
        self.controls.append(["button", x, y, x + 20, y + 20, icon, icon, None, "", 0])
        self.spots[spot] = (x + 10, y + 10)
        return x + 40

    def mark(self, role: str, x: float, y: float, on: bool, spot: str) -> None:
        """A checkbox, radio button or switch."""
        wide = 40 if role == "switch" else 18
        self.controls.append([role, x, y, x + wide, y + 19, "", "", int(on), "", 0])
        self.spots[spot] = (x + wide / 2, y + 9.5)

    def field(self, x: float, y: float, text: str, spot: str, role: str = "textbox") -> None:
        """A field or list with what stands in it."""
        self.controls.append([role, x, y, x + 300, y + 36, "", "", None, text, 0])
        if text:
            self.text(x + 12, y + 9, text)
        self.spots[spot] = (x + 150, y + 18)
