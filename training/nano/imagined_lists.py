"""Imagined sites with entries: rows with buttons, errands, boards, days and hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from vigorl.training.nano import imagined_words as words
from vigorl.training.nano.imagined import ImaginedSite, Script, episode, give_up
from vigorl.training.nano.imagined_sheet import Sheet

_ENDS = frozenset({"Delete", "Remove", "Archive", "Approve", "Reject", "Cancel"})
"""What a row is gone after."""
_ASKED = ("{do} {it}.", "Please {do} {it}", "I want to {do} {it}.", "{it}: {do} it, please.",
          "Can you {do} {it} for me?")  # fmt: skip
_SIGNS = (">", "›", "→", "»")
_TURNS = ("Next", "Next page", "Older", "Show the next", "Further", *_SIGNS)
_ANSWERS = (("Yes", "No"), ("OK", "Cancel"), ("Yes, do it", "No, wait"), ("Confirm", "Back"),
            ("Sure", "Leave it"), ("Continue", "Stop"))  # fmt: skip
"""What a dialog's buttons are called: go on, and leave it."""
_CHANGED_MIND = " But when you are asked, change your mind and keep it."


@dataclass
class _Rows:
    """A list whose rows have buttons or icons."""

    heading: str
    names: list[str]
    notes: dict[str, str]
    verbs: list[str]
    icons: Mapping[str, str]
    """Those that stand for the verbs; empty: these are written on buttons."""
    name: str
    """The row that is meant."""
    verb: str
    """What is to be done with it."""
    pages: int
    turn: str
    """What leads to the next page."""
    is_stacked: bool
    pitch: float
    page: int = 0
    message: str = ""
    asks: bool = False
    """A dialog asks whether that is meant."""
    yes: str = ""
    no: str = "Cancel"

    @classmethod
    def draw(cls, random: Random) -> "_Rows":
        icons = {name: icon for icon, name in words.ROW_ICONS.items()}
        if random.random() < 0.75:
            icons = {}
        verbs = random.sample(list(icons or words.ROW_VERBS), random.randint(1, 2))
        names = words.titles(random, random.randint(3, 8))
        note = random.choice((words.day, words.price, words.person))
        return cls(
            random.choice(("My list", "Entries", "Overview", "Your items", "All of them", "Open")),
            names,
            {each: note(random) for each in names},
            verbs,
            icons,
            random.choice(names),
            random.choice(verbs),
            random.choice((2, 2, 3)) if random.random() < 0.35 else 1,
            random.choice(_TURNS),
            random.random() < 0.3,
            random.uniform(32, 56),
        )

    @property
    def of_page(self) -> int:
        """Rows of a page."""
        return (len(self.names) + self.pages - 1) // self.pages

    def lay_out(self, sheet: Sheet) -> None:
        sheet.heading(self.heading)
        if self.message:
            sheet.heading(self.message, 34)
        if self.asks:
            sheet.text(300, 300, f"{self.verb} {self.name}?")
            x = sheet.button(310, 350, self.yes, "yes")
            sheet.button(x + 20, 350, self.no, "no")
            sheet.y = max(sheet.y, 400)
            return
        left = sheet.left
        for each in self.names[self.page * self.of_page :][: self.of_page]:
            sheet.text(left, sheet.y, each)
            below, beside = (20, 0) if self.is_stacked else (0, 300)
            sheet.text(left + beside, sheet.y + below, self.notes[each])
            x = left + 480
            for verb in self.verbs:
                spot = f"{verb} {each}"
                if self.icons:
                    x = sheet.icon(x, sheet.y, self.icons[verb], spot)
                else:
                    x = sheet.button(x, sheet.y, verb, spot)
            sheet.y += self.pitch + below
        if self.pages > 1:
            x = left + 10
            if self.page:
                x = sheet.button(
                    x, sheet.y + 10, "‹" if self.turn in _SIGNS else "Previous", "back"
                )
            if self.page + 1 < self.pages:
                sheet.button(x, sheet.y + 10, self.turn, "next")
            sheet.y += 40

    def goal(self, random: Random, name: str) -> str:
        """What a person says who wants something done with a row."""
        said = random.choice((self.verb.lower(), *words.ROW_VERBS[self.verb]))
        called = random.choice((name, name, f'"{name}"', f"the entry {name}"))
        goal = words.either(random, _ASKED, do=said, it=called)
        return goal[:1].upper() + goal[1:]


