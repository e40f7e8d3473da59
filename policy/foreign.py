"""The action languages of other GUI models, mapped to our actions.

`left_click`, `left_single`, `Click`, `hotkey`, `swipe`, `terminate`, …: each format hands over a
name and named arguments, already read, and gets an action. What a browser needs and their
languages lack (dialogs, tabs, files, lists) is one more function, `browser`, whose one argument
is a command of ours.

Source of names and arguments: Qwen3-VL's and Fara's `computer_use` (microsoft/fara at 360e87f,
`src/fara/_prompts.py`), `mobile_use` of MAI-UI and GUI-Owl, UI-TARS (bytedance/UI-TARS at 058f4b8,
`codes/ui_tars/action_parser.py`), UI-Venus (inclusionAI/UI-Venus at 81945ac), Anthropic's, Gemini's
and Holo's as `vigorl.policy.maker_toolsets` says.
"""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import (
    Action,
    AskPerson,
    Back,
    Click,
    Done,
    Drag,
    Forward,
    GiveUp,
    Goto,
    Hover,
    Press,
    Reload,
    Scroll,
    Type,
    Wait,
    Zoom,
)
from vigorl.browser.geometry import THOUSAND, Box, Frame, Point
from vigorl.policy.commands import offered_commands, read_command
from vigorl.policy.grammar import Dialect
from vigorl.policy.points import NUMBER, Malformed, point_in
from vigorl.policy.reader.language.keys import chord

BROWSER = "browser"
"""The function for what a browser needs beside mouse and keyboard."""

BROWSER_COMMANDS = (
    "select",
    "upload",
    "accept",
    "dismiss",
    "goto",
    "back",
    "forward",
    "reload",
    "tab_new",
    "tab_switch",
    "tab_close",
    "call",
    "ask",
    "give_up",
)
"""Our commands that are offered by it."""

NOTCH_PX = 100.0
"""What one notch of a wheel scrolls."""

HOME_URL = "https://www.google.com"
"""Where `search` goes. Source: google-gemini/computer-use-preview, its own browser."""

SEARCH_URL = "https://www.bing.com/search?q="
"""Where `web_search` goes. Source: microsoft/fara, its own browser."""

_CLICKS: dict[str, tuple[str, int]] = {
    "click": ("left", 1),
    "click_at": ("left", 1),
    "click_element": ("left", 1),
    "left_click": ("left", 1),
    "left_single": ("left", 1),
    "tap": ("left", 1),
    "double_click": ("left", 2),
    "left_double": ("left", 2),
    "doubleclick": ("left", 2),
    "triple_click": ("left", 3),
    "right_click": ("right", 1),
    "right_single": ("right", 1),
    "middle_click": ("middle", 1),
}
_WAYS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
_START = ("coordinate", "start_box", "start_point", "point", "box", "start", "start_coordinate")
_END = (
    "coordinate2",
    "end_box",
    "end_point",
    "end",
    "end_coordinate",
    "destination",
    "coordinate",
)
_NUMBERS = re.compile(NUMBER)
_LONG_PRESS_S = 1.0
_WAITS_S = {
    "wait": 2.0,
    "wait_5_seconds": 5.0,
    "screenshot": 0.0,
    "getscreenshot": 0.0,
    "take_screenshot": 0.0,
    "cursor_position": 0.0,
    "open_web_browser": 0.0,
    "pause_and_memorize_fact": 0.0,
}
"""Actions that let time pass, and how much where they do not say it."""
_LONGEST_NAME = 40


def browser_commands(actions: ActionSpace) -> list[str]:
    """Those of them that an environment offers."""
    offered = offered_commands(actions)
    return [name for name in BROWSER_COMMANDS if name in offered]


