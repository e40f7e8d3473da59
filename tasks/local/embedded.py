"""An embedded task: what the seed draws, what the site shows and does, the plan, and the judge.

A new task is a module in `kinds` with a subclass of `EmbeddedTask`, a template beside it, and a
line in `registry`. The subclass works on two records of its own: the specification, drawn from the
seed and frozen, and the world, which the site changes as forms arrive and which the judge reads.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import TypeAdapter

from vigorl.browser.actions import Action
from vigorl.browser.environment import Score
from vigorl.tasks.local.answers import says
from vigorl.tasks.local.design import VIEWPORTS, Design, Shell, draw_design
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.hand import Shown
from vigorl.tasks.local.plan import PlanStep, carry_out, compose
from vigorl.tasks.local.vocabulary import Person, people
from vigorl.tasks.task import TaskRow

Spec = TypeVar("Spec")
World = TypeVar("World")

BRANDS = WordLists(
    train=("Lumen", "Harvest", "Nimbus", "Cobalt", "Tandem", "Meridian", "Saffron", "Beacon"),
    test=("Quill", "Atlas", "Orbit", "Pebble", "Solstice", "Thicket", "Vantage", "Zephyr"),
)


class Missing(Exception):
    """There is no such page; the site answers 404."""


@dataclass(frozen=True)
class Frontage:
    """What surrounds a task's pages: the same for all seeds of a kind."""

    trade: str
    """Follows the brand's name: 'Library', 'Mail'."""
    navigation: tuple[str, ...] = ()
    """Words that lead to other, empty parts of the site."""
    shells: tuple[Shell, ...] = ("top", "side")


@dataclass(frozen=True)
class House:
    """Whose site it is, drawn from the seed."""

    brand: str
    user: Person


@dataclass(frozen=True)
class Visit:
    """A request for a page of the task: its path and the fields that came with it."""

    path: str
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The field's text without white space around it; empty where there is none."""
        values = self.fields.get(name, ())
        return values[-1].strip() if values else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field."""
        return self.fields.get(name, ())


@dataclass(frozen=True)
class Page:
    """A page to show: a template and what stands in it."""

    template: str
    title: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FormReply:
    """What follows a form: the page to go to, and a sentence that it says on top."""

    path: str
    notice: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Outcome(Generic[World]):
    """What there is to judge."""

    world: World
    answer: str | None
    """None where the policy did not finish."""


class EmbeddedTask(ABC, Generic[Spec, World]):
    """One kind of task."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """What it asks of an agent, in half a sentence."""
    spec_type: ClassVar[type[Any]]
    frontage: ClassVar[Frontage]

    # What a kind defines.

    @abstractmethod
    def draw(self, draw: Draw) -> Spec:
        """Everything that is particular to one seed."""

    @abstractmethod
    def goal(self, spec: Spec) -> str:
        """What to reach, in words."""

    @abstractmethod
    def plan(self, spec: Spec) -> Sequence[PlanStep]:
        """How to reach it."""

    @abstractmethod
    def near_misses(self, spec: Spec) -> Mapping[str, Sequence[PlanStep]]:
        """Plans that almost reach it, by what is wrong with them; all of them score 0."""

    @abstractmethod
    def world(self, spec: Spec) -> World:
        """The state of the site before the episode."""

    @abstractmethod
    def show(self, spec: Spec, world: World, visit: Visit) -> Page:
        """The page at a path; changes nothing that is judged.

        Raises:
            Missing: there is none.
        """

    def submit(self, spec: Spec, world: World, visit: Visit) -> FormReply:
        """Take a form and change the world.

        Raises:
            Missing: nothing takes forms at this path.
        """
        raise Missing(visit.path)

    @abstractmethod
    def judge(self, spec: Spec, outcome: Outcome[World]) -> Score:
        """Whether the goal is reached, and nothing else was changed."""

    def answer(self, spec: Spec) -> str | None:
        """The gold answer; None where the state decides."""
        return None

    # What follows from it.

    @cached_property
    def _spec(self) -> TypeAdapter[Spec]:
        return TypeAdapter(self.spec_type)

    def row(self, seed: int) -> TaskRow:
        """The task that this seed draws."""
        spec = self.draw(Draw(self.name, seed, "content"))
        looks = Draw(self.name, seed, "looks")
        width_px, height_px = looks.one(VIEWPORTS)
        house = House(looks.word(BRANDS), people(Draw(self.name, seed, "user"), 1)[0])
        return TaskRow(
            name=self.name,
            seed=seed,
            goal=self.goal(spec),
            instructions=compose(self.plan(spec), Draw(self.name, seed, "phrasing")),
            url="/",
            answer=self.answer(spec),
            parameters={
                "design": asdict(draw_design(looks, self.frontage.shells)),
                "house": asdict(house),
                "spec": self._spec.dump_python(spec, mode="json"),
            },
            width_px=width_px,
            height_px=height_px,
        )

    def spec_of(self, row: TaskRow) -> Spec:
        """The specification stored in a row."""
        return self._spec.validate_python(row.parameters["spec"])

    def oracle(self, shown: Shown, row: TaskRow) -> AsyncIterator[Action]:
        """Actions that solve the task, found with the DOM; the last one is `Done`."""
        return carry_out(self.plan(self.spec_of(row)), shown)

    def wrong(self, shown: Shown, row: TaskRow, miss: str) -> AsyncIterator[Action]:
        """Actions that fail it, by the name of the near miss."""
        return carry_out(self.near_misses(self.spec_of(row))[miss], shown)

    def miss_names(self, row: TaskRow) -> tuple[str, ...]:
        """Names of the row's near misses."""
        return tuple(self.near_misses(self.spec_of(row)))


_DESIGN = TypeAdapter(Design)
_HOUSE = TypeAdapter(House)


def design_of(row: TaskRow) -> Design:
    """The design stored in a row."""
    return _DESIGN.validate_python(row.parameters["design"])


def house_of(row: TaskRow) -> House:
    """The house stored in a row."""
    return _HOUSE.validate_python(row.parameters["house"])


def verdict(*faults: tuple[bool, str]) -> Score:
    """1 where no fault holds, else 0 and the first fault that does."""
    for holds, why in faults:
        if holds:
            return Score(0.0, why)
    return Score(1.0, "the goal is reached")


def answer_verdict(goal: str, gold: str, answer: str | None, others: Sequence[str] = ()) -> Score:
    """Judge of a reading task: `others` are the values that stand nearby."""
    if answer is None:
        return Score(0.0, "no answer was given")
    if says(answer, gold, others, goal):
        return Score(1.0, f"the answer says {gold!r}")
    return Score(0.0, f"the answer says {answer[:80]!r}, not {gold!r}")
