"""Items by number: a prompt in which they are numbered, and what a reply means that names numbers.

A place in thousandths is nine tokens of a language model, and half of a prompt. Numbered in the
order in which they are told, items are three tokens, and those that stand close together have
numbers that are close::

    "Blue Heron" (208, 535) | "Remove" (804, 550) button      what was read
    "Blue Heron" #7 | "Remove" #8 button                      what is told
    <answer> click #8 </answer>                               what is said
    <answer> click (804, 550) </answer>                       what is understood

Points that no item has, as the middle of a scroll, stay what they are in both directions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

READING_LINE = re.compile(r'"|(?:field|list|box|radio|switch|icon)\b|Not seen closely: ')
"""How a line of a prompt begins that tells what is on the screen."""
PLACE, NUMBER = r"\(\d+, \d+\)", r"#\d+"
KIND = "field|list|box|radio|switch"
_QUOTED = r'"(?:\\.|[^"\\\n])*"'
_WRITTEN = re.compile(rf"{_QUOTED}|scroll {PLACE}|{PLACE}")
_SAID = re.compile(rf"{_QUOTED}|{NUMBER}")
_HEAD = re.compile(rf'(?:(?:\b(?P<kind>{KIND}) )?(?P<name>"[^"]*")|\bicon (?P<icon>[^"()|#]*?)) ?$')
_LONGEST_HEAD = 200
"""Characters before a place that may be the name of its item."""

Head = tuple[str, str]
"""What an item is called: its kind and its name in quotation marks; of an icon `icon` and its name
without them."""


def item_pattern(where: str) -> re.Pattern[str]:
    """Matches an item of a reading, or a value behind one, which says nothing of where it is.

    Args:
        where: Matches what says where an item is, the group `at`.
    """
    return re.compile(
        rf'(?:(?:(?P<kind>{KIND}) )?(?P<name>"[^"]*" )?|icon (?P<icon>[^"()|#]*?) ?)(?P<at>{where})'
        r'|"[^"]*"'
    )


def head_told(told: re.Match[str]) -> Head:
    """What a told item is called."""
    if told["icon"] is not None:
        return "icon", told["icon"]
    return told["kind"] or "", (told["name"] or "").rstrip()


def head_before(text: str) -> Head | None:
    """What is called at the end of a text; None where nothing is."""
    head = _HEAD.search(text[-_LONGEST_HEAD:])
    if head is None:
        return None
    return (
        ("icon", head["icon"]) if head["icon"] is not None else (head["kind"] or "", head["name"])
    )


_TOLD = item_pattern(PLACE)


@dataclass(frozen=True)
class NumberedItems:
    """The items of a prompt, by number."""

    places: Mapping[str, str]
    """Where each is, as `(804, 550)`, by its number, as `#8`."""
    heads: Mapping[str, Head]

    @classmethod
    def of(cls, prompt: str) -> tuple[str, Self]:
        """A prompt with numbers in place of the places of its items, and these.

        Args:
            prompt: As `vigorl.policy.nano.prompt` writes it.
        """
        places: dict[str, str] = {}
        heads: dict[str, Head] = {}

        def write(told: re.Match[str]) -> str:
            if told["at"] is None:
                return told.group()
            number = f"#{len(places) + 1}"
            places[number], heads[number] = told["at"], head_told(told)
            return told.group().removesuffix(told["at"]) + number

        lines = [
            _TOLD.sub(write, line) if READING_LINE.match(line) else line
            for line in prompt.split("\n")
        ]
        return "\n".join(lines), cls(places, heads)

    def understood(self, reply: str) -> str:
        """A reply with the places of the items that it names; numbers of none stay."""
        return _SAID.sub(lambda said: self.places.get(said.group(), said.group()), reply)

    def said(self, reply: str) -> str:
        """The reply that is understood as this one.

        Of items at one place, the one that is called what stands before it.
        """

        def write(written: re.Match[str]) -> str:
            place = written.group()
            numbers = [number for number, other in self.places.items() if other == place]
            called = head_before(reply[: written.start()])
            # Its kind may be left out.
            same = [at for at in numbers if called in (self.heads[at], ("", self.heads[at][1]))]
            return next(iter(same or numbers), place)

        return _WRITTEN.sub(write, reply)
