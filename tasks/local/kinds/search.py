"""A library's catalogue: search, pick one of the results, reserve it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

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
from vigorl.tasks.local.plan import (
    ORDINALS,
    PlanStep,
    click,
    click_icon,
    fill,
    open_nth,
    press,
)
from vigorl.tasks.local.vocabulary import people

SUBJECTS = WordLists(
    train=("harbour", "winter", "garden", "mountain", "lantern", "orchard", "railway", "island"),
    test=("river", "summer", "castle", "desert", "mirror", "vineyard", "bridge", "lighthouse"),
)
TITLES = (
    "The Last {}", "{} Songs", "A {} Notebook", "Beyond the {}", "The {} Keeper", "{} and Silence",
    "Letters from the {}", "Under the {}",
)  # fmt: skip
OTHER_TITLES = WordLists(
    train=(
        "Paper Boats", "The Salt Road", "Nine Quiet Rooms", "A Field Guide to Clouds",
        "Bread and Stones", "The Glass Clock", "Small Hours", "Maps of the Interior",
    ),
    test=(
        "Copper Skies", "The Long Table", "Seven Letters", "An Atlas of Moss", "Wool and Iron",
        "The Blue Door", "Early Trains", "Notes on Weather",
    ),
)  # fmt: skip
PLACEHOLDERS = WordLists(
    train=("Search the catalogue", "Title, author or subject"),
    test=("Find a book", "What are you looking for?"),
)
BUTTONS = WordLists(train=("Search", "Go"), test=("Find", "Look up"))
RESERVE = WordLists(train=("Reserve", "Borrow"), test=("Place a hold", "Request this book"))
SHELVES = ("Fiction", "Essays", "Travel", "Poetry", "History")
MAX_LISTED = 6


@dataclass(frozen=True)
class Book:
    """An entry of the catalogue."""

    id: str
    title: str
    author: str
    year: int
    shelf: str


@dataclass(frozen=True)
class SearchSpec:
    """The catalogue, what to look for, and how."""

    subject: str
    books: tuple[Book, ...]
    target: int
    """Which of the results, from 0."""
    by_place: bool
    """Whether the goal names the result's place instead of its title."""
    send: Literal["enter", "button", "icon"]
    placeholder: str
    button: str
    reserve: str
    cards: bool
    """Results stand in cards instead of a list."""

    @property
    def results(self) -> tuple[Book, ...]:
        """What the right search lists."""
        return matches(self.books, self.subject)


@dataclass
class SearchWorld:
    """Books that the user has reserved, in order."""

    reserved: list[str] = field(default_factory=list)


def matches(books: Sequence[Book], query: str) -> tuple[Book, ...]:
    """Books whose title or author holds the query."""
    query = query.casefold()
    return tuple(b for b in books if query and query in f"{b.title} {b.author}".casefold())


class SearchTask(EmbeddedTask[SearchSpec, SearchWorld]):
    """Search, open one of the results, reserve it."""

    name = "search"
    summary = "search a catalogue, open the right result and reserve it"
    spec_type = SearchSpec
    frontage = Frontage("Library", ("Branches", "Events", "Opening hours"))

    def draw(self, draw: Draw) -> SearchSpec:
        """Four or five books match; others are there as well."""
        subject = draw.word(SUBJECTS)
        count = draw.whole(4, 5)
        titles = [title.format(subject.title()) for title in draw.several(TITLES, count)]
        titles += draw.words(OTHER_TITLES, 6)
        authors = people(draw, len(titles))
        books = tuple(
            Book(str(100 + i), title, author.name, draw.whole(1931, 2024), draw.one(SHELVES))
            for i, (title, author) in enumerate(zip(titles, authors, strict=True))
        )
        send: tuple[Literal["enter", "button", "icon"], ...] = ("enter", "enter", "button", "icon")
        return SearchSpec(
            subject=subject,
            books=draw.shuffled(books),
            target=draw.whole(0, count - 1),
            by_place=draw.chance(0.35),
            send=draw.one(send),
            placeholder=draw.word(PLACEHOLDERS),
            button=draw.word(BUTTONS),
            reserve=draw.word(RESERVE),
            cards=draw.chance(0.3),
        )

    def goal(self, spec: SearchSpec) -> str:
        """Which book, by title or by its place in the list."""
        if spec.by_place:
            which = f"the {ORDINALS[spec.target]} book in the results"
        else:
            which = f'"{spec.results[spec.target].title}"'
        return f'Search the catalogue for "{spec.subject}" and reserve {which}.'

    def plan(self, spec: SearchSpec) -> Sequence[PlanStep]:
        """Search, open, reserve."""
        return _reserve(spec, spec.target)

    def near_misses(self, spec: SearchSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The neighbour in the list; a book looked at and not reserved; two books."""
        neighbour = (spec.target + 1) % len(spec.results)
        return {
            "another book": _reserve(spec, neighbour),
            "not reserved": self.plan(spec)[:-1],
            "two books": [
                *_reserve(spec, neighbour),
                click("Catalogue", ".crumbs a"),
                *self.plan(spec),
            ],
        }

    def world(self, spec: SearchSpec) -> SearchWorld:
        """Nothing is reserved."""
        return SearchWorld()

    def show(self, spec: SearchSpec, world: SearchWorld, visit: Visit) -> Page:
        """The start, the results, or a book."""
        if visit.path == "/":
            return Page("search.html", "Catalogue", {"query": "", "books": spec.books[:MAX_LISTED]})
        if visit.path == "/find":
            query = visit.get("q")
            return Page(
                "search.html", "Results", {"query": query, "books": matches(spec.books, query)}
            )
        book = _book(spec, visit.path)
        return Page("search_book.html", book.title, {"book": book})

    def submit(self, spec: SearchSpec, world: SearchWorld, visit: Visit) -> FormReply:
        """Reserve a book."""
        book = _book(spec, visit.path)
        world.reserved.append(book.id)
        return FormReply(visit.path, f"{book.title} is kept for you at the desk.")

    def judge(self, spec: SearchSpec, outcome: Outcome[SearchWorld]) -> Score:
        """The one book is reserved, once, and no other."""
        reserved, target = outcome.world.reserved, spec.results[spec.target].id
        return verdict(
            (not reserved, "no book is reserved"),
            (target not in reserved, "another book is reserved"),
            (len(reserved) > 1, "more than one reservation was made"),
        )


def _book(spec: SearchSpec, path: str) -> Book:
    for book in spec.books:
        if path == f"/book/{book.id}":
            return book
    raise Missing(path)


def _reserve(spec: SearchSpec, index: int) -> list[PlanStep]:
    book = spec.results[index]
    steps = [fill(spec.subject, spec.placeholder, "#q")]
    match spec.send:
        case "enter":
            steps.append(press("Enter"))
        case "button":
            steps.append(click(spec.button, "#go", "button"))
        case "icon":
            steps.append(click_icon("search", "#go"))
    at = f'a[href$="/book/{book.id}"]'
    steps.append(open_nth(index, "result", at) if spec.by_place else click(book.title, at, "link"))
    return [*steps, click(spec.reserve, "#reserve", "button")]
