"""The turn format with tool calls, as Qwen3-VL and models made from it write them.

::

    The search field is empty, so I type the query.
    <tool_call>
    {"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [412, 80]}}
    </tool_call>

Read as well: the call as XML (`<function=computer_use><parameter=action>…`, Qwen3.5 and later), a
bare JSON object, one in a code block, Python's quotes, a missing end tag; thoughts between
`<think>` or `<thinking>` tags, whose opening tag may be missing.

Source: the tool's names and arguments are those of Qwen3-VL's `computer_use` and
`image_zoom_in_tool` (QwenLM/Qwen3-VL at 9658872, cookbooks), Fara's (microsoft/fara at 360e87f)
and `mobile_use` of MAI-UI and GUI-Owl (X-PLUG/MobileAgent at 11cea57). The wording of the lesson
is ours.
"""

import ast
import json
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from vigorl.browser.action_space import (
    ENDINGS,
    EVERY_ACTION,
    MANY_CLICKS,
    NAVIGATION,
    OPENS_TABS,
    ActionSpace,
)
from vigorl.browser.actions import (
    Action,
    Click,
    Done,
    Drag,
    GiveUp,
    Hover,
    Press,
    Scroll,
    Type,
    Wait,
    Zoom,
)
from vigorl.browser.geometry import Point
from vigorl.policy.commands import COMMANDS, write_command
from vigorl.policy.escape import escape_tags
from vigorl.policy.foreign import BROWSER, action_of, browser_commands, zoom_on
from vigorl.policy.grammar import Dialect, Parsed
from vigorl.policy.points import Malformed, coordinates_of, mentions_in

TOOL = "computer_use"
ZOOM = "image_zoom_in_tool"

_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|$)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|$)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?(?:</parameter>|$)", re.DOTALL)
_THINKING = re.compile(r"</?think(?:ing)?>")
_NATIVE = re.compile(r".*</think(?:ing)?>", re.DOTALL)
_LABEL = re.compile(r"^\s*(?:Thought|Action|Operation)\s*:\s*", re.MULTILINE)
_FENCE = re.compile(r"```(?:json)?")
_JSON = json.JSONDecoder(strict=False)
_MOST_TRIES = 20
"""Braces of a text that may begin the call; a model that babbles writes thousands."""

