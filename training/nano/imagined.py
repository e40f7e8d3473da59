"""Sites that nobody built: pages in words and places, and episodes that were played on them.

A policy that reads is told what stands where, so an episode can be made without a browser: a page
is laid out, what is to be done is done by a script, and what was clicked is remembered. The
episodes have the form of recorded ones (`vigorl.training.nano.reading_steps`), and get the same
mistakes of reading. What they add is kinds of pages, and goals put as people put them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from vigorl.training.nano.imagined_sheet import LETTER_PX, Sheet, Spot
from vigorl.training.nano.imagined_widgets import Widget, widgets
from vigorl.training.nano.imagined_words import BRANDS, CONSENTS, FOOTERS, NAVIGATION, PEOPLE, aside

MOST_SCROLLS = 4


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
    widgets: Sequence[Widget] = ()
    """Other parts of its pages, the first of which may stand before what they are about."""
    widgets_first: bool = False

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
            widgets(random),
            random.random() < 0.3,
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
        for widget in self.widgets[:1] if self.widgets_first else ():
            widget.lay_out(sheet, self.left)
            sheet.y += 24
        return sheet

    def finish(self, sheet: Sheet) -> None:
        """What stands beside or below what a page is about, and its foot."""
        for widget in self.widgets[1:] if self.widgets_first else self.widgets:
            sheet.y += 24
            widget.lay_out(sheet, self.left)
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
