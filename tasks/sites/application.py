"""What the three sites have in common: a database with a way back, visitors, pictures, pages."""

import asyncio
import io
import json
import secrets
import sqlite3
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from vigorl.tasks.sites.pages import go, slug
from vigorl.tasks.sites.pictures import jpeg
from vigorl.tasks.visualwebarena.accounts import Account
from vigorl.tasks.visualwebarena.task import SiteName

HERE = Path(__file__).parent

UPLOAD_LIMIT_PX = 1600
"""Longest side of a picture that is kept of an upload."""

FIRST_INPUT = 901
"""Number of the first picture that belongs to a task and stands on no page."""

_COMMON_TABLES = """
CREATE TABLE pictures (id INTEGER PRIMARY KEY, line TEXT, file BLOB);
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, email TEXT, password TEXT);
"""


@dataclass
class _Visitor:
    """Somebody who has signed in."""

    user_id: int
    notice: str = ""
    """A sentence that the next page says on top."""


class StandInSite(ABC):
    """One site: a database, who is signed in, and its pages.

    Args:
        folder: Where its database is; one that is there is gone on with.
        reset_token: What it wants to hear before it resets itself; a secret of its operator's.
        content: What it begins with, in the form of its file; None: what is in the file.
    """

    name: ClassVar[SiteName]
    """As task files call it."""
    title: ClassVar[str]
    tables: ClassVar[str]
    """SQL that makes its own tables."""
    account: ClassVar[Account]
    """As whom the agent signs in."""

    def __init__(
        self, folder: Path, reset_token: str, content: Mapping[str, Any] | None = None
    ) -> None:
        self.content = content or content_of(self.name)
        self._reset_token = reset_token
        self._pristine = sqlite3.connect(":memory:")
        self._pristine.row_factory = sqlite3.Row
        self._pristine.executescript(_COMMON_TABLES + self.tables)
        with self._pristine:
            self.fill(self._pristine)
        path = folder / f"{self.name}.db"
        is_new = not path.exists()
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.row_factory = sqlite3.Row
        self.database.execute("PRAGMA synchronous = OFF")
        self._visitors: dict[str, _Visitor] = {}
        self.fault: Exception | None = None
        """The first defect of a page since the last reset: what came after cannot be judged."""
        if is_new:
            self.reset()
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates" / _FOLDERS[self.name]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"slug": slug, "money": lambda value: f"{value:,.2f}"}

    @property
    def application(self) -> Starlette:
        """What answers requests."""
        common = (
            Route("/reset", self._reset, methods=["POST"]),
            Route("/media/{number:int}.jpg", self._picture),
            Route("/static/{name}", self._static),
        )
        return Starlette(
            routes=[*common, *self.routes()],
            exception_handlers={404: self._missing, 500: self._broken},
        )

    def reset(self) -> None:
        """Put everything back to how it was; who is signed in stays so."""
        self._pristine.backup(self.database)
        self.fault = None
        for visitor in self._visitors.values():
            visitor.notice = ""

    def close(self) -> None:
        """Close the database."""
        self.database.close()
        self._pristine.close()

    # ------------------------------------------------------------------- what a site defines

    @abstractmethod
    def fill(self, database: sqlite3.Connection) -> None:
        """Write the content that it begins with."""

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """Its pages."""

    def frame(self, request: Request) -> dict[str, Any]:
        """What stands around all of its pages."""
        return {}

    # ------------------------------------------------------------------------------ database

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        return self.database.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> sqlite3.Row:
        """The first row of a query.

        Raises:
            HTTPException: there is none (404).
        """
        row: sqlite3.Row | None = self.database.execute(sql, values).fetchone()
        if row is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return row

    def write(self, sql: str, *values: Any) -> int:
        """Change something; the id of the row that was inserted last."""
        return self.database.execute(sql, values).lastrowid or 0

    # ------------------------------------------------------------------------------ visitors

    def user(self, request: Request) -> sqlite3.Row | None:
        """Who asks, if they have signed in."""
        if (visitor := self._visitor(request)) is None:
            return None
        return self.one("SELECT * FROM users WHERE id = ?", visitor.user_id)

    def notice(self, request: Request, text: str) -> None:
        """Say something on the next page that the visitor sees."""
        if (visitor := self._visitor(request)) is not None:
            visitor.notice = text

    def sign_in(self, name: str, password: str, to: str) -> Response | None:
        """Lead somebody in; None where the name (or address) and the password do not fit."""
        found = self.all(
            "SELECT id FROM users WHERE ? IN (name, email) AND password = ?", name, password
        )
        if not found:
            return None
        token = secrets.token_urlsafe()
        self._visitors[token] = _Visitor(found[0]["id"])
        response = go(to)
        response.set_cookie(self._cookie, token, httponly=True, samesite="lax")
        return response

    def sign_out(self, to: str) -> Response:
        """Lead somebody out: this browser alone, as later episodes begin with the same log-in."""
        response = go(to)
        response.delete_cookie(self._cookie)
        return response

    @property
    def _cookie(self) -> str:
        # Cookies know no ports: each site's has a name of its own.
        return f"{self.name}_session"

    def _visitor(self, request: Request) -> _Visitor | None:
        return self._visitors.get(request.cookies.get(self._cookie, ""))

    # --------------------------------------------------------------------------------- pages

    def page(
        self, request: Request, template: str, context: Mapping[str, Any], status: int = 200
    ) -> Response:
        """A page from its template."""
        visitor = self._visitor(request)
        html = self._templates.get_template(f"{template}.html.jinja").render(
            {
                "user": self.user(request),
                "notice": visitor.notice if visitor else "",
                "path": request.url.path,
                "query": defaultdict(str, request.query_params),
                **self.frame(request),
                **context,
            }
        )
        if visitor is not None:
            visitor.notice = ""
        return HTMLResponse(html, status, {"Cache-Control": "no-store"})

    async def keep_upload(self, form: FormData, field: str) -> int | None:
        """Keep the picture of a form; the number of its own that it gets.

        None where there is none, or where it is no picture.
        """
        upload = form.get(field)
        if not isinstance(upload, UploadFile):
            return None
        try:
            image = Image.open(io.BytesIO(await upload.read())).convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError):
            return None
        image.thumbnail((UPLOAD_LIMIT_PX, UPLOAD_LIMIT_PX))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=95)
        return self.write("INSERT INTO pictures (file) VALUES (?)", buffer.getvalue())

    async def _picture(self, request: Request) -> Response:
        number = request.path_params["number"]
        row = self.one("SELECT line, file FROM pictures WHERE id = ?", number)
        if row["file"] is not None:
            return Response(row["file"], 200, {"Cache-Control": "no-store"}, "image/jpeg")
        light = 1000 * list(_FOLDERS).index(self.name) + number
        data = await asyncio.to_thread(jpeg, row["line"], light)
        return Response(data, 200, {"Cache-Control": "max-age=3600"}, "image/jpeg")

    async def _static(self, request: Request) -> Response:
        path = HERE / "static" / Path(request.path_params["name"]).name
        if not path.is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(path, headers={"Cache-Control": "no-cache"})

    async def _missing(self, request: Request, error: Exception) -> Response:
        return self.page(request, "missing", {}, HTTPStatus.NOT_FOUND)

    async def _broken(self, request: Request, error: Exception) -> Response:
        self.fault = self.fault or error
        return HTMLResponse("<h1>This page is broken.</h1>", HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _reset(self, request: Request) -> Response:
        return self.reset_if_told(await request.form())

    def reset_if_told(self, form: FormData) -> Response:
        """Answer a request to reset the site; 403 without the token."""
        given = form.get("token")
        told = given.encode() if isinstance(given, str) else b""
        if not secrets.compare_digest(told, self._reset_token.encode()):
            return Response("a wrong token\n", HTTPStatus.FORBIDDEN)
        self.reset()
        return Response("reset\n")


_FOLDERS: dict[SiteName, str] = {
    "classifieds": "classifieds",
    "reddit": "forum",
    "shopping": "shop",
}
"""Where each site's templates are."""


def content_of(name: SiteName) -> dict[str, Any]:
    """What a site begins with, from its file."""
    path = HERE / "content" / f"{_FOLDERS[name]}.json"
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def fill_inputs(database: sqlite3.Connection, lines: Sequence[str]) -> None:
    """Write the pictures that belong to tasks and stand on no page."""
    rows = enumerate(lines, FIRST_INPUT)
    database.executemany("INSERT INTO pictures (id, line) VALUES (?, ?)", rows)


def now() -> str:
    """The time, as it is kept: UTC, to the microsecond so that nothing is at the same time."""
    return datetime.now(UTC).isoformat()
