"""Plans for the classifieds, by the tasks' places in their file."""

from collections.abc import Sequence

from vigorl.tasks.local.plan import PlanStep, choose, click
from vigorl.tasks.sites.plans.moves import (
    Ways,
    answers,
    button,
    link,
    search,
    tab,
    write,
)


def _listing(words: str, number: int) -> list[PlanStep]:
    """Search for a listing by its title and open the one with this number."""
    return [
        *search(words, "#query"),
        click(words, f'.results .title[href$="id={number}"]', "link"),
    ]


def _comment(title: str, text: str) -> list[PlanStep]:
    return [
        write(title, "Title", "#comment_form #title"),
        write(text, "Comment", "#body"),
        button("Send"),
    ]


def _own(action: str, nth: int) -> list[PlanStep]:
    """The nth of one's own listings, the newest first."""
    step = link(action, nth) if action == "Edit item" else button(action, nth)
    return [link("My listings"), step]


def _edit(nth: int, text: str, label: str, at: str) -> list[PlanStep]:
    return [*_own("Edit item", nth), write(text, label, at), button("Update")]


def _cheapest(way: str) -> list[PlanStep]:
    return [
        click("Boats", 'a:has-text("Boats") >> nth=0'),
        link(way),
        click("the first listing", ".results .title >> nth=0"),
    ]


def _cargo_bike(city: str) -> Sequence[PlanStep]:
    return [
        link("Publish Ad"),
        choose("Bikes", "Category", "#catId"),
        write("Cargo bike", "Title", "#title"),
        write("Carries two crates.", "Description", "#description"),
        write("640", "Price", "#price"),
        choose(city, "City", "#cityId"),
        button("Publish"),
    ]


_FURNITURE = click("Furniture", 'a:has-text("Furniture") >> nth=0')
_IN_BOSTON = [
    link("See all listings »"),
    choose("Boston", "City", "aside [name=sCity]"),
    write("100", "Price from", "#priceMin"),
    write("200", "to", "#priceMax"),
    button("Apply"),
]

PLANS: tuple[Ways, ...] = (
    answers(_listing("Snare drum", 46), "It costs $85.00.", "It costs $120.00."),
    answers(_listing("Old fishing boat", 19), "Lena Weiss, in Newark", "Lena Weiss, in Boston"),
    Ways(_cheapest("Lower price first"), _cheapest("Higher price first")),
    Ways([_FURNITURE, link("Higher price first")], [_FURNITURE, link("Lower price first")]),
    Ways(
        [*_listing("Rubber plant", 69), *_comment("Height", "How tall is the pot?")],
        [*_listing("Rubber plant", 69), *_comment("Height", "How wide is the pot?")],
    ),
    Ways(_edit(0, "250", "Price", "#price"), _edit(1, "250", "Price", "#price")),
    Ways(_own("Delete", 1), _own("Delete", 0)),
    Ways(_cargo_bike("Boston"), _cargo_bike("Albany")),
    Ways(
        _edit(0, "New battery, all keys work.", "Description", "#description"),
        _edit(
            0,
            "New battery, all keys work, the key S sticks now and then.",
            "Description",
            "#description",
        ),
    ),
    answers(_IN_BOSTON, "4", "5"),
    Ways(_listing("City bike", 3), _listing("City bike", 2)),
    answers(_listing("Training boats from our sailing school", 14), "five", "four"),
    answers(_listing("Day sailer named after my grandmother", 16), "ROSALIE", "Rosa"),
    Ways(_listing("Acoustic guitar", 43), _listing("Acoustic guitar", 42)),
    Ways(_listing("Team shirt", 52), _listing("Team shirt", 53)),
    Ways(
        [
            *_listing("Three-seat sofa", 20),
            *_comment("Colour", "Is it still as red as in the picture?"),
        ],
        [
            *_listing("Three-seat sofa", 21),
            *_comment("Colour", "Is it still as red as in the picture?"),
        ],
    ),
    answers(_listing("Wrist watch", 41), "Albany", "Boston or Albany"),
    answers(_listing("Mug with a word on it", 63), "monday", "It says Monday."),
    answers([tab(1), tab(0)], "180 $", "95 $"),
    Ways(
        [tab(1), *_listing("Enamel kettle", 59)],
        [tab(1), *_listing("Enamel kettle", 60)],
    ),
)
