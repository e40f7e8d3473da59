r"""Text drawn into pictures: any script, from the fonts of this machine.

Pillow draws a text with one font and puts a box where that font lacks a character. Here every
character is drawn with the first font that has it: the sans-serif font of this machine, then the
one that fontconfig names for the character. One that no font has is written as its escape, such as
`\u6f22`, which can at least be looked up.
"""

import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from PIL import ImageDraw, ImageFont

from vigorl.agent.plain_text import plain

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

_PREFERRED = "Inter,Noto Sans,Liberation Sans,DejaVu Sans,sans-serif"
_SYSTEM_FONTS = (
    "segoeui.ttf",
    "Helvetica.ttc",
    "DejaVuSans.ttf",
    "Arial Unicode.ttf",
    "PingFang.ttc",
    "AppleSDGothicNeo.ttc",
    "Apple Symbols.ttf",
    "seguisym.ttf",
    "msyh.ttc",
    "YuGothR.ttc",
    "malgun.ttf",
)
"""Where there is no fontconfig: files that Pillow finds in the font folders of a system."""
_BUILT_IN = ""
"""Pillow's own font: unaccented Latin letters, on every machine."""
_NO_CHARACTER = "\uffff"


def draw_text(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, ink: str, size_px: int
) -> float:
    """Draw one line of text, its left end and the top of its letters' box at `at`.

    Returns:
        How far it reaches, px.
    """
    left, top = at
    baseline = top + _ascent_px(size_px)
    for run, font in _runs(text, size_px):
        draw.text((left, baseline), run, ink, font, anchor="ls")
        left += font.getlength(run)
    return left - at[0]


def text_width_px(text: str, size_px: int) -> float:
    """How wide a line of text is drawn."""
    return sum(font.getlength(run) for run, font in _runs(text, size_px))


def fitting(text: str, size_px: int, room_px: float) -> str:
    """As much of a line of text as fits, the last character then an ellipsis."""
    line = plain(text)[:400]
    if text_width_px(line, size_px) <= room_px:
        return line
    while line and text_width_px(line + "…", size_px) > room_px:
        line = line[:-1]
    return line.rstrip() + "…"


def without_font(text: str) -> str:
    """The characters of a text that no font of this machine has, each once, in their order."""
    drawn = dict.fromkeys(unicodedata.normalize("NFC", plain(text)))
    return "".join(
        each
        for each in drawn
        if not unicodedata.category(each).startswith("M")
        and each not in "\u200d\ufe0f"
        and _font_of(each) is None
    )


def _runs(text: str, size_px: int) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
    """The text in parts that one font can draw each."""
    pieces: list[tuple[str, str]] = []
    for character in unicodedata.normalize("NFC", text):
        joins = unicodedata.category(character).startswith("M") or character in "\u200d\ufe0f"
        font = pieces[-1][1] if pieces and joins else _font_of(character)
        if font is None:
            pieces += [(character.encode("unicode_escape").decode(), _base())]
        else:
            pieces += [(character, font)]
    for name, run in groupby(pieces, key=lambda piece: piece[1]):
        if (font_at_size := _font(name, size_px)) is not None:
            yield "".join(character for character, _ in run), font_at_size


@cache
def _font_of(character: str) -> str | None:
    """The font that a character is drawn with; None: no font here has it."""
    if character.isspace():
        return _base()
    code = ord(character)
    for name, covered in _named_by_fontconfig():
        if any(first <= code <= last for first, last in covered) and _font(name, 20):
            return name
    names = (*_SYSTEM_FONTS, _BUILT_IN) if not _named_by_fontconfig() else ()
    return next((name for name in names if draws(name, character)), None)


@cache
def _base() -> str:
    """The font of ordinary text."""
    return _font_of("a") or _BUILT_IN


@cache
def _named_by_fontconfig() -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    """The files of the machine's fonts, the preferred first, with the codes that each can draw."""
    if shutil.which("fc-match") is None:
        return ()
    command = ["fc-match", "--sort", "--format", r"%{file}\t%{charset}\n", _PREFERRED]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    rows = (line.partition("\t") for line in listing.splitlines())
    return tuple((name, tuple(_code_ranges(charset))) for name, _, charset in rows if charset)


def _code_ranges(charset: str) -> Iterator[tuple[int, int]]:
    """Ranges of codes as fontconfig writes them: `20-7e a0-17f 192`."""
    for part in charset.split():
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16)


@cache
def draws(name: str, character: str) -> bool:
    """Whether a font draws a character as something other than the sign of what it lacks."""
    font = _font(name, 20)
    if font is None:
        return False
    drawn, missing = (font.getmask(text) for text in (character, _NO_CHARACTER))
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


@cache
def _font(name: str, size_px: int) -> ImageFont.FreeTypeFont | None:
    """A font at a size; None where the machine has none of this name, or only bitmaps in it."""
    if name == _BUILT_IN:
        font = ImageFont.load_default(size_px)
        return font if isinstance(font, ImageFont.FreeTypeFont) else None
    try:
        return ImageFont.truetype(name, size_px)
    except OSError:
        return None


@cache
def _ascent_px(size_px: int) -> int:
    font = _font(_base(), size_px)
    return font.getmetrics()[0] if font else size_px
