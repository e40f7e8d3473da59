"""Our action language: one command that acts on coordinates, like `type (412, 80) "kettle" enter`.

Points and scrolled distances are in the units of the frame that the model was given; texts are
JSON strings. `COMMANDS` is the whole language; prompts and error sentences are made from it.
"""

import json
import re
from dataclasses import dataclass
from typing import Literal, assert_never

from vigorl.browser.action_space import (
    ENDINGS,
    EVERY_ACTION,
    MANY_CLICKS,
    OPENS_TABS,
    ActionSpace,
)
from vigorl.browser.actions import (
    Accept,
    Action,
    AskPerson,
    Back,
    CallFunction,
    Click,
    Dismiss,
    Done,
    Drag,
    Forward,
    GiveUp,
    Goto,
    Hover,
    Modifier,
    Press,
    Reload,
    Scroll,
    SelectOption,
    TabClose,
    TabNew,
    TabSwitch,
    Type,
    Upload,
    Wait,
    Zoom,
)
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.points import BRACKETED, POINT, Malformed, point_in, write_point

COMMANDS: dict[str, tuple[str, str]] = {
    "click": (
        "click (x, y) [Control+Shift] [hold 2]",
        "press the left mouse button there; with keys held down, or the button for so many "
        "seconds; the same after the other clicks",
    ),
    "double_click": ("double_click (x, y)", "press it twice"),
    "right_click": ("right_click (x, y)", "open the context menu there"),
    "middle_click": ("middle_click (x, y)", "open the link there in a new tab"),
    "hover": ("hover (x, y)", "move the mouse there and leave it"),
    "type": (
        'type (x, y) "text" [clear] [enter]',
        "click the field there and type; `clear` empties it first, `enter` presses Enter "
        "afterwards; without (x, y) the text goes where the focus is; a date is written "
        "2026-12-05, a time 14:30, a colour #ff0000",
    ),
    "press": (
        "press Control+A [hold 2]",
        "press a key or a chord: Enter, Escape, Tab, ArrowDown, …; or hold it for so many seconds",
    ),
    "scroll": (
        "scroll (x, y) down 300 [Control]",
        "turn the wheel there: up, down, left or right; with keys held down",
    ),
    "drag": (
        "drag (x, y) to (x, y) [to (x, y)] [Shift]",
        "press at the first point, move on from point to point, release at the last one",
    ),
    "select": (
        'select (x, y) "Option" ["Other"]',
        "choose an option of the list there by its label; several where it takes several, which "
        "are then the only ones",
    ),
    "upload": (
        'upload (x, y) "path" ["other"]',
        "click there and hand over a file, or several; where no chooser opens, drop them there",
    ),
    "accept": (
        'accept "text"',
        "say yes to what the page or the browser asks; with a text where one is asked for",
    ),
    "dismiss": ("dismiss", "say no to it"),
    "goto": ('goto "url"', "load an address in this tab"),
    "back": ("back", "go back one page"),
    "forward": ("forward", "go forward one page"),
    "reload": ("reload", "load the page again"),
    "tab_new": ('tab_new "url"', "open a tab and switch to it"),
    "tab_switch": ("tab_switch 1", "show this tab; the first has number 0"),
    "tab_close": ("tab_close", "close the current tab, or the one whose number follows"),
    "wait": ("wait 1.5", "let so many seconds pass"),
    "call": (
        'call name {"argument": 1}',
        "call one of the functions that the task lists, with its arguments as JSON",
    ),
    "ask": (
        'ask "question"',
        "ask the user, and wait for the answer: what only they can know, decide or type",
    ),
    "done": ('done "answer"', "the task is finished; with its answer where it asks for one"),
    "give_up": ('give_up "reason"', "the task cannot be done, and why"),
}
"""Name, how it is written, what it does. What stands in brackets can be left away."""

_NEEDS: dict[str, ActionSpace] = {
    "double_click": MANY_CLICKS,
    "right_click": MANY_CLICKS,
    "middle_click": OPENS_TABS,
}
"""What an environment offers where a command is taught; of the others, the type that it names."""

