"""Names without quotes: which words can be one, and which only describe what is meant."""

import re

from vigorl.policy.reader.language.quotes import InstructionError, QuotedText
from vigorl.policy.reader.language.steps import Role

_MOST_WORDS = 8
_PREPOSITION = r"(?:in|on|at|of|from|with|for|to|by|near|under|over|above|below|behind|into|about)"
_DETERMINER = r"(?:the|a|an|this|that|these|those|your|my|its|his|her|their|our)"
_NOUN = (
    r"(?:button|link|icon|field|box|checkbox|switch|tab|menu|row|item|result|entry|card|e-?mail"
    r"|message|product|article|post|thread|option|image|picture|photo|text|word|label|heading"
    r"|title|page|file|folder|document|video|line|column|section|part|place|area|thing|one)s?"
)
INFINITIVES = (
    r"(?:accept|access|activate|add|agree|allow|apply|ask|be|begin|book|bring|buy|cancel|change"
    r"|check|clear|close|collapse|complete|confirm|contact|continue|copy|create|deactivate|delete"
    r"|disable|dismiss|display|download|edit|enable|end|enter|exit|expand|export|filter|find|finish"
    r"|get|give|go|have|hide|import|install|join|keep|launch|learn|leave|let|load|log|look|make"
    r"|mark|move|navigate|open|order|pause|pay|place|play|prepare|print|proceed|put|reach|read"
    r"|register|reject|reload|remove|reply|report|reset|return|reveal|run|save|search|see|select"
    r"|send|set|share|show|sign|sort|start|stop|store|submit|subscribe|switch|toggle|trigger|turn"
    r"|unlock|update|upload|use|view|visit|watch|write|zoom)"
)
"""Verbs that tell, after 'to', what a step is for."""

_NO_NAMES: tuple[tuple[str, str], ...] = (
    (
        r"(?:it|them|this|that|these|those|one|ones|me|him|her|us|there)",
        "it does not say what that is: name it",
    ),
    (
        r"(?:left|right|top|bottom|middle|cent(?:er|re)|end|start|beginning|side|corner|up|down"
        r"|(?:upper|lower|top|bottom)[- ](?:left|right)(?: corner)?)",
        "it is a place, and not what stands there",
    ),
    (
        r"(?:page|screen|site|website|browser|app|window|thing|element|control|object|area|form"
        r"|table|section|panel|dialog(?:ue)?|page \d+)",
        'it is no text to look for; say what stands there, as in: click "…"',
    ),
)
_NOT_IN_NAMES: tuple[tuple[str, str], ...] = (
    (r",|\band\b|\bthen\b|\bplus\b", "is that part of the name, or another step?"),
    (r"\b(?:it|them|itself|him|her)\b", "it does not say what that is"),
    (r"\b(?:that|which|who|whose)\b.*", "reader finds things by their names, not by what they do"),
    (rf"\bto {INFINITIVES}\b.*", "is that part of the name, or what the step is for?"),
    (rf"(?<!^)\b{_PREPOSITION} {_DETERMINER}\b.*", "it is no place or neighbour that reader knows"),
    (rf"^{_NOUN} {_PREPOSITION}\b.*", "it describes something and does not name it"),
)
_LOOKS = re.compile(
    r"(?:(?:big|large|small|tiny|huge|long|wide|round|square|bold|bright|dark|light|highlighted"
    r"|underlined|coloured|colored|red|green|blue|yellow|orange|purple|pink|brown|grey|gray|black"
    r"|white|golden|nice|pretty)\b[ ,]*)+",
    re.IGNORECASE,
)


def require_name(
    text: QuotedText, raw: str, rest: str, which: int | None, role_and_name: tuple[Role, str] | None
) -> None:
    """Refuse words without quotes that describe, or say more than a name does.

    Args:
        text: the goal that they are from.
        raw: the whole phrase.
        rest: the phrase without article and ordinal.
        which: its ordinal.
        role_and_name: the role that it ends with and what stands before that.

    Raises:
        InstructionError: it is no name.
    """
    role, name = role_and_name or (None, rest)
    for words, why in _NO_NAMES:
        if re.fullmatch(words, rest, re.IGNORECASE):
            raise InstructionError(text.shown(raw), why)
    for words, why in _NOT_IN_NAMES:
        if found := re.search(words, rest, re.IGNORECASE):
            raise InstructionError(
                text.shown(found.group()),
                f"{why}{'' if why.endswith('?') else '.'} A name goes in quotes",
            )
    if role and _LOOKS.fullmatch(name):
        raise InstructionError(
            text.shown(name), "reader finds things by their names, not by their looks"
        )
    if role and role != "price" and which is None and rest.lower().endswith("s") and not name:
        raise InstructionError(text.shown(raw), "that is several; say which one")
    if re.match(r"(?:an?|some)\s", raw, re.IGNORECASE):
        raise InstructionError(text.shown(raw), "it leaves open which one that is: name it")
    if len(rest.split()) > _MOST_WORDS:
        raise InstructionError(text.shown(rest), "it is long for a name: put it in quotes")
