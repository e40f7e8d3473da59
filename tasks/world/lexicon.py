"""What stands on generated pages: words, labels, names, numbers, of one split and one language."""

import json
import random
from functools import cache
from importlib.resources import files
from typing import Any

from vigorl.tasks.world.splits import WorldSplit, belonging

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "sv", "pl")

FIRST_NAMES = tuple(
    """Ada Aaron Agata Aisha Alba Alina Amara Amir Anders Anika Anton Aoife Arjun Astrid
Bea Bela Bianca Bram Britta Callum Camila Caspar Chiara Chloe Ciara Dario Dora Ebba Eero Elias
Elif Eloise Enzo Erik Esra Eva Fatima Finn Flora Freja Gabor Gemma Giulia Goran Hana Hassan Heidi
Hilda Ida Ilse Imran Ines Iris Isak Ivo Jana Jasper Joana Johan Jonah Joris Julia Kai Kamil Karla
Katya Kenji Lars Layla Lea Leila Leo Liam Lina Lorenzo Luca Lucia Maja Malik Marco Maren Mateo
Maya Mei Mila Milan Mira Mohan Naomi Nico Nina Noah Noor Nuria Ola Omar Orla Otto Pablo Pia Priya
Rafael Ravi Renata Rhea Robin Rory Rosa Sami Sanna Sara Selin Silas Sofia Sven Tara Teo Tess Tom
Una Uma Vera Vito Wei Willem Xenia Yara Yusuf Zainab Zoe Zoran Björn Zoë René Åsa Jürgen José
""".split()
)
LAST_NAMES = tuple(
    """Abbott Adeyemi Ahmed Almeida Aoki Arslan Bakker Banerjee Barros Bauer Bellini Berger
Bishop Bjork Blanc Bosch Bose Braun Brooks Byrne Campos Castro Chen Chopra Conti Costello Cruz
Dalton Davies Demir Dietrich Doyle Duarte Dunn Egger Eklund Evans Faber Farrell Ferreira Fiala
Flynn Fuchs Galli Gill Greco Green Gupta Haas Hale Hall Harris Hayashi Heller Hoffman Holt Horvat
Huang Huber Hughes Ito Jackson Janssen Jovic Kane Kaya Kelly Khan Kim Klein Koch Kovac Kruger Kumar
Lang Larsen Lee Leroy Lim Lind Lowe Lund Maier Marino Martin Mendes Mills Mohr Moss Mueller Murphy
Nagy Nair Neri Nguyen Nilsson Nowak Oliveira Olsen Ortiz Osman Owen Park Patel Pavlov Perez Petit
Popov Porter Quinn Ramos Rao Reed Reyes Ricci Rojas Roth Russo Sahin Santos Schmid Serra Shah Silva
Singh Smith Soto Stein Stone Suzuki Svensson Takeda Tran Vance Varga Vidal Vogt Wagner Walsh Wang
Ward West Wolf Wong Wood Yamada Young Zhou Ziegler Zimmer Müller Núñez Gómez Søren Åberg Łukasz
""".split()
)
PLACES = tuple(
    """Aarau Albany Antwerp Aosta Austin Bath Berlin Bilbao Boston Bremen Brno Bristol Bruges
Cairo Cardiff Chicago Cologne Como Cusco Dakar Dallas Delft Denver Derby Dover Durban Essen Exeter
Faro Fargo Geneva Genoa Ghent Gothenburg Graz Halifax Hamburg Hanoi Hull Izmir Jena Kiel Kobe Kyoto
Lagos Leeds Lille Lima Lodz London Lund Lyon Macon Malaga Mainz Miami Milan Mumbai Nairobi Nice
Oxford Padua Paris Perth Pisa Porto Quebec Quito Reno Rome Salem Seattle Seoul Siena Sydney Tampa
Tokyo Toulouse Trento Tulsa Turin Ulm Vaduz Venice Verona Vigo Warsaw Wismar York Zurich Málaga
Köln Zürich Tromsø Łódź Besançon Cádiz Umeå""".split()
)
MONTHS = "January February March April May June July August September October November December"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENDINGS = (
    "pdf",
    "docx",
    "xlsx",
    "png",
    "jpg",
    "txt",
    "csv",
    "zip",
    "py",
    "md",
    "html",
    "mp3",
    "js",
)
CURRENCIES = ("$", "$", "$", "€", "€", "£")