_BUTTONS: dict[str, tuple[Literal["left", "middle", "right"], int]] = {
    "click": ("left", 1),
    "double_click": ("left", 2),
    "right_click": ("right", 1),
    "middle_click": ("middle", 1),
}
_CLICKS = {button_and_count: name for name, button_and_count in _BUTTONS.items()}
_DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}

_SPOKEN: dict[str, type[AskPerson | Done | GiveUp]] = {
    "ask": AskPerson,
    "done": Done,
    "give_up": GiveUp,
}

_MODIFIERS: dict[str, Modifier] = {
    "alt": "Alt",
    "control": "Control",
    "ctrl": "Control",
    "meta": "Meta",
    "shift": "Shift",
}

_NAME = re.compile(r"\w+")
_WORD = re.compile(r"[A-Za-z_]+")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_HELD = re.compile(r"(?:{0})(?:\+(?:{0}))*(?!\w)".format("|".join(_MODIFIERS)), re.IGNORECASE)
_KEYS = re.compile(r"(.*\S)\s+hold\s+([0-9]{1,9}(?:\.[0-9]{1,9})?)", re.DOTALL | re.IGNORECASE)
_OTHER_QUOTES = re.compile(r"'([^'\n]*)'|“([^”\n]*)”")
_BARE_KEYS = re.compile(r'[^\s"<]+')
_TAG_START = re.compile(r"<(?=/?\w)(?!secret:[\w-]+>)")
_JSON = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A JSON string of a command."""

    text: str


@dataclass(frozen=True, slots=True)
class _Held:
    """Keys that are held down, like `Control+Shift`."""

    keys: tuple[Modifier, ...]


_Token = str | float | Point | _Quoted | _Held


def offered_commands(actions: ActionSpace) -> dict[str, tuple[str, str]]:
    """The commands of an environment's actions and of those that end an episode, as `COMMANDS`."""
    offered = actions | ENDINGS
    return {name: told for name, told in COMMANDS.items() if _NEEDS.get(name, {name}) <= offered}


def read_command(text: str, frame: Frame, actions: ActionSpace = EVERY_ACTION) -> Action:
    """Understand one command; backticks around it, and single or curly quotes, are passed over.

    A command that is not offered is understood nonetheless: the environment answers it.

    Args:
        text: What stands in the answer.
        frame: Whose units its points are in.
        actions: What the environment offers, which is listed where the text is no command.

    Raises:
        Malformed: it is none, or it points outside of the screen.
    """
    text = text.strip().strip("`").strip()
    start = _NAME.match(text)
    name = start.group().lower() if start else ""
    if name not in COMMANDS:
        first = text.split(maxsplit=1)[0][:40] if text else "Nothing"
        listed = ", ".join(offered_commands(actions))
        raise Malformed(f"{first} is not a command. The commands are: {listed}.")
    arguments = text[len(name) :].strip()
    if name == "press":
        return _read_press(arguments)
    if name == "call":
        return _read_call(arguments)
    return _action(name, _tokens(name, arguments, frame), frame)


def write_command(action: Action, frame: Frame) -> str:
    """The inverse of `read_command`, up to the rounding of points to whole units of the frame.

    Raises:
        ValueError: the language cannot say this action, or its point is not on the screen.
    """
    match action:
        case Click(point, button, count, modifiers, hold_s):
            if (button, count) not in _CLICKS:
                raise ValueError(f"no command for {action}")
            name = _CLICKS[button, count]
            return " ".join([name, write_point(point, frame), *_held(modifiers), *_hold(hold_s)])
        case Hover(point):
            return f"hover {write_point(point, frame)}"
        case Type(text, at, clear, enter):
            place = [] if at is None else [write_point(at, frame)]
            flags = ["clear"] * clear + ["enter"] * enter
            return " ".join(["type", *place, _quote(text), *flags])
        case Press(keys, hold_s):
            written = keys if _BARE_KEYS.fullmatch(keys) else _quote(keys)
            return " ".join(["press", written, *_hold(hold_s)])
        case Scroll():
            return _write_scroll(action, frame)
        case Drag(start, end, via, modifiers):
            path = " to ".join(write_point(point, frame) for point in (start, *via, end))
            return " ".join(["drag", path, *_held(modifiers)])
        case SelectOption(point, label, others):
            return " ".join(["select", write_point(point, frame), *map(_quote, (label, *others))])
        case Upload(point, paths):
            return " ".join(["upload", write_point(point, frame), *map(_quote, paths)])
        case Accept(text, password):
            said = () if text is None else (text,) if password is None else (text, password)
            return " ".join(["accept", *map(_quote, said)])
        case Dismiss():
            return "dismiss"
        case Goto(url):
            return f"goto {_quote(url)}"
        case Back() | Forward() | Reload():
            return action.type
        case TabNew(url):
            return f"tab_new {_quote(url)}"
        case TabSwitch(index):
            return f"tab_switch {index}"
        case TabClose(number):
            return "tab_close" if number is None else f"tab_close {number}"
        case Wait(seconds):
            return f"wait {_seconds(seconds)}"
        case CallFunction(function, given):
            return f"call {function} {_defused(json.dumps(dict(given), ensure_ascii=False))}"
        case Done(answer):
            return f"done {_quote(answer)}" if answer else "done"
        case AskPerson(text) | GiveUp(text):
            return f"{action.type} {_quote(text)}"
        case Zoom():
            raise ValueError("a zoom is a tool call, not a command")
        case _:
            assert_never(action)


