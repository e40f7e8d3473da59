"""Places that a reply may write: those of what it was told, each behind its own name.

A small model names the right item and then slips in a digit of its place, or writes another one's.
What was read stands in the prompt, so the places are known before the model writes the first
digit, and a sampler can keep it to them::

    "Send" (4             of what was read, (440, 288) and (45, 610) begin like that …
    "Send" (440, 288)     … and the first alone is called so

A place is kept to them in thoughts, in calls of the zoom, and where a command names what it acts
on. The ways of a drag and the middle of a scroll may be anywhere, and so may what stands in quotes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

_TOLD = re.compile(
    r'(?:(?P<kind>field|list|box|radio|switch) )?(?P<name>"[^"]*" )?(?P<place>\(\d+, \d+\))'
    r'|icon (?P<icon>[^"()|]*?) ?(?P<at>\(\d+, \d+\))'
    r'|"[^"]*"'
)
"""An item of a reading, or a value behind one, which says no place whatever stands in it."""
_READING = re.compile(r'"|(?:field|list|box|radio|switch|icon)\b|Not seen closely: ')
_TASK = "Task: "
_PLACE = re.compile(r"\(\d+, \d+\)")
_NAMED = re.compile(r'(?:\b(field|list|box|radio|switch) )?("[^"]*") ?$')
_ICON = re.compile(r'\bicon ([^"()|]*?) ?$')
_LONGEST_NAME = 200
"""Characters before a place that may be a name."""
_ANSWER = "<answer>"
_TAGS = ("<think>", "</think>", _ANSWER, "</answer>", "<tool_call>", "</tool_call>")
_ACTS_ON = re.compile(
    r"\s*(?:click|double_click|right_click|middle_click|hover|type|select|upload|drag)\s*"
)


@dataclass(frozen=True)
class ToldPlaces:
    """The places that stand in a prompt."""

    places: tuple[str, ...]
    """All of them, as they are written."""
    by_head: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Those of items of one kind and name, and of all items of one name (kind: "")."""

    @classmethod
    def of(cls, prompt: str) -> Self:
        """Those of a prompt as `vigorl.policy.nano.prompt` writes it."""
        places: dict[str, None] = {}
        by_head: dict[tuple[str, str], dict[str, None]] = {}
        for line in prompt.split("\n"):
            if line.startswith(_TASK):
                places |= dict.fromkeys(_PLACE.findall(line))
            if not _READING.match(line):
                continue
            for told in _TOLD.finditer(line):
                place = told["place"] or told["at"]
                if place is None:
                    continue
                places[place] = None
                if told["at"] is not None:
                    by_head.setdefault(("icon", told["icon"]), {})[place] = None
                elif told["name"] is not None:
                    name = told["name"].rstrip()
                    for kind in {"", told["kind"] or ""}:
                        by_head.setdefault((kind, name), {})[place] = None
        return cls(tuple(places), {head: tuple(found) for head, found in by_head.items()})

    def behind(self, text: str) -> tuple[str, ...]:
        """The places that may follow a text, whose next character opens one."""
        text = text[-_LONGEST_NAME:]
        if (icon := _ICON.search(text)) is not None:
            found = self.by_head.get(("icon", icon[1]))
        elif (named := _NAMED.search(text)) is not None:
            found = self.by_head.get((named[1] or "", named[2])) or self.by_head.get(("", named[2]))
        else:
            found = None
        return found or self.places


@dataclass(frozen=True)
class Said:
    """A reply as far as it is written, and whether it keeps to places that were told."""

    told: ToldPlaces
    text: str = ""
    is_quoted: bool = False
    """It ends inside of quotation marks."""
    rests: tuple[str, ...] | None = None
    """What may be left of the place that it ends in; None: it ends in none."""
    is_kept: bool = True
    """It names no place that was not told."""

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
            rests = tuple(rest[1:] for rest in self.rests if rest.startswith(character))
            is_done = any(not rest for rest in rests)
            return Said(self.told, text, False, None if is_done else rests, bool(rests))
        if character == "(" and not self.is_quoted and self._acts_here():
            places = self.told.behind(self.text)
            return Said(self.told, text, False, tuple(place[1:] for place in places) or None)
        quoted = self.is_quoted
        if character == '"' and not (quoted and _is_escaped(self.text)):
            quoted = not quoted
        elif character == "\n" or (character == ">" and text.endswith(_TAGS)):
            quoted = False
        return Said(self.told, text, quoted)

    def _acts_here(self) -> bool:
        """Whether a place that is opened here has to be one that was told."""
        _, in_answer, command = self.text.rpartition(_ANSWER)
        if not in_answer or "</answer>" in command:
            return True
        return _ACTS_ON.fullmatch(command) is not None


def _is_escaped(text: str) -> bool:
    """Whether an odd number of backslashes ends a text."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def departures(prompt: str, reply: str) -> Iterator[str]:
    """The places of a reply that were not told, each with what stands before it.

    They are what a reply that is to be learnt must not have, if its sampler keeps to what was told.
    """
    said = Said(ToldPlaces.of(prompt))
    rest: Sequence[str] = reply
    for index, character in enumerate(rest):
        further = said.with_text(character)
        if not further.is_kept:
            yield reply[max(0, index - 60) : index + 12]
            further = Said(said.told, said.text + character)
        said = further
