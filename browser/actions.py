"""Everything an agent can do, a record per action; points are in the environment's own unit.

`Action` is their union, told apart by `type`, and `ACTION` reads and writes it as JSON. The unit
is viewport CSS px in a browser, which the `_css_px` in names says, px of the screen on a desktop,
px of the picture where it stands still.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from vigorl.browser.geometry import Box, Point

Modifier = Literal["Alt", "Control", "Meta", "Shift"]
"""A key that is held down while the mouse acts."""


@dataclass(frozen=True, slots=True)
class Click:
    """Press and release a mouse button; `count` 2 is a double click."""

    point: Point
    button: Literal["left", "middle", "right"] = "left"
    count: int = 1
    modifiers: tuple[Modifier, ...] = ()
    """Keys held down meanwhile."""
    hold_s: float = 0
    """Time between press and release, s; 0 is an ordinary click."""
    type: Literal["click"] = "click"


@dataclass(frozen=True, slots=True)
class Hover:
    """Move the mouse to a point and leave it there."""

    point: Point
    type: Literal["hover"] = "hover"


@dataclass(frozen=True, slots=True)
class Type:
    """Type text, into the field at `point` (clicked first) or where the focus is.

    `clear` empties the field first; `enter` presses Enter afterwards.
    """

    text: str
    point: Point | None = None
    clear: bool = False
    enter: bool = False
    type: Literal["type"] = "type"


@dataclass(frozen=True, slots=True)
class Press:
    """Press a key or chord, in Playwright's names: `Enter`, `Control+A`, `Shift+Tab`."""

    keys: str
    hold_s: float = 0
    """Time until it is released, s; 0 is an ordinary key press."""
    type: Literal["press"] = "press"


@dataclass(frozen=True, slots=True)
class Scroll:
    """Turn the wheel over a point; positive `dy_css_px` shows what is further down."""

    point: Point
    dx_css_px: float = 0
    dy_css_px: float = 0
    modifiers: tuple[Modifier, ...] = ()
    """Keys held down meanwhile: Control zooms a map, Shift scrolls sideways."""
    type: Literal["scroll"] = "scroll"


@dataclass(frozen=True, slots=True)
class Drag:
    """Press at `start`, move through the points of `via` to `end`, release."""

    start: Point
    end: Point
    via: tuple[Point, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    """Keys held down meanwhile."""
    type: Literal["drag"] = "drag"


@dataclass(frozen=True, slots=True)
class SelectOption:
    """Choose the option with this visible label in the native select at `point`."""

    point: Point
    label: str
    others: tuple[str, ...] = ()
    """Further options, where the select takes several."""
    type: Literal["select"] = "select"


@dataclass(frozen=True, slots=True)
class Upload:
    """Click at `point` and give these files to the chooser that opens, else drop them there."""

    point: Point
    paths: tuple[str, ...]
    type: Literal["upload"] = "upload"


@dataclass(frozen=True, slots=True)
class Accept:
    """Say yes to what the page or the browser asks (`Observation.question`)."""

    text: str | None = None
    """What a prompt is answered with, or the user name of a log-in; None: what is suggested."""
    password: str | None = None
    """Of a log-in."""
    type: Literal["accept"] = "accept"


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Say no to what the page or the browser asks."""

    type: Literal["dismiss"] = "dismiss"


@dataclass(frozen=True, slots=True)
class Goto:
    """Load a URL in the current tab."""

    url: str
    type: Literal["goto"] = "goto"


@dataclass(frozen=True, slots=True)
class Back:
    """One entry back in the tab's history."""

    type: Literal["back"] = "back"


@dataclass(frozen=True, slots=True)
class Forward:
    """One entry forward in the tab's history."""

    type: Literal["forward"] = "forward"


@dataclass(frozen=True, slots=True)
class Reload:
    """Load the current page again."""

    type: Literal["reload"] = "reload"


@dataclass(frozen=True, slots=True)
class TabNew:
    """Open a tab and switch to it."""

    url: str = "about:blank"
    type: Literal["tab_new"] = "tab_new"


@dataclass(frozen=True, slots=True)
class TabSwitch:
    """Show the tab with this index (0 is the first, as `Observation.tabs` lists them)."""

    index: int
    type: Literal["tab_switch"] = "tab_switch"


@dataclass(frozen=True, slots=True)
class TabClose:
    """Close the tab with this index, or the current one."""

    index: int | None = None
    type: Literal["tab_close"] = "tab_close"


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass."""

    seconds: float = 1.0
    type: Literal["wait"] = "wait"


@dataclass(frozen=True, slots=True)
class ZoomStyle:
    """How a zoomed view is made.

    Source: sizes and dot of the published checkpoints in `vigorl.policy.family`
    (arXiv 2505.23678 and its released configurations).
    """

    output_px: int = 512
    """Side of the square view, px."""
    dot: bool = False
    """Draw a red dot with a white rim on the point that was asked for."""
    edge: Literal["shift", "clip"] = "shift"
    """At the screen's edge: move the region inward, or cut it and stretch what is left."""
    source: Literal["optical", "recorded"] = "optical"
    """Let the page render the region again at a higher scale where it can, or enlarge pixels."""


@dataclass(frozen=True, slots=True)
class Zoom:
    """Show `region_css_px` enlarged, a rectangle centred on the point of interest."""

    region_css_px: Box
    style: ZoomStyle = ZoomStyle()
    type: Literal["zoom"] = "zoom"


@dataclass(frozen=True, slots=True)
class CallFunction:
    """Call a function of the operator's own, which the goal lists."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """By name, as JSON has them."""
    type: Literal["call"] = "call"


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Ask the person who watches, and wait for the answer."""

    question: str
    type: Literal["ask"] = "ask"


@dataclass(frozen=True, slots=True)
class Done:
    """The task is finished; `answer` where one was asked for."""

    answer: str = ""
    type: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The task cannot be done; say why."""

    reason: str
    type: Literal["give_up"] = "give_up"


Action = (
    Click
    | Hover
    | Type
    | Press
    | Scroll
    | Drag
    | SelectOption
    | Upload
    | Accept
    | Dismiss
    | Goto
    | Back
    | Forward
    | Reload
    | TabNew
    | TabSwitch
    | TabClose
    | Wait
    | Zoom
    | CallFunction
    | AskPerson
    | Done
    | GiveUp
)

ACTION: TypeAdapter[Action] = TypeAdapter(Annotated[Action, Field(discriminator="type")])
"""Reads and writes an action as JSON."""
