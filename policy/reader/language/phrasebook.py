"""The forms of the language: what `docs/reader.md`, the help and every refusal show."""

import re
from dataclasses import dataclass

from vigorl.policy.reader.language.quotes import QUOTE, QuotedText


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say a step. `words` is a sentence of the language as it stands."""

    topic: str
    words: str
    meaning: str
    near: str = ""
    """Further words of those who may mean it."""


_POINT, _FILL, _LOOK, _READ = "Pointing", "Filling in", "Scrolling and waiting", "Reading"
_PAGES, _ASKED = "Pages and tabs", "Questions of the page and the browser"

FORMS: tuple[Phrase, ...] = (
    Phrase(_READ, 'tell me the "…"', "read out what stands beside that text, as the answer",
         "find get know look read what how show report say return which much cost value"),
    Phrase(_POINT, 'click "…"', "click the text or button",
         "find push tap go choose submit open delete add buy remove save play start find"),
    Phrase(_POINT, 'click the "…" button', "also: link, icon, field, tab, menu, row, item"),
    Phrase(_LOOK, 'scroll down until you see "…"', "scroll until that text is in sight",
         "find look search locate"),
    Phrase(_POINT, 'click "…" in the row of "…"',
         "tell it by its neighbour: of, next to, under, above, left of, right of, in"),
    Phrase(_POINT, 'click the second "…"', "tell it by its place in reading order", "nth number"),
    Phrase(_POINT, "open the second result", "one of several results, messages, products",
         "result product item cheapest best first"),
    Phrase(_POINT, 'click "…" in the dialog', "where to look: at the top, on the left, …"),
    Phrase(_POINT, 'click "…" in the File menu', "in a menu, which it opens, or a section"),
    Phrase(_POINT, 'double-click "…"', "also: right-click, middle-click"),
    Phrase(_POINT, 'hover over "…"', "leave the mouse there", "move mouse"),
    Phrase(_POINT, 'click "…" until you see "…"', "again and again, until that is in sight",
         "repeat keep while until"),
    Phrase(_POINT, 'click "…" twice', "a step as often as it says", "times repeat"),
    Phrase(_POINT, 'hold "…" for 2 seconds', "keep the mouse button down", "press long"),
    Phrase(_POINT, 'click "…" while holding Control', "also: Control-click, Shift-click"),
    Phrase(_POINT, 'drag "…" to "…"', "drag one thing onto another", "move drop put"),
    Phrase(_POINT, 'drag "…" over "…" to "…"', "drag by way of something"),
    Phrase(_POINT, "close the dialog", "click what closes it: a window, banner, panel, …",
         "dismiss hide banner"),
    Phrase(_POINT, "accept the cookies", "click what accepts them; also: reject"),
    Phrase(_FILL, 'type "…" into "…"', "type into the field of that label",
         "search enter write fill input put look"),
    Phrase(_FILL, 'type "…"', "type where the focus is"),
    Phrase(_FILL, 'set "…" to "…"', "put it in place of what is there; numbers, dates, colours too",
         "change slider drag adjust increase replace"),
    Phrase(_FILL, 'clear "…"', "empty the field", "delete remove"),
    Phrase(_FILL, 'select "…" in "…"', "choose an option of a list", "choose pick option"),
    Phrase(_FILL, 'select "…" and "…" in "…"', "several options, where the list takes them"),
    Phrase(_FILL, 'check "…"', "tick the box where it is not ticked; also: uncheck",
         "tick mark enable agree every"),
    Phrase(_FILL, 'turn on "…"', "the same for a switch; also: turn off", "enable disable switch"),
    Phrase(_FILL, 'upload "/tmp/a.png" to "…"', "hand over a file; also: drop", "attach file drop"),
    Phrase(_FILL, "press Enter", "press a key or chord, such as Control+A", "hit key submit"),
    Phrase(_FILL, "hold Shift for 1 second", "hold a key"),
    Phrase(_LOOK, "scroll down", "also: up, left, right; to the bottom; 300 px"),
    Phrase(_LOOK, 'wait until you see "…"', "wait for a text; also: until … disappears",
         "if when once check verify"),
    Phrase(_LOOK, 'check that "…" is shown', "go on only where that is in sight", "verify ensure"),
    Phrase(_LOOK, "wait 2 seconds", "let time pass"),
    Phrase(_READ, 'tell me the "…" of "…"', "the value of that row or card", "how much which"),
    Phrase(_READ, "tell me the price", "the amount of money that stands there", "cost much how"),
    Phrase(_READ, 'answer "…"', "answer with these words", "reply respond say"),
    Phrase(_PAGES, "go to https://example.org", "load an address", "visit navigate browse"),
    Phrase(_PAGES, "go back", "also: go forward, reload the page", "return"),
    Phrase(_PAGES, "open a new tab", "also: close the tab"),
    Phrase(_PAGES, 'switch to the tab "…"', "show the tab of that title; also: the second tab"),
    Phrase(_ASKED, "accept the dialog", "say yes to what the page asks; also: dismiss",
         "confirm yes ok alert"),
    Phrase(_ASKED, 'answer the prompt with "…"', "answer it with a text"),
    Phrase(_ASKED, "allow the location request", "also: deny; camera, microphone, notifications",
         "permission grant"),
    Phrase(_ASKED, 'log in with "…" and "…"', "where the browser asks for user name and password",
         "login sign password"),
)  # fmt: skip
"""The one list of documented forms, the most used of each kind first."""

_IDLE = re.compile(
    r"^(?:the|a|an|for|me|my|your|out|please|to|all|every|each|cheapest|best|this|that)\b\s*",
    re.IGNORECASE,
)
_SEEKING = ("find", "get", "look", "locate", "show", "know", "search", "see", "check", "open")
_MOST_WORDS_OF_A_NAME = 4


def nearest_forms(text: QuotedText, clause: str) -> tuple[str, ...]:
    """The three forms that come nearest to a clause, with its own name in them."""
    words = re.findall(r"[\w'-]+", re.sub(QUOTE, " ", clause).lower())
    if not words:
        words = ["click"]

    def likeness(form: Phrase) -> int:
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


def _object_of(text: QuotedText, clause: str, verb: str) -> str:
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
