"""Projects that can be deleted or archived, each after a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from vigorl.tasks.local.plan import PlanStep, click, click_icon, tick
from vigorl.tasks.local.vocabulary import people

PROJECTS = WordLists(
    train=("Northern Lights", "Paper Trail", "Blue Heron", "Tidewater", "Open Kitchen", "Foxtrot"),
    test=("Silent Spring", "Long Haul", "Grey Owl", "Riverbank", "Night School", "Tango"),
)
ABOUT = (
    "Plans, budgets and minutes", "Drafts for the autumn issue", "Photographs and releases",
    "Notes from the workshops", "Contracts under review", "Interviews and transcripts",
)  # fmt: skip
DELETE = WordLists(train=("Delete", "Remove"), test=("Discard", "Erase"))
ARCHIVE = WordLists(train=("Archive", "Set aside"), test=("Store away", "Retire"))
YES = WordLists(train=("Yes, go ahead", "Confirm"), test=("I am sure", "Proceed"))
NO = WordLists(train=("Cancel", "Keep it"), test=("Never mind", "Not now"))
UNDERSTOOD = WordLists(
    train=("I know that this is final", "I have a backup"),
    test=("I have told the team", "Nobody needs it any more"),
)
NEWS = WordLists(train=("What is new", "A short notice"), test=("Good news", "Before you start"))


@dataclass(frozen=True)
class Project:
    """An entry of the list."""

    id: str
    name: str
    about: str
    owner: str


@dataclass(frozen=True)
class ModalSpec:
    """The projects, and what is to happen to one of them."""

    projects: tuple[Project, ...]
    target: int
    act: Literal["delete", "archive"]
    news: str
    """Title of a message that stands in front at first; empty: there is none."""
    box: str
    """Text of a box to tick before confirming; empty: there is none."""
    delete: str
    archive: str
    yes: str
    no: str


@dataclass
class ModalWorld:
    """What became of which project, in time."""

    done: list[tuple[str, str]] = field(default_factory=list)

    def fate(self, project: Project) -> str:
        """What happened to a project; empty where nothing did."""
        return next((act for project_id, act in self.done if project_id == project.id), "")


class ModalTask(EmbeddedTask[ModalSpec, ModalWorld]):
    """Answer the question that comes up."""

    name = "modal"
    summary = "delete or archive a project and confirm it in the dialog"
    spec_type = ModalSpec
    frontage = Frontage("Projects", ("Calendar", "Reports", "Templates"))

    def draw(self, draw: Draw) -> ModalSpec:
        """Four projects."""
        names, owners = draw.words(PROJECTS, 4), people(draw, 4)
        about = draw.several(ABOUT, 4)
        projects = tuple(
            Project(str(i), name, about[i], owners[i].name) for i, name in enumerate(names)
        )
        return ModalSpec(
            projects=projects,
            target=draw.whole(0, 3),
            act="delete" if draw.chance(0.6) else "archive",
            news=draw.word(NEWS) if draw.chance(0.3) else "",
            box=draw.word(UNDERSTOOD) if draw.chance(0.4) else "",
            delete=draw.word(DELETE),
            archive=draw.word(ARCHIVE),
            yes=draw.word(YES),
            no=draw.word(NO),
        )

    def goal(self, spec: ModalSpec) -> str:
        """Which project, and what to do with it."""
        word = spec.delete if spec.act == "delete" else spec.archive
        return f'{word} the project "{spec.projects[spec.target].name}".'

    def plan(self, spec: ModalSpec) -> Sequence[PlanStep]:
        """Close the message, ask, confirm."""
        return [*_close_news(spec), *_ask(spec, spec.target, spec.act), *_confirm(spec)]

    def near_misses(self, spec: ModalSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Another project; the other button; a question answered with no."""
        other = (spec.target + 1) % len(spec.projects)
        other_act: Literal["delete", "archive"] = "archive" if spec.act == "delete" else "delete"
        opened = _close_news(spec)
        return {
            "another project": [*opened, *_ask(spec, other, spec.act), *_confirm(spec)],
            "the other button": [*opened, *_ask(spec, spec.target, other_act), *_confirm(spec)],
            "not confirmed": [
                *opened,
                *_ask(spec, spec.target, spec.act),
                click(spec.no, "dialog[open] .no"),
            ],
        }

    def world(self, spec: ModalSpec) -> ModalWorld:
        """All projects are there."""
        return ModalWorld()

    def show(self, spec: ModalSpec, world: ModalWorld, visit: Visit) -> Page:
        """The list."""
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("modal.html", "Projects")

    def submit(self, spec: ModalSpec, world: ModalWorld, visit: Visit) -> FormReply:
        """Delete or archive one project, if the box is ticked where there is one."""
        _, act, project_id = (visit.path + "//").split("/")[:3]
        found = [p for p in spec.projects if p.id == project_id and not world.fate(p)]
        if not found or act not in ("delete", "archive"):
            raise Missing(visit.path)
        if spec.box and not visit.get("understood"):
            return FormReply("/", f'Please tick "{spec.box}" first.', failed=True)
        world.done.append((project_id, act))
        return FormReply("/", f"{found[0].name} is {act}d.")

    def judge(self, spec: ModalSpec, outcome: Outcome[ModalWorld]) -> Score:
        """This happened to that project, and nothing to the others."""
        gold, done = (spec.projects[spec.target].id, spec.act), outcome.world.done
        return verdict(
            (not done, "no project was touched"),
            (done != [gold], f"{done} happened and not {[gold]}"),
        )


def _close_news(spec: ModalSpec) -> list[PlanStep]:
    return [click_icon("close", "dialog[open] .icon-button")] if spec.news else []


def _ask(spec: ModalSpec, index: int, act: Literal["delete", "archive"]) -> list[PlanStep]:
    name = spec.projects[index].name
    word = spec.delete if act == "delete" else spec.archive
    return [click(word, f'[data-name="{name}"] .{act}', "button", beside=name)]


def _confirm(spec: ModalSpec) -> list[PlanStep]:
    boxes = [tick(spec.box, "dialog[open] input[name=understood]")] if spec.box else []
    return [*boxes, click(spec.yes, "dialog[open] .yes", "button")]
