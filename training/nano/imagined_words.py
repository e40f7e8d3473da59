"""Words of imagined sites: who, what and where, what can be asked and how."""

from collections.abc import Sequence
from random import Random

_FIRST = (
    "Ada Amir Anna Ben Bruno Carla Chen Clara Daniel Diego Elif Emma Eva Farid Felix Grace "
    "Hana Hugo Ivan Jana Joel Jonas Julia Karim Kofi Laura Leo Lina Lucas Maria Marta Mei "
    "Milan Nadia Nina Noah Olga Omar Paula Pedro Petra Ravi Rosa Ruth Samir Sara Simon Sofia "
    "Tariq Theo Tina Tom Vera Viktor Yara Yusuf Zoe"
).split()
_LAST = (
    "Adams Bauer Berg Brown Castro Costa Cruz Dahl Diaz Evans Fischer Garcia Green Haddad "
    "Hansen Hill Ibrahim Jensen Kaya Keller Khan Kim Klein Kovacs Lang Lee Lopez Mensah Meyer "
    "Moreau Mori Novak Okafor Olsen Patel Pereira Popov Reed Rossi Sato Schmidt Silva Singh "
    "Stone Tanaka Torres Vogel Walker Weber White Wolf Wong Young Zhang"
).split()
PEOPLE = tuple(f"{first} {last}" for first in _FIRST for last in _LAST)
BRANDS = (
    "Alder", "Amber", "Beacon", "Birch", "Brook", "Cedar", "Civic", "Clover", "Coral", "Delta",
    "Elm", "Fern", "Forge", "Granite", "Harbour", "Heron", "Indigo", "Iris", "Juniper", "Kestrel",
    "Lark", "Linden", "Maple", "Meridian", "Nova", "Opal", "Orbit", "Pine", "Quartz", "Raven",
    "Rowan", "Sable", "Sierra", "Summit", "Tandem", "Tide", "Umber", "Vega", "Willow", "Zephyr",
)  # fmt: skip
NAVIGATION = (
    "Home", "News", "About us", "Contact", "Help", "Blog", "Jobs", "Press", "Shop", "Events",
    "Team", "Prices", "Support", "Account", "Downloads", "Gallery", "Community", "Partners",
)  # fmt: skip
FOOTERS = ("Imprint · Privacy · Terms", "All rights reserved.", "Made with care.", "Terms of use",
           "Privacy", "Sitemap · Contact")  # fmt: skip
