"""The toolsets of makers: the functions that their models were taught.

Source of names and arguments: Qwen3-VL's `computer_use` and `image_zoom_in_tool`
(QwenLM/Qwen3-VL at 9658872, cookbooks), with Fara's further ones (microsoft/fara at 360e87f);
Anthropic's `computer_20251124` (as its SDKs list it); Gemini's computer use
(google-gemini/computer-use-preview at c93bb2d, `agent.py`); Holo's navigation steps
(hcompai/hai-cookbook at 2ba8961, `utils/navigation.py`). The descriptions are ours.
"""

import re
from collections.abc import Set
from typing import Any

from vigorl.browser.action_space import MANY_CLICKS, OPENS_TABS
from vigorl.browser.actions import (
    Action,
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
from vigorl.browser.geometry import THOUSAND, Frame, Point
from vigorl.policy.commands import COMMANDS
from vigorl.policy.foreign import NOTCH_PX
from vigorl.policy.toolset import Call, Functions, OneTool, written, written_box

_BUTTONS = {
    ("left", 1): "left_click",
    ("left", 2): "double_click",
    ("left", 3): "triple_click",
    ("right", 1): "right_click",
    ("middle", 1): "middle_click",
}
_CLICKS: dict[str, tuple[Set[str], str]] = {
    "left_click": ({"click"}, "press the left mouse button at coordinate"),
    "double_click": (MANY_CLICKS, "press it twice"),
    "triple_click": (MANY_CLICKS, "press it three times, which selects a line"),
    "right_click": (MANY_CLICKS, "press the right button there"),
    "middle_click": (OPENS_TABS, "press the middle button there"),
    "mouse_move": ({"hover"}, "move the mouse to coordinate"),
    "left_click_drag": ({"drag"}, "press at start_coordinate, move to coordinate, release"),
}
_ENDS: dict[str, tuple[Set[str], str]] = {
    "answer": ({"done"}, "say text as the answer to the task, which ends it"),
    "terminate": ({"done"}, "end the task with status success or failure"),
}
_POINTS: dict[str, tuple[Set[str], dict[str, Any]]] = {
    "coordinate": (
        {"click", "hover", "drag", "type", "scroll"},
        {"type": "array", "description": "[x, y]"},
    ),
    "start_coordinate": ({"drag"}, {"type": "array", "description": "[x, y], of left_click_drag"}),
}
_STATUS: dict[str, tuple[Set[str], dict[str, Any]]] = {
    "status": ({"done"}, {"type": "string", "enum": ["success", "failure"]}),
}


def _say_computer_use(action: Action, frame: Frame) -> dict[str, Any] | None:
    said = _say_pointing(action, frame)
    if said is not None:
        return said
    match action:
        case Type(text, point, clear, enter):
            where = {} if point is None else {"coordinate": written(point, frame)}
            flags = {"press_enter": enter, "delete_existing_text": clear}
            given = {name: value for name, value in flags.items() if value}
            return {"action": "type", **where, "text": text, **given}
        case Press(keys, 0):
            return {"action": "key", "keys": _keys(keys)}
        case Scroll(point, 0, dy, ()):
            return {"action": "scroll", "coordinate": written(point, frame), "pixels": round(-dy)}
        case Scroll(point, dx, 0, ()):
            return {"action": "hscroll", "coordinate": written(point, frame), "pixels": round(dx)}
        case Wait(seconds):
            return {"action": "wait", "time": seconds}
    return _say_ending(action)


def _say_computer(action: Action, frame: Frame) -> dict[str, Any] | None:
    said = _say_pointing(action, frame)
    if said is not None:
        return said
    match action:
        case Type(text, None, False, False):
            return {"action": "type", "text": text}
        case Press(keys, 0):
            return {"action": "key", "text": keys}
        case Press(keys, seconds):
            return {"action": "hold_key", "text": keys, "duration": seconds}
        case Scroll(point, dx, dy, ()) if not (dx and dy):
            return {
                "action": "scroll",
                "coordinate": written(point, frame),
                "scroll_direction": _way(dx, dy),
                "scroll_amount": max(1, round(abs(dx or dy) / NOTCH_PX)),
            }
        case Wait(seconds):
            return {"action": "wait", "duration": seconds}
        case Zoom(region):
            return {"action": "zoom", "region": written_box(region, frame)}
    return _say_ending(action)


def _say_pointing(action: Action, frame: Frame) -> dict[str, Any] | None:
    """What Qwen's and Anthropic's tools have in common."""
    match action:
        case Click(point, button, count, (), 0) if (button, count) in _BUTTONS:
            return {"action": _BUTTONS[button, count], "coordinate": written(point, frame)}
        case Hover(point):
            return {"action": "mouse_move", "coordinate": written(point, frame)}
        case Drag(start, end, (), ()):
            return {
                "action": "left_click_drag",
                "start_coordinate": written(start, frame),
                "coordinate": written(end, frame),
            }
    return None


def _say_ending(action: Action) -> dict[str, Any] | None:
    match action:
        case Done(""):
            return {"action": "terminate", "status": "success"}
        case Done(answer):
            return {"action": "answer", "text": answer}
        case GiveUp(reason):
            return {"action": "terminate", "status": "failure", "text": reason}
    return None


def _say_gemini(action: Action, frame: Frame) -> Call | None:
    def at(point: Point) -> dict[str, int]:
        x, y = written(point, frame)
        return {"x": x, "y": y}

    match action:
        case Click(point, "left", 1, (), 0):
            return "click_at", at(point)
        case Click(point, button, count, (), 0) if (button, count) in _BUTTONS:
            return _BUTTONS[button, count], at(point)
        case Hover(point):
            return "hover_at", at(point)
        case Type(text, Point() as point, clear, enter):
            flags = {"press_enter": enter, "clear_before_typing": clear}
            return "type_text_at", {**at(point), "text": text, **flags}
        case Press(keys, 0):
            return "key_combination", {"keys": keys}
        case Scroll(point, dx, dy, ()) if not (dx and dy):
            screen = frame.region_css_px
            part = abs(dx) / screen.width if dx else abs(dy) / screen.height
            how = {"direction": _way(dx, dy), "magnitude": max(1, round(THOUSAND * part))}
            return "scroll_at", {**at(point), **how}
        case Drag(start, end, (), ()):
            x, y = written(end, frame)
            return "drag_and_drop", {**at(start), "destination_x": x, "destination_y": y}
        case Goto(url):
            return "navigate", {"url": url}
        case Back():
            return "go_back", {}
        case Forward():
            return "go_forward", {}
        case Wait(5):
            return "wait_5_seconds", {}
    ending = _say_ending(action)
    return None if ending is None else (ending.pop("action"), ending)


def _say_holo(action: Action, frame: Frame) -> Call | None:
    def at(point: Point) -> dict[str, int]:
        x, y = written(point, frame)
        return {"x": x, "y": y}

    match action:
        case Click(point, "left", 1, (), 0):
            return "click_element", {"element": "", **at(point)}
        case Type(text, Point() as point, False, enter):
            return "write_element_abs", {
                "content": text,
                "element": "",
                **at(point),
                "press_enter": enter,
            }
        case Scroll(_, dx, dy, ()) if not (dx and dy):
            return "scroll", {"direction": _way(dx, dy)}
        case Back():
            return "go_back", {}
        case Reload():
            return "refresh", {}
        case Goto(url):
            return "goto", {"url": url}
        case Wait(seconds):
            return "wait", {"seconds": seconds}
        case Done(answer):
            return "answer", {"content": answer}
    return None


COMPUTER_USE = OneTool(
    "computer_use",
    {
        **_CLICKS,
        "type": ({"type"}, "type text where the focus is; with coordinate, click there first"),
        "key": ({"press"}, "press the keys together, such as [Control, a] or [Enter]"),
        "scroll": (
            {"scroll"},
            "turn the wheel at coordinate by pixels: positive up, negative down",
        ),
        "hscroll": ({"scroll"}, "the same sideways: positive to the right"),
        "wait": ({"wait"}, "let time pass, in seconds"),
        **_ENDS,
    },
    {
        **_POINTS,
        "text": ({"type", "done"}, {"type": "string", "description": "of type and answer"}),
        "press_enter": (
            {"type"},
            {"type": "boolean", "description": "of type: press Enter afterwards"},
        ),
        "delete_existing_text": (
            {"type"},
            {"type": "boolean", "description": "of type: empty the field first"},
        ),
        "keys": ({"press"}, {"type": "array", "description": "of key"}),
        "pixels": ({"scroll"}, {"type": "number", "description": "of scroll and hscroll"}),
        "time": ({"wait"}, {"type": "number", "description": "of wait"}),
        **_STATUS,
    },
    _say_computer_use,
    zoom="image_zoom_in_tool",
)

COMPUTER = OneTool(
    "computer",
    {
        **_CLICKS,
        "type": ({"type"}, "type text where the focus is"),
        "key": ({"press"}, "press the keys of text together, such as ctrl+a or Return"),
        "hold_key": ({"press"}, "hold them down for duration seconds"),
        "scroll": ({"scroll"}, "turn the wheel at coordinate by scroll_amount notches"),
        "wait": ({"wait"}, "let duration seconds pass"),
        "zoom": ({"zoom"}, "see region of the picture again, larger"),
        **_ENDS,
    },
    {
        **_POINTS,
        "text": (
            {"type", "press", "done"},
            {"type": "string", "description": "of type, key and answer"},
        ),
        "scroll_direction": (
            {"scroll"},
            {"type": "string", "enum": ["up", "down", "left", "right"]},
        ),
        "scroll_amount": ({"scroll"}, {"type": "integer"}),
        "duration": ({"wait", "press"}, {"type": "number", "description": "in seconds"}),
        "region": ({"zoom"}, {"type": "array", "description": "[left, top, right, bottom]"}),
        **_STATUS,
    },
    _say_computer,
    zoom="zoom",
    zoom_is_action=True,
)
"""Anthropic\'s."""

_XY = {"x": "integer", "y": "integer"}


def _without(names: str) -> tuple[str, ...]:
    """Our commands but these and those that every toolset has."""
    said = {"done", "wait", "click", "scroll", *names.split()}
    return tuple(name for name in COMMANDS if name not in said)


GEMINI = Functions(
    {
        "click_at": ({"click"}, "Click there.", _XY, ("x", "y")),
        "double_click": (MANY_CLICKS, "Click twice there.", _XY, ("x", "y")),
        "right_click": (MANY_CLICKS, "Click there with the right button.", _XY, ("x", "y")),
        "hover_at": ({"hover"}, "Move the mouse there.", _XY, ("x", "y")),
        "type_text_at": (
            {"type"},
            "Click there and type; the field is emptied first unless clear_before_typing is false.",
            {
                **_XY,
                "text": "string",
                "press_enter": "boolean",
                "clear_before_typing": "boolean",
            },
            ("x", "y", "text"),
        ),
        "key_combination": (
            {"press"},
            "Press keys together, such as control+a or enter.",
            {"keys": "string"},
            ("keys",),
        ),
        "scroll_document": (
            {"scroll"},
            "Scroll the page up, down, left or right.",
            {"direction": "string"},
            ("direction",),
        ),
        "scroll_at": (
            {"scroll"},
            "Scroll what is there, by magnitude thousandths of the screen.",
            {**_XY, "direction": "string", "magnitude": "integer"},
            ("x", "y", "direction"),
        ),
        "drag_and_drop": (
            {"drag"},
            "Drag from there to the destination.",
            {**_XY, "destination_x": "integer", "destination_y": "integer"},
            ("x", "y", "destination_x", "destination_y"),
        ),
        "navigate": ({"goto"}, "Load an address.", {"url": "string"}, ("url",)),
        "go_back": ({"back"}, "Go back one page.", {}, ()),
        "go_forward": ({"forward"}, "Go forward one page.", {}, ()),
        "wait_5_seconds": ({"wait"}, "Let five seconds pass.", {}, ()),
        "answer": ({"done"}, "End the task with its answer.", {"text": "string"}, ("text",)),
        "terminate": (
            {"done"},
            "End the task with status success or failure.",
            {"status": "string", "text": "string"},
            ("status",),
        ),
    },
    _say_gemini,
    _without("double_click right_click hover drag goto back forward give_up"),
    ("click_at", {"x": 500, "y": 500}),
)

HOLO = Functions(
    {
        "click_element": (
            {"click"},
            "Click the element, which is described, at its coordinates.",
            {"element": "string", **_XY},
            ("element", "x", "y"),
        ),
        "write_element_abs": (
            {"type"},
            "Click there and type; Enter is pressed afterwards unless press_enter is false.",
            {"content": "string", "element": "string", **_XY, "press_enter": "boolean"},
            ("content", "element", "x", "y"),
        ),
        "scroll": (
            {"scroll"},
            "Scroll down, up, left or right.",
            {"direction": "string"},
            ("direction",),
        ),
        "go_back": ({"back"}, "Go back one page.", {}, ()),
        "refresh": ({"reload"}, "Load the page again.", {}, ()),
        "goto": ({"goto"}, "Load an address.", {"url": "string"}, ("url",)),
        "wait": ({"wait"}, "Let seconds pass.", {"seconds": "integer"}, ("seconds",)),
        "answer": ({"done"}, "End the task with its answer.", {"content": "string"}, ("content",)),
    },
    _say_holo,
    _without("back reload goto"),
    ("click_element", {"element": "…", "x": 500, "y": 500}),
)


def _keys(keys: str) -> list[str]:
    return re.split(r"(?<=.)\+", keys)


def _way(dx: float, dy: float) -> str:
    if dx:
        return "right" if dx > 0 else "left"
    return "down" if dy > 0 else "up"
