"""Calendars and tickets."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from vigorl.browser.errors import TaskFault
from vigorl.browser.geometry import Point
from vigorl.tasks.miniwob.hand import Hand, Oracle
from vigorl.tasks.miniwob.solutions.forms import submit

MAX_MONTHS = 24


def _told_date(hand: Hand) -> date:
    return datetime.strptime(hand.told(r"(\d\d/\d\d/\d{4})"), "%m/%d/%Y").date()


async def pick_date(hand: Hand, day: date) -> None:
    """Open the calendar, turn to the month, and click the day."""
    await hand.click("#datepicker")
    for _ in range(MAX_MONTHS):
        title = await hand.texts(".ui-datepicker-title")
        shown = datetime.strptime(title[0].replace("\xa0", " "), "%B %Y").date()
        months = (day.year - shown.year) * 12 + day.month - shown.month
        if months == 0:
            break
        await hand.click(".ui-datepicker-next" if months > 0 else ".ui-datepicker-prev")
    await hand.click(".ui-datepicker-calendar a", str(day.day))


async def _date(hand: Hand) -> None:
    await pick_date(hand, _told_date(hand))
    await submit(hand)


async def _flight(hand: Hand) -> None:
    for field, place in (
        ("#flight-from", hand.told(r"from: (.+?) to:")),
        ("#flight-to", hand.told(r"to: (.+?) on ")),
    ):
        await hand.type(field, place)
        entries = await hand.read(
            "place => DOMESTIC_FLIGHTS.filter(airport => airport.includes(place))", place
        )
        await hand.click(".ui-menu-item", entries[0])
    await pick_date(hand, _told_date(hand))
    await hand.click("#search")
    attribute = "duration" if "shortest" in hand.goal else "price"
    values = await hand.read(
        f"""() => [...document.querySelectorAll('#results [data-{attribute}]')]
          .map(e => Number(e.dataset.{attribute}))"""
    )
    await hand.click(".flight-price", nth=values.index(min(values)))


async def _ticket(hand: Hand) -> None:
    attribute = "duration" if "duration" in hand.goal else "price"
    values = await hand.read(
        f"""() => [...document.querySelectorAll('#area [data-{attribute}]')]
          .map(e => Number(e.dataset.{attribute}))"""
    )
    wanted = min if re.search("cheapest|shortest", hand.goal) else max
    await hand.click(".buy-ticket", nth=values.index(wanted(values)))


async def _appointment(hand: Hand) -> None:
    start, count = await _free_half_hours(hand)
    name = hand.told(r'named "(.+)"')
    cells = [f"#hh-{index}" for index in (start, start + count - 1)]
    await hand.reach(cells[-1])
    await hand.reach(cells[0])
    first, last = [(await hand.shown(cell)).box for cell in cells]
    await hand.drag(Point(first.center.x, first.top + 4), Point(last.center.x, last.bottom - 4))
    await hand.type("#event-name", name)
    await hand.click("#controls .create")


async def _free_half_hours(hand: Hand) -> tuple[int, int]:
    """Where an event fits in, with room on both sides: its first half hour, and how many."""
    hours = re.search(r"([\d.]+) hour", hand.goal)
    count = round(float(hours[1]) * 2) if hours else int(hand.told(r"(\d+) mins")) // 30
    windows = {"8AM": 16, "12PM": 24, "4PM": 32}
    opening = windows[hand.told(r"between (\w+) and")]
    taken = await hand.read(
        """() => [...document.querySelectorAll('#area .event')].map(event => {
          const start = Math.round((parseFloat(event.style.top) - 4) / 20.42);
          return [start, start + Number(event.dataset.duration)];
        })"""
    )
    inside = range(opening, opening + 8 - count + 1)
    # Where others leave no room inside, the page also takes an event that begins before.
    for start in (*inside, *reversed(range(opening - count, opening))):
        if all(start + count < begin or start > end for begin, end in taken):
            return start, count
    raise TaskFault(f"there is no room for the event ({hand.goal})")


ORACLES: Mapping[str, Oracle] = {
    "book-flight": _flight,
    "book-flight-nodelay": _flight,
    "buy-ticket": _ticket,
    "choose-date": _date,
    "choose-date-easy": _date,
    "choose-date-medium": _date,
    "choose-date-nodelay": _date,
    "daily-calendar": _appointment,
}
