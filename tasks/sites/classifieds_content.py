"""What the classifieds begin with: users, listings, comments."""

import random
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vigorl.tasks.sites.application import fill_inputs
from vigorl.tasks.visualwebarena.accounts import Account

NEWEST = datetime(2024, 3, 20, 18, 0, tzinfo=UTC)
"""When the newest listing was published."""

TABLES = """
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE listings (
    id INTEGER PRIMARY KEY, title TEXT, description TEXT, price INTEGER, category INTEGER,
    city TEXT, seller INTEGER, published TEXT);
CREATE TABLE photos (listing INTEGER, picture INTEGER);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY, listing INTEGER, author INTEGER, title TEXT, body TEXT, at TEXT);
"""


def fill_classifieds(
    database: sqlite3.Connection, account: Account, data: Mapping[str, Any]
) -> None:
    """Write it all; what is drawn is drawn from one seed. The first user is the agent."""
    draw = random.Random(1)
    for name in data["users"]:
        own = name == data["users"][0]
        email = f"{name.lower().replace(' ', '.')}@{'gmail.com' if own else 'mail.example'}"
        database.execute(
            "INSERT INTO users (name, email, password) VALUES (?, ?, ?)",
            (name, email, account.password if own else None),
        )
    database.executemany(
        "INSERT INTO categories (name) VALUES (?)", [(name,) for name in data["categories"]]
    )
    order = list(range(len(data["listings"])))
    draw.shuffle(order)
    for place, row in zip(order, data["listings"], strict=True):
        title, price, category, city, seller, text, photos = row
        published = NEWEST - timedelta(hours=7 * place, minutes=draw.randrange(60))
        listing = database.execute(
            "INSERT INTO listings (title, description, price, category, city, seller, published)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                title,
                f"{text} {draw.choice(data['endings'])}",
                price,
                data["categories"].index(category) + 1,
                city,
                data["users"].index(seller) + 1,
                published.isoformat(),
            ),
        ).lastrowid
        for line in photos:
            picture = database.execute("INSERT INTO pictures (line) VALUES (?)", (line,))
            database.execute("INSERT INTO photos VALUES (?, ?)", (listing, picture.lastrowid))
    for day, (listing, author, title, body) in enumerate(data["comments"]):
        at = (NEWEST + timedelta(days=day)).isoformat()
        database.execute(
            "INSERT INTO comments (listing, author, title, body, at) VALUES (?, ?, ?, ?, ?)",
            (listing, data["users"].index(author) + 1, title, body, at),
        )
    fill_inputs(database, data["inputs"])