def rows_page(random: Random) -> Mapping[str, Any]:
    """A list whose rows have buttons; some ask again, some go on on another page."""
    site, rows = ImaginedSite.draw(random), _Rows.draw(random)
    name, verb = rows.name, rows.verb
    is_there = len(rows.names) == 3 or random.random() > 0.15
    on_page = rows.names.index(name) // rows.of_page
    if not is_there:
        rows.names.remove(name)
        on_page = rows.pages - 1
    script = Script(site, f"{rows.heading} · {site.brand}", rows.lay_out)
    script.consents()
    while rows.page < on_page:
        script.act(f'click "{rows.turn}" until you see "{name}"', "click @", "next")
        rows.page += 1
    what = f"the {rows.icons[verb]} icon" if rows.icons else f'"{verb}"'
    if not is_there:
        give_up(script, name, f'click {what} in the row of "{name}"')
        return episode("rows", rows.goal(random, name), script)
    script.act(f'click {what} in the row of "{name}"', "click @", f"{verb} {name}")
    goal = rows.goal(random, name)
    if rows.pages == 1 and random.random() < 0.35:
        stays = random.random() < 0.2
        goal += _CHANGED_MIND if stays else random.choice(("", " Confirm that.", ""))
        rows.asks = True
        rows.yes, rows.no = random.choice(((verb, "Cancel"), *_ANSWERS))
        answer, spot = (rows.no, "no") if stays else (rows.yes, "yes")
        script.act(f'click "{answer}"', "click @", spot)
        rows.asks = False
        if stays:
            script.act("everything is done", "done")
            return episode("rows", goal, script)
    if verb in _ENDS:
        rows.names.remove(name)
    rows.message = random.choice(
        (f"{name}: done.", f"{verb}: {name}", "Done.", f"1 entry: {verb.lower()}")
    )
    script.act("everything is done", "done")
    return episode("rows", goal, script)


