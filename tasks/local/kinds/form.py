"""A long form: text, a list, radio buttons, checkboxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Frontage,
    Outcome,
    Page,
    Visit,
    verdict,
)
from vigorl.tasks.local.plan import PlanStep, choose, click, fill, scroll_until, tick
from vigorl.tasks.local.vocabulary import CITIES, COUNTRIES, people

COURSES = WordLists(
    train=("Bookbinding for beginners", "An introduction to beekeeping", "Watercolour on site"),
    test=("Bread baking at home", "Repairing bicycles", "Drawing from nature"),
)
SLOTS = WordLists(
    train=("Monday morning", "Tuesday evening", "Wednesday noon", "Saturday afternoon"),
    test=("Monday evening", "Thursday morning", "Friday noon", "Sunday afternoon"),
)
EXTRAS = WordLists(
    train=("Vegetarian lunch", "Parking space", "Rental tools", "Printed handout", "Quiet room"),
    test=("Vegan lunch", "Bicycle stand", "Loan of an apron", "Recording", "Front seat"),
)
SEND = WordLists(train=("Register", "Send registration"), test=("Sign up", "Book my place"))


@dataclass(frozen=True)
class Registration:
    """A registration, filled in."""

    name: str
    city: str
    country: str
    slot: str
    extras: tuple[str, ...]


@dataclass(frozen=True)
class FormSpec:
    """The form's choices and the registration that is wanted."""

    course: str
    countries: tuple[str, ...]
    slots: tuple[str, ...]
    extras: tuple[str, ...]
    wanted: Registration
    near: Registration
    """The same but for one value."""
    send: str
    two_columns: bool


@dataclass
class FormWorld:
    """Registrations that have arrived."""

    entries: list[Registration] = field(default_factory=list)


class FormTask(EmbeddedTask[FormSpec, FormWorld]):
    """Fill in a registration."""

    name = "form"
    summary = "fill in a form with text, a list, radio buttons and checkboxes, and send it"
    spec_type = FormSpec
    frontage = Frontage("School", ("Courses", "Teachers", "Visit us"))

    def draw(self, draw: Draw) -> FormSpec:
        """One registration and its near miss."""
        countries, slots = draw.words(COUNTRIES, 8), draw.words(SLOTS, 3)
        extras = draw.words(EXTRAS, 4)
        picked = draw.several(extras, draw.whole(1, 2))
        wanted = Registration(
            people(draw, 1)[0].name,
            draw.word(CITIES),
            draw.one(countries),
            draw.one(slots),
            tuple(extra for extra in extras if extra in picked),
        )
        other_country = draw.one([c for c in countries if c != wanted.country])
        other_slot = draw.one([s for s in slots if s != wanted.slot])
        near = draw.one(
            (
                replace(wanted, country=other_country),
                replace(wanted, slot=other_slot),
                replace(wanted, extras=wanted.extras[1:]),
                replace(wanted, city=wanted.city + "n"),
            )
        )
        return FormSpec(
            course=draw.word(COURSES),
            countries=tuple(sorted(countries)),
            slots=slots,
            extras=extras,
            wanted=wanted,
            near=near,
            send=draw.word(SEND),
            two_columns=draw.chance(0.5),
        )

    def goal(self, spec: FormSpec) -> str:
        """Every value of the registration."""
        wanted = spec.wanted
        return (
            f"Register {wanted.name} from {wanted.city}, {wanted.country}, for the course on "
            f"{wanted.slot}, with these extras and no others: {' and '.join(wanted.extras)}."
        )

    def plan(self, spec: FormSpec) -> Sequence[PlanStep]:
        """Field by field, then send."""
        return _fill_in(spec, spec.wanted)

    def near_misses(self, spec: FormSpec) -> Mapping[str, Sequence[PlanStep]]:
        """One value wrong; the form not sent; sent twice."""
        return {
            "one value wrong": _fill_in(spec, spec.near),
            "not sent": self.plan(spec)[:-1],
            "sent twice": [*self.plan(spec), click("again", "#again"), *self.plan(spec)],
        }

    def world(self, spec: FormSpec) -> FormWorld:
        """No registration has arrived."""
        return FormWorld()

    def show(self, spec: FormSpec, world: FormWorld, visit: Visit) -> Page:
        """The form, or thanks for it."""
        if visit.path == "/thanks" and world.entries:
            return Page("form_thanks.html", "Thank you", {"entry": world.entries[-1]})
        return Page("form.html", "Registration")

    def submit(self, spec: FormSpec, world: FormWorld, visit: Visit) -> FormReply:
        """Take a registration; every field but the extras must be filled."""
        entry = Registration(
            visit.get("name"),
            visit.get("city"),
            visit.get("country"),
            visit.get("slot"),
            tuple(extra for extra in spec.extras if extra in visit.all("extras")),
        )
        if not (entry.name and entry.city and entry.country and entry.slot):
            return FormReply("/", "Something is missing. Please fill in every field.", failed=True)
        world.entries.append(entry)
        return FormReply("/thanks")

    def judge(self, spec: FormSpec, outcome: Outcome[FormWorld]) -> Score:
        """One registration arrived and every value is right."""
        entries = outcome.world.entries
        return verdict(
            (not entries, "no registration was sent"),
            (len(entries) > 1, "the form was sent more than once"),
            (entries[:1] != [spec.wanted], f"it says {entries[:1]}, not {spec.wanted}"),
        )


def _fill_in(spec: FormSpec, entry: Registration) -> list[PlanStep]:
    return [
        fill(entry.name, "Full name", "#name"),
        fill(entry.city, "City", "#city"),
        choose(entry.country, "Country", "#country"),
        scroll_until(spec.send, "#send"),
        click(entry.slot, f'input[name=slot][value="{entry.slot}"]'),
        *(tick(extra, f'input[name=extras][value="{extra}"]') for extra in entry.extras),
        click(spec.send, "#send", "button"),
    ]
