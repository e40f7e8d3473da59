"""Tasks in the shop: order something, read a price, and the tour of it all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Outcome,
    Page,
    Visit,
    answer_verdict,
    verdict,
)
from vigorl.tasks.local.kinds import shopfront
from vigorl.tasks.local.kinds.shopfront import (
    FRONTAGE,
    MAX_QUANTITY,
    NOUNS,
    OrderLine,
    Product,
    ShopStock,
    ShopWorld,
    draw_shop,
    open_cart,
    put_in,
)
from vigorl.tasks.local.plan import ORDINALS, PlanStep, click, fill, open_nth, press, tell

NUMERALS = ("", "one", "two", "three", "four", "five")


@dataclass(frozen=True)
class ShoppingSpec:
    """A shop, and so many of a product in a colour."""

    shop: ShopStock
    noun: str
    target: int
    """Which of the products with this noun, in the order of the shop."""
    colour: str
    quantity: int

    @property
    def candidates(self) -> tuple[Product, ...]:
        """Products with this noun."""
        return self.shop.found(self.noun)

    @property
    def product(self) -> Product:
        """The one that is meant."""
        return self.candidates[self.target]

    @property
    def other(self) -> Product:
        """One that is not."""
        return self.candidates[(self.target + 1) % len(self.candidates)]

    @property
    def other_colour(self) -> str:
        """A colour that is not meant."""
        return next(colour for colour in self.shop.colours if colour != self.colour)

    @property
    def line(self) -> OrderLine:
        """What belongs into the cart."""
        return OrderLine(self.product.id, self.colour, self.quantity)


class _Shopping(EmbeddedTask[ShoppingSpec, ShopWorld]):
    """What the tasks in the shop share."""

    spec_type = ShoppingSpec
    frontage = FRONTAGE

    def draw(self, draw: Draw) -> ShoppingSpec:
        """A shop with three or four things of one sort; more than one piece of one of them."""
        noun = draw.word(NOUNS)
        count = draw.whole(3, 4)
        shop = draw_shop(draw, noun, count)
        return ShoppingSpec(
            shop=shop,
            noun=noun,
            target=draw.whole(0, count - 1),
            colour=draw.one(shop.colours[1:]),
            quantity=draw.whole(2, MAX_QUANTITY),
        )

    def world(self, spec: ShoppingSpec) -> ShopWorld:
        """Nothing in the cart."""
        return ShopWorld()

    def show(self, spec: ShoppingSpec, world: ShopWorld, visit: Visit) -> Page:
        """A page of the shop."""
        return shopfront.show(spec.shop, world, visit)

    def submit(self, spec: ShoppingSpec, world: ShopWorld, visit: Visit) -> FormReply:
        """The cart and the order."""
        return shopfront.submit(spec.shop, world, visit)


class CartTask(_Shopping):
    """Order so many of a thing in a colour."""

    name = "cart"
    summary = "order so many of a product in a given colour"

    def goal(self, spec: ShoppingSpec) -> str:
        """As in 'Order two Alto kettles in red'."""
        return f"Order {NUMERALS[spec.quantity]} {spec.product.name}s in {spec.colour.lower()}."

    def plan(self, spec: ShoppingSpec) -> Sequence[PlanStep]:
        """Open the product, put it in, order."""
        return _order(spec, spec.product, spec.colour, spec.quantity)

    def near_misses(self, spec: ShoppingSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Number, colour or product wrong; left in the cart; put in twice."""
        shop, line = spec.shop, spec.line
        put = put_in(shop, line.colour, line.quantity)
        return {
            "wrong quantity": _order(spec, spec.product, line.colour, line.quantity - 1),
            "wrong colour": _order(spec, spec.product, spec.other_colour, line.quantity),
            "another product": _order(spec, spec.other, line.colour, line.quantity),
            "not ordered": self.plan(spec)[:-1],
            "put in twice": [
                click(spec.product.name, _tile(spec.product)), *put, *put, open_cart(shop),
                click(shop.order, "#order"),
            ],
        }  # fmt: skip

    def judge(self, spec: ShoppingSpec, outcome: Outcome[ShopWorld]) -> Score:
        """One order of exactly this; in one line or in several."""
        orders = outcome.world.orders
        pieces = _gathered(orders[0]) if orders else {}
        right = {(spec.product.id, spec.colour): spec.quantity}
        return verdict(
            (not orders, "nothing was ordered"),
            (len(orders) > 1, "more than one order was placed"),
            (pieces != right, f"ordered {orders[:1]}, not {spec.line}"),
        )


