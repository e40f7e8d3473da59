"""What the language leaves out on purpose: words that would be understood by half at most.

`reader` follows steps and weighs nothing, so a sentence that negates, compares, counts, asks or
leaves a choice is refused, and the word that does so is named. Within quotes every word is fine.
"""

import re
from dataclasses import dataclass

from vigorl.policy.reader.language.keys import MODIFIERS
from vigorl.policy.reader.language.quotes import NUMBER, QUOTE, InstructionError, QuotedText


@dataclass(frozen=True, slots=True)
class Limit:
    """Words that stand for something which the language does not have, and what it is."""

    words: re.Pattern[str]
    why: str


def _limit(words: str, why: str) -> Limit:
    return Limit(re.compile(rf"(?<![\w'’-])(?:{words})(?![\w'’-])", re.IGNORECASE), why)


_NO_SUPERLATIVE = (
    r"test|request|guest|rest|west|east|nest|forest|interest|contest|invest|digest|harvest|protest"
    r"|suggest|quest|chest|arrest|honest|pinterest|budapest|manifest|conquest|inquest|vest|zest"
    r"|crest|southwest|northwest|southeast|northeast|bucharest|everest|ingest"
)

_LIMITS = (
    _limit(
        r"(?:tell me )?(?:how(?: \w+)?|why|whether|which|who|whom|whose|where|when (?:does|is|will)"
        r"|is there|are there|does|did)",
        "reader can read out a value that stands on the page, not count, compare, judge or explain",
    ),
    _limit(
        r"(?:do|does|did|is|are|was|must|should|will|would|could) not|cannot|\w+n['’]t|not|never"
        r"|no(?= \w)|none|nothing|nobody|neither|nor|without|avoid",
        "reader does what it is told to do and nothing else: leave out what is not to be done",
    ),
    _limit(
        r"if|unless|when|whenever|while|once|as soon as|as long as|in case|provided"
        r"|depending(?: on)?|otherwise|else|assuming|supposing",
        "reader follows steps without conditions; to wait for something, say: wait until you see "
        '"…"',
    ),
    _limit(
        r"or|either|instead(?: of)?|rather|alternatively|and/or",
        "it leaves a choice: name the one that is meant",
    ),
    _limit(
        r"except|excluding|but|besides|apart from|other than|only",
        "reader cannot tell what is left out: name each thing that is meant, in quotes",
    ),
    _limit(
        r"all|every|each|any|both|several|many|some|few|everything|everyone|everywhere|anything"
        r"|anyone|anywhere|something|someone|somewhere|whatever|whichever|wherever|multiple|various"
        r"|others?|another|one of|half|a couple|a few|the (?:rest|others?|remaining)|remaining",
        "reader acts on one named thing at a time: name each that is meant, in quotes",
    ),
    _limit(
        r"(?:the )?(?:most|least|best|worst|more|less|fewer|better|worse|cheaper|higher|lower"
        r"|bigger|larger|smaller|newer|older|faster|longer|shorter|greater|than|between|equals?"
        rf"|as \w+ as|as (?:fast|far|long|much|many|often|soon)|(?!(?:{_NO_SUPERLATIVE})\b)"
        r"\w{2,}est)(?: one)?",
        "reader cannot compare: name the one that is meant",
    ),
    _limit(
        r"correct|appropriate|relevant|suitable|matching|corresponding|respective|similar|same"
        r"|different|favou?rite|random|interesting|necessary|required|desired|valid|proper|best",
        "reader cannot judge which one that is: name it",
    ),
    _limit(
        r"before|after(?:wards)?|later|earlier|ago|meanwhile|simultaneously|at the same time"
        r"|during",
        "the steps are followed in the order in which they stand; give each in its place",
    ),
    _limit(
        r"quickly|slowly|fast|carefully|gently|repeatedly|continuously|forever|often|always",
        'reader has one way to do it; to repeat a step, say how often or: until you see "…"',
    ),
)

_IN_THE_GRAMMAR = re.compile(
    rf"\S+://\S+|\b(?:[\w-]+\.)+\w+\S*|\ball the way\b|\bthe same row\b|\bwait (?:for )?a while\b"
    rf"|\b(?:while|and) holding(?: down)? {MODIFIERS}|\b(?:{NUMBER} )more times?\b"
    r"|\bone more time\b|\banother (?:browser )?tab\b",
    re.IGNORECASE,
)
"""Where such words are part of a sentence that the language has."""


def require_within_limits(text: QuotedText, clause: str) -> None:
    """Refuse a clause that has, outside of quotes, a word of what the language leaves out.

    Raises:
        InstructionError: it has; the word is named.
    """
    rest = _IN_THE_GRAMMAR.sub(" ", clause)
    for limit in _LIMITS:
        if found := limit.words.search(rest):
            raise InstructionError(
                text.shown(found.group()), f"{limit.why}. A name with that word goes in quotes"
            )


_DESCRIBED = re.compile(
    r"(?:the|a|an|my|your|his|her|their|our|its|this|that|these|those|it|them|him|me|you|one|ones"
    r"|maximum|minimum|max|min|default|current|previous|next|twice|double|today|tomorrow"
    r"|yesterday|now)\b",
    re.IGNORECASE,
)
_MOST_WORDS_OF_A_TEXT = 6


def parse_literal(text: QuotedText, raw: str) -> str:
    """A text that is to be typed or chosen: in quotes, or a few plain words.

    Raises:
        InstructionError: it is described rather than given, or only a part of it is in quotes.
    """
    raw = raw.strip()
    if re.fullmatch(QUOTE, raw):
        return text.quote(raw)
    described = _DESCRIBED.match(raw) or re.search(r"\b(?:and|it|them)\b|,", raw, re.IGNORECASE)
    if text.all_quotes(raw) or described or len(raw.split()) > _MOST_WORDS_OF_A_TEXT:
        raise InstructionError(
            text.shown(raw), "it is not clear which text that is: put all of the text in quotes"
        )
    return raw
