"""The answers of the published Web-Action checkpoints: commands on numbered marks.

`click [id]`, `type [id] [content]`, `scroll [down]`, `go_back`, `stop [answer]`, read as the
benchmark that they were trained for reads them: typing clicks the middle of the mark's box first,
does not clear the field, and presses Enter unless `[0]` follows; scrolling moves by one screen.
A command between backticks in a sentence, the name of a clicked mark behind it, `click 7`,
`scroll down` and `[press_enter_after=0]` are understood as well, as they are written by models that
know them.

Source: arXiv 2505.23678, section 4; VisualWebArena's action space (arXiv 2401.13649, table 1).
"""

import re
from collections.abc import Sequence

from vigorl.browser.actions import Action, Back, Click, Done, Scroll, Type
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Mark
from vigorl.policy.points import Malformed

MARK_COMMANDS = "click [id], type [id] [content] [0|1], scroll [up|down], go_back, stop [answer]"

_QUOTED = re.compile(r"```(.+?)```|`(.+?)`|\"(.+?)\"", re.DOTALL)
_FLAGS = re.DOTALL | re.IGNORECASE
_ID = r"\[?(?:id=)?([0-9]{1,9})\]?"
_CLICK = re.compile(rf"click\s*{_ID}(?:\s*(?:where\s*)?\[[^][]*\])?", _FLAGS)
_TYPE = re.compile(rf"type\s*{_ID}\s*\[(.*?)\](?:\s*\[(?:press_enter_after=)?([01])\])?", _FLAGS)
_SCROLL = re.compile(r"scroll\s*(?:\[(?:direction=)?(up|down)\]|(up|down))", _FLAGS)
_GO_BACK = re.compile(r"go_back(?:\s*\[\])?", _FLAGS)
_STOP = re.compile(r"stop(?:\s*\[(.*)\])?", _FLAGS)


def read_mark_command(text: str, frame: Frame, marks: Sequence[Mark]) -> Action:
    """Understand one command on marks.

    Raises:
        Malformed: it is none, or no mark has this number.
    """
    text = text.strip()
    if not text.lower().startswith(("type", "stop")) and (inside := _QUOTED.search(text)):
        text = inside[1] or inside[2] or inside[3]
    text = text.strip("` \n")
    if found := _CLICK.fullmatch(text):
        return Click(_middle(found[1], marks))
    if found := _TYPE.fullmatch(text):
        return Type(found[2], _middle(found[1], marks), enter=found[3] != "0")
    if found := _SCROLL.fullmatch(text):
        screen = frame.region_css_px
        return Scroll(screen.center, 0, screen.height if "down" in text.lower() else -screen.height)
    if _GO_BACK.fullmatch(text):
        return Back()
    if found := _STOP.fullmatch(text):
        return Done(found[1] or "")
    raise Malformed(f"{text[:60] or 'Nothing'} is not an action. The actions are: {MARK_COMMANDS}.")


def write_mark_command(action: Action, frame: Frame, marks: Sequence[Mark]) -> str:
    """The inverse of `read_mark_command`.

    Raises:
        ValueError: the language cannot say this action, or its point is on no mark.
    """
    match action:
        case Click(point, "left", 1, (), 0):
            return f"click [{_mark_at(point, marks)}]"
        case Type(text, Point() as point, False, enter):
            return f"type [{_mark_at(point, marks)}] [{text}] [{int(enter)}]"
        case Scroll(_, 0, dy, ()) if abs(dy) == frame.region_css_px.height:
            return "scroll [down]" if dy > 0 else "scroll [up]"
        case Back():
            return "go_back"
        case Done(answer):
            return f"stop [{answer}]"
    raise ValueError(f"no command on marks for {action}")


def _middle(number: str, marks: Sequence[Mark]) -> Point:
    for mark in marks:
        if mark.id == int(number):
            return mark.box_css_px.center
    raise Malformed(f"There is no mark [{number}] on the screen; choose one of those you see.")


def _mark_at(point: Point, marks: Sequence[Mark]) -> int:
    """The mark in whose middle the point is, else the smallest that holds it."""
    holding = [
        (mark.box_css_px.center != point, mark.box_css_px.area, mark.id)
        for mark in marks
        if mark.id is not None and mark.box_css_px.contains(point)
    ]
    if not holding:
        raise ValueError(f"no mark at {point}")
    return min(holding)[-1]