_COMPOSED = {
    "action": ("Open {}", "Add {}", "Edit {}", "Show {}", "Delete {}", "New {}", "Find {}",
               "Send {}"),
    "nav": ("{}", "{}", "{}s", "My {}", "All {}", "{} & {}"),
    "menu": ("{}",),
    "command": ("{} {}", "Toggle {}", "Show {}", "Insert {}…", "Convert to {}", "{} options…"),
    "field": ("{}", "{} name", "{} number", "{} code", "{} {}"),
    "option": ("Use {}", "Show {}", "Allow {}", "{} {}", "Enable {} {}", "Include {}"),
    "status": ("{}",),
    "heading": ("{} {}", "{}", "Your {} {}", "{} of the {}", "{} and {}"),
}  # fmt: skip
"""Labels made of a split's own words, so that no list of labels is soon known by heart."""


@cache
def _data() -> dict[str, Any]:
    text = files("vigorl.tasks.world").joinpath("words.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@cache
def words_of(split: WorldSplit, language: str) -> tuple[str, ...]:
    """The words of a language that belong to a split."""
    return belonging(tuple(_data()["languages"][language]["words"]), split)


@cache
def labels_of(split: WorldSplit, language: str, kind: str) -> tuple[str, ...]:
    """The labels of a kind that belong to a split; none where the language has no such list."""
    if language == "en":
        return belonging(tuple(_data()["labels"][kind]), split)
    listed = tuple(_data()["languages"][language].get(kind, ()))
    try:
        return belonging(listed, split)
    except ValueError:
        return ()


@cache
def paraphrases() -> dict[str, tuple[str, ...]]:
    """What an English label does, in other words; by the label in lower case."""
    return {
        label.casefold(): tuple(others)
        for labels in _data()["labels"].values()
        for label, others in labels.items()
        if others
    }


class Lexicon:
    """Draws text for one page; every draw depends only on the generator given."""

    def __init__(self, split: WorldSplit, language: str, draw: random.Random) -> None:
        self.split = split
        self.language = language
        self._draw = draw
        self._words = words_of(split, language)
        self._first = belonging(FIRST_NAMES, split)
        self._last = belonging(LAST_NAMES, split)
        self._places = belonging(PLACES, split)

    def word(self) -> str:
        """One word, lower case as listed."""
        return self._draw.choice(self._words)

    def words(self, low: int, high: int) -> str:
        """Some words in a row."""
        return " ".join(self.word() for _ in range(self._draw.randint(low, high)))

    def title(self, low: int = 1, high: int = 3) -> str:
        """Some words, the first one (or all) with a capital."""
        text = self.words(low, high)
        return text.title() if self._draw.random() < 0.4 else text[:1].upper() + text[1:]

    def sentence(self, low: int = 4, high: int = 11) -> str:
        """A sentence without sense."""
        words = self.words(low, high)
        if self._draw.random() < 0.2:
            head, _, tail = words.partition(" ")
            words = f"{head}, {tail}" if tail else head
        if self._draw.random() < 0.12:
            words += f" {self.number()}"
        return words[:1].upper() + words[1:] + self._draw.choice("....!?")

    def paragraph(self, low: int = 2, high: int = 5) -> str:
        """Sentences in a row."""
        return " ".join(self.sentence() for _ in range(self._draw.randint(low, high)))

    def label(self, kind: str) -> str:
        """A label of the kind `action`, `nav`, `field`, `option`, `status` or `heading`."""
        known = labels_of(self.split, self.language, kind)
        composed = 0.3 if self.split == "train" else 0.5
        listed = bool(known) and (self.language != "en" or self._draw.random() > composed)
        if listed and (len(known) > 5 or self._draw.random() < 0.5):
            return self._draw.choice(known)
        pattern = self._draw.choice(_COMPOSED[kind])
        if self.language != "en" or not pattern.startswith("{"):
            words = [self.word() for _ in range(pattern.count("{}"))]
            text = " ".join(words) if self.language != "en" else pattern.format(*words)
        else:
            text = pattern.format(*(self.word() for _ in range(pattern.count("{}"))))
        return text[:1].upper() + text[1:]

    def labels(self, kind: str, count: int) -> list[str]:
        """Different labels of a kind."""
        found: dict[str, str] = {}
        for _ in range(20 * count):
            if len(found) == count:
                break
            label = self.label(kind)
            found.setdefault(label.casefold(), label)
        return list(found.values())

    def first_name(self) -> str:
        """A given name."""
        return self._draw.choice(self._first)

    def person(self) -> str:
        """A given and a family name."""
        return f"{self.first_name()} {self._draw.choice(self._last)}"

    def place(self) -> str:
        """A town."""
        return self._draw.choice(self._places)

    def brand(self) -> str:
        """A name for a site or a program."""
        word = self.word().capitalize()
        return word + self._draw.choice(("", "", "ly", "Hub", " & Co", " Labs", "io", " Pro", "+"))

    def email(self) -> str:
        """An address that leads nowhere."""
        name = self.person().replace(" ", self._draw.choice((".", "_", ""))).casefold()
        ending = self._draw.choice(("com", "org", "net", "io", "example"))
        return f"{name}@{self.word()}.{ending}"

    def url(self) -> str:
        """A web address."""
        path = "/".join(self.word() for _ in range(self._draw.randint(0, 2)))
        return f"www.{self.word()}.{self._draw.choice(('com', 'org', 'net'))}/{path}"

    def money(self) -> str:
        """A sum with its sign."""
        amount = self._draw.choice((9.99, 49.0, 120.0, 1500.0, 28000.0)) * self._draw.uniform(
            0.2, 2
        )
        sign = self._draw.choice(CURRENCIES)
        if self.language != "en" and self._draw.random() < 0.7:
            return f"{amount:,.2f} €".replace(",", "_").replace(".", ",").replace("_", ".")
        return f"{sign}{amount:,.2f}" if self._draw.random() < 0.8 else f"{sign}{amount:,.0f}"

    def number(self) -> str:
        """A number, in one of the ways in which they are written."""
        digits = self._draw.choice((1, 1, 2, 2, 3, 4, 5, 6))
        number = self._draw.randrange(10 ** (digits - 1), 10**digits)
        return self._draw.choice((str(number), f"{number:,}", f"{number / 10:.1f}", str(number)))

    def percent(self) -> str:
        """A share."""
        return f"{self._draw.uniform(0, 100):.{self._draw.randint(0, 1)}f}%"

    def date(self) -> str:
        """A day."""
        day, month = self._draw.randint(1, 28), self._draw.randint(1, 12)
        year = self._draw.randint(1995, 2034)
        name = MONTHS.split()[month - 1]
        return self._draw.choice(
            (f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{day} {name} {year}",
             f"{name[:3]} {day}, {year}", f"{month}/{day}/{year}", f"{name} {day}",
             f"{day} {name[:3]}")
        )  # fmt: skip

    def time(self) -> str:
        """A time of day."""
        hour, minute = self._draw.randint(0, 23), self._draw.randint(0, 59)
        if self._draw.random() < 0.25:
            return f"{hour % 12 + 1}:{minute:02} {'AM' if hour < 12 else 'PM'}"
        return f"{hour:02}:{minute:02}"

    def code(self) -> str:
        """A sign like an order number."""
        letters = "".join(self._draw.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(3))
        number = self._draw.randint(100, 99999)
        return self._draw.choice((f"{letters}-{number}", f"#{number}", f"{letters}{number}"))

    def file_name(self) -> str:
        """A file's name with its ending."""
        separator = self._draw.choice(("_", "-", " ", ""))
        stem = separator.join(self.word() for _ in range(self._draw.randint(1, 2)))
        if self._draw.random() < 0.3:
            stem += f"{separator}{self._draw.randint(1, 2030)}"
        return f"{stem}.{self._draw.choice(ENDINGS)}"

    def cell(self, kind: str) -> str:
        """Content of a table's cell."""
        match kind:
            case "person":
                return self.person()
            case "money":
                return self.money()
            case "number":
                return self.number()
            case "percent":
                return self.percent()
            case "date":
                return self.date()
            case "time":
                return self.time()
            case "status":
                return self.label("status")
            case "email":
                return self.email()
            case "place":
                return self.place()
            case "code":
                return self.code()
            case "file":
                return self.file_name()
            case _:
                return self.title(1, 3)
