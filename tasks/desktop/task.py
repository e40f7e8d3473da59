"""A desktop task: what the seed draws, the plan, and the judge of the program's state."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from vigorl.browser.actions import Action, Click, Done, Drag, Type
from vigorl.browser.environment import Score
from vigorl.tasks.desktop.link import ProgramLink
from vigorl.tasks.local.draw import Draw
from vigorl.tasks.local.plan import compose
from vigorl.tasks.task import TaskRow

PREFIX = "desktop/"
"""Of the names of these tasks."""

SCREENS = ((1280, 720), (1366, 768), (1440, 900))
"""Width and height of screens, in the unit of points."""

FONTS = ("DejaVu Sans", "Liberation Sans", "DejaVu Serif")
THEMES = ("clam", "alt", "default", "classic")

Moves = Callable[[ProgramLink], AsyncIterator[Action]]


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
    """One kind of task; its specification is what `program.py` is given."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """What it asks of an agent, in half a sentence."""

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
        look = WindowLook(looks.one(THEMES), looks.one(FONTS), size_pt, place, scale)
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

    def oracle(self, link: ProgramLink, row: TaskRow) -> AsyncIterator[Action]:
        """Actions that solve the task; the last one is `Done`."""
        return _carried_out(self.plan(row.parameters["spec"]), link)

    def wrong(self, link: ProgramLink, row: TaskRow, miss: str) -> AsyncIterator[Action]:
        """Actions that fail it, by the name of the near miss."""
        return _carried_out(self.near_misses(row.parameters["spec"])[miss], link)


async def _carried_out(steps: Sequence[DesktopStep], link: ProgramLink) -> AsyncIterator[Action]:
    for step in steps:
        async for action in step.moves(link):
            yield action
    yield Done()


def click(text: str, at: str, role: str = "", count: int = 1) -> DesktopStep:
    """Click, or double-click, the text."""

    async def moves(link: ProgramLink) -> AsyncIterator[Action]:
        yield Click(await link.where(at), count=count)

    if count == 2:
        return DesktopStep((f'double-click "{text}"',), moves)
    named = (f'click the "{text}" {role}',) if role else ()
    return DesktopStep((f'click "{text}"', *named), moves)


def tick(text: str, at: str, on: bool) -> DesktopStep:
    """Turn a box that is the other way."""

    async def moves(link: ProgramLink) -> AsyncIterator[Action]:
        yield Click(await link.where(at))

    return DesktopStep((f'{"check" if on else "uncheck"} "{text}"',), moves)


def replace_text(text: str, label: str, at: str) -> DesktopStep:
    """Empty the field with this label and type."""

    async def moves(link: ProgramLink) -> AsyncIterator[Action]:
        yield Type(text, await link.where(at), clear=True)

    return DesktopStep((f'replace the text in "{label}" with "{text}"',), moves)


def drag(text: str, to: str) -> DesktopStep:
    """Drag one text onto another."""

    async def moves(link: ProgramLink) -> AsyncIterator[Action]:
        yield Drag(await link.where(text), await link.where(to))

    return DesktopStep((f'drag "{text}" to "{to}"',), moves)
