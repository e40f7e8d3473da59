"""The parts of generated pages: every method returns HTML, drawn from one generator."""

import random
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from vigorl.tasks.world.icons import PHRASES, IconSet
from vigorl.tasks.world.lexicon import Lexicon
from vigorl.tasks.world.look import Look

Kind = Literal["", "primary", "ghost", "danger"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that the page itself poses about one of its elements."""

    kind: str
    """Such as `value` or `row`."""
    instruction: str
    answer: str | None
    ui_type: str


@dataclass
class Kit:
    """Draws parts; remembers which questions they pose."""

    draw: random.Random
    lex: Lexicon
    icons: IconSet
    look: Look
    width_px: int
    """Of the viewport, CSS px."""
    height_px: int
    asks: list[Ask] = field(default_factory=list)

    # --- small things ---

    def maybe(self, odds: float) -> bool:
        """True as often as the odds say."""
        return self.draw.random() < odds

    def count(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.draw.randint(low, max(low, high))

    def ask(
        self, kind: str, instruction: str, answer: str | None = None, ui_type: str = "text"
    ) -> str:
        """An attribute that makes its element the target of a question."""
        self.asks.append(Ask(kind, instruction, answer, ui_type))
        return f' data-ask="{len(self.asks) - 1}"'

    def value(self, text: str, instruction: str) -> str:
        """A text that is the answer to a question."""
        return f"<span{self.ask('value', instruction, text)}>{escape(text)}</span>"

    def icon(self, concept: str | None = None, size_em: float | None = None) -> str:
        """A drawing of the concept, of any where none is given or the set lacks it."""
        if concept is None or concept not in self.icons.icons:
            concept = self.draw.choice(self.icons.concepts())
        drawing = self.draw.choice(self.icons.icons[concept])
        size = f' style="width:{size_em:.2f}em;height:{size_em:.2f}em"' if size_em else ""
        return drawing.replace("<svg", f'<svg class=i data-icon="{concept}"{size}', 1)

    def concepts(self, count: int, among: str = "") -> list[str]:
        """Different concepts that the set has; first those of the list."""
        wanted = [concept for concept in among.split() if concept in self.icons.icons]
        self.draw.shuffle(wanted)
        others = [concept for concept in self.icons.concepts() if concept not in wanted]
        self.draw.shuffle(others)
        return (wanted + others)[:count]

    def icon_button(self, concept: str | None = None, style: str = "") -> str:
        """A button that shows a drawing only."""
        drawing = self.icon(concept)
        shown = drawing.split('data-icon="', 1)[1].split('"', 1)[0]
        name = escape(PHRASES.get(shown, (shown,))[0])
        return f'<button class="ib {style}" aria-label="{name}">{drawing}</button>'

    def icon_row(self, count: int, among: str = "", style: str = "") -> str:
        """Buttons with drawings, side by side."""
        buttons = "".join(self.icon_button(c, style) for c in self.concepts(count, among))
        return f'<div class="row" style="gap:{self.draw.choice((0, 1, 2, 4, 8))}px">{buttons}</div>'

    def picture(self, width: str, height: str, name: str = "") -> str:
        """A picture that stands for a photograph: shapes on a gradient."""
        hue, turn = self.draw.randrange(360), self.draw.randrange(360)
        shapes = "".join(
            f"<circle cx='{self.draw.randrange(100)}' cy='{self.draw.randrange(100)}'"
            f" r='{self.draw.randrange(5, 45)}' fill='hsl({(hue + self.draw.randrange(120)) % 360}"
            f" {self.draw.randrange(20, 80)}% {self.draw.randrange(25, 80)}%)' opacity='.6'/>"
            for _ in range(self.draw.randint(0, 4))
        )
        svg = (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'"
            f" preserveAspectRatio='xMidYMid slice'>{shapes}</svg>"
        )
        style = (
            f"width:{width};height:{height};background:linear-gradient({turn}deg,"
            f"hsl({hue} 45% 62%),hsl({(hue + 50) % 360} 50% 38%))"
        )
        label = f' role=img aria-label="{escape(name)}"' if name else " aria-hidden=true"
        return f'<div class="pic clip"{label} style="{style}">{svg.replace("<svg", "<svg class=fill role=none width=100%", 1)}</div>'  # noqa: E501

    def avatar(self, name: str) -> str:
        """Initials on a colour."""
        initials = "".join(part[0] for part in name.split()[:2])
        hue = self.draw.randrange(360)
        return f'<span class=avatar style="background:hsl({hue} 45% 38%)">{escape(initials)}</span>'

    def badge(self, text: str | None = None) -> str:
        """A short state on a colour."""
        tone = self.draw.choice(("", "", "ok", "warn", "bad"))
        return f'<span class="badge {tone}">{escape(text or self.lex.label("status"))}</span>'

    # --- what is clicked ---

    def button(self, label: str | None = None, kind: Kind = "", icon: str | None = None) -> str:
        """A button with a label, and perhaps a drawing before it."""
        label = label if label is not None else self.lex.label("action")
        drawing = self.icon(icon) if icon or self.maybe(0.15) else ""
        off = " disabled" if self.maybe(0.04) else ""
        if self.maybe(0.1):
            return f'<a href="#" class="button {kind}">{drawing}{escape(label)}</a>'
        return f'<button class="button {kind}"{off}>{drawing}{escape(label)}</button>'

    def buttons(self, count: int) -> str:
        """Some buttons, one of them standing out."""
        labels = self.lex.labels("action", count)
        kinds: list[Kind] = ["primary", *self.draw.choices(("", "ghost"), k=max(0, count - 1))]
        parts = [self.button(label, kind) for label, kind in zip(labels, kinds, strict=False)]
        if self.maybe(0.5):
            parts.reverse()
        return f'<div class="row wrap">{"".join(parts)}</div>'

    def link(self, label: str | None = None) -> str:
        """A link in running text."""
        return f'<a href="#">{escape(label or self.lex.title(1, 4))}</a>'

    def nav(self, labels: list[str], down: bool, icons: bool | None = None) -> str:
        """Links to the parts of a site, side by side or below each other."""
        icons = self.maybe(0.5 if down else 0.15) if icons is None else icons
        chosen = self.draw.randrange(len(labels))
        parts = []
        concepts = self.concepts(len(labels))
        for index, label in enumerate(labels):
            drawing = self.icon(concepts[index]) if icons else ""
            count = f'<span class="badge">{self.count(1, 99)}</span>' if self.maybe(0.08) else ""
            on = ' class=on aria-current="page"' if index == chosen else ""
            parts.append(
                f'<a href="#"{on}>{drawing}<span class=dots>{escape(label)}</span>{count}</a>'
            )
        style = "col" if down else "row"
        gap = self.draw.choice((0, 2, 4)) if down else self.draw.choice((2, 8, 14))
        return f'<nav class="nav {style}" style="gap:{gap}px">{"".join(parts)}</nav>'

    def tabs(self, count: int, kind: str = "nav") -> str:
        """Tabs, one of them chosen."""
        labels = self.lex.labels(kind, count)
        chosen = self.draw.randrange(len(labels))
        parts = "".join(
            f'<button class=tab role=tab aria-selected="{str(i == chosen).lower()}">'
            f"{escape(label)}</button>"
            for i, label in enumerate(labels)
        )
        return f"<div class=tabs role=tablist>{parts}</div>"

    def menu(self, count: int, style: str = "") -> str:
        """An open menu."""
        keys = self.maybe(0.5)
        icons = self.maybe(0.45)
        kind = self.draw.choice(("command", "command", "action"))
        labels = self.lex.labels(kind, count)
        chosen = self.draw.randrange(len(labels)) if self.maybe(0.4) else -1
        parts = []
        concepts = self.concepts(len(labels))
        for index, label in enumerate(labels):
            drawing = self.icon(concepts[index]) if icons else ""
            letter = self.draw.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            prefix = self.draw.choice(("Ctrl+", "Ctrl+Shift+", "Alt+", "⌘"))
            key = f"<kbd>{prefix}{letter}</kbd>" if keys and self.maybe(0.6) else ""
            on = " on" if index == chosen else ""
            parts.append(
                f'<button class="item{on}" role=menuitem>{drawing}<span>{escape(label)}</span>{key}'
                "</button>"
            )
            if self.maybe(0.15):
                parts.append("<hr>")
        return f'<div class=menu role=menu style="{style}">{"".join(parts)}</div>'

    # --- what is filled in ---

    def field(self, label: str | None = None, value: str | None = None, kind: str = "text") -> str:
        """A field with its label above, beside or inside it."""
        label = label or self.lex.label("field")
        place = self.draw.choice(("stack", "stack", "stack", "side", "inside"))
        filled = value if value is not None else (self.fill(label) if self.maybe(0.45) else "")
        hint = self.draw.choice((label, self.lex.title(1, 3), f"e.g. {self.lex.word()}", ""))
        if place == "inside":
            hint = label
        name = f' aria-label="{escape(label)}"' if place == "inside" else ""
        tag = (
            f'<input class=field type="{kind}"{name} value="{escape(filled)}"'
            f' placeholder="{escape(hint)}">'
        )
        if place == "inside":
            return tag
        star = " *" if self.maybe(0.1) else ""
        return f'<label class="{place}"><span>{escape(label)}{star}</span>{tag}</label>'

    def fill(self, label: str) -> str:
        """Something that may stand in a field of that label."""
        word = label.casefold()
        for part, make in (
            ("mail", self.lex.email), ("name", self.lex.person), ("date", self.lex.date),
            ("time", self.lex.time), ("amount", self.lex.money), ("price", self.lex.money),
            ("city", self.lex.place), ("number", self.lex.code), ("code", self.lex.code),
            ("website", self.lex.url), ("phone", self.phone),
        ):  # fmt: skip
            if part in word:
                return make()
        return self.lex.title(1, 3)

    def phone(self) -> str:
        """A telephone number."""
        return f"+{self.count(1, 99)} {self.count(100, 999)} {self.count(100000, 9999999)}"

    def select(self, label: str | None = None, options: list[str] | None = None) -> str:
        """A list to choose from, closed."""
        label = label or self.lex.label("field")
        options = options or [self.lex.title(1, 2) for _ in range(self.count(2, 5))]
        chosen = self.draw.randrange(len(options))
        items = "".join(
            f"<option{' selected' if i == chosen else ''}>{escape(o)}</option>"
            for i, o in enumerate(options)
        )
        drawn = " drawn" if self.maybe(0.6) else ""
        return (
            f'<label class="{self.draw.choice(("stack", "stack", "side"))}"><span>{escape(label)}'
            f'</span><select class="field{drawn}">{items}</select></label>'
        )

    def area(self, label: str | None = None, rows: int = 3) -> str:
        """A field of several lines."""
        text = self.lex.paragraph(1, 2) if self.maybe(0.5) else ""
        return (
            f"<label class=stack><span>{escape(label or self.lex.label('field'))}</span>"
            f'<textarea class=field rows={rows} style="resize:none"'
            f' placeholder="{escape(self.lex.sentence())}">{escape(text)}</textarea></label>'
        )

    def check(self, label: str | None = None, kind: str = "checkbox", group: str = "") -> str:
        """A box or a round button to tick, with its label behind it."""
        on = " checked" if self.maybe(0.4) else ""
        name = f' name="{group}"' if group else ""
        text = escape(label or self.lex.label("option"))
        return f"<label class=check><input type={kind}{name}{on}><span>{text}</span></label>"

    def radios(self, count: int) -> str:
        """Choices that exclude each other."""
        group = f"g{self.draw.randrange(10**6)}"
        labels = self.lex.labels("option", count)
        style = self.draw.choice(("row wrap", "col tight"))
        inner = "".join(self.check(label, "radio", group) for label in labels)
        return f'<div class="{style}" role=radiogroup>{inner}</div>'

    def switch(self, label: str | None = None) -> str:
        """A switch behind its label, with a word of explanation."""
        text = escape(label or self.lex.label("option"))
        on = str(self.maybe(0.5)).lower()
        more = f'<div class="small muted">{escape(self.lex.sentence(3, 7))}</div>'
        return (
            f'<div class="row between"><div class=grow><div>{text}</div>'
            f"{more if self.maybe(0.5) else ''}</div>"
            f'<button class=switch role=switch aria-checked={on} aria-label="{text}"></button>'
            "</div>"
        )

    def slider(self, label: str | None = None) -> str:
        """A slider with its label and perhaps its value."""
        text = escape(label or self.lex.label("field"))
        value = self.count(3, 97)
        shown = f'<span class="muted">{value}</span>' if self.maybe(0.5) else ""
        return (
            f"<div class=row><span class=nowrap>{text}</span><span class=slider role=slider"
            f' aria-label="{text}" aria-valuenow={value}><i style="left:{value}%"></i></span>'
            f"{shown}</div>"
        )

    def search(self, width: str = "100%") -> str:
        """A field to search with."""
        hint = self.draw.choice(
            ("Search", "Search…", f"Search {self.lex.word()}", self.lex.title(1, 2))
        )
        if self.lex.language != "en" or self.lex.split != "train":
            hint = self.lex.title(1, 2)
        drawing = self.icon("search") if self.maybe(0.6) else ""
        tag = (
            f'<input class=field type=text role=searchbox aria-label="{hint}" placeholder="{hint}">'
        )
        end = self.icon_button("search", "framed") if not drawing and self.maybe(0.5) else ""
        return (
            f'<div class="row tight" style="width:{width};min-width:5em">{drawing}{tag}{end}</div>'
        )

    def form(self, count: int) -> list[str]:
        """Different fields, as they follow each other in a form."""
        parts = []
        for label in self.lex.labels("field", count):
            dice = self.draw.random()
            if dice < 0.7:
                kind = "password" if "password" in label.casefold() else "text"
                parts.append(self.field(label, None, kind))
            elif dice < 0.88:
                parts.append(self.select(label))
            else:
                parts.append(self.area(label, self.count(2, 4)))
        return parts