def _action(name: str, tokens: list[_Token], frame: Frame) -> Action:
    """The action of a command's name and arguments."""
    match (name, *tokens):
        case ("click" | "double_click" | "right_click" | "middle_click", Point() as point, *how):
            button, count = _BUTTONS[name]
            match how:
                case []:
                    return Click(point, button, count)
                case [_Held(keys)]:
                    return Click(point, button, count, keys)
                case ["hold", float(seconds)]:
                    return Click(point, button, count, (), seconds)
                case [_Held(keys), "hold", float(seconds)]:
                    return Click(point, button, count, keys, seconds)
        case ("hover", Point() as point):
            return Hover(point)
        case ("type", Point() as point, _Quoted(text), *flags) if _are_flags(flags):
            return Type(text, point, "clear" in flags, "enter" in flags)
        case ("type", _Quoted(text), *flags) if _are_flags(flags):
            return Type(text, None, "clear" in flags, "enter" in flags)
        case ("scroll", Point() as point, str(way), float(amount), *how) if way in _DIRECTIONS:
            region = frame.box_to_region(Box(0, 0, amount, amount))
            x, y = _DIRECTIONS[way]
            match how:
                case [] | [_Held()]:
                    keys = how[0].keys if how and isinstance(how[0], _Held) else ()
                    return Scroll(point, x * region.width, y * region.height, keys)
        case ("drag", *path):
            held = path.pop() if path and isinstance(path[-1], _Held) else _Held(())
            points = [token for token in path[::2] if isinstance(token, Point)]
            ways = path[1::2]
            if len(points) >= 2 and len(points) == len(ways) + 1 and set(ways) == {"to"}:
                assert isinstance(held, _Held)
                return Drag(points[0], points[-1], tuple(points[1:-1]), held.keys)
        case ("select", Point() as point, _Quoted(label), *more):
            others = tuple(token.text for token in more if isinstance(token, _Quoted))
            if len(others) == len(more):
                return SelectOption(point, label, others)
        case ("upload", Point() as point, _Quoted(), *_):
            paths = [token.text for token in tokens[1:] if isinstance(token, _Quoted)]
            if len(paths) == len(tokens) - 1:
                return Upload(point, tuple(paths))
        case ("accept",):
            return Accept()
        case ("accept", _Quoted(text)):
            return Accept(text)
        case ("accept", _Quoted(text), _Quoted(password)):
            return Accept(text, password)
        case ("dismiss",):
            return Dismiss()
        case ("goto", _Quoted(url)):
            return Goto(url)
        case ("back",):
            return Back()
        case ("forward",):
            return Forward()
        case ("reload",):
            return Reload()
        case ("tab_new",):
            return TabNew()
        case ("tab_new", _Quoted(url)):
            return TabNew(url)
        case ("tab_switch", float(index)) if index.is_integer():
            return TabSwitch(int(index))
        case ("tab_close",):
            return TabClose()
        case ("tab_close", float(index)) if index.is_integer():
            return TabClose(int(index))
        case ("wait",):
            return Wait()
        case ("wait", float(seconds)):
            return Wait(seconds)
        case ("done",):
            return Done()
        case ("ask" | "done" | "give_up", _Quoted(said)):
            return _SPOKEN[name](said)
    raise Malformed(_usage(name))


