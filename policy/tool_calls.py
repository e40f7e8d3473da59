"""The turn format with tool calls, as Qwen3-VL and models made from it write them.

::

    The search field is empty, so I type the query.
    <tool_call>
    {"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [412, 80]}}
    </tool_call>

Read as well: the call as XML (`<function=computer_use><parameter=action>…`, Qwen3.5 and later), a
bare JSON object, one in a code block, Python's quotes, a missing end tag; thoughts between
`<think>` or `<thinking>` tags, whose opening tag may be missing.

What can be called is a `Toolset`. GUI-Owl begins its one line of thought with `Action: `
(X-PLUG/MobileAgent at 11cea57, `Mobile-Agent-v3.5/computer_use/utils.py`). The wording of the
lesson is ours.
"""

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

from vigorl.browser.action_space import ENDINGS, EVERY_ACTION, ActionSpace
from vigorl.browser.actions import Action
from vigorl.policy.escape import escape_tags
from vigorl.policy.foreign import BROWSER, action_of, zoom_on
from vigorl.policy.grammar import Dialect, Parsed
from vigorl.policy.maker_toolsets import COMPUTER_USE
from vigorl.policy.points import Malformed, mentions_in
from vigorl.policy.toolset import Toolset

_TOOLS = ("", "computer_use", "computer", "mobile_use", "browser_use")
"""Names of tools, which say nothing of what is to be done."""

_ARGUMENTS = ("arguments", "args", "input", "parameters")
"""What the arguments of a call are called: here, by Gemini, by Anthropic, by Llama."""

_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|$)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|$)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?(?:</parameter>|$)", re.DOTALL)
_THINKING = re.compile(r"</?think(?:ing)?>")
_NATIVE = re.compile(r".*</think(?:ing)?>", re.DOTALL)
_LABEL = re.compile(r"^\s*(?:Thought|Action|Operation)\s*:\s*", re.MULTILINE)
_FENCE = re.compile(r"```(?:json)?")
_JSON = json.JSONDecoder(strict=False)
_NAMES = frozenset({"name", "arguments", "action", "bbox_2d"})
"""Of which a call has one."""
_CODE = re.compile(r"\bdefault_api\.(?=\w+\()")
"""What Gemini writes before a call, where it writes Python."""
_MOST_TRIES = 20
"""Braces of a text that may begin the call; a model that babbles writes thousands."""


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """A thought in plain words, then a call.

    A `TurnFormat`.
    """

    toolset: Toolset = COMPUTER_USE
    label: str = ""
    """What a thought begins with, such as `Action: `."""

    @property
    def acts_on_marks(self) -> bool:
        """No: it points."""
        return False

    def read(self, text: str, dialect: Dialect) -> Parsed:
        """Understand a turn: its first call that can be read."""
        thought, call = parts_of(text)
        mentions = mentions_in(thought, dialect.frame)
        try:
            if call is None:
                raise Malformed(f"There is no call in your text. {self._shape()}")
            return Parsed(thought, mentions, called(call, dialect, self._shape()), None)
        except Malformed as malformed:
            return Parsed(thought, mentions, None, str(malformed))

    def write(self, thought: str, action: Action, dialect: Dialect) -> str:
        """The text of a turn; a tag inside the thought is defused.

        Raises:
            ValueError: the format cannot say this action.
        """
        call = self.write_action(action, dialect)
        said = escape_tags(thought.strip())
        if self.label:
            said = self.label + " ".join(said.split())
        return f"{said}\n<tool_call>\n{call}\n</tool_call>"

    def write_action(self, action: Action, dialect: Dialect) -> str:
        """The call alone, as JSON.

        Raises:
            ValueError: the format cannot say this action.
        """
        return _as_json(*self.toolset.call(action, dialect.frame))

    def lesson(self, coordinates: str, zoom: bool, actions: ActionSpace = EVERY_ACTION) -> str:
        """What a model is told of its tools, as JSON schemas one a line, and how to call them."""
        schemas = self.toolset.schemas(zoom, actions | ENDINGS)
        tools = [json.dumps(schema, ensure_ascii=False) for schema in schemas]
        closer = f" To see something small, call {self.toolset.zoom} first." if zoom else ""
        return (
            "# Tools\n\nThe functions that you can call:\n<tools>\n"
            + "\n".join(tools)
            + f"\n</tools>\n\n{self._order()}, as JSON between tags, and write nothing after it:\n"
            '<tool_call>\n{"name": <name>, "arguments": <arguments as JSON>}\n</tool_call>\n\n'
            f"{coordinates}{closer}"
        )

    def _order(self) -> str:
        if self.label:
            return (
                f"First write {self.label}and what you do on one line, naming the points that you "
                "mean as (x, y), then call one function"
            )
        return (
            "Think in a few sentences, naming the points that you mean as (x, y), then call one "
            "function"
        )

    def _shape(self) -> str:
        name, arguments = self.toolset.example
        call = _as_json(name, arguments).replace('"\u2026"', "\u2026")
        return f"Write {self.label or 'your thought '}and then <tool_call>{call}</tool_call>."


