"""Booking an appointment: a day in a calendar, a time, confirm."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
from vigorl.tasks.local.plan import PlanStep, choose, click, click_until
from vigorl.tasks.local.vocabulary import YEARS

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
MONTHS_SHOWN = 4
SERVICES = WordLists(
    train=("Eye test", "Haircut", "Bicycle check", "Tax advice"),
    test=("Dental check", "Massage", "Car inspection", "Legal advice"),
)
TIMES = ("08:15", "09:30", "10:45", "11:20", "13:40", "14:50", "15:35", "16:25", "17:10")
NEXT = WordLists(train=("Next", "Later"), test=("Following", "Onward"))
BACK = {"Next": "Previous", "Later": "Earlier", "Following": "Preceding", "Onward": "Backward"}
BOOK = WordLists(train=("Book", "Book appointment"), test=("Reserve", "Make appointment"))


@dataclass(frozen=True)
class Appointment:
    """What, and when; the month counts from 0, the first one shown."""

    service: str
    month: int
    day: int
    time: str


@dataclass(frozen=True)
class CalendarSpec:
    """The choices, and the appointment that is wanted."""

    year: int
    first_month: int
    """1 to 9: the calendar stays within one year."""
    services: tuple[str, ...]
    times: tuple[str, ...]
    wanted: Appointment
    next: str
    book: str

    def title(self, month: int) -> str:
        """'June 2031'."""
        return f"{MONTHS[self.first_month - 1 + month]} {self.year}"

    def weeks(self, month: int) -> list[list[int]]:
        """The month's days by week, Monday first; 0 where the day is another month's."""
        return calendar.Calendar().monthdayscalendar(self.year, self.first_month + month)


@dataclass
class CalendarWorld:
    """Appointments that were made."""

    booked: list[Appointment] = field(default_factory=list)


class CalendarTask(EmbeddedTask[CalendarSpec, CalendarWorld]):
    """Book an appointment."""

    name = "calendar"
    summary = "book an appointment on a given day at a given time"
    spec_type = CalendarSpec
    frontage = Frontage("Appointments", ("Our team", "Prices", "Directions"), ("top", "side"))

    def draw(self, draw: Draw) -> CalendarSpec:
        """Days from the 10th on; a month that is not the first as a rule."""
        services, times = draw.words(SERVICES, 3), tuple(sorted(draw.several(TIMES, 6)))
        return CalendarSpec(
            year=draw.one(YEARS),
            first_month=draw.whole(1, 9),
            services=services,
            times=times,
            wanted=Appointment(
                draw.one(services),
                draw.one((0, 1, 1, 2, 2, 3)),
                draw.whole(10, 28),
                draw.one(times),
            ),
            next=draw.word(NEXT),
            book=draw.word(BOOK),
        )

    def goal(self, spec: CalendarSpec) -> str:
        """What, and when."""
        wanted = spec.wanted
        date = f"{wanted.day} {spec.title(wanted.month)}"
        return f'Book an appointment for "{wanted.service}" on {date} at {wanted.time}.'

    def plan(self, spec: CalendarSpec) -> Sequence[PlanStep]:
        """Service, month, day, time, confirm."""
        return _book(spec, spec.wanted)

    def near_misses(self, spec: CalendarSpec) -> Mapping[str, Sequence[PlanStep]]:
        """A day, a month, a time or a service beside; not confirmed; booked twice."""
        wanted = spec.wanted
        month = wanted.month + 1 if wanted.month + 1 < MONTHS_SHOWN else 0
        time = next(time for time in spec.times if time != wanted.time)
        service = next(name for name in spec.services if name != wanted.service)
        plan = self.plan(spec)
        return {
            "a day later": _book(
                spec, Appointment(wanted.service, wanted.month, wanted.day - 1, wanted.time)
            ),
            "another month": _book(
                spec, Appointment(wanted.service, month, wanted.day, wanted.time)
            ),
            "another time": _book(
                spec, Appointment(wanted.service, wanted.month, wanted.day, time)
            ),
            "another service": _book(
                spec, Appointment(service, wanted.month, wanted.day, wanted.time)
            ),
            "not confirmed": plan[:-1],
            "booked twice": [*plan, click("Another appointment", "#again"), *plan],
        }

    def world(self, spec: CalendarSpec) -> CalendarWorld:
        """Nothing is booked."""
        return CalendarWorld()

    def show(self, spec: CalendarSpec, world: CalendarWorld, visit: Visit) -> Page:
        """The calendar, or what was booked."""
        if visit.path == "/booked" and world.booked:
            return Page("calendar_booked.html", "Booked", {"booked": world.booked[-1]})
        if visit.path != "/":
            raise Missing(visit.path)
        context = {"months": range(MONTHS_SHOWN), "back": BACK[spec.next]}
        return Page("calendar.html", "Appointments", context)

    def submit(self, spec: CalendarSpec, world: CalendarWorld, visit: Visit) -> FormReply:
        """Book, if day and time are chosen."""
        month, _, day = visit.get("date").partition("-")
        time, service = visit.get("time"), visit.get("service")
        if not (month.isdecimal() and day.isdecimal() and time in spec.times):
            return FormReply("/", "Please choose a day and a time.", failed=True)
        if service not in spec.services:
            return FormReply("/", "Please choose a service.", failed=True)
        world.booked.append(Appointment(service, int(month), int(day), time))
        return FormReply("/booked")

    def judge(self, spec: CalendarSpec, outcome: Outcome[CalendarWorld]) -> Score:
        """That appointment and no other."""
        booked = outcome.world.booked
        return verdict(
            (not booked, "nothing is booked"),
            (len(booked) > 1, "more than one appointment is booked"),
            (booked[:1] != [spec.wanted], f"{booked[:1]}, not {spec.wanted}"),
        )


def _book(spec: CalendarSpec, wanted: Appointment) -> list[PlanStep]:
    steps = [choose(wanted.service, "Service", "#service")]
    if wanted.month:
        title = spec.title(wanted.month)
        steps.append(click_until(spec.next, "#later", title, f"#title-{wanted.month}"))
    return [
        *steps,
        click(str(wanted.day), f'label:has(input[value="{wanted.month}-{wanted.day}"]) span'),
        click(wanted.time, f'label:has(input[value="{wanted.time}"]) span'),
        click(spec.book, "#book", "button"),
    ]
