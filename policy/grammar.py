"""The text of a turn, in both directions. Nothing else in the package parses what a model says.

A turn is a thought, anchored to points of the screen, and then either a look closer or an answer::

    <think> The total is in the last row of the table (412, 633). </think>
    <tool_call>{"name": "search_coordinate", "arguments": {"coordinate": [412, 633]}}</tool_call>

    <think> Now I can read it; the button below (640, 702) goes on. </think>
    <answer> click (640, 702) </answer>

What stands in the answer differs between model families (`Answers`): a point alone, a command on
numbered marks (`vigorl.policy.marks`), plain words, or one of our commands
(`vigorl.policy.commands`).

Source: tags and tool call of arXiv 2505.23678. Unlike its released code, which searches for
patterns anywhere, a turn is read whole: a text beside the tags, a second answer or an open tag is
refused with a sentence that says how to do it right.
"""

import json
import re
from dataclasses import dataclass
from typing import Literal, assert_never

from vigorl.browser.actions import Action, Click, Done, Zoom, ZoomStyle
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Mark
from vigorl.policy.commands import read_command, write_command
from vigorl.policy.escape import TAG_NAMES, escape_tags
from vigorl.policy.marks import read_mark_command, write_mark_command
from vigorl.policy.points import (
    POINT,
    Malformed,
    coordinates_of,
    point_in,
    points_of,
    write_point,
)

Answers = Literal["point", "marks", "text", "actions"]
"""What an answer is: `(x, y)`, a command on numbered marks, the answer to a question in plain
words, or a command on coordinates."""

Calls = Literal["json", "point"]
"""What stands in a call of the one tool: JSON as published, or `(x, y)`, which a small model can
copy as it stands in what it was told; JSON is understood there as well."""

_TAG = re.compile(rf"(</?(?:{'|'.join(TAG_NAMES)})>)")
_ZOOM_TURN = ["<think>", "</think>", "<tool_call>", "</tool_call>"]
_ANSWER_TURN = ["<think>", "</think>", "<answer>", "</answer>"]


@dataclass(frozen=True, slots=True)
class Lens:
    """How much of the screen a look closer shows, and how it is made."""

    half_width_css_px: float
    half_height_css_px: float
    style: ZoomStyle


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the turn about one screen is written."""

    frame: Frame
    """The coordinates of its points: the grid that the model was told to use, over the screen."""
    answers: Answers = "actions"
    lens: Lens | None = None
    """None where the family cannot look closer."""
    marks: tuple[Mark, ...] = ()
    """The numbered elements of the screen, for answers on marks."""
    calls: Calls = "json"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a turn says; either `action` or `error` is set."""

    thought: str
    points_css_px: tuple[Point, ...]
    """Those of the thought, as far as they are on the screen."""
    action: Action | None
    error: str | None
    """Addressed to the model: what is wrong, and how it is written."""


def parse(text: str, dialect: Dialect) -> Parsed:
    """Understand the text of a turn; what cannot be understood is data, not an exception."""
    before, *tags_and_texts = _TAG.split(text)
    tags, texts = tags_and_texts[::2], tags_and_texts[1::2]
    thought = texts[0].strip() if tags[:1] == ["<think>"] else ""
    points = tuple(points_of(thought, dialect.frame))
    try:
        if before.strip() or any(outside.strip() for outside in texts[1::2]):
            raise Malformed(f"There is text outside of the tags. {_shape(dialect)}")
        if tags == _ZOOM_TURN:
            action: Action = _read_zoom(texts[2], dialect)
        elif tags == _ANSWER_TURN:
            action = _read_answer(texts[2], dialect)
        elif tags in (_ZOOM_TURN[: len(tags)], _ANSWER_TURN[: len(tags)]) and tags:
            raise Malformed(f"Your text ends after {tags[-1]}, too early. {_shape(dialect)}")
        else:
            raise Malformed(_shape(dialect))
    except Malformed as malformed:
        return Parsed(thought, points, None, str(malformed))
    return Parsed(thought, points, action, None)


