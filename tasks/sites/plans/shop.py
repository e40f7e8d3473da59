"""Plans for the shop, by the tasks' places in their file."""

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


def _product(words: str, *steps: PlanStep) -> list[PlanStep]:
    """Search for a product by its name and open it."""
    at = f'.product-item-link:text-is("{words}")'
    return [*search(words, "#search"), click(words, at, "link"), *steps]


def _category(name: str, product: str) -> list[PlanStep]:
    return [link(name), click(product, f'.product-item-link:text-is("{product}")', "link")]


def _amount(quantity: int) -> PlanStep:
    return write(str(quantity), "Qty", "#qty")


def _size(name: str) -> PlanStep:
    return choose(name, "Size", "#option-Size")


def _review(stars: int) -> list[PlanStep]:
    return _product(
        "Plush Dog",
        click(f"{stars} stars", f"#Rating_{stars}"),
        write("Soft", "Summary", "#summary_field"),
        write("He sleeps on it.", "Review", "#review_field"),
        button("Submit Review"),
    )


def _street(name: str) -> list[PlanStep]:
    return [
        link("My Account"),
        link("Address Book"),
        write(name, "Street Address", "#street"),
        button("Save Address"),
    ]


def _order(number: str) -> list[PlanStep]:
    view = f'tr:has(td:text-is("{number}")) a'
    return [link("My Account"), link("My Orders"), click("View Order", view, "link")]


_ADD = button("Add to Cart")
_WISH = click("Add to Wish List", "#wish", "button")
_COMPARE = click("Add to Compare", "#compare", "button")
_CHECKOUT = [
    click("Proceed to Checkout", "#proceed", "link"),
    link("Next"),
    button("Place Order"),
]
_AGAIN = [button("Reorder"), *_CHECKOUT]
_BUY = [_ADD, click("My Cart", ".showcart", "link"), *_CHECKOUT]

PLANS: tuple[Ways, ...] = (
    Ways(
        _product("Oil Bottle", _amount(2), *_BUY),
        _product("Oil Bottle", _amount(3), *_BUY),
    ),
    Ways(
        _product("Striped T-Shirt", _size("L"), *_BUY),
        _product("Striped T-Shirt", _size("M"), *_BUY),
    ),
    Ways(_product("Trail Shoe Ridge Mid", _WISH), _product("Trail Shoe Ridge", _WISH)),
    Ways(
        [*_category("Music", "Concert Snare Drum"), _ADD],
        [*_category("Music", "Student Snare Drum"), _ADD],
    ),
    Ways(_review(4), _review(5)),
    answers(_order("000000173"), "$95.50", "$70.50"),
    answers(_order("000000172"), "canceled", "complete"),
    Ways(
        [
            link("Lighting"),
            link("Price"),
            link("↑"),
            *_category("Lighting", "Bedside Lamps, Set")[1:],
        ],
        [link("Lighting"), link("Price"), *_category("Lighting", "Kids' Night Lamp")[1:]],
    ),
    Ways(_category("Garden", "Bird Figures"), _category("Garden", "Terracotta Pot with Plant")),
    Ways(_product("Whistling Kettle, 2 qt"), _product("Whistling Kettle, 2.5 qt")),
    Ways(_category("Music", "Student Snare Drum"), _category("Music", "Concert Snare Drum")),
    Ways(_street("12 Elm Street"), _street("12 Oak Street")),
    Ways([*_order("000000170"), *_AGAIN], [*_order("000000173"), *_AGAIN]),
    answers(
        _product("Whistling Kettle, 2 qt"), "That the handle gets hot.", "That it is too loud."
    ),
    Ways(
        [*_category("Kitchen", "Porcelain Mug with Print, Large"), _ADD],
        [*_category("Kitchen", "Porcelain Mug with Print"), _ADD],
    ),
    Ways(
        _product("Stick Umbrella", _ADD),
        _product("Stick Umbrella, Storm", _ADD),
    ),
    Ways(_product("Whistling Kettle, 2.5 qt", _WISH), _product("Whistling Kettle, 2 qt", _WISH)),
    Ways(
        [*_category("Shoes", "Running Shoe Pace Wide"), _WISH],
        [*_category("Shoes", "Running Shoe Pace"), _WISH],
    ),
    answers(_product("Mug Set for the Office"), "6", "4"),
    answers(_product("T-Shirt with a Number, Away Kit"), "It is a 7.", "It is a 10."),
    answers(_category("Toys", "Toy Van, Deluxe"), "Bread", "Fish"),
    Ways(
        [*_category("Clothing", "Felt Hat"), _COMPARE],
        [*_category("Clothing", "Felt Hat, Classic"), _COMPARE],
    ),
    Ways(
        [tab(1), tab(0), *_product("Acoustic Guitar, Stage", *_BUY)],
        [tab(1), tab(0), *_product("Acoustic Guitar, Parlor", *_BUY)],
    ),
)
