"""Other parts of a page, with which nobody has anything to do: other forms, facts and offers.

Pages are seldom about one thing. Whoever fills in a form has to leave the newsletter's alone, and
whoever reads a price that of the goods beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from vigorl.training.nano import imagined_words as words
from vigorl.training.nano.imagined_sheet import Sheet

Kind = Literal["field", "list", "switch", "fact", "button", "link", "text"]
SHARE = 0.5
"""Share of the sites whose pages have other parts."""
_SPOT = "other "
"""Begins the names of spots in them, which no script acts on."""


@dataclass(frozen=True)
class Widget:
    """One part, line by line."""

    heading: str
    rows: Sequence[tuple[Kind, str, str]]
    """Kind, name, and what stands in it or beside it."""

    def lay_out(self, sheet: Sheet, x: float) -> None:
        """Write it, from `sheet.y` on.

        Args:
            sheet: The page.
            x: Where it begins, px.
        """
        sheet.text(x, sheet.y, self.heading)
        sheet.y += 34
        for kind, name, value in self.rows:
            spot = _SPOT + name
            match kind:
                case "field" | "list":
                    sheet.text(x, sheet.y, name)
                    role = "textbox" if kind == "field" else "combobox"
                    sheet.field(x, sheet.y + 22, value, spot, role)
                    sheet.y += 68
                case "switch":
                    sheet.mark("switch", x, sheet.y, value == "on", spot)
                    sheet.text(x + 52, sheet.y, name)
                    sheet.y += 34
                case "fact":
                    sheet.text(x, sheet.y, name)
                    sheet.text(x + 200, sheet.y, value)
                    sheet.y += 28
                case "button" | "link":
                    sheet.button(x + 10, sheet.y + 4, name, spot, kind)
                    sheet.y += 42
                case "text":
                    sheet.text(x, sheet.y, name)
                    sheet.y += 30


def widgets(random: Random) -> tuple[Widget, ...]:
    """Those of a site; mostly none."""
    if random.random() > SHARE:
        return ()
    drawn = random.sample(_WIDGETS, random.choice((1, 1, 1, 2)))
    return tuple(make(random) for make in drawn)


def _newsletter(random: Random) -> Widget:
    heading = random.choice(("Stay in touch", "Our letter", "News by mail", "Once a month"))
    label = random.choice(("Your e-mail", "E-mail", "Mail address"))
    button = random.choice(("Subscribe", "Sign me up", "Send me news"))
    return Widget(heading, [("field", label, ""), ("button", button, "")])


def _profile(random: Random) -> Widget:
    rows: list[tuple[Kind, str, str]] = [
        ("field", "Member number", f"{random.choice('ABCDK')}C-{random.randint(1000, 9999)}"),
        ("field", "Nickname", random.choice(("", words.person(random).split(" ")[0]))),
        ("button", random.choice(("Save profile", "Update profile")), ""),
    ]
    return Widget("Your profile", rows[random.randint(0, 1) :])


def _hours(random: Random) -> Widget:
    days = random.sample(words.DAYS, random.randint(2, 4))
    rows: list[tuple[Kind, str, str]] = [
        ("fact", day, f"{words.clock(random)} to {words.clock(random)}") for day in days
    ]
    return Widget(random.choice(("Opening hours", "We are there", "Office hours")), rows)


def _goods(random: Random) -> Widget:
    rows: list[tuple[Kind, str, str]] = []
    for _ in range(random.randint(2, 3)):
        rows.append(("fact", words.product(random), words.price(random)))
    if random.random() < 0.5:
        rows.append(("button", random.choice(("See all", "To the shop", "All offers")), ""))
    return Widget(random.choice(("You may also like", "Offers", "New in the shop")), rows)


def _options(random: Random) -> Widget:
    names = random.sample(("Dark mode", "Sound", "Show pictures", "Large print", "Subtitles"), 2)
    rows: list[tuple[Kind, str, str]] = [
        ("switch", name, random.choice(("on", "off"))) for name in names
    ]
    what = random.choice(("Shown in", "Region", "Sort by"))
    rows.append(("list", what, random.choice(("Europe", "Newest first", "All", "Asia"))))
    return Widget("View", rows)


def _figures(random: Random) -> Widget:
    names = random.sample(("Visitors", "Members", "Open tickets", "Downloads", "Rate"), 3)
    return Widget(
        random.choice(("At a glance", "This month", "Figures")),
        [("fact", name, str(random.randint(3, 99000))) for name in names],
    )


def _links(random: Random) -> Widget:
    names = words.titles(random, random.randint(2, 4))
    return Widget(
        random.choice(("Most read", "See also", "Latest")), [("link", n, "") for n in names]
    )


def _voucher(random: Random) -> Widget:
    name = random.choice(("Voucher", "Gift code", "Discount code"))
    return Widget(
        f"Have you got a {name.lower()}?", [("field", name, ""), ("button", "Redeem", "")]
    )


_WIDGETS = (_newsletter, _profile, _hours, _goods, _options, _figures, _links, _voucher)
