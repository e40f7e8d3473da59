"""A table of people: remove or change the one in a given row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from vigorl.tasks.local.plan import PlanStep, choose, click, click_icon
from vigorl.tasks.local.vocabulary import people

ROLES = WordLists(
    train=("Editor", "Viewer", "Owner", "Auditor", "Planner"),
    test=("Author", "Guest", "Manager", "Reviewer", "Analyst"),
)
TEAMS = WordLists(
    train=("Finance", "Logistics", "Design", "Field work"),
    test=("Sales", "Research", "Support", "Kitchen"),
)
EDIT = WordLists(train=("Edit", "Change"), test=("Modify", "Adjust"))
REMOVE = WordLists(train=("Remove", "Delete"), test=("Take out", "Erase"))
HEADINGS = WordLists(train=("Members", "People"), test=("Staff", "Directory"))


@dataclass(frozen=True)
class Member:
    """A row of the table."""

    id: str
    name: str
    team: str
    role: str
    since: int


@dataclass(frozen=True)
class TableSpec:
    """The people, and what is to be done with one of them."""

    members: tuple[Member, ...]
    roles: tuple[str, ...]
    target: int
    neighbour: int
    act: Literal["remove", "edit"]
    new_role: str
    icons: bool
    """Actions are pictures instead of words."""
    edit: str
    remove: str
    heading: str


@dataclass
class TableWorld:
    """The rows as they are now."""

    members: list[Member]


class TableTask(EmbeddedTask[TableSpec, TableWorld]):
    """Remove somebody, or give them another role."""

    name = "table"
    summary = "remove or change the person in one row of a table"
    spec_type = TableSpec
    frontage = Frontage("Console", ("Overview", "Projects", "Billing"))

    def draw(self, draw: Draw) -> TableSpec:
        """Seven people; the neighbour's row stands next to the target's."""
        roles = draw.words(ROLES, 4)
        members = tuple(
            Member(str(i), person.name, draw.word(TEAMS), draw.one(roles), draw.whole(2014, 2026))
            for i, person in enumerate(people(draw, 7))
        )
        target = draw.whole(0, 6)
        neighbour = target - 1 if target else 1
        taken = {members[target].role, members[neighbour].role}
        return TableSpec(
            members=members,
            roles=roles,
            target=target,
            neighbour=neighbour,
            act="remove" if draw.chance(0.5) else "edit",
            new_role=draw.one([role for role in roles if role not in taken]),
            icons=draw.chance(0.4),
            edit=draw.word(EDIT),
            remove=draw.word(REMOVE),
            heading=draw.word(HEADINGS),
        )

    def goal(self, spec: TableSpec) -> str:
        """Whom, and what."""
        name = spec.members[spec.target].name
        if spec.act == "remove":
            return f"Remove {name} from the list."
        return f'Give {name} the role "{spec.new_role}".'

    def plan(self, spec: TableSpec) -> Sequence[PlanStep]:
        """The action in the row."""
        return _act(spec, spec.target)

    def near_misses(self, spec: TableSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The next row; both rows; a change not saved, or the other action."""
        misses: dict[str, Sequence[PlanStep]] = {
            "the row beside": _act(spec, spec.neighbour),
            "another row as well": [*_act(spec, spec.neighbour), *_act(spec, spec.target)],
        }
        if spec.act == "edit":
            misses["not saved"] = self.plan(spec)[:-1]
        return misses

    def world(self, spec: TableSpec) -> TableWorld:
        """The people as drawn."""
        return TableWorld(list(spec.members))

    def show(self, spec: TableSpec, world: TableWorld, visit: Visit) -> Page:
        """The table."""
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("table.html", spec.heading)

    def submit(self, spec: TableSpec, world: TableWorld, visit: Visit) -> FormReply:
        """Remove a row or change its role."""
        _, act, member_id = (visit.path + "//").split("/")[:3]
        places = [i for i, member in enumerate(world.members) if member.id == member_id]
        if not places or act not in ("remove", "edit"):
            raise Missing(visit.path)
        member = world.members[places[0]]
        if act == "remove":
            del world.members[places[0]]
            return FormReply("/", f"{member.name} is no longer in the list.")
        role = visit.get("role")
        if role not in spec.roles:
            return FormReply("/", "There is no such role.", failed=True)
        world.members[places[0]] = replace(member, role=role)
        return FormReply("/", f"The role of {member.name} is saved.")

    def judge(self, spec: TableSpec, outcome: Outcome[TableWorld]) -> Score:
        """The row is gone or changed, and all others are as they were."""
        target, now = spec.members[spec.target], {m.id: m for m in outcome.world.members}
        gold = None if spec.act == "remove" else replace(target, role=spec.new_role)
        others = [m for m in spec.members if m.id != target.id]
        return verdict(
            (now.get(target.id) != gold, f"{target.name}: {now.get(target.id)}, not {gold}"),
            (any(now.get(m.id) != m for m in others), "another row was changed as well"),
        )


def _act(spec: TableSpec, index: int) -> list[PlanStep]:
    name = spec.members[index].name
    word = spec.remove if spec.act == "remove" else spec.edit
    at = f'[data-name="{name}"] .{spec.act}'
    if spec.icons:
        first = click_icon("delete" if spec.act == "remove" else "edit", at, beside=name)
    else:
        first = click(word, at, "button", beside=name)
    if spec.act == "remove":
        return [first]
    return [
        first,
        choose(spec.new_role, "New role", "dialog[open] select"),
        click("Save", "dialog[open] .primary", "button"),
    ]
