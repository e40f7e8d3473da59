"""Where on the screen an action happens, and how: what the page and the filmstrip draw."""

import math
from dataclasses import dataclass
from pathlib import PurePath

from vigorl.browser.actions import (
    Action,
    Click,
    Drag,
    Hover,
    Scroll,
    SelectOption,
    Type,
    Upload,
    Zoom,
)
from vigorl.browser.geometry import Box, Point


@dataclass(frozen=True, slots=True)
class Gesture:
    """An action as something that can be drawn on a screen. Points are viewport CSS px."""

    at: Point | None = None
    """The target; None where the action has no place (a key, an address)."""
    to: Point | None = None
    """Where a drag ends."""
    push: tuple[float, float] | None = None
    """Direction in which a scroll moves the view, length 1."""
    region: Box | None = None
    """What a zoom looks at."""
    label: str = ""
    """What is typed or chosen there, or in which way it is clicked; untrusted text."""


def gesture_of(action: Action) -> Gesture:
    """How to draw an action."""
    match action:
        case Click(point, "left", 1):
            return Gesture(point)
        case Click(point, "left", 2):
            return Gesture(point, label="double")
        case Click(point, button, count):
            return Gesture(point, label=button if count == 1 else f"{button} × {count}")
        case Hover(point):
            return Gesture(point, label="hover")
        case Type(text, Point() as point, _, enter):
            return Gesture(point, label=f"{text} ⏎" if enter else text)
        case Scroll(point, dx, dy):
            distance = math.hypot(dx, dy)
            push = (dx / distance, dy / distance) if distance else None
            return Gesture(point, push=push, label=f"{distance:.0f} px")
        case Drag(start, end):
            return Gesture(start, to=end)
        case SelectOption(point, label):
            return Gesture(point, label=label)
        case Upload(point, paths):
            return Gesture(point, label=", ".join(PurePath(path).name for path in paths))
        case Zoom(region):
            return Gesture(region=region)
        case _:
            return Gesture()
