"""Tasks of practice on the classifieds."""

from collections.abc import Sequence
from random import Random
from typing import Any

from vigorl.tasks.local.plan import PlanStep, choose, click
from vigorl.tasks.sites.plans.moves import button, link, search, write
from vigorl.tasks.sites.practice.contents import words
from vigorl.tasks.sites.practice.task import Draws, SiteState, SiteTask, asked
from vigorl.tasks.visualwebarena.task import SiteName

_SITE: SiteName = "classifieds"
_OWN = "SELECT title, price FROM listings WHERE seller = 1 ORDER BY title"


class _Listing:
    """A listing of the contents."""

    def __init__(self, row: Sequence[Any], number: int) -> None:
        self.title, self.price, self.market, self.city, self.seller, *_ = row
        self.number = number

    def way(self, random: Random) -> list[PlanStep]:
        """By the search, or through its category."""
        there = click(self.title, f'.results .title[href$="id={self.number}"]', "link")
        if random.random() < 0.5:
            return [*search(self.title.split(",")[0], "#query"), there]
        return [_market(self.market), there]


def _market(name: str) -> PlanStep:
    return click(name, f'.categories a:has-text("{name}") >> nth=0', "link")


def _listings(data: Any) -> list[_Listing]:
    return [_Listing(row, number) for number, row in enumerate(data["listings"], 1)]


def _foreign(random: Random, data: Any) -> _Listing:
    """One of somebody else's."""
    return random.choice([each for each in _listings(data) if each.seller != data["users"][0]])


def _own(random: Random, data: Any) -> _Listing:
    return random.choice([each for each in _listings(data) if each.seller == data["users"][0]])


def _is_open(listing: _Listing) -> Any:
    def is_done(state: SiteState) -> bool:
        return state.path.endswith(f"page=item&id={listing.number}")

    return is_done


def _open(random: Random, data: Any) -> SiteTask:
    listing = random.choice(_listings(data))
    goal = random.choice(
        ('Open the listing "{}".', 'Show me the offer "{}".', "Find the listing {} and open it.")
    ).format(listing.title)
    return SiteTask(_SITE, goal, listing.way(random), _is_open(listing))


def _detail(random: Random, data: Any) -> SiteTask:
    listing = random.choice(_listings(data))
    goal, answer = random.choice(
        (
            ("What is the asking price of {}?", f"{listing.price:.2f}"),
            ("How much do they want for {}?", f"{listing.price:.2f}"),
            ("Who sells {}?", listing.seller),
            ("In which city is {} offered?", listing.city),
        )
    )
    named = f'"{listing.title}"' if random.random() < 0.5 else f"the {listing.title.lower()}"
    way = listing.way(random)
    return asked(_SITE, goal.format(named), way, answer)


def _extreme(random: Random, data: Any) -> SiteTask:
    market, is_cheapest = random.choice(data["categories"]), random.random() < 0.5
    listings = [each for each in _listings(data) if each.market == market]
    chosen = (min if is_cheapest else max)(listings, key=lambda each: each.price)
    goal = random.choice(
        (
            "Open the {} listing in the category {}.",
            "Show me the {} offer in {}.",
            "I look for the {} thing in {}: open its listing.",
        )
    ).format("cheapest" if is_cheapest else "most expensive", market)
    way = link("Lower price first" if is_cheapest else "Higher price first")
    first = click(chosen.title, ".results .title >> nth=0", "link")
    return SiteTask(_SITE, goal, [_market(market), way, first], _is_open(chosen))


def _count(random: Random, data: Any) -> SiteTask:
    city = random.choice(sorted({each.city for each in _listings(data)}))
    total = sum(each.city == city for each in _listings(data))
    goal = random.choice(("How many listings are there in {}?", "Count the listings from {}."))
    way = [
        link("See all listings »"),
        choose(city, "City", "aside [name=sCity]"),
        button("Apply"),
    ]
    return asked(_SITE, goal.format(city), way, f"{total} listings")


