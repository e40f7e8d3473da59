r"""A page's words, written so that they stay the page's: visible, on one line, in quotes.

Whatever a page says (a title, a dialog, a file's name, an option) reaches the agent in sentences
of ours. There it stands between double quotes and cannot end them: a quote in it is `\"` and a
backslash two, as in a JSON string. Addresses stand without quotes, and cannot hold a space.
"""

import re
import unicodedata
from urllib.parse import quote

MESSAGE_CHARACTERS = 300
"""Of a page's own words in one place."""

MOST_MARKS = 3
"""Combining marks on one character; those beyond it only smear over the lines around."""

_JOINERS = "\u200c\u200d"
"""Part of how Persian, Indian languages and emoji are written."""
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800\u034f"
"""Letters by category which nobody can see."""
_SELECTORS = range(0xFE00, 0xFE10)
"""One of them behind a sign says how to draw it; a row of them is a message that nobody sees."""
_HIDING = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Controls, marks of direction and tags, private use, half characters, what is no character."""
_UNSAFE_IN_ADDRESSES = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")


def visible(text: str) -> str:
    """Text as somebody in front of the page sees it: one line, without what hides in it.

    Spaces of all kinds become one; control characters, marks that turn the direction, zero-width
    and tag characters, rows of variation selectors and private use are left out.
    """
    kept: list[str] = []
    marks = 0
    for character in " ".join(text.split()):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS and not _hides(character, kept[-1] if kept else ""):
            kept.append(character)
    return " ".join("".join(kept).strip(_JOINERS).split())


def quoted(text: str, most: int = MESSAGE_CHARACTERS) -> str:
    """A page's words in quotes, which they cannot leave; not too many.

    Args:
        text: The words.
        most: Characters of them at most; cut ones end with an ellipsis.
    """
    text = shortened(visible(text), most).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def shortened(text: str, most: int) -> str:
    """At most so many characters; the last is an ellipsis where some are missing."""
    return text if len(text) <= most else text[: most - 1] + "…"


def address(url: str, most: int) -> str:
    """An address as one word without quotes; not too long.

    Browsers write most characters of an address as `%22`; this does so with all that are none of
    an address.
    """
    url = url.encode("utf-8", "replace").decode()
    url = _UNSAFE_IN_ADDRESSES.sub(lambda found: quote(found[0], safe=""), url[: 3 * most])
    return shortened(url, most)


def _hides(character: str, before: str) -> bool:
    """Whether a character is not seen where it stands, behind another one."""
    if character.isascii():
        return not character.isprintable()
    if character in _JOINERS:
        return not before or before.isascii() or before in _JOINERS
    if ord(character) in _SELECTORS:
        return not before or ord(before) in _SELECTORS
    if 0xE0100 <= ord(character) <= 0xE01EF or character in _BLANKS:
        return True
    return unicodedata.category(character) in _HIDING
