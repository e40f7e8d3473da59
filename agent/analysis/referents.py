"""Referents: what the words near a point name, and whether the point lies on it.

By rule, against the boxes that were recorded of what can be named on each screen. A point's name
is the quoted text right before it, or behind a few plain words after it; else a name of the screen
that stands in the same sentence as it is shown there, or beside a word for its role ("the search
field"). Of several elements with that name any will do.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from vigorl.agent.record.named_boxes import TEXT, NamedBox
from vigorl.browser.geometry import Box, Point
from vigorl.policy.points import Mention

Landing = Literal["inside", "beside", "absent", "unnamed"]
"""On what its words name; beside it; nothing on the screen has that name; no name is near it."""

NEARLY = 0.8
"""Names that agree to this share of their characters are one name, misread."""
_LONGEST_NAME = 120
_SHORTEST_LOOSE_NAME = 3

_FIELDS = frozenset({"textbox", "searchbox", "combobox", "spinbutton"})
_LISTS = frozenset({"combobox", "listbox"})
_PICTURES = frozenset({"icon", "img", "button", "link"})
_ROLES: dict[str, frozenset[str]] = {
    "button": frozenset({"button"}),
    "link": frozenset({"link"}),
    "tab": frozenset({"tab"}),
    "checkbox": frozenset({"checkbox"}),
    "radio": frozenset({"radio"}),
    "switch": frozenset({"switch", "checkbox"}),
    "toggle": frozenset({"switch", "checkbox"}),
    "slider": frozenset({"slider"}),
    "option": frozenset({"option"}),
    "field": _FIELDS,
    "box": _FIELDS,
    "bar": _FIELDS,
    "input": _FIELDS,
    "list": _LISTS,
    "select": _LISTS,
    "dropdown": _LISTS,
    "menu": _LISTS | {"menuitem", "button"},
    "icon": _PICTURES,
    "picture": _PICTURES,
    "image": _PICTURES,
    "label": frozenset({TEXT}),
    "heading": frozenset({TEXT}),
}
_ROLE = rf"(?:{'|'.join(_ROLES)})"
_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”\n]*)”|‘([^’\n]*)’|(?<!\w)'([^'\n]*)'(?!\w)|«([^»\n]*)»")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
_LEADS_ON = re.compile(
    rf"\W*(?:(?:i|we|see|find|is|are|shows?|reads?|says?|has|called|named|labell?ed|there|the|a|an|it|which|"
    rf"that|this|text|words?|{_ROLE})\W+)*",
    re.IGNORECASE,
)
"""All that may stand between a point and the quoted name behind it."""
_BELONGS = re.compile(rf"\b({_ROLE})\b that belongs to it\b", re.IGNORECASE)
_ROLE_BEFORE = re.compile(rf"\b({_ROLE})\W*$", re.IGNORECASE)
_ROLE_AFTER_POINT = re.compile(rf"^\s+({_ROLE})\b", re.IGNORECASE)
_ROLE_AFTER = re.compile(rf"^\W*({_ROLE})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PointName:
    """What the words near a point call what is there."""

    name: str
    roles: frozenset[str] = frozenset()
    """ARIA roles that the words allow; empty: any."""


@dataclass(frozen=True, slots=True)
class Referent:
    """A point of a thought, held against the screen."""

    point: Point | None
    """In the environment's unit; None where it is not on the picture."""
    named: PointName | None
    boxes: tuple[Box, ...]
    """Of all that have this name on the screen."""

    @property
    def landing(self) -> Landing:
        """Whether the point lies on what its words name."""
        if self.named is None:
            return "unnamed"
        if not self.boxes:
            return "absent"
        return "inside" if self.would_hold(self.point) else "beside"

    def would_hold(self, point: Point | None) -> bool:
        """Whether a point, this one's or another's, lies in one of the boxes."""
        return point is not None and any(box.contains(point) for box in self.boxes)


def referents_of(
    thought: str, mentions: Sequence[Mention], screen: Sequence[NamedBox]
) -> tuple[Referent, ...]:
    """The points of a thought, each with what its words name.

    Args:
        thought: Of one step.
        mentions: Its pairs of coordinates, in order.
        screen: What can be named on the screen that the step looks at.
    """
    found: list[Referent] = []
    last: PointName | None = None
    for index, mention in enumerate(mentions):
        begin = mentions[index - 1].end if index else 0
        end = mentions[index + 1].start if index + 1 < len(mentions) else len(thought)
        before, after = thought[begin : mention.start], thought[mention.end : end]
        named = _named(before, after, last, screen)
        boxes = () if named is None else tuple(boxes_named(named, screen))
        found.append(Referent(mention.point, named, boxes))
        last = named or last
    return tuple(found)


