"""Numbers that a reply may write: those of the items that it was told, each behind its own name.

A small model names the right item and then slips in a digit of its number, or writes another one's.
What was read stands in the prompt, so the numbers are known before the model writes the first
digit, and a sampler can keep it to them::

    #4              of what was read, #4, #40 and #45 begin like that …
    "Send" #4       … and the second alone is called so

A number is one of them wherever it stands, but in quotes. A point may be written only where no item
is meant: in the middle of a scroll, on the way of a drag; where the task names it; and anywhere
where nothing was read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from vigorl.policy.nano.numbering import (
    NUMBER,
    PLACE,
    READING_LINE,
    Head,
    head_before,
    head_told,
    item_pattern,
)

_TOLD = item_pattern(NUMBER)
_TASK = "Task: "
_POINT = re.compile(PLACE)
_ANSWER = "<answer>"
_TAGS = ("<think>", "</think>", _ANSWER, "</answer>", "<tool_call>", "</tool_call>")
_ACTS_ON = re.compile(
    r"\s*(?:click|double_click|right_click|middle_click|hover|type|select|upload|drag)\s*"
)


@dataclass(frozen=True)
class ToldItems:
    """The numbers that stand in a prompt, and the points of its task."""

    numbers: tuple[str, ...]
    """As `#14`."""
    points: tuple[str, ...] = ()
    """As `(804, 550)`."""
    by_head: Mapping[Head, tuple[str, ...]] = field(default_factory=dict)
    """Those of items of one kind and name, and of all items of one name (kind: "")."""

    @classmethod
    def of(cls, prompt: str) -> Self:
        """Those of a prompt whose items are numbered."""
        numbers: dict[str, None] = {}
        points: dict[str, None] = {}
        by_head: dict[Head, dict[str, None]] = {}
        for line in prompt.split("\n"):
            if line.startswith(_TASK):
                points |= dict.fromkeys(_POINT.findall(line))
            if not READING_LINE.match(line):
                continue
            for told in _TOLD.finditer(line):
                if told["at"] is None:
                    continue
                numbers[told["at"]] = None
                kind, name = head_told(told)
                if name or kind == "icon":
                    for each in {"", kind} if kind != "icon" else {kind}:
                        by_head.setdefault((each, name), {})[told["at"]] = None
        named = {head: tuple(found) for head, found in by_head.items()}
        return cls(tuple(numbers), tuple(points), named)

    def behind(self, text: str) -> tuple[str, ...]:
        """The numbers that may follow a text."""
        head = head_before(text)
        if head is None:
            return self.numbers
        found = self.by_head.get(head)
        if found is None and head[0] != "icon":
            found = self.by_head.get(("", head[1]))
        return found or self.numbers


@dataclass(frozen=True)
class Said:
    """A reply as far as it is written, and whether it keeps to what was told."""

    told: ToldItems
    text: str = ""
    is_quoted: bool = False
    """It ends inside of quotation marks."""
    rests: tuple[str, ...] | None = None
    """What may be left of the number or point that it ends in, "" where that may be whole; None:
    it ends in none."""
    is_kept: bool = True
    """It names nothing that was not told."""

    def with_text(self, more: str) -> "Said":
        """The same and some more characters."""
        said = self
        for character in more:
            said = said._with_character(character)
            if not said.is_kept:
                break
        return said

    def _with_character(self, character: str) -> "Said":
        text = self.text + character
        if self.rests is not None:
            rests = tuple(rest[1:] for rest in self.rests if rest[:1] == character)
            if rests or "" not in self.rests or character.isdigit():
                return Said(self.told, text, False, rests, bool(rests))
        if not self.is_quoted and character == "#":
            numbers = self.told.behind(self.text)
            return Said(self.told, text, False, tuple(n[1:] for n in numbers), bool(numbers))
        if not self.is_quoted and character == "(" and self._acts_here():
            points = self.told.points
            return Said(self.told, text, False, tuple(at[1:] for at in points), bool(points))
        quoted = self.is_quoted
        if character == '"' and not (quoted and _is_escaped(self.text)):
            quoted = not quoted
        elif character == "\n" or (character == ">" and text.endswith(_TAGS)):
            quoted = False
        return Said(self.told, text, quoted)

    def _acts_here(self) -> bool:
        """Whether a point that is opened here would stand in the place of an item's number."""
        if not self.told.numbers:
            return False
        _, in_answer, command = self.text.rpartition(_ANSWER)
        if not in_answer or "</answer>" in command:
            return True
        return _ACTS_ON.fullmatch(command) is not None


def _is_escaped(text: str) -> bool:
    """Whether an odd number of backslashes ends a text."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def departures(prompt: str, reply: str) -> Iterator[str]:
    """The numbers and points of a reply that were not told, each with what stands before it.

    They are what a reply that is to be learnt must not have, if its sampler keeps to what was told.
    """
    said = Said(ToldItems.of(prompt))
    rest: Sequence[str] = reply
    for index, character in enumerate(rest):
        further = said.with_text(character)
        if not further.is_kept:
            yield reply[max(0, index - 60) : index + 12]
            further = Said(said.told, said.text + character)
        said = further
