"""What the shop begins with: customers, products, reviews, orders."""

import json
import random
import sqlite3
from collections.abc import Mapping
from typing import Any

from vigorl.tasks.sites.application import fill_inputs
from vigorl.tasks.sites.pages import slug
from vigorl.tasks.visualwebarena.accounts import Account

FIRST_ORDER = 170
"""Number of the oldest order."""

TABLES = """
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT, slug TEXT UNIQUE);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, sku TEXT UNIQUE, name TEXT, slug TEXT UNIQUE, price REAL,
    category INTEGER, details TEXT, options TEXT, description TEXT, picture INTEGER);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY, product INTEGER, nickname TEXT, title TEXT, detail TEXT,
    stars INTEGER, at TEXT);
CREATE TABLE cart (
    id INTEGER PRIMARY KEY, user INTEGER, product INTEGER, quantity INTEGER, options TEXT);
CREATE TABLE wishes (id INTEGER PRIMARY KEY, user INTEGER, product INTEGER,
    UNIQUE (user, product));
CREATE TABLE compared (id INTEGER PRIMARY KEY, user INTEGER, product INTEGER,
    UNIQUE (user, product));
CREATE TABLE addresses (user INTEGER PRIMARY KEY, address TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, user INTEGER, at TEXT, status TEXT, address TEXT);
CREATE TABLE ordered (
    id INTEGER PRIMARY KEY, placed INTEGER, product INTEGER, price REAL, quantity INTEGER,
    options TEXT);
"""


def fill_shop(database: sqlite3.Connection, account: Account, data: Mapping[str, Any]) -> None:
    """Write it all; what is drawn is drawn from one seed. The first customer is the agent."""
    draw = random.Random(3)
    customers: list[str] = data["customers"]
    database.execute(
        "INSERT INTO users (name, email, password) VALUES (?, ?, ?)",
        (customers[0], account.name, account.password),
    )
    database.execute("INSERT INTO addresses VALUES (1, ?)", (json.dumps(data["address"]),))
    for name in data["categories"]:
        database.execute("INSERT INTO categories (name, slug) VALUES (?, ?)", (name, slug(name)))
    ids: dict[str, int] = {}
    for number, row in enumerate(data["products"], 1):
        name, price, category, brand, details, options, description, line = row
        picture = database.execute("INSERT INTO pictures (line) VALUES (?)", (line,)).lastrowid
        database.execute(
            "INSERT INTO products (sku, name, slug, price, category, details, options,"
            " description, picture) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                f"STAND{number:04d}",
                name,
                slug(name),
                price,
                data["categories"].index(category) + 1,
                json.dumps({"Brand Name": brand, "Manufacturer": brand, **details}),
                json.dumps(options),
                description,
                picture,
            ),
        )
        ids[name] = number
        own = [row[1:] for row in data["own_reviews"] if row[0] == name]
        drawn = [] if own else draw.sample(data["reviews"], draw.randint(0, 4))
        rows = own or [[draw.choice(customers[1:]), *review] for review in drawn]
        for day, (nickname, title, detail, stars) in enumerate(rows, 1):
            database.execute(
                "INSERT INTO reviews (product, nickname, title, detail, stars, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (number, nickname, title, detail, stars, f"2023-11-{day:02d}T12:00:00+00:00"),
            )
    for number, (day, status, articles) in enumerate(data["orders"], FIRST_ORDER):
        database.execute(
            "INSERT INTO orders VALUES (?, 1, ?, ?, ?)",
            (number, f"{day}T10:00:00+00:00", status, json.dumps(data["address"])),
        )
        for name, quantity, options in articles:
            database.execute(
                "INSERT INTO ordered (placed, product, price, quantity, options)"
                " SELECT ?, id, price, ?, ? FROM products WHERE id = ?",
                (number, quantity, json.dumps(options), ids[name]),
            )
    fill_inputs(database, data["inputs"])
