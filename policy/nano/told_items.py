"""What a prompt with numbered items tells: the items, what was done in vain, and its task's points.

It is what a reply has to keep to, see `vigorl.policy.nano.said`.
"""

import itertools
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from vigorl.policy.nano.numbering import (
    NUMBER,
    PLACE,
    READING_LINE,
    Head,
    head_told,
    item_pattern,
)
from vigorl.policy.nano.prompt import changed_nothing

_TOLD = item_pattern(NUMBER)
_TASK = "Task: "
_POINT = re.compile(PLACE)
_WORD = re.compile(r"\w")
_WORD_BEGINS = re.compile(r"(?<!\w)[^\s\"]")
_SHORTEST_NAME = 3
"""Characters below which the name of a control may be anything that was read beside it."""
_LONGEST_COPY = 200
"""Characters that are copied at once."""
_DIGITS = re.compile(r"[0-9]+")
_FEW_DIGITS = re.compile(r"[0-9]{1,2}")
_BACK = "back"
_COUNTS = "zero one two three four five six seven eight nine ten eleven twelve".split()
ICON = "icon"
FIELDS = frozenset({"field", "list"})
"""Kinds of items that are filled in."""


@dataclass(frozen=True)
class ToldItem:
    """One item of a reading."""

    number: str
    """As `#14`."""
    head: Head
    line: int
    """The line of the prompt that tells it: items of one line stand beside each other."""
    value: str = ""
    """What stands in a field or list."""

    @property
    def kind(self) -> str:
        """`field`, `box`, `icon`, …; "" for texts, links and buttons."""
        return self.head[0]

    @property
    def name(self) -> str:
        """What it is called, without quotation marks; "" for nothing."""
        return self.head[1].strip('"')

    @property
    def is_unnamed(self) -> bool:
        """Whether it may be called anything: an icon, "▲", a box with a scrap for a name."""
        is_scrap = self.kind != "" and len(self.name) < _SHORTEST_NAME
        return self.kind == ICON or is_scrap or not _WORD.search(self.name)

    @property
    def without_kind(self) -> str:
        """How a reply writes it behind its kind: `"Send" #4`, `#4` where it has no name."""
        return f"{self.head[1]} {self.number}".lstrip()

    @property
    def clicked(self) -> str:
        """How a click on it is remembered."""
        return " ".join(("click", *filter(None, self.head)))


@dataclass(frozen=True)
class ToldItems:
    """The items of a prompt, in the order in which they are told."""

    items: tuple[ToldItem, ...] = ()
    points: tuple[str, ...] = ()
    """Points of the task, as `(804, 550)`."""
    unseen: tuple[str, ...] = ()
    """Numbers of parts of the screen that were not seen closely."""
    words: tuple[str, ...] = ()
    """The task from each of its words on: what is typed stands there."""
    task: str = ""
    counts: tuple[str, ...] = ()
    """Numbers that the task says in words, in digits."""
    in_vain: Mapping[str, int] = field(default_factory=dict)
    """Past actions since which the screen is the same, and those that led to a page from which the
    way was straight back; how often each was tried."""

    @classmethod
    def of(cls, prompt: str) -> Self:
        """Those of a prompt whose items are numbered."""
        items: dict[str, ToldItem] = {}
        points: dict[str, None] = {}
        unseen: dict[str, None] = {}
        past: list[str] = []
        task = ""
        for index, line in enumerate(prompt.split("\n")):
            if line.startswith(_TASK):
                task = line.removeprefix(_TASK)
                points |= dict.fromkeys(_POINT.findall(line))
            elif line[:1].isdigit():
                past.append(line.partition(". ")[2])
            if not READING_LINE.match(line):
                continue
            last = ""
            for told in _TOLD.finditer(line):
                if told["at"] is None:
                    if last in items:
                        items[last] = replace(items[last], value=told.group().strip('"'))
                    last = ""
                    continue
                last = told["at"]
                head = head_told(told)
                if head == ("", ""):
                    unseen[told["at"]] = None
                else:
                    items.setdefault(told["at"], ToldItem(told["at"], head, index))
        return cls(
            tuple(items.values()),
            tuple(points),
            tuple(unseen),
            _from_each_word(task),
            task,
            _counts(task),
            _in_vain(past),
        )

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """All of them."""
        return (*(item.number for item in self.items), *self.unseen)

    @cached_property
    def numbers_said(self) -> frozenset[int]:
        """Those that the task says in digits."""
        return frozenset(int(digits) for digits in _DIGITS.findall(self.task))

    @cached_property
    def names_left(self) -> tuple[str, ...]:
        """Names of the items that may be meant, from each of their words on."""
        left = (item for item in self.items if not self.is_spent(item))
        names = dict.fromkeys(item.name for item in left if not self.is_other_number(item.name))
        return tuple(dict.fromkeys(part for name in names for part in _from_each_word(name)))

    @cached_property
    def by_number(self) -> Mapping[str, ToldItem]:
        """The items."""
        return {item.number: item for item in self.items}

    @cached_property
    def count_of(self) -> Counter[Head]:
        """How many items have one kind and name."""
        return Counter(item.head for item in self.items)

    def called(self, head: Head) -> tuple[ToldItem, ...]:
        """Items of a name; of a kind, where any of them is."""
        kind, name = head
        icons = [item for item in self.items if item.head == head] if kind == ICON else []
        named = [item for item in self.items if item.kind != ICON and item.head[1] == name]
        return tuple(icons or [item for item in named if item.kind == kind and kind] or named)

    def is_other_number(self, name: str) -> bool:
        """Whether it is a bare number, as a day has, that a task with numbers does not say."""
        said = self.numbers_said
        return bool(said) and _FEW_DIGITS.fullmatch(name) is not None and int(name) not in said

    def is_spent(self, item: ToldItem) -> bool:
        """Whether a click on it changed nothing, or led to a page that was left at once.

        Of several items that are called alike, all have to be tried; a field that was clicked may
        still be filled in.
        """
        return (
            item.kind not in FIELDS
            and self.in_vain.get(item.clicked, 0) >= self.count_of[item.head]
        )


def _from_each_word(task: str) -> tuple[str, ...]:
    """A task from each of its words on, begun with a small or a capital letter."""
    found: dict[str, None] = {}
    for begins in _WORD_BEGINS.finditer(task):
        rest = task[begins.start() :][:_LONGEST_COPY]
        found |= dict.fromkeys((rest, rest[0].upper() + rest[1:], rest[0].lower() + rest[1:]))
    return tuple(found)


def _counts(task: str) -> tuple[str, ...]:
    """Numbers that a task says in words, in digits."""
    said = re.findall(r"[a-z]+", task.lower())
    return tuple(dict.fromkeys(str(_COUNTS.index(word)) for word in said if word in _COUNTS))


def _in_vain(past: list[str]) -> Mapping[str, int]:
    """Past actions that have been of no use, see `ToldItems.in_vain`."""
    found = Counter(
        line for line, after in itertools.pairwise(past) if after == _BACK and line != _BACK
    )
    for line in reversed(past):
        tried = changed_nothing(line)
        if tried is None:
            break
        found[tried] += 1
    return dict(found)
