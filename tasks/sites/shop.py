"""A shop: products by category, search, product pages; after the pages of Magento."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vigorl.tasks.sites.application import StandInSite
from vigorl.tasks.sites.pages import ListPage, whole
from vigorl.tasks.sites.shop_content import TABLES, fill_shop
from vigorl.tasks.sites.shop_customer import customer_routes
from vigorl.tasks.sites.shop_rest import rest_routes
from vigorl.tasks.visualwebarena.accounts import Accounts

PAGE_SIZE = 12

_SORTS = {"position": "id", "name": "name", "price": "price"}

_PRODUCTS = """
SELECT products.*, categories.name AS category_name, categories.slug AS category_slug,
    (SELECT count(*) FROM reviews WHERE product = products.id) AS review_count,
    (SELECT coalesce(avg(stars) * 20, 0) FROM reviews WHERE product = products.id) AS rating
FROM products JOIN categories ON categories.id = category
"""


class Shop(StandInSite):
    """The site."""

    name = "shopping"
    title = "One Stop Market"
    account = Accounts().shopping
    tables = TABLES

    def fill(self, database: sqlite3.Connection) -> None:
        """Write customers, products, reviews and orders."""
        fill_shop(database, self.account, self.content)

    def frame(self, request: Request) -> dict[str, Any]:
        """The categories, and how many articles lie in the visitor's cart."""
        user = self.user(request)
        count = self.one(
            "SELECT coalesce(sum(quantity), 0) AS n FROM cart WHERE user = ?",
            user["id"] if user else None,
        )
        return {"categories": self.all("SELECT * FROM categories"), "in_cart": count["n"]}

    def routes(self) -> Sequence[BaseRoute]:
        """Its pages, by the paths of Magento."""
        return (
            Route("/", self._home),
            Route("/catalogsearch/result/", self._search),
            *customer_routes(self),
            *rest_routes(self),
            Route("/{slug}.html", self._page),
        )

    async def _home(self, request: Request) -> Response:
        shown = self.all(f"{_PRODUCTS} ORDER BY products.id * 37 % 67 LIMIT 10")
        return self.page(request, "home", {"products": shown})

    async def _page(self, request: Request) -> Response:
        name = request.path_params["slug"]
        if found := self.all("SELECT * FROM categories WHERE slug = ?", name):
            rows = self.all(f"{_PRODUCTS} WHERE category = ? {_sorted(request)}", found[0]["id"])
            return self._list(request, rows, found[0]["name"])
        return self._product(request, self.one(f"{_PRODUCTS} WHERE products.slug = ?", name))

    async def _search(self, request: Request) -> Response:
        words = request.query_params.get("q", "").split()
        where = " AND ".join(["(products.name || ' ' || description) LIKE ?"] * len(words)) or "0"
        rows = self.all(
            f"{_PRODUCTS} WHERE {where} {_sorted(request)}", *(f"%{word}%" for word in words)
        )
        heading = f"Search results for: '{request.query_params.get('q', '')}'"
        return self._list(request, rows, heading)

    def _list(self, request: Request, rows: list[sqlite3.Row], heading: str) -> Response:
        asked = dict(request.query_params)
        context = {
            "heading": heading,
            "products": ListPage.of(rows, whole(asked.get("p"), 1), PAGE_SIZE),
            "link": lambda **changes: f"{request.url.path}?{urlencode({**asked, **changes})}",
        }
        return self.page(request, "list", context)

    def _product(self, request: Request, product: sqlite3.Row) -> Response:
        context = {
            "product": product,
            "details": json.loads(product["details"]),
            "options": json.loads(product["options"]),
            "reviews": self.all(
                "SELECT * FROM reviews WHERE product = ? ORDER BY at DESC", product["id"]
            ),
        }
        return self.page(request, "product", context)


def _sorted(request: Request) -> str:
    """The order in which the visitor wants a list."""
    column = _SORTS.get(request.query_params.get("product_list_order", ""), "id")
    way = "DESC" if request.query_params.get("product_list_dir") == "desc" else "ASC"
    return f"ORDER BY products.{column} {way}, products.id"
