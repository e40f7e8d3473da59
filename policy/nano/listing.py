"""Items that a thought may list: those that fit what it says it is about to do.

A thought says what is to be done, and then lists what it is done with::

    click "Remove" in the row of "Blue Heron": "Blue Heron" #7 | "Remove" #9 button

A small model says the first and lists a neighbour. What the first names was read, or was not, so
that can be kept to: an item is called much like it, or has no name to tell by; it stands in the row
that is named; what is checked is a box, where there are boxes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from vigorl.policy.nano.told_items import FIELDS, ToldItem, ToldItems

_NAME = r'"((?:[^"\\]|\\.)*)"'
_CLICKED = re.compile(
    r"(?:click|check|uncheck|double-click|right-click|middle-click|hover over|look at|drag) "
    rf"{_NAME}(?: (?:until you see|to) {_NAME})?"
)
_FILLED = re.compile(
    rf"(?:type|select) {_NAME} (?:into|in) (?P<into>{_NAME})"
    rf"|replace the text in (?P<old>{_NAME}) .*"
)
_IN_ROW = re.compile(rf"(?:.*? {_NAME}|.*) in the row of {_NAME}")
_TOLD = re.compile(rf"tell me the (?:{_NAME}|[^\"]*?)(?: of {_NAME})?")
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_NTH = re.compile(rf"open the ({'|'.join(_ORDINALS)}) result")
_CHECKED = re.compile(r"(?:un)?check ")
_QUOTED = re.compile(r'"([^"]+)"')
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_LIKE = 0.7
"""Least likeness, letter by letter, of two spellings of one name: eyes misread a letter or two."""
BOXES = frozenset({"box", "switch", "radio"})


@dataclass(frozen=True)
class Listing:
    """What a thought says, as far as it lists something."""

    purpose: str = ""
    """What is to be done; "": it does not say."""
    listed: tuple[str, ...] = ()
    """Numbers of the items that it has listed."""
    told: ToldItems = field(default_factory=ToldItems)

    def items(self) -> Sequence[ToldItem]:
        """What it may list next; nothing where what it names is not on the screen."""
        told = self.told
        if not self.purpose:
            return [item for item in told.items if not told.is_spent(item)]
        left = [item for item in told.items if item.number not in self.listed]
        if (row := _IN_ROW.fullmatch(self.purpose)) is not None:
            return self._of_row(left, row[2], row[1])
        if (asked := _TOLD.fullmatch(self.purpose)) is not None:
            return self._asked_for(left, asked[1], asked[2])
        if self.counted is not None:
            return self._next_results(left, self.counted)
        left = [item for item in left if self._may_be_meant(item)]
        if not self.listed:
            return self._fitting(left)
        return left

    def _may_be_meant(self, item: ToldItem) -> bool:
        """Whether it was not in vain, and is no number beside one that the task says."""
        told = self.told
        return not told.is_spent(item) and (item.kind != "" or not told.is_other_number(item.name))

    @property
    def counted(self) -> int | None:
        """How many items it has to list, where it counts: up to the third result; None: any."""
        nth = _NTH.fullmatch(self.purpose)
        return None if nth is None else _ORDINALS.index(nth[1]) + 1

    def may_be_out_of_sight(self) -> bool:
        """Whether a turn of the wheel could still show it, or nothing else is left to say."""
        return self._goes_on_below or not self.items()

    @property
    def _goes_on_below(self) -> bool:
        """Whether turning the wheel down has not been in vain."""
        return "scroll down" not in self.told.in_vain

    def _fitting(self, left: Sequence[ToldItem]) -> Sequence[ToldItem]:
        """Those that what is to be done can mean; all where nothing is left to look for it."""
        filled, clicked = _FILLED.fullmatch(self.purpose), _CLICKED.fullmatch(self.purpose)
        if filled is not None:
            name, kinds = (filled["into"] or filled["old"]).strip('"'), FIELDS
        elif clicked is not None:
            name, kinds = clicked[1], BOXES if _CHECKED.match(self.purpose) else frozenset[str]()
        else:
            return left
        called = [item for item in left if is_like(item.name, name) or is_like(item.value, name)]
        of_kind = [item for item in left if item.kind in kinds]
        if kinds and not any(item.kind in kinds for item in called):
            # What it is called was not read, or was taken for the name of something else.
            called += [item for item in of_kind if item.is_unnamed] or of_kind
        if called or self._goes_on_below:
            return called if kinds else [i for i in left if i in called or i.is_unnamed]
        return left

    def _next_results(self, left: Sequence[ToldItem], count: int) -> Sequence[ToldItem]:
        """Results behind the last one that was listed, with as many behind them as are missing.

        Where as many texts have what the task quotes in them, it is one of these; what quotes it
        itself ("4 titles for 'mug'") is above the results.
        """
        quoted = _QUOTED.findall(self.told.task)
        results = [item for item in self.told.items if item.kind == ""]
        found = [item for item in results if any(_has(item.name, name) for name in quoted)]
        if len(found) >= count:
            results = found
        after = [self.told.items.index(self.told.by_number[at]) for at in self.listed]
        behind = self.told.items[max(after, default=-1) + 1 :]
        results = [item for item in behind if item in results and item in left]
        missing = count - len(self.listed)
        return results[: max(0, len(results) - missing + 1)]

    def _of_row(
        self, left: Sequence[ToldItem], name: str, target: str | None
    ) -> Sequence[ToldItem]:
        """What a row is named by, and what stands in it and can be meant."""
        anchors = [item for item in self.told.items if item.name == name]
        anchors = anchors or [item for item in self.told.items if is_like(item.name, name)]
        if not anchors:
            return []  # what is done to another row is wrong
        others = [item for item in left if item not in anchors]
        if target is not None:
            others = [i for i in others if i.is_unnamed or is_like(i.name, target)] or others
        found = {item.number for anchor in anchors for item in _row_of(anchor, others)}
        first = [] if self.listed else [item.number for item in anchors]
        return [item for item in left if item.number in {*found, *first}]

    def _asked_for(
        self, left: Sequence[ToldItem], label: str | None, row: str | None
    ) -> Sequence[ToldItem]:
        """What is called as the label, then what names the row, then a value in its line.

        Where both lines have as many items, the value is the one in the column of the label. A
        value of a label alone may also stand in the line before or behind.
        """
        names = [name for name in (label, row) if name is not None]
        if len(self.listed) > len(names) or not names:
            return left
        if len(self.listed) == len(names):
            anchors = [self.told.by_number[at] for at in self.listed if at in self.told.by_number]
            return self._values(left, anchors, 1 if row is None else 0) or left
        name = names[len(self.listed)]
        return [item for item in left if is_like(item.name, name)]

    def _values(
        self, left: Sequence[ToldItem], anchors: Sequence[ToldItem], off: int
    ) -> Sequence[ToldItem]:
        """What stands so many lines at most from the last of what was listed before.

        Of labels that stand beside each other, with as many items above or below them, each has
        its own value in its column, or beside it.
        """
        if not anchors:
            return []
        if len(anchors) == 2:
            header, line = (self._line(anchor.line) for anchor in anchors)
            if len(header) == len(line) and anchors[0].line != anchors[1].line:
                in_column = line[header.index(anchors[0])]
                return [item for item in left if item == in_column]
        anchor = anchors[-1]
        line = self._line(anchor.line)
        at = line.index(anchor)
        around = [self._line(anchor.line + step) for step in (-1, 1)] if off else []
        columns = [each[at] for each in around if len(each) == len(line)]
        if len(line) > 1 and columns:
            mine = [*columns, *line[at + 1 : at + 2]]
            return [item for item in left if item in mine]
        return [item for item in left if abs(item.line - anchor.line) <= off]

    def _line(self, number: int) -> list[ToldItem]:
        """The items of a line, from the left."""
        return [item for item in self.told.items if item.line == number]


def _has(name: str, searched: str) -> bool:
    """Whether a text has what was searched for in it, but not in quotation marks."""
    name, searched = name.casefold(), searched.casefold()
    return searched in name and re.search(rf"['‘’“”]{re.escape(searched)}['‘’“”]", name) is None


def _row_of(anchor: ToldItem, others: Sequence[ToldItem]) -> Iterable[ToldItem]:
    """Of items that are called alike those in the line of another, else the nearest around it."""
    at = int(anchor.number[1:])
    alike: dict[object, list[ToldItem]] = {}
    for item in others:
        alike.setdefault(item.head, []).append(item)
    for group in alike.values():
        beside = [item for item in group if item.line == anchor.line]
        if beside:
            yield from beside
            continue
        yield from [item for item in group if int(item.number[1:]) < at][-1:]
        yield from [item for item in group if int(item.number[1:]) > at][:1]


@lru_cache(maxsize=1 << 16)
def is_like(one: str, other: str) -> bool:
    """Whether two texts may be one name: one has the words of the other, or a misread letter."""
    one, other = one.casefold(), other.casefold()
    if not one or not other:
        return False
    its, others = _NUMBER.findall(one), _NUMBER.findall(other)
    if its and others and its != others:
        return False
    words, more = (f" {' '.join(_WORD.findall(text))} " for text in (one, other))
    if words.strip() and more.strip() and (words in more or more in words):
        return True
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _LIKE
