"""Words that several tasks draw from; a task's own words stand in its module."""

from dataclasses import dataclass

from vigorl.tasks.local.draw import Draw, WordLists

FIRST_NAMES = WordLists(
    train=(
        "Anna", "Bruno", "Carla", "Daniel", "Elena", "Felix", "Greta", "Hugo", "Ingrid", "Jonas",
        "Karin", "Leon", "Marta", "Nils", "Olga", "Peter", "Rosa", "Stefan", "Tilda", "Viktor",
        "Wanda", "Yusuf", "Amina", "Boris", "Clara", "Dmitri", "Edith", "Farid", "Gloria", "Henrik",
        "Irene", "Jakob", "Kirsten", "Lorenz", "Mona", "Nadia", "Oskar", "Paula", "Ruben", "Sonja",
    ),
    test=(
        "Agnes", "Benedikt", "Cecilia", "David", "Esther", "Fabian", "Gisela", "Harald", "Isabel",
        "Julian", "Katrin", "Ludwig", "Miriam", "Norbert", "Ottilie", "Pascal", "Renate", "Simon",
        "Theresa", "Ulrich", "Verena", "Walter", "Zora", "Adrian", "Beatrix", "Conrad", "Dora",
        "Emil", "Frida", "Gustav", "Helene", "Ivan", "Jutta", "Klaus", "Lydia", "Magnus",
    ),
)  # fmt: skip

LAST_NAMES = WordLists(
    train=(
        "Berg", "Castell", "Duarte", "Eriksen", "Fontana", "Grimm", "Haddad", "Iversen", "Jansen",
        "Keller", "Lindgren", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Schubert",
        "Tanaka", "Ulmer", "Vargas", "Weber", "Yilmaz", "Zeman", "Albrecht", "Bianchi", "Carter",
        "Dubois", "Engel", "Fischer", "Gomez", "Hartmann", "Ibsen", "Jovanovic", "Kowalski",
    ),
    test=(
        "Andersen", "Brandt", "Costa", "Delgado", "Ekman", "Falk", "Garcia", "Holm", "Ishida",
        "Jensen", "Krause", "Lopez", "Mancini", "Nielsen", "Orlov", "Pereira", "Richter", "Sato",
        "Thomsen", "Urban", "Vogel", "Winkler", "Zhang", "Amsel", "Becker", "Cohen", "Dahl",
        "Esposito", "Ferrari", "Gruber", "Hansen", "Kaiser", "Lehmann", "Meyer",
    ),
)  # fmt: skip

CITIES = WordLists(
    train=(
        "Oslo", "Lisbon", "Vienna", "Krakow", "Dublin", "Porto", "Ghent", "Malmo", "Tartu",
        "Zagreb", "Nantes", "Leipzig", "Seville", "Bologna", "Aarhus", "Riga", "Graz", "Bergen",
        "Utrecht", "Toledo",
    ),
    test=(
        "Helsinki", "Madrid", "Prague", "Gdansk", "Cork", "Braga", "Bruges", "Uppsala", "Vilnius",
        "Split", "Rennes", "Dresden", "Granada", "Verona", "Odense", "Tallinn", "Linz", "Tromso",
        "Leiden", "Basel",
    ),
)  # fmt: skip

COUNTRIES = WordLists(
    train=(
        "Norway", "Portugal", "Austria", "Poland", "Ireland", "Belgium", "Sweden", "Estonia",
        "Croatia", "France", "Germany", "Spain",
    ),
    test=(
        "Finland", "Greece", "Switzerland", "Czechia", "Iceland", "Netherlands", "Denmark",
        "Latvia", "Slovenia", "Italy", "Hungary", "Malta",
    ),
)  # fmt: skip

COMPANIES = WordLists(
    train=(
        "Alder & Sons", "Brightwater", "Copperline", "Dovetail", "Eastgate", "Fernhill",
        "Gladstone", "Hollis Works", "Ironbark", "Juniper Labs", "Kestrel", "Larkfield", "Mossgate",
        "Northwind", "Orchard House", "Pinecrest",
    ),
    test=(
        "Ashcombe", "Birchwood", "Clearbrook", "Driftwood", "Elmsley", "Foxglove", "Greystone",
        "Hawthorn", "Ivybridge", "Keystone", "Longmeadow", "Millbank", "Oakhurst", "Quarry Lane",
        "Redwing", "Stonebridge",
    ),
)  # fmt: skip

PASS_WORDS = WordLists(
    train=("maple", "copper", "violet", "harbor", "meadow", "silver", "walnut", "canyon", "ember"),
    test=("willow", "bronze", "indigo", "valley", "forest", "garnet", "cedar", "lagoon", "amber"),
)

YEARS = range(2027, 2034)
"""Years that dates on the pages fall into."""


@dataclass(frozen=True)
class Person:
    """Somebody with a first and a last name."""

    first: str
    last: str

    @property
    def name(self) -> str:
        """As it is written on pages."""
        return f"{self.first} {self.last}"

    @property
    def initials(self) -> str:
        """For the round picture beside the name."""
        return self.first[0] + self.last[0]

    @property
    def account(self) -> str:
        """The user name: `anna.berg`."""
        return f"{self.first}.{self.last}".lower()


def people(draw: Draw, count: int) -> tuple[Person, ...]:
    """People who share neither first nor last names."""
    firsts, lasts = draw.words(FIRST_NAMES, count), draw.words(LAST_NAMES, count)
    return tuple(Person(first, last) for first, last in zip(firsts, lasts, strict=True))


def money(cents: int, sign: str = "$") -> str:
    """An amount as it is written on pages: `$1,204.50`."""
    return f"{sign}{cents / 100:,.2f}"