def boxes_named(wanted: PointName, screen: Sequence[NamedBox]) -> list[Box]:
    """Where something of this name is: of the stated role where there is one, else of any.

    A whole name comes before a part of one, and that before one that is nearly the same.
    """
    name = _plain(wanted.name)
    of_role = [each for each in screen if each.role in wanted.roles]
    for among in (of_role, screen):
        whole = [each.box for each in among if _plain(each.name) == name]
        if whole:
            return whole
        part = [box for each in among if (box := _part(name, each)) is not None]
        if part:
            return part
    return [each.box for each in screen if _is_nearly(name, _plain(each.name))]


def _named(
    before: str, after: str, last: PointName | None, screen: Sequence[NamedBox]
) -> PointName | None:
    """What stands between the last point and this one, or after it, as a name of what is there."""
    here = before[max((found.end() for found in _ends(before)), default=0) :]
    quoted = [
        (found, text) for found, text in _quotes(before) if found.end() > len(before) - len(here)
    ]
    if quoted:
        found, text = quoted[-1]
        return PointName(text, _roles_around(before[: found.start()], before[found.end() :], after))
    if (belonging := _BELONGS.search(here)) and last is not None:
        return PointName(last.name, _ROLES[belonging[1].lower()])
    for found, text in _quotes(after):
        if _LEADS_ON.fullmatch(after, 0, found.start()):
            return PointName(text, _roles_around(after[: found.start()], after[found.end() :], ""))
        break
    return _unquoted(here, after, screen)


def _quotes(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for found in _QUOTED.finditer(text):
        inside = next(group for group in found.groups() if group is not None)
        if 0 < len(inside.strip()) <= _LONGEST_NAME:
            yield found, inside


def _ends(text: str) -> Iterator[re.Match[str]]:
    """Ends of sentences, those within quotes left out."""
    quotes = [found.span() for found in _QUOTED.finditer(text)]
    for end in _SENTENCE_END.finditer(text):
        if not any(start < end.start() < stop - 1 for start, stop in quotes):
            yield end


def _roles_around(before: str, behind: str, after_point: str) -> frozenset[str]:
    """The roles that a word right before a name, behind it, or behind its point allows."""
    for found in (_ROLE_BEFORE.search(before), _ROLE_AFTER.search(behind)):
        if found:
            return _ROLES[found[1].lower()]
    if not re.search(r"\w{4}", behind) and (found := _ROLE_AFTER_POINT.search(after_point)):
        return _ROLES[found[1].lower()]
    return frozenset()


def _unquoted(here: str, after: str, screen: Sequence[NamedBox]) -> PointName | None:
    """The name of the screen that stands last in a sentence, and of those the longest."""
    best: tuple[int, int, PointName] | None = None
    for name in {each.name.strip() for each in screen}:
        if not _SHORTEST_LOOSE_NAME <= len(name) <= _LONGEST_NAME:
            continue
        for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", here, re.IGNORECASE):
            roles = _roles_around(here[: found.start()], here[found.end() :], after)
            as_shown = found[0] == name and name != name.lower() and here[: found.start()].strip()
            if (roles or as_shown) and (best is None or (found.end(), len(name)) > best[:2]):
                best = (found.end(), len(name), PointName(name, roles))
    return None if best is None else best[2]


def _plain(name: str) -> str:
    """A name as it is compared: its case, white space and ends do not matter."""
    return " ".join(name.casefold().split()).strip(" .…:*,")


def _part(name: str, within: NamedBox) -> Box | None:
    """Where a name stands among the words of a longer one; None where it does not.

    Of a line it is the box of those words, of a control all of it.
    """
    wanted, words = name.split(), [_plain(word) for word in within.name.split()]
    for start in range(len(words) - len(wanted) + 1) if wanted else ():
        if words[start : start + len(wanted)] != wanted:
            continue
        box, edges = within.box, within.words[start : start + len(wanted)]
        return Box(edges[0][0], box.top, edges[-1][1], box.bottom) if edges else box
    return None


def _is_nearly(name: str, other: str) -> bool:
    if min(len(name), len(other)) < _SHORTEST_LOOSE_NAME:
        return False
    return SequenceMatcher(None, name, other, autojunk=False).ratio() >= NEARLY
