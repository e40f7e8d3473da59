"""A screen as text: one line for each row of it, every item with its point right behind its name.

::

    "Lumen" (73, 39) | "Courses" (150, 39) | "Teachers" (216, 39)
    "Full name" (148, 276)
    field "Full name" (306, 331) "Karin Tanaka"
    box "Printed handout" (516, 562) on | "Register" (841, 767) button

An item is written in thoughts exactly as it stands here, so that after a name its point is a copy.
Points are middles, in thousandths of the screen. What a control is called comes from the geometry
around it; nothing here knows more than what was seen. `?` marks a text of which a letter is
doubtful.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.perception.association import LABEL_GAP_PX, box_cost, field_cost
from vigorl.policy.perception.screen import Screen, Shape, TextLine, is_text

ItemKind = Literal["text", "link", "button", "field", "list", "box", "radio", "switch", "icon"]

LONGEST_TEXT = 44
"""Characters of a running text that are written; names and values are shorter."""
MOST_CHARACTERS = 6000
"""Of a reading, about 3,300 tokens of nano or 260 items. Beyond it the longest texts that stand in
no control are left out first: running text says least about what can be done."""
DOUBTFUL = 0.6
"""Confidence below which a text is marked."""

_FOREIGN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\ue000-\uf8ff]")
"""Icons are read as characters of these scripts."""
_MAGNIFIERS = (("search",), ("zoomin",), ("zoomout",))
"""What is read as a letter with a tail."""
_SURE_ICON = 0.5
_SCRAP_PX = 14.0
_SURE_SCRAP = 0.55
_ORNAMENT_GAP = 1.5
"""From an icon's middle to the text that it decorates, in its own longest sides."""
_TALL = 3.5
"""A button higher than so many of its lines is a card."""
_IN_QUOTES = str.maketrans({'"': "'", "“": "'", "”": "'", "’": "'", "<": "‹", ">": "›", "\n": " "})
_KINDS: dict[str, ItemKind] = {
    "button": "button",
    "field": "field",
    "select": "list",
    "checkbox": "box",
    "radio": "radio",
    "switch": "switch",
    "icon": "icon",
}


@dataclass(slots=True)
class ScreenItem:
    """Something on the screen, with its name."""

    kind: ItemKind
    text: str
    """What is written on it; the value of a field, the choice of a list."""
    box_px: Box
    label: str = ""
    """The text beside it that says what it is for."""
    on: bool | None = None
    doubtful: bool = False
    source: int = -1
    """Index of the line that it was made from; -1: of none alone."""


def items(screen: Screen) -> list[list[ScreenItem]]:
    """The screen's items, row by row."""
    screen = _cleaned(screen)
    shapes = [
        shape
        for shape in screen.shapes
        if not _is_card(shape, screen.lines) and not _is_bar(shape, screen.frame)
    ]
    owners = _owners(screen.lines, shapes)
    found: list[ScreenItem] = []
    named: set[int] = set()
    free = [i for i in range(len(screen.lines)) if i not in owners]
    inner: dict[int, list[int]] = {}
    for line_index, shape_index in owners.items():
        inner.setdefault(shape_index, []).append(line_index)
    for index, shape in enumerate(shapes):
        kind = _KINDS[shape.kind]
        lines = [screen.lines[i] for i in sorted(inner.get(index, ()), key=_by_place(screen))]
        text = " ".join(line.text for line in lines)
        doubtful = any(line.confidence < DOUBTFUL for line in lines)
        if kind == "icon":
            if _is_ornament(shape, shapes, screen.lines, inner):
                continue
            found.append(ScreenItem(kind, " ".join(shape.names[:1]), shape.box_px))
        elif kind == "button":
            taken = any(_holds(shape.box_px, screen.lines[i].box_px) for i in owners)
            pictured = any(
                other.kind == "icon" and _holds(shape.box_px, other.box_px) for other in shapes
            )
            if text or not (taken or pictured):
                found.append(ScreenItem(kind, text, shape.box_px, doubtful=doubtful))
        else:
            label = _label(shape, screen.lines, free)
            name = "" if label is None else screen.lines[label].text
            if label is not None and kind in ("box", "radio", "switch"):
                named.add(label)
            found.append(ScreenItem(kind, text, shape.box_px, name, shape.checked, doubtful))
    for index in free:
        if index not in named:
            line = screen.lines[index]
            kind = "link" if line.link else "text"
            doubtful = line.confidence < DOUBTFUL
            found.append(ScreenItem(kind, line.text, line.box_px, doubtful=doubtful, source=index))
    return _rows(_fewer(found))


