"""The tasks whose failures are only counted."""

from tests.newcomer.tasks import (
    EFFECT,
    LITERAL,
    Ending,
    Judge,
    NewcomerTask,
    all_of,
    kept,
    kept_in,
    says,
)

SCRIPT = r"script|Hebrew|letters|alphabet|cannot read"


def _card(title: str, column: str, who: str) -> Judge:
    """A card of the board stands in this column and belongs to this person."""

    def judge(ending: Ending) -> bool:
        cards: dict[str, list[str]] = ending.state.get("cards", {})
        return cards.get(title) == [column, who]

    return judge


def _not_kept(name: str) -> Judge:
    """The site has no entry of this name."""
    return lambda ending: name not in ending.state


_HELD_LISTS = (
    NewcomerTask(
        "library/page-four",
        "library/index.html",
        'click "Next" until you see "The Salt Road", click "Reserve" in the row of "The Salt Road"',
        kept(reserved=["The Salt Road"]),
    ),
    NewcomerTask(
        "library/log-in",
        "library/account.html",
        'type "L-20417" into "Card number", type "maple-42" into "PIN", press Enter, '
        'tell me the "Books on loan"',
        all_of(kept(loggedIn=True), says(r"(booksonloan:?)?3")),
    ),
    NewcomerTask(
        "library/no-such-book",
        "library/index.html",
        'click "Next" until you see "The Midnight Gardener"',
        reason=r"Midnight Gardener|last page",
        spared=_not_kept("reserved"),
    ),
    NewcomerTask(
        "library/wrong-pin",
        "library/account.html",
        'type "L-20417" into "Card number", type "maple-24" into "PIN", press Enter, '
        'tell me the "Books on loan"',
        reason=r"Books on loan|not right|PIN",
    ),
    NewcomerTask(
        "feed/scroll",
        "feed/index.html",
        'scroll down until you see "Lighthouse reopens to visitors", '
        'click "Lighthouse reopens to visitors", tell me the "Admission"',
        all_of(kept(read="21"), says(r"(admission:?)?£?6\.50")),
    ),
    NewcomerTask(
        "feed/subscribe",
        "feed/index.html",
        'type "ida@example.org" into "Your e-mail", click "Subscribe", '
        'wait until you see "Thank you"',
        kept(mail="ida@example.org"),
    ),
    NewcomerTask(
        "feed/never",
        "feed/index.html",
        'scroll down until you see "Ferry fares frozen for a year"',
        reason=r"Ferry fares",
    ),
    NewcomerTask(
        "feed/goal",
        "feed/index.html",
        "find out when the lighthouse is open",
        reason=LITERAL,
    ),
)

_HELD_LANGUAGES = (
    NewcomerTask(
        "boulangerie/price",
        "boulangerie/index.html",
        'tell me the "Prix" of "Chausson aux pommes"',
        says(r"2,10€?"),
    ),
    NewcomerTask(
        "boulangerie/order",
        "boulangerie/index.html",
        'type "Zoé Lefèvre" into "Votre nom", select "Tarte aux poires" in "Produit", '
        'select "Samedi" in "Jour de retrait", click "+" twice, click "Envoyer la commande"',
        kept_in("order", name="Zoé Lefèvre", product="Tarte aux poires", day="Samedi", quantity=3),
    ),
    NewcomerTask(
        "boulangerie/absent",
        "boulangerie/index.html",
        'tell me the "Prix" of "Mille-feuille"',
        reason=r"Mille-feuille",
    ),
    NewcomerTask(
        "boulangerie/no-column",
        "boulangerie/index.html",
        'tell me the "Allergènes" of "Pain de seigle"',
        reason=r"Allerg",
    ),
    NewcomerTask(
        "museum/english",
        "museum/index.html",
        'click "English", tell me the "Wednesday"',
        all_of(kept(english=True), says(r"(wednesday:?)?12:00[–—-]20:00")),
    ),
    NewcomerTask(
        "museum/read",
        "museum/index.html",
        'tell me the "רביעי"',
        reason=SCRIPT,
    ),
    NewcomerTask(
        "museum/click",
        "museum/index.html",
        'click "כרטיסים"',
        reason=SCRIPT,
    ),
)

_HELD_HANDS = (
    NewcomerTask(
        "board/drag",
        "board/index.html",
        'drag "Write release notes" to "Done"',
        _card("Write release notes", "Done", "Tomas Lund"),
    ),
    NewcomerTask(
        "board/hover",
        "board/index.html",
        'hover over "Views", click "Calendar", tell me the "Code freeze"',
        all_of(kept(view="Calendar"), says(r"(codefreeze:?)?4december")),
    ),
    NewcomerTask(
        "board/assign",
        "board/index.html",
        'click "Fix login timeout", type "Mar" into "Assignee", click "Marta Oliveira", '
        'click "Close"',
        _card("Fix login timeout", "Backlog", "Marta Oliveira"),
    ),
    NewcomerTask(
        "board/locked",
        "board/index.html",
        'drag "Renew certificate" to "Done"',
        reason=rf"locked|move|stay|still|{EFFECT}",
        spared=_card("Renew certificate", "Doing", "Operations"),
    ),
    NewcomerTask(
        "board/absent",
        "board/index.html",
        'drag "Update the logo" to "Doing"',
        reason=r"Update the logo",
    ),
    NewcomerTask(
        "player/volume",
        "player/index.html",
        'click "Reject all", set "Volume" to "30", select "1.5×" in "Speed"',
        kept(consent="none", volume="30", speed="1.5×"),
    ),
    NewcomerTask(
        "player/chapter",
        "player/index.html",
        'click "Reject all", click "Play", click "4. Rudder", click "Subtitles"',
        kept(consent="none", played=True, chapter="Rudder", subtitles=True),
    ),
    NewcomerTask(
        "player/behind-the-wall",
        "player/index.html",
        'click "Subtitles"',
        reason=rf"cookie|privacy|covered|behind|in front|dialog|Accept|Reject|{EFFECT}",
        spared=_not_kept("consent"),
    ),
    NewcomerTask(
        "player/no-option",
        "player/index.html",
        'click "Reject all", select "3×" in "Speed"',
        reason=r"3×|3x|option|Speed",
    ),
)