def write(thought: str, action: Action, dialect: Dialect) -> str:
    """The text of a turn: `parse` finds the same thought and the same action in it.

    Points are rounded to whole units of the dialect's frame; those in the thought are written by
    the caller, with `write_point`. A zoom says only its middle: how much it shows is the
    dialect's affair. A tag inside the thought (quoted from a page, say) is defused.

    Raises:
        ValueError: the dialect cannot say this action.
    """
    thought = escape_tags(thought.strip())
    if isinstance(action, Zoom):
        last = f"<tool_call>{_write_call(action.region_css_px.center, dialect)}</tool_call>"
    else:
        last = f"<answer> {write_answer(action, dialect)} </answer>"
    return f"<think> {thought} </think>\n{last}"


def _read_answer(text: str, dialect: Dialect) -> Action:
    match dialect.answers:
        case "point":
            found = POINT.fullmatch(text.strip())
            if found is None:
                raise Malformed("The answer is one point of the screen: <answer> (x, y) </answer>.")
            return Click(point_in(float(found[1]), float(found[2]), dialect.frame))
        case "marks":
            return read_mark_command(text, dialect.frame, dialect.marks)
        case "text":
            return Done(text.strip())
        case "actions":
            return read_command(text, dialect.frame)
        case _:
            assert_never(dialect.answers)


def write_answer(action: Action, dialect: Dialect) -> str:
    """What stands between the tags of the answer.

    Raises:
        ValueError: the dialect cannot say this action.
    """
    match dialect.answers:
        case "point":
            if not (isinstance(action, Click) and (action.button, action.count) == ("left", 1)):
                raise ValueError(f"an answer that is a point cannot say {action}")
            return write_point(action.point, dialect.frame)
        case "marks":
            return escape_tags(write_mark_command(action, dialect.frame, dialect.marks))
        case "text":
            if not isinstance(action, Done):
                raise ValueError(f"an answer in words cannot say {action}")
            return escape_tags(action.answer)
        case "actions":
            return write_command(action, dialect.frame)
        case _:
            assert_never(dialect.answers)


def _read_zoom(text: str, dialect: Dialect) -> Zoom:
    if dialect.lens is None:
        raise Malformed(f"There is no tool to call. {_shape(dialect)}")
    middle = point_in(*_called(text, dialect), dialect.frame)
    lens = dialect.lens
    region = Box.around(middle, lens.half_width_css_px, lens.half_height_css_px)
    return Zoom(region, lens.style)


def _called(text: str, dialect: Dialect) -> tuple[float, float]:
    """The coordinates that a call names."""
    if dialect.calls == "point" and (found := POINT.fullmatch(text.strip())):
        return float(found[1]), float(found[2])
    try:
        match json.loads(text, parse_int=float):
            case {
                "name": "search_coordinate",
                "arguments": {"coordinate": [float(x), float(y)]},
            }:
                return x, y
            case _:
                raise Malformed(_call_shape(dialect))
    except (json.JSONDecodeError, RecursionError) as error:
        raise Malformed(_call_shape(dialect)) from error


def _write_call(middle: Point, dialect: Dialect) -> str:
    if dialect.calls == "point":
        return f" {write_point(middle, dialect.frame)} "
    x, y = coordinates_of(middle, dialect.frame)
    return json.dumps({"name": "search_coordinate", "arguments": {"coordinate": [x, y]}})


def _call_shape(dialect: Dialect) -> str:
    call = '{"name": "search_coordinate", "arguments": {"coordinate": [x, y]}}'
    if dialect.calls == "point":
        call = " (x, y) "
    return f"The one tool is called like this: <tool_call>{call}</tool_call>."


def _shape(dialect: Dialect) -> str:
    last = "<answer> … </answer>"
    if dialect.lens is not None:
        last = f"either <tool_call> … </tool_call> or {last}"
    return f"Write <think> … </think> and then {last}, each once, and nothing else."
