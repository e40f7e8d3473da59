"""Tasks whose result is an answer: an invoice, a table of figures, a folded list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    Frontage,
    Missing,
    Outcome,
    Page,
    Visit,
    answer_verdict,
)
from vigorl.tasks.local.plan import PlanStep, click, tell
from vigorl.tasks.local.vocabulary import CITIES, COMPANIES, YEARS, money, people


@dataclass
class Unchanging:
    """The world of a page that only shows something."""


@dataclass(frozen=True)
class InvoiceLine:
    """A line of an invoice."""

    text: str
    quantity: int
    each_cents: int


@dataclass(frozen=True)
class InvoiceSpec:
    """An invoice, and the sum that is asked for."""

    number: int
    company: str
    customer: str
    year: int
    items: tuple[InvoiceLine, ...]
    delivery_cents: int
    tax_percent: int
    labels: tuple[str, ...]
    """Wording of: sum of the items, delivery, tax, total."""
    asked: int

    @property
    def sums_cents(self) -> tuple[int, int, int, int]:
        """Items, delivery, tax, total."""
        items = sum(item.quantity * item.each_cents for item in self.items)
        tax = round((items + self.delivery_cents) * self.tax_percent / 100)
        return items, self.delivery_cents, tax, items + self.delivery_cents + tax

    @property
    def sums(self) -> tuple[tuple[str, str], ...]:
        """Label and amount of each sum."""
        amounts = map(money, self.sums_cents)
        return tuple(zip(self.labels, amounts, strict=True))


WORK = WordLists(
    train=("Painting of two rooms", "New window frames", "Repair of the gutter", "Door lock"),
    test=("Laying of tiles", "New heating pump", "Repair of the stairs", "Letter box"),
)
SUM_LABELS = (
    WordLists(train=("Subtotal", "Items"), test=("Work and goods", "Net")),
    WordLists(train=("Delivery", "Travel"), test=("Transport", "Freight")),
    WordLists(train=("VAT", "Sales tax"), test=("Tax", "Duty")),
    WordLists(train=("Total", "Amount due"), test=("Grand total", "To be paid")),
)


class TotalTask(EmbeddedTask[InvoiceSpec, Unchanging]):
    """Read one sum of an invoice."""

    name = "total"
    summary = "tell one of the sums of an invoice"
    spec_type = InvoiceSpec
    frontage = Frontage("Invoices", ("Paid", "Open", "Reminders"))

    def draw(self, draw: Draw) -> InvoiceSpec:
        """Three or four lines; the total is asked for most often."""
        items = tuple(
            InvoiceLine(
                text, draw.whole(1, 6), draw.whole(12, 480) * 100 + draw.one((0, 25, 50, 90))
            )
            for text in draw.words(WORK, draw.whole(3, 4))
        )
        return InvoiceSpec(
            number=draw.whole(20_110, 98_760),
            company=draw.word(COMPANIES),
            customer=people(draw, 1)[0].name,
            year=draw.one(YEARS),
            items=items,
            delivery_cents=draw.whole(11, 79) * 100 + 40,
            tax_percent=draw.one((7, 12, 19, 25)),
            labels=tuple(draw.word(words) for words in SUM_LABELS),
            asked=draw.one((0, 1, 2, 3, 3, 3)),
        )

    def goal(self, spec: InvoiceSpec) -> str:
        """Which sum."""
        return f'Which amount does the invoice give as "{spec.labels[spec.asked]}"?'

    def answer(self, spec: InvoiceSpec) -> str:
        """The amount."""
        return spec.sums[spec.asked][1]

    def plan(self, spec: InvoiceSpec) -> Sequence[PlanStep]:
        """Read it."""
        return [tell(self.answer(spec), f'the "{spec.labels[spec.asked]}"')]

    def near_misses(self, spec: InvoiceSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The sum beside; two sums; a digit wrong."""
        cents = spec.sums_cents[spec.asked]
        beside_asked = spec.sums[spec.asked - 1][1]
        return {
            "the sum beside": [tell(beside_asked, "")],
            "two sums": [tell(f"{self.answer(spec)} and {beside_asked}", "")],
            "a digit wrong": [tell(money(cents + 1000), "")],
        }

    def world(self, spec: InvoiceSpec) -> Unchanging:
        """Nothing can change."""
        return Unchanging()

    def show(self, spec: InvoiceSpec, world: Unchanging, visit: Visit) -> Page:
        """The invoice."""
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("total.html", f"Invoice {spec.number}", {"money": money})

    def judge(self, spec: InvoiceSpec, outcome: Outcome[Unchanging]) -> Score:
        """The amount and no other of the sums."""
        others = [amount for i, (_, amount) in enumerate(spec.sums) if i != spec.asked]
        return answer_verdict(self.goal(spec), self.answer(spec), outcome.answer, others)


COLUMN_NAMES = WordLists(
    train=("Inhabitants", "Schools", "Rainy days", "Area code"),
    test=("Population", "Museums", "Sunny days", "Postal code"),
)
RANGES = ((21_400, 948_000), (12, 89), (90, 231), (2_100, 9_870))


@dataclass(frozen=True)
class LookupSpec:
    """A table of figures, and the cell that is asked for."""

    columns: tuple[str, ...]
    cities: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    row: int
    column: int


