"""Repeated blocks: results, mails, products.

Several panels of one width, or of one height side by side, with text in them, are the blocks of a
page, if they hold most of its repeated text. Where a page draws no panels, the text alone has to
tell: lines that stand closely under each other form a stack, and several stacks of the same build
(heads of one size, in one column or side by side, about as many lines) are blocks. How close
'closely' is differs between pages, so several values are tried. Among all groups the one with
most text is taken; menus and headers have little.
"""

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from vigorl.browser.geometry import Box
from vigorl.policy.perception.layout import (
    SAME_LEFT_PX,
    em_px,
    in_reading_order,
    inside,
    misalignment_x,
    overlap_x,
    same_row,
    same_size,
    union,
)
from vigorl.policy.perception.screen import Screen, TextLine, is_text

_CLOSENESS = (0.7, 1.0, 1.4, 2.0)
"""Largest gap between two lines of a stack, in em of the smaller; all are tried."""
_SAME_SIZE = 0.2
"""Relative difference up to which two sizes of type count as one."""
_UNEVEN = 0.15
"""Part by which the distance of a result to the next may differ from that of the others."""
_PANELS_COUNT = 0.6
"""Share of the text of the best stacks that panels must hold to be taken instead of them."""
_LARGEST_BLOCK = 0.45
"""Share of the screen beyond which a panel is a part of the page, not one of several blocks."""
_THINGS = (
    r"(?:results?|products?|items?|matches|match|hits?|entries|entry|articles?|pages?|documents?"
    r"|messages?|mails?|e-mails?|treffer|ergebnisse|ergebnis|résultats?)"
)
_NONE_FOUND = re.compile(
    rf"^(?:sorry,? )?(?:we found )?(?:no|0|zero|keine|aucun) (?:\w+ )?{_THINGS}\b"
    rf"|\b(?:returned|found|gave) (?:no|0|zero) {_THINGS}\b"
    r"|\bnothing (?:was |has been )?(?:found|matches|matched)\b|\bdid(?: not|n['’]t) match any",
    re.IGNORECASE,
)
_ONE_FOUND = re.compile(
    rf"^(?:(?:we )?found )?(?:1|one) {_THINGS}(?: found| for\b.*| in\b.*|[.:])?$", re.IGNORECASE
)
_COUNT = re.compile(
    rf"(?:(?:we )?found |showing )?\d[\d.,’']* {_THINGS}(?: found\b| match| for\b| in\b|[.:]?$)",
    re.IGNORECASE,
)
"""A line that says how many results there are, and is none of them."""
_CONSENT = re.compile(r"\bcookies?\b|\bconsent\b|^accept all\b", re.IGNORECASE)
_AD = re.compile(
    r"^(?:ad|ads|advert(?:isement)?|sponsored|promoted|anzeige|gesponsert|publicité)\b"
    r"(?!\w)[ :·•-]*(?:$|by\b|[·•-])",
    re.IGNORECASE,
)
_MOST_LINES = 400
"""Lines of a screen beyond which no blocks are looked for: the search is quadratic."""


@dataclass(frozen=True)
class _Stack:
    """Lines that stand closely under each other; the first is the head."""

    lines: tuple[TextLine, ...]

    @property
    def head(self) -> Box:
        """The box of the first line."""
        return self.lines[0].box_px

    @cached_property
    def box(self) -> Box:
        """The box around all lines."""
        return union(line.box_px for line in self.lines)

    @cached_property
    def text_area(self) -> float:
        """Area covered by text, px²."""
        return sum(line.box_px.area for line in self.lines)


@dataclass(frozen=True, slots=True)
class Block:
    """One of several alike: where it is, and the line that stands for it."""

    box: Box
    title: TextLine


