"""Papers that open in a new tab: accept one there, or read a code from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    answer_verdict,
    verdict,
)
from vigorl.tasks.local.plan import PlanStep, click, close_tab, tell

PAPERS = WordLists(
    train=("House rules", "Fire safety", "Data protection", "Travel expenses"),
    test=("Code of conduct", "First aid", "Data retention", "Remote work"),
)
SENTENCES = (
    "Please read this page with care before you agree.",
    "It was last changed in January and is valid until it is replaced.",
    "Questions are answered by the office on the ground floor.",
    "Everybody who works here is expected to know it.",
)
ACCEPT = WordLists(train=("I agree", "Accept"), test=("I have read it", "Agreed"))
GO_ON = WordLists(train=("Continue", "Next step"), test=("Proceed", "Finish"))


@dataclass(frozen=True)
class Paper:
    """A page that opens in a tab of its own."""

    id: str
    title: str
    code: str


@dataclass(frozen=True)
class NewTabSpec:
    """The papers, and the one that matters."""

    papers: tuple[Paper, ...]
    target: int
    read: bool
    """Whether the task is to read the paper's code instead of accepting it."""
    accept: str
    go_on: str


@dataclass
class NewTabWorld:
    """Papers accepted, in time, and whether the user went on after that."""

    accepted: list[str] = field(default_factory=list)
    went_on: bool = False


class NewTabTask(EmbeddedTask[NewTabSpec, NewTabWorld]):
    """Work across two tabs."""

    name = "newtab"
    summary = "accept or read a page that opens in a new tab"
    spec_type = NewTabSpec
    frontage = Frontage("Onboarding", ("Your desk", "Colleagues", "Canteen"))

    def draw(self, draw: Draw) -> NewTabSpec:
        """Four papers, each with a code of its own."""
        codes = draw.numbers(1204, 9876, 4)
        letters = draw.several("ABCDEFHKLMNPRTVWX", 4)
        papers = tuple(
            Paper(str(i), title, f"{letters[i]}{codes[i]}")
            for i, title in enumerate(draw.words(PAPERS, 4))
        )
        return NewTabSpec(
            papers, draw.whole(0, 3), draw.chance(0.4), draw.word(ACCEPT), draw.word(GO_ON)
        )

    def goal(self, spec: NewTabSpec) -> str:
        """Which paper, and what to do with it."""
        title = spec.papers[spec.target].title
        if spec.read:
            return f'What is the reference code of the paper "{title}"?'
        return f'Accept the paper "{title}", then go on with "{spec.go_on}" on the first page.'

    def answer(self, spec: NewTabSpec) -> str | None:
        """The code, where it is asked for."""
        return spec.papers[spec.target].code if spec.read else None

    def plan(self, spec: NewTabSpec) -> Sequence[PlanStep]:
        """Open the paper, act there, come back."""
        return _handle(spec, spec.target)

    def near_misses(self, spec: NewTabSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Another paper; accepted and stayed there."""
        other = (spec.target + 1) % len(spec.papers)
        misses: dict[str, Sequence[PlanStep]] = {"another paper": _handle(spec, other)}
        if not spec.read:
            plan = self.plan(spec)
            misses["did not go on"] = plan[:-1]
            misses["did not accept"] = [plan[0], *plan[2:]]
            misses["two papers"] = [*_handle(spec, other)[:-1], *plan]
        return misses

    def world(self, spec: NewTabSpec) -> NewTabWorld:
        """Nothing is accepted."""
        return NewTabWorld()

    def show(self, spec: NewTabSpec, world: NewTabWorld, visit: Visit) -> Page:
        """The list, a paper, or the end."""
        if visit.path == "/":
            return Page("newtab.html", "Before you begin")
        if visit.path == "/done" and world.went_on:
            return Page("newtab_done.html", "All set")
        paper = _paper(spec, visit.path)
        return Page("newtab_paper.html", paper.title, {"paper": paper, "sentences": SENTENCES})

    def submit(self, spec: NewTabSpec, world: NewTabWorld, visit: Visit) -> FormReply:
        """Accept a paper, or go on."""
        if visit.path == "/go-on":
            if not world.accepted:
                return FormReply("/", "Please accept at least one paper first.", failed=True)
            world.went_on = True
            return FormReply("/done")
        paper = _paper(spec, visit.path)
        world.accepted.append(paper.id)
        return FormReply(visit.path, "Thank you. You can close this tab now.")

    def judge(self, spec: NewTabSpec, outcome: Outcome[NewTabWorld]) -> Score:
        """The code is told, or that one paper is accepted and the user went on."""
        world, target = outcome.world, spec.papers[spec.target]
        if spec.read:
            if world.accepted:
                return Score(0.0, "a paper was accepted")
            others = [paper.code for paper in spec.papers if paper.id != target.id]
            return answer_verdict(self.goal(spec), target.code, outcome.answer, others)
        return verdict(
            (target.id not in world.accepted, f'"{target.title}" is not accepted'),
            (len(world.accepted) > 1, "more than one paper was accepted"),
            (not world.went_on, f'"{spec.go_on}" was not clicked'),
        )


def _paper(spec: NewTabSpec, path: str) -> Paper:
    for paper in spec.papers:
        if path == f"/paper/{paper.id}":
            return paper
    raise Missing(path)


def _handle(spec: NewTabSpec, index: int) -> list[PlanStep]:
    paper = spec.papers[index]
    opened = click(paper.title, f'a[href$="/paper/{paper.id}"]', "link")
    if spec.read:
        return [opened, tell(paper.code, 'the "Reference"')]
    return [
        opened,
        click(spec.accept, "#accept", "button"),
        close_tab(),
        click(spec.go_on, "#go-on", "button"),
    ]
