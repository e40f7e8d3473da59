"""Sanitising of text from pages and models, so that it cannot steer a terminal."""

import re

CONTROLS = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f"  # C0 without tab and line feed: escapes that steer a terminal
    "\x80-\x9f"  # C1: the same in one byte
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of the rest
    "\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"  # what nobody sees
    "\U000e0000-\U000e0fff"  # tags, which spell whole sentences that nobody sees
    "\ud800-\udfff"  # halves of a character, which no encoding can write
    "]"
)
"""Characters that steer a terminal, turn or hide text, or are none."""

_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """The text with every control character replaced by a visible sign; line breaks stay.

    An escape becomes `␛`, as the code chart of control pictures draws it; what has no picture
    becomes `\N{REPLACEMENT CHARACTER}`.
    """
    return CONTROLS.sub(_picture, text.replace("\r\n", "\n"))


def one_line(text: str, limit: int | None = None) -> str:
    """The text, plain and on one line; at most `limit` characters, the last then an ellipsis."""
    line = _SPACE.sub(" ", plain(text)).strip()
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
