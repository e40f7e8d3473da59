"""Texts in all the ways in which programs write them: a secret in an address, a page, a record.

A form that is sent by GET puts a password into an address, percent-encoded; a page's script puts
it into JSON; an error page into HTML; a header into base64. Whoever looks for the text alone
finds none of these.
"""

import base64
import html
import json
import re

LEAST_SOUGHT = 4
"""Characters from which on a text is found inside of other text. A shorter one would be found in
half of all numbers, so that it counts only where it stands alone."""

_LEAST_SURE = 6
"""Characters from which on it is found inside of words, too."""

_ALONE = r"""(?:(?<=["'=:\[])|(?<![\s\S]))(?:{})(?=["'&\]]|\Z)"""


def disguises(text: str) -> str:
    """A pattern of everything that stands for a text.

    As it is, percent-encoded (once or several times, in either case, spaces as plus signs), with
    the escapes of JSON and JavaScript and the entities of HTML, in any mixture; in hexadecimal
    digits, and in base64 wherever it lies in what was encoded.
    """
    letters = "".join(map(_letter, text))
    if len(text) < LEAST_SOUGHT:
        return _ALONE.format(letters)
    if len(text) < _LEAST_SURE:
        return rf"(?<![^\W_]){letters}(?![^\W_])"
    data = text.encode("utf-8", "surrogatepass")
    ways = [letters, _any_case(data.hex()), *_in_base64(data)]
    if not text.isalpha():  # a word alone would be found in every heading
        ways += ["".join(map(_letter, each)) for each in (text.upper(), text.lower())]
    return "|".join(dict.fromkeys(ways))


def _letter(letter: str) -> str:
    """A pattern of one character in all its spellings."""
    code = ord(letter)
    data = letter.encode("utf-8", "surrogatepass")
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    ways = {
        re.escape(letter),
        "".join(rf"%(?:25)*{_any_case(f'{byte:02x}')}" for byte in data),
        rf"&#0*{code};?",
        rf"&#[xX]0*{_any_case(f'{code:x}')};?",
        "".join(rf"\\+u{_any_case(units[at : at + 4])}" for at in range(0, len(units), 4)),
    }
    if code < 0x100:
        ways.add(rf"\\+x{_any_case(f'{code:02x}')}")
    if letter == " ":
        ways |= {r"\+", r"\s+", "&nbsp;"}
    if letter in "\"'\\/":
        ways.add(rf"\\+{re.escape(letter)}")
    if (escaped := json.dumps(letter)[1:-1]) != letter:
        ways.add(re.escape(escaped))
    if (entity := html.escape(letter)) != letter:
        ways.add(re.escape(entity))
    if letter == "'":
        ways.add("&apos;")
    # The longest first: what is left of an escape must not stay behind.
    return f"(?:{'|'.join(sorted(ways, key=len, reverse=True))})"


def _any_case(digits: str) -> str:
    """Hexadecimal digits, in capitals or not."""
    return "".join(f"[{d.lower()}{d.upper()}]" if d.isalpha() else d for d in digits)


def _in_base64(data: bytes) -> list[str]:
    """The letters of base64 that depend on the data alone, for each place that it can begin at."""
    ways = []
    for shift in range(3):
        letters = base64.b64encode(b"\0" * shift + data).decode()
        core = letters[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]
        signs = {"+": r"(?:\+|-|%(?:25)*2[bB])", "/": r"(?:/|_|%(?:25)*2[fF])"}
        ways.append("".join(signs.get(letter, letter) for letter in core))
    return ways
