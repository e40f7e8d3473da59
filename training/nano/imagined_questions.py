"""Imagined sites that are asked something: facts, tables, searches, and what is not there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from vigorl.training.nano import imagined_words as words
from vigorl.training.nano.imagined import ImaginedSite, Script, episode, give_up
from vigorl.training.nano.imagined_facts import ATTRIBUTES
from vigorl.training.nano.imagined_sheet import Sheet

_TABS = ("Details", "Facts", "Info", "All facts", "Data")
_OTHER_TABS = ("Pictures", "Questions", "Comments", "Map")
_HINTS = ("Search", "Search for", "Search the site", "Type a word", "Keyword")
_BEFORE = ("", "", "Search for it: ", "Look that up: ", "Search for {it}. ")
_RANGES = ("Our range", "All entries", "Latest", "Topics", "Choose one", "Catalogue")
_TABLES = ("Overview", "All at a glance", "Comparison", "Table", "Our list")


@dataclass
class _Facts:
    """What a page tells of one thing, and what is asked."""

    rows: list[tuple[str, str]]
    """Label and value."""
    label: str
    value: str
    questions: Sequence[str]
    pitch: float
    beside: float
    """From a label to its value, px; 0: it stands below."""
    are_cards: bool
    """Labels stand beside each other, and values under them."""

    @classmethod
    def draw(cls, random: Random, fewest: int, most: int) -> "_Facts":
        asked, *others = random.sample(ATTRIBUTES, random.randint(fewest, most))
        label, value = random.choice(asked.labels), asked.value(random)
        rows = [(random.choice(each.labels), each.value(random)) for each in others]
        rows.insert(random.randrange(len(rows) + 1), (label, value))
        beside = random.choice((0.0, 160.0, 220.0))
        are_cards = len(rows) <= 4 and random.random() < 0.5
        pitch = random.uniform(26, 50)
        return cls(rows, label, value, asked.questions, pitch, beside, are_cards)

    def lay_out(self, sheet: Sheet, name: str = "") -> None:
        if name:
            sheet.heading(name)
        if self.are_cards:
            self._lay_out_cards(sheet)
            return
        for label, value in self.rows:
            sheet.text(sheet.left, sheet.y, label)
            below = 0 if self.beside else 22
            sheet.text(sheet.left + self.beside, sheet.y + below, value)
            sheet.y += self.pitch + below

    def _lay_out_cards(self, sheet: Sheet) -> None:
        wide = (sheet.width - sheet.left - 40) / max(1, len(self.rows))
        for index, (label, value) in enumerate(self.rows):
            x = sheet.left + wide * index
            sheet.text(x, sheet.y, label)
            sheet.text(x, sheet.y + self.pitch, value)
        sheet.y += self.pitch + 60

    def answer(self, script: Script) -> None:
        """Say what is asked."""
        script.act(f'tell me the "{self.label}"', f'done "{self.value}"')


def facts_page(random: Random) -> Mapping[str, Any]:
    """A page about one thing; what is asked is on it, behind a tab, or nowhere."""
    site, facts = ImaginedSite.draw(random), _Facts.draw(random, 4, 8)
    (name,) = words.titles(random, 1)
    tab = random.choice((None, None, random.choice(_TABS)))
    tabs = [tab, *random.sample(_OTHER_TABS, 2)] if tab else []
    random.shuffle(tabs)
    teaser = random.choice(words.SENTENCES)
    is_there = random.random() > 0.12
    if not is_there:
        facts.rows.remove((facts.label, facts.value))

    def head(sheet: Sheet) -> None:
        sheet.heading(name)
        x = sheet.left
        for each in tabs:
            x = sheet.button(x, sheet.y, each, role="tab")
        sheet.y += 50 if tabs else 0

    def first(sheet: Sheet) -> None:
        head(sheet)
        if tabs:
            sheet.heading(teaser)
        else:
            facts.lay_out(sheet)

    def second(sheet: Sheet) -> None:
        head(sheet)
        facts.lay_out(sheet)

    script = Script(site, f"{name} · {site.brand}", first)
    script.consents()
    if tab:
        script.act(f'click "{tab}"', "click @", tab)
        script.go(script.title, second)
    if is_there:
        facts.answer(script)
    else:
        give_up(script, facts.label, f'click "{facts.label}"')
    it = random.choice((name, name, "this", "it"))
    return episode("facts", words.either(random, facts.questions, it=it), script)


def table_page(random: Random) -> Mapping[str, Any]:
    """A table, on the page or behind a link, in which a row and a column are looked for."""
    site = ImaginedSite.draw(random)
    attributes = random.sample(ATTRIBUTES, random.randint(2, 4))
    labels = [random.choice(each.labels) for each in attributes]
    absent, *names = words.titles(random, random.randint(4, 8))
    rows = {name: [each.value(random) for each in attributes] for name in names}
    corner = random.choice(("Name", "", "Item", "What", "Title"))
    column = random.randrange(len(labels))
    heading = random.choice(_TABLES)
    link = random.choice((None, None, "All data", "List", "Compare"))
    pitch = random.uniform(28, 46)

    def table(sheet: Sheet) -> None:
        wide = (sheet.width - sheet.left - 60) / (len(labels) + 1.4)
        sheet.heading(heading)
        for first, *cells in ((corner, *labels), *((name, *rows[name]) for name in names)):
            if first:
                sheet.text(sheet.left, sheet.y, first)
            for index, cell in enumerate(cells):
                sheet.text(sheet.left + wide * (index + 1.4), sheet.y, cell)
            sheet.y += pitch

    def front(sheet: Sheet) -> None:
        sheet.heading("Welcome")
        sheet.button(sheet.left, sheet.y, str(link), role="link")
        sheet.y += 40

    script = Script(site, f"{heading} · {site.brand}", front if link else table)
    script.consents()
    if link:
        script.act(f'click "{link}"', "click @", link)
        script.go(f"{heading} · {site.brand}", table)
    if random.random() > 0.12:
        name = random.choice(names)
        purpose = f'tell me the "{labels[column]}" of "{name}"'
        script.act(purpose, f'done "{rows[name][column]}"')
    else:
        name = absent
        give_up(script, name, f'click "{name}"')
    return episode("table", words.either(random, attributes[column].questions, it=name), script)


def search_page(random: Random) -> Mapping[str, Any]:
    """A search, whose result is opened and asked something, or that finds nothing."""
    site, facts = ImaginedSite.draw(random), _Facts.draw(random, 3, 5)
    names = words.titles(random, random.randint(2, 5))
    name, hint = random.choice(names), random.choice(_HINTS)
    button = random.choice((None, "Search", "Go", "OK"))
    entered: list[str] = []
    finds = random.random() > 0.15

    def field(sheet: Sheet) -> None:
        sheet.field(sheet.left, sheet.y, "".join(entered) or hint, "field", "searchbox")
        if button:
            sheet.button(sheet.left + 330, sheet.y + 9, button, "go")
        sheet.y += 60

    def results(sheet: Sheet) -> None:
        field(sheet)
        if not finds:
            sheet.heading(f"No results for {name}")
        for each in names if finds else ():
            sheet.button(sheet.left, sheet.y, each, f"result {each}", "link")
            sheet.y += facts.pitch

    script = Script(site, f"Search · {site.brand}", field)
    script.consents()
    enters = button is None or random.random() < 0.5
    command = f'type @ "{name}"{" enter" if enters else ""}'
    script.act(f'type "{name}" into "{hint}"', command, "field")
    entered.append(name)
    if not enters:
        script.act(f'click "{button}"', "click @", "go")
    script.go(f"Results · {site.brand}", results)
    if finds:
        script.act(f'click "{name}"', "click @", f"result {name}")
        script.go(f"{name} · {site.brand}", lambda sheet: facts.lay_out(sheet, name))
        facts.answer(script)
    else:
        give_up(script, name, f'click "{name}"')
    before = words.either(random, _BEFORE, it=name)
    return episode("search", before + words.either(random, facts.questions, it=name), script)


def topics_page(random: Random) -> Mapping[str, Any]:
    """A page of links, one of which leads to what is asked; a wrong one is left again."""
    site, facts = ImaginedSite.draw(random), _Facts.draw(random, 3, 6)
    names = words.titles(random, random.randint(3, 6))
    name, wrong = random.sample(names, 2)
    heading = random.choice(_RANGES)
    note = random.choice((words.price, words.day))
    notes = {each: note(random) for each in names}

    def front(sheet: Sheet) -> None:
        sheet.heading(heading)
        for each in names:
            sheet.button(sheet.left, sheet.y, each, f"topic {each}", "link")
            sheet.text(sheet.left + 380, sheet.y, notes[each])
            sheet.y += facts.pitch

    def about(each: str) -> Callable[[Sheet], None]:
        return lambda sheet: facts.lay_out(sheet, each)

    script = Script(site, f"{heading} · {site.brand}", front)
    script.consents()
    if random.random() < 0.2:
        script.act("", "click @", f"topic {wrong}", sound=False)
        script.go(f"{wrong} · {site.brand}", lambda sheet: sheet.heading(wrong))
        script.act("this page does not help: go back", "back")
        script.go(f"{heading} · {site.brand}", front)
    script.act(f'click "{name}"', "click @", f"topic {name}")
    script.go(f"{name} · {site.brand}", about(name))
    facts.answer(script)
    return episode("topics", words.either(random, facts.questions, it=name), script)