def action_of(name: str, arguments: Mapping[str, Any], dialect: Dialect) -> Action:
    """The action that a call stands for.

    Args:
        name: Of the action, in any case.
        arguments: By name; points as pairs of numbers or as texts that hold them.
        dialect: Whose frame the points are in.

    Raises:
        Malformed: there is no such action here, or an argument is missing or wrong.
    """
    name = name.strip().lower()
    frame = dialect.frame
    if name in _CLICKS:
        button, count = _CLICKS[name]
        return Click(_point(name, arguments, frame), button, count)  # type: ignore[arg-type]
    if name in _WAITS_S:
        return Wait(_number(arguments, ("time", "duration", "seconds"), _WAITS_S[name]))
    match name:
        case "mouse_move" | "hover" | "move" | "hover_at":
            return Hover(_point(name, arguments, frame))
        case "long_press" | "longpress":
            seconds = _number(arguments, ("time", "duration"), _LONG_PRESS_S)
            return Click(_point(name, arguments, frame), hold_s=seconds)
        case "left_click_drag" | "drag" | "select" | "drag_and_drop":
            return _drag(name, arguments, frame)
        case "type" | "input" | "input_text":
            return _type(arguments, frame)
        case "type_text_at":
            return _type({"clear": arguments.get("clear_before_typing", True), **arguments}, frame)
        case "write_element_abs" | "write_element":
            return _type({"press_enter": True, **arguments}, frame)
        case "key" | "hotkey" | "press" | "keypress" | "press_key" | "key_combination":
            return _press(name, arguments)
        case "hold_key":
            return _press(name, arguments, _number(arguments, ("duration",), _LONG_PRESS_S))
        case "pressenter":
            return Press("Enter")
        case "scroll" | "hscroll" | "scroll_at" | "scroll_document":
            return _scroll(name, arguments, frame)
        case "swipe":
            return _swipe(name, arguments, frame)
        case "system_button":
            return _system_button(str(arguments.get("button", "")))
        case "history_back" | "press_back" | "pressback" | "go_back":
            return Back()
        case "go_forward":
            return Forward()
        case "refresh":
            return Reload()
        case "visit_url" | "navigate" | "goto":
            return Goto(_text(name, arguments, ("url", "website", "content", "text")))
        case "web_search":
            return Goto(SEARCH_URL + quote_plus(_text(name, arguments, ("query",))))
        case "search":
            return Goto(HOME_URL)
        case "answer" | "finished" | "finish":
            return Done(str(_first(arguments, ("text", "content", "answer")) or ""))
        case "terminate":
            return _terminate(arguments)
        case "call_user" | "calluser" | "ask_user" | "ask_user_question" | "interact":
            return _ask(arguments, dialect.actions)
        case "browser":
            command = _text(name, arguments, ("command", "content", "text"))
            return read_command(command, frame, dialect.actions)
    raise Malformed(f"There is no action {name[:_LONGEST_NAME] or 'without a name'} here.")


def zoom_on(box: Any, dialect: Dialect) -> Zoom:
    """A zoom on a box, `[left, top, right, bottom]` in the units of the frame.

    Raises:
        Malformed: it is none, or zoom is not available.
    """
    numbers = numbers_in(box)
    if dialect.lens is None:
        raise Malformed("There is no looking closer here.")
    if len(numbers) != 4:
        raise Malformed("A look closer takes a box: [left, top, right, bottom].")
    start = point_in(*_ordered(numbers, min), dialect.frame)
    end = point_in(*_ordered(numbers, max), dialect.frame)
    if end.x <= start.x or end.y <= start.y:
        raise Malformed("The box to look closer at is empty.")
    return Zoom(Box(start.x, start.y, end.x, end.y), dialect.lens.style)


