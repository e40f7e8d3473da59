"""A desktop task: what the seed draws, its program, the plan, and the judge of the real state."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from vigorl.browser.actions import Action, Click, Done, Drag, Press, Type
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Frame, Point
from vigorl.tasks.local.draw import Draw
from vigorl.tasks.local.plan import compose
from vigorl.tasks.task import TaskRow

PREFIX = "desktop/"
"""Of the names of these tasks."""

SCREENS = ((1280, 720), (1366, 768), (1440, 900))
"""Width and height of screens, in the unit of points."""

FONTS = ("DejaVu Sans", "Liberation Sans", "DejaVu Serif")


class Link(Protocol):
    """What a task knows of its program, beside what is on the screen.

    Raises (all methods):
        TaskFault: it is not to be had.
    """

    async def state(self) -> Mapping[str, Any]:
        """The program's real state, as JSON has it."""
        ...

    async def where(self, name: str) -> Point:
        """The middle of what is called so, in the unit of points."""
        ...


Moves = Callable[[Link], AsyncIterator[Action]]


@dataclass(frozen=True)
class WindowLook:
    """How the program looks, and where its window is."""

    theme: str
    font: str
    size_pt: int
    place_px: tuple[int, int]
    """Upper left corner of its window, physical px."""
    scale: int
    """Physical pixels of the screen for each unit."""


@dataclass(frozen=True)
class DesktopStep:
    """One thing to do, in words and in deeds."""

    phrasings: tuple[str, ...]
    moves: Moves


class DesktopTask(ABC):
    """One kind of task, done with one program."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """What it asks of an agent, in half a sentence."""
    package: ClassVar[str]
    """Of Debian, that has the program."""
    themes: ClassVar[tuple[str, ...]]
    """Looks of the program; the seed draws one."""

    @abstractmethod
    def is_installed(self) -> bool:
        """Whether the program is there."""

    @abstractmethod
    def command(self, spec: Mapping[str, Any]) -> str:
        """How the program is started, in the folder that is its home."""

    @abstractmethod
    def fill(self, home: Path, parameters: Mapping[str, Any]) -> None:
        """Put into the home what a row's program is to find there."""

    @abstractmethod
    def link(self, home: Path, frame: Frame) -> Link:
        """The line to the program that was started there.

        Args:
            home: its home.
            frame: of the screen: its physical pixels over the unit of points.
        """

    @abstractmethod
    def draw(self, draw: Draw) -> dict[str, Any]:
        """Everything that is particular to one seed, as JSON has it."""

    @abstractmethod
    def goal(self, spec: Mapping[str, Any]) -> str:
        """What to reach, in words."""

    @abstractmethod
    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """How to reach it."""

    @abstractmethod
    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Plans that almost reach it, by what is wrong with them; all of them score 0."""

    @abstractmethod
    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """Whether the program's state is what was asked for, and no more was changed."""

    def row(self, seed: int) -> TaskRow:
        """The task of a seed.

        Raises:
            UsageError: the seed belongs to no split.
        """
        looks = Draw(self.name, seed, "look")
        width_px, height_px = looks.one(SCREENS)
        scale = looks.one((1, 1, 1, 2))
        place = (looks.whole(0, width_px // 4) * scale, looks.whole(0, height_px // 5) * scale)
        size_pt = looks.whole(10, 13)
        look = WindowLook(looks.one(self.themes), looks.one(FONTS), size_pt, place, scale)
        spec = {"kind": self.name, **self.draw(Draw(self.name, seed, "content"))}
        return TaskRow(
            name=f"{PREFIX}{self.name}",
            seed=seed,
            goal=self.goal(spec),
            instructions=compose(self.plan(spec), Draw(self.name, seed, "phrasing")),
            url="",
            answer=None,
            parameters={"look": asdict(look), "spec": spec},
            width_px=width_px,
            height_px=height_px,
        )

    def oracle(self, link: Link, row: TaskRow) -> AsyncIterator[Action]:
        """Actions that solve the task; the last one is `Done`."""
        return _carried_out(self.plan(row.parameters["spec"]), link)

    def wrong(self, link: Link, row: TaskRow, miss: str) -> AsyncIterator[Action]:
        """Actions that fail it, by the name of the near miss."""
        return _carried_out(self.near_misses(row.parameters["spec"])[miss], link)


async def _carried_out(steps: Sequence[DesktopStep], link: Link) -> AsyncIterator[Action]:
    for step in steps:
        async for action in step.moves(link):
            yield action
    yield Done()


def click(text: str, at: str, role: str = "", count: int = 1) -> DesktopStep:
    """Click, or double-click, the text."""

    async def moves(link: Link) -> AsyncIterator[Action]:
        yield Click(await link.where(at), count=count)

    if count == 2:
        return DesktopStep((f'double-click "{text}"',), moves)
    named = (f'click the "{text}" {role}',) if role else ()
    return DesktopStep((f'click "{text}"', *named), moves)


def tick(text: str, at: str, on: bool) -> DesktopStep:
    """Turn a box that is the other way."""

    async def moves(link: Link) -> AsyncIterator[Action]:
        yield Click(await link.where(at))

    return DesktopStep((f'{"check" if on else "uncheck"} "{text}"',), moves)


def told(words: str, *actions: Action) -> DesktopStep:
    """A step in words, and actions that come to the same: keys, in place of the mouse."""

    async def moves(link: Link) -> AsyncIterator[Action]:
        for action in actions:
            yield action

    return DesktopStep((words,), moves)


def press(keys: str) -> DesktopStep:
    """Press a key or chord."""
    return told(f"press {keys}", Press(keys))


def write(text: str) -> DesktopStep:
    """Type where the focus is."""
    return told(f'type "{text}"', Type(text))


def replace_text(text: str, label: str, at: str) -> DesktopStep:
    """Empty the field with this label and type."""

    async def moves(link: Link) -> AsyncIterator[Action]:
        yield Type(text, await link.where(at), clear=True)

    return DesktopStep((f'replace the text in "{label}" with "{text}"',), moves)


def drag(text: str, to: str) -> DesktopStep:
    """Drag one text onto another."""

    async def moves(link: Link) -> AsyncIterator[Action]:
        yield Drag(await link.where(text), await link.where(to))

    return DesktopStep((f'drag "{text}" to "{to}"',), moves)
