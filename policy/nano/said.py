"""A reply as far as it is written, and whether it keeps to the items that it was told.

A small model names the right item and then slips in a digit of its number, names one that is not on
the screen, or acts on another one than it thought of. What was read stands in the prompt, so what
can be meant is known before it is written::

    <think> click "Send": "Send" #4 button </think>   an item that was told, and that is like "Send"
    <answer> click #4 </answer>                       and no other

- An item is listed with its own name and number. `vigorl.policy.nano.listing` says which may be.
- What a thought types or selects stands in the task, word by word, and is what its command enters.
  Where the task says "two", 2 may be selected.
- Up to the third result three items are listed, in the order of the screen.
- A command acts on the item that the thought has listed last; a drag goes from the last but one to
  the last.
- A number stands for an item everywhere but in quotes. A point may be written only where no item is
  meant: in the middle of a scroll, on the way of a drag; where the task names it; and anywhere
  where nothing was read.
- Where the task has numbers, what is clicked is called by none of its own that it does not say: a
  calendar has many days.
- What changed nothing, or led to a page that was left at once, is neither clicked again nor named:
  what is clicked then is called as the task says, or as something else that was read.
- Where turning the wheel down changed nothing, nothing is called out of sight.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vigorl.policy.nano.listing import Listing
from vigorl.policy.nano.numbering import KIND, NUMBER, head_before
from vigorl.policy.nano.told_items import ICON, ToldItems

_THINK, _THOUGHT_ENDS, _ANSWER = "<think>", "</think>", "<answer>"
_TAGS = (_THINK, _THOUGHT_ENDS, _ANSWER, "</answer>", "<tool_call>", "</tool_call>")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_NUMBERS = re.compile(NUMBER)
_LISTING = re.compile(r"(?:(?P<begins>^<think>)|:|\||;) $")
"""Where an item begins."""
_KIND_SAID = re.compile(rf"(?:^<think>|:|\||;) (?P<kind>{KIND}|{ICON})$")
"""Where the kind of an item has been said."""
_OUT_OF_SIGHT = re.compile(r": not in sight\s*$")
_PURPOSE = re.compile(r"(?:^<think>|[:;]) ((?:(?!: |; ).)*): (?!.*: )")
_NAMES = re.compile(
    r"(?:^<think>|[:;]) (?:click|check|uncheck|double-click|right-click|middle-click|hover over) $"
)
"""Where the name of what is acted on begins."""
_ITEM_BEGINS = frozenset('"#(')
_KINDS = (*KIND.split("|"), ICON)
_NOT_SEEN, _BACK = "not in sight", "go back"
_IN_PLACE = (_NOT_SEEN, _BACK, "look at")
"""What may stand behind a colon in the place of an item."""
_ACTS_ON = re.compile(
    r"\s*(?:click|double_click|right_click|middle_click|hover|type|select|upload|drag)\s*"
)
_TYPED = re.compile(
    r"(?:(?:^<think>|[:;]) (?:type|(?P<selects>select))|replace the text in \"[^\"]*\" with) $"
)
_ENTERS = re.compile(
    r'(?:(?:<think>|[:;]) (?:type|select) "([^"]+)" in|replace the text in "[^"]*" with "([^"]+)":)'
)
_ENTERING = re.compile(rf"\s*(?:type|select) {NUMBER} ")
_DRAG = re.compile(rf"\s*drag (?P<start>{NUMBER} to )?")


@dataclass(frozen=True)
class Said:
    """A reply as far as it is written."""

    told: ToldItems
    text: str = ""
    is_quoted: bool = False
    """It ends inside of quotation marks."""
    rests: tuple[str, ...] | None = None
    """What may be left of the item, number or point that it ends in, "" where that may be whole;
    None: it ends in none."""
    is_kept: bool = True
    """It names nothing that it may not."""
    is_copied: bool = False
    """It ends in a text that is typed, of which `rests` are to the ends of their lines."""

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
        if self.rests is not None and self.is_copied:
            if character == '"' and self.may_be_whole:
                return Said(self.told, text)
            rests = tuple(rest[1:] for rest in self.rests if rest[:1] == character)
            return Said(self.told, text, True, rests, bool(rests), True)
        if self.rests is not None:
            rests = tuple(rest[1:] for rest in self.rests if rest[:1] == character)
            if rests or "" not in self.rests or character.isdigit():
                return Said(self.told, text, False, rests, bool(rests))
        if self._lists_wrong(character):
            return Said(self.told, text, False, None, False)
        if not self.is_quoted:
            may_be = self._may_begin(character)
            if may_be is not None:
                rests = tuple(each[1:] for each in may_be if each[:1] == character)
                return Said(self.told, text, False, rests, bool(rests))
        quoted = self.is_quoted
        if character.isdigit() and self.names_number:
            named = (*self.told.words, *self.told.names_left)
            rests = tuple(each[1:] for each in named if each[:1] == character)
            return Said(self.told, text, True, rests, bool(rests), True)
        if character == '"' and not quoted and (typed := self._copied_here()) is not None:
            return Said(self.told, text, True, typed, bool(typed), True)
        if character == '"' and not (quoted and _is_escaped(self.text)):
            quoted = not quoted
        elif character == "\n" or (character == ">" and text.endswith(_TAGS)):
            quoted = False
        said = Said(self.told, text, quoted)
        of_kind = None if quoted else said._of_kind()
        return said if of_kind is None else Said(self.told, text, False, of_kind, bool(of_kind))

    @property
    def names_number(self) -> bool:
        """Whether a digit begins the name of what is acted on, and the task has numbers."""
        if not (self.told.numbers_said and self.is_quoted and self.text.endswith('"')):
            return False
        return self.is_thought and _NAMES.search(self.text[:-1]) is not None

    def _copied_here(self) -> tuple[str, ...] | None:
        """What the quotation that begins here is copied from; None: it is free.

        What is typed or selected stands in the task; so does the name of what is acted on where
        something was in vain, or it is one on the screen that was not.
        """
        if not self.is_thought:
            return None
        if self.told.in_vain and _NAMES.search(self.text):
            return (*self.told.words, *self.told.names_left)
        found = _TYPED.search(self.text)
        if found is None:
            return None
        return (*self.told.words, *self.told.counts) if found["selects"] else self.told.words

    def _may_begin(self, character: str) -> Sequence[str] | None:
        """The items, numbers or points one of which begins here; None: none does."""
        if not self.is_thought:
            if character == "#":
                return self._acted_on()
            if character == '"' and (value := self._entered()) is not None:
                return [f'"{value}"']
            return self.told.points if character == "(" and self._acts_here() else None
        if character == "(":
            return self.told.points if self.told.numbers else None
        if (listing := _LISTING.search(self.text[-20:])) is not None:
            return self._listed_here(listing["begins"] is not None, character)
        if character != "#":
            return None
        head = head_before(self.text)
        if head is None:
            return self.told.numbers
        spent = self.told.is_spent
        return [item.number for item in self.told.called(head) if not spent(item)]

    @property
    def may_be_whole(self) -> bool:
        """Whether a text that is typed may end here: with a word, and not before its first."""
        rests = self.rests or ()
        return not self.text.endswith('"') and any(not rest[:1].isalnum() for rest in rests)

    @property
    def is_thought(self) -> bool:
        """Whether the thought goes on."""
        return _THOUGHT_ENDS not in self.text and _ANSWER not in self.text

    def _listed_here(self, begins: bool, character: str) -> Sequence[str] | None:
        """What may be listed where an item begins; None: anything."""
        if character == "#":
            return self.told.numbers if begins else self.told.unseen
        if character == "n" and self.text.endswith(": "):  # not in sight
            return (_NOT_SEEN,) if self._listing().may_be_out_of_sight() else ()
        if character == "g" and self.text.endswith(": "):
            return (_BACK,)
        if character != '"' or begins:
            return None
        return [item.without_kind for item in self._listing().items()]

    @property
    def lists_next(self) -> bool:
        """Whether an item comes next, or what is said in its place."""
        is_open = self.is_thought and not self.is_quoted and self.rests is None
        return is_open and self.text.rstrip(" ").endswith((":", "|"))

    def _lists_wrong(self, character: str) -> bool:
        """Whether no item may begin with this character, or the wrong number of them is listed."""
        if self.lists_next:
            if not self.text.endswith(" "):
                return character != " "
            words = (*_KINDS, *_IN_PLACE) if self.text.endswith(": ") else _KINDS
            is_word = any(word.startswith(character) for word in words)
            return not is_word and character not in _ITEM_BEGINS
        if character not in "|<" or self.is_quoted or not self.is_thought:
            return False
        return self.text.endswith(" ") and self._goes_on_wrong(character == "|")

    def _of_kind(self) -> tuple[str, ...] | None:
        """What may follow the kind of an item that a thought lists; None: it ends in none."""
        said = _KIND_SAID.search(self.text[-20:]) if self.is_thought else None
        if said is None:
            return None
        listed = self._listing().items()
        items = [item for item in listed if item.kind == said["kind"]]
        if not items and said["kind"] != ICON:
            items = [item for item in listed if item.kind != ICON]
        return tuple(f" {item.without_kind}" for item in items)

    def _goes_on_wrong(self, goes_on: bool) -> bool:
        """Whether a thought lists more than there is to list, or less than it counts."""
        listing = self._listing()
        if listing.counted is None or _OUT_OF_SIGHT.search(self.text):
            return goes_on and not listing.items()
        return goes_on == (len(listing.listed) >= listing.counted)

    def _listing(self) -> Listing:
        """What the thought says and has listed."""
        hidden = _QUOTED.sub(lambda quoted: f'"{"_" * (len(quoted.group()) - 2)}"', self.text)
        said = _PURPOSE.search(hidden)
        if said is None:
            return Listing("", (), self.told)
        listed = tuple(_NUMBERS.findall(hidden[said.end() :]))
        return Listing(self.text[said.start(1) : said.end(1)], listed, self.told)

    def _entered(self) -> str | None:
        """What a command enters that types or selects, where the thought says it."""
        thought, _, command = self.text.rpartition(_ANSWER)
        said = _ENTERS.findall(thought) if _ENTERING.fullmatch(command) else []
        return next(filter(None, said[-1])) if said else None

    def _acted_on(self) -> Sequence[str]:
        """The numbers that a command may name."""
        thought, _, _ = self.text.partition(_THOUGHT_ENDS)
        listed = _NUMBERS.findall(_QUOTED.sub("", thought))
        _, _, command = self.text.rpartition(_ANSWER)
        drag = _DRAG.fullmatch(command)
        if drag is not None and len(listed) > 1:
            return listed[-1:] if drag["start"] else listed[-2:-1]
        return listed[-1:] if listed and drag is None else self.told.numbers

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
    """Where a reply does not keep to what it was told, each with what stands before it.

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
