"""What the reader would have made of a page whose truth is known: its mistakes, at their rates.

Measured on screens of the embedded tasks (184 screens would be read in minutes, a million in
none): texts are right in 99 of 100 lines, one in thirty of the right ones is marked as doubtful;
of controls some are missed, and every tenth text is taken for a button.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.perception.concepts import CONCEPTS
from vigorl.policy.perception.screen import Screen, Shape, TextLine

Rename = Callable[[str], str]

ICONS = tuple(CONCEPTS)
_FINER = {"sun": "theme", "moon": "theme", "contrast": "theme", "wand": "magic"}
"""Icons that `reader` does not tell apart."""
_MEANT: Mapping[str, str] = {
    "remove": "delete", "trash": "delete", "bin": "delete", "change": "edit", "pencil": "edit",
    "rename": "edit", "x": "close", "dismiss": "close", "gear": "settings", "options": "more",
    "messages": "bell", "notifications": "bell", "bag": "cart", "basket": "cart",
    "find": "search", "add": "plus", "next": "right", "previous": "left", "back": "left",
    "account": "user", "profile": "user", "favourite": "star", "like": "heart", "email": "mail",
}  # fmt: skip
_CONFUSED = (
    ("l", "I"), ("I", "l"), ("1", "l"), ("0", "O"), ("O", "0"), ("rn", "m"), ("m", "rn"),
    (" ", ""), (".", ","), (",", "."), ("-", ""), ("i", "l"), ("c", "e"), ("e", "c"), ("5", "S"),
    ("8", "B"), ("g", "q"), ("t", "f"), ("li", "h"),
)  # fmt: skip
_FIELDS = ("textbox", "searchbox", "spinbutton")


@dataclass(frozen=True)
class Placement:
    """Where a page was put on the screen: a little smaller than it is, and somewhere."""

    scale_x: float = 1.0
    scale_y: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    @classmethod
    def draw(cls, width: float, height: float, random: Random) -> "Placement":
        """Somewhere on a screen of this size."""
        scale_x, scale_y = random.uniform(0.9, 1.0), random.uniform(0.93, 1.0)
        return cls(
            scale_x,
            scale_y,
            random.uniform(0, width * (1 - scale_x)),
            random.uniform(0, height * (1 - scale_y)),
        )

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """A rectangle of the page on the screen."""
        return Box(
            self.shift_x + left * self.scale_x,
            self.shift_y + top * self.scale_y,
            self.shift_x + right * self.scale_x,
            self.shift_y + bottom * self.scale_y,
        )

    def point(self, x: float, y: float) -> Point:
        """A point of the page on the screen."""
        return Point(self.shift_x + x * self.scale_x, self.shift_y + y * self.scale_y)


def glimpse(
    step: Mapping[str, Any],
    random: Random,
    rename: Rename,
    level: float = 1.0,
    placement: Placement | None = None,
) -> Screen:
    """The screen of a recorded step as the reader might see it.

    Args:
        step: Has `size`, `lines` and `controls` as `vigorl.training.nano.oracles` stores them.
        random: Draws the mistakes.
        rename: Gives a text its new words.
        level: 1 for the usual rate of mistakes, 0 for none.
        placement: Where the page stands; None: it fills the screen.
    """
    width, height = step["size"]
    place = (placement or Placement()).box
    controls = [(c[0], place(*c[1:5]), *c[5:]) for c in step["controls"]]
    links = [box for role, box, *_ in controls if role == "link"]
    lines: list[TextLine] = []
    for text, left, top, right, bottom, source, cut in step["lines"]:
        if cut and random.random() < 0.5:
            continue
        if level and random.random() < 0.004:
            continue
        new = rename(text)
        box = place(left, top, right, bottom)
        in_link = any(link.contains(box.center) for link in links)
        lines += _line(new, text, box, source, in_link, random, level)
    if level and random.random() < 0.3 and lines:
        lines.append(_speck(random, width, height))
    middles = [line.box_px.center for line in lines]
    shapes = [shape for control in controls for shape in _shapes(control, middles, random, level)]
    if level:
        shapes += _fancied(lines, random, width, height)
    return Screen(tuple(lines), tuple(shapes), Frame.of_viewport(width, height))


def _line(
    new: str, old: str, box: Box, source: str, in_link: bool, random: Random, level: float
) -> list[TextLine]:
    wide = min(max(len(new) / max(len(old), 1), 0.3), 2.5) if new != old else 1.0
    right = box.left + box.width * wide
    ink = box.height * random.uniform(0.16, 0.24)
    dx, dy = (random.gauss(0, 1.2), random.gauss(0.6, 0.9)) if level else (0.0, 0.6)
    moved = Box(box.left + dx, box.top + ink + dy, right + dx, box.bottom - ink + dy)
    confidence = 0.95
    if level:
        if random.random() < 0.012 * level:
            new, confidence = misread(new, random), random.choice((0.35, 0.5, 0.8, 0.9))
        elif random.random() < 0.035:
            confidence = 0.45
    if set(old) <= {"•"}:
        new, confidence = old.replace("•", random.choice(("•", "·", "."))), 0.5
    link = random.random() < (0.45 if in_link else 0.02)
    if level and random.random() < 0.01 and " " in new and source == "t":
        return _broken(new, moved, confidence, random)
    return [TextLine(new, moved, confidence, link=link)]


def _broken(text: str, box: Box, confidence: float, random: Random) -> list[TextLine]:
    """A line that is taken for two."""
    places = [i for i, char in enumerate(text) if char == " "]
    at = random.choice(places)
    middle = box.left + box.width * at / len(text)
    first = Box(box.left, box.top, max(middle - 2, box.left + 1), box.bottom)
    second = Box(min(middle + 2, box.right - 1), box.top, box.right, box.bottom)
    return [TextLine(text[:at], first, confidence), TextLine(text[at + 1 :], second, confidence)]


def misread(text: str, random: Random) -> str:
    """A text with one mistake that is often made."""
    fitting = [(a, b) for a, b in _CONFUSED if a in text]
    if not fitting:
        return text[:-1] if len(text) > 3 else text
    wrong, by = random.choice(fitting)
    places = [match.start() for match in re.finditer(re.escape(wrong), text)]
    at = random.choice(places)
    return (text[:at] + by + text[at + len(wrong) :]).strip() or text


def _speck(random: Random, width: float, height: float) -> TextLine:
    x, y = random.uniform(10, width - 20), random.uniform(10, height - 20)
    return TextLine(random.choice("1lIoOxX.-+"), Box(x, y, x + 8, y + 9), 0.4)


def _shapes(
    control: tuple[Any, ...], middles: Sequence[Point], random: Random, level: float
) -> list[Shape]:
    role, box, name, icon, checked, _, _ = control
    box = _shaken(box, random) if level else box
    chance = random.random() if level else 0.0
    holds_text = any(
        box.left <= middle.x <= box.right and box.top <= middle.y <= box.bottom
        for middle in middles
    )
    match role:
        case "button" | "tab" | "menuitem":
            if not holds_text:
                return _pictured(box, name, icon, random, level)
            return [Shape("button", box)] if chance < (0.9 if role == "button" else 0.4) else []
        case "link":
            if not holds_text:
                return _pictured(box, name, icon, random, level)
            return [Shape("button", box)] if chance > 0.94 else []
        case "combobox" | "listbox":
            arrow = [_arrow(box)] if random.random() < 0.5 * level else []
            if chance >= 0.88:  # its text stands there as any other
                return arrow
            return [Shape("select" if chance < 0.84 else "field", box), *arrow]
        case _ if role in _FIELDS:
            return [Shape("field", box)] if chance < 0.9 else []
        case "checkbox" | "radio":
            on = bool(checked) if chance > 0.008 else not checked
            told_apart = random.random() > 0.02 * level and role == "radio"
            kind: Literal["radio", "checkbox"] = "radio" if told_apart else "checkbox"
            return [Shape(kind, box, checked=on)] if chance < 0.97 else []
        case "switch":
            on = bool(checked) if chance > 0.008 else not checked
            return [Shape("switch", box, checked=on)] if chance < 0.97 else []
        case "icon" | "img":
            return _pictured(box, name, icon, random, level) if chance < 0.5 else []
        case _:
            return []


def _arrow(box: Box) -> Shape:
    """The arrow of a list, where it is taken for an icon."""
    return Shape("icon", Box.around(Point(box.right - 12, box.center.y), 6), ("down",))


def _pictured(box: Box, name: str, icon: str, random: Random, level: float) -> list[Shape]:
    """A picture, and perhaps the button that it stands on."""
    if level and random.random() < 0.04:
        return []
    meant = _FINER.get(icon, icon) or _concept(name)
    if not meant or (level and random.random() < 0.2):
        meant = random.choice(ICONS)
    half = min(box.width, box.height, 24) / 2
    drawn = Box.around(box.center, half)
    shapes = [Shape("icon", drawn, (meant,))]
    if random.random() < 0.4 and box.width < 70:
        shapes.append(Shape("button", box))
    return shapes


def _concept(name: str) -> str:
    for match in re.finditer(r"[a-z]+", name.lower()):
        word = match.group()
        if word in ICONS:
            return word
        if word in _MEANT:
            return _MEANT[word]
    return ""


def _fancied(lines: Sequence[TextLine], random: Random, width: float, height: float) -> list[Shape]:
    """Shapes that are not there."""
    shapes = []
    for line in lines:
        if random.random() < 0.04 and line.box_px.width < 220:
            box = line.box_px
            shapes.append(
                Shape("button", Box(box.left - 8, box.top - 5, box.right + 8, box.bottom + 5))
            )
    for _ in range(random.choice((0, 0, 1, 1, 2, 4))):
        x, y = random.uniform(5, width - 25), random.uniform(5, height - 25)
        side = random.uniform(8, 30)
        kind = random.choice(("icon", "icon", "icon", "icon", "icon", "checkbox"))
        names = (random.choice(ICONS),) if kind == "icon" else ()
        on = random.random() < 0.5 if kind == "checkbox" else None
        shapes.append(Shape(kind, Box(x, y, x + side, y + side), names, on))  # type: ignore[arg-type]
    return shapes


def _shaken(box: Box, random: Random) -> Box:
    left, top = box.left + random.gauss(0, 0.8), box.top + random.gauss(0, 0.8)
    right, bottom = box.right + random.gauss(0, 0.8), box.bottom + random.gauss(0, 0.8)
    return Box(left, top, max(right, left + 2), max(bottom, top + 2))
