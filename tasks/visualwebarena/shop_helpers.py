"""Helpers that ask the shop's REST interface: its latest order and the reviews of a product.

Source: arXiv 2401.13649, `evaluation_harness/helper_functions.py` at commit 89f5af2.
"""

from typing import Any
from urllib.parse import quote

from vigorl.tasks.visualwebarena.state import FinalState
from vigorl.tasks.visualwebarena.strings import text_of
from vigorl.tasks.visualwebarena.verdict import BrokenAssertion, Crash

_NEWEST_FIRST = {
    "searchCriteria[sortOrders][0][field]": "created_at",
    "searchCriteria[sortOrders][0][direction]": "DESC",
    "searchCriteria[pageSize]": "1",
}


async def latest_order_path(state: FinalState) -> str:
    """Where the shop shows its latest order, whoever's it is.

    Raises:
        Crash: there is none.
    """
    answer = await state.ask_shop("/rest/V1/orders", _NEWEST_FIRST)
    try:
        number = int(answer["items"][0]["increment_id"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Crash("the shop has no order") from error
    return f"/sales/order/view/order_id/{number}/"


async def review_author(state: FinalState, sku: str) -> str:
    """Who wrote a product's latest review; empty without reviews."""
    reviews = await _reviews(state, sku)
    return text_of(_read(reviews, -1, "nickname")) if reviews else ""


async def review_text(state: FinalState, sku: str) -> str:
    """What a product's latest review says; empty without reviews."""
    reviews = await _reviews(state, sku)
    return text_of(_read(reviews, -1, "detail")) if reviews else ""


async def review_rating(state: FinalState, sku: str) -> str:
    """The per cent that a product's latest review gives; empty without reviews."""
    reviews = await _reviews(state, sku)
    if not reviews:
        return ""
    if _read(reviews, 0, "ratings", 0, "rating_name") != "Rating":
        raise BrokenAssertion("the first rating is not called 'Rating'")
    return str(_read(reviews, -1, "ratings", 0, "percent"))


async def _reviews(state: FinalState, sku: str) -> Any:
    answer = await state.ask_shop(f"/rest/V1/products/{quote(sku, safe='')}/reviews")
    if not isinstance(answer, list | dict | str):
        raise Crash("the shop does not list reviews")
    return answer


def _read(value: Any, *keys: int | str) -> Any:
    """What stands at a path of keys.

    Raises:
        Crash: nothing does.
    """
    for key in keys:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError) as error:
            raise Crash(f"the shop's answer has no {key!r}") from error
    return value
