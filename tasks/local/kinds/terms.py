"""A long agreement with the decision at its end."""

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
from vigorl.tasks.local.plan import PlanStep, click, scroll_until, tick
from vigorl.tasks.local.vocabulary import COMPANIES

SUBJECTS = WordLists(
    train=("Rental of a studio", "Use of the workshop", "Loan of equipment"),
    test=("Storage of goods", "Use of the archive", "Hire of a boat"),
)
HEADINGS = (
    "Purpose", "Duration", "Payment", "Deposit", "Care and cleaning", "Damage", "Insurance",
    "Guests", "Opening times", "Notice", "Disputes", "Final remarks",
)  # fmt: skip
CLAUSES = (
    "Both sides agree to treat each other fairly and to speak up early when something goes wrong.",
    "What is handed over is in good order and is to be returned in the same state.",
    "Sums are due on the first working day of the month and are never paid in cash.",
    "Changes are valid only in writing and only when both sides have signed them.",
    "The house rules on the notice board are part of this agreement.",
    "Whoever causes a loss makes it good, unless it could not have been foreseen.",
    "A visit by the owner is announced two days ahead.",
    "Keys are never copied and never given to others.",
)
BOX = WordLists(
    train=("I have read all of this", "I understand these rules"),
    test=("I know what I sign", "I have read every clause"),
)
LETTER = WordLists(train=("Send me the newsletter",), test=("Tell me about offers",))
ACCEPT = WordLists(train=("Accept", "Sign"), test=("Agree", "Seal it"))
DECLINE = WordLists(train=("Decline", "Refuse"), test=("Reject", "Do not sign"))

Choice = Literal["accept", "decline"]


@dataclass(frozen=True)
class TermsSpec:
    """The agreement, and the decision that is wanted."""

    subject: str
    company: str
    headings: tuple[str, ...]
    clauses: tuple[tuple[str, ...], ...]
    choice: Choice
    box: str
    letter: str
    letter_on: bool
    """Whether the newsletter's box is ticked at first."""
    letter_wanted: bool
    accept: str
    decline: str


@dataclass
class TermsWorld:
    """The decision, once it is made."""

    choice: str = ""
    letter: bool = False


class TermsTask(EmbeddedTask[TermsSpec, TermsWorld]):
    """Scroll to the end and decide."""

    name = "terms"
    summary = "scroll to the end of an agreement and accept or decline it"
    spec_type = TermsSpec
    frontage = Frontage("Agreements", ("Drafts", "Signed", "Partners"))

    def draw(self, draw: Draw) -> TermsSpec:
        """Nine clauses: more than a screen."""
        letter_on = draw.chance(0.5)
        accepts = draw.chance(0.7)
        return TermsSpec(
            subject=draw.word(SUBJECTS),
            company=draw.word(COMPANIES),
            headings=draw.several(HEADINGS, 9),
            clauses=tuple(draw.several(CLAUSES, draw.whole(2, 3)) for _ in range(9)),
            choice="accept" if accepts else "decline",
            box=draw.word(BOX),
            letter=draw.word(LETTER),
            letter_on=letter_on,
            letter_wanted=draw.chance(0.5) if accepts else letter_on,
            accept=draw.word(ACCEPT),
            decline=draw.word(DECLINE),
        )

    def goal(self, spec: TermsSpec) -> str:
        """Which decision."""
        if spec.choice == "decline":
            return f'Decline the agreement at its end ("{spec.decline}").'
        state = "ticked" if spec.letter_wanted else "not ticked"
        return (
            f'Tick "{spec.box}" at the end of the agreement and accept it ("{spec.accept}"), with '
            f'"{spec.letter}" {state}.'
        )

    def plan(self, spec: TermsSpec) -> Sequence[PlanStep]:
        """Scroll, tick, decide."""
        return _decide(spec, spec.choice, spec.letter_wanted)

    def near_misses(self, spec: TermsSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The other decision; none; the newsletter the other way; the box not ticked."""
        other: Choice = "decline" if spec.choice == "accept" else "accept"
        plan = self.plan(spec)
        misses: dict[str, Sequence[PlanStep]] = {
            "the other decision": _decide(spec, other, spec.letter_wanted),
            "not decided": plan[:-1],
        }
        if spec.choice == "accept":
            misses["newsletter"] = _decide(spec, "accept", not spec.letter_wanted)
            misses["box not ticked"] = [plan[0], plan[-1]]
        return misses

    def world(self, spec: TermsSpec) -> TermsWorld:
        """Undecided."""
        return TermsWorld()

    def show(self, spec: TermsSpec, world: TermsWorld, visit: Visit) -> Page:
        """The agreement, or what was decided."""
        if visit.path != "/":
            raise Missing(visit.path)
        if world.choice:
            return Page("terms_done.html", "Thank you")
        return Page("terms.html", spec.subject)

    def submit(self, spec: TermsSpec, world: TermsWorld, visit: Visit) -> FormReply:
        """Take the decision; only the first one counts."""
        choice = visit.get("choice")
        if choice not in ("accept", "decline") or world.choice:
            raise Missing(visit.path)
        if choice == "accept" and not visit.get("read"):
            return FormReply("/", f'Please tick "{spec.box}" to accept.', failed=True)
        world.choice, world.letter = choice, bool(visit.get("letter"))
        return FormReply("/")

    def judge(self, spec: TermsSpec, outcome: Outcome[TermsWorld]) -> Score:
        """The decision and, where it was accepted, the newsletter."""
        world = outcome.world
        return verdict(
            (not world.choice, "nothing was decided"),
            (world.choice != spec.choice, f"the decision was to {world.choice}"),
            (
                spec.choice == "accept" and world.letter != spec.letter_wanted,
                f'"{spec.letter}" is the other way',
            ),
        )


def _decide(spec: TermsSpec, choice: Choice, letter: bool) -> list[PlanStep]:
    if choice == "decline":
        return [
            scroll_until(spec.decline, "#decline"),
            click(spec.decline, "#decline", "button"),
        ]
    steps = [scroll_until(spec.accept, "#accept"), tick(spec.box, "#read")]
    if letter != spec.letter_on:
        steps.append(tick(spec.letter, "#letter", letter))
    return [*steps, click(spec.accept, "#accept", "button")]
