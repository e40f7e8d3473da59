"""The forms of the language: what `docs/reader.md`, the help and every refusal show."""

import re
from dataclasses import dataclass

from vigorl.policy.reader.language.quotes import QUOTE, Text


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say a step. `words` is a sentence of the language as it stands."""

    topic: str
    words: str
    meaning: str
    near: str = ""
    """Further words of those who may mean it."""


_POINT, _FILL, _LOOK, _READ = "Pointing", "Filling in", "Scrolling and waiting", "Reading"
_PAGES, _ASKED = "Pages and tabs", "Questions of the page and the browser"

FORMS: tuple[Form, ...] = (
    Form(_READ, 'tell me the "…"', "read out what stands beside that text, as the answer",
         "find get know look read what how show report say return which much cost value"),
    Form(_POINT, 'click "…"', "click the text or button",
         "find push tap go choose submit open delete add buy remove save play start find"),
    Form(_POINT, 'click the "…" button', "also: link, icon, field, tab, menu, row, item"),
    Form(_LOOK, 'scroll down until you see "…"', "scroll until that text is in sight",
         "find look search locate"),
    Form(_POINT, 'click "…" in the row of "…"',
         "tell it by its neighbour: of, next to, under, above, left of, right of, in"),
    Form(_POINT, 'click the second "…"', "tell it by its place in reading order", "nth number"),
    Form(_POINT, "open the second result", "one of several results, messages, products",
         "result product item cheapest best first"),
    Form(_POINT, 'click "…" in the dialog', "where to look: at the top, on the left, …"),
    Form(_POINT, 'click "…" in the File menu', "in a menu, which it opens, or a section"),
    Form(_POINT, 'double-click "…"', "also: right-click, middle-click"),
    Form(_POINT, 'hover over "…"', "leave the mouse there", "move mouse"),
    Form(_POINT, 'click "…" until you see "…"', "again and again, until that is in sight",
         "repeat keep while until"),
    Form(_POINT, 'click "…" twice', "a step as often as it says", "times repeat"),
    Form(_POINT, 'hold "…" for 2 seconds', "keep the mouse button down", "press long"),
    Form(_POINT, 'click "…" while holding Control', "also: Control-click, Shift-click"),
    Form(_POINT, 'drag "…" to "…"', "drag one thing onto another", "move drop put"),
    Form(_POINT, 'drag "…" over "…" to "…"', "drag by way of something"),
    Form(_POINT, "close the dialog", "click what closes it: a window, banner, panel, …",
         "dismiss hide banner"),
    Form(_POINT, "accept the cookies", "click what accepts them; also: reject"),
    Form(_FILL, 'type "…" into "…"', "type into the field of that label",
         "search enter write fill input put look"),
    Form(_FILL, 'type "…"', "type where the focus is"),
    Form(_FILL, 'set "…" to "…"', "put it in place of what is there; also numbers, dates, colours",
         "change slider drag adjust increase replace"),
    Form(_FILL, 'clear "…"', "empty the field", "delete remove"),
    Form(_FILL, 'select "…" in "…"', "choose an option of a list", "choose pick option"),
    Form(_FILL, 'select "…" and "…" in "…"', "several options, where the list takes them"),
    Form(_FILL, 'check "…"', "tick the box where it is not ticked; also: uncheck",
         "tick mark enable agree every"),
    Form(_FILL, 'turn on "…"', "the same for a switch; also: turn off", "enable disable switch"),
    Form(_FILL, 'upload "/tmp/a.png" to "…"', "hand over a file; also: drop", "attach file drop"),
    Form(_FILL, "press Enter", "press a key or chord, such as Control+A", "hit key submit"),
    Form(_FILL, "hold Shift for 1 second", "hold a key"),
    Form(_LOOK, "scroll down", "also: up, left, right; to the bottom; 300 px"),
    Form(_LOOK, 'wait until you see "…"', "wait for a text; also: until … disappears",
         "if when once check verify"),
    Form(_LOOK, 'check that "…" is shown', "go on only where that is in sight", "verify ensure"),
    Form(_LOOK, "wait 2 seconds", "let time pass"),
    Form(_READ, 'tell me the "…" of "…"', "the value of that row or card", "how much which"),
    Form(_READ, "tell me the price", "the amount of money that stands there", "cost much how"),
    Form(_READ, 'answer "…"', "answer with these words", "reply respond say"),
    Form(_PAGES, "go to https://example.org", "load an address", "visit navigate browse"),
    Form(_PAGES, "go back", "also: go forward, reload the page", "return"),
    Form(_PAGES, "open a new tab", "also: close the tab"),
    Form(_PAGES, 'switch to the tab "…"', "show the tab of that title; also: the second tab"),
    Form(_ASKED, "accept the dialog", "say yes to what the page asks; also: dismiss",
         "confirm yes ok alert"),
    Form(_ASKED, 'answer the prompt with "…"', "answer it with a text"),
    Form(_ASKED, "allow the location request", "also: deny; camera, microphone, notifications",
         "permission grant"),
    Form(_ASKED, 'log in with "…" and "…"', "where the browser asks for user name and password",
         "login sign password"),
)  # fmt: skip
"""The one list of documented forms, the most used of each kind first."""

_IDLE = re.compile(
    r"^(?:the|a|an|for|me|my|your|out|please|to|all|every|each|cheapest|best|this|that)\b\s*",
    re.IGNORECASE,
)
_SEEKING = ("find", "get", "look", "locate", "show", "know", "search", "see", "check", "open")
_MOST_WORDS_OF_A_NAME = 4


def nearest_forms(text: Text, clause: str) -> tuple[str, ...]:
    """The three forms that come nearest to a clause, with its own name in them."""
    words = re.findall(r"[\w'-]+", re.sub(QUOTE, " ", clause).lower())
    if not words:
        words = ["click"]

    def likeness(form: Form) -> int:
        own = re.findall(r"[\w'-]+", form.words.lower())
        near = form.near.split()
        starts = 4 * int(own[0] == words[0]) + 3 * int(words[0] in near)
        return starts + sum(word in own[1:] or word in near for word in words[1:])

    ranked = sorted(FORMS, key=lambda form: -likeness(form))
    name = _object_of(text, clause, words[0])
    return tuple(
        form.words.replace("…", name, 1) if form.words.count("…") == 1 and "until" not in form.words
        else form.words
        for form in ranked[:3]
    )  # fmt: skip


def _object_of(text: Text, clause: str, verb: str) -> str:
    """What a clause is about, as a name; `…` where that cannot be told."""
    quotes = text.all_quotes(clause)
    if quotes:
        return quotes[0] if quotes[0].strip() and '"' not in quotes[0] else "…"
    rest = clause.split(maxsplit=1)[1] if len(clause.split()) > 1 else ""
    while found := _IDLE.match(rest):
        rest = rest[found.end() :]
    rest = rest.strip(" .?!")
    if verb not in _SEEKING or not rest or len(rest.split()) > _MOST_WORDS_OF_A_NAME or '"' in rest:
        return "…"
    return rest[0].upper() + rest[1:]


def describe_language() -> str:
    """The forms as a page of plain text, by topic."""
    topics = dict.fromkeys(form.topic for form in FORMS)
    width = max(len(form.words) for form in FORMS)
    blocks = [
        "\n".join(
            [topic, *(f"  {f.words:<{width}}  {f.meaning}" for f in FORMS if f.topic == topic)]
        )
        for topic in topics
    ]
    return "\n\n".join(blocks)
