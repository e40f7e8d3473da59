"""The result of reading a screenshot: lines of text and controls, with their boxes.

Boxes are px of the picture that was read; `Screen.frame` maps them to the viewport.
"""

from dataclasses import dataclass
from typing import Literal

from vigorl.browser.geometry import Box, Frame

LEAST_CONFIDENCE = {2: 0.11, 3: 0.012}
"""With which a line of two letters, or of three and more, is text and no row of icons."""

_SAME_COLOUR = 40
"""Difference of a channel up to which two texts are of one colour: thin type is drawn paler."""
_SAME_GROUND = 4
_BOLDER = 1.22
"""Ratio of the widths of strokes from which on a text is bolder: bold type has 1.4 to 1.7."""


@dataclass(frozen=True, slots=True)
class TextLook:
    """How a text is drawn: its colour, what it stands on, and how bold it is."""

    colour_rgb: tuple[int, int, int]
    ground_rgb: tuple[int, int, int]
    stroke_px: float
    """Mean width of the strokes of its letters, px of the picture."""

    def is_coloured_like(self, other: "TextLook") -> bool:
        """Whether both are of one colour on one ground, the noise of JPEG aside."""
        is_on_same = _apart(self.ground_rgb, other.ground_rgb) <= _SAME_GROUND
        return is_on_same and _apart(self.colour_rgb, other.colour_rgb) <= _SAME_COLOUR

    def is_as_bold_as(self, other: "TextLook") -> bool:
        """Whether the strokes of both are of one width, in type of one size."""
        thin, thick = sorted((self.stroke_px, other.stroke_px))
        return thick <= _BOLDER * thin


def _apart(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@dataclass(frozen=True, slots=True)
class TextLine:
    """A run of text on one baseline, as a person would point at it."""

    text: str
    box_px: Box
    confidence: float
    """Probability that every letter of it is right; below 0.6 it is worth a closer look."""
    edges_px: tuple[float, ...] = ()
    """Where each character of `text` begins in x, and where the last ends: one more than there
    are characters. Empty: not known, taken to be spread evenly."""
    link: bool = False
    """Whether most of it is drawn as links are: underlined, or in a colour of its own."""
    links_px: tuple[tuple[float, float], ...] = ()
    """The stretches in x, left and right, that are drawn so."""
    gaps_px: tuple[tuple[float, float], ...] = ()
    """The stretches in x, left and right, without ink: between words and wider."""
    look: TextLook | None = None
    """None: it was not looked at."""

    def part(self, start: int, stop: int) -> Box:
        """The box of the characters `text[start:stop]`."""
        box, count = self.box_px, len(self.text)
        edges = self.edges_px or tuple(
            box.left + box.width * index / count for index in range(count + 1)
        )
        return Box(edges[start], box.top, max(edges[stop], edges[start]), box.bottom)


def is_text(line: TextLine) -> bool:
    """Whether a line is surely text, not an icon that was read as a letter or two."""
    letters = sum(character.isalnum() for character in line.text)
    least = LEAST_CONFIDENCE.get(min(letters, 3))
    return least is not None and line.confidence >= least


@dataclass(frozen=True, slots=True)
class Shape:
    """A control or picture found by its outline.

    `name` is what an icon seems to show ('search', 'close', 'menu', …), best guess first, with
    synonyms; empty for other shapes. `checked` is set for checkboxes, radios and switches.
    """

    kind: Literal["button", "field", "checkbox", "radio", "switch", "select", "icon"]
    box_px: Box
    names: tuple[str, ...] = ()
    checked: bool | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture, read."""

    lines: tuple[TextLine, ...]
    shapes: tuple[Shape, ...]
    frame: Frame
    panels: tuple[Box, ...] = ()
    """Flat areas that hold other things (cards, rows of a list, dialogs), largest first."""
    small_text_regions: tuple[Box, ...] = ()
    """Where type is of less than 10 px of this picture, or text stands that was not read; merged.
    A closer look there may read more."""
    unread: tuple[Box, ...] = ()
    """Text of which no letter was read, with which no line of `lines` deals."""