def blocks(screen: Screen) -> list[Block]:
    """The screen's results in reading order; empty where nothing that is a result repeats."""
    said = _said_count(screen)
    if said is not None and said < 2:
        return []
    lines = [line for line in screen.lines[:_MOST_LINES] if not _COUNT.match(line.text.strip())]
    stackings = [_stacks(lines, closeness) for closeness in _CLOSENESS]
    groups = [
        group
        for stacks in (*stackings, _linked_stacks(lines))
        for group in _groups(stacks)
        if _are_results(screen, [(stack.box, stack.lines) for stack in group])
        and _heads_stand_out(screen, group)
    ]
    stacked = max(groups, key=lambda group: _weight(group) * _in_main(screen, group), default=[])
    stacked = stacked + _left_out(stacked, lines)
    panelled = max(
        (group for group in _panel_groups(screen) if _are_results(screen, group)),
        key=_panel_weight,
        default=[],
    )
    if panelled and _panel_weight(panelled) >= _PANELS_COUNT * (
        _weight(stacked) if stacked else 0.0
    ):
        found = [Block(box, _title(inner)) for box, inner in panelled if not _is_ad(inner)]
    else:
        found = [Block(stack.box, stack.lines[0]) for stack in stacked if not _is_ad(stack.lines)]
    return in_reading_order(found, lambda block: block.box)


def _left_out(group: Sequence[_Stack], lines: Sequence[TextLine]) -> list[_Stack]:
    """The results of a column of links whose text was read amiss, so that they are not alike.

    They are links as the others' titles are, of their size, in their column and at their distance.
    """
    heads = [stack.lines[0] for stack in group]
    column = heads and all(
        head.link and abs(head.box_px.left - heads[0].box_px.left) <= SAME_LEFT_PX for head in heads
    )
    pitches = _pitches(group)
    if not column or len(heads) < 2:
        return []
    pitch = statistics.median(pitches)
    known = [line for stack in group for line in stack.lines]
    return [
        _Stack((line,))
        for line in lines
        if line.link
        and line not in known
        and abs(line.box_px.left - heads[0].box_px.left) <= SAME_LEFT_PX
        and all(same_size(line, head, _SAME_SIZE) for head in heads)
        and any(
            abs(abs(line.box_px.top - head.box_px.top) - pitch) <= _UNEVEN * pitch for head in heads
        )
    ]


def _said_count(screen: Screen) -> int | None:
    """How many results the page says there are, where it says that there are none or one."""
    for line in screen.lines:
        if _NONE_FOUND.search(line.text):
            return 0
        if _ONE_FOUND.match(line.text.strip()):
            return 1
    return None


def _are_results(screen: Screen, group: Sequence[tuple[Box, Sequence[TextLine]]]) -> bool:
    """Whether blocks can be results: no banner, no menu, no list of filters."""
    whole = screen.frame.region_css_px
    controls = [
        shape.box_px for shape in screen.shapes if shape.kind in ("checkbox", "radio", "switch")
    ]
    for box, lines in group:
        if box.area > _LARGEST_BLOCK * whole.area:
            return False
        if any(_CONSENT.search(line.text) for line in lines):
            return False
        boxed = sum(any(_stands_before(control, line) for control in controls) for line in lines)
        if boxed and boxed * 2 >= len(lines):
            return False
    return True


def _stands_before(control: Box, line: TextLine) -> bool:
    """Whether a box that can be checked stands at the beginning of a text."""
    reach = Box(
        line.box_px.left - 45, line.box_px.top - 4, line.box_px.left + 20, line.box_px.bottom + 4
    )
    return reach.contains(control.center)


def _are_columns(group: Sequence[_Stack]) -> bool:
    """Whether stacks are the columns of one table: every line of each is in a row with others."""
    first = group[0]
    return len(first.lines) >= 3 and all(
        len(stack.lines) == len(first.lines)
        and all(same_row(a.box_px, b.box_px) for a, b in zip(stack.lines, first.lines, strict=True))
        for stack in group
    )


def _heads_stand_out(screen: Screen, group: Sequence[_Stack]) -> bool:
    """Whether the first lines are titles: links, larger than what follows, or evenly spaced rows.

    The paragraphs of a text are alike as well, and so are the entries of a menu.
    """
    if _are_columns(group) and not all(stack.lines[0].link for stack in group):
        return False
    several = [stack for stack in group if len(stack.lines) >= 2]
    if len(several) * 2 > len(group):
        titled = sum(
            stack.lines[0].link
            or em_px(stack.lines[0]) > 1.06 * em_px(stack.lines[1])
            or _in_own_panel(screen, stack.box)
            for stack in several
        )
        return titled * 2 >= len(several)
    links = sum(stack.lines[0].link for stack in group)
    if 2 <= links < len(group) - links:
        return False  # Titles and the texts under them.
    if len(group) < 3 or any(stack.box.right < 0.25 * screen.frame.width_px for stack in group):
        return False
    pitches = _pitches(group)
    even = statistics.pstdev(pitches) <= 0.25 * statistics.fmean(pitches)
    rowed = sum(
        any(same_row(line.box_px, stack.head) and line not in stack.lines for line in screen.lines)
        for stack in group
    )
    return even and max(links, rowed) * 4 >= len(group) * 3


