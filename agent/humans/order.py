"""The order in which a rater gets the items: drawn from the study and the rater's code alone.

The page draws it, and the analysis draws it again: a file with another order was not filled in on
that page. `page.js` holds the same arithmetic.

Source: FNV-1a, 32 bit (Fowler, Noll and Vo, RFC 9923); mulberry32 (T. Ettinger, public domain).
"""

from collections.abc import Iterator, Sequence

_MASK = 0xFFFFFFFF


def order_of(items: Sequence[str], study: str, rater: str) -> list[str]:
    """The items in a rater's order.

    Args:
        items: Their names, in any order.
        study: Name of the study.
        rater: The rater's code, ASCII.
    """
    order = sorted(items)
    numbers = _mulberry32(fnv1a(f"{study} {rater}"))
    for last in range(len(order) - 1, 0, -1):
        other = next(numbers) * (last + 1) >> 32
        order[last], order[other] = order[other], order[last]
    return order


def fnv1a(text: str) -> int:
    """A 32-bit checksum of a text."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & _MASK
    return value


def _mulberry32(state: int) -> Iterator[int]:
    """Whole numbers below 2**32."""
    while True:
        state = state + 0x6D2B79F5 & _MASK
        value = (state ^ state >> 15) * (1 | state) & _MASK
        value ^= value + ((value ^ value >> 7) * (61 | value) & _MASK) & _MASK
        yield (value ^ value >> 14) & _MASK
