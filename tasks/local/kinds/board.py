"""A board of cards in columns: drag one to another column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from vigorl.tasks.local.plan import PlanStep, drag
from vigorl.tasks.local.vocabulary import people

COLUMNS = WordLists(
    train=("Ideas", "Planned", "Doing", "Testing", "Done", "On hold"),
    test=("Backlog", "Next up", "In progress", "Checking", "Finished", "Blocked"),
)
CARDS = WordLists(
    train=(
        "Write release notes", "Fix the footer", "Translate the menu", "Measure load times",
        "Interview two users", "Draw new icons", "Update the licence", "Rename the module",
    ),
    test=(
        "Record a tutorial", "Shorten the intro", "Check the invoices", "Plan the workshop",
        "Choose a typeface", "Test the backup", "Order new chairs", "Proofread the leaflet",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class BoardCard:
    """A card: its id, text, where it is at first, and whose it is."""

    id: str
    text: str
    column: int
    initials: str


@dataclass(frozen=True)
class BoardSpec:
    """The board, and one card that is to move."""

    columns: tuple[str, ...]
    cards: tuple[BoardCard, ...]
    target: int
    to: int


@dataclass
class BoardWorld:
    """Column of each card, by the card's id."""

    places: dict[str, int]


class BoardTask(EmbeddedTask[BoardSpec, BoardWorld]):
    """Drag and drop."""

    name = "board"
    summary = "drag a card to another column of a board"
    spec_type = BoardSpec
    frontage = Frontage("Board", ("Roadmap", "People", "Log"), ("top",))

    def draw(self, draw: Draw) -> BoardSpec:
        """Three columns, six cards."""
        columns = draw.words(COLUMNS, 3)
        owners = people(draw, 6)
        cards = tuple(
            BoardCard(str(i), text, draw.whole(0, 2), owners[i].initials)
            for i, text in enumerate(draw.words(CARDS, 6))
        )
        target = draw.whole(0, 5)
        to = (cards[target].column + draw.whole(1, 2)) % 3
        return BoardSpec(columns, cards, target, to)

    def goal(self, spec: BoardSpec) -> str:
        """Which card, which column."""
        text, column = spec.cards[spec.target].text, spec.columns[spec.to]
        return f'Move the card "{text}" to the column "{column}".'

    def plan(self, spec: BoardSpec) -> Sequence[PlanStep]:
        """One drag."""
        return [_move(spec, spec.target, spec.to)]

    def near_misses(self, spec: BoardSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The other column; another card; another card as well; there and back."""
        card = spec.cards[spec.target]
        other_column = next(c for c in range(3) if c not in (card.column, spec.to))
        other = (spec.target + 1) % len(spec.cards)
        away = (spec.cards[other].column + 1) % 3
        return {
            "the other column": [_move(spec, spec.target, other_column)],
            "another card": [_move(spec, other, away)],
            "another as well": [_move(spec, other, away), *self.plan(spec)],
            "there and back": [*self.plan(spec), _move(spec, spec.target, card.column)],
        }

    def world(self, spec: BoardSpec) -> BoardWorld:
        """The cards as drawn."""
        return BoardWorld({card.id: card.column for card in spec.cards})

    def show(self, spec: BoardSpec, world: BoardWorld, visit: Visit) -> Page:
        """The board."""
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("board.html", "Board")

    def submit(self, spec: BoardSpec, world: BoardWorld, visit: Visit) -> FormReply:
        """Put a card into a column."""
        card, column = visit.get("card"), visit.get("column")
        if visit.path != "/move" or card not in world.places or column not in ("0", "1", "2"):
            raise Missing(visit.path)
        world.places[card] = int(column)
        return FormReply("/")

    def judge(self, spec: BoardSpec, outcome: Outcome[BoardWorld]) -> Score:
        """The card is there, and all others are where they were."""
        places, target = outcome.world.places, spec.cards[spec.target]
        moved = [c.text for c in spec.cards if c.id != target.id and places[c.id] != c.column]
        now = spec.columns[places[target.id]]
        return verdict(
            (places[target.id] != spec.to, f'"{target.text}" is in "{now}"'),
            (bool(moved), f"also moved: {moved}"),
        )


def _move(spec: BoardSpec, index: int, to: int) -> PlanStep:
    text = spec.cards[index].text
    at = f'[data-card="{index}"] .text'
    return drag(text, spec.columns[to], at, f'[data-column="{to}"] h2')
