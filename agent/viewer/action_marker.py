"""Where on the screen an action happens, and how: what the page and the filmstrip draw."""

import math
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from vigorl.browser.actions import (
    Action,
    Click,
    Drag,
    Hover,
    Modifier,
    Scroll,
    SelectOption,
    Type,
    Upload,
    Zoom,
)
from vigorl.browser.geometry import Box, Point


@dataclass(frozen=True, slots=True)
class ActionMarker:
    """An action as something that can be drawn on a screen. Points are viewport CSS px."""

    at: Point | None = None
    """The target; None where the action has no place (a key, an address)."""
    path: tuple[Point, ...] = ()
    """The points of a drag, from its start, which is the target, to its end."""
    push: tuple[float, float] | None = None
    """Direction in which a scroll moves the view, length 1."""
    region: Box | None = None
    """What a zoom looks at."""
    label: str = ""
    """What is typed or chosen there, or in which way it is clicked; untrusted text."""


def gesture_of(action: Action) -> ActionMarker:
    """How to draw an action."""
    match action:
        case Click(point, button, count, modifiers, hold_s):
            return ActionMarker(point, label=_click(button, count, modifiers, hold_s))
        case Hover(point):
            return ActionMarker(point, label="hover")
        case Type(text, Point() as point, _, enter):
            return ActionMarker(point, label=f"{text} ⏎" if enter else text)
        case Scroll(point, dx, dy, modifiers):
            distance = math.hypot(dx, dy)
            push = (dx / distance, dy / distance) if distance else None
            return ActionMarker(
                point, push=push, label="+".join((*modifiers, f"{distance:.0f} px"))
            )
        case Drag(start, end, via, modifiers):
            return ActionMarker(start, path=(start, *via, end), label="+".join(modifiers))
        case SelectOption(point, label, others):
            return ActionMarker(point, label=", ".join((label, *others)))
        case Upload(point, paths):
            return ActionMarker(point, label=", ".join(PurePath(path).name for path in paths))
        case Zoom(region):
            return ActionMarker(region=region)
        case _:
            return ActionMarker()


def _click(
    button: Literal["left", "middle", "right"],
    count: int,
    modifiers: tuple[Modifier, ...],
    hold_s: float,
) -> str:
    """In which way it is clicked; empty for an ordinary click."""
    if (button, count) == ("left", 2):
        name = "double"
    else:
        name = button if count == 1 else f"{button} × {count}"
        name = "" if name == "left" else name
    if modifiers:
        name = "+".join((*modifiers, name or "click"))
    return f"{name} {hold_s:g} s".strip() if hold_s else name