def _tokens(name: str, arguments: str, frame: Frame) -> list[_Token]:
    """Points, JSON strings, numbers and bare words, in order.

    Raises:
        Malformed: something else stands there, or a point is outside of the screen.
    """
    tokens: list[_Token] = []
    at = 0
    while at < len(arguments):
        if arguments[at].isspace():
            at += 1
        elif arguments[at] == '"':
            try:
                quoted, at = _JSON.raw_decode(arguments, at)
            except json.JSONDecodeError as error:
                raise Malformed(f'{_usage(name)} Write a " inside of a text as \\".') from error
            tokens.append(_Quoted(quoted))
        elif found := _OTHER_QUOTES.match(arguments, at):
            tokens.append(_Quoted(found[1] or found[2] or ""))
            at = found.end()
        elif found := POINT.match(arguments, at) or BRACKETED.match(arguments, at):
            tokens.append(point_in(float(found[1]), float(found[2]), frame))
            at = found.end()
        elif found := _NUMBER.match(arguments, at):
            tokens.append(float(found.group()))
            at = found.end()
        elif found := _HELD.match(arguments, at):
            keys = [_MODIFIERS[key] for key in found.group().lower().split("+")]
            tokens.append(_Held(tuple(dict.fromkeys(keys))))
            at = found.end()
        elif found := _WORD.match(arguments, at):
            tokens.append(found.group().lower())
            at = found.end()
        else:
            raise Malformed(_usage(name))
    return tokens


def _are_flags(tokens: list[_Token]) -> bool:
    return all(token in ("clear", "enter") for token in tokens)


def _read_press(arguments: str) -> Press:
    """The keys after `press`: bare, or a JSON string where a space or quote is among them."""
    found = _KEYS.fullmatch(arguments)
    keys, hold_s = (found[1], float(found[2])) if found else (arguments, 0.0)
    if keys.startswith('"'):
        try:
            return Press(str(json.loads(keys)), hold_s)
        except json.JSONDecodeError as error:
            raise Malformed(_usage("press")) from error
    if not keys or len(keys.split()) > 1:
        raise Malformed(_usage("press"))
    return Press(keys, hold_s)


def _read_call(arguments: str) -> CallFunction:
    """The function's name after `call`, and its arguments as a JSON object, if it takes any."""
    name = _NAME.match(arguments)
    try:
        given = json.loads(arguments[name.end() :].strip() or "{}") if name else None
    except (ValueError, RecursionError) as error:
        raise Malformed(_usage("call")) from error
    if name is None or not isinstance(given, dict):
        raise Malformed(_usage("call"))
    return CallFunction(name.group(), given)


def _held(modifiers: tuple[Modifier, ...]) -> list[str]:
    return ["+".join(modifiers)] if modifiers else []


def _hold(seconds: float) -> list[str]:
    return [f"hold {_seconds(seconds)}"] if seconds else []


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _write_scroll(action: Scroll, frame: Frame) -> str:
    dx, dy = action.dx_css_px, action.dy_css_px
    if dx and dy:
        raise ValueError(f"no command scrolls both ways at once: {action}")
    region = frame.region_css_px
    amount = frame.box_from_region(
        Box(region.left, region.top, region.left + abs(dx), region.top + abs(dy))
    )
    if dx:
        way, distance = ("right" if dx > 0 else "left"), amount.width
    else:
        way, distance = ("down" if dy >= 0 else "up"), amount.height
    start = f"scroll {write_point(action.point, frame)} {way} {round(distance)}"
    return " ".join([start, *_held(action.modifiers)])


def _quote(text: str) -> str:
    """A JSON string in which nothing looks like a tag of the grammar."""
    return _defused(json.dumps(text, ensure_ascii=False))


def _defused(written: str) -> str:
    """JSON in which nothing looks like a tag of the grammar."""
    return _TAG_START.sub(r"\\u003c", written)


def _usage(name: str) -> str:
    how, what = COMMANDS[name]
    return f"`{name}` is written `{how}`: {what}."
