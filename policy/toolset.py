"""Toolsets: what a model with tool calls may call, and our actions said as such calls.

A `OneTool` is told by its first argument what to do; `Functions` are one for each action. What
neither has, the browser's own controls above all, is a function `browser` whose one argument is a
command of ours. Those of the makers are in `vigorl.policy.maker_toolsets`.

Reading needs none of them: `vigorl.policy.foreign` understands all of their names, whoever uses
them.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Protocol

from vigorl.browser.action_space import NAVIGATION, ActionSpace
from vigorl.browser.actions import Action, Zoom
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.commands import COMMANDS, offered_commands, write_command
from vigorl.policy.foreign import BROWSER, BROWSER_COMMANDS
from vigorl.policy.points import coordinates_of

Call = tuple[str, dict[str, Any]]
"""Name and arguments."""

_BESIDE_A_TOOL = tuple(name for name in BROWSER_COMMANDS if name != "give_up")
"""Tools say by `terminate` that a task cannot be done."""


class Toolset(Protocol):
    """What a model may call, and our actions said in it."""

    @property
    def zoom(self) -> str:
        """The function, or the action of one, that looks closer; empty for none."""
        ...

    @property
    def example(self) -> Call:
        """A call, as it is shown to a model that wrote none."""
        ...

    def schemas(self, zoom: bool, offered: ActionSpace) -> Iterator[dict[str, Any]]:
        """The functions, as JSON schemas.

        Args:
            zoom: Whether looking closer is among them.
            offered: Types of action.
        """
        ...

    def call(self, action: Action, frame: Frame) -> Call:
        """An action as a call.

        Raises:
            ValueError: it cannot be said.
        """
        ...


@dataclass(frozen=True, slots=True)
class OneTool:
    """A tool whose first argument, `action`, says what it does, and our commands beside it.

    A `Toolset`.
    """

    name: str
    actions: Mapping[str, tuple[Set[str], str]]
    """By name: what an environment offers where it is taught, and what it does."""
    arguments: Mapping[str, tuple[Set[str], dict[str, Any]]]
    """By name: the types of action that take it, and its schema."""
    say: Callable[[Action, Frame], dict[str, Any] | None]
    """The arguments of a call; None where the tool has no such action."""
    zoom: str = ""
    zoom_is_action: bool = False

    @property
    def example(self) -> Call:
        """See `Toolset`."""
        return self.name, {"action": "…"}

    def schemas(self, zoom: bool, offered: ActionSpace) -> Iterator[dict[str, Any]]:
        """See `Toolset`."""
        kinds = offered | {"zoom"} if zoom else offered - {"zoom"}
        taught = {name: told for name, (needs, told) in self.actions.items() if needs <= kinds}
        meanings = "\n".join(f"* `{name}`: {meaning}" for name, meaning in taught.items())
        yield _schema(
            self.name,
            f"Use the mouse and the keyboard in {_window(offered)}.",
            {
                "action": {"type": "string", "enum": list(taught), "description": meanings},
                **{name: told for name, (needs, told) in self.arguments.items() if needs & kinds},
            },
            ["action"],
        )
        yield from _browser(_BESIDE_A_TOOL, offered)
        if zoom and not self.zoom_is_action:
            yield _schema(
                self.zoom,
                "See a part of the picture again, larger.",
                {
                    "bbox_2d": {"type": "array", "description": "[left, top, right, bottom]"},
                    "label": {"type": "string", "description": "What is looked for."},
                },
                ["bbox_2d"],
            )

    def call(self, action: Action, frame: Frame) -> Call:
        """See `Toolset`."""
        if isinstance(action, Zoom) and not self.zoom_is_action:
            return self.zoom, {"bbox_2d": written_box(action.region_css_px, frame)}
        arguments = self.say(action, frame)
        if arguments is None:
            return BROWSER, {"command": write_command(action, frame)}
        return self.name, arguments


@dataclass(frozen=True, slots=True)
class Functions:
    """A function for each action, and our commands beside them.

    A `Toolset`.
    """

    functions: Mapping[str, tuple[Set[str], str, Mapping[str, str], tuple[str, ...]]]
    """By name: what is to be offered, what it does, the arguments with their types, those that
    cannot be left away."""
    say: Callable[[Action, Frame], Call | None]
    lacks: tuple[str, ...]
    """Our commands that are none of them."""
    example: Call
    zoom: str = ""

    def schemas(self, zoom: bool, offered: ActionSpace) -> Iterator[dict[str, Any]]:
        """See `Toolset`."""
        for name, (needs, meaning, arguments, required) in self.functions.items():
            if needs <= offered:
                properties = {each: {"type": kind} for each, kind in arguments.items()}
                yield _schema(name, meaning, properties, list(required))
        yield from _browser(self.lacks, offered)

    def call(self, action: Action, frame: Frame) -> Call:
        """See `Toolset`."""
        said = self.say(action, frame)
        return said or (BROWSER, {"command": write_command(action, frame)})


def written(point: Point, frame: Frame) -> list[int]:
    """A point in whole units of a frame."""
    return list(coordinates_of(point, frame))


def written_box(region: Box, frame: Frame) -> list[int]:
    """Its corners, `[left, top, right, bottom]`, in whole units of a frame."""
    start, end = Point(region.left, region.top), Point(region.right, region.bottom)
    return [*written(start, frame), *written(end, frame)]


def _browser(commands: tuple[str, ...], offered: ActionSpace) -> Iterator[dict[str, Any]]:
    """The function whose one argument is a command of ours."""
    can = offered_commands(offered)
    told = [COMMANDS[name] for name in commands if name in can]
    usages = "\n".join(f"* `{usage}`: {meaning}" for usage, meaning in told)
    if told:
        yield _schema(
            BROWSER,
            "What the browser itself can do.",
            {"command": {"type": "string", "description": f"One of:\n{usages}"}},
            ["command"],
        )


def _window(offered: ActionSpace) -> str:
    return "the browser's window" if offered & NAVIGATION else "the window"


def _schema(
    name: str, description: str, properties: dict[str, Any], required: list[str]
) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}