def _comment(random: Random, data: Any) -> SiteTask:
    listing, body = _foreign(random, data), random.choice(words()["remarks"])
    title = random.choice(("Question", "Interested", "One more thing"))
    goal = random.choice(
        (
            'Leave a comment on "{}", title "{}", text "{}".',
            'Ask on the listing "{}": the title is "{}" and the comment is "{}".',
        )
    ).format(listing.title, title, body)
    way = [
        *listing.way(random),
        write(title, "Title", "#comment_form #title"),
        write(body, "Comment", "#body"),
        button("Send"),
    ]

    def is_done(state: SiteState) -> bool:
        rows = state.rows("SELECT listing, title, body FROM comments WHERE author = 1")
        return rows == [(listing.number, title, body)]

    return SiteTask(_SITE, goal, way, is_done)


def _edit(random: Random, data: Any) -> SiteTask:
    listing = _own(random, data)
    prices = {each.title: each.price for each in _listings(data) if each.seller == listing.seller}
    described = list[tuple[int]]()
    at = f'tr:has(a:text-is("{listing.title}")) >> a:text-is("Edit item")'
    edit = click("Edit item", at, "link", beside=listing.title)
    if random.random() < 0.6:
        value = str(random.choice([each for each in range(5, 900, 5) if each != listing.price]))
        prices[listing.title] = int(value)
        goal = random.choice(
            (
                'Change the price of my listing "{}" to {} dollars.',
                "My {} costs {} dollars from now on. Change its listing.",
            )
        )
        step = write(value, "Price", "#price")
    else:
        value = random.choice(words()["notes"])
        described = [(listing.number,)]
        goal = 'Replace the description of my listing "{}" with "{}".'
        step = write(value, "Description", "#description")
    sql = "SELECT id FROM listings WHERE description = ?"

    def is_done(state: SiteState) -> bool:
        same = state.rows(_OWN) == sorted(prices.items())
        return same and state.rows(sql, value) == described

    return SiteTask(
        _SITE,
        goal.format(listing.title, value),
        [link("My listings"), edit, step, button("Update")],
        is_done,
    )


def _delete(random: Random, data: Any) -> SiteTask:
    listing = _own(random, data)
    goal = random.choice(
        (
            'Delete my listing "{}".',
            'I have sold "{}". Delete that listing, and only that one.',
            'Take my offer "{}" off the site.',
        )
    ).format(listing.title)
    at = f'tr:has(a:text-is("{listing.title}")) >> button:text-is("Delete")'
    kept = sorted(
        (each.title, each.price)
        for each in _listings(data)
        if each.seller == listing.seller and each.title != listing.title
    )
    return SiteTask(
        _SITE,
        goal,
        [link("My listings"), click("Delete", at, "button", beside=listing.title)],
        lambda state: state.rows(_OWN) == kept,
    )


def _publish(random: Random, data: Any) -> SiteTask:
    market, city = random.choice(data["categories"]), random.choice(data["cities"])
    noun = random.choice(words()["markets"][market])[0]
    title, price = (
        f"{noun}, {random.choice(('blue', 'large', 'boxed', 'old'))}",
        str(random.randrange(5, 900, 5)),
    )
    text = random.choice(words()["offers"])
    goal = random.choice(
        (
            'Publish a listing in {0}, city {1}: title "{2}", description "{3}", price {4} $.',
            'Offer "{2}" in the category {0} for {4} dollars, in {1}, with the description "{3}".',
        )
    ).format(market, city, title, text, price)
    way = [
        link("Publish Ad"),
        choose(market, "Category", "#catId"),
        write(title, "Title", "#title"),
        write(text, "Description", "#description"),
        write(price, "Price", "#price"),
        choose(city, "City", "#cityId"),
        button("Publish"),
    ]
    wanted = (title, text, int(price), data["categories"].index(market) + 1, city)
    sql = "SELECT title, description, price, category, city FROM listings WHERE id > ?"
    return SiteTask(
        _SITE, goal, way, lambda state: state.rows(sql, len(data["listings"])) == [wanted]
    )


CLASSIFIEDS: dict[str, Draws] = {
    "open": _open,
    "detail": _detail,
    "extreme": _extreme,
    "count": _count,
    "comment": _comment,
    "edit": _edit,
    "delete": _delete,
    "publish": _publish,
}