def _cleaned(screen: Screen) -> Screen:
    """Without pictures that were read as letters, and letters that were taken for pictures."""
    screen = replace(screen, shapes=tuple(each for each in screen.shapes if not _is_scrap(each)))
    icons = [shape for shape in screen.shapes if shape.kind == "icon"]
    lines = []
    for line in itertools.chain.from_iterable(map(_parted, screen.lines)):
        text = " ".join(_FOREIGN.sub("", line.text).split())
        if text and not any(_is_picture(line, icon) for icon in icons):
            lines.append(replace(line, text=text))
    boxes = [line.box_px for line in lines]
    shapes = [
        shape
        for shape in screen.shapes
        if shape.kind != "icon" or not any(_touches(box, shape.box_px) for box in boxes)
    ]
    return Screen(tuple(lines), tuple(shapes), screen.frame)


def _is_scrap(shape: Shape) -> bool:
    """Whether an icon is rather a piece of something: it is tiny and like none that is known."""
    longest_px = max(shape.box_px.width, shape.box_px.height)
    return shape.kind == "icon" and longest_px < _SCRAP_PX and shape.confidence < _SURE_SCRAP


def _is_picture(line: TextLine, icon: Shape) -> bool:
    """Whether a line is rather an icon that was read as a letter or two."""
    if not _touches(line.box_px, icon.box_px):
        return False
    if line.text in "QOoαa" and icon.names[:1] in _MAGNIFIERS:
        return True
    short = len(line.text) <= 2 or not is_text(line)
    return short and icon.confidence >= max(line.confidence, _SURE_ICON)


def _touches(line: Box, icon: Box) -> bool:
    """Whether the middle of an icon lies on a line, about."""
    x, y = (icon.left + icon.right) / 2, (icon.top + icon.bottom) / 2
    return line.left - 4 <= x <= line.right + 4 and line.top - 5 <= y <= line.bottom + 5


def write_item(item: ScreenItem, frame: Frame, viewport: Box | None = None) -> str:
    """An item as it stands in a reading and in thoughts.

    Args:
        item: Its box is in px of `frame`.
        frame: The picture that was read.
        viewport: The whole screen, where the picture shows a part of it.
    """
    where = write_place(item.box_px.center, frame, viewport)
    doubt = " ?" if item.doubtful else ""
    match item.kind:
        case "text":
            return f'"{_quoted(item.text)}" {where}{doubt}'
        case "link" | "button":
            return f'"{_quoted(item.text)}" {where} {item.kind}{doubt}'
        case "icon":
            return f"icon {item.text} {where}" if item.text else f"icon {where}"
        case "field" | "list":
            return f'{_head(item)} {where} "{_quoted(item.text)}"{doubt}'
        case _:
            return f"{_head(item)} {where} {'on' if item.on else 'off'}"


def name_of(item: ScreenItem) -> str:
    """An item without its place, as it is remembered."""
    if item.kind in ("text", "link", "button"):
        return f'"{_quoted(item.text)}"'
    if item.kind == "icon":
        return f"icon {item.text}".strip()
    return _head(item) if item.label or not item.text else f'{item.kind} "{_quoted(item.text)}"'


def write_place(point_px: Point, frame: Frame, viewport: Box | None = None) -> str:
    """`(x, y)` in thousandths of the screen, for a point of `frame`."""
    whole = frame if viewport is None else replace(frame, region_css_px=viewport)
    x, y = whole.thousandths().nearest_cell(frame.to_region(point_px))
    return f"({x}, {y})"


def write_rows(
    rows: Sequence[Sequence[ScreenItem]], frame: Frame, viewport: Box | None = None
) -> str:
    """The whole reading; the arguments are those of `write_item`."""
    return "\n".join(" | ".join(write_item(item, frame, viewport) for item in row) for row in rows)


def item_at(rows: Iterable[Sequence[ScreenItem]], point_px: Point) -> ScreenItem | None:
    """What a click there is meant for: the smallest item that holds the point, or the nearest."""
    everything = [item for row in rows for item in row]
    holding = [item for item in everything if _wide(item).contains(point_px)]
    if holding:
        return min(holding, key=lambda item: (item.kind in ("text", "link"), item.box_px.area))
    near = [(_off(item.box_px, point_px), i) for i, item in enumerate(everything)]
    distance, index = min(near, default=(99.0, -1))
    return everything[index] if distance <= 12 else None


def _wide(item: ScreenItem) -> Box:
    box = item.box_px
    return Box(box.left - 2, box.top - 3, box.right + 2, box.bottom + 3)


def _off(box: Box, point: Point) -> float:
    dx = max(box.left - point.x, point.x - box.right, 0.0)
    dy = max(box.top - point.y, point.y - box.bottom, 0.0)
    return dx + dy


def _head(item: ScreenItem) -> str:
    return f'{item.kind} "{_quoted(item.label)}"' if item.label else item.kind


def _quoted(text: str) -> str:
    """Text inside of quotation marks: what would end it is replaced."""
    return text.translate(_IN_QUOTES)


