"""Screens that nobody drew: labels, fields, tables and lists in rows and columns, as truth."""

from random import Random
from typing import Any

from vigorl.training.nano.reading_noise import ICONS
from vigorl.training.nano.reading_renames import WordStock

_ROLES = ("textbox", "combobox", "checkbox", "radio", "switch")


class Sketcher:
    """Makes screens in the form in which `vigorl.training.nano.oracles` stores them."""

    def __init__(self, stock: WordStock) -> None:
        self._stock = stock

    def screen(self, random: Random) -> dict[str, Any]:
        """A new screen."""
        width, height = random.choice(((1280, 720), (1024, 768), (1440, 900), (800, 600)))
        page = _Page(self._stock, random, width, height)
        while page.y < height - 60 and len(page.lines) < 60:
            match random.randrange(5):
                case 0:
                    page.heading()
                case 1:
                    page.table(random.randint(2, 7), random.randint(2, 5))
                case 2:
                    page.form(random.randint(1, 5))
                case 3:
                    page.bar(random.randint(2, 6))
                case _:
                    page.rows(random.randint(2, 6))
        return {"size": [width, height], "lines": page.lines, "controls": page.controls}


class _Page:
    def __init__(self, stock: WordStock, random: Random, width: int, height: int) -> None:
        self._stock, self._random = stock, random
        self._width, self._height = width, height
        self.y = random.uniform(8, 40)
        self._left = random.uniform(10, width * 0.2)
        self.lines: list[list[Any]] = []
        self.controls: list[list[Any]] = []

    def heading(self) -> None:
        self._text(self._left, self.y, self._words(1, 4))
        self.y += self._random.uniform(24, 44)

    def bar(self, count: int) -> None:
        x = self._left
        role = self._random.choice(("button", "link", "tab"))
        for _ in range(count):
            right = self._text(x, self.y, self._words(1, 2))
            self._control(role, x - 8, self.y - 6, right + 8, self.y + 24)
            x = right + self._random.uniform(20, 60)
            if x > self._width - 150:
                break
        self.y += self._random.uniform(34, 60)

    def table(self, rows: int, columns: int) -> None:
        span = (self._width - self._left - 40) / (columns + 1)
        edges = [self._left + span * index for index in range(columns)]
        kinds = [self._random.randrange(4) for _ in range(columns)]
        pitch = self._random.uniform(28, 56)
        action = self._random.choice(("", "button", "icons"))
        names = [self._words(1, 1) for _ in range(2)]
        icons = self._random.sample(ICONS, 2)
        for x in edges:
            self._text(x, self.y, self._words(1, 2))
        self.y += pitch
        for _ in range(rows):
            if self.y > self._height - 20:
                return
            for number, x in enumerate(edges):
                self._text(x, self.y, self._cell(kinds[number] if number else 0))
            x = self._left + span * columns
            for name, icon in zip(names, icons, strict=True):
                if action == "button":
                    right = self._text(x, self.y, name)
                    self._control("button", x - 8, self.y - 6, right + 8, self.y + 24)
                    x = right + 30
                elif action == "icons":
                    self._control("button", x, self.y, x + 20, self.y + 20, icon)
                    x += 40
            self.y += pitch

    def form(self, count: int) -> None:
        beside = self._random.random() < 0.3
        for _ in range(count):
            if self.y > self._height - 70:
                return
            role = self._random.choice(_ROLES)
            label = self._words(1, 3)
            if role in ("checkbox", "radio"):
                self._control(role, self._left, self.y, self._left + 18, self.y + 18)
                self._text(self._left + 28, self.y, label)
                self.y += self._random.uniform(26, 40)
                continue
            right = self._text(self._left, self.y, label)
            if role == "switch":
                x = self._random.uniform(right + 20, max(right + 30, self._width - 80))
                self._control(role, x, self.y - 2, x + 40, self.y + 20)
                self.y += self._random.uniform(34, 60)
                continue
            x, top = (right + 20, self.y - 8) if beside else (self._left, self.y + 24)
            self._control(role, x, top, x + 300, top + 36)
            if self._random.random() < 0.6:
                self._text(x + 12, top + 9, self._words(1, 2))
            self.y = top + self._random.uniform(46, 60)

    def rows(self, count: int) -> None:
        end = self._random.uniform(0.5, 0.9) * self._width
        for _ in range(count):
            if self.y > self._height - 20:
                return
            self._text(self._left, self.y, self._words(1, 3))
            if self._random.random() < 0.7:
                self._text(end, self.y, self._cell(self._random.randrange(4)))
            if self._random.random() < 0.4:
                self.y += 20
                self._text(self._left, self.y, self._words(3, 7))
            self.y += self._random.uniform(24, 44)

    def _cell(self, kind: int) -> str:
        draw = self._random
        match kind:
            case 0:
                return self._words(1, 2)
            case 1:
                return f"${draw.randint(1, 2999):,}.{draw.randint(0, 99):02}"
            case 2:
                return str(draw.randint(1, 99999))
            case _:
                return f"{draw.randint(1, 31)} {draw.choice(('May', 'June', 'July', 'March'))}"

    def _words(self, fewest: int, most: int) -> str:
        draw = self._random
        words = [self._stock.draw(draw) for _ in range(draw.randint(fewest, most))]
        text = " ".join(words)
        return text.title() if draw.random() < 0.4 else text[0].upper() + text[1:]

    def _text(self, x: float, y: float, text: str) -> float:
        right = x + 7.6 * len(text)
        self.lines.append([text, x, y, right, y + 19, "t", 0])
        return right

    def _control(
        self, role: str, left: float, top: float, right: float, bottom: float, icon: str = ""
    ) -> None:
        checked = (
            int(self._random.random() < 0.5) if role in ("checkbox", "radio", "switch") else None
        )
        self.controls.append([role, left, top, right, bottom, "", icon, checked, "", 0])