def called(call: dict[str, Any], dialect: Dialect, shape: str) -> Action:
    """The action that a call stands for.

    Args:
        call: Name and arguments, or the arguments alone.
        dialect: Whose frame the points are in.
        shape: How it is written, for a model that wrote it otherwise.

    Raises:
        Malformed: it stands for none.
    """
    call = _innermost(call)
    name, arguments = str(call.get("name", "")), call
    if name or "arguments" in call:
        arguments = next((call[each] for each in _ARGUMENTS if each in call), call)
    if isinstance(arguments, str):
        arguments = object_in(arguments, names=None) or {}
    if not isinstance(arguments, dict):
        raise Malformed(f"The arguments are a JSON object. {shape}")
    action = arguments.get("action", name)
    box = arguments.get("bbox_2d", arguments.get("region"))
    if box is not None and action in (name, "zoom"):
        return zoom_on(box, dialect)
    if BROWSER in (name, action):
        return action_of(BROWSER, arguments, dialect)
    if not isinstance(action, str) or action in _TOOLS:
        raise Malformed(f"The arguments name no action. {shape}")
    return action_of(action, arguments, dialect)


def _innermost(call: dict[str, Any]) -> dict[str, Any]:
    """The call that stands under `action`: itself, in a text, as the first of a list, by its name.

    `{"action": [{"click_at": {"x": 1, "y": 2}}]}` is one of `click_at`.
    """
    inside = call.get("action")
    if isinstance(inside, str) and inside.lstrip().startswith("{"):
        inside = object_in(inside, names=None)
    if isinstance(inside, list) and inside:
        inside = inside[0]
    if not isinstance(inside, dict):
        return call
    match list(inside.items()):
        case [(name, dict() as arguments)] if name != "action":
            return {"name": name, "arguments": arguments}
    return inside


def _as_json(name: str, arguments: dict[str, Any]) -> str:
    """A call; a tag inside of a typed text would end it."""
    written = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return written.replace("<", "\\u003c")


def parts_of(text: str) -> tuple[str, dict[str, Any] | None]:
    """The thought and the call of a turn; calls that are spoken of while thinking do not count."""
    native = _NATIVE.match(text)
    for begin in (native.end(), 0) if native else (0,):
        for found in _CALL.finditer(text, begin):
            if call := object_in(found[1]):
                return _words(text[: found.start()]), call
        if call := object_in(rest := text[begin:]):
            return _words(text[:begin] + rest.partition("{")[0]), call
    if code := _CODE.search(text):
        return _words(text[: code.start()]), _code(text[code.end() :])
    return _words(text), None


def _words(text: str) -> str:
    """A thought without tags and labels."""
    text = _LABEL.sub("", _THINKING.sub(" ", _FENCE.sub("", text)))
    return " ".join(text.replace("<tool_call>", " ").split())


def object_in(text: str, names: frozenset[str] | None = _NAMES) -> dict[str, Any] | None:
    """The first object in a text, as JSON, Python or XML; None where there is none.

    Args:
        text: In which it is.
        names: One of which it has; None: whatever it has.
    """
    if found := _FUNCTION.search(text):
        return {"name": found[1], "arguments": _parameters(found[2])}
    if text.lstrip().startswith('"name"'):
        text = "{" + text
    at = text.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        try:
            value = _JSON.raw_decode(text, at)[0]
        except (ValueError, RecursionError):  # no JSON, or a number of thousands of digits
            value = _python(text[at : text.rfind("}") + 1])
        if isinstance(value, dict) and (names is None or value.keys() & names):
            return value
        at = text.find("{", at + 1)
    return None


def _python(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _code(text: str) -> dict[str, Any] | None:
    """The call that a text begins with, as Python with keywords; None where it is none."""
    at = text.find(")")
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        try:
            call = ast.parse(text[: at + 1], mode="eval").body
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                told = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
                return {"name": call.func.id, "arguments": told}
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            pass  # a parenthesis of a text, not the last one
        at = text.find(")", at + 1)
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
