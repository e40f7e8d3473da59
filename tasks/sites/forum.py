"""A forum: forums, posts, trees of comments, votes; after the pages of Postmill."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vigorl.tasks.sites.application import StandInSite, now
from vigorl.tasks.sites.forum_content import TABLES, fill_forum
from vigorl.tasks.sites.pages import ListPage, go, slug, text_of, whole
from vigorl.tasks.visualwebarena.accounts import Accounts

PAGE_SIZE = 10
SORTS = {"hot": "score * 1.0 / (julianday('2024-03-22') - julianday(at) + 1)", "top": "score"}
"""How posts are ordered, besides by time."""


@dataclass
class Comment:
    """One comment and what was answered to it."""

    row: sqlite3.Row
    level: int
    answers: list["Comment"] = field(default_factory=list)


class Forum(StandInSite):
    """The site."""

    name = "reddit"
    title = "Forum"
    account = Accounts().reddit
    tables = TABLES

    def fill(self, database: sqlite3.Connection) -> None:
        """Write users, forums, posts and comments."""
        fill_forum(database, self.account, self.content)

    def frame(self, request: Request) -> dict[str, Any]:
        """The forums that the visitor follows."""
        followed = self.all(
            "SELECT name FROM forums JOIN subscriptions ON forum = forums.id WHERE user = ?"
            " ORDER BY lower(name)",
            self._user_id(request),
        )
        return {"followed": [row["name"] for row in followed], "forum": None}

    def routes(self) -> Sequence[BaseRoute]:
        """Its pages, by the paths of Postmill."""
        post = ["POST"]
        both = ["GET", "POST"]
        return (
            Route("/", self._front),
            Route("/forums", self._forums),
            Route("/forums/all", self._forums),
            Route("/search", self._search),
            Route("/login", self._login, methods=both),
            Route("/logout", self._logout, methods=post),
            Route("/submit", self._submit, methods=both),
            Route("/submit/{forum}", self._submit, methods=both),
            Route("/messages", self._messages),
            Route("/user/{name}", self._user),
            Route("/user/{name}/edit_biography", self._biography, methods=both),
            Route("/user/{name}/compose_message", self._compose, methods=both),
            Route("/sv/{number:int}", self._vote_post, methods=post),
            Route("/cv/{number:int}", self._vote_comment, methods=post),
            Route("/f/{forum}", self._forum),
            Route("/f/{forum}/{action:str}", self._subscribe, methods=post),
            Route("/f/{forum}/{number:int}", self._post),
            Route("/f/{forum}/{number:int}/-/comment", self._comment, methods=post),
            Route("/f/{forum}/{number:int}/-/comment/{comment:int}", self._post),
            Route("/f/{forum}/{number:int}/-/delete", self._delete, methods=post),
            Route("/f/{forum}/{number:int}/{slug}", self._post),
            Route("/f/{forum}/{sort}", self._forum),
            Route("/{sort}", self._front),
        )

    # --------------------------------------------------------------------------------- looking

    async def _front(self, request: Request) -> Response:
        return self._listed(request, None)

    async def _forum(self, request: Request) -> Response:
        return self._listed(request, self._forum_of(request))

    def _listed(self, request: Request, forum: sqlite3.Row | None) -> Response:
        sort = request.path_params.get("sort", "hot")
        if sort not in ("hot", "new", "top"):
            raise HTTPException(404)
        order = f"{SORTS.get(sort, 'at')} DESC, posts.id"
        where = "WHERE forum = ?" if forum else ""
        rows = self._posts(request, f"{where} ORDER BY {order}", *([forum["id"]] if forum else []))
        context = {
            "posts": ListPage.of(rows, whole(request.query_params.get("p"), 1), PAGE_SIZE),
            "forum": forum,
            "sort": sort,
        }
        return self.page(request, "posts", context)

    async def _forums(self, request: Request) -> Response:
        rows = self.all(
            "SELECT forums.*, count(posts.id) AS posts FROM forums LEFT JOIN posts"
            " ON forum = forums.id GROUP BY forums.id ORDER BY lower(name)"
        )
        return self.page(request, "forums", {"forums": rows})

    async def _search(self, request: Request) -> Response:
        words = request.query_params.get("q", "").split()
        where = " AND ".join(["(title || ' ' || coalesce(body, '')) LIKE ?"] * len(words)) or "0"
        rows = self._posts(
            request, f"WHERE {where} ORDER BY score DESC", *(f"%{w}%" for w in words)
        )
        context = {"posts": ListPage.of(rows, whole(request.query_params.get("p"), 1), PAGE_SIZE)}
        return self.page(request, "search", context)

    async def _post(self, request: Request) -> Response:
        post = self._post_of(request)
        rows = self.all(
            "SELECT comments.*, users.name, comments.votes + coalesce(sum(choice), 0) AS score,"
            " (SELECT choice FROM votes WHERE kind = 'c' AND target = comments.id AND user = ?)"
            " AS mine FROM comments JOIN users ON users.id = author LEFT JOIN votes ON kind = 'c'"
            " AND target = comments.id WHERE post = ? GROUP BY comments.id ORDER BY at",
            self._user_id(request),
            post["id"],
        )
        context = {"post": post, "comments": _tree(rows), "count": len(rows)}
        return self.page(request, "post", {**context, "forum": self._forum_of(request)})

    async def _user(self, request: Request) -> Response:
        owner = self.one("SELECT * FROM users WHERE name = ?", request.path_params["name"])
        biography = self.all("SELECT body FROM biographies WHERE user = ?", owner["id"])
        comments = self.all(
            "SELECT comments.*, posts.title, forums.name AS forum_name FROM comments"
            " JOIN posts ON posts.id = post JOIN forums ON forums.id = forum"
            " WHERE comments.author = ? ORDER BY comments.at DESC LIMIT 10",
            owner["id"],
        )
        context = {
            "owner": owner,
            "biography": biography[0]["body"] if biography else "",
            "posts": self._posts(request, "WHERE author = ? ORDER BY at DESC", owner["id"]),
            "comments": comments,
        }
        return self.page(request, "user", context)

    async def _messages(self, request: Request) -> Response:
        if (user := self.user(request)) is None:
            return go("/login")
        rows = self.all(
            "SELECT messages.*, s.name AS sender_name, r.name AS receiver_name FROM messages"
            " JOIN users AS s ON s.id = sender JOIN users AS r ON r.id = receiver"
            " WHERE ? IN (sender, receiver) ORDER BY at DESC",
            user["id"],
        )
        return self.page(request, "messages", {"messages": rows})

    def _posts(self, request: Request, rest: str, *values: Any) -> list[sqlite3.Row]:
        """Posts with their scores and what the visitor has voted."""
        return self.all(
            "SELECT * FROM (SELECT posts.*, users.name AS author_name, forums.name AS forum_name,"
            " votes + (SELECT coalesce(sum(choice), 0) FROM votes WHERE kind = 's'"
            " AND target = posts.id) AS score,"
            " (SELECT choice FROM votes WHERE kind = 's' AND target = posts.id AND user = ?)"
            " AS mine, (SELECT count(*) FROM comments WHERE post = posts.id) AS comments"
            " FROM posts JOIN users ON users.id = author JOIN forums ON forums.id = forum)"
            f" AS posts {rest}",
            self._user_id(request),
            *values,
        )

    def _post_of(self, request: Request) -> sqlite3.Row:
        found = self._posts(
            request,
            "WHERE id = ? AND forum_name = ? COLLATE NOCASE",
            request.path_params["number"],
            request.path_params["forum"],
        )
        if not found:
            raise HTTPException(404)
        return found[0]

    def _forum_of(self, request: Request) -> sqlite3.Row:
        name = request.path_params["forum"]
        return self.one("SELECT * FROM forums WHERE name = ? COLLATE NOCASE", name)

    def _user_id(self, request: Request) -> int | None:
        user = self.user(request)
        return user["id"] if user else None

    # -------------------------------------------------------------------------------- changing

    async def _login(self, request: Request) -> Response:
        failed = False
        if request.method == "POST":
            form = await request.form()
            answer = self.sign_in(text_of(form, "username"), text_of(form, "password"), "/")
            if answer is not None:
                return answer
            failed = True
        return self.page(request, "login", {"failed": failed})

    async def _logout(self, request: Request) -> Response:
        return self.sign_out("/")

    async def _submit(self, request: Request) -> Response:
        if (user := self.user(request)) is None:
            return go("/login")
        forums = self.all("SELECT * FROM forums ORDER BY lower(name)")
        chosen = request.path_params.get("forum", "")
        context = {"forums": forums, "chosen": chosen}
        if request.method == "GET":
            return self.page(request, "submit", context)
        async with request.form() as form:
            title = text_of(form, "title")
            if not title:
                return self.page(request, "submit", context)
            forum = self.one("SELECT * FROM forums WHERE name = ?", text_of(form, "forum"))
            number = self.write(
                "INSERT INTO posts (forum, author, title, body, url, picture, votes, at)"
                " VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
                forum["id"],
                user["id"],
                title,
                text_of(form, "body"),
                text_of(form, "url"),
                await self.keep_upload(form, "image"),
                now(),
            )
        return go(f"/f/{forum['name']}/{number}/{slug(title)}")

    async def _comment(self, request: Request) -> Response:
        post, user, form = self._post_of(request), self.user(request), await request.form()
        if user is None:
            return go("/login")
        if body := text_of(form, "comment"):
            parent = whole(text_of(form, "parent"), 0) or None
            self.write(
                "INSERT INTO comments (post, parent, author, body, votes, at)"
                " VALUES (?, ?, ?, ?, 1, ?)",
                post["id"],
                parent,
                user["id"],
                body,
                now(),
            )
        return go(post_path(post))

    async def _delete(self, request: Request) -> Response:
        post = self._post_of(request)
        if post["author"] == self._user_id(request):
            self.write("DELETE FROM posts WHERE id = ?", post["id"])
            self.notice(request, "The submission was deleted.")
        return go(f"/f/{post['forum_name']}")

    async def _vote_post(self, request: Request) -> Response:
        return await self._vote(request, "s")

    async def _vote_comment(self, request: Request) -> Response:
        return await self._vote(request, "c")

    async def _vote(self, request: Request, kind: str) -> Response:
        """Vote, or take the same vote back."""
        if (user := self.user(request)) is None:
            return go("/login")
        form = await request.form()
        key = (kind, request.path_params["number"], user["id"])
        choice = {"1": 1, "-1": -1}.get(text_of(form, "choice"), 0)
        before = self.all(
            "SELECT choice FROM votes WHERE kind = ? AND target = ? AND user = ?", *key
        )
        self.write("DELETE FROM votes WHERE kind = ? AND target = ? AND user = ?", *key)
        if choice and not (before and before[0]["choice"] == choice):
            self.write("INSERT INTO votes VALUES (?, ?, ?, ?)", *key, choice)
        return go(_local(request.headers.get("referer", "/")))

    async def _subscribe(self, request: Request) -> Response:
        forum, user = self._forum_of(request), self.user(request)
        if user is None:
            return go("/login")
        match request.path_params["action"]:
            case "subscribe":
                sql = "INSERT OR IGNORE INTO subscriptions (forum, user) VALUES (?, ?)"
            case "unsubscribe":
                sql = "DELETE FROM subscriptions WHERE forum = ? AND user = ?"
            case _:
                raise HTTPException(404)
        self.write(sql, forum["id"], user["id"])
        return go(f"/f/{forum['name']}")

    async def _biography(self, request: Request) -> Response:
        user = self.user(request)
        if user is None or user["name"] != request.path_params["name"]:
            return go("/login")
        if request.method == "GET":
            found = self.all("SELECT body FROM biographies WHERE user = ?", user["id"])
            body = found[0]["body"] if found else ""
            return self.page(request, "biography", {"biography": body})
        body = text_of(await request.form(), "biography")
        self.write("INSERT OR REPLACE INTO biographies VALUES (?, ?)", user["id"], body)
        return go(f"/user/{user['name']}")

    async def _compose(self, request: Request) -> Response:
        receiver = self.one("SELECT * FROM users WHERE name = ?", request.path_params["name"])
        if (user := self.user(request)) is None:
            return go("/login")
        if request.method == "GET":
            return self.page(request, "compose", {"receiver": receiver})
        if body := text_of(await request.form(), "message"):
            self.write(
                "INSERT INTO messages (sender, receiver, body, at) VALUES (?, ?, ?, ?)",
                user["id"],
                receiver["id"],
                body,
                now(),
            )
        return go("/messages")


def post_path(post: sqlite3.Row) -> str:
    """Where a post is."""
    return f"/f/{post['forum_name']}/{post['id']}/{slug(post['title'])}"


def _local(url: str) -> str:
    """The path of an address, whoever has named it: nobody is led off the site."""
    return "/" + re.sub(r"^https?://[^/]*", "", url).lstrip("/\\")


def _tree(rows: list[sqlite3.Row]) -> list[Comment]:
    """Comments under those that they answer, the best first."""
    comments = {row["id"]: Comment(row, 1) for row in rows}
    roots = []
    for comment in comments.values():  # in the order of time: an answer comes after its parent
        parent = comments.get(comment.row["parent"])
        if parent is None:
            roots.append(comment)
        else:
            comment.level = parent.level + 1
            parent.answers.append(comment)
    for answers in (roots, *(comment.answers for comment in comments.values())):
        answers.sort(key=lambda comment: -comment.row["score"])
    return roots
