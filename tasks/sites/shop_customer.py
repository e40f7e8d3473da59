"""The shop's pages for a customer: account, cart, checkout, orders, wish list, reviews."""

import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vigorl.tasks.sites.application import StandInSite, now
from vigorl.tasks.sites.pages import go, text_of, whole

SHIPPING_USD = 5.0
"""For each article."""

LOGIN = "/customer/account/login/"

ADDRESS = ("name", "street", "city", "region", "zip", "phone")
"""The parts of an address."""


def customer_routes(shop: StandInSite) -> Sequence[BaseRoute]:
    """The pages, all but the log-in for those alone who have signed in."""
    customer = Customer(shop)
    pages: tuple[tuple[str, _Page], ...] = (
        ("/customer/account/", customer.account),
        ("/customer/address/", customer.address),
        ("/sales/order/history/", customer.orders),
        ("/sales/order/view/order_id/{number:int}/", customer.order),
        ("/checkout/cart", customer.cart),
        ("/checkout/cart/", customer.cart),
        ("/checkout/", customer.checkout),
        ("/checkout/onepage/success/", customer.success),
        ("/wishlist/", customer.wish_list),
        ("/catalog/product_compare/", customer.compared),
        ("/catalog/product_compare", customer.compared),
    )
    forms: tuple[tuple[str, _Page], ...] = (
        ("/customer/address/save/", customer.save_address),
        ("/checkout/cart/add/", customer.add_to_cart),
        ("/checkout/cart/updatePost/", customer.update_cart),
        ("/checkout/place/", customer.place_order),
        ("/sales/order/reorder/order_id/{number:int}/", customer.reorder),
        ("/wishlist/index/add/", customer.wish),
        ("/wishlist/index/remove/", customer.unwish),
        ("/catalog/product_compare/add/", customer.compare),
        ("/review/product/post/", customer.review),
    )
    return (
        Route(LOGIN, customer.log_in, methods=["GET", "POST"]),
        Route("/customer/account/logout/", customer.log_out),
        *(Route(path, _for_customers(shop, page)) for path, page in pages),
        *(Route(path, _for_customers(shop, form), methods=["POST"]) for path, form in forms),
    )


