"""Grouping: whether a thing is in the card, the row or the section of a text."""

from collections.abc import Sequence

from vigorl.browser.geometry import Box
from vigorl.policy.perception.blocks import blocks
from vigorl.policy.perception.layout import em_px, inside, relation_cost, same_row
from vigorl.policy.perception.screen import Screen, TextLine

_CARD = 0.25
"""Share of the screen up to which a panel is a card: what stands in it belongs together."""


def belongs(screen: Screen, box: Box, anchor: TextLine) -> bool:
    """Whether a thing belongs to what a text names: in its card or block, its row, or under it."""
    lines = screen.lines
    card = card_of(screen, lines, anchor)
    if card:
        return card.contains(box.center)
    found = blocks(screen)
    mine = next((b for b in found if b.box.contains(anchor.box_px.center)), None)
    if mine:
        return mine.box.contains(box.center) or (
            same_row(box, anchor.box_px)
            and not any(b.box.contains(box.center) for b in found if b is not mine)
        )
    if same_row(box, anchor.box_px):
        return box.left > anchor.box_px.right
    if box.top < anchor.box_px.center.y or relation_cost("in", box, anchor.box_px) is None:
        return False
    between = [
        line
        for line in lines
        if line is not anchor
        and anchor.box_px.bottom <= line.box_px.top
        and line.box_px.bottom <= box.top
        and abs(line.box_px.left - anchor.box_px.left) <= 6
    ]
    if any(em_px(line) >= 0.93 * em_px(anchor) for line in between) and _is_heading(lines, anchor):
        return False
    bottom, em = anchor.box_px.bottom, em_px(anchor)
    for line in sorted(between, key=lambda line: line.box_px.top):
        if line.box_px.top - bottom > 2 * em:
            return False
        bottom = max(bottom, line.box_px.bottom)
    return box.top - bottom <= 2 * em and box.left >= anchor.box_px.left - 2 * em


def _is_heading(lines: Sequence[TextLine], line: TextLine) -> bool:
    sizes = sorted(em_px(other) for other in lines)
    return em_px(line) > 1.1 * sizes[len(sizes) // 2]


def card_of(screen: Screen, lines: Sequence[TextLine], label: TextLine) -> Box | None:
    """The smallest panel around a label that holds more than it, where it is a card."""
    whole = screen.frame.region_css_px.area
    holding = [
        panel
        for panel in screen.panels
        if panel.area < _CARD * whole
        and panel.contains(label.box_px.center)
        and any(line is not label and inside(line.box_px, panel) for line in lines)
    ]
    return min(holding, key=lambda panel: panel.area, default=None)
