"""Classifieds: listings with pictures, comments, search; after the pages of Osclass."""

import sqlite3
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vigorl.tasks.sites.application import StandInSite, now
from vigorl.tasks.sites.classifieds_content import TABLES, fill_classifieds
from vigorl.tasks.sites.pages import ListPage, go, text_of, whole
from vigorl.tasks.visualwebarena.accounts import Accounts

PAGE_SIZE = 12
_ORDERS = {"i_price": "price", "dt_pub_date": "published"}


class Classifieds(StandInSite):
    """The site."""

    name = "classifieds"
    title = "Classifieds"
    account = Accounts().classifieds
    tables = TABLES

    def fill(self, database: sqlite3.Connection) -> None:
        """Write users, listings and comments."""
        fill_classifieds(database, self.account, self.content)

    def frame(self, request: Request) -> dict[str, Any]:
        """The cities to search in."""
        return {"cities": self.content["cities"]}

    def routes(self) -> Sequence[BaseRoute]:
        """As in Osclass, `index.php` does it all."""
        both = ["GET", "POST"]
        return (
            Route("/", self._home),
            Route("/index.php", self._dispatch, methods=both),
        )

    async def _dispatch(self, request: Request) -> Response:
        page = request.query_params.get("page", "")
        action = request.query_params.get("action", "")
        asked = (request.method, page, action)
        match asked:
            case "GET", "" | "main", "":
                return await self._home(request)
            case "GET", "main", "logout":
                return self.sign_out("/")
            case "GET", "search", _:
                return self._search(request)
            case "GET", "item", "":
                return self._item(request)
            case "POST", "item", "add_comment":
                return await self._comment(request)
            case "POST", "item", "delete_comment":
                return self._delete_comment(request)
            case _, "item", "item_add":
                return await self._publish(request)
            case _, "item", "item_edit":
                return await self._edit(request)
            case "POST", "item", "item_delete":
                return self._delete(request)
            case "GET", "user", "items":
                return self._own(request)
            case "GET", "user", "pub_profile":
                return self._profile(request)
            case _, "login", _:
                return await self._login(request)
            case "POST", "reset", _:
                return self.reset_if_told(await request.form())
            case _:
                raise HTTPException(404)

    # --------------------------------------------------------------------------------- looking

    async def _home(self, request: Request) -> Response:
        categories = self.all(
            "SELECT categories.*, count(listings.id) AS number FROM categories"
            " LEFT JOIN listings ON category = categories.id GROUP BY categories.id"
        )
        latest = self.all(f"{_LISTINGS} ORDER BY published DESC LIMIT 10")
        return self.page(request, "home", {"categories": categories, "latest": latest})

    def _search(self, request: Request) -> Response:
        asked = request.query_params
        wanted, values = ["1"], list[Any]()
        for word in asked.get("sPattern", "").split():
            wanted.append("(title || ' ' || description) LIKE ?")
            values.append(f"%{word}%")
        for field, condition in (
            ("sCategory", "category = ?"),
            ("sCity", "city = ?"),
            ("sPriceMin", "price >= ?"),
            ("sPriceMax", "price <= ?"),
        ):
            if value := asked.get(field):
                wanted.append(condition)
                values.append(value if field == "sCity" else whole(value, 0))
        column = _ORDERS.get(asked.get("sOrder", ""), "published")
        direction = "ASC" if asked.get("iOrderType") == "asc" else "DESC"
        found = self.all(
            f"{_LISTINGS} WHERE {' AND '.join(wanted)} ORDER BY {column} {direction}, id", *values
        )
        context = {
            "found": ListPage.of(found, whole(asked.get("iPage"), 1), PAGE_SIZE),
            "categories": self.all("SELECT * FROM categories"),
            "link": lambda **changes: f"/index.php?{urlencode({**dict(asked), **changes})}",
        }
        return self.page(request, "search", context)

    def _item(self, request: Request) -> Response:
        listing = self._listing(request)
        context = {
            "listing": listing,
            "photos": self.all("SELECT picture FROM photos WHERE listing = ?", listing["id"]),
            "comments": self.all(
                "SELECT comments.*, users.name FROM comments JOIN users ON users.id = author"
                " WHERE listing = ? ORDER BY at DESC",
                listing["id"],
            ),
            "related": self.all(
                f"{_LISTINGS} WHERE category = ? AND listings.id != ? ORDER BY published LIMIT 4",
                listing["category"],
                listing["id"],
            ),
        }
        return self.page(request, "item", context)

    def _own(self, request: Request) -> Response:
        if (user := self.user(request)) is None:
            return go(_LOGIN)
        rows = self.all(f"{_LISTINGS} WHERE seller = ? ORDER BY published DESC", user["id"])
        return self.page(request, "own", {"listings": rows})

    def _profile(self, request: Request) -> Response:
        number = whole(request.query_params.get("id"), 0)
        owner = self.one("SELECT * FROM users WHERE id = ?", number)
        rows = self.all(f"{_LISTINGS} WHERE seller = ? ORDER BY published DESC", number)
        return self.page(request, "profile", {"owner": owner, "listings": rows})

    def _listing(self, request: Request) -> sqlite3.Row:
        number = whole(request.query_params.get("id"), 0)
        return self.one(f"{_LISTINGS} WHERE listings.id = ?", number)

    # -------------------------------------------------------------------------------- changing

    async def _login(self, request: Request) -> Response:
        failed = False
        if request.method == "POST":
            form = await request.form()
            answer = self.sign_in(text_of(form, "email"), text_of(form, "password"), "/")
            if answer is not None:
                return answer
            failed = True
        return self.page(request, "login", {"failed": failed})

    async def _comment(self, request: Request) -> Response:
        listing, user, form = self._listing(request), self.user(request), await request.form()
        if user is None:
            return go(_LOGIN)
        if body := text_of(form, "body"):
            self.write(
                "INSERT INTO comments (listing, author, title, body, at) VALUES (?, ?, ?, ?, ?)",
                listing["id"],
                user["id"],
                text_of(form, "title"),
                body,
                now(),
            )
            self.notice(request, "Your comment has been published.")
        return go(_url(listing["id"]))

    def _delete_comment(self, request: Request) -> Response:
        listing, user = self._listing(request), self.user(request)
        self.write(
            "DELETE FROM comments WHERE id = ? AND author = ?",
            whole(request.query_params.get("comment"), 0),
            user["id"] if user else None,
        )
        return go(_url(listing["id"]))

    async def _publish(self, request: Request) -> Response:
        if (user := self.user(request)) is None:
            return go(_LOGIN)
        if request.method == "GET":
            return self._form(request, None)
        async with request.form() as form:
            if not text_of(form, "title"):
                return self._form(request, None)
            listing = self.write(
                "INSERT INTO listings (seller, published) VALUES (?, ?)", user["id"], now()
            )
            await self._keep(listing, form)
        self.notice(request, "Your listing has been published.")
        return go(_url(listing))

    async def _edit(self, request: Request) -> Response:
        listing, user = self._listing(request), self.user(request)
        if user is None or listing["seller"] != user["id"]:
            return go(_LOGIN)
        if request.method == "GET":
            return self._form(request, listing)
        async with request.form() as form:
            await self._keep(listing["id"], form)
        self.notice(request, "Your listing has been changed.")
        return go(_url(listing["id"]))

    async def _keep(self, listing: int, form: FormData) -> None:
        """Write down what a form says of a listing."""
        self.write(
            "UPDATE listings SET title = ?, description = ?, price = ?, category = ?, city = ?"
            " WHERE id = ?",
            text_of(form, "title"),
            text_of(form, "description"),
            whole(text_of(form, "price"), 0),
            whole(text_of(form, "category"), 1),
            text_of(form, "city"),
            listing,
        )
        if (picture := await self.keep_upload(form, "photo")) is not None:
            self.write("INSERT INTO photos VALUES (?, ?)", listing, picture)

    def _delete(self, request: Request) -> Response:
        listing, user = self._listing(request), self.user(request)
        if user is None or listing["seller"] != user["id"]:
            return go(_LOGIN)
        self.write("DELETE FROM listings WHERE id = ?", listing["id"])
        self.notice(request, "Your listing has been deleted.")
        return go("/index.php?page=user&action=items")

    def _form(self, request: Request, listing: sqlite3.Row | None) -> Response:
        categories = self.all("SELECT * FROM categories")
        return self.page(request, "publish", {"listing": listing, "categories": categories})


_LOGIN = "/index.php?page=login"

_LISTINGS = """
SELECT listings.*, users.name AS seller_name, categories.name AS category_name,
    (SELECT min(picture) FROM photos WHERE listing = listings.id) AS picture
FROM listings JOIN users ON users.id = seller JOIN categories ON categories.id = category
"""


def _url(listing: int) -> str:
    return f"/index.php?page=item&id={listing}"