class Customer:
    """What whoever has signed in sees and does."""

    def __init__(self, shop: StandInSite) -> None:
        self._shop = shop

    async def log_in(self, request: Request) -> Response:
        """Lead a customer in."""
        form = await request.form()
        name, password = text_of(form, "username"), text_of(form, "password")
        answer = name and self._shop.sign_in(name, password, "/customer/account/")
        return answer or self._shop.page(request, "login", {"failed": bool(name)})

    async def log_out(self, request: Request) -> Response:
        """Lead a customer out."""
        return self._shop.sign_out("/")

    # --------------------------------------------------------------------------- the account

    async def account(self, request: Request, user: sqlite3.Row) -> Response:
        """The latest orders, and the address."""
        context = {"orders": self._orders(user)[:5], "address": self._address(user)}
        return self._shop.page(request, "account", context)

    async def address(self, request: Request, user: sqlite3.Row) -> Response:
        """The address, and a form to change it."""
        return self._shop.page(request, "address", {"address": self._address(user)})

    async def save_address(self, request: Request, user: sqlite3.Row) -> Response:
        """Change the address."""
        form = await request.form()
        address = json.dumps({part: text_of(form, part) for part in ADDRESS})
        self._shop.write("UPDATE addresses SET address = ? WHERE user = ?", address, user["id"])
        self._shop.notice(request, "You saved the address.")
        return go("/customer/address/")

    async def orders(self, request: Request, user: sqlite3.Row) -> Response:
        """All orders."""
        return self._shop.page(request, "orders", {"orders": self._orders(user)})

    async def order(self, request: Request, user: sqlite3.Row) -> Response:
        """One order."""
        order = self._order(request, user)
        rows = self._shop.all(f"{_ORDERED} WHERE placed = ?", order["id"])
        context = {
            "order": order,
            "address": json.loads(order["address"]),
            "articles": _articles(rows),
            "totals": _totals(rows),
        }
        return self._shop.page(request, "order", context)

    async def reorder(self, request: Request, user: sqlite3.Row) -> Response:
        """Lay the articles of an order into the cart."""
        self._shop.write(
            "INSERT INTO cart (user, product, quantity, options)"
            " SELECT ?, product, quantity, options FROM ordered WHERE placed = ?",
            user["id"],
            self._order(request, user)["id"],
        )
        return go("/checkout/cart/")

    def _address(self, user: sqlite3.Row) -> dict[str, str]:
        row = self._shop.one("SELECT address FROM addresses WHERE user = ?", user["id"])
        address: dict[str, str] = json.loads(row["address"])
        return address

    def _order(self, request: Request, user: sqlite3.Row) -> sqlite3.Row:
        number = request.path_params["number"]
        return self._shop.one("SELECT * FROM orders WHERE (id, user) = (?, ?)", number, user["id"])

    def _orders(self, user: sqlite3.Row) -> list[sqlite3.Row]:
        return self._shop.all(
            "SELECT orders.*, sum((price + ?) * quantity) AS total FROM orders JOIN ordered"
            " ON placed = orders.id WHERE user = ? GROUP BY orders.id ORDER BY at DESC",
            SHIPPING_USD,
            user["id"],
        )

    # ------------------------------------------------------------------------------- the cart

    async def cart(self, request: Request, user: sqlite3.Row) -> Response:
        """What lies in it."""
        return self._shop.page(request, "cart", self._in_cart(user))

    async def add_to_cart(self, request: Request, user: sqlite3.Row) -> Response:
        """Lay a product into it; back to the product where an option is not chosen."""
        form = await request.form()
        product = self._product(text_of(form, "product"))
        options = {name: text_of(form, f"option-{name}") for name in json.loads(product["options"])}
        if not all(options.values()):
            self._shop.notice(request, "You need to choose options for your item.")
            return go(f"/{product['slug']}.html")
        quantity = max(1, whole(text_of(form, "qty"), 1))
        key = (user["id"], product["id"], json.dumps(options))
        same = self._shop.all(
            "SELECT id FROM cart WHERE (user, product, options) = (?, ?, ?)", *key
        )
        if same:
            self._shop.write(
                "UPDATE cart SET quantity = quantity + ? WHERE id = ?", quantity, same[0]["id"]
            )
        else:
            self._shop.write(
                "INSERT INTO cart (user, product, options, quantity) VALUES (?, ?, ?, ?)",
                *key,
                quantity,
            )
        self._shop.notice(request, f"You added {product['name']} to your shopping cart.")
        return go(f"/{product['slug']}.html")

    async def update_cart(self, request: Request, user: sqlite3.Row) -> Response:
        """Change quantities; `remove` takes an article out."""
        form = await request.form()
        for row in self._shop.all("SELECT id FROM cart WHERE user = ?", user["id"]):
            quantity = whole(text_of(form, f"qty-{row['id']}"), 1)
            if quantity == 0 or text_of(form, "remove") == str(row["id"]):
                self._shop.write("DELETE FROM cart WHERE id = ?", row["id"])
            else:
                self._shop.write("UPDATE cart SET quantity = ? WHERE id = ?", quantity, row["id"])
        return go("/checkout/cart/")

    async def checkout(self, request: Request, user: sqlite3.Row) -> Response:
        """Shipping first, then payment; the part of the address behind `#` says which."""
        context = self._in_cart(user)
        if not context["articles"]:
            return go("/checkout/cart/")
        return self._shop.page(request, "checkout", {**context, "address": self._address(user)})

    async def place_order(self, request: Request, user: sqlite3.Row) -> Response:
        """Order what lies in the cart."""
        rows = self._shop.all("SELECT * FROM cart WHERE user = ?", user["id"])
        if not rows:
            return go("/checkout/cart/")
        order = self._shop.write(
            "INSERT INTO orders (user, at, status, address) VALUES (?, ?, 'Pending', ?)",
            user["id"],
            now(),
            json.dumps(self._address(user)),
        )
        self._shop.write(
            "INSERT INTO ordered (placed, product, price, quantity, options)"
            " SELECT ?, product, price, quantity, cart.options FROM cart JOIN products"
            " ON products.id = product WHERE user = ?",
            order,
            user["id"],
        )
        self._shop.write("DELETE FROM cart WHERE user = ?", user["id"])
        return go("/checkout/onepage/success/")

    async def success(self, request: Request, user: sqlite3.Row) -> Response:
        """Thank for the latest order."""
        orders = self._orders(user)
        return self._shop.page(request, "success", {"order": orders[0]}) if orders else go("/")

    def _in_cart(self, user: sqlite3.Row) -> dict[str, Any]:
        rows = self._shop.all(f"{_CART} WHERE user = ?", user["id"])
        return {"articles": _articles(rows), "totals": _totals(rows)}

    # ------------------------------------------------------------- wishes, comparison, reviews

    async def wish_list(self, request: Request, user: sqlite3.Row) -> Response:
        """What the customer wishes for."""
        return self._shop.page(request, "wishlist", {"products": self._marked("wishes", user)})

    async def wish(self, request: Request, user: sqlite3.Row) -> Response:
        """Wish for a product."""
        product = await self._mark("wishes", request, user)
        self._shop.notice(request, f"{product['name']} has been added to your Wish List.")
        return go("/wishlist/")

    async def unwish(self, request: Request, user: sqlite3.Row) -> Response:
        """Forget a wish."""
        product = self._product(text_of(await request.form(), "product"))
        self._shop.write(
            "DELETE FROM wishes WHERE (user, product) = (?, ?)", user["id"], product["id"]
        )
        return go("/wishlist/")

    async def compared(self, request: Request, user: sqlite3.Row) -> Response:
        """Products side by side."""
        products = self._marked("compared", user)
        details = [json.loads(product["details"]) for product in products]
        return self._shop.page(request, "compare", {"products": products, "details": details})

    async def compare(self, request: Request, user: sqlite3.Row) -> Response:
        """Put a product beside the others."""
        product = await self._mark("compared", request, user)
        text = f"You added product {product['name']} to the comparison list."
        self._shop.notice(request, text)
        return go(f"/{product['slug']}.html")

    async def review(self, request: Request, user: sqlite3.Row) -> Response:
        """Write a review."""
        form = await request.form()
        product = self._product(text_of(form, "product"))
        self._shop.write(
            "INSERT INTO reviews (product, nickname, title, detail, stars, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            product["id"],
            text_of(form, "nickname"),
            text_of(form, "title"),
            text_of(form, "detail"),
            min(5, max(1, whole(text_of(form, "rating"), 5))),
            now(),
        )
        self._shop.notice(request, "You submitted your review.")
        return go(f"/{product['slug']}.html")

    def _product(self, number: str) -> sqlite3.Row:
        return self._shop.one("SELECT * FROM products WHERE id = ?", number)

    def _marked(self, table: str, user: sqlite3.Row) -> list[sqlite3.Row]:
        return self._shop.all(
            f"SELECT products.* FROM {table} JOIN products ON products.id = product"
            f" WHERE user = ? ORDER BY {table}.id",
            user["id"],
        )

    async def _mark(self, table: str, request: Request, user: sqlite3.Row) -> sqlite3.Row:
        product = self._product(text_of(await request.form(), "product"))
        sql = f"INSERT OR IGNORE INTO {table} (user, product) VALUES (?, ?)"
        self._shop.write(sql, user["id"], product["id"])
        return product


