"""A shop: its goods, its pages and its cart, shared by the tasks that happen in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import FormReply, Frontage, Missing, Page, Visit
from vigorl.tasks.local.plan import PlanStep, choose, click
from vigorl.tasks.local.vocabulary import money

NOUNS = WordLists(
    train=("kettle", "lamp", "mug", "chair", "backpack"),
    test=("clock", "vase", "bottle", "stool", "teapot"),
)
MAKES = WordLists(
    train=("Alto", "Borneo", "Cirrus", "Delta", "Estiva", "Fjord", "Gala", "Humboldt"),
    test=("Arbor", "Brisa", "Calla", "Dune", "Ember", "Flint", "Grove", "Heron"),
)
TONES = {
    "Red": "#c8402f", "Blue": "#3469b8", "Green": "#3f8a58", "Black": "#3a3d44",
    "Yellow": "#d9a514", "Grey": "#8a919b", "Orange": "#d9752b", "Brown": "#86593a",
}  # fmt: skip
COLOURS = WordLists(
    train=("Red", "Blue", "Green", "Black"), test=("Yellow", "Grey", "Orange", "Brown")
)
CARTS = WordLists(train=("Cart", "Bag"), test=("Basket", "Trolley"))
ORDER = WordLists(train=("Place order", "Buy now"), test=("Order now", "Pay and finish"))
SEARCHES = WordLists(
    train=("Search the shop", "Search products"), test=("Find goods", "I look for")
)
BLURBS = (
    "Made to last and easy to repair.", "A quiet companion for every day.",
    "From a family workshop near the coast.", "Light, sturdy and simple.",
    "Drawn by hand, made by machine.",
)  # fmt: skip
MAX_QUANTITY = 5

FRONTAGE = Frontage("Store", ("New in", "Kitchen", "Living"), ("top", "top", "side"))


@dataclass(frozen=True)
class Product:
    """Something on sale."""

    id: str
    name: str
    noun: str
    price_cents: int
    first_colour: str
    blurb: str

    @property
    def price(self) -> str:
        """As written on the page."""
        return money(self.price_cents)

    @property
    def tone(self) -> str:
        """CSS colour of its picture."""
        return TONES[self.first_colour]


@dataclass(frozen=True)
class OrderLine:
    """So many of a product in a colour."""

    product: str
    colour: str
    quantity: int


@dataclass(frozen=True)
class ShopStock:
    """Goods and wording."""

    products: tuple[Product, ...]
    colours: tuple[str, ...]
    cart: str
    order: str
    search: str

    def product(self, product_id: str) -> Product:
        """The product with this id.

        Raises:
            Missing: there is none.
        """
        for product in self.products:
            if product.id == product_id:
                return product
        raise Missing(product_id)

    def found(self, query: str) -> tuple[Product, ...]:
        """Products whose names hold the query."""
        query = query.casefold()
        return tuple(p for p in self.products if query and query in p.name.casefold())

    def total(self, lines: Sequence[OrderLine]) -> str:
        """What the lines cost together, as written on the page."""
        return money(sum(self.product(line.product).price_cents * line.quantity for line in lines))


@dataclass
class ShopWorld:
    """What lies in the cart and what has been ordered."""

    cart: list[OrderLine] = field(default_factory=list)
    orders: list[tuple[OrderLine, ...]] = field(default_factory=list)


def draw_shop(draw: Draw, noun: str, of_noun: int) -> ShopStock:
    """A shop with eight products, `of_noun` of which are of one sort."""
    makes = draw.words(MAKES, 8)
    other_nouns = [n for n in NOUNS.of(draw.split) if n != noun]
    nouns = [noun] * of_noun + [draw.one(other_nouns) for _ in range(8 - of_noun)]
    colours = draw.words(COLOURS, 4)
    prices = draw.numbers(9, 119, 8)
    products = tuple(
        Product(
            str(200 + i),
            f"{make} {noun}",
            noun,
            prices[i] * 100 + draw.one((0, 50, 90, 95)),
            draw.one(colours),
            draw.one(BLURBS),
        )
        for i, (make, noun) in enumerate(zip(makes, nouns, strict=True))
    )
    return ShopStock(
        draw.shuffled(products), colours, draw.word(CARTS), draw.word(ORDER), draw.word(SEARCHES)
    )


def show(shop: ShopStock, world: ShopWorld, visit: Visit) -> Page:
    """A page of the shop."""
    path = visit.path
    context = {"shop": shop, "cart": world.cart, "count": sum(line.quantity for line in world.cart)}
    if path == "/":
        return Page("shop.html", "Store", {**context, "query": "", "products": shop.products})
    if path == "/find":
        query = visit.get("q")
        found = {"query": query, "products": shop.found(query)}
        return Page("shop.html", "Results", {**context, **found})
    if path.startswith("/item/"):
        product = shop.product(path.removeprefix("/item/"))
        quantities = range(1, MAX_QUANTITY + 1)
        here = {"product": product, "quantities": quantities}
        return Page("shop_item.html", product.name, {**context, **here})
    if path == "/cart":
        lines = [(line, shop.product(line.product)) for line in world.cart]
        sums = {"lines": lines, "total": shop.total(world.cart), "money": money}
        return Page("shop_cart.html", shop.cart, {**context, **sums})
    if path == "/thanks" and world.orders:
        return Page("shop_thanks.html", "Thank you", context)
    raise Missing(path)


def submit(shop: ShopStock, world: ShopWorld, visit: Visit) -> FormReply:
    """Put something into the cart, take it out, or order."""
    if visit.path.startswith("/item/"):
        product = shop.product(visit.path.removeprefix("/item/"))
        colour, quantity = visit.get("colour"), visit.get("quantity")
        if colour not in shop.colours or not quantity.isdecimal():
            return FormReply(visit.path, "Please choose a colour and a quantity.", failed=True)
        number = min(max(int(quantity), 1), MAX_QUANTITY)
        world.cart.append(OrderLine(product.id, colour, number))
        return FormReply(visit.path, f"Added: {number} × {product.name}, {colour.lower()}.")
    if visit.path == "/drop":
        index = visit.get("index")
        if index.isdecimal() and int(index) < len(world.cart):
            del world.cart[int(index)]
        return FormReply("/cart")
    if visit.path == "/order":
        if not world.cart:
            return FormReply("/cart", "There is nothing to order yet.", failed=True)
        world.orders.append(tuple(world.cart))
        world.cart.clear()
        return FormReply("/thanks")
    raise Missing(visit.path)


def put_in(shop: ShopStock, colour: str, quantity: int) -> list[PlanStep]:
    """On a product's page: choose and add."""
    return [
        choose(colour, "Colour", "#colour"),
        choose(str(quantity), "Quantity", "#quantity"),
        click(f"Add to {shop.cart.lower()}", "#add", "button"),
    ]


def open_cart(shop: ShopStock) -> PlanStep:
    """Go to the cart."""
    return click(shop.cart, "#cart", "link")