def _is_card(shape: Shape, lines: Sequence[TextLine]) -> bool:
    """Whether a button is rather a card or a panel: it holds several lines of text."""
    if shape.kind != "button":
        return False
    held = [line.box_px for line in lines if _holds(shape.box_px, line.box_px)]
    if len(held) >= 4:
        return True
    return bool(held) and shape.box_px.height > _TALL * max(box.height for box in held)


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= (inner.left + inner.right) / 2 <= outer.right
        and outer.top <= (inner.top + inner.bottom) / 2 <= outer.bottom
        and inner.area <= outer.area * 1.1
    )


def _owners(lines: Sequence[TextLine], shapes: Sequence[Shape]) -> dict[int, int]:
    """Which lines stand in which shape; in the smallest where several hold one."""
    owners: dict[int, int] = {}
    holding = [
        (shape.box_px.area, index)
        for index, shape in enumerate(shapes)
        if shape.kind in ("button", "field", "select")
    ]
    holding.sort()
    for line_index, line in enumerate(lines):
        for _, shape_index in holding:
            if _holds(shapes[shape_index].box_px, line.box_px):
                owners[line_index] = shape_index
                break
    return owners


def _is_ornament(
    icon: Shape, shapes: Sequence[Shape], lines: Sequence[TextLine], inner: dict[int, list[int]]
) -> bool:
    """Whether an icon only decorates the text of a button, close to which it stands."""
    near_px = _ORNAMENT_GAP * max(icon.box_px.width, icon.box_px.height)
    return any(
        _off(lines[line].box_px, icon.box_px.center) <= near_px
        for index, shape in enumerate(shapes)
        if shape.kind == "button" and _holds(shape.box_px, icon.box_px)
        for line in inner.get(index, ())
    )


def _is_bar(shape: Shape, frame: Frame) -> bool:
    """Whether a button is rather a bar from one side of the screen to the other."""
    box = shape.box_px
    return shape.kind == "button" and box.left <= 1 and box.right >= frame.width_px - 1


def _parted(line: TextLine) -> Iterator[TextLine]:
    """Links that were read as one line, each for itself."""
    if not line.link or len(line.links_px) < 2:
        yield line
        return
    words = list(re.finditer(r"\S+", line.text))
    drawn = [line.part(*word.span()).center.x for word in words]
    links = [
        next((n for n, (left, right) in enumerate(line.links_px) if left <= x <= right), -1)
        for x in drawn
    ]
    for link, group in itertools.groupby(zip(links, words, strict=True), key=lambda pair: pair[0]):
        run = [word for _, word in group]
        start, stop = run[0].start(), run[-1].end()
        box = line.part(start, stop)
        yield TextLine(line.text[start:stop], box, line.confidence, link=link >= 0)


def _by_place(screen: Screen) -> Callable[[int], tuple[float, float]]:
    def place(index: int) -> tuple[float, float]:
        box = screen.lines[index].box_px
        return round(box.center.y / 8), box.left

    return place


def _label(shape: Shape, lines: Sequence[TextLine], free: Sequence[int]) -> int | None:
    """The line that says what a control is for; None where none stands as labels do."""
    cost_of = field_cost if shape.kind in ("field", "select") else box_cost
    best, best_cost = None, 120.0
    control = shape.box_px
    for index in free:
        label = lines[index].box_px
        if label.bottom < control.top - LABEL_GAP_PX or label.top > control.bottom + 4:
            continue
        cost = cost_of(control, label)
        if cost is not None and cost < best_cost:
            best, best_cost = index, cost
    return best


def _fewer(found: list[ScreenItem]) -> list[ScreenItem]:
    """No more items than a prompt has room for, no longer texts than say something."""
    for item in found:
        if len(item.text) > LONGEST_TEXT + 16 and item.kind == "text":
            item.text = item.text[:LONGEST_TEXT].rsplit(" ", 1)[0] + "…"
    texts = [item for item in found if item.kind == "text"]
    last = [*sorted(texts, key=lambda item: -len(item.text)), *reversed(found)]
    excess, dropped = sum(map(written_length, found)) - MOST_CHARACTERS, set[int]()
    for item in last:
        if excess <= 0:
            break
        if id(item) not in dropped:
            dropped.add(id(item))
            excess -= written_length(item)
    return [item for item in found if id(item) not in dropped]


def written_length(item: ScreenItem) -> int:
    """Characters of an item with its place, about."""
    return len(item.text) + len(item.label) + 15


def _rows(found: list[ScreenItem]) -> list[list[ScreenItem]]:
    """Items that stand side by side, from the top; each row from the left."""
    rest = sorted(found, key=lambda item: item.box_px.center.y)
    rows: list[list[ScreenItem]] = []
    for item in rest:
        if rows and _beside(rows[-1][0].box_px, item.box_px):
            rows[-1].append(item)
        else:
            rows.append([item])
    for row in rows:
        row.sort(key=lambda item: item.box_px.left)
    return rows


def _beside(first: Box, box: Box) -> bool:
    lower = min(first.height, box.height)
    return abs(first.center.y - box.center.y) <= max(0.42 * lower, 3.0)
