"""A list of orders over several pages: find one and act on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Frontage,
    Missing,
    Outcome,
    Page,
    Visit,
    verdict,
)
from vigorl.tasks.local.plan import PlanStep, click, click_until
from vigorl.tasks.local.vocabulary import COMPANIES, money

PAGE_SIZE = 7
ACTS = WordLists(train=("Approve", "Ship", "Confirm"), test=("Accept", "Dispatch", "Release"))
DONE = {
    "Approve": "Approved", "Ship": "Shipped", "Confirm": "Confirmed", "Accept": "Accepted",
    "Dispatch": "Dispatched", "Release": "Released",
}  # fmt: skip
NEXT = WordLists(train=("Next", "Older"), test=("Forward", "More"))
BACK = {"Next": "Previous", "Older": "Newer", "Forward": "Backward", "More": "Fewer"}
PREFIXES = WordLists(train=("Order", "PO"), test=("Invoice", "Ticket"))


@dataclass(frozen=True)
class Order:
    """A row of the list."""

    number: str
    company: str
    date: str
    total: str


@dataclass(frozen=True)
class PaginationSpec:
    """All orders, in the order of the list."""

    prefix: str
    orders: tuple[Order, ...]
    target: int
    act: str
    next: str
    page_numbers: bool
    """The pages' numbers stand between the buttons."""


@dataclass
class PaginationWorld:
    """Numbers of the orders that were acted on, in time."""

    done: list[str] = field(default_factory=list)


class PaginationTask(EmbeddedTask[PaginationSpec, PaginationWorld]):
    """Go through the pages until the order comes up."""

    name = "pagination"
    summary = "find an order on a later page of a list and approve it"
    spec_type = PaginationSpec
    frontage = Frontage("Orders", ("Overview", "Customers", "Warehouse"))

    def draw(self, draw: Draw) -> PaginationSpec:
        """Four or five pages; the target stands behind the first."""
        pages = draw.whole(4, 5)
        count = pages * PAGE_SIZE
        prefix = draw.word(PREFIXES)
        orders = tuple(
            Order(
                f"{prefix} {number}",
                draw.word(COMPANIES),
                f"{draw.whole(1, 28)} March",
                money(draw.whole(1_900, 240_000)),
            )
            for number in draw.numbers(1024, 9876, count)
        )
        return PaginationSpec(
            prefix=prefix,
            orders=orders,
            target=draw.whole(PAGE_SIZE, count - 1),
            act=draw.word(ACTS),
            next=draw.word(NEXT),
            page_numbers=draw.chance(0.5),
        )

    def goal(self, spec: PaginationSpec) -> str:
        """Which one, and what to do with it."""
        return f'Find "{spec.orders[spec.target].number}" in the list and {spec.act.lower()} it.'

    def plan(self, spec: PaginationSpec) -> Sequence[PlanStep]:
        """Turn pages, then act in the row."""
        return _act(spec, spec.target)

    def near_misses(self, spec: PaginationSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The row beside; a further row; found and left alone."""
        beside_target = spec.target + (1 if (spec.target + 1) % PAGE_SIZE else -1)
        return {
            "the row beside": _act(spec, beside_target),
            "another as well": [*_act(spec, spec.target), *_act(spec, beside_target)],
            "only found": self.plan(spec)[:-1],
        }

    def world(self, spec: PaginationSpec) -> PaginationWorld:
        """Nothing is approved."""
        return PaginationWorld()

    def show(self, spec: PaginationSpec, world: PaginationWorld, visit: Visit) -> Page:
        """One page of the list; the first where the number makes no sense."""
        if visit.path != "/":
            raise Missing(visit.path)
        pages = len(spec.orders) // PAGE_SIZE
        text = visit.get("page")
        page = min(max(int(text), 1), pages) if text.isdecimal() else 1
        return Page(
            "pagination.html",
            f"{spec.prefix}s",
            {
                "orders": spec.orders[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
                "page": page,
                "pages": pages,
                "back": BACK[spec.next],
                "done_word": DONE[spec.act],
            },
        )

    def submit(self, spec: PaginationSpec, world: PaginationWorld, visit: Visit) -> FormReply:
        """Act on one order; the same page is shown again."""
        number = visit.get("number")
        if number not in {order.number for order in spec.orders}:
            raise Missing(visit.path)
        world.done.append(number)
        return FormReply(f"/?page={visit.get('page')}", f"{number} is {DONE[spec.act].lower()}.")

    def judge(self, spec: PaginationSpec, outcome: Outcome[PaginationWorld]) -> Score:
        """That order and no other."""
        done, number = outcome.world.done, spec.orders[spec.target].number
        return verdict(
            (not done, f"nothing was {DONE[spec.act].lower()}"),
            (number not in done, f"{done} and not {number}"),
            (len(done) > 1, f"more than {number}: {done}"),
        )


def _act(spec: PaginationSpec, index: int) -> list[PlanStep]:
    number = spec.orders[index].number
    row = f'[data-number="{number}"]'
    return [
        click_until(spec.next, "#next", number, f"{row} .name"),
        click(spec.act, f"{row} button", "button", beside=number),
    ]
