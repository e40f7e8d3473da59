"""What plans are made of: clicks on links and buttons by their words, forms, tabs, answers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from vigorl.browser.actions import Action, TabSwitch
from vigorl.tasks.local.hand import Shown
from vigorl.tasks.local.plan import PlanStep, click, fill, press, tell


@dataclass(frozen=True, slots=True)
class Ways:
    """How a task is done, and an ending that almost does it."""

    right: Sequence[PlanStep]
    wrong: Sequence[PlanStep]


def answers(steps: Sequence[PlanStep], right: str, wrong: str) -> Ways:
    """For a task that ends with an answer; the steps lead to where it can be seen."""
    return Ways([*steps, tell(right, "the answer")], [*steps, tell(wrong, "the answer")])


def link(text: str, nth: int = 0) -> PlanStep:
    """Click the nth link with exactly these words."""
    return click(text, f'a:text-is("{text}") >> nth={nth}', "link")


def button(text: str, nth: int = 0) -> PlanStep:
    """Click the nth button with exactly these words."""
    return click(text, f'button:text-is("{text}") >> nth={nth}', "button")


def write(text: str, label: str, at: str) -> PlanStep:
    """Write into a field, instead of what stands there."""
    return fill(text, label, at, replace=True)


def search(text: str, at: str) -> list[PlanStep]:
    """Write into a field of search and press Enter."""
    return [write(text, "Search", at), press("Enter")]


def tab(index: int) -> PlanStep:
    """Go to a tab; the first is 0."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        yield TabSwitch(index)

    return PlanStep((f"go to tab {index + 1}",), moves)