CONSENTS = (
    ("We use cookies to improve this site.", "Accept all", "Reject all"),
    ("This site uses cookies.", "Only necessary", "Accept all"),
    ("We value your privacy.", "Reject", "Accept", "Settings"),
    ("Cookies help us to help you.", "OK", "No, thanks"),
    ("Your privacy matters to us.", "Decline", "Agree"),
)
CITIES = (
    "Aarhus", "Antwerp", "Athens", "Basel", "Bergen", "Bilbao", "Bologna", "Boston", "Bristol",
    "Bruges", "Cairo", "Chicago", "Cork", "Denver", "Dresden", "Dublin", "Geneva", "Ghent",
    "Graz", "Hamburg", "Helsinki", "Kyoto", "Leeds", "Lima", "Lisbon", "London", "Lyon", "Madrid",
    "Malaga", "Milan", "Munich", "Nairobi", "Naples", "Oslo", "Paris", "Porto", "Prague", "Quito",
    "Riga", "Rome", "Seville", "Sofia", "Toronto", "Turin", "Utrecht", "Vienna", "Warsaw", "York",
    "Zagreb",
)  # fmt: skip
MONTHS = ("January February March April May June July August September October November "
          "December").split()  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ADJECTIVES = (
    "Alpine", "Blue", "Bright", "Calm", "Classic", "Compact", "Cosy", "Deep", "Early", "Fine",
    "Folding", "Golden", "Grand", "Green", "Heavy", "Junior", "Large", "Light", "Little", "Long",
    "Lucky", "Mini", "New", "Northern", "Old", "Plain", "Quick", "Quiet", "Red", "Royal",
    "Silent", "Silver", "Slim", "Small", "Soft", "Solid", "Spare", "Steady", "Swift", "Tall",
    "Urban", "Warm", "Wide", "Wild", "Winter", "Wooden", "Young",
)  # fmt: skip
GOODS = (
    "backpack", "bench", "bicycle", "blanket", "boots", "bottle", "camera", "candle", "carpet",
    "chair", "clock", "coat", "cooker", "cup", "desk", "drill", "fan", "globe", "gloves",
    "guitar", "hammer", "hammock", "headphones", "helmet", "jacket", "kettle", "keyboard",
    "ladder", "lamp", "mattress", "mirror", "monitor", "mug", "notebook", "oven", "pan", "pillow",
    "printer", "radio", "rope", "rug", "scarf", "shelf", "skates", "sleeping bag", "sofa",
    "speaker", "stool", "stove", "suitcase", "table", "teapot", "tent", "toaster", "torch",
    "towel", "umbrella", "vase", "wallet",
)  # fmt: skip
PLACES = (
    "aquarium", "bakery", "boathouse", "castle", "cinema", "city pool", "clinic", "garden",
    "gymnasium", "harbour office", "hostel", "library", "market hall", "museum", "observatory",
    "pharmacy", "planetarium", "post office", "school", "station", "theatre", "town hall", "zoo",
)  # fmt: skip
EVENTS = (
    "book fair", "chess evening", "choir rehearsal", "city run", "concert", "cooking class",
    "dance course", "film night", "flea market", "garden tour", "jazz night", "language course",
    "lecture", "open day", "photo walk", "pottery course", "quiz night", "reading",
    "summer party", "swimming course", "wine tasting", "workshop", "yoga class",
)  # fmt: skip
DOCUMENTS = (
    "agenda", "application", "archive", "brochure", "calendar", "certificate", "contract",
    "diary", "draft", "essay", "form", "guide", "handbook", "inventory", "invoice", "letter",
    "list", "map", "memo", "minutes", "notes", "offer", "overview", "photo", "plan", "poster",
    "receipt", "recipe", "report", "schedule", "sketch", "slides", "speech", "statement",
    "survey", "thesis", "timetable",
)  # fmt: skip
ENDINGS = ("pdf", "docx", "txt", "png", "jpg", "xlsx", "zip", "csv", "md", "odt")
ERRANDS = (
    "Answer the landlord", "Bake bread", "Book the dentist", "Buy stamps", "Call grandmother",
    "Cancel the gym", "Charge the camera", "Clean the oven", "Collect the parcel", "Feed the cat",
    "Find the passport", "Fix the tap", "Iron the shirts", "Learn the poem", "Mow the lawn",
    "Order firewood", "Pack the suitcase", "Pay the electrician", "Pick up the glasses",
    "Plan the hike", "Polish the shoes", "Print the tickets", "Read chapter five",
    "Renew the lease", "Repair the fence", "Return the drill", "Sell the old bike",
    "Send the photos", "Sharpen knives", "Sort the socks", "Sweep the yard",
    "Take out the rubbish", "Tune the piano", "Visit the museum", "Wash the car",
    "Water the herbs", "Write the invitation", "Wrap the presents",
)  # fmt: skip
SENTENCES = (
    "We will be two minutes late.", "Please ring twice.", "Thank you very much!",
    "I would like to know more.", "See you on Sunday.", "That works for me.", "Sounds good",
    "I will bring a friend.", "Is there parking nearby?", "Please call me back.",
    "Not this week.", "I have a question about the bill.", "Count me in!",
    "All the best from all of us.",
)  # fmt: skip
TOGGLES = (
    "Airplane mode", "Auto-play", "Automatic backup", "Automatic updates", "Bluetooth",
    "Caption text", "Child lock", "Compact view", "Data saver", "Desktop alerts",
    "Do not disturb", "Eco mode", "Energy saving", "Face unlock", "Guest network",
    "High contrast", "Hot spot", "Keyboard sounds", "Large icons", "Live location",
    "Location access", "Morning summary", "Motion sensor", "Newsletter", "Night light",
    "Online status", "Personal ads", "Power saver", "Private profile", "Push messages",
    "Quiet hours", "Read receipts", "Reduce motion", "Remember me", "Reminders", "Safe search",
    "Screen saver", "Share statistics", "Show previews", "Smart replies", "Spell check",
    "Sync contacts", "Two-step login", "Vibration", "Voice control", "Weekly report", "Wi-Fi",
    "Window alarm",
)  # fmt: skip
OPTIONS: dict[str, tuple[str, ...]] = {
    "Language": ("English", "German", "French", "Spanish", "Italian", "Dutch", "Polish"),
    "Currency": ("Euro", "US dollar", "Pound", "Yen", "Swiss franc"),
    "Time zone": ("London", "Berlin", "New York", "Tokyo", "Sydney"),
    "Theme": ("Light", "Dark", "System"),
    "Font size": ("Small", "Medium", "Large", "Very large"),
    "Units": ("Metric", "Imperial"),
    "Start page": ("Overview", "Inbox", "Calendar", "Last visited"),
    "Week starts on": ("Monday", "Saturday", "Sunday"),
    "Quality": ("Low", "Medium", "High", "Original"),
}
"""What the lists of settings are called and offer."""
PREFERENCES: dict[str, tuple[str, ...]] = {
    "Delivery": ("Standard", "Express", "Pick up"),
    "Room": ("Single", "Double", "Family", "Suite"),
    "Size": ("S", "M", "L", "XL"),
    "Class": ("First class", "Second class"),
    "Payment": ("Invoice", "Credit card", "Bank transfer"),
    "Reason": ("Question", "Complaint", "Praise", "Other"),
    "Level": ("Beginner", "Intermediate", "Advanced"),
}
"""The same of forms."""
EXTRAS: dict[str, tuple[str, ...]] = {
    "Extras": ("Breakfast", "Late arrival", "Parking", "Extra bed", "Sea view", "Sauna"),
    "Toppings": ("Olives", "Mushrooms", "Peppers", "Onions", "Spinach", "Sweetcorn"),
    "Interests": ("Music", "Theatre", "Cycling", "Cooking", "Chess", "Hiking"),
    "With": ("Gift wrap", "Batteries", "Assembly", "Spare parts", "Express service"),
    "I need": ("A projector", "Wheelchair access", "A name tag", "Headphones", "A locker"),
}
"""What may be ticked in forms, any number of it."""
SAVES = ("Save", "Save changes", "Save all", "Update", "Done", "Store settings", "Confirm", "OK")
SUBMITS = ("Send", "Submit", "Send request", "Continue", "Book now", "Register", "Send form",
           "Done", "Confirm", "Place request", "Send off", "OK")  # fmt: skip
