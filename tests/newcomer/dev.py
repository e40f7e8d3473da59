"""The tasks whose failures may be looked into."""

from tests.newcomer.tasks import (
    EFFECT,
    LITERAL,
    Ending,
    NewcomerTask,
    all_of,
    kept,
    kept_in,
    says,
)

FILES = [
    "contract.pdf",
    "draft-2024.txt",
    "holiday-list.ods",
    "portrait.png",
    "recipe-plum-cake.txt",
    "tax-2025.pdf",
]


def _todos(ending: Ending) -> dict[str, bool]:
    """The list's entries and whether they are ticked."""
    return {item["title"]: item["done"] for item in ending.state.get("items", [])}


def _added_and_ticked(ending: Ending) -> bool:
    return _todos(ending) == {
        "Water the plants": True,
        "Call the bank": False,
        "Return library books": False,
        "Pay the electricity bill": False,
        "Buy oat milk": False,
    }


def _renamed(ending: Ending) -> bool:
    return list(_todos(ending)) == [
        "Water the plants",
        "Call the bank on Monday",
        "Return library books",
        "Pay the electricity bill",
    ]


def _none_lost(ending: Ending) -> bool:
    return len(_todos(ending)) == 4


def _nothing_bought(ending: Ending) -> bool:
    return not ending.state.get("cart")


_DEV_SHOP = (
    NewcomerTask(
        "outdoor/buy",
        "outdoor/index.html",
        'click "Accept all", type "tent" into "Search", press Enter, click "Add to basket" under '
        '"Trekking tent Lofoten 2", click "Basket", tell me the "Total"',
        all_of(kept(cart={"lofoten": 1}, consent="all"), says(r"(total:?)?€?193\.90€?")),
    ),
    NewcomerTask(
        "outdoor/price",
        "outdoor/product.html?id=lofoten",
        "tell me the price",
        says(r"(price:?)?€?189\.00€?"),
    ),
    NewcomerTask(
        "outdoor/weight",
        "outdoor/index.html",
        'click "Only what is needed", click "Packs", click "Rucksack Vidda 45", '
        'tell me the "Weight"',
        all_of(kept(consent="needed"), says(r"(weight:?)?1\.6kg")),
    ),
    NewcomerTask(
        "outdoor/no-result",
        "outdoor/index.html",
        'type "kettle" into "Search", press Enter, open the second result, tell me the price',
        reason=r"no (search )?results?|second|nothing|2nd",
        spared=_nothing_bought,
    ),
    NewcomerTask(
        "outdoor/cheapest",
        "outdoor/index.html",
        "Find the cheapest tent and put it in the basket",
        reason=LITERAL,
        spared=_nothing_bought,
    ),
    NewcomerTask(
        "outdoor/sold-elsewhere",
        "outdoor/search.html?q=Tents",
        'click "Accept all", click "Add to basket" under "Trekking tent Senja 2"',
        reason=r"Senja",
        spared=_nothing_bought,
    ),
)

_DEV_FORMS = (
    NewcomerTask(
        "clinic/book",
        "clinic/index.html",
        'click "›", click "14", click "10:30", type "Ida Holm" into "Your name", '
        'click "Request appointment"',
        kept(booking={"day": "14 December 2026", "slot": "10:30", "name": "Ida Holm"}),
    ),
    NewcomerTask(
        "clinic/until",
        "clinic/index.html",
        'click "›" until you see "February 2027", click "9", tell me the "First free time"',
        all_of(kept(month="February 2027"), says(r"(firstfreetime:?)?0?8:20")),
    ),
    NewcomerTask(
        "clinic/closed",
        "clinic/index.html",
        'click "›", click "24", click "10:30", type "Ida Holm" into "Your name", '
        'click "Request appointment"',
        reason=r"10:30|closed",
        spared=lambda ending: "booking" not in ending.state,
    ),
    NewcomerTask(
        "clinic/dead-button",
        "clinic/index.html",
        'click "Download price list"',
        reason=EFFECT,
    ),
    NewcomerTask(
        "buerger/form",
        "buerger/index.html",
        'select "Führerschein umtauschen" in "Anliegen", type "Jürgen Groß" into '
        '"Vor- und Nachname", check "Ich habe die Hinweise gelesen", click "Weiter", '
        'tell me the "Gebühr"',
        all_of(
            kept_in("sent", kind="Führerschein umtauschen", name="Jürgen Groß"),
            says(r"(gebühr:?)?25,30€"),
        ),
    ),
    NewcomerTask(
        "buerger/hours",
        "buerger/index.html",
        'tell me the "Donnerstag"',
        says(r"(donnerstag:?)?10:00[–—-]18:30(uhr)?"),
    ),
    NewcomerTask(
        "buerger/no-field",
        "buerger/index.html",
        'type "KB-77120" into "Aktenzeichen"',
        reason=r"Aktenzeichen|field",
    ),
    NewcomerTask(
        "buerger/no-option",
        "buerger/index.html",
        'select "Reisepass beantragen" in "Anliegen", type "Jürgen Groß" into "Vor- und Nachname"',
        reason=r"Reisepass",
    ),
)