class LookupTask(EmbeddedTask[LookupSpec, Unchanging]):
    """Read one cell of a table."""

    name = "lookup"
    summary = "tell the value in one row and column of a table"
    spec_type = LookupSpec
    frontage = Frontage("Statistics", ("Maps", "Methods", "Press"))

    def draw(self, draw: Draw) -> LookupSpec:
        """Nine rows; values in a column differ."""
        names = COLUMN_NAMES.of(draw.split)
        order = draw.shuffled(range(4))
        columns = [
            [f"{number:,}" if i == 0 else str(number) for number in draw.numbers(*RANGES[i], 9)]
            for i in order
        ]
        return LookupSpec(
            columns=tuple(names[i] for i in order),
            cities=draw.words(CITIES, 9),
            cells=tuple(zip(*columns, strict=True)),
            row=draw.whole(0, 8),
            column=draw.whole(0, 3),
        )

    def goal(self, spec: LookupSpec) -> str:
        """Which cell."""
        return (
            f'What does the table give as "{spec.columns[spec.column]}" of {spec.cities[spec.row]}?'
        )

    def answer(self, spec: LookupSpec) -> str:
        """The cell."""
        return spec.cells[spec.row][spec.column]

    def plan(self, spec: LookupSpec) -> Sequence[PlanStep]:
        """Read it."""
        what = f'the "{spec.columns[spec.column]}" of "{spec.cities[spec.row]}"'
        return [tell(self.answer(spec), what)]

    def near_misses(self, spec: LookupSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The cell below, the cell beside, the whole row."""
        cells = spec.cells
        return {
            "the next row": [tell(cells[(spec.row + 1) % 9][spec.column], "")],
            "the next column": [tell(cells[spec.row][(spec.column + 1) % 4], "")],
            "the whole row": [tell(" ".join(cells[spec.row]), "")],
        }

    def world(self, spec: LookupSpec) -> Unchanging:
        """Nothing can change."""
        return Unchanging()

    def show(self, spec: LookupSpec, world: Unchanging, visit: Visit) -> Page:
        """The table."""
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("lookup.html", "Cities compared")

    def judge(self, spec: LookupSpec, outcome: Outcome[Unchanging]) -> Score:
        """The cell, and no other of its row or column."""
        gold = self.answer(spec)
        others = {*spec.cells[spec.row], *(cells[spec.column] for cells in spec.cells)} - {gold}
        return answer_verdict(self.goal(spec), gold, outcome.answer, sorted(others))


FACT_NAMES = WordLists(
    train=("Phone", "Manager", "Door code", "Platform"), test=("Fax", "Caretaker", "Locker", "Gate")
)
SITES = WordLists(
    train=("North office", "Old mill", "Harbour store", "Main hall"),
    test=("South office", "Brick tower", "Station store", "Garden hall"),
)


@dataclass(frozen=True)
class PanelSpec:
    """Folded panels with facts, and the fact that is asked for."""

    sites: tuple[str, ...]
    names: tuple[str, ...]
    facts: tuple[tuple[str, ...], ...]
    """By site, then by name."""
    site: int
    name: int


class FoldedPanelTask(EmbeddedTask[PanelSpec, Unchanging]):
    """Read what stands behind a click."""

    name = "panel"
    summary = "open one of several folded panels and tell a fact in it"
    spec_type = PanelSpec
    frontage = Frontage("Places", ("Map", "Rooms", "Keys"))

    def draw(self, draw: Draw) -> PanelSpec:
        """Four places with the same sort of facts."""
        managers = people(draw, 4)
        phones, codes = draw.numbers(2012, 9987, 4), draw.numbers(1012, 9876, 4)
        platforms = draw.numbers(11, 48, 4)
        facts = tuple(
            (f"555 {phones[i]}", managers[i].name, str(codes[i]), str(platforms[i]))
            for i in range(4)
        )
        return PanelSpec(
            sites=draw.words(SITES, 4),
            names=FACT_NAMES.of(draw.split),
            facts=facts,
            site=draw.whole(0, 3),
            name=draw.whole(0, 3),
        )

    def goal(self, spec: PanelSpec) -> str:
        """Which fact of which place."""
        return f'What is given as "{spec.names[spec.name]}" of the {spec.sites[spec.site]}?'

    def answer(self, spec: PanelSpec) -> str:
        """The fact."""
        return spec.facts[spec.site][spec.name]

    def plan(self, spec: PanelSpec) -> Sequence[PlanStep]:
        """Unfold, read."""
        opened = click(spec.sites[spec.site], _summary(spec))
        return [opened, tell(self.answer(spec), f'the "{spec.names[spec.name]}"')]

    def near_misses(self, spec: PanelSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The same fact of another place; another fact of this one."""
        return {
            "another place": [tell(spec.facts[(spec.site + 1) % 4][spec.name], "")],
            "another fact": [tell(spec.facts[spec.site][(spec.name + 1) % 4], "")],
            "unfolded only": [click(spec.sites[spec.site], _summary(spec))],
        }

    def world(self, spec: PanelSpec) -> Unchanging:
        """Nothing can change."""
        return Unchanging()

    def show(self, spec: PanelSpec, world: Unchanging, visit: Visit) -> Page:
        """The panels, all folded."""
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("panel.html", "Our places")

    def judge(self, spec: PanelSpec, outcome: Outcome[Unchanging]) -> Score:
        """The fact, and no other on the page."""
        gold = self.answer(spec)
        others = [fact for facts in spec.facts for fact in facts if fact != gold]
        return answer_verdict(self.goal(spec), gold, outcome.answer, others)


def _summary(spec: PanelSpec) -> str:
    return f'summary:has-text("{spec.sites[spec.site]}") .name'