def numbers_in(value: Any) -> list[float]:
    """The numbers of a point or box, however they are wrapped: list, mapping, text."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str):
        return [float(each) for each in _NUMBERS.findall(value)]
    if isinstance(value, list | tuple):
        return [number for each in value for number in numbers_in(each)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    try:
        number = float(value)
    except OverflowError:  # hundreds of digits
        return []
    return [number] if math.isfinite(number) else []


def _ordered(box: list[float], pick: Any) -> tuple[float, float]:
    return pick(box[0], box[2]), pick(box[1], box[3])


def _point(
    name: str, arguments: Mapping[str, Any], frame: Frame, keys: tuple[str, ...] = _START
) -> Point:
    """The point that an action needs; of a box its middle."""
    numbers = numbers_in(_first(arguments, keys))
    if not numbers and {"x", "y"} <= arguments.keys():
        numbers = numbers_in([arguments["x"], arguments["y"]])
    if len(numbers) == 4:
        numbers = [(numbers[0] + numbers[2]) / 2, (numbers[1] + numbers[3]) / 2]
    if len(numbers) != 2:
        raise Malformed(f"`{name}` needs a point: two numbers, x and y.")
    return point_in(numbers[0], numbers[1], frame)


def _drag(name: str, arguments: Mapping[str, Any], frame: Frame) -> Drag:
    if {"destination_x", "destination_y"} <= arguments.keys():
        there = [arguments["destination_x"], arguments["destination_y"]]
        start = arguments.get("start") or [arguments.get("x"), arguments.get("y")]
        arguments = {"start": start, "destination": there}
    starts = tuple(key for key in _START if key not in _END)
    if _first(arguments, starts) is None and "coordinate2" in arguments:
        starts = ("coordinate",)
    if _first(arguments, starts) is None:
        raise Malformed(f"`{name}` needs where it starts as well: start_coordinate.")
    return Drag(_point(name, arguments, frame, starts), _point(name, arguments, frame, _END))


def _type(arguments: Mapping[str, Any], frame: Frame) -> Type:
    """Typing; a line break at the end is Enter, as UI-TARS writes it."""
    text = _text("type", arguments, ("text", "content", "value"))
    enter = arguments.get("press_enter") is True
    if text.endswith("\n"):
        text, enter = text[:-1], True
    at = None
    if _first(arguments, _START) is not None or {"x", "y"} <= arguments.keys():
        at = _point("type", arguments, frame)
    clears = arguments.get("delete_existing_text") is True or arguments.get("clear") is True
    return Type(text, at, clear=clears, enter=enter)


def _press(name: str, arguments: Mapping[str, Any], hold_s: float = 0.0) -> Press:
    keys = _first(arguments, ("keys", "key", "text", "hotkey", "press"))
    parts = keys if isinstance(keys, list) else re.split(r"\+|\s+|-(?=\w)", str(keys or ""))
    names = [str(part).strip().replace("_", " ") for part in parts]
    known = chord("+".join("Space" if each == "" else each for each in names)) if names else None
    if known is None:
        raise Malformed(f"`{name}` takes names of keys, such as Control and a, not {keys!r}.")
    return Press(known, hold_s)


def _scroll(name: str, arguments: Mapping[str, Any], frame: Frame) -> Scroll:
    """Scrolling: by `pixels` (up and right are positive), or one way by half a screen."""
    screen = frame.region_css_px
    at = screen.center
    if _first(arguments, _START) is not None or {"x", "y"} <= arguments.keys():
        at = _point(name, arguments, frame)
    way = str(_first(arguments, ("direction", "scroll_direction")) or "").strip().lower()
    if way in _WAYS:
        x, y = _WAYS[way]
        if notches := _number(arguments, ("scroll_amount", "amount", "steps"), 0.0):
            return Scroll(at, x * notches * NOTCH_PX, y * notches * NOTCH_PX)
        part = _number(arguments, ("magnitude",), THOUSAND / 2) / THOUSAND
        return Scroll(at, x * screen.width * part, y * screen.height * part)
    if "end" in arguments or "coordinate2" in arguments:
        return _swipe(name, arguments, frame)
    pixels = _number(arguments, ("pixels", "amount"), math.nan)
    if math.isnan(pixels):
        raise Malformed(f"`{name}` needs a direction (up, down, left, right), or pixels.")
    return Scroll(at, pixels, 0) if name == "hscroll" else Scroll(at, 0, -pixels)


def _swipe(name: str, arguments: Mapping[str, Any], frame: Frame) -> Scroll:
    """A finger's way: what lies under it moves along, so that the wheel turns the other way."""
    way = str(arguments.get("direction") or "").strip().lower()
    screen = frame.region_css_px
    if way in _WAYS and _first(arguments, _END[:-1]) is None:
        x, y = _WAYS[way]
        at = screen.center
        if _first(arguments, _START) is not None:
            at = _point(name, arguments, frame)
        return Scroll(at, -x * screen.width / 2, -y * screen.height / 2)
    start = _point(name, arguments, frame)
    end = _point(name, arguments, frame, _END[:-1])
    return Scroll(start, start.x - end.x, start.y - end.y)


def _system_button(button: str) -> Action:
    match button.strip().lower():
        case "back":
            return Back()
        case "enter":
            return Press("Enter")
    raise Malformed(f"A browser has no system button {button[:_LONGEST_NAME]!r}, only Back, Enter.")


def _ask(arguments: Mapping[str, Any], actions: ActionSpace) -> Action:
    """A question, which ends the episode where nobody is there to answer it."""
    asked = str(_first(arguments, ("text", "content", "question")) or "it needs help")
    return AskPerson(asked) if "ask" in actions else GiveUp(f"it asks: {asked}")


def _terminate(arguments: Mapping[str, Any]) -> Action:
    said = str(_first(arguments, ("text", "answer", "message")) or "")
    if str(arguments.get("status") or "success").lower() in ("failure", "fail", "infeasible"):
        return GiveUp(said or "the model says that it cannot be done")
    return Done(said)


def _first(arguments: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((arguments[key] for key in keys if arguments.get(key) is not None), None)


def _text(name: str, arguments: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    found = _first(arguments, keys)
    if found is None:
        raise Malformed(f"`{name}` needs {keys[0]}.")
    return str(found)


def _number(arguments: Mapping[str, Any], keys: tuple[str, ...], default: float) -> float:
    found = numbers_in(_first(arguments, keys))
    return found[0] if found else default
