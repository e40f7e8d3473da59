"""Sentences about pages and tabs: going somewhere, back, to another tab."""

import re

from vigorl.browser.actions import (
    Back,
    Forward,
    Goto,
    Reload,
    TabClose,
    TabNew,
)
from vigorl.policy.reader.language.limits import parse_literal
from vigorl.policy.reader.language.quotes import (
    ORDINAL,
    QUOTE,
    QuotedText,
    ordinal,
)
from vigorl.policy.reader.language.sentence import Found, Sentences
from vigorl.policy.reader.language.steps import (
    ActStep,
    Step,
    TabStep,
)

_URL = (
    r"(?P<url>(?:https?|file)://\S+|about:\S+|localhost(?::\d+)?\S*"
    r"|(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:/\S*)?)"
)
_FILE = re.compile(
    r"[\w.-]+\.(?:txt|pdf|html?|zip|png|jpe?g|gif|csv|docx?|xlsx?|json|xml|mp[34])", re.IGNORECASE
)
"""Names of files, which look like hosts."""
_THE_PAGE = r"(?: the (?:page|address|url|site))?"
PAGES = Sentences()


@PAGES.sentence(
    rf"(?:go|navigate|browse|open|visit|load)(?: back)?(?: to)?{_THE_PAGE} {_URL}",
    rf"(?:go|navigate|browse|visit|load)(?: to)?{_THE_PAGE} (?P<url>{QUOTE})",
    rf"open (?:a new|another|new) (?:browser )?tab (?:with|at|on|for) (?P<tab>{_URL}|{QUOTE})",
)
def _goto(text: QuotedText, found: Found) -> Step | None:
    groups = found.groupdict()
    url = text.literal(groups.get("tab") or groups["url"])
    if not re.fullmatch(_URL, url, re.IGNORECASE) or _FILE.fullmatch(url):
        return None
    if not re.match(r"\w+://|about:", url):
        url = f"http://{url}" if url.startswith("localhost") else f"https://{url}"
    return ActStep(TabNew(url) if groups.get("tab") else Goto(url))


@PAGES.sentence(r"(?:go )?back(?: (?:a|one|to the (?:previous|last)) page)?")
def _back(text: QuotedText, found: Found) -> Step | None:
    return ActStep(Back())


@PAGES.sentence(r"(?:go )?forwards?(?: (?:a|one|to the next) page)?")
def _forward(text: QuotedText, found: Found) -> Step | None:
    return ActStep(Forward())


@PAGES.sentence(r"(?:reload|refresh)(?: (?:the|this))?(?: (?:page|tab|site))?")
def _reload(text: QuotedText, found: Found) -> Step | None:
    return ActStep(Reload())


@PAGES.sentence(r"open (?:a |an )?(?:new|another) (?:browser )?tab")
def _tab_new(text: QuotedText, found: Found) -> Step | None:
    return ActStep(TabNew())


@PAGES.sentence(r"close (?:the |this |that )?(?:current |browser )?tab")
def _tab_close(text: QuotedText, found: Found) -> Step | None:
    return ActStep(TabClose())


_ON_TABS = (
    r"(?P<verb>(?:switch|change|go|return)(?: back)? to|close|show)(?: the| that)?(?: browser)?"
)


@PAGES.sentence(
    rf"{_ON_TABS} tab (?:number |#)?(?P<number>\d+)",
    rf"{_ON_TABS} (?P<ordinal>{ORDINAL}) (?:browser )?tab",
    rf"{_ON_TABS} tab (?:(?:called|named|titled) )?(?P<title>{QUOTE})",
    rf"{_ON_TABS} (?P<title>{QUOTE}|(?-i:[A-Z])[\w -]*?) (?:browser )?tab",
)
def _tab(text: QuotedText, found: Found) -> Step | None:
    groups = found.groupdict()
    close = groups["verb"].lower() == "close"
    if title := groups.get("title"):
        return TabStep(parse_literal(text, title), close=close)
    if digits := groups.get("number"):
        return TabStep(ordinal=int(digits), close=close)
    return TabStep(ordinal=ordinal(groups["ordinal"]), close=close)
