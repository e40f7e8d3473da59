"""The helpers by the names that task files call them by."""

from collections.abc import Awaitable, Callable
from typing import Any

from vigorl.tasks.visualwebarena import page_helpers, shop_helpers
from vigorl.tasks.visualwebarena.calls import PAGE, Call
from vigorl.tasks.visualwebarena.state import FinalState
from vigorl.tasks.visualwebarena.task import Sites
from vigorl.tasks.visualwebarena.verdict import Crash

_OF_PAGE: dict[str, Callable[..., Awaitable[Any]]] = {
    "get_query_text": page_helpers.query_text,
    "get_query_text_lowercase": page_helpers.query_text_lowercase,
    "reddit_get_latest_comment_content_by_username": page_helpers.latest_comment,
    "reddit_get_parent_comment_username_of_latest_comment_by_username": (
        page_helpers.parent_of_latest_comment
    ),
    "shopping_get_num_reviews": page_helpers.review_count,
    "shopping_get_order_product_name_list": page_helpers.order_product_names,
    "shopping_get_order_product_option": page_helpers.order_option,
    "shopping_get_order_product_quantity": page_helpers.order_quantity,
    "shopping_get_product_attributes": page_helpers.product_attributes,
    "shopping_get_product_price": page_helpers.product_price,
    "shopping_get_rating_as_percentage": page_helpers.rating_percent,
}
"""Their first argument is the page."""

_OF_SHOP: dict[str, Callable[..., Awaitable[Any]]] = {
    "shopping_get_sku_latest_review_author": shop_helpers.review_author,
    "shopping_get_sku_latest_review_rating": shop_helpers.review_rating,
    "shopping_get_sku_latest_review_text": shop_helpers.review_text,
}
"""Their only argument is a product's number."""

NAMES = frozenset({*_OF_PAGE, *_OF_SHOP, "reddit_get_post_url", "shopping_get_latest_order_url"})
"""Of all helpers."""


async def carry_out(call: Call, state: FinalState, sites: Sites) -> Any:
    """What a helper gives.

    Raises:
        Crash: there is no such helper, it is called otherwise, or it gives something else than
            it promises.
    """
    match call.name, call.arguments:
        case "reddit_get_post_url", (str(url),):
            return page_helpers.post_url(url)
        case "shopping_get_latest_order_url", ():
            return sites.shopping + await shop_helpers.latest_order_path(state)
        case name, (page, *rest) if name in _OF_PAGE and page is PAGE and PAGE not in rest:
            return await _call(_OF_PAGE[name], state, rest)
        case name, (str(sku),) if name in _OF_SHOP:
            return await _OF_SHOP[name](state, sku)
        case _:
            raise Crash(f"{call.name} is no helper, or not called like this")


async def _call(
    helper: Callable[..., Awaitable[Any]], state: FinalState, arguments: list[Any]
) -> Any:
    wanted = helper.__code__.co_argcount - 1
    if len(arguments) != wanted:
        raise Crash(f"{len(arguments)} texts were given, not {wanted}")
    return await helper(state, *arguments)