ROW_VERBS: dict[str, tuple[str, ...]] = {
    "Delete": ("delete", "remove", "get rid of", "throw away"),
    "Remove": ("remove", "delete", "take out"),
    "Archive": ("archive", "put into the archive"),
    "Open": ("open", "show me"),
    "Download": ("download", "save a copy of"),
    "Approve": ("approve", "say yes to", "accept"),
    "Reject": ("reject", "turn down", "decline"),
    "Cancel": ("cancel", "call off"),
    "Renew": ("renew", "extend"),
    "Book": ("book", "reserve"),
    "Reserve": ("reserve", "hold for me"),
    "Join": ("join", "take part in"),
    "Follow": ("follow", "subscribe to"),
    "Mute": ("mute", "silence"),
    "Share": ("share", "pass on"),
    "Pin": ("pin", "keep at the top"),
    "Print": ("print",),
    "Duplicate": ("duplicate", "make a copy of"),
    "Star": ("star", "mark with a star", "mark as important"),
    "Flag": ("flag", "put a flag on"),
}
"""What stands on a button of a row, and how people say that."""
ROW_ICONS = {
    "delete": "Delete", "download": "Download", "share": "Share", "print": "Print", "pin": "Pin",
    "copy": "Duplicate", "star": "Star", "archive": "Archive", "flag": "Flag", "mute": "Mute",
}  # fmt: skip
"""Icons that stand for such buttons."""


def person(random: Random) -> str:
    """Somebody's name."""
    return random.choice(PEOPLE)


def address(random: Random, name: str = "") -> str:
    """An e-mail address."""
    first, last = (name or person(random)).lower().split(" ", 1)
    box = random.choice(
        (f"{first}.{last}", first, f"{last}{random.randint(1, 99)}", f"{first}_{last}")
    )
    return f"{box}@{random.choice(('example.org', 'mail.example', 'post.example', 'example.com'))}"


