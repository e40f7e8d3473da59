"""What nano is told before a turn, as text: the task, what was done, and the screen.

The task stands first, so that everything on the screen is read in its light.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.browser.quoting import visible

PLACE = re.compile(r" \((\d+), (\d+)\)")
"""A point as commands, thoughts and readings write it."""

NOTHING = "nothing"
"""The reading of a part in which nothing stands."""
MOST_PAST = 14
"""Past actions that are told; the oldest are left out first."""
_NO_CHANGE = ": no change"
_LONGEST_GOAL = 1000
_LONGEST_TITLE = 80
_LONGEST_EVENT = 160
_WHEEL = re.compile(r"^scroll \(\d+, \d+\) (\w+) \d+$")
_ADDRESS = re.compile(r'\s*"?https?://\S+')


@dataclass(frozen=True)
class Situation:
    """Everything that a turn depends on."""

    goal: str
    past: Sequence[str]
    """Past actions as `remembered` writes them."""
    title: str
    tabs: Sequence[tuple[str, bool]]
    """Title of each tab, and whether it is shown."""
    events: Sequence[str]
    reading: str
    closer: str = ""
    """The reading of an enlarged part, where one was asked for."""
    unseen: Sequence[str] = ()
    """Middles of the parts of a large screen that have not been looked at closely."""


def write_prompt(situation: Situation) -> str:
    """The user's message."""
    parts = [f"Task: {_line(situation.goal, _LONGEST_GOAL)}"]
    past = situation.past[-MOST_PAST:]
    first = len(situation.past) - len(past) + 1
    parts += [f"{number}. {line}" for number, line in enumerate(past, first)]
    parts.append(f"Page: {_line(situation.title, _LONGEST_TITLE)}")
    if len(situation.tabs) > 1:
        names = (
            f"{number} {_line(title, 40)}{' (shown)' if shown else ''}"
            for number, (title, shown) in enumerate(situation.tabs)
        )
        parts.append(f"Tabs: {' | '.join(names)}")
    parts += [
        f"Event: {_line(_ADDRESS.sub('', text), _LONGEST_EVENT)}" for text in situation.events
    ]
    if situation.reading:
        parts.append(situation.reading)
    if situation.closer:
        parts.append(f"Closer:\n{situation.closer}")
    if situation.unseen:
        parts.append(f"Not seen closely: {' '.join(situation.unseen)}")
    return "\n".join(parts)


def remembered(command: str, names: Sequence[str]) -> str:
    """A command as it is remembered: the names of what it acted on instead of its points.

    Of a wheel that was turned only the direction is remembered.
    """
    if not names:
        return _WHEEL.sub(r"scroll \1", command)
    rest = iter(names)
    return PLACE.sub(lambda _: f" {next(rest)}", command, count=len(names))


def unchanged(line: str) -> str:
    """The memory of a command after which the screen was the same."""
    return f"{line}{_NO_CHANGE}"


def changed_nothing(line: str) -> str | None:
    """The command of which a line says that the screen was the same after it; None: of none."""
    return line.removesuffix(_NO_CHANGE) if line.endswith(_NO_CHANGE) else None


def _line(text: str, longest: int) -> str:
    return visible(text)[:longest].replace("<", "‹").replace(">", "›")
