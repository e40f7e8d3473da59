"""What the forum begins with: users, forums, posts, trees of comments."""

import random
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vigorl.tasks.visualwebarena.accounts import Account

NEWEST = datetime(2024, 3, 20, 18, 0, tzinfo=UTC)
"""When the newest post was written."""

TABLES = """
CREATE TABLE forums (id INTEGER PRIMARY KEY, name TEXT UNIQUE, about TEXT, rules TEXT);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, forum INTEGER, author INTEGER, title TEXT, body TEXT, url TEXT,
    picture INTEGER, votes INTEGER, at TEXT);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY, post INTEGER, parent INTEGER, author INTEGER, body TEXT,
    votes INTEGER, at TEXT);
CREATE TABLE votes (kind TEXT, target INTEGER, user INTEGER, choice INTEGER,
    PRIMARY KEY (kind, target, user));
CREATE TABLE subscriptions (forum INTEGER, user INTEGER, PRIMARY KEY (forum, user));
CREATE TABLE biographies (user INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, sender INTEGER, receiver INTEGER, body TEXT, at TEXT);
"""


def fill_forum(database: sqlite3.Connection, account: Account, data: Mapping[str, Any]) -> None:
    """Write it all; what is drawn is drawn from one seed."""
    draw = random.Random(2)
    users: list[str] = data["users"]
    for name in users:
        password = account.password if name == account.name else None
        database.execute("INSERT INTO users (name, password) VALUES (?, ?)", (name, password))
    names = [name for name, _, _ in data["forums"]]
    for name, about, rules in data["forums"]:
        database.execute(
            "INSERT INTO forums (name, about, rules) VALUES (?, ?, ?)",
            (name, about, "\n".join(rules)),
        )
    for name in data["subscribed"]:
        database.execute("INSERT INTO subscriptions VALUES (?, 1)", (names.index(name) + 1,))
    order = list(range(len(data["posts"])))
    draw.shuffle(order)
    for place, (forum, title, author, votes, line, body) in zip(order, data["posts"], strict=True):
        picture = None
        if line:
            picture = database.execute("INSERT INTO pictures (line) VALUES (?)", (line,)).lastrowid
        at = NEWEST - timedelta(hours=9 * place, minutes=draw.randrange(60))
        post = database.execute(
            "INSERT INTO posts (forum, author, title, body, picture, votes, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                names.index(forum) + 1,
                users.index(author) + 1,
                title,
                body,
                picture,
                votes,
                at.isoformat(),
            ),
        ).lastrowid
        own = [row[1:] for row in data["comments"] if row[0] == post]
        talk = _talk(data, draw, [name for name in users[1:] if name != author], bool(line))
        parents: list[int] = []
        for number, (parent, name, text, score) in enumerate(
            [*((None, *row) for row in own), *talk]
        ):
            moment = at + timedelta(minutes=20 + 17 * number)
            comment = database.execute(
                "INSERT INTO comments (post, parent, author, body, votes, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    post,
                    None if parent is None else parents[parent + len(own)],
                    users.index(name) + 1,
                    text,
                    score,
                    moment.isoformat(),
                ),
            )
            parents.append(comment.lastrowid or 0)


def _talk(
    data: Mapping[str, Any], draw: random.Random, users: list[str], has_picture: bool
) -> list[tuple[int | None, str, str, int]]:
    """Remarks under a post: which one is answered (None: the post), who, what, and the score."""
    kind = "picture" if has_picture else "question"
    remarks = draw.sample(data["remarks"][kind], draw.randint(1, 4))
    talk: list[tuple[int | None, str, str, int]] = [
        (None, draw.choice(users), text, draw.randint(1, 18)) for text in remarks
    ]
    for _ in range(draw.randint(0, 3)):
        answered = draw.randrange(len(talk))
        text = draw.choice(data["remarks"]["answer"])
        talk.append((answered, draw.choice(users), text, draw.randint(1, 9)))
    return talk