_BUTTONS = {
    ("left", 1): "left_click",
    ("left", 2): "double_click",
    ("left", 3): "triple_click",
    ("right", 1): "right_click",
    ("middle", 1): "middle_click",
}
_ACTIONS: dict[str, tuple[Set[str], str]] = {
    "left_click": ({"click"}, "press the left mouse button at coordinate"),
    "double_click": (MANY_CLICKS, "press it twice"),
    "triple_click": (MANY_CLICKS, "press it three times, which selects a line"),
    "right_click": (MANY_CLICKS, "press the right button there"),
    "middle_click": (OPENS_TABS, "press the middle button there"),
    "mouse_move": ({"hover"}, "move the mouse to coordinate"),
    "left_click_drag": ({"drag"}, "press at start_coordinate, move to coordinate, release"),
    "type": ({"type"}, "type text where the focus is; with coordinate, click there first"),
    "key": ({"press"}, "press the keys together, such as [Control, a] or [Enter]"),
    "scroll": ({"scroll"}, "turn the wheel at coordinate by pixels: positive up, negative down"),
    "hscroll": ({"scroll"}, "the same sideways: positive to the right"),
    "wait": ({"wait"}, "let time pass, in seconds"),
    "answer": ({"done"}, "say text as the answer to the task, which ends it"),
    "terminate": ({"done"}, "end the task with status success or failure"),
}
"""By name: what an environment offers where it is taught, and what it does."""
_ARGUMENTS: dict[str, tuple[Set[str], dict[str, Any]]] = {
    "coordinate": (
        {"click", "hover", "drag", "type", "scroll"},
        {"type": "array", "description": "[x, y]"},
    ),
    "start_coordinate": ({"drag"}, {"type": "array", "description": "[x, y], of left_click_drag"}),
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
    "status": ({"done"}, {"type": "string", "enum": ["success", "failure"]}),
}
"""By name: the types of action that take it, and its schema."""


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """A thought in plain words, then a call of `computer_use` or of the zoom tool.

    A `TurnFormat`.
    """

    @property
    def acts_on_marks(self) -> bool:
        """No: it points."""
        return False

    def read(self, text: str, dialect: Dialect) -> Parsed:
        """Understand a turn: its first call that can be read."""
        thought, call = _parts(text)
        mentions = mentions_in(thought, dialect.frame)
        try:
            if call is None:
                raise Malformed(f"There is no call in your text. {self._shape()}")
            return Parsed(thought, mentions, self._action(call, dialect), None)
        except Malformed as malformed:
            return Parsed(thought, mentions, None, str(malformed))

    def write(self, thought: str, action: Action, dialect: Dialect) -> str:
        """The text of a turn; a tag inside the thought is defused.

        Raises:
            ValueError: the format cannot say this action.
        """
        call = self.write_action(action, dialect)
        return f"{escape_tags(thought.strip())}\n<tool_call>\n{call}\n</tool_call>"

    def write_action(self, action: Action, dialect: Dialect) -> str:
        """The call alone, as JSON.

        Raises:
            ValueError: the format cannot say this action.
        """
        name, arguments = self._call(action, dialect)
        # A tag inside of a typed text would end the call.
        written = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
        return written.replace("<", "\\u003c")

    def lesson(self, coordinates: str, zoom: bool, actions: ActionSpace = EVERY_ACTION) -> str:
        """What a model is told of its tools, as JSON schemas one a line, and how to call them."""
        schemas = self._schemas(zoom, actions | ENDINGS)
        tools = [json.dumps(schema, ensure_ascii=False) for schema in schemas]
        closer = f" To see something small, call {ZOOM} first." if zoom else ""
        return (
            "# Tools\n\nThe functions that you can call:\n<tools>\n"
            + "\n".join(tools)
            + "\n</tools>\n\nThink in a few sentences, naming the points that you mean as (x, y), "
            "then call one function, as JSON between tags, and write nothing after it:\n"
            '<tool_call>\n{"name": <name>, "arguments": <arguments as JSON>}\n</tool_call>\n\n'
            f"{coordinates}{closer}"
        )

    def _schemas(self, zoom: bool, offered: ActionSpace) -> Iterator[dict[str, Any]]:
        taught = {name: told for name, (needs, told) in _ACTIONS.items() if needs <= offered}
        meanings = "\n".join(f"* `{name}`: {meaning}" for name, meaning in taught.items())
        yield _schema(
            TOOL,
            f"Use the mouse and the keyboard in {_window(offered)}.",
            {
                "action": {"type": "string", "enum": list(taught), "description": meanings},
                **{name: told for name, (kinds, told) in _ARGUMENTS.items() if kinds & offered},
            },
            ["action"],
        )
        commands = [COMMANDS[name] for name in browser_commands(offered) if name != "give_up"]
        if commands:
            usages = "\n".join(f"* `{usage}`: {meaning}" for usage, meaning in commands)
            yield _schema(
                BROWSER,
                "What the browser itself can do.",
                {"command": {"type": "string", "description": f"One of:\n{usages}"}},
                ["command"],
            )
        if zoom:
            yield _schema(
                ZOOM,
                "See a part of the picture again, larger.",
                {
                    "bbox_2d": {"type": "array", "description": "[left, top, right, bottom]"},
                    "label": {"type": "string", "description": "What is looked for."},
                },
                ["bbox_2d"],
            )

    def _action(self, call: dict[str, Any], dialect: Dialect) -> Action:
        name, arguments = str(call.get("name", TOOL)), call.get("arguments", call)
        if isinstance(arguments, str):
            arguments = _object(arguments) or {}
        if not isinstance(arguments, dict):
            raise Malformed(f"The arguments are a JSON object. {self._shape()}")
        if "bbox_2d" in arguments and "action" not in arguments:
            return zoom_on(arguments["bbox_2d"], dialect)
        if name == BROWSER:
            return action_of(name, arguments, dialect)
        action = arguments.get("action", name)
        if not isinstance(action, str) or action == TOOL:
            raise Malformed(f"The arguments name no action. {self._shape()}")
        return action_of(action, arguments, dialect)

    def _call(self, action: Action, dialect: Dialect) -> tuple[str, dict[str, Any]]:
        def at(point: Point) -> list[int]:
            return list(coordinates_of(point, dialect.frame))

        def use(name: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
            return TOOL, {"action": name, **arguments}

        match action:
            case Click(point, button, count, (), 0) if (button, count) in _BUTTONS:
                return use(_BUTTONS[button, count], coordinate=at(point))
            case Hover(point):
                return use("mouse_move", coordinate=at(point))
            case Drag(start, end, (), ()):
                return use("left_click_drag", start_coordinate=at(start), coordinate=at(end))
            case Type(text, point, clear, enter):
                where = {} if point is None else {"coordinate": at(point)}
                flags = {"press_enter": enter, "delete_existing_text": clear}
                return use("type", **where, text=text, **{k: v for k, v in flags.items() if v})
            case Press(keys, 0):
                return use("key", keys=re.split(r"(?<=.)\+", keys))
            case Scroll(point, 0, dy, ()):
                return use("scroll", coordinate=at(point), pixels=round(-dy))
            case Scroll(point, dx, 0, ()):
                return use("hscroll", coordinate=at(point), pixels=round(dx))
            case Wait(seconds):
                return use("wait", time=seconds)
            case Done(""):
                return use("terminate", status="success")
            case Done(answer):
                return use("answer", text=answer)
            case GiveUp(reason):
                return use("terminate", status="failure", text=reason)
            case Zoom(region):
                start, end = Point(region.left, region.top), Point(region.right, region.bottom)
                return ZOOM, {"bbox_2d": [*at(start), *at(end)]}
        return BROWSER, {"command": write_command(action, dialect.frame)}

    def _shape(self) -> str:
        return (
            'Write your thought and then <tool_call>{"name": "'
            f'{TOOL}", "arguments": {{"action": …}}}}</tool_call>.'
        )


def _window(offered: ActionSpace) -> str:
    return "the browser's window" if offered & NAVIGATION else "the window"


def _schema(
    name: str, description: str, properties: dict[str, Any], required: list[str]
) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def _parts(text: str) -> tuple[str, dict[str, Any] | None]:
    """The thought and the call of a turn; calls that are spoken of while thinking do not count."""
    native = _NATIVE.match(text)
    for begin in (native.end(), 0) if native else (0,):
        for found in _CALL.finditer(text, begin):
            if call := _object(found[1]):
                return _words(text[: found.start()]), call
        if call := _object(rest := text[begin:]):
            return _words(text[:begin] + rest.partition("{")[0]), call
    return _words(text), None


def _words(text: str) -> str:
    """A thought without tags and labels."""
    text = _LABEL.sub("", _THINKING.sub(" ", _FENCE.sub("", text)))
    return " ".join(text.replace("<tool_call>", " ").split())


def _object(text: str) -> dict[str, Any] | None:
    """The first object in a text, as JSON, Python or XML; None where there is none."""
    if found := _FUNCTION.search(text):
        return {"name": found[1], "arguments": _parameters(found[2])}
    at = text.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        try:
            value = _JSON.raw_decode(text, at)[0]
        except (ValueError, RecursionError):  # no JSON, or a number of thousands of digits
            value = _python(text[at : text.rfind("}") + 1])
        if isinstance(value, dict) and value.keys() & {"name", "arguments", "action", "bbox_2d"}:
            return value
        at = text.find("{", at + 1)
    return None


def _python(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _parameters(text: str) -> dict[str, Any]:
    """The parameters of a call as XML; those that are JSON are read as such."""
    parameters: dict[str, Any] = {}
    for name, value in _PARAMETER.findall(text):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):  # no JSON, or a number of thousands of digits
            read = value
        parameters[name] = value if name in ("text", "command") else read
    return parameters
