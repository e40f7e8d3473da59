"""Ground truth of a task, for pages, exports and trainers; the judge alone decides the score."""

from dataclasses import dataclass
from typing import Any

from vigorl.browser.geometry import Box, Point


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Where the right answer is, or what it says; empty where neither can be told beforehand."""

    targets_px: tuple[Box, ...] = ()
    """What is asked about, or where the right answer is, px of the picture."""
    outline: tuple[Point, ...] = ()
    """The polygon in which right answers lie, in parts of the picture's width and height."""
    answer: str | None = None
    """The right answer in words."""

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> "GroundTruth":
        """The truth in a task's row, of records of version 0.1, which hold no other."""
        targets: tuple[Box, ...] = ()
        match row:
            case {"bbox_xyxy": [left, top, right, bottom]}:
                targets = (Box(left, top, right, bottom),)
            case {"target_px": {"left": left, "top": top, "right": right, "bottom": bottom}}:
                targets = (Box(left, top, right, bottom),)
            case {"targets_px": [*boxes]}:
                targets = tuple(Box(*sides) for sides in boxes)
        outline = tuple(Point(x, y) for x, y in row.get("outline", ()))
        answer = row.get("answer")
        return cls(targets, outline, answer if isinstance(answer, str) else None)
