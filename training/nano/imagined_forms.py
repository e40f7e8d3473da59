"""Imagined sites with something to fill in: settings that are changed, forms that are sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from vigorl.training.nano import imagined_words as words
from vigorl.training.nano.imagined import ImaginedSite, Script, episode
from vigorl.training.nano.imagined_sheet import LETTER_PX, Sheet

_ON = ("Turn {it} on", "Switch on {it}", "Activate {it}", "I want {it} to be on", "Enable {it}",
       "{it} should be on", "I'd like to have {it}")  # fmt: skip
_OFF = ("Turn {it} off", "Switch off {it}", "Deactivate {it}", "I don't want {it} any more",
        "Disable {it}", "{it} should be off", "No {it}, please")  # fmt: skip
_SET = ("Set the {what} to {it}", "Change the {what} to {it}", "{what}: {it}, please",
        "I want the {what} to be {it}", "The {what} should be {it}",
        "Choose {it} as the {what}")  # fmt: skip
_SAVED = ("Your changes have been saved.", "Saved.", "Settings updated.")
_THANKS = ("Thank you! We have received it.", "Done. You will hear from us.",
           "Your request has been sent.", "Thank you, all is set.")  # fmt: skip
_NAMES = ("Display name", "Device name", "Nickname", "Signature")


@dataclass
class _Settings:
    """Settings as they are now."""

    switches: dict[str, bool]
    lists: dict[str, str]
    texts: dict[str, str]
    role: str
    at_right: bool
    """Switches stand far from what they are called."""
    save: str | None
    rows: list[str]
    """What they are called, in order."""
    message: str = ""

    @classmethod
    def draw(cls, random: Random) -> "_Settings":
        switches = random.sample(words.TOGGLES, random.randint(2, 5))
        lists = random.sample(list(words.OPTIONS), random.randint(0, 2))
        texts = [random.choice(_NAMES)] if random.random() < 0.3 else []
        rows = [*switches, *lists, *texts]
        random.shuffle(rows)
        role = random.choice(("switch", "switch", "checkbox"))
        return cls(
            {each: random.random() < 0.5 for each in switches},
            {each: random.choice(words.OPTIONS[each]) for each in lists},
            {each: words.person(random) for each in texts},
            role,
            role == "switch" and random.random() < 0.7,
            random.choice((None, *words.SAVES, *words.SAVES)),
            rows,
        )

    def lay_out(self, sheet: Sheet) -> None:
        sheet.heading("Settings")
        if self.message:
            sheet.heading(self.message, 30)
        left = sheet.left
        for row in self.rows:
            if row in self.switches:
                beside = 0 if self.at_right else 52 if self.role == "switch" else 28
                sheet.text(left + beside, sheet.y, row)
                x = left + 420 if self.at_right else left
                sheet.mark(self.role, x, sheet.y, self.switches[row], row)
                sheet.y += 42
                continue
            sheet.text(left, sheet.y, row)
            role = "combobox" if row in self.lists else "textbox"
            sheet.field(left, sheet.y + 22, {**self.lists, **self.texts}[row], row, role)
            sheet.y += 72
        if self.save:
            sheet.button(left + 10, sheet.y + 6, self.save)
            if len(self.rows) % 2:
                sheet.button(left + 60 + LETTER_PX * len(self.save), sheet.y + 6, "Reset")
            sheet.y += 50


def settings_page(random: Random) -> Mapping[str, Any]:
    """Switches, lists and fields, some of which are to be changed and mostly saved."""
    site, settings = ImaginedSite.draw(random), _Settings.draw(random)
    script = Script(site, f"Settings · {site.brand}", settings.lay_out)
    script.consents()
    chosen = random.sample(settings.rows, random.randint(1, min(3, len(settings.rows))))
    wishes = [_changed(row, random, script, settings) for row in chosen]
    if settings.save:
        script.act(f'click "{settings.save}"', "click @", settings.save)
        settings.message = random.choice(_SAVED)
        wishes += random.choice(([], [], ["save that"], ["save the changes"]))
    script.act("everything is done", "done")
    return episode("settings", words.joined(random, wishes), script)


def _changed(row: str, random: Random, script: Script, settings: _Settings) -> str:
    """Change one setting, perhaps after a slip that is put right; how a person asks for that."""
    if row in settings.switches:
        switches = settings.switches
        wanted = not switches[row]
        if random.random() < 0.1:  # it was already so, and a slip has changed it
            script.act("", "click @", row, sound=False)
            wanted, switches[row] = switches[row], wanted
        script.act(f'{"check" if wanted else "uncheck"} "{row}"', "click @", row)
        switches[row] = wanted
        name = random.choice((row, row.lower(), f'"{row}"'))
        return words.either(random, _ON if wanted else _OFF, it=name)
    if row in settings.lists:
        others = [each for each in words.OPTIONS[row] if each != settings.lists[row]]
        new = random.choice(others)
        if random.random() < 0.15 and len(others) > 1:
            slip = random.choice([each for each in others if each != new])
            script.act("", f'select @ "{slip}"', row, sound=False)
            settings.lists[row] = slip
        script.act(f'select "{new}" in "{row}"', f'select @ "{new}"', row)
        settings.lists[row] = new
        return words.either(random, _SET, what=random.choice((row, row.lower())), it=new)
    new = words.person(random)
    script.act(f'replace the text in "{row}" with "{new}"', f'type @ "{new}" clear', row)
    settings.texts[row] = new
    return words.either(random, _SET, what=row.lower(), it=new)


@dataclass(frozen=True)
class ImaginedField:
    """A field: how forms call it, what is entered, and how a person says that."""

    labels: Sequence[str]
    value: Callable[[Random], str]
    ways: Sequence[str]
    """With `{v}` for the value."""


FIELDS = (
    ImaginedField(
        ("Name", "Full name", "Your name", "Contact person"),
        words.person,
        ("My name is {v}", "I am {v}", "It is for {v}", "Under the name {v}"),
    ),
    ImaginedField(
        ("E-mail", "Your e-mail", "E-mail address", "Mail"),
        words.address,
        ("my e-mail is {v}", "write to me at {v}", "you reach me at {v}", "mail address {v}"),
    ),
    ImaginedField(
        ("Phone", "Telephone", "Mobile number", "Call-back number"),
        words.phone,
        ("my number is {v}", "call me at {v}", "phone {v}"),
    ),
    ImaginedField(
        ("City", "Town", "Place", "Where do you live?"),
        words.city,
        ("I live in {v}", "I come from {v}", "city: {v}"),
    ),
    ImaginedField(
        ("Date", "Day", "Preferred date", "When?"),
        words.day,
        ("on {v}", "for {v}", "the day is {v}"),
    ),
    ImaginedField(
        ("Time", "Preferred time", "At"),
        words.clock,
        ("at {v}", "at {v} o'clock", "time: {v}"),
    ),
    ImaginedField(
        ("People", "Number of guests", "How many?", "Persons"),
        lambda random: str(random.randint(2, 12)),
        ("we are {v} people", "for {v} people", "{v} persons"),
    ),
    ImaginedField(
        ("Company", "Organisation"),
        lambda random: f"{random.choice(words.BRANDS)} Ltd",
        ("I work for {v}", "my company is {v}"),
    ),
    ImaginedField(
        ("Message", "Your message", "Comment", "Remarks", "Anything else?"),
        lambda random: random.choice(words.SENTENCES),
        ('say "{v}"', 'the message is "{v}"', 'tell them "{v}"'),
    ),
    ImaginedField(
        ("Subject", "About", "Title"),
        lambda random: random.choice(words.ERRANDS),
        ('the subject is "{v}"', 'it is about "{v}"'),
    ),
    ImaginedField(
        ("Postal code", "Postcode", "ZIP"),
        lambda random: str(random.randint(10000, 99999)),
        ("postal code {v}", "my ZIP is {v}"),
    ),
    ImaginedField(
        ("Street", "Address", "Street and number"),
        words.street,
        ("I live at {v}", "address: {v}"),
    ),
)
_INTENTS = (
    ("Contact", "Send them a message", "Write to them"),
    ("Booking", "Book that for me", "Make a booking"),
    ("Registration", "Register me", "Sign me up"),
    ("Appointment", "Get me an appointment", "Request an appointment"),
    ("Order", "Place the order", "Order it"),
    ("Newsletter", "I want the newsletter", "Subscribe me to the newsletter"),
    ("Application", "Apply for it", "Send the application"),
    ("Feedback", "Leave feedback", "Fill in the form"),
)
_BOXES = ("I agree to the terms", "Send me a copy", "I have read the privacy notice")


@dataclass
class _Form:
    """A form, and what has been entered."""

    heading: str
    intents: Sequence[str]
    fields: dict[str, ImaginedField]
    values: dict[str, str]
    """What is to be entered, by label."""
    what: str
    """What is chosen by radio buttons or in a list."""
    options: Sequence[str]
    """The first is chosen at first, the last is to be; empty: nothing is chosen."""
    in_list: bool
    box: str | None
    submit: str
    inside: bool
    """What a field is called stands in it."""
    shown: Sequence[str]
    """Its fields in order, with those that nobody has told anything of."""
    extras: dict[str, bool] = field(default_factory=dict)
    """Boxes of which any may be ticked, and whether they are."""
    extras_are: str = ""
    wanted: Sequence[str] = ()
    """Those of them that are to be ticked, and no others."""
    entered: dict[str, str] = field(default_factory=dict)
    chosen: str = ""
    agrees: bool = False
    message: str = ""

    @classmethod
    def draw(cls, random: Random) -> "_Form":
        heading, *intents = random.choice(_INTENTS)
        is_short = heading == "Newsletter"
        drawn = random.sample(FIELDS, 1 if is_short else random.randint(2, 7))
        labels = {random.choice(each.labels): each for each in drawn}
        told = 1 if is_short else random.randint(2, min(5, len(labels)))
        fields = dict(list(labels.items())[:told])
        shown = list(labels)
        random.shuffle(shown)
        fields = {label: fields[label] for label in shown if label in fields}
        what = random.choice(list(words.PREFERENCES))
        options = list(words.PREFERENCES[what])
        random.shuffle(options)
        options = options[: random.randint(2, 4)] if not is_short and random.random() < 0.6 else []
        in_list = random.random() < 0.5
        extras_are, extras, wanted = _drawn_extras(random, not is_short)
        return cls(
            heading,
            intents,
            fields,
            {label: each.value(random) for label, each in fields.items()},
            what,
            options,
            in_list,
            random.choice((None, None, *_BOXES)),
            random.choice(words.SUBMITS),
            random.random() < 0.25,
            shown,
            extras,
            extras_are,
            wanted,
            chosen="Please choose" if in_list else "".join(options[:1]),
        )

    def lay_out(self, sheet: Sheet) -> None:
        sheet.heading(self.heading, 40)
        if self.message:
            sheet.heading(self.message, 32)
        left = sheet.left
        for label in self.shown:
            if not self.inside:
                sheet.heading(label, 22)
            shown = self.entered.get(label, label if self.inside else "")
            sheet.field(left, sheet.y, shown, label)
            sheet.y += 48
        if self.options:
            sheet.heading(self.what, 24)
        if self.options and self.in_list:
            sheet.field(left, sheet.y, self.chosen, self.what, "combobox")
            sheet.y += 48
        for option in () if self.in_list else self.options:
            sheet.mark("radio", left, sheet.y, self.chosen == option, option)
            sheet.text(left + 28, sheet.y, option)
            sheet.y += 28
        if self.extras:
            sheet.heading(self.extras_are, 26)
        for extra, is_on in self.extras.items():
            sheet.mark("checkbox", left, sheet.y, is_on, extra)
            sheet.text(left + 28, sheet.y, extra)
            sheet.y += 30
        if self.box:
            sheet.mark("checkbox", left, sheet.y, self.agrees, self.box)
            sheet.text(left + 28, sheet.y, self.box)
            sheet.y += 34
        sheet.button(left + 10, sheet.y + 6, self.submit, "submit")
        sheet.y += 44

    def goal(self, random: Random) -> str:
        """What a person says who wants it to be filled in."""
        told = [
            random.choice(each.ways).format(v=self.values[label])
            for label, each in self.fields.items()
        ]
        if self.options:
            wanted = self.options[-1]
            ways = (f"{self.what.lower()}: {wanted}", f"I'd like {wanted}", f"take {wanted}")
            told.append(random.choice(ways))
        if self.wanted:
            named = " and ".join(each.lower() for each in self.wanted)
            told.append(random.choice(("with {it}", "add {it}", "I'd like {it}")).format(it=named))
        elif self.extras:
            told.append(random.choice(("nothing else", "no extras")))
        if self.box == _BOXES[1]:
            told.append("I want a copy")
        elif self.box:
            told.append(random.choice(("I agree to everything", f'tick "{self.box}"')))
        random.shuffle(told)
        body, intent = ", ".join(told), random.choice(self.intents)
        if random.random() < 0.6:
            return f"{intent}: {body}."
        return f"{body[:1].upper()}{body[1:]}. {intent}."


def _drawn_extras(random: Random, are_there: bool) -> tuple[str, dict[str, bool], Sequence[str]]:
    """What may be ticked is called so; the boxes, mostly none of them on; those that are wanted."""
    if not are_there or random.random() > 0.35:
        return "", {}, ()
    called = random.choice(list(words.EXTRAS))
    names = random.sample(words.EXTRAS[called], random.randint(3, 5))
    on_at_first = random.choice(names) if random.random() < 0.25 else ""
    wanted = random.sample(names, random.choice((0, 1, 1, 2, 2)))
    return called, {name: name == on_at_first for name in names}, wanted


def form_page(random: Random) -> Mapping[str, Any]:
    """A form to fill in and send; sometimes something is missing at first."""
    site, form = ImaginedSite.draw(random), _Form.draw(random)
    title = f"{form.heading} · {site.brand}"
    script = Script(site, title, form.lay_out)
    script.consents()
    labels = list(form.fields)
    forgets = len(labels) > 1 and random.random() < 0.12
    forgotten = random.choice(labels) if forgets else None

    def enter(label: str) -> None:
        value = form.values[label]
        script.act(f'type "{value}" into "{label}"', f'type @ "{value}"', label)
        form.entered[label] = value

    for label in labels:
        if label != forgotten:
            enter(label)
    if form.options:
        wanted = form.options[-1]
        if form.in_list:
            script.act(f'select "{wanted}" in "{form.what}"', f'select @ "{wanted}"', form.what)
        else:
            script.act(f'click "{wanted}"', "click @", wanted)
        form.chosen = wanted
    for extra, is_on in form.extras.items():
        if is_on != (extra in form.wanted):
            script.act(f'{"uncheck" if is_on else "check"} "{extra}"', "click @", extra)
            form.extras[extra] = not is_on
    if form.box:
        script.act(f'check "{form.box}"', "click @", form.box)
        form.agrees = True
    if forgotten is not None:
        script.act("", "click @", "submit", sound=False)
        form.message = f"Please fill in: {forgotten}"
        enter(forgotten)
        form.message = ""
    script.act(f'click "{form.submit}"', "click @", "submit")
    thanks = random.choice(_THANKS)
    script.go(title, lambda sheet: sheet.heading(thanks))
    script.act("everything is done", "done")
    return episode("form", form.goal(random), script)
