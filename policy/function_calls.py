"""The turn format with function calls, as UI-TARS and UI-Venus write them.

::

    Thought: The search field is empty, so I click it.
    Action: click(start_box='(412,80)')

    <think> The search field is empty. </think>
    <action>Click(box=(412, 80))</action>

Points come as `(x,y)`, `<point>x y</point>`, `[x, y]` or a box, with the marks of a box around them
or without; texts in single or double quotes, in which quotes may be left unescaped.

Source: bytedance/UI-TARS at 058f4b8, `codes/ui_tars/action_parser.py`; inclusionAI/UI-Venus at
81945ac, `ui_venus_2_processor.py`. The wording of the lessons is ours.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any, Literal

from vigorl.browser.action_space import ENDINGS, EVERY_ACTION, MANY_CLICKS, ActionSpace
from vigorl.browser.actions import (
    Action,
    AskPerson,
    Back,
    Click,
    Done,
    Drag,
    Press,
    Scroll,
    Type,
    Wait,
    Zoom,
)
from vigorl.browser.geometry import Point
from vigorl.policy.commands import COMMANDS, write_command
from vigorl.policy.escape import escape_tags
from vigorl.policy.foreign import action_of, browser_commands
from vigorl.policy.grammar import Dialect, Parsed
from vigorl.policy.points import POINT, Malformed, coordinates_of, mentions_in

_THINKING = re.compile(r"</?(?:think|thinking)>")
_LABELS = re.compile(r"^\s*(?:Thought|Reflection|Action_Summary)\s*:\s*", re.MULTILINE)
_ACTION_LINE = re.compile(r"^\s*Action\s*:\s*", re.MULTILINE)
_ACTION_TAG = re.compile(r"<action>(.*?)(?:</action>|$)", re.DOTALL)
_NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*\(")
_KEY = re.compile(r"\s*,?\s*([A-Za-z_]\w*)\s*=\s*")
_NEXT = re.compile(r"\s*(?:,\s*[A-Za-z_]\w*\s*=|\)\s*(?:$|\n|<|`|;))")
_CONCLUSION = re.compile(r"<conclusion>.*?(?:</conclusion>|$)", re.DOTALL)

_Way = Literal["lines", "tags"]


@dataclass(frozen=True, slots=True)
class FunctionCalls:
    """A thought, then one call; between labels on lines (`lines`) or between tags (`tags`).

    A `TurnFormat`.
    """

    way: _Way

    @property
    def acts_on_marks(self) -> bool:
        """No: it points."""
        return False

    def read(self, text: str, dialect: Dialect) -> Parsed:
        """Understand a turn: its first call."""
        thought, call = self._parts(text)
        mentions = mentions_in(thought, dialect.frame)
        try:
            name, arguments = _read_call(call)
            return Parsed(thought, mentions, action_of(name, arguments, dialect), None)
        except Malformed as malformed:
            return Parsed(thought, mentions, None, f"{malformed} {self._shape()}")

    def write(self, thought: str, action: Action, dialect: Dialect) -> str:
        """The text of a turn.

        Raises:
            ValueError: the format cannot say this action.
        """
        thought = " ".join(escape_tags(thought).split())
        call = self.write_action(action, dialect)
        if self.way == "lines":
            return f"Thought: {thought}\nAction: {call}"
        return f"<think> {thought} </think>\n<action>{call}</action>"

    def write_action(self, action: Action, dialect: Dialect) -> str:
        """The call alone.

        Raises:
            ValueError: the format cannot say this action.
        """
        if isinstance(action, Zoom):
            raise ValueError("this format cannot say a zoom")
        return self._line(action, dialect)

    def lesson(self, coordinates: str, actions: ActionSpace = EVERY_ACTION) -> str:
        """What a model is told of the calls, and how a turn is written."""
        offered = actions | ENDINGS
        calls = [(call, told) for needs, call, told in self._calls() if needs <= offered]
        listed = "\n".join(f"{call}  # {told}" if told else call for call, told in calls)
        commands = [COMMANDS[name] for name in browser_commands(actions) if name != "ask"]
        usages = "\n".join(f"{usage}: {meaning}" for usage, meaning in commands)
        return (
            f"{self._shape()}\n\nThe calls:\n{listed}\n\nThe commands of browser:\n{usages}\n\n"
            f"{coordinates}"
        )

    def _calls(self) -> Iterator[tuple[Set[str], str, str]]:
        """What is taught: where, the call, and what it does where that is not plain.

        `browser` is there for `give_up` at least, which is always offered.
        """
        point = self._written(12, 34)
        box, start, end, key = self._names()
        yield {"click"}, self._call("click", **{box: point}), ""
        yield MANY_CLICKS, self._call("double", **{box: point}), ""
        if self.way == "lines":
            yield MANY_CLICKS, f"right_single({box}={point})", ""
        yield {"drag"}, self._call("drag", **{start: point, end: self._written(56, 78)}), ""
        if self.way == "lines":
            yield {"press"}, f"hotkey({key}='ctrl a')", ""
        typed = self._call("type", content="''")
        yield {"type"}, typed, "types where the focus is; \\n at the end: Enter"
        if self.way == "tags":
            yield {"press"}, "PressEnter()", ""
        turned = self._call("scroll", **{box: point, "direction": "'down'"})
        yield {"scroll"}, turned, "up, down, left, right"
        yield {"wait"}, self._call("wait"), ""
        yield (
            {"done"},
            self._call("finished", content="''"),
            "the task is finished; with the answer",
        )
        yield {"ask"}, self._call("ask", content="''"), "asks the user, and waits for the answer"
        command = self._call("browser", command="''")
        yield {"give_up"}, command, "what the browser itself can do, see below"

    def _line(self, action: Action, dialect: Dialect) -> str:
        def at(point: Point) -> str:
            return self._written(*coordinates_of(point, dialect.frame))

        box, start, end, key = self._names()
        match action:
            case Click(point, "left", 1, (), 0):
                return self._call("click", **{box: at(point)})
            case Click(point, "left", 2, (), 0):
                return self._call("double", **{box: at(point)})
            case Click(point, "right", 1, (), 0) if self.way == "lines":
                return f"right_single({box}={at(point)})"
            case Drag(a, b, (), ()):
                return self._call("drag", **{start: at(a), end: at(b)})
            case Type(text, None, False, enter):
                return self._call("type", content=_quoted(text + "\n" * enter))
            case Press("Enter", 0) if self.way == "tags":
                return "PressEnter()"
            case Press(keys, 0) if self.way == "lines":
                return f"hotkey({key}={_quoted(keys.replace('+', ' '))})"
            case Scroll(point, dx, dy, ()):
                way = ("right" if dx > 0 else "left") if dx else ("down" if dy > 0 else "up")
                return self._call("scroll", **{box: at(point), "direction": f"'{way}'"})
            case Wait():
                return self._call("wait")
            case Back() if self.way == "tags":
                return "PressBack()"
            case AskPerson(question):
                return self._call("ask", content=_quoted(question))
            case Done(answer):
                return self._call("finished", content=_quoted(answer))
            case _:
                command = write_command(action, dialect.frame)
                return self._call("browser", command=_quoted(command))

    def _call(self, name: str, **arguments: str) -> str:
        names = _LINE_NAMES if self.way == "lines" else _TAG_NAMES
        listed = ", ".join(f"{key}={value}" for key, value in arguments.items())
        return f"{names[name]}({listed})"

    def _names(self) -> tuple[str, str, str, str]:
        """Of the arguments: a point, the start, the end, a key."""
        if self.way == "lines":
            return "start_box", "start_box", "end_box", "key"
        return "box", "start", "end", "key"

    def _written(self, x: int, y: int) -> str:
        if self.way == "lines":
            return f"'({x},{y})'"
        return f"({x}, {y})"

    def _parts(self, text: str) -> tuple[str, str]:
        """The thought and the text that holds the call."""
        text = _CONCLUSION.sub("", text)
        if found := _ACTION_TAG.search(text):
            return _words(text[: found.start()]), found[1]
        pieces = _ACTION_LINE.split(text, maxsplit=1)
        if len(pieces) == 2:
            return _words(pieces[0]), pieces[1]
        thought, _, rest = text.rpartition("\n")
        return _words(thought), rest

    def _shape(self) -> str:
        box = self._names()[0]
        call = self._call("click", **{box: self._written(12, 34)})
        if self.way == "lines":
            return (
                f"Write your thought on a line and one call on the next: Thought: …\nAction: {call}"
            )
        return f"Write <think> … </think> and then one call: <action>{call}</action>"


_LINE_NAMES = {
    "click": "click",
    "double": "left_double",
    "drag": "drag",
    "type": "type",
    "scroll": "scroll",
    "wait": "wait",
    "finished": "finished",
    "ask": "call_user",
    "browser": "browser",
}
_TAG_NAMES = {
    "click": "Click",
    "double": "DoubleClick",
    "drag": "Drag",
    "type": "Type",
    "scroll": "Scroll",
    "wait": "Wait",
    "finished": "Finished",
    "ask": "CallUser",
    "browser": "Browser",
}


def _words(text: str) -> str:
    return " ".join(_LABELS.sub("", _THINKING.sub(" ", text)).split())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escape_tags(escaped)}'"


def _read_call(text: str) -> tuple[str, dict[str, Any]]:
    """The name and the arguments of the first call in a text.

    Raises:
        Malformed: there is none.
    """
    text = text.strip().strip("`").strip()
    start = _NAME.match(text)
    if start is None:
        raise Malformed("There is no call in your text.")
    arguments: dict[str, Any] = {}
    at = start.end()
    while found := _KEY.match(text, at):
        value, at = _read_value(text, found.end())
        arguments[found[1].lower()] = value
    if not arguments and (point := POINT.match(text, start.end() - 1)):
        arguments["point"] = point.group()  # click(412, 80)
    return start[1], arguments


def _read_value(text: str, at: int) -> tuple[str, int]:
    """One value and where it ends: quoted, up to a quote that ends it, or bare."""
    quote = text[at : at + 1]
    if quote not in ("'", '"'):
        depth = 0
        for end in range(at, len(text)):
            depth += (text[end] in "([" and 1) or -(text[end] in ")]")
            if depth < 0 or (depth == 0 and text[end] == ","):
                return text[at:end], end
        return text[at:], len(text)
    end = at + 1
    while end < len(text):
        if text[end] == "\\":
            end += 2
            continue
        if text[end] == quote and (_NEXT.match(text, end + 1) or end + 1 == len(text)):
            return _unescaped(text[at + 1 : end]), end + 1
        end += 1
    return _unescaped(text[at + 1 :].rstrip(")").rstrip(quote)), len(text)


_ESCAPES = {"n": "\n", "t": "\t", "'": "'", '"': '"', "\\": "\\"}


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found.group()), text)
