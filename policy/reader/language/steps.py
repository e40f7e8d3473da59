"""What an instruction comes down to: a step, the things it points at, and how they are said.

A `Target` says how to recognise one thing on the screen; a `Step` what to do with it.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from vigorl.browser.actions import (
    Accept,
    Action,
    Back,
    Dismiss,
    Forward,
    Goto,
    Modifier,
    Press,
    Reload,
    TabClose,
    TabNew,
    Wait,
)
from vigorl.policy.perception.layout import Side

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

Place = Literal[
    "top",
    "bottom",
    "left",
    "right",
    "center",
    "top left",
    "top right",
    "bottom left",
    "bottom right",
]
"""A part of the screen; a dialog is at its centre."""

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
    others: tuple[str, ...] = ()
    """Further options, where the list takes several."""


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
    """Drag one thing onto another, over what is named between."""

    start: Target
    end: Target
    via: tuple[Target, ...] = ()


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
_AT = {"center": "in the dialog", "left": "on the left", "right": "on the right"}
_GESTURES = {
    "click": "click",
    "double_click": "double-click",
    "right_click": "right-click",
    "middle_click": "middle-click",
    "hover": "hover over",
}


def describe_step(step: Step) -> str:
    """The step as a sentence of the language, which means just this step."""
    match step:
        case ActStep(action):
            return _describe_action(action)
        case PointStep():
            return _describe_pointing(step)
        case TypeStep(text, target, clear):
            if target is None:
                return f"type {quote(text)}"
            if clear:
                what = describe(target)
                return f"set {what} to {quote(text)}" if text else f"clear {what}"
            return f"type {quote(text)} into {describe(target)}"
        case SelectStep(option, target, others):
            return f"select {_quotes(option, *others)}" + (
                f" in {describe(target)}" if target else ""
            )
        case CheckStep(target, checked):
            verbs = (
                ("uncheck", "check") if target.quoted or target.role else ("turn off", "turn on")
            )
            return f"{verbs[checked]} {describe(target)}"
        case ScrollStep():
            return _describe_scrolling(step)
        case WaitStep(until):
            return f"wait{_describe_until(until)}"
        case DragStep(start, end, via):
            over = f" over {' and '.join(map(describe, via))}" if via else ""
            return f"drag {describe(start)}{over} to {describe(end)}"
        case UploadStep(paths, target):
            return f"upload {_quotes(*paths)}" + (f" to {describe(target)}" if target else "")
        case TabStep(title, ordinal, close):
            verb = "close" if close else "switch to"
            return (
                f"{verb} the {_ordinal(ordinal)} tab"
                if ordinal
                else f"{verb} the tab {quote(title)}"
            )
        case TellStep(target):
            return f"tell me {describe(target)}"
        case AnswerStep(text):
            return f"answer {quote(text)}"
        case _:
            assert_never(step)


def describe(target: Target) -> str:
    """The target in words: `the second "Add to cart" button in the row of "Anna"`."""
    parts = _describe_head(target)
    if target.relation:
        anchor = target.relation.anchor
        is_named_menu = target.relation.side == "in" and anchor.role == "menu"
        relation = "in the" if is_named_menu else _RELATIONS[target.relation.side]
        within = describe(anchor).removeprefix("the ") if is_named_menu else describe(anchor)
        if target.relation.side == "in" and not anchor.quoted and anchor.names and not anchor.role:
            relation, within = "in the", f"{anchor.name} section"
        parts.append(f"{relation} {within}")
    if target.place:
        parts.append(_AT.get(target.place, f"at the {target.place}"))
    return " ".join(parts)


def quote(text: str) -> str:
    """A text in quotation marks that do not occur in it."""
    if '"' not in text and not text.endswith("\\"):
        return f'"{text}"'
    if "”" not in text:
        return f"“{text}”"
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


def _describe_head(target: Target) -> list[str]:
    """A target in words, without its neighbour and place."""
    parts = []
    if target.ordinal is not None or target.role or not target.names:
        parts.append("the")
    if target.ordinal is not None:
        parts.append(_ordinal(target.ordinal))
    if target.names and target.quoted:
        parts.append(quote(target.name))
    elif target.names:
        parts.append(target.names[1] if target.role and len(target.names) > 1 else target.name)
    if target.role and (target.quoted or len(target.names) < 2):
        parts.append(target.role)
    if not target.names and not target.role:
        parts.append("thing")
    return parts


def _describe_action(action: Action) -> str:
    match action:
        case Press(keys, hold_s):
            named = f'the "{keys}" key' if len(keys) == 1 else keys
            return f"hold {named} for {_seconds(hold_s)}" if hold_s else f"press {named}"
        case Goto(url):
            return f"go to {url}"
        case TabNew("about:blank"):
            return "open a new tab"
        case TabNew(url):
            return f"open a new tab at {url}"
        case TabClose(None):
            return "close the tab"
        case Back() | Forward():
            return f"go {action.type}"
        case Reload():
            return "reload the page"
        case Wait(seconds):
            return f"wait {_seconds(seconds)}"
        case Accept(str(user), str(password)):
            return f"log in with {quote(user)} and {quote(password)}"
        case Accept(str(text)):
            return f"answer the prompt with {quote(text)}"
        case Accept() | Dismiss():
            return f"{action.type} the dialog"
        case _:
            return action.type.replace("_", " ")


def _describe_pointing(step: PointStep) -> str:
    what, until = describe(step.target), _describe_until(step.until)
    if step.bare_name:
        return what
    for name in () if step.target.quoted or step.target.role else step.target.names:
        if name.lower().startswith(("open ", "close ", "dismiss ", "accept ", "reject ")):
            return name  # the whole sentence may be what stands there
    held = f" while holding {' and '.join(step.modifiers)}" if step.modifiers else ""
    if step.hold_s:
        return f"hold {what} for {_seconds(step.hold_s)}{held}{until}"
    return f"{_GESTURES[step.gesture]} {what}{held}{until}"


def _describe_scrolling(step: ScrollStep) -> str:
    over = f" in {describe(step.over)}" if step.over else ""
    if step.to_end:
        return f"scroll {step.direction} to the end{over.replace(' in ', ' of ', 1)}"
    px = f" {step.distance_css_px:g} px" if step.distance_css_px else ""
    return f"scroll {step.direction}{px}{over}{_describe_until(step.until)}"


def _describe_until(until: Until | None) -> str:
    if until is None:
        return ""
    what = describe(until.target)
    return f" until {what} disappears" if until.gone else f" until you see {what}"


def _quotes(*texts: str) -> str:
    *first, last = map(quote, texts)
    return f"{', '.join(first)} and {last}" if first else last


def _seconds(seconds: float) -> str:
    return "1 second" if seconds == 1 else f"{seconds:.6f}".rstrip("0").rstrip(".") + " seconds"


def _ordinal(number: int) -> str:
    if number in _ORDINALS:
        return _ORDINALS[number]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"