def _in_own_panel(screen: Screen, box: Box) -> bool:
    """Whether a block stands in a panel that is hardly larger than it."""
    return any(
        inside(box, panel) and panel.height <= 2.5 * box.height + 24 for panel in screen.panels
    )


def _in_main(screen: Screen, group: Sequence[_Stack]) -> float:
    """How much a group looks to be in the main part of a page, 0 to 1; less at its sides."""
    box, whole = union(stack.box for stack in group), screen.frame.region_css_px
    at_a_side = box.right < 0.32 * whole.width or box.left > 0.72 * whole.width
    return 0.3 if at_a_side else 1.0


def _is_ad(lines: Sequence[TextLine]) -> bool:
    """Whether a block says of itself that it is none of the results."""
    return any(_AD.match(line.text.strip()) for line in lines)


def _panel_groups(screen: Screen) -> Iterator[list[tuple[Box, list[TextLine]]]]:
    """Panels of one build, each with the lines in it."""
    filled = [
        (panel, inner)
        for panel in screen.panels
        if (inner := [line for line in screen.lines if inside(line.box_px, panel)])
    ]
    for model, models_lines in filled:
        alike = [
            (panel, inner)
            for panel, inner in filled
            if abs(panel.width - model.width) <= 0.02 * model.width + 3
            and 0.5 <= panel.height / model.height <= 2
            and _same_build(panel, inner, model, models_lines)
        ]
        apart = [
            (panel, inner)
            for panel, inner in alike
            if not any(inside(panel, other) for other, _ in alike if other != panel)
        ]
        if len(apart) >= 2:
            yield apart


def _same_build(a: Box, a_lines: Sequence[TextLine], b: Box, b_lines: Sequence[TextLine]) -> bool:
    """Whether in two panels of one width half of the texts begin or end in the same places."""
    if len(a_lines) > len(b_lines):
        a, a_lines, b, b_lines = b, b_lines, a, a_lines
    b_boxes = [line.box_px for line in b_lines]
    shared = sum(
        any(
            abs((box.left - a.left) - (other.left - b.left)) <= SAME_LEFT_PX
            or abs((a.right - box.right) - (b.right - other.right)) <= SAME_LEFT_PX
            for other in b_boxes
        )
        for box in (line.box_px for line in a_lines)
    )
    return shared >= 0.5 * len(a_lines)


def _panel_weight(group: Sequence[tuple[Box, list[TextLine]]]) -> float:
    """How much a group of panels looks like the results of a page: its text."""
    return sum(line.box_px.area for _, inner in group for line in inner)


def _title(lines: Sequence[TextLine]) -> TextLine:
    """The line that stands for a block: a link, else the largest, else the first.

    Pictures are read as a letter or two, which stand for nothing.
    """
    words = [line for line in lines if is_text(line)] or lines
    links = [line for line in words if line.link] or words
    largest_px = max(map(em_px, links))
    large = [line for line in links if em_px(line) >= (1 - _SAME_SIZE) * largest_px]
    return in_reading_order(large, lambda line: line.box_px)[0]


def another_title(screen: Screen, box: Box, tried: TextLine) -> TextLine | None:
    """What else may be the title of a block: a text of larger type, or one above; on no button.

    Args:
        screen: where the block is.
        box: around it, as far as it was told from what is around.
        tried: the line that was taken for the title.
    """
    em = em_px(tried)
    panels = [panel for panel in screen.panels if inside(box, panel) and panel.area < 8 * box.area]
    card = min(panels, key=lambda panel: panel.area, default=None) or Box(
        box.left - SAME_LEFT_PX, box.top - _CLOSENESS[-1] * em, box.right, box.bottom
    )
    buttons = [shape.box_px for shape in screen.shapes if shape.kind == "button"]
    others = [
        line
        for line in screen.lines
        if line is not tried
        and is_text(line)
        and card.contains(line.box_px.center)
        and (em_px(line) > 1.06 * em or line.box_px.bottom <= tried.box_px.top + 0.3 * em)
        and not any(button.contains(line.box_px.center) for button in buttons)
    ]
    return _title(others) if others else None


