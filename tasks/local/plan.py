"""A plan: steps that are both a sentence of the instructions and the oracle's actions.

One source for the two, so that what the instructions say is what the oracle does. A step holds
several phrasings, all in reader's language (`vigorl.policy.reader.language`); the seed picks one.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from vigorl.browser.actions import (
    Action,
    Click,
    Done,
    Drag,
    Press,
    SelectOption,
    TabClose,
    Type,
)
from vigorl.browser.errors import TaskFault
from vigorl.tasks.local.draw import Draw
from vigorl.tasks.local.hand import Shown, aim_at, find, reach

Moves = Callable[[Shown], AsyncIterator[Action]]

MAX_REPEATS = 30
"""How often a step 'until you see …' is repeated."""

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Sight:
    """A text that a step points at on the screen."""

    text: str
    selector: str
    beside: str = ""
    """The neighbour that tells it apart where the text stands on the screen more than once."""


@dataclass(frozen=True)
class PlanStep:
    """One thing to do, in words and in deeds."""

    phrasings: tuple[str, ...]
    moves: Moves
    sights: tuple[Sight, ...] = ()


class Phrased(Protocol):
    """A step in words; the seed picks one of them."""

    @property
    def phrasings(self) -> tuple[str, ...]:
        """Sentences of one meaning."""
        ...


def compose(steps: Sequence[Phrased], draw: Draw) -> str:
    """The steps as one text; the seed picks phrasings, separators and quotation marks."""
    separator, ending = draw.one(
        (("\n", ""), ("; ", ""), (". ", "."), (", then ", ""), ("\n", "."), (", ", ""))
    )
    marks = draw.one(('""', '""', "“”", "''"))
    sentences = [draw.one(step.phrasings) for step in steps]
    if marks == "''" and any("'" in sentence for sentence in sentences):
        marks = '""'
    if separator[0] in ".\n":
        sentences = [sentence[0].upper() + sentence[1:] for sentence in sentences]
    if separator.endswith("\n") and ending:
        separator = ending + separator
    return separator.join(_quoted(sentence, marks) for sentence in sentences) + ending


async def carry_out(steps: Sequence[PlanStep], shown: Shown) -> AsyncIterator[Action]:
    """The steps as actions; the last one is always `Done`."""
    for step in steps:
        async for action in step.moves(shown):
            yield action
            if isinstance(action, Done):
                return
    yield Done()


def click(text: str, at: str, role: str = "", beside: str = "") -> PlanStep:
    """Click the text; `role` ('button', 'link', 'tab') may be said, what it is beside always is."""
    where = _in_the_row_of(beside)
    phrasings = [f'click "{text}"{where}']
    if role:
        phrasings.append(f'click the "{text}" {role}{where}')
    return PlanStep(tuple(phrasings), _click(at), (Sight(text, at, beside),))


def click_icon(name: str, at: str, beside: str = "") -> PlanStep:
    """Click a picture without words."""
    phrasings = [f"click the {name} icon{_in_the_row_of(beside)}"]
    if beside:
        phrasings.append(f'click the {name} icon next to "{beside}"')
    return PlanStep(tuple(phrasings), _click(at), (Sight("", at, beside),) if beside else ())


def open_nth(index: int, noun: str, at: str) -> PlanStep:
    """Open one of several results by its place; `index` counts from 0."""
    return PlanStep((f"open the {ORDINALS[index]} {noun}",), _click(at))


def right_click(text: str, at: str) -> PlanStep:
    """Open the menu of the text."""
    return PlanStep((f'right-click "{text}"',), _click(at, button="right"), (Sight(text, at),))


def double_click(text: str, at: str) -> PlanStep:
    """Open what has this name."""
    return PlanStep((f'double-click "{text}"',), _click(at, count=2), (Sight(text, at),))


def fill(text: str, label: str, at: str, *, replace: bool = False) -> PlanStep:
    """Type into the field with this label or placeholder; `replace` empties it first."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        async for scroll in reach(shown, at):
            yield scroll
        yield Type(text, (await aim_at(shown, at)).point, clear=replace)

    if replace:
        phrasing = f'replace the text in "{label}" with "{text}"'
    else:
        phrasing = f'type "{text}" into "{label}"'
    return PlanStep((phrasing,), moves, (Sight(label, at),))


def choose(option: str, label: str, at: str) -> PlanStep:
    """Choose an option of a native list."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        async for scroll in reach(shown, at):
            yield scroll
        yield SelectOption((await aim_at(shown, at)).point, option)

    return PlanStep((f'select "{option}" in "{label}"',), moves, (Sight(label, at),))


def tick(text: str, at: str, on: bool = True) -> PlanStep:
    """Set a checkbox or switch; clicks only where its state differs."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        async for scroll in reach(shown, at):
            yield scroll
        if await shown.page.locator(at).is_checked() != on:
            yield Click((await aim_at(shown, at)).point)

    return PlanStep((f'{"check" if on else "uncheck"} "{text}"',), moves, (Sight(text, at),))


def press(keys: str) -> PlanStep:
    """Press a key or chord."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        yield Press(keys)

    return PlanStep((f"press {keys}",), moves)


def click_until(text: str, at: str, seen: str, sight: str) -> PlanStep:
    """Click the text again and again until `seen`, which `sight` selects, is on the screen."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        for _ in range(MAX_REPEATS):
            aim = await find(shown, sight)
            if aim is not None and aim.inside:
                return
            async for action in _click(at)(shown):
                yield action
        raise TaskFault(f'"{seen}" does not come up by clicking "{text}"')

    return PlanStep((f'click "{text}" until you see "{seen}"',), moves, (Sight(text, at),))


def scroll_until(text: str, at: str) -> PlanStep:
    """Scroll down until the text is on the screen."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        async for scroll in reach(shown, at):
            yield scroll

    return PlanStep((f'scroll down until you see "{text}"',), moves)


def drag(text: str, to: str, at: str, to_at: str) -> PlanStep:
    """Drag one text onto another."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        yield Drag((await aim_at(shown, at)).point, (await aim_at(shown, to_at)).point)

    return PlanStep((f'drag "{text}" to "{to}"',), moves, (Sight(text, at), Sight(to, to_at)))


def close_tab() -> PlanStep:
    """Close the tab that is shown."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        yield TabClose()

    return PlanStep(("close the tab",), moves)


def tell(answer: str, what: str) -> PlanStep:
    """End with an answer; `what` says it in the language: 'the "Total"', 'the price'."""

    async def moves(shown: Shown) -> AsyncIterator[Action]:
        yield Done(answer)

    return PlanStep((f"tell me {what}",), moves)


def _in_the_row_of(neighbour: str) -> str:
    return f' in the row of "{neighbour}"' if neighbour else ""


def _click(at: str, *, button: Literal["left", "right"] = "left", count: int = 1) -> Moves:
    async def moves(shown: Shown) -> AsyncIterator[Action]:
        async for scroll in reach(shown, at):
            yield scroll
        yield Click((await aim_at(shown, at)).point, button, count)

    return moves


def _quoted(sentence: str, marks: str) -> str:
    """The sentence with the straight double quotation marks exchanged for `marks`."""
    parts = sentence.split('"')
    return "".join(
        part if i == 0 else (marks[0] if i % 2 else marks[1]) + part for i, part in enumerate(parts)
    )
