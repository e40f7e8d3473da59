"""Which text is the label of a control, by where the two stand: one rule for all who read screens.

Costs are px: the smaller, the more usual it is that a label stands there. Boxes of a call are all
in the same frame.
"""

from vigorl.browser.geometry import Box
from vigorl.policy.perception.layout import (
    gap_x,
    gap_y,
    misalignment_x,
    overlap_x,
    overlap_y,
    same_row,
)

LABEL_GAP_PX = 45.0
"""How far over its field a label stands at most."""
_ROW_PX = 400.0
"""How far left of its field."""
_BOX_PX = 50.0
"""How far right of its checkbox."""
_ROW_END_PX = (1200.0, 30.0, 0.016)
"""How far left of a switch at the end of its row; what that costs, and each px of the way."""


def field_cost(field: Box, label: Box) -> float | None:
    """How unusual it is that a field's label stands there; None where labels of fields never do.

    Labels stand left of their field on its row, or over it.
    """
    if same_row(field, label):
        dx = gap_x(field, label)
        return 10 + 0.15 * dx if field.left >= label.right - 4 and dx <= _ROW_PX else None
    if overlap_x(field, label) <= 0 or field.top < label.center.y:
        return None
    dy = gap_y(field, label)
    return 4 + dy + 0.05 * misalignment_x(field, label) if dy <= LABEL_GAP_PX else None


def box_cost(box: Box, label: Box) -> float | None:
    """The same for a checkbox, radio button or switch: left of its label, or at its row's end."""
    if overlap_y(box, label) < 0.4:
        return None
    dx = gap_x(box, label)
    if box.center.x <= label.left + 4:  # the two may overlap where a box was read as a letter
        return dx if dx < _BOX_PX else None
    farthest_px, cost, share = _ROW_END_PX
    if box.left < label.right - 4 or dx >= farthest_px:
        return None
    # Of a name and what explains it, the name stands higher.
    return cost + share * dx + 0.5 * max(label.top - box.top, 0.0)
