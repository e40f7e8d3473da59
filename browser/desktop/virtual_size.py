"""How large a virtual screen is: `1920x1080`, or `1920x1080@2` with twice the pixels."""

import re
from dataclasses import dataclass

from vigorl.browser.errors import UsageError

_SMALLEST_PX, _LARGEST_PX = 200, 8192
_LARGEST_SCALE = 3


@dataclass(frozen=True, slots=True)
class VirtualSize:
    """The size of a virtual screen."""

    width_px: int
    """In the unit of points: what the screen would have at scale 1."""
    height_px: int
    scale: int = 1
    """Physical pixels for each unit, in both directions."""

    @classmethod
    def parse(cls, text: str) -> "VirtualSize":
        """The size that a text names.

        Raises:
            UsageError: it names none, or one that cannot be had.
        """
        found = re.fullmatch(r"(\d{1,5})x(\d{1,5})(?:@(\d))?", text.strip().lower())
        if found is None:
            raise UsageError(
                f"--virtual {text!r}: give width x height in px, such as 1920x1080, and @2 behind "
                "it for a screen of twice the resolution"
            )
        size = cls(int(found[1]), int(found[2]), int(found[3] or 1))
        sides = (size.width_px * size.scale, size.height_px * size.scale)
        if (
            not 1 <= size.scale <= _LARGEST_SCALE
            or min(sides) < _SMALLEST_PX
            or max(sides) > _LARGEST_PX
        ):
            raise UsageError(
                f"--virtual {text}: each side has {_SMALLEST_PX} to {_LARGEST_PX} px, the scale "
                f"taken in, which is 1 to {_LARGEST_SCALE}"
            )
        return size

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}" + (f"@{self.scale}" if self.scale > 1 else "")
