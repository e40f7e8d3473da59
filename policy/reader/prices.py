"""Price extraction: the amount that a product is sold for, and no other amount."""

import re

from vigorl.policy.perception.layout import em_px, gap_x, gap_y, same_row
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.reader.candidates import Candidate

_OTHER_AMOUNT = re.compile(
    r"\b(?:basket|cart|bag|trolley|sub-?total|total|shipping|delivery|postage|deposit|save|saved"
    r"|saving|off|was|before|instead of|rrp|uvp|from|up to|min(?:imum|\.)?|max(?:imum|\.)?|under"
    r"|over|free|gift|voucher|balance|warenkorb|versand|ab|statt|panier|à partir)\b",
    re.IGNORECASE,
)
"""Words beside an amount that is not what a product costs."""
_FILTER = re.compile(
    r"^(?:filters?|refine|max\.?|min\.?|(?:max|min)\.? ?price|price range|budget)\s*:?$",
    re.IGNORECASE,
)
"""Headings of controls that narrow a list down."""
_LARGER = 1.2


def is_product_price(screen: Screen, aim: Candidate) -> bool:
    """Whether an amount can be what a product costs: no filter's, basket's or former one."""
    if not isinstance(aim.source, TextLine):
        return False
    line = aim.source
    if _OTHER_AMOUNT.search(line.text):
        return False
    for other in screen.lines:
        if other is line:
            continue
        above = (
            other.box_px.bottom <= line.box_px.center.y
            and gap_y(other.box_px, line.box_px) <= 3 * em_px(line)
            and gap_x(other.box_px, line.box_px) <= 8 * em_px(line)
        )
        beside = same_row(other.box_px, line.box_px) and other.box_px.right <= line.box_px.left
        if _FILTER.match(other.text) and above and em_px(line) <= 1.1 * em_px(other):
            return False
        near = beside and gap_x(other.box_px, line.box_px) <= 12 * em_px(line)
        if near and len(other.text) < 30 and _OTHER_AMOUNT.search(other.text):
            return False
    return True


def product_prices(screen: Screen, amounts: list[Candidate]) -> list[Candidate]:
    """The amounts that may be the page's price: the largest in type of those that can be one."""
    own = [aim for aim in amounts if is_product_price(screen, aim)]
    if not own:
        return []
    largest_px = max(_size_px(aim) for aim in own)
    return [aim for aim in own if _size_px(aim) * _LARGER >= largest_px]


def _size_px(aim: Candidate) -> float:
    return em_px(aim.source) if isinstance(aim.source, TextLine) else 0.0
