"""What can be known of things: how pages call it, how people ask for it, and what it may be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from vigorl.training.nano import imagined_words as words


@dataclass(frozen=True)
class Attribute:
    """Something that can be known of things: how pages call it, and how people ask for it."""

    labels: Sequence[str]
    questions: Sequence[str]
    """With `{it}` for the thing."""
    value: Callable[[Random], str]


def _amount(low: int, high: int, unit: str) -> Callable[[Random], str]:
    def draw(random: Random) -> str:
        number = random.randint(low, high)
        return f"{number:,} {unit}".strip() if random.random() < 0.6 else f"{number}{unit}"

    return draw


def _hours(random: Random) -> str:
    return f"{words.clock(random)} to {words.clock(random)}"


def _of(*options: str) -> Callable[[Random], str]:
    return lambda random: random.choice(options)


def _asked(name: str, *more: str) -> tuple[str, ...]:
    return (f"What is the {name} of {{it}}?", f"Tell me the {name} of {{it}}.", *more)


ATTRIBUTES = (
    Attribute(
        ("Price", "Costs", "Our price", "Price per piece"),
        _asked("price", "How much is {it}?", "What does {it} cost?", "How much do I pay for {it}?"),
        words.price,
    ),
    Attribute(
        ("Weight", "Total weight", "Weight (net)"),
        _asked("weight", "How heavy is {it}?", "What does {it} weigh?"),
        _amount(1, 95, "kg"),
    ),
    Attribute(
        ("Length", "Length (total)"),
        _asked("length", "How long is {it}?"),
        _amount(2, 990, "m"),
    ),
    Attribute(
        ("Height", "Elevation"),
        _asked("height", "How high is {it}?", "How tall is {it}?"),
        _amount(2, 4000, "m"),
    ),
    Attribute(
        ("Opening hours", "Open", "Hours"),
        ("When is {it} open?", "What are the opening hours of {it}?", "Tell me when {it} is open."),
        _hours,
    ),
    Attribute(
        ("Phone", "Telephone", "Call us"),
        _asked("phone number", "How can I call {it}?", "Which number do I call to reach {it}?"),
        words.phone,
    ),
    Attribute(
        ("Address", "Street", "Where"),
        _asked("address", "Where is {it}?", "In which street is {it}?"),
        words.street,
    ),
    Attribute(
        ("E-mail", "Mail", "Write to"),
        _asked("e-mail address", "Where can I write to {it}?"),
        words.address,
    ),
    Attribute(
        ("Duration", "Takes", "Running time"),
        _asked("duration", "How long does {it} take?"),
        _amount(5, 240, "min"),
    ),
    Attribute(
        ("Capacity", "Seats", "Places"),
        _asked("capacity", "How many people fit into {it}?", "How many seats has {it}?"),
        _amount(4, 900, ""),
    ),
    Attribute(
        ("Founded", "Built", "Since"),
        (
            "When was {it} founded?",
            "Since when is there {it}?",
            "How old is {it}: which year was it built?",
        ),
        _amount(1780, 2020, ""),
    ),
    Attribute(
        ("Contact", "Director", "Head", "Manager", "Responsible"),
        ("Who is in charge of {it}?", "Who is responsible for {it}?", "Whom do I ask about {it}?"),
        words.person,
    ),
    Attribute(
        ("Colour", "Color"),
        ("Which colour has {it}?", "What color is {it}?"),
        _of("black", "white", "green", "dark blue", "sand", "red"),
    ),
    Attribute(
        ("Material", "Made of"),
        ("What is {it} made of?", "Which material is {it}?"),
        _of("wool", "oak", "steel", "cotton", "glass", "aluminium"),
    ),
    Attribute(
        ("Warranty", "Guarantee"),
        ("How long is the warranty of {it}?", "How long does the guarantee of {it} last?"),
        _amount(1, 10, "years"),
    ),
    Attribute(
        ("Delivery", "Delivery time", "Shipping"),
        ("How long does the delivery of {it} take?", "When would {it} arrive if I order now?"),
        _amount(2, 14, "days"),
    ),
    Attribute(
        ("Rating", "Stars", "Reviews"),
        ("How is {it} rated?", "What rating has {it}?"),
        _amount(1, 5, "of 5"),
    ),
    Attribute(
        ("Distance", "Away"),
        ("How far is it to {it}?", "How far away is {it}?"),
        _amount(1, 99, "km"),
    ),
    Attribute(
        ("Population", "Inhabitants"),
        ("How many people live in {it}?", "What is the population of {it}?"),
        _amount(900, 990000, ""),
    ),
    Attribute(
        ("Area", "Surface"),
        _asked("area", "How large is {it}?", "How big is {it}?"),
        _amount(2, 900, "km²"),
    ),
    Attribute(
        ("Mayor", "Chair", "President"),
        ("Who is the head of {it}?", "Who leads {it}?"),
        words.person,
    ),
    Attribute(
        ("Departure", "Leaves", "Dep."),
        ("When does {it} leave?", "At what time does {it} depart?"),
        words.clock,
    ),
    Attribute(
        ("Arrival", "Arrives", "Arr."),
        ("When does {it} arrive?", "At what time will {it} be there?"),
        words.clock,
    ),
    Attribute(
        ("Platform", "Gate", "Track"),
        ("From which platform does {it} go?", "Where does {it} leave from?"),
        _amount(1, 24, ""),
    ),
    Attribute(
        ("Deadline", "Until", "Due", "Closes"),
        ("Until when can I apply for {it}?", "When is {it} due?", "What's the deadline for {it}?"),
        words.day,
    ),
    Attribute(
        ("Date", "Day", "Takes place"),
        ("On which day is {it}?", "When is {it}?", "What is the date of {it}?"),
        words.day,
    ),
    Attribute(
        ("Version", "Release"),
        ("Which version has {it}?", "What's the current version of {it}?"),
        lambda r: f"{r.randint(1, 9)}.{r.randint(0, 20)}",
    ),
    Attribute(
        ("Author", "By", "Written by"),
        ("Who wrote {it}?", "Who is the author of {it}?"),
        words.person,
    ),
    Attribute(
        ("Pages", "Number of pages"),
        ("How many pages has {it}?",),
        _amount(12, 900, ""),
    ),
    Attribute(
        ("In stock", "Available", "Stock"),
        ("How many of {it} are there?", "How many pieces of {it} are left?"),
        _amount(2, 300, ""),
    ),
    Attribute(
        ("Errors", "Failures"),
        ("How many errors had {it}?", "How often did {it} fail?"),
        _amount(2, 4000, ""),
    ),
    Attribute(
        ("Visitors", "Views", "Users"),
        ("How many visitors had {it}?", "How often was {it} visited?"),
        _amount(2, 40000, ""),
    ),
    Attribute(
        ("Status", "State"),
        ("What is the status of {it}?", "How is it going with {it}?"),
        _of("ready", "on its way", "in review", "closed", "paused", "waiting"),
    ),
    Attribute(
        ("Reference", "Order number", "Code", "Number"),
        _asked("reference number", "Under which number is {it} registered?"),
        lambda r: f"{r.choice('ABKRT')}{r.randint(100, 99999)}",
    ),
    Attribute(
        ("Temperature", "Water temperature"),
        ("How warm is {it}?", "What's the temperature of {it}?"),
        _amount(4, 39, "°C"),
    ),
    Attribute(
        ("Default", "Default value"),
        ("What is the default of {it}?", "Which value has {it} if I don't set it?"),
        _amount(1, 600, ""),
    ),
)
