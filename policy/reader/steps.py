"""What an instruction comes down to: a step, the things it points at, and how they are said.

A `Target` says how to recognise one thing on the screen; a `Step` what to do with it.
"""

from dataclasses import dataclass
from typing import Literal

from vigorl.browser.actions import Action, Modifier

Role = Literal[
    "button",
    "link",
    "icon",
    "field",
    "checkbox",
    "radio",
    "switch",
    "select",
    "tab",
    "menu",
    "row",
    "item",
    "price",
]
"""What a thing is said to be. `row` is a table row, `item` one of several blocks that look alike
(results, mails, products); `price` is any text that is an amount of money."""

Place = Literal["top", "bottom", "left", "right", "center"]
"""A part of the screen; a dialog is at its centre."""

Side = Literal["row", "of", "in", "near", "left", "right", "above", "below"]
"""Where a thing stands to its neighbour. `row`: on the same row; `of`: belonging to it, on its row
or under it; `in`: on it or under it, as under a heading; `near`: beside it, on any side."""

Gesture = Literal["click", "double_click", "right_click", "middle_click", "hover"]
Direction = Literal["down", "up", "left", "right"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something on the screen, as an instruction names it.

    At least one of `names`, `role`, `ordinal` and `relation` is given.
    """

    names: tuple[str, ...] = ()
    """What it may be called, most literal first; more than one only where it was not quoted."""
    quoted: bool = False
    """The name is a text that stands on the screen, letter for letter."""
    role: Role | None = None
    ordinal: int | None = None
    """Which one in reading order: 1 is the first, -1 the last."""
    relation: "Relation | None" = None
    place: Place | None = None

    @property
    def name(self) -> str:
        """What it is called first of all; empty where it has no name."""
        return self.names[0] if self.names else ""


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a thing is, told by a neighbour."""

    side: Side
    anchor: Target


@dataclass(frozen=True, slots=True)
class Until:
    """A condition: the target is to be seen, or (`gone`) no longer to be seen."""

    target: Target
    gone: bool = False


@dataclass(frozen=True, slots=True)
class ActStep:
    """An action that needs no eyes."""

    action: Action


@dataclass(frozen=True, slots=True)
class PointStep:
    """Point at something with the mouse; again and again where `until` is given."""

    target: Target
    gesture: Gesture = "click"
    until: Until | None = None
    modifiers: tuple[Modifier, ...] = ()
    """Keys held down while clicking."""
    hold_s: float = 0
    """How long the button is held, s."""
    bare_name: bool = False
    """The goal was nothing but this name: that it is to be clicked is taken for granted."""


@dataclass(frozen=True, slots=True)
class TypeStep:
    """Type into a field, or where the focus is; `clear` empties the field first."""

    text: str
    target: Target | None = None
    clear: bool = False


@dataclass(frozen=True, slots=True)
class SelectStep:
    """Choose an option, in a list that is named or is the only one to offer it."""

    option: str
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class CheckStep:
    """Bring a checkbox, radio button or switch into a state."""

    target: Target
    checked: bool = True


@dataclass(frozen=True, slots=True)
class ScrollStep:
    """Scroll, over `over` where it is given; by a page where no distance and no end is given."""

    direction: Direction = "down"
    distance_css_px: float | None = None
    to_end: bool = False
    until: Until | None = None
    over: Target | None = None


@dataclass(frozen=True, slots=True)
class WaitStep:
    """Wait for something to be seen or to go."""

    until: Until


@dataclass(frozen=True, slots=True)
class DragStep:
    """Drag one thing onto another."""

    start: Target
    end: Target


@dataclass(frozen=True, slots=True)
class UploadStep:
    """Give files to the file chooser that a click on the target opens."""

    paths: tuple[str, ...]
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class TabStep:
    """Show or close the browser tab that has this title, or this place (-1: the last)."""

    title: str = ""
    ordinal: int | None = None
    close: bool = False


@dataclass(frozen=True, slots=True)
class TellStep:
    """Read a value off the screen; what is read is part of the answer."""

    target: Target


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """Answer with a given text."""

    text: str


Step = (
    ActStep
    | PointStep
    | TypeStep
    | SelectStep
    | CheckStep
    | ScrollStep
    | WaitStep
    | DragStep
    | UploadStep
    | TabStep
    | TellStep
    | AnswerStep
)


def names_in(target: Target) -> tuple[tuple[str, ...], ...]:
    """The names in a target, its own and its neighbours', each with its alternatives."""
    beyond = names_in(target.relation.anchor) if target.relation else ()
    return (target.names, *beyond) if target.names else beyond


_ORDINALS = {-1: "last", -2: "second-to-last", 1: "first", 2: "second", 3: "third"}
_RELATIONS = {
    "row": "in the row of",
    "of": "of",
    "in": "in",
    "near": "next to",
    "left": "left of",
    "right": "right of",
    "above": "above",
    "below": "under",
}


def describe(target: Target) -> str:
    """The target in words: `the second "Add to cart" button in the row of "Anna"`."""
    parts = [f'"{target.name}"'] if target.names else []
    if target.role:
        parts.append(target.role)
    elif not target.names:
        parts.append("thing")
    if target.ordinal is not None:
        parts.insert(0, _ORDINALS.get(target.ordinal, f"{target.ordinal}th"))
    if target.ordinal is not None or not target.names or target.role:
        parts.insert(0, "the")
    if target.relation:
        parts.append(f"{_RELATIONS[target.relation.side]} {describe(target.relation.anchor)}")
    if target.place:
        parts.append(f"at the {target.place}")
    return " ".join(parts)
