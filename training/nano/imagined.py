"""Sites that nobody built: pages in words and places, and episodes that were played on them.

A policy that reads is told what stands where, so an episode can be made without a browser: a page
is laid out, what is to be done is done by a script, and what was clicked is remembered. The
episodes have the form of recorded ones (`vigorl.training.nano.reading_steps`), and get the same
mistakes of reading. What they add is kinds of pages, and goals put as people put them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from vigorl.training.nano.imagined_words import BRANDS, CONSENTS, FOOTERS, NAVIGATION, PEOPLE, aside

LETTER_PX = 7.6
"""Width of a letter, about."""
LINE_PX = 19.0
MOST_SCROLLS = 4

Spot = tuple[float, float]


@dataclass
class Sheet:
    """A page as it is laid out: as high as it gets, of which the window shows a part."""

    width: float
    left: float = 0.0
    """Where what a page is about begins, px."""
    y: float = 20.0
    """Where the next thing is to stand, px."""
    lines: list[list[Any]] = field(default_factory=list)
    controls: list[list[Any]] = field(default_factory=list)
    spots: dict[str, Spot] = field(default_factory=dict)
    """Middles of what can be acted on, by what the script calls it."""

    def text(self, x: float, y: float, text: str, spot: str = "") -> float:
        """Write a line; where it ends, px."""
        right = x + LETTER_PX * len(text)
        self.lines.append([text, x, y, right, y + LINE_PX, "t", 0])
        if spot:
            self.spots[spot] = ((x + right) / 2, y + LINE_PX / 2)
        return right

    def heading(self, text: str, high: float = 44.0) -> None:
        """A line of its own."""
        self.text(self.left, self.y, text)
        self.y += high

    def button(self, x: float, y: float, text: str, spot: str = "", role: str = "button") -> float:
        """A text that can be clicked."""
        right = self.text(x, y, text, spot or text)
        self.controls.append([role, x - 10, y - 7, right + 10, y + 26, text, "", None, "", 0])
        return right + 30

    def icon(self, x: float, y: float, icon: str, spot: str) -> float:
        """A picture that can be clicked."""
        self.controls.append(["button", x, y, x + 20, y + 20, icon, icon, None, "", 0])
        self.spots[spot] = (x + 10, y + 10)
        return x + 40

    def mark(self, role: str, x: float, y: float, on: bool, spot: str) -> None:
        """A checkbox, radio button or switch."""
        wide = 40 if role == "switch" else 18
        self.controls.append([role, x, y, x + wide, y + 19, "", "", int(on), "", 0])
        self.spots[spot] = (x + wide / 2, y + 9.5)

    def field(self, x: float, y: float, text: str, spot: str, role: str = "textbox") -> None:
        """A field or list with what stands in it."""
        self.controls.append([role, x, y, x + 300, y + 36, "", "", None, text, 0])
        if text:
            self.text(x + 12, y + 9, text)
        self.spots[spot] = (x + 150, y + 18)


@dataclass
class ImaginedSite:
    """What the pages of one site have in common."""

    brand: str
    links: Sequence[str]
    size: tuple[int, int]
    left: float
    shows_footer: bool
    user: str
    asides: Sequence[str] = ()
    """What else is written, which concerns nobody."""
    consent: Sequence[str] = ()
    """What a banner asks: its text and its buttons, until one of them is clicked."""

    @classmethod
    def draw(cls, random: Random) -> "ImaginedSite":
        """A site with other pages than the one that is played on."""
        links = random.sample(NAVIGATION, random.randint(0, 4))
        first, last = random.choice(PEOPLE).split(" ", 1)
        return cls(
            random.choice(BRANDS),
            links,
            random.choice(((1280, 720), (1024, 768), (1440, 900), (1280, 800))),
            random.choice((24, 40, 120, 200)),
            random.random() < 0.4,
            random.choice(("", "", f"{first[0]}{last[0]}", f"{first} {last}")),
            [aside(random) for _ in range(random.choice((0, 0, 1, 2, 4, 7)))],
            random.choice(CONSENTS) if random.random() < 0.15 else (),
        )

    def sheet(self) -> Sheet:
        """An empty page below the head that all pages have."""
        sheet = Sheet(self.size[0], self.left)
        x = sheet.text(self.left, sheet.y, self.brand) + 40
        for link in self.links:
            x = sheet.button(x, sheet.y, link, f"link {link}", "link")
        if self.user:
            sheet.text(self.size[0] - 20 - LETTER_PX * len(self.user), sheet.y, self.user)
        sheet.y += 60
        return sheet

    def finish(self, sheet: Sheet) -> None:
        """What stands beside or below what a page is about, and its foot."""
        beside = len(self.asides) % 2 == 0 and self.size[0] > 1100
        y = 120.0 if beside else sheet.y + 20
        for text in self.asides:
            sheet.text(self.size[0] * 0.7 if beside else self.left, y, text)
            y += 34
        sheet.y = max(sheet.y, y)
        if self.shows_footer:
            sheet.text(self.left, sheet.y + 24, FOOTERS[len(self.brand) % len(FOOTERS)])
            sheet.y += 60


class Script:
    """Plays an episode on a site and writes it down.

    Args:
        site: Whose pages are shown.
        title: Of the page; may be set again.
        page: Lays out what stands on the page now.
    """

    def __init__(self, site: ImaginedSite, title: str, page: Callable[[Sheet], None]) -> None:
        self.site, self.title, self.page = site, title, page
        self.steps: list[dict[str, Any]] = []
        self._top = 0.0

    def go(self, title: str, page: Callable[[Sheet], None]) -> None:
        """Another page is shown."""
        self.title, self.page, self._top = title, page, 0.0

    def consents(self, button: str | None = None) -> None:
        """Answer the banner, where there is one."""
        if self.site.consent:
            _, *buttons = self.site.consent
            chosen = button if button in buttons else buttons[0]
            self.act(f'click "{chosen}"', "click @", f"consent {chosen}")
            self.site.consent = ()

    def act(self, purpose: str, command: str, *spots: str, sound: bool = True) -> None:
        """One action on what the script calls so, after the turns of the wheel that show it.

        Args:
            purpose: What it is for; "" for a slip.
            command: With `@` for each point.
            spots: What it acts on.
            sound: Whether to learn it; a slip is only remembered.
        """
        for _ in range(MOST_SCROLLS):
            sheet = self._sheet()
            if all(self._is_shown(sheet, spot) for spot in spots):
                break
            self._write(sheet, f"{purpose}: not in sight", "scroll (500, 500) down 800", (), True)
            self._scroll(sheet)
        sheet = self._sheet()
        points = [self._point(sheet, spot) for spot in spots]
        self._write(sheet, purpose, command, points, sound)

    def look_through(self, purpose: str) -> None:
        """Turn the wheel to the end of the page, in search of what is not there."""
        for _ in range(MOST_SCROLLS):
            sheet = self._sheet()
            if self._top + self.site.size[1] >= sheet.y:
                return
            self._write(sheet, f"{purpose}: not in sight", "scroll (500, 500) down 800", (), True)
            self._scroll(sheet)

    def _sheet(self) -> Sheet:
        sheet = self.site.sheet()
        self.page(sheet)
        self.site.finish(sheet)
        return sheet

    def _scroll(self, sheet: Sheet) -> None:
        high = self.site.size[1]
        self._top = max(0.0, min(self._top + 0.8 * high, sheet.y - high))

    def _is_shown(self, sheet: Sheet, spot: str) -> bool:
        return spot.startswith("consent ") or (
            12 < sheet.spots[spot][1] - self._top < self.site.size[1] - self._banner_px - 12
        )

    def _point(self, sheet: Sheet, spot: str) -> Spot:
        if spot.startswith("consent "):
            banner = Sheet(self.site.size[0], self.site.left)
            self._draw_banner(banner)
            return banner.spots[spot]
        x, y = sheet.spots[spot]
        return x, y - self._top

    @property
    def _banner_px(self) -> float:
        return 70.0 if self.site.consent else 0.0

    def _draw_banner(self, sheet: Sheet) -> None:
        text, *buttons = self.site.consent
        y = self.site.size[1] - 50.0
        x = sheet.text(self.site.left, y, text) + 40
        for button in buttons:
            x = sheet.button(x, y, button, f"consent {button}")

    def _write(
        self, sheet: Sheet, purpose: str, command: str, points: Sequence[Spot], sound: bool
    ) -> None:
        lines, controls = self._window(sheet)
        screen = {"lines": lines, "controls": controls, "title": self.title}
        same = bool(self.steps) and all(self.steps[-1][key] == screen[key] for key in screen)
        self.steps.append(
            {
                **screen,
                "size": list(self.site.size),
                "tabs": [[self.title, 1]],
                "events": [],
                "same": int(same),
                "command": command,
                "points": [list(point) for point in points],
                "purpose": purpose,
                "sound": int(sound),
            }
        )

    def _window(self, sheet: Sheet) -> tuple[list[list[Any]], list[list[Any]]]:
        """What is seen of a page."""
        bottom = self.site.size[1] - self._banner_px
        shown: list[list[list[Any]]] = []
        for rows in (sheet.lines, sheet.controls):
            moved = [[row[0], row[1], row[2] - self._top, row[3], row[4] - self._top, *row[5:]]
                     for row in rows]  # fmt: skip
            shown.append([row for row in moved if row[2] > -2 and row[4] < bottom + 2])
        if self.site.consent:
            banner = Sheet(self.site.size[0], self.site.left)
            self._draw_banner(banner)
            shown[0] += banner.lines
            shown[1] += banner.controls
        return shown[0], shown[1]


def episode(kind: str, goal: str, script: Script) -> Mapping[str, Any]:
    """What was played, as a recorded episode."""
    return {"task": f"imagined/{kind}", "goal": goal, "steps": script.steps}


def give_up(script: Script, name: str, purpose: str) -> None:
    """Look for what is not there, to the end of the page, and say so.

    Args:
        script: Whose episode ends with it.
        name: What is looked for.
        purpose: What it was looked for for.
    """
    script.look_through(purpose)
    script.act(f'nothing here is called "{name}"', f"give_up \"'{name}' is not on the screen.\"")