@dataclass
class _Errands:
    """A list of errands, with a field for new ones."""

    heading: str
    is_done: dict[str, bool]
    new: str
    absent: str
    hint: str
    button: str | None
    has_filters: bool
    shown: str = ""
    """The part that is shown, "" for all."""
    entered: str = ""
    edited: str = ""
    """The errand whose text stands in a field."""
    wishes: list[str] = field(default_factory=list)

    @classmethod
    def draw(cls, random: Random) -> "_Errands":
        new, absent, *errands = random.sample(words.ERRANDS, random.randint(4, 8))
        return cls(
            random.choice(("To do", "My tasks", "Errands", "This week", "Checklist")),
            {each: random.random() < 0.3 for each in errands},
            new,
            absent,
            random.choice(
                ("Add a task", "New entry", "What has to be done?", "Add an item", "New")
            ),
            random.choice((None, "Add", "OK")),
            random.random() < 0.4,
        )

    def lay_out(self, sheet: Sheet) -> None:
        sheet.heading(self.heading)
        left = sheet.left
        sheet.field(left, sheet.y, self.entered or self.hint, "field")
        if self.button:
            sheet.button(left + 330, sheet.y + 9, self.button, "add")
        sheet.y += 54
        for each, is_done in self.is_done.items():
            if self.shown not in ("", "Done" if is_done else "Open"):
                continue
            sheet.mark("checkbox", left, sheet.y, is_done, f"box {each}")
            if self.edited == each:
                sheet.field(left + 30, sheet.y - 8, each, f"text {each}")
                sheet.y += 44
                continue
            sheet.text(left + 30, sheet.y, each)
            x = sheet.icon(left + 400, sheet.y, "edit", f"edit {each}")
            sheet.icon(x, sheet.y, "close", f"delete {each}")
            sheet.y += 36
        for index, each in enumerate(("All", "Open", "Done") if self.has_filters else ()):
            sheet.button(left + 90 * index, sheet.y + 10, each, f"filter {each}", "link")
        sheet.y += 44

    def add(self, random: Random, script: Script) -> None:
        """A new errand."""
        enters = self.button is None or random.random() < 0.5
        command = f'type @ "{self.new}"{" enter" if enters else ""}'
        script.act(f'type "{self.new}" into "{self.hint}"', command, "field")
        if not enters:
            self.entered = self.new
            script.act(f'click "{self.button}"', "click @", "add")
            self.entered = ""
        self.is_done[self.new] = False
        low = self.new[:1].lower() + self.new[1:]
        ways = ("Add {it}", 'Put "{it}" on the list', "I still have to do this: {it}",
                "Note that I must {low}")  # fmt: skip
        self.wishes.append(words.either(random, ways, it=self.new, low=low))

    def tick(self, random: Random, script: Script, name: str) -> None:
        """An errand that is done."""
        script.act(f'check "{name}"', "click @", f"box {name}")
        self.is_done[name] = True
        ways = ("Tick off {it}", "{it} is done", "I have finished this: {it}",
                'Mark "{it}" as done', "Check {it}")  # fmt: skip
        self.wishes.append(words.either(random, ways, it=name))

    def delete(self, random: Random, script: Script, name: str) -> None:
        """An errand that nobody has to do any more."""
        spot = f"delete {name}"
        script.act(f'click the close icon in the row of "{name}"', "click @", spot)
        del self.is_done[name]
        ways = ("Delete {it}", "Remove {it} from the list", 'Strike out "{it}"',
                "I no longer need the entry {it}")  # fmt: skip
        self.wishes.append(words.either(random, ways, it=name))

    def rename(self, random: Random, script: Script, name: str) -> None:
        """An errand that is called otherwise."""
        new = f"{name} {random.choice(('today', 'on Friday', 'tomorrow', 'at last', 'for Anna'))}"
        script.act(f'click the edit icon in the row of "{name}"', "click @", f"edit {name}")
        self.edited = name
        purpose = f'replace the text in "{name}" with "{new}"'
        script.act(purpose, f'type @ "{new}" clear enter', f"text {name}")
        self.edited = ""
        self.is_done = {new if each == name else each: done for each, done in self.is_done.items()}
        ways = ("Rename {it} to {new}", 'Change "{it}" to "{new}"', "Call the entry {it} {new}")
        self.wishes.append(words.either(random, ways, it=name, new=new))


def errands_page(random: Random) -> Mapping[str, Any]:
    """A list of errands: add, tick off, call otherwise, delete, or show a part."""
    site, errands = ImaginedSite.draw(random), _Errands.draw(random)
    script = Script(site, f"{errands.heading} · {site.brand}", errands.lay_out)
    script.consents()
    if random.random() < 0.1:
        give_up(script, errands.absent, f'check "{errands.absent}"')
        return episode("errands", f"{errands.absent}: that is done, tick it off.", script)
    for deed in random.sample(("add", "tick", "delete", "rename"), random.choice((1, 1, 2))):
        still_open = [each for each, is_done in errands.is_done.items() if not is_done]
        match deed:
            case "add":
                errands.add(random, script)
            case "tick" if still_open:
                errands.tick(random, script, random.choice(still_open))
            case "delete" if errands.is_done:
                errands.delete(random, script, random.choice(list(errands.is_done)))
            case _ if errands.is_done:
                errands.rename(random, script, random.choice(list(errands.is_done)))
    if errands.has_filters and errands.wishes and random.random() < 0.4:
        script.act('click "Open"', "click @", "filter Open")
        errands.shown = "Open"
        errands.wishes.append("show me what is still open")
    if not errands.wishes:
        errands.add(random, script)
    script.act("everything is done", "done")
    return episode("errands", words.joined(random, errands.wishes), script)