_DEV_LISTS = (
    NewcomerTask(
        "todo/add",
        "todo/index.html",
        'type "Buy oat milk" into "What needs to be done?", press Enter, '
        'check "Water the plants", click "Active"',
        all_of(_added_and_ticked, kept(filter="Active")),
    ),
    NewcomerTask(
        "todo/rename",
        "todo/index.html",
        'double-click "Call the bank", press Control+A, type "Call the bank on Monday", '
        "press Enter",
        _renamed,
    ),
    NewcomerTask(
        "todo/absent",
        "todo/index.html",
        'check "Book the flights"',
        reason=r"Book the flights",
        spared=_none_lost,
    ),
    NewcomerTask(
        "todo/hidden-button",
        "todo/index.html",
        'click "Clear completed", tell me the "items left"',
        reason=r"Clear completed",
        spared=_none_lost,
    ),
    NewcomerTask(
        "files/dismiss",
        "files/index.html",
        'click "Remove all", dismiss the dialog',
        kept(files=FILES, refused=1),
    ),
    NewcomerTask(
        "files/accept",
        "files/index.html",
        'click "Remove" in the row of "draft-2024.txt", accept the dialog',
        kept(files=[name for name in FILES if name != "draft-2024.txt"]),
    ),
    NewcomerTask(
        "files/prompt",
        "files/index.html",
        'click "New folder", answer the prompt with "Invoices 2027"',
        kept(folders=["Invoices 2027", "Letters", "Photographs"]),
    ),
    NewcomerTask(
        "files/unasked",
        "files/index.html",
        'click "Remove all"',
        reason=r"really remove|dialog|confirm|asks|question",
        spared=kept(files=FILES),
    ),
    NewcomerTask(
        "files/absent",
        "files/index.html",
        'click "Remove" in the row of "budget.xlsx", accept the dialog',
        reason=r"budget",
        spared=kept(files=FILES),
    ),
)

_DEV_READING = (
    NewcomerTask(
        "dashboard/card",
        "dashboard/index.html",
        'tell me the "Error rate"',
        says(r"(errorrate:?)?0\.42%"),
    ),
    NewcomerTask(
        "dashboard/period",
        "dashboard/index.html",
        'select "Last 30 days" in "Period", tell me the "Active users"',
        all_of(kept(period="Last 30 days"), says(r"(activeusers:?)?48,?905")),
    ),
    NewcomerTask(
        "dashboard/no-card",
        "dashboard/index.html",
        'tell me the "Bounce rate"',
        reason=r"Bounce rate",
    ),
    NewcomerTask(
        "dashboard/no-row",
        "dashboard/index.html",
        'tell me the "Errors" of "payments"',
        reason=r"payments",
    ),
    NewcomerTask(
        "rivers/unit",
        "rivers/index.html",
        'tell me the "Discharge" of "Elbe"',
        says(r"870(m³/s|m3/s)?"),
    ),
    NewcomerTask(
        "rivers/sort",
        "rivers/index.html",
        'click "Length (km)", tell me the "River" of the first row',
        all_of(kept(sorted=["rivers", "Length (km)", "up"]), says(r"(river:?)?thames")),
    ),
    NewcomerTask(
        "rivers/no-row",
        "rivers/index.html",
        'tell me the "Discharge" of "Tiber"',
        reason=r"Tiber",
    ),
    NewcomerTask(
        "rivers/other-table",
        "rivers/index.html",
        'tell me the "Volume" of "Elbe"',
        reason=r"Volume|Elbe",
    ),
    NewcomerTask(
        "docs/table",
        "docs/index.html",
        'click "Limits", tell me the "Default" of "max_columns"',
        says(r"2,?000"),
    ),
    NewcomerTask(
        "docs/search",
        "docs/index.html",
        'type "checkpoint" into "Search docs", press Enter, open the first result, '
        'tell me the "Default"',
        all_of(kept(read=["checkpoint_timeout"]), says(r"(default:?)?5min")),
    ),
    NewcomerTask(
        "docs/no-result",
        "docs/index.html",
        'type "sharding" into "Search docs", press Enter, open the first result',
        reason=r"no results?|first|did not match|nothing",
    ),
    NewcomerTask(
        "docs/question",
        "docs/index.html",
        "How much memory should I give to the buffer cache?",
        reason=LITERAL,
    ),
    NewcomerTask(
        "leaflet/number",
        "leaflet/index.html",
        'tell me the "Authorisation number"',
        says(r"(authorisationnumber:?)?27-10443"),
    ),
    NewcomerTask(
        "leaflet/dose",
        "leaflet/index.html",
        'tell me the "Highest daily dose" of "12 to 17 years"',
        says(r"4tablets"),
    ),
    NewcomerTask(
        "leaflet/absent",
        "leaflet/index.html",
        'tell me the "Batch number"',
        reason=r"Batch number",
    ),
)

_DEV_SETTINGS = (
    NewcomerTask(
        "settings/range",
        "settings/index.html",
        'set "Temperature" to "22"',
        kept_in("values", temperature="22"),
    ),
    NewcomerTask(
        "settings/date",
        "settings/index.html",
        'set "Away from" to "2026-12-24", click "Save changes"',
        kept_in("saved", away="2026-12-24"),
    ),
    NewcomerTask(
        "settings/time",
        "settings/index.html",
        'set "Wake-up time" to "06:45", select "Deutsch" in "Language", turn on "Night mode", '
        'click "Save changes", wait until you see "Saved"',
        kept_in("saved", wake="06:45", language="Deutsch", night=True),
    ),
    NewcomerTask(
        "settings/reverts",
        "settings/index.html",
        'select "Asia" in "Region"',
        reason=r"Asia|Europe",
    ),
    NewcomerTask(
        "settings/too-hot",
        "settings/index.html",
        'set "Temperature" to "45"',
        reason=r"\b45\b|most|maximum|highest|up to 30",
    ),
)

DEV = (*_DEV_SHOP, *_DEV_FORMS, *_DEV_LISTS, *_DEV_READING, *_DEV_SETTINGS)