def phone(random: Random) -> str:
    """A telephone number."""
    return random.choice(
        (
            f"0{random.randint(20, 99)} {random.randint(100000, 9999999)}",
            f"+{random.randint(30, 49)} {random.randint(100, 999)} {random.randint(10000, 99999)}",
            f"555-{random.randint(1000, 9999)}",
        )
    )


def day(random: Random) -> str:
    """A date as people write it."""
    number, month = random.randint(1, 28), random.choice(MONTHS)
    return random.choice((f"{number} {month}", f"{month} {number}", f"{number} {month} 2027"))


def city(random: Random) -> str:
    """A town."""
    return random.choice(CITIES)


def street(random: Random) -> str:
    """A street with a number."""
    name = random.choice(("Mill", "Station", "Church", "Lake", "Oak", "Garden", "Market", "School"))
    return f"{random.randint(1, 120)} {name} {random.choice(('Street', 'Road', 'Lane'))}"


def clock(random: Random) -> str:
    """A time of the day."""
    return f"{random.randint(7, 20):02}:{random.choice((0, 15, 30, 45)):02}"


def price(random: Random) -> str:
    """An amount of money."""
    amount = f"{random.randint(1, 480)}.{random.choice((0, 49, 50, 90, 95, 99)):02}"
    return random.choice((f"${amount}", f"€{amount}", f"€ {amount}", f"{amount} €", f"£{amount}"))


def product(random: Random) -> str:
    """Something that is sold, by name."""
    name = f"{random.choice(_ADJECTIVES)} {random.choice(GOODS)}"
    return name if random.random() < 0.7 else f"{name} {random.choice((2, 3, 20, 45, 'XL', 'Pro'))}"


def file_name(random: Random) -> str:
    """A file."""
    name = random.choice(DOCUMENTS)
    second = random.choice((*DOCUMENTS, "2024", "2025", "final", "old", "v2", "copy"))
    joined = random.choice((name, f"{name}-{second}", f"{name} {second}", f"{name}_{second}"))
    return f"{joined}.{random.choice(ENDINGS)}"


def titles(random: Random, count: int) -> list[str]:
    """So many names of one sort, all different."""
    make = random.choice(
        (
            product,
            file_name,
            person,
            lambda draw: draw.choice(ERRANDS),
            lambda draw: f"{draw.choice(_ADJECTIVES)} {draw.choice(PLACES)}",
            lambda draw: f"{draw.choice(EVENTS).capitalize()} in {draw.choice(CITIES)}",
            lambda draw: (
                f"{draw.choice(('Order', 'Invoice', 'Ticket'))} {draw.randint(1000, 9999)}"
            ),
            lambda draw: draw.choice(CITIES),
        )
    )
    found: dict[str, None] = {}
    while len(found) < count:
        found[make(random)] = None
    return list(found)


def aside(random: Random) -> str:
    """Something that a page says by the way."""
    return random.choice(
        (
            f"{random.choice(EVENTS).capitalize()} in {random.choice(CITIES)} on {day(random)}",
            f"New: {product(random)}, only {price(random)}",
            f"Questions? Call {phone(random)}",
            f"{person(random)} likes this",
            f"Last change: {day(random)}, {clock(random)}",
            f"{random.randint(2, 900)} people were here today",
            random.choice(SENTENCES),
            random.choice(ERRANDS),
            f"Open from {clock(random)}",
            f"See also: {random.choice(PLACES)}, {random.choice(GOODS)}",
        )
    )


def either(random: Random, options: Sequence[str], **values: str) -> str:
    """One way of saying something."""
    return random.choice(options).format(**values)


def joined(random: Random, wishes: Sequence[str]) -> str:
    """Several wishes as one goal."""
    goal = wishes[0]
    for wish in wishes[1:]:
        joint = random.choice((" and ", ". Then ", ", and ", ". Also: "))
        keeps = joint.startswith(".") or wish.startswith(("I ", "I'"))
        goal += joint + (wish if keeps else wish[:1].lower() + wish[1:])
    return goal + random.choice((".", "", ".", ", please."))