_VISITS = ("haircut", "check-up", "consultation", "massage", "repair", "visit")
_COMES = ("Book the {what} on {day} at {hour}.", "I'd like to come on {day}, {hour}.",
          "Get me {hour} on {day}", "{day} at {hour} suits me. Book that.")  # fmt: skip


def hours_page(random: Random) -> Mapping[str, Any]:
    """Days and hours to choose from, and a button that books them."""
    site = ImaginedSite.draw(random)
    named = [f"{day} {number}" for number, day in enumerate(words.DAYS, random.randint(1, 22))]
    days = random.sample(named, random.randint(3, 5))
    hours = sorted({words.clock(random) for _ in range(random.randint(3, 7))})
    day, hour = random.choice(days), random.choice(hours)
    what = random.choice((*words.EVENTS, *_VISITS))
    submit = random.choice(("Book", "Confirm", "Book it", "Continue", "Book now"))
    chosen: list[str] = []

    def page(sheet: Sheet) -> None:
        sheet.heading(what.capitalize())
        for row in (days, hours if chosen else ()):
            x = sheet.left + 10
            for each in row:
                x = sheet.button(x, sheet.y, each)
            sheet.y += 54
        if chosen:
            sheet.text(sheet.left, sheet.y, " ".join(("Chosen:", *chosen)))
        sheet.button(sheet.left + 10, sheet.y + 40, submit, "submit")
        sheet.y += 84

    title = f"{what.capitalize()} · {site.brand}"
    script = Script(site, title, page)
    script.consents()
    other = random.choice(days)
    if other != day and random.random() < 0.2:
        script.act("", "click @", other, sound=False)
        chosen[:] = [other]
    script.act(f'click "{day}"', "click @", day)
    chosen[:] = [day]
    script.act(f'click "{hour}"', "click @", hour)
    chosen.append(hour)
    script.act(f'click "{submit}"', "click @", "submit")
    script.go(title, lambda sheet: sheet.heading(f"Booked: {what}, {day}, {hour}"))
    script.act("everything is done", "done")
    goal = words.either(random, _COMES, what=what, day=day, hour=hour)
    return episode("hours", goal, script)


_COLUMNS = (("To do", "Doing", "Done"), ("Backlog", "Next", "In work", "Finished"),
            ("Ideas", "Planned", "Live"), ("New", "Waiting", "Solved"))  # fmt: skip
_MOVED = ("Move {it} to {to}.", "{it} belongs in {to}: move its card there.",
          'Put the card "{it}" into "{to}"', "Drag {it} over to {to}")  # fmt: skip


def board_page(random: Random) -> Mapping[str, Any]:
    """Columns of cards, one of which belongs into another column."""
    site, columns = ImaginedSite.draw(random), random.choice(_COLUMNS)
    names = random.sample(words.ERRANDS, random.randint(3, 7))
    cards = {each: random.choice(columns) for each in names}
    name = random.choice(names)
    to = random.choice([each for each in columns if each != cards[name]])

    def page(sheet: Sheet) -> None:
        wide = (sheet.width - sheet.left - 40) / len(columns)
        top = bottom = sheet.y
        for index, column in enumerate(columns):
            x, y = sheet.left + wide * index, top
            sheet.text(x, y, column, f"column {column}")
            for each in (card for card, where in cards.items() if where == column):
                y += 46
                sheet.text(x, y, each, each)
            bottom = max(bottom, y + 60)
        sheet.y = bottom

    script = Script(site, f"Board · {site.brand}", page)
    script.consents()
    script.act(f'drag "{name}" to "{to}"', "drag @ to @", name, f"column {to}")
    del cards[name]
    cards[name] = to
    script.act("everything is done", "done")
    return episode("board", words.either(random, _MOVED, it=name, to=to), script)
