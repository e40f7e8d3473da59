"""Tasks of practice in the shop."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from vigorl.tasks.local.plan import PlanStep, choose, click
from vigorl.tasks.sites.pages import slug
from vigorl.tasks.sites.plans.moves import button, link, search, write
from vigorl.tasks.sites.practice.contents import words
from vigorl.tasks.sites.practice.task import Draws, SiteState, SiteTask, asked
from vigorl.tasks.sites.shop_content import FIRST_ORDER
from vigorl.tasks.sites.shop_customer import SHIPPING_USD

_SITE = "shopping"
_CART = click("My Cart", ".showcart", "link")
_CHECKOUT = (
    click("Proceed to Checkout", "#proceed", "link"),
    link("Next"),
    button("Place Order"),
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip


class _Product:
    """A product of the contents."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.name, self.price, self.shelf, self.maker, self.details, self.options, *_ = row
        self.path = f"/{slug(self.name)}.html"
        self.chosen = {name: values[len(values) // 2] for name, values in self.options.items()}
        self.shown_price = f"${self.price:,.2f}"

    @property
    def said(self) -> str:
        """Its name, and the options that are meant."""
        with_options = [f"{name.lower()} {value}" for name, value in self.chosen.items()]
        return ", ".join([self.name, *with_options])

    def way(self, random: Random) -> list[PlanStep]:
        """By the search, or through its category."""
        there = click(self.name, f'.product-item-link:text-is("{self.name}")', "link")
        if random.random() < 0.5:
            return [*search(self.name, "#search"), there]
        return [link(self.shelf), there]

    def add(self) -> list[PlanStep]:
        """Lay it into the cart, with its options."""
        return [
            *(choose(value, name, f"#option-{name}") for name, value in self.chosen.items()),
            button("Add to Cart"),
        ]


def _product(random: Random, data: Any) -> _Product:
    return _Product(random.choice(data["products"]))


def _open(random: Random, data: Any) -> SiteTask:
    product = _product(random, data)
    goal = random.choice(
        (
            "Open the page of the {}.",
            "Show me the {}.",
            "Go to the product page of the {}.",
            "Find the {} and open it.",
        )
    ).format(product.name)
    return SiteTask(_SITE, goal, product.way(random), lambda state: state.path == product.path)


def _in_cart(state: SiteState) -> list[tuple[Any, ...]]:
    return state.rows(
        "SELECT name, quantity FROM cart JOIN products ON products.id = product WHERE user = 1"
    )


def _lay(random: Random, data: Any) -> SiteTask:
    product = _product(random, data)
    goal = random.choice(
        (
            "Put the {} into my cart, but do not order it.",
            "Add the {} to the cart.",
            "Lay one {} into the shopping cart.",
            "I may want the {}: put it in my cart.",
        )
    ).format(product.said)
    return SiteTask(
        _SITE,
        goal,
        [*product.way(random), *product.add()],
        lambda state: _in_cart(state) == [(product.name, 1)] and len(_orders(state)) == 4,
    )


def _orders(state: SiteState) -> list[tuple[Any, ...]]:
    return state.rows("SELECT id FROM orders")


def _buy(random: Random, data: Any) -> SiteTask:
    product, quantity = _product(random, data), random.randint(1, 4)
    goal = random.choice(
        (
            "Buy {} of the {}.",
            "Order {} x {}.",
            "I need {} pieces of the {}. Order them, please.",
        )
    ).format(quantity, product.said)
    amount = [write(str(quantity), "Qty", "#qty")] if quantity > 1 else []

    def is_done(state: SiteState) -> bool:
        return state.rows(
            "SELECT name, quantity FROM ordered JOIN products ON products.id = product"
            " WHERE placed >= ?",
            FIRST_ORDER + 4,
        ) == [(product.name, quantity)]

    way = [*product.way(random), *amount, *product.add(), _CART, *_CHECKOUT]
    return SiteTask(_SITE, goal, way, is_done)


def _kept(table: str, goals: tuple[str, ...], step: PlanStep) -> Draws:
    def draw(random: Random, data: Any) -> SiteTask:
        product = _product(random, data)
        sql = f"SELECT name FROM {table} JOIN products ON products.id = product"
        return SiteTask(
            _SITE,
            random.choice(goals).format(product.name),
            [*product.way(random), step],
            lambda state: state.rows(sql) == [(product.name,)],
        )

    return draw


_wish = _kept(
    "wishes",
    ("Put the {} on my wish list.", "Save the {} to the wish list.", "I wish for the {}: list it."),
    click("Add to Wish List", "#wish", "button"),
)
_compare = _kept(
    "compared",
    ("Put the {} on the list for comparison.", "Add the {} to the products to compare."),
    click("Add to Compare", "#compare", "button"),
)


def _extreme(random: Random, data: Any) -> SiteTask:
    shelf, is_cheapest = random.choice(data["categories"]), random.random() < 0.5
    products = [_Product(row) for row in data["products"] if row[2] == shelf]
    chosen = (min if is_cheapest else max)(products, key=lambda product: product.price)
    goal = random.choice(
        (
            "Open the {} product in {}.",
            "Show me the {} thing in the category {}.",
            "Which product in {1} is the {0}? Open its page.",
        )
    ).format("cheapest" if is_cheapest else "most expensive", shelf)
    turned = [] if is_cheapest else [link("↑")]
    first = click(chosen.name, ".product-item-link >> nth=0", "link")
    return SiteTask(
        _SITE,
        goal,
        [link(shelf), link("Price"), *turned, first],
        lambda state: state.path == chosen.path,
    )


def _detail(random: Random, data: Any) -> SiteTask:
    product = _product(random, data)
    goal, answer = random.choice(
        (
            ("How much does the {} cost?", product.shown_price),
            ("What is the price of the {}?", product.shown_price),
            ("Which brand makes the {}?", product.maker),
            ("What is the {} made of?", product.details["Material"]),
            ("How heavy is the {}?", product.details["Item Weight"]),
        )
    )
    return asked(_SITE, goal.format(product.name), product.way(random), answer)


def _order_asked(random: Random, data: Any) -> SiteTask:
    index = random.randrange(len(data["orders"]))
    day, status, articles = data["orders"][index]
    number = f"{FIRST_ORDER + index:09d}"
    month = _MONTHS[int(day[5:7]) - 1]
    prices = {row[0]: row[1] for row in data["products"]}
    total = sum((prices[name] + SHIPPING_USD) * quantity for name, quantity, _ in articles)
    goal, answer = random.choice(
        (
            (f"What is the status of my order {number}?", status),
            (f"What was the total of my order from {month} 2023?", f"${total:,.2f}"),
            (f"On which day did I order in {month} 2023?", day),
            (f"What is the status of my order from {month} 2023? One word.", status),
        )
    )
    return asked(_SITE, goal, [link("My Account"), link("My Orders")], answer)


def _again(random: Random, data: Any) -> SiteTask:
    index = random.randrange(len(data["orders"]))
    day, _, articles = data["orders"][index]
    number = f"{FIRST_ORDER + index:09d}"
    month = _MONTHS[int(day[5:7]) - 1]
    goal = random.choice(
        (f"Order once more what I ordered in {month} 2023.", f"Repeat my order {number}.")
    )
    view = click("View Order", f'tr:has(td:text-is("{number}")) a', "link", beside=number)
    wanted = sorted((name, quantity) for name, quantity, _ in articles)

    def is_done(state: SiteState) -> bool:
        rows = state.rows(
            "SELECT name, quantity FROM ordered JOIN products ON products.id = product"
            " WHERE placed >= ?",
            FIRST_ORDER + 4,
        )
        return sorted(rows) == wanted

    way = [link("My Account"), link("My Orders"), view, button("Reorder"), *_CHECKOUT]
    return SiteTask(_SITE, goal, way, is_done)


def _review(random: Random, data: Any) -> SiteTask:
    product = _product(random, data)
    title, detail, stars = random.choice(words()["reviews"])
    goal = random.choice(
        (
            'Review the {}: {} stars, summary "{}", review "{}".',
            'Write a review of the {} with {} stars. Its summary: "{}", its text: "{}".',
        )
    ).format(product.name, stars, title, detail)
    way = [
        *product.way(random),
        click(f"{stars} star{'s' * (stars > 1)}", f"#Rating_{stars}"),
        write(title, "Summary", "#summary_field"),
        write(detail, "Review", "#review_field"),
        button("Submit Review"),
    ]

    def is_done(state: SiteState) -> bool:
        rows = state.rows(
            "SELECT name, title, detail, stars FROM reviews JOIN products ON products.id = product"
            " WHERE at > '2024'"
        )
        return rows == [(product.name, title, detail, stars)]

    return SiteTask(_SITE, goal, way, is_done)


def _said_in_review(random: Random, data: Any) -> SiteTask:
    name, who, title, detail, _ = random.choice(data["own_reviews"])
    product = next(_Product(row) for row in data["products"] if row[0] == name)
    goal, answer = random.choice(
        (
            (f"What does {who} write about the {name}?", detail),
            (f'Who wrote the review "{title}" of the {name}?', who),
        )
    )
    return asked(_SITE, goal, product.way(random), answer)


def _address(random: Random, data: Any) -> SiteTask:
    told = words()
    now = data["address"]
    towns = [town for town, *_ in told["towns"] if town != now["city"]]
    part, label, value = random.choice(
        (
            ("street", "Street Address", f"{random.randint(1, 99)} {random.choice(told['roads'])}"),
            ("city", "City", random.choice(towns)),
            ("phone", "Phone Number", str(random.randrange(2_000_000_000, 9_999_999_999))),
        )
    )
    goal = random.choice(
        (
            'Change the {} in my address book to "{}".',
            'I have moved: my {} is "{}" now. Correct my address.',
        )
    ).format({"phone": "phone number"}.get(part, part), value)
    way = [
        link("My Account"),
        link("Address Book"),
        write(value, label, f"#{part}"),
        button("Save Address"),
    ]
    wanted = {**now, part: value}

    def is_done(state: SiteState) -> bool:
        rows = state.rows("SELECT address FROM addresses")
        return [json.loads(row[0]) for row in rows] == [wanted]

    return SiteTask(_SITE, goal, way, is_done)


SHOP: dict[str, Draws] = {
    "open": _open,
    "cart": _lay,
    "buy": _buy,
    "wish": _wish,
    "compare": _compare,
    "extreme": _extreme,
    "detail": _detail,
    "order": _order_asked,
    "again": _again,
    "review": _review,
    "reviewer": _said_in_review,
    "address": _address,
}
