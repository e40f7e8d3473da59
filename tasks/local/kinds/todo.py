"""A to-do list: add, check off, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Frontage,
    Missing,
    Outcome,
    Page,
    Visit,
    verdict,
)
from vigorl.tasks.local.plan import PlanStep, click, click_icon, fill, press, tick

THINGS = WordLists(
    train=(
        "Buy milk", "Call the plumber", "Renew the passport", "Water the plants", "Fix the bicycle",
        "Return library books", "Book train tickets", "Clean the oven", "Write to grandmother",
        "Pay the rent",
    ),
    test=(
        "Buy stamps", "Call the dentist", "Sharpen the knives", "Paint the fence",
        "Sort old photos", "Order firewood", "Cancel the newspaper", "Wash the curtains",
        "Bake a cake", "Repair the lamp",
    ),
)  # fmt: skip
TITLES = WordLists(train=("This week", "Errands"), test=("At home", "Weekend"))
PLACEHOLDERS = WordLists(
    train=("Add a task", "What is next?"), test=("New entry", "Something to do?")
)

Act = Literal["add", "check", "delete"]


@dataclass(frozen=True)
class TodoSpec:
    """The list, and one or two things to do with it."""

    title: str
    things: tuple[str, ...]
    done: tuple[str, ...]
    """Those that are checked off at the start."""
    acts: tuple[Act, ...]
    new: str
    finished: str
    dropped: str
    spare: str
    """An entry that is not to be touched."""
    placeholder: str
    by_enter: bool
    icons: bool


@dataclass
class TodoWorld:
    """The entries and whether they are checked off, in the order of the list."""

    items: list[tuple[str, bool]]


class TodoTask(EmbeddedTask[TodoSpec, TodoWorld]):
    """Keep the list."""

    name = "todo"
    summary = "add, check off and delete entries of a to-do list"
    spec_type = TodoSpec
    frontage = Frontage("Lists", ("Today", "Shared", "Archive"), ("top", "side"))

    def draw(self, draw: Draw) -> TodoSpec:
        """Five entries; two different things to do."""
        things = draw.words(THINGS, 6)
        acts: tuple[Act, ...] = ("add", "check", "delete")
        return TodoSpec(
            title=draw.word(TITLES),
            things=draw.shuffled(things[:5]),
            done=(things[4],),
            acts=draw.several(acts, draw.whole(1, 2)),
            new=things[5],
            finished=things[0],
            dropped=things[1],
            spare=things[2],
            placeholder=draw.word(PLACEHOLDERS),
            by_enter=draw.chance(0.5),
            icons=draw.chance(0.6),
        )

    def goal(self, spec: TodoSpec) -> str:
        """What is to become of which entry."""
        words = {
            "add": f'add "{spec.new}" to the list',
            "check": f'check off "{spec.finished}"',
            "delete": f'delete "{spec.dropped}"',
        }
        goal = " and ".join(words[act] for act in spec.acts)
        return goal[0].upper() + goal[1:] + "."

    def plan(self, spec: TodoSpec) -> Sequence[PlanStep]:
        """One act after the other."""
        return [step for act in spec.acts for step in _act(spec, act)]

    def near_misses(self, spec: TodoSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Another entry touched; one act left out or done twice; a slip in the text."""
        misses: dict[str, Sequence[PlanStep]] = {
            "another entry as well": [*self.plan(spec), _check(spec.spare)],
        }
        if "add" in spec.acts:
            misses["added twice"] = [*self.plan(spec), *_act(spec, "add")]
            misses["typed and not added"] = [
                *(step for act in spec.acts if act != "add" for step in _act(spec, act)),
                fill(spec.new, spec.placeholder, "#new"),
            ]
        if "check" in spec.acts:
            misses["checked and unchecked"] = [*self.plan(spec), _check(spec.finished, False)]
        if len(spec.acts) == 2:
            misses["half of it"] = _act(spec, spec.acts[0])
        return misses

    def world(self, spec: TodoSpec) -> TodoWorld:
        """The list as drawn."""
        return TodoWorld([(thing, thing in spec.done) for thing in spec.things])

    def show(self, spec: TodoSpec, world: TodoWorld, visit: Visit) -> Page:
        """The list."""
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("todo.html", spec.title)

    def submit(self, spec: TodoSpec, world: TodoWorld, visit: Visit) -> FormReply:
        """Add, check, uncheck or delete an entry."""
        thing = visit.get("thing")
        match visit.path:
            case "/add":
                if thing:
                    world.items.append((thing, False))
            case "/check":
                world.items = [(t, not done if t == thing else done) for t, done in world.items]
            case "/delete":
                world.items = [(t, done) for t, done in world.items if t != thing]
            case _:
                raise Missing(visit.path)
        return FormReply("/")

    def judge(self, spec: TodoSpec, outcome: Outcome[TodoWorld]) -> Score:
        """The list is as it should be, entry for entry."""
        gold = self.world(spec).items
        if "add" in spec.acts:
            gold.append((spec.new, False))
        if "check" in spec.acts:
            gold = [(thing, done or thing == spec.finished) for thing, done in gold]
        if "delete" in spec.acts:
            gold = [(thing, done) for thing, done in gold if thing != spec.dropped]
        items = outcome.world.items
        missing = sorted(set(gold) - set(items))
        return verdict(
            (bool(missing), f"not in the list like this: {missing}"),
            (sorted(items) != sorted(gold), f"too much in the list: {sorted(items)}"),
        )


def _check(thing: str, on: bool = True) -> PlanStep:
    return tick(thing, f'[data-thing="{thing}"] input[type=checkbox]', on)


def _act(spec: TodoSpec, act: Act) -> list[PlanStep]:
    match act:
        case "add":
            send = press("Enter") if spec.by_enter else click("Add", "#add", "button")
            return [fill(spec.new, spec.placeholder, "#new"), send]
        case "check":
            return [_check(spec.finished)]
        case "delete":
            at = f'[data-thing="{spec.dropped}"] .delete'
            if spec.icons:
                return [click_icon("delete", at, beside=spec.dropped)]
            return [click("Delete", at, "button", beside=spec.dropped)]