class PriceTask(_Shopping):
    """Read a price."""

    name = "price"
    summary = "tell the price of a product"

    def goal(self, spec: ShoppingSpec) -> str:
        """Which product."""
        return f"What does the {spec.product.name} cost?"

    def answer(self, spec: ShoppingSpec) -> str:
        """Its price."""
        return spec.product.price

    def plan(self, spec: ShoppingSpec) -> Sequence[PlanStep]:
        """Open it and read."""
        return _read(spec.product, "the price" if spec.quantity % 2 else 'the "Price"')

    def near_misses(self, spec: ShoppingSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Another product's price; two prices."""
        both = f"{spec.product.price} or {spec.other.price}"
        return {
            "another product": _read(spec.other, "the price"),
            "two prices": [tell(both, "the price")],
        }

    def judge(self, spec: ShoppingSpec, outcome: Outcome[ShopWorld]) -> Score:
        """The price and no other; nothing was bought."""
        if outcome.world.cart or outcome.world.orders:
            return Score(0.0, "something was put into the cart")
        prices = [p.price for p in spec.shop.products if p.id != spec.product.id]
        return answer_verdict(self.goal(spec), spec.product.price, outcome.answer, prices)


class ShopTourTask(_Shopping):
    """Search, choose, put in, and tell what it comes to."""

    name = "shop"
    summary = "search a shop, put the right thing into the cart and tell the total"

    def goal(self, spec: ShoppingSpec) -> str:
        """The whole errand."""
        return (
            f'Search the shop for "{spec.noun}", open the {ORDINALS[spec.target]} result, put '
            f"{NUMERALS[spec.quantity]} pieces of it in {spec.colour.lower()} into the "
            f"{spec.shop.cart.lower()} and tell me the total. Do not order."
        )

    def answer(self, spec: ShoppingSpec) -> str:
        """What the cart comes to."""
        return spec.shop.total([spec.line])

    def plan(self, spec: ShoppingSpec) -> Sequence[PlanStep]:
        """From the search to the total."""
        return _tour(spec, spec.target, spec.quantity, self.answer(spec))

    def near_misses(self, spec: ShoppingSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The result beside; one piece less; ordered; the price of one piece told."""
        shop, beside = spec.shop, (spec.target + 1) % len(spec.candidates)
        wrong_total = shop.total([OrderLine(spec.other.id, spec.colour, spec.quantity)])
        fewer = shop.total([OrderLine(spec.product.id, spec.colour, spec.quantity - 1)])
        told = self.plan(spec)
        return {
            "the result beside": _tour(spec, beside, spec.quantity, wrong_total),
            "one piece less": _tour(spec, spec.target, spec.quantity - 1, fewer),
            "ordered": [*told[:-1], click(shop.order, "#order"), told[-1]],
            "price of one piece": [*told[:-1], tell(spec.product.price, 'the "Total"')],
            "told from the list": [told[-1]],
        }

    def judge(self, spec: ShoppingSpec, outcome: Outcome[ShopWorld]) -> Score:
        """The cart holds just this, and the total is told."""
        world = outcome.world
        right = {(spec.product.id, spec.colour): spec.quantity}
        state = verdict(
            (bool(world.orders), "an order was placed"),
            (_gathered(world.cart) != right, f"the cart holds {world.cart}, not {spec.line}"),
        )
        if state.value == 0:
            return state
        others = [] if spec.quantity == 1 else [spec.product.price]
        return answer_verdict(self.goal(spec), self.answer(spec), outcome.answer, others)


def _gathered(lines: Sequence[OrderLine]) -> dict[tuple[str, str], int]:
    """Pieces of each product and colour."""
    pieces: dict[tuple[str, str], int] = {}
    for line in lines:
        key = (line.product, line.colour)
        pieces[key] = pieces.get(key, 0) + line.quantity
    return pieces


def _tile(product: Product) -> str:
    """The product's name among the goods."""
    return f'a[href$="/item/{product.id}"] .name'


def _order(spec: ShoppingSpec, product: Product, colour: str, quantity: int) -> list[PlanStep]:
    return [
        click(product.name, _tile(product)),
        *put_in(spec.shop, colour, quantity),
        open_cart(spec.shop),
        click(spec.shop.order, "#order", "button"),
    ]


def _read(product: Product, what: str) -> list[PlanStep]:
    return [click(product.name, _tile(product)), tell(product.price, what)]


def _tour(spec: ShoppingSpec, index: int, quantity: int, total: str) -> list[PlanStep]:
    product = spec.candidates[index]
    return [
        fill(spec.noun, spec.shop.search, "#q"),
        press("Enter"),
        open_nth(index, "result", f'.hit a[href$="/item/{product.id}"]'),
        *put_in(spec.shop, spec.colour, quantity),
        open_cart(spec.shop),
        tell(total, 'the "Total"'),
    ]
