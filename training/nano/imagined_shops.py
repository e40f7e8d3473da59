"""Imagined shops: goods that are found, chosen, put into a cart and ordered, or priced."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from vigorl.training.nano import imagined_words as words
from vigorl.training.nano.imagined import ImaginedSite, Script, episode, give_up
from vigorl.training.nano.imagined_sheet import Sheet

CARTS = ("Cart", "Bag", "My order", "Shopping list", "Your things", "Selection", "Crate")
ADDS = ("Add to {cart}", "Add", "Take it", "Put into {cart}", "I want this", "Choose", "Buy this")
CHECKOUTS = (
    "Checkout",
    "Go to checkout",
    "Continue to payment",
    "Order",
    "Next step",
    "To payment",
)
ENDS = ("Buy", "Confirm order", "Pay", "Send order", "Complete order", "Confirm and pay")
_BESIDE = ("Wish list", "Compare", "Write a review", "Ask a question", "Share", "Size guide")
_LEAVES = ("Keep shopping", "Back to the shop", "Empty", "Print", "Enter a code")
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_THANKS = ("Thank you for your order.", "We have received your order.", "It is on its way.")
_BUY = ("Order {n} {it}{how}.", "Buy {n} {it}{how}", "I need {n} {it}{how}: order that.",
        "Get me {n} {it}{how}, please.", "I'd like {n} {it}{how}. Please order.")  # fmt: skip
_PUT = ("Put {n} {it}{how} into the {cart}.",
        "Add {n} {it}{how} to the {cart}, but do not order.",
        "{n} {it}{how} into the {cart}, please. I will pay later.")  # fmt: skip
_SUM = ("Put {n} {it}{how} into the {cart} and tell me the total.",
        "What do I pay for {n} {it}{how} in all? Put it into the {cart} to see.")  # fmt: skip


@dataclass
class _Shop:
    """A shop, and what is wanted of it."""

    prices: dict[str, str]
    name: str
    cart: str
    add: str
    checkout: str
    end: str
    count: int
    has_count: bool
    """The number of pieces can be chosen."""
    what: str
    """What else can be chosen; "" for nothing."""
    options: list[str]
    """The first is chosen at first, the last is wanted."""
    beside: list[str]
    leaves: list[str]
    pitch: float
    chosen: dict[str, str] = field(default_factory=dict)
    message: str = ""

    @classmethod
    def draw(cls, random: Random) -> "_Shop":
        names: dict[str, str] = {}
        while len(names) < random.randint(3, 7):
            names[words.product(random)] = (
                f"${random.randint(3, 400)}.{random.randint(0, 19) * 5:02}"
            )
        what = random.choice(("", "Size", "Colour", "Kind"))
        offered = {
            "Size": ("S", "M", "L", "XL", "Small", "Large"),
            "Colour": ("Red", "Blue", "White", "Black", "Pink", "Silver"),
            "Kind": ("Plain", "With a lid", "Double", "Light", "Deluxe"),
        }
        cart = random.choice(CARTS)
        count = random.choice((1, 1, 2, 3, 4, 5))
        return cls(
            names,
            random.choice(list(names)),
            cart,
            random.choice(ADDS).format(cart=cart.lower()),
            random.choice(CHECKOUTS),
            random.choice(ENDS),
            count,
            count > 1 or random.random() < 0.7,
            what,
            random.sample(offered[what], random.randint(2, 4)) if what else [],
            random.sample(_BESIDE, random.randint(0, 2)),
            random.sample(_LEAVES, random.randint(0, 2)),
            random.uniform(30, 52),
        )

    def bar(self, sheet: Sheet) -> None:
        """What stands above every page: the way to the cart."""
        sheet.button(sheet.width - 160, sheet.y - 40, self.cart, "cart", "link")
        if self.message:
            sheet.heading(self.message, 30)

    def goods(self, sheet: Sheet) -> None:
        self.bar(sheet)
        sheet.heading("Our goods")
        for each, price in self.prices.items():
            sheet.button(sheet.left, sheet.y, each, f"open {each}", "link")
            sheet.text(sheet.left + 320, sheet.y, price)
            sheet.y += self.pitch

    def product(self, sheet: Sheet) -> None:
        self.bar(sheet)
        sheet.heading(self.name, 36)
        sheet.heading(self.prices[self.name], 36)
        shown = {self.what: self.options[0]} if self.options else {}
        shown |= {"Pieces": "1"} if self.has_count else {}
        for label, value in (shown | self.chosen).items():
            sheet.heading(label, 22)
            sheet.field(sheet.left, sheet.y, value, label, "combobox")
            sheet.y += 50
        x = sheet.button(sheet.left + 10, sheet.y + 6, self.add, "add")
        for each in self.beside:
            x = sheet.button(x, sheet.y + 6, each)
        sheet.y += 50

    def full(self, sheet: Sheet) -> None:
        """The cart with what was put into it."""
        self.bar(sheet)
        sheet.heading(f"Your {self.cart.lower().removeprefix('my ').removeprefix('your ')}")
        left = sheet.left
        for beside, text in ((0, self.name), (320, str(self.count)), (420, self.total)):
            sheet.text(left + beside, sheet.y, text)
        sheet.y += 40
        sheet.text(left, sheet.y, "Total")
        sheet.text(left + 420, sheet.y, self.total)
        sheet.y += 40
        x = sheet.button(left + 10, sheet.y, self.checkout, "checkout")
        for each in self.leaves:
            x = sheet.button(x, sheet.y, each)
        sheet.y += 50

    def payment(self, sheet: Sheet) -> None:
        sheet.heading("Check what you order")
        for label, value in (("Total", self.total), ("Delivery", "3 to 5 days")):
            sheet.text(sheet.left, sheet.y, label)
            sheet.text(sheet.left + 200, sheet.y, value)
            sheet.y += 34
        sheet.button(sheet.left + 10, sheet.y + 10, self.end, "end")
        sheet.y += 60

    @property
    def total(self) -> str:
        """What all pieces cost."""
        cents = round(float(self.prices[self.name].lstrip("$")) * 100) * self.count
        return f"${cents / 100:.2f}"

    def goal(self, random: Random, ways: tuple[str, ...]) -> str:
        """What a person says who wants it."""
        count = random.choice((str(self.count), _COUNTS[self.count]))
        count = random.choice(("the", "a", "one")) if self.count == 1 else count
        how = ""
        if self.what:
            wanted = self.options[-1]
            how = {
                "Size": f" in size {wanted}",
                "Colour": f" in {wanted.lower()}",
                "Kind": f" ({wanted.lower()})",
            }[self.what]
        said = self.cart.lower().removeprefix("my ").removeprefix("your ")
        goal = words.either(random, ways, n=count, it=self.name, how=how, cart=said)
        return goal[:1].upper() + goal[1:]


def shop_page(random: Random) -> Mapping[str, Any]:
    """A shop in which something is ordered, put into the cart, or priced; or has not got it."""
    site, shop = ImaginedSite.draw(random), _Shop.draw(random)
    ways = random.choice((_BUY, _BUY, _PUT, _SUM))
    goal = shop.goal(random, ways)
    is_there = random.random() > 0.1
    if not is_there:
        del shop.prices[shop.name]
    script = Script(site, f"{random.choice(('Shop', 'Goods', 'Store'))} · {site.brand}", shop.goods)
    script.consents()
    if not is_there:
        give_up(script, shop.name, f'click "{shop.name}"')
        return episode("shop", goal, script)
    script.act(f'click "{shop.name}"', "click @", f"open {shop.name}")
    script.go(f"{shop.name} · {site.brand}", shop.product)
    wanted = {shop.what: shop.options[-1]} if shop.options else {}
    wanted |= {"Pieces": str(shop.count)} if shop.count > 1 else {}
    for label, value in wanted.items():
        if shop.options and label == shop.what and value == shop.options[0]:
            continue
        script.act(f'select "{value}" in "{label}"', f'select @ "{value}"', label)
        first = {shop.what: shop.options[0]} if shop.options else {}
        shop.chosen = {**first, "Pieces": "1", **shop.chosen, label: value}
    script.act(f'click "{shop.add}"', "click @", "add")
    leads_on = random.random() < 0.3
    shop.message = random.choice(("Added.", "1 new entry", f"{shop.cart}: {shop.count}", "Done!"))
    if ways is _PUT:
        script.act("everything is done", "done")
        return episode("shop", goal, script)
    if not leads_on:
        script.act(f'click "{shop.cart}"', "click @", "cart")
    shop.message = ""
    script.go(f"{shop.cart} · {site.brand}", shop.full)
    if ways is _SUM:
        script.act('tell me the "Total"', f'done "{shop.total}"')
        return episode("shop", goal, script)
    script.act(f'click "{shop.checkout}"', "click @", "checkout")
    if random.random() < 0.6:
        script.go(f"Payment · {site.brand}", shop.payment)
        script.act(f'click "{shop.end}"', "click @", "end")
    thanks = random.choice(_THANKS)
    script.go(f"Thank you · {site.brand}", lambda sheet: sheet.heading(thanks))
    script.act("everything is done", "done")
    return episode("shop", goal, script)
