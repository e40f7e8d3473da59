"""Fields: what stands in one, and whether that is what was typed.

A field may write what is typed in its own way: a mask adds brackets, an account number gets its
spaces, a code its capitals. That is no difference; a character that got lost is one.
"""

import contextlib
import unicodedata
from dataclasses import dataclass
from importlib import resources
from typing import Literal, Self

from playwright.async_api import Error as PlaywrightError

from vigorl.browser.elements import Element, Elements

_DESCRIBE = resources.files(__package__).joinpath("field.js").read_text("utf-8")

_SET = resources.files(__package__).joinpath("set_value.js").read_text("utf-8")

_SEPARATORS = " -()/.,:"
"""What a mask may put in each other's place."""

_DROPPED_BESIDE_DIGITS = " -()/"
"""What a mask may leave away in a number; a decimal point it may not."""


@dataclass(frozen=True, slots=True)
class Field:
    """An element for someone who types, as `field.js` sees it."""

    kind: Literal["text", "value", "list", "none", "inside"]
    """Takes text; has a value of its own kind (a date, a colour); is a select; takes no text; may
    be the frame or closed shadow root of something else."""
    type: str
    """Of an input; else `textarea`, `editor` (anything that can be edited) or its tag."""
    is_there: bool
    """It is part of its document still."""
    is_hidden: bool
    """Nobody sees it: it takes what is typed for something that the page draws."""
    has_focus: bool
    has_lines: bool
    is_secret: bool
    """It shows dots in place of letters."""
    is_sensitive: bool
    """It is there for a password, a code or the number of a card."""
    is_read_only: bool
    text: str | None
    """What stands in it, as far as it is not too long; None of a secret."""
    length: int
    """Of all that stands in it, in the units of scripts (see `length_of`)."""
    start: int | None
    """Where its selection begins, in characters; None where it does not tell."""
    end: int | None
    max_length: int
    """Most characters it takes; -1: any number."""
    least: str
    most: str
    step: str
    initial: str
    """The value of its markup, from which steps are counted where there is no `least`."""
    date_order: str
    """How the browser's language writes dates: `month day year`."""
    complaint: str
    """In the browser's words, why its number or date is not valid."""
    suggestions: tuple[str, ...]
    """Of its datalist, those that fit what stands in it."""
    picker_is_open: bool
    """The browser's own calendar or palette is shown, which is in no picture."""

    @property
    def is_whole(self) -> bool:
        """All of what stands in it is in `text`; of a secret and of a very long text it is not."""
        return self.text is not None and length_of(self.text) == self.length

    @property
    def is_full(self) -> bool:
        """It takes no further character."""
        return 0 <= self.max_length <= self.length

    @classmethod
    async def of(cls, element: Element) -> Self:
        """What an element is now.

        Raises:
            playwright.async_api.Error: its document is gone.
        """
        said = await element.call(_DESCRIBE)
        return cls(**{**said, "suggestions": tuple(said["suggestions"])})

    @classmethod
    async def glanced(cls, elements: Elements) -> Self | None:
        """What has the focus, for who needs no hold of it: one round trip, but for frames.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        said = await elements.of_focused(_DESCRIBE)
        if said is not None and said["kind"] == "inside":
            found = await cls.focused(elements)
            return found and found[1]
        return said and cls(**{**said, "suggestions": tuple(said["suggestions"])})

    @classmethod
    async def focused(cls, elements: Elements) -> tuple[Element, Self] | None:
        """What has the focus; None where no element has it.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        found = await elements.focused(_DESCRIBE)
        if found is None:
            return None
        element, said = found
        field = cls(**{**said, "suggestions": tuple(said["suggestions"])})
        if field.kind != "inside":
            return element, field
        inner = await elements.inside(element)
        return inner, await cls.of(inner)


async def set_value(element: Element, value: str) -> None:
    """Give an input a value, with the events of a person who does."""
    with contextlib.suppress(PlaywrightError):  # the events led to another page
        await element.call(_SET, value)


def holds(expected: str, shown: str) -> bool:
    """Whether a field that shows `shown` holds what it was given.

    It may add separators, replace them by other ones, leave them away beside digits, and change
    the case.
    """
    wanted, seen = _plain(expected), _plain(shown)
    at = 0
    for index, character in enumerate(wanted):
        while at < len(seen) and seen[at] != character and not seen[at].isalnum():
            if character in _SEPARATORS and seen[at] in _SEPARATORS:
                break
            at += 1
        here = seen[at] if at < len(seen) else ""
        if here == character or (here and character in _SEPARATORS and here in _SEPARATORS):
            at += 1
        elif not _may_be_dropped(wanted, index):
            return False
    return not any(character.isalnum() for character in seen[at:])


def same_words(expected: str, shown: str) -> bool:
    """Whether two texts differ by spaces, line breaks and capitals at most."""
    return _plain(expected) == _plain(shown)


def length_of(text: str) -> int:
    """How long scripts say that a text is: in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def letters(text: str) -> str:
    """A text without its separators, spaces and capitals."""
    return "".join(filter(str.isalnum, _plain(text)))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _may_be_dropped(text: str, index: int) -> bool:
    beside = text[index - 1 : index] + text[index + 1 : index + 2]
    if index == 0 and text[index] == "-":
        return False  # a sign
    return text[index] in _DROPPED_BESIDE_DIGITS and any(map(str.isdigit, beside))
