"""The turn format with tags: ours, and that of the published ViGoRL checkpoints.

::

    <think> The total is in the last row of the table (412, 633). </think>
    <tool_call>{"name": "search_coordinate", "arguments": {"coordinate": [412, 633]}}</tool_call>

    <think> Now I can read it; the button below (640, 702) goes on. </think>
    <answer> click (640, 702) </answer>

What stands in the answer differs between families (`Answers`): a point alone, a command on
numbered marks (`vigorl.policy.marks`), plain words, or one of our commands
(`vigorl.policy.commands`).

Source: tags and tool call of arXiv 2505.23678. As in its released code, the first complete answer
or call counts; unlike there, one inside a thought does not, unless there is no other.
"""

import json
import re
from dataclasses import dataclass
from typing import Literal, assert_never

from vigorl.browser.actions import Action, Click, Done, Drag, Zoom
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.commands import read_command, write_command
from vigorl.policy.escape import TAG_NAMES, escape_tags
from vigorl.policy.grammar import Dialect, Parsed
from vigorl.policy.marks import read_mark_command, write_mark_command
from vigorl.policy.points import (
    BRACKETED,
    NUMBER,
    POINT,
    Malformed,
    coordinates_of,
    mentions_in,
    point_in,
    write_point,
)

Answers = Literal["point", "marks", "text", "actions"]
"""What an answer is: `(x, y)`, or `(left, top, right, bottom)` where a box is asked for; a command
on numbered marks; the answer to a question in plain words; or a command on coordinates."""

Calls = Literal["json", "point"]
"""What stands in a call of the one tool: JSON as published, or `(x, y)`, which a small model can
copy as it stands in what it was told; JSON is understood there as well."""

_TAG = re.compile(rf"(</?(?:{'|'.join(TAG_NAMES)})>)")
_THOUGHT = re.compile(r"\s*(?:<think>)?(?:(?!</?(?:think|answer|tool_call)>).)*</think>", re.DOTALL)
_WHOLE_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_LAST = re.compile(r"<(answer|tool_call)>(.*?)</\1>", re.DOTALL)
_UNENDED = re.compile(
    r"<(answer|tool_call)>(?=\s*\S)((?:(?!<(?:answer|tool_call)>).)*)\Z", re.DOTALL
)
_OTHER_TOOL = re.compile(r"""["']action["']\s*:|=action>""")
"""In a call of `computer_use` and its kin, which is no zoom though it has a coordinate."""
_COORDINATE = re.compile(rf"coordinate\W+?({NUMBER})\W+?({NUMBER})")
_NUMBERS = re.compile(NUMBER)
_FORMS = (
    ["<think>", "</think>", "<tool_call>", "</tool_call>"],
    ["<think>", "</think>", "<answer>", "</answer>"],
)


@dataclass(frozen=True, slots=True)
class Tags:
    """A thought between `<think>` tags, then an answer or a call of the one tool, zoom.

    A `TurnFormat`.
    """

    answers: Answers = "actions"
    calls: Calls = "json"

    @property
    def acts_on_marks(self) -> bool:
        """Whether actions name numbered elements instead of points."""
        return self.answers == "marks"

    def read(self, text: str, dialect: Dialect) -> Parsed:
        """Understand a turn: its first complete answer or call, and what stands before it."""
        found = _last_part(text)
        thought = _thought(text if found is None else text[: found.start()])
        mentions = mentions_in(thought, dialect.frame)
        slip = _slip(text, dialect)
        try:
            if found is None:
                raise Malformed(slip)
            if found[1] == "answer":
                action = self._read_answer(found[2], dialect)
            else:
                action = self._read_zoom(found[2], dialect)
                slip = slip or self._call_slip(found[2])
        except Malformed as malformed:
            return Parsed(thought, mentions, None, str(malformed))
        return Parsed(thought, mentions, action, None, slip)

    def write(self, thought: str, action: Action, dialect: Dialect) -> str:
        """The text of a turn; a tag inside the thought (quoted from a page, say) is defused.

        Raises:
            ValueError: the format cannot say this action.
        """
        thought = escape_tags(thought.strip())
        if isinstance(action, Zoom):
            call = self._write_call(action.region_css_px.center, dialect)
            last = f"<tool_call>{call}</tool_call>"
        else:
            last = f"<answer> {self.write_action(action, dialect)} </answer>"
        return f"<think> {thought} </think>\n{last}"

    def write_action(self, action: Action, dialect: Dialect) -> str:
        """What stands between the tags of the answer.

        Raises:
            ValueError: the format cannot say this action.
        """
        match self.answers:
            case "point":
                return _write_place(action, dialect)
            case "marks":
                return escape_tags(write_mark_command(action, dialect.frame, dialect.marks))
            case "text":
                if not isinstance(action, Done):
                    raise ValueError(f"an answer in words cannot say {action}")
                return escape_tags(action.answer)
            case "actions":
                return write_command(action, dialect.frame)
            case _:
                assert_never(self.answers)

    def _read_answer(self, text: str, dialect: Dialect) -> Action:
        match self.answers:
            case "point" if _asks_for_box(dialect):
                return _read_box(text, dialect.frame)
            case "point":
                return Click(point_in(*_only_point(text), dialect.frame))
            case "marks":
                return read_mark_command(text, dialect.frame, dialect.marks)
            case "text":
                return Done(text.strip())
            case "actions":
                return read_command(text, dialect.frame, dialect.actions)
            case _:
                assert_never(self.answers)

    def _read_zoom(self, text: str, dialect: Dialect) -> Zoom:
        if dialect.lens is None:
            raise Malformed(f"There is no tool to call. {_shape(dialect)}")
        middle = point_in(*self._called(text), dialect.frame)
        lens = dialect.lens
        region = Box.around(middle, lens.half_width_css_px, lens.half_height_css_px)
        return Zoom(region, lens.style)

    def _called(self, text: str) -> tuple[float, float]:
        """The coordinates that a call names, however its braces and quotes are."""
        if self.calls == "point" and (found := POINT.fullmatch(text.strip())):
            return float(found[1]), float(found[2])
        if (found := _COORDINATE.search(text)) is None or _OTHER_TOOL.search(text):
            raise Malformed(self._call_shape())
        return float(found[1]), float(found[2])

    def _call_slip(self, text: str) -> str:
        """How a call departs from the way it is written; empty where it does not."""
        if self.calls == "point" and POINT.fullmatch(text.strip()):
            return ""
        try:
            match json.loads(text, parse_int=float):
                case {
                    "name": "search_coordinate",
                    "arguments": {"coordinate": [float(), float()]},
                }:
                    return ""
        except (json.JSONDecodeError, RecursionError):
            pass
        return self._call_shape()

    def _write_call(self, middle: Point, dialect: Dialect) -> str:
        if self.calls == "point":
            return f" {write_point(middle, dialect.frame)} "
        x, y = coordinates_of(middle, dialect.frame)
        return json.dumps({"name": "search_coordinate", "arguments": {"coordinate": [x, y]}})

    def _call_shape(self) -> str:
        call = '{"name": "search_coordinate", "arguments": {"coordinate": [x, y]}}'
        if self.calls == "point":
            call = " (x, y) "
        return f"The one tool is called like this: <tool_call>{call}</tool_call>."


