"""What the sites hold while one practises on them: drawn by seed, in the form of their files.

No product, listing, post or city of the 64 tasks is among them, and nobody but the agent (a test).
"""

import json
from collections.abc import Mapping
from functools import cache
from itertools import count
from random import Random
from typing import Any

from vigorl.tasks.sites.application import HERE
from vigorl.tasks.visualwebarena.accounts import Accounts
from vigorl.tasks.visualwebarena.task import SiteName

SHELVES = 6
"""Categories of the shop and of the classifieds, and forums."""
ON_A_SHELF = 5
"""Products or listings of each category."""
IN_A_FORUM = 4
"""Posts of each forum."""
OWN = 3
"""Listings and posts of the agent's."""

Contents = Mapping[SiteName, Mapping[str, Any]]


@cache
def words() -> dict[str, Any]:
    """What contents are drawn from."""
    read: dict[str, Any] = json.loads((HERE / "content" / "practice.json").read_text("utf-8"))
    return read


def drawn_contents(seed: int) -> Contents:
    """The contents of a seed."""
    return {
        "shopping": _shop(Random(f"shop:{seed}")),
        "classifieds": _classifieds(Random(f"classifieds:{seed}")),
        "reddit": _forum(Random(f"forum:{seed}")),
    }


def _shop(random: Random) -> dict[str, Any]:
    told = words()
    shelves = random.sample(sorted(told["shelves"]), SHELVES)
    people = random.sample(told["people"], 7)
    names: set[str] = set()
    products = []
    for shelf in shelves:
        prices = random.sample(range(4, 180), ON_A_SHELF)
        for price in prices:
            name, line = _product(random, shelf, names)
            products.append(
                [
                    name,
                    price + random.choice((0.0, 0.5, 0.95)),
                    shelf,
                    random.choice(told["makers"]),
                    {
                        "Material": random.choice(told["materials"]),
                        "Item Weight": random.choice(told["weights"]),
                    },
                    told["options"].get(shelf, {}) if random.random() < 0.5 else {},
                    random.choice(told["sentences"]),
                    line,
                ]
            )
    town, region, code = random.choice(told["towns"])
    return {
        "inputs": [],
        "categories": shelves,
        "customers": people,
        "address": {
            "name": people[0],
            "street": random.choice(told["streets"]),
            "city": town,
            "region": region,
            "zip": code,
            "phone": str(random.randrange(2_000_000_000, 9_999_999_999)),
        },
        "products": products,
        "reviews": told["reviews"],
        "own_reviews": _own_reviews(random, [row[0] for row in products], people[1:]),
        "orders": _orders(random, products),
    }


def _product(random: Random, shelf: str, taken: set[str]) -> tuple[str, str]:
    """A name that is not taken yet, and the line of its picture."""
    told = words()
    while True:
        noun, thing = random.choice(told["shelves"][shelf])
        name = f"{random.choice(told['models'])} {noun}{random.choice(told['suffixes'])}"
        if name not in taken:
            taken.add(name)
            return name, f"{thing} {random.choice(told['colors'])} on table"


def _own_reviews(random: Random, names: list[str], people: list[str]) -> list[list[Any]]:
    """Of four products, reviews by people whose names tell them apart."""
    reviews = []
    for name in random.sample(names, 4):
        texts = random.sample(words()["reviews"], 2)
        reviews += [
            [name, who, *text] for who, text in zip(random.sample(people, 2), texts, strict=True)
        ]
    return reviews


def _orders(random: Random, products: list[list[Any]]) -> list[list[Any]]:
    """Four orders of different months, each in another state."""
    states = random.sample(("Complete", "Canceled", "Processing", "Pending", "On Hold"), 4)
    months = sorted(random.sample(range(1, 13), 4))
    ordered = random.sample(products, 8)
    orders = []
    for number, (month, state) in enumerate(zip(months, states, strict=True)):
        articles = [
            [row[0], random.randint(1, 4), {name: values[0] for name, values in row[5].items()}]
            for row in ordered[2 * number : 2 * number + random.randint(1, 2)]
        ]
        orders.append([f"2023-{month:02d}-{random.randint(1, 28):02d}", state, articles])
    return orders


def _classifieds(random: Random) -> dict[str, Any]:
    told = words()
    markets = random.sample(sorted(told["markets"]), SHELVES)
    cities = random.sample(told["cities"], 5)
    owner = _owner("classifieds")
    sellers = random.sample(told["people"], 6)
    titles: set[str] = set()
    listings = []
    for market in markets:
        for price in random.sample(range(10, 900, 5), ON_A_SHELF):
            title, line = _title(random, market, titles)
            listings.append(
                [
                    title,
                    price,
                    market,
                    random.choice(cities),
                    random.choice(sellers),
                    random.choice(told["offers"]),
                    [line],
                ]
            )
    for listing in random.sample(listings, OWN):
        listing[4] = owner
    asked = random.sample(range(1, len(listings) + 1), 5)
    comments = [[number, random.choice(sellers), "Question", random.choice(told["remarks"])]
                for number in asked]  # fmt: skip
    return {
        "inputs": [],
        "categories": markets,
        "cities": cities,
        "users": [owner, *sellers],
        "endings": told["endings"],
        "listings": listings,
        "comments": comments,
    }


def _title(random: Random, market: str, taken: set[str]) -> tuple[str, str]:
    """A title that is not taken yet, and the line of its picture."""
    told = words()
    while True:
        noun, thing = random.choice(told["markets"][market])
        title = ", ".join(filter(None, (noun, random.choice(told["conditions"]))))
        if title not in taken:
            taken.add(title)
            return title, f"{thing} {random.choice(told['colors'])} on lawn"


def _forum(random: Random) -> dict[str, Any]:
    told = words()
    fixed, *others = told["forums"]  # every page leads to the first one
    forums = [fixed, *random.sample(others, SHELVES - 1)]
    owner = Accounts().reddit.name
    people = random.sample(told["handles"], 9)
    titles = iter(random.sample(told["titles"], len(told["titles"])))
    votes = iter(random.sample(range(3, 700), len(told["titles"])))
    posts = []
    for name, _ in forums:
        for _ in range(IN_A_FORUM):
            line = f"{random.choice(told['things'])} {random.choice(told['colors'])} on lawn"
            body = random.choice(told["bodies"])
            is_picture = random.random() < 0.4
            posts.append(
                [
                    name,
                    next(titles),
                    random.choice(people),
                    next(votes),
                    line if is_picture else "",
                    "" if is_picture else body,
                ]
            )
    for post in random.sample(posts, OWN):
        post[2] = owner
    number = count(1)
    comments = [
        [place, random.choice(people), random.choice(told["comments"]), random.randint(20, 60)]
        for place, post in zip(number, posts, strict=False)
        if random.random() < 0.4 and post[2] != owner
    ]
    return {
        "subscribed": [forum[0] for forum in random.sample(forums, 2)],
        "users": [owner, *people],
        "forums": [[name, about, random.sample(told["rules"], 2)] for name, about in forums],
        "posts": posts,
        "remarks": dict.fromkeys(("picture", "question", "answer"), told["comments"]),
        "comments": comments,
    }


def _owner(site: SiteName) -> str:
    """Whom the agent signs in as; its name follows from the address of its account."""
    address: str = getattr(Accounts(), site).name
    return address.partition("@")[0].replace(".", " ").title()