_Page = Callable[[Request, sqlite3.Row], Awaitable[Response]]

_CART = """
SELECT cart.id, cart.quantity, cart.options, products.price, products.name, products.sku,
    products.slug, products.picture
FROM cart JOIN products ON products.id = product
"""

_ORDERED = """
SELECT ordered.id, ordered.quantity, ordered.options, ordered.price, products.name, products.sku,
    products.slug, products.picture
FROM ordered JOIN products ON products.id = product
"""


def _totals(rows: Sequence[sqlite3.Row]) -> dict[str, float]:
    """Sums of a cart or an order, $."""
    goods = sum(row["price"] * row["quantity"] for row in rows)
    shipping = SHIPPING_USD * sum(row["quantity"] for row in rows)
    return {"goods": goods, "shipping": shipping, "all": goods + shipping}


def _articles(rows: Sequence[sqlite3.Row]) -> list[dict[str, Any]]:
    """Rows of a cart or an order, their options read."""
    return [{**dict(row), "options": json.loads(row["options"])} for row in rows]


def _for_customers(shop: StandInSite, page: _Page) -> Callable[[Request], Awaitable[Response]]:
    """A page that leads to the log-in whoever has not signed in."""

    async def shown(request: Request) -> Response:
        user = shop.user(request)
        return go(LOGIN) if user is None else await page(request, user)

    return shown