def _last_part(text: str) -> re.Match[str] | None:
    """The first complete answer or call behind the thoughts that a turn begins with.

    A thought may have lost its opening tag, which some chat templates write into the prompt.
    Where nothing follows the thoughts, one that stands inside of them counts, and failing that
    one that the text breaks off in.
    """
    begin = 0
    first = _THOUGHT.match(text) or _WHOLE_THOUGHT.match(text)
    while first is not None:
        begin = first.end()
        first = _WHOLE_THOUGHT.match(text, begin)
    return _LAST.search(text, begin) or _LAST.search(text) or _UNENDED.search(text, begin)


def _only_point(text: str) -> tuple[float, float]:
    """The point that an answer is: in parentheses, brackets or none; of a box its middle.

    Raises:
        Malformed: it is none.
    """
    if found := POINT.search(text) or BRACKETED.search(text):
        return float(found[1]), float(found[2])
    match [float(number) for number in _NUMBERS.findall(text)]:
        case [x, y]:
            return x, y
        case [left, top, right, bottom]:
            return (left + right) / 2, (top + bottom) / 2
    raise Malformed("The answer is one point of the screen: <answer> (x, y) </answer>.")


def _asks_for_box(dialect: Dialect) -> bool:
    """Whether a box is drawn by a drag, as nothing can be clicked."""
    return "drag" in dialect.actions and "click" not in dialect.actions


def _read_box(text: str, frame: Frame) -> Drag:
    """The box that an answer is; what ends at the picture's edge ends in its last pixel.

    Raises:
        Malformed: it is none, or lies outside of the picture.
    """
    numbers = [float(number) for number in _NUMBERS.findall(text)]
    if len(numbers) != 4:
        raise Malformed("The answer is one box: <answer> (left, top, right, bottom) </answer>.")
    left, top, right, bottom = numbers
    right -= right == frame.width_px
    bottom -= bottom == frame.height_px
    return Drag(point_in(left, top, frame), point_in(right, bottom, frame))


def _write_place(action: Action, dialect: Dialect) -> str:
    """A point or, where one is asked for, a box.

    Raises:
        ValueError: the action is not what is asked for.
    """
    match action:
        case Click(point, "left", 1) if not _asks_for_box(dialect):
            return write_point(point, dialect.frame)
        case Drag(start, end, (), ()) if _asks_for_box(dialect):
            corners = (*coordinates_of(start, dialect.frame), *coordinates_of(end, dialect.frame))
            return f"({', '.join(map(str, corners))})"
        case _:
            raise ValueError(f"an answer that is a point or a box cannot say {action}")


def _thought(text: str) -> str:
    """The words of a thought, without the tags around them."""
    return " ".join(part for piece in _TAG.split(text)[::2] if (part := piece.strip()))


def _slip(text: str, dialect: Dialect) -> str:
    """How a text departs from the form; empty where it does not."""
    before, *tags_and_texts = _TAG.split(text)
    tags, texts = tags_and_texts[::2], tags_and_texts[1::2]
    shape = _shape(dialect)
    if tags not in _FORMS:
        if tags and any(tags == form[: len(tags)] for form in _FORMS):
            return f"Your text ends after {tags[-1]}, too early. {shape}"
        return shape
    if before.strip() or any(outside.strip() for outside in texts[1::2]):
        return f"There is text outside of the tags. {shape}"
    return ""


def _shape(dialect: Dialect) -> str:
    last = "<answer> … </answer>"
    if dialect.lens is not None and "zoom" in dialect.actions:
        last = f"either <tool_call> … </tool_call> or {last}"
    return f"Write <think> … </think> and then {last}, each once, and nothing else."