def _stacks(lines: Sequence[TextLine], closeness: float) -> list[_Stack]:
    """All lines, joined to the line above where it is close and aligned."""
    rest = sorted(lines, key=lambda line: line.box_px.top)
    stacks: list[list[TextLine]] = []
    for line in rest:
        above = [stack for stack in stacks if _continues(stack[-1], line, closeness)]
        if above:
            max(above, key=lambda stack: stack[-1].box_px.bottom).append(line)
        else:
            stacks.append([line])
    return [_Stack(tuple(stack)) for stack in stacks]


def _linked_stacks(lines: Sequence[TextLine]) -> list[_Stack]:
    """Each link of a column with what stands under it, down to the next one, in however wide gaps.

    Only links with a text under them: those of a menu head nothing.
    """
    stacks: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: line.box_px.top):
        if line.link:
            stacks.append([line])
            continue
        over = [stack for stack in stacks if _continues(stack[-1], line, _CLOSENESS[-1])]
        if over:
            max(over, key=lambda stack: stack[-1].box_px.bottom).append(line)
    return [_Stack(tuple(stack)) for stack in stacks if len(stack) > 1]


def _continues(above: TextLine, below: TextLine, closeness: float) -> bool:
    """Whether a line stands closely under another."""
    gap = below.box_px.top - above.box_px.bottom
    em = min(em_px(above), em_px(below))
    return (
        -0.3 * em <= gap <= closeness * em
        and misalignment_x(above.box_px, below.box_px) <= SAME_LEFT_PX
        and overlap_x(above.box_px, below.box_px) > 0
    )


def _groups(stacks: Sequence[_Stack]) -> Iterator[list[_Stack]]:
    """Stacks of the same build: in a column, or, where they have a body, side by side as well."""
    for model in stacks:
        alike = [stack for stack in stacks if _alike(stack, model)]
        column = [s for s in alike if abs(s.head.left - model.head.left) <= SAME_LEFT_PX]
        if len(column) >= 2:
            yield column
        cards = _in_line([s for s in alike if len(s.lines) >= 2])
        if len(model.lines) >= 2 and len(cards) > len(column):
            yield cards


def _in_line(stacks: Sequence[_Stack]) -> list[_Stack]:
    """Those whose heads share a column or a row with another one's."""
    return [
        stack
        for stack in stacks
        if any(
            abs(stack.head.left - other.head.left) <= SAME_LEFT_PX
            or abs(stack.head.bottom - other.head.bottom) <= SAME_LEFT_PX
            for other in stacks
            if other is not stack
        )
    ]


def _alike(a: _Stack, b: _Stack) -> bool:
    """Whether two stacks have the same sizes of type on top, and about as many lines."""
    more, fewer = max(len(a.lines), len(b.lines)), min(len(a.lines), len(b.lines))
    tops = zip(a.lines[:2], b.lines[:2], strict=False)
    return more <= fewer * 1.5 + 0.5 and all(same_size(x, y, _SAME_SIZE) for x, y in tops)


def _weight(group: Sequence[_Stack]) -> float:
    """How much a group looks like the results of a page."""
    evenness = 1.0
    if len(group) > 2:
        pitches = _pitches(group)
        mean = statistics.fmean(pitches)
        evenness = 1 / (1 + statistics.pstdev(pitches) / max(mean, 1.0))
    return sum(stack.text_area for stack in group) * evenness


def _pitches(group: Sequence[_Stack]) -> list[float]:
    """Distances between the heads of a group that follow each other downwards, px."""
    tops = sorted(stack.head.top for stack in group)
    steps = [b - a for a, b in itertools.pairwise(tops) if b - a > 4]
    return steps or [1.0]