_HELD_MONEY = (
    NewcomerTask(
        "bank/new-tab",
        "bank/index.html",
        'click "Statement" in the row of "Savings", switch to the tab "Statement Savings", '
        'tell me the "Closing balance"',
        all_of(kept(statements=["Savings"]), says(r"(closingbalance:?)?€?12,550\.97€?")),
    ),
    NewcomerTask(
        "bank/hold",
        "bank/index.html",
        'type "Tomas Lund" into "To", type "40" into "Amount", hold "Hold to send" for 2 seconds',
        kept(sent={"to": "Tomas Lund", "amount": "40"}),
    ),
    NewcomerTask(
        "bank/too-short",
        "bank/index.html",
        'type "Tomas Lund" into "To", type "40" into "Amount", click "Hold to send"',
        reason=rf"hold|{EFFECT}",
        spared=_not_kept("sent"),
    ),
    NewcomerTask(
        "bank/no-account",
        "bank/index.html",
        'tell me the "Balance" of "Holiday fund"',
        reason=r"Holiday fund",
    ),
    NewcomerTask(
        "pizza/toppings",
        "pizza/index.html",
        'select "Olives" and "Mushrooms" in "Toppings", check "Large", click "Add to order"',
        kept_in("order", size="Large", toppings=["Olives", "Mushrooms"]),
    ),
    NewcomerTask(
        "pizza/crust",
        "pizza/index.html",
        'select "Thin" in "Crust", click "Add to order"',
        kept_in("order", crust="Thin"),
    ),
    NewcomerTask(
        "pizza/frame",
        "pizza/index.html",
        'type "4000 1234 5678 9010" into "Card number", type "Ida Holm" into "Name on card", '
        'click "Pay now"',
        kept(paid={"card": "4000123456789010", "holder": "Ida Holm"}),
    ),
    NewcomerTask(
        "pizza/no-option",
        "pizza/index.html",
        'select "Pineapple" in "Toppings", click "Add to order"',
        reason=r"Pineapple",
        spared=_not_kept("order"),
    ),
    NewcomerTask(
        "pizza/no-field",
        "pizza/index.html",
        'type "SAVE10" into "Voucher"',
        reason=r"Voucher|field",
    ),
)

_HELD_FORMS = (
    NewcomerTask(
        "trains/birth",
        "trains/index.html",
        'set "Date of birth" to "1990-05-17", click "Save traveller"',
        kept_in("traveller", birth="1990-05-17", name="Ida Holm"),
    ),
    NewcomerTask(
        "trains/search",
        "trains/index.html",
        'type "Lei" into "From", click "Leipzig Hbf", type "Dre" into "To", click "Dresden Hbf", '
        'click "Search", tell me the "Price" of "IC 2049"',
        all_of(
            kept(searched=["Leipzig Hbf", "Dresden Hbf", "2026-12-01"]),
            says(r"€?24\.90€?"),
        ),
    ),
    NewcomerTask(
        "trains/no-station",
        "trains/index.html",
        'type "Xan" into "From", click "Xanten"',
        reason=r"Xanten|no station",
    ),
    NewcomerTask(
        "trains/no-such-day",
        "trains/index.html",
        'set "Date of birth" to "1990-02-31", click "Save traveller"',
        reason=r"1990-02-31|no (?:such )?(?:date|day)|does not exist",
    ),
    NewcomerTask(
        "trains/goal",
        "trains/index.html",
        "Book me the cheapest train from Leipzig to Dresden tomorrow morning",
        reason=LITERAL,
    ),
    NewcomerTask(
        "photoclub/join",
        "photoclub/index.html",
        'type "Ida Holm" into "Full name", type "ida@example.org" into "E-mail address", '
        'check "Student", check "I accept the rules of the club", click "Join now", '
        'wait until you see "Welcome"',
        kept_in("joined", name="Ida Holm", mail="ida@example.org", kind="Student"),
    ),
    NewcomerTask(
        "photoclub/several",
        "photoclub/index.html",
        'click "IMG_0412", Ctrl-click "IMG_0415", click "Share"',
        kept(shared=["IMG_0412", "IMG_0415"]),
    ),
    NewcomerTask(
        "photoclub/prompt",
        "photoclub/index.html",
        'click "Name the album", answer the prompt with "Fog and frost"',
        kept(album="Fog and frost"),
    ),
    NewcomerTask(
        "photoclub/read-only",
        "photoclub/index.html",
        'replace the text in "Member number" with "AC-0001"',
        reason=r"AC-0001|AC-5081|read-?only|cannot be changed",
    ),
    NewcomerTask(
        "photoclub/too-long",
        "photoclub/index.html",
        'type "Photographer" into "Nickname"',
        reason=r"Photogra",
    ),
    NewcomerTask(
        "photoclub/dead-button",
        "photoclub/index.html",
        'click "Invite a friend"',
        reason=EFFECT,
    ),
)

HELD_OUT = (*_HELD_LISTS, *_HELD_LANGUAGES, *_HELD_HANDS, *_HELD_MONEY, *_HELD_FORMS)
