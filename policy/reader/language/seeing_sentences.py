"""Sentences about seeing: reading out, waiting, scrolling."""

import re
from dataclasses import replace
from typing import get_args

from vigorl.browser.actions import (
    Wait,
)
from vigorl.policy.reader.language.limits import parse_literal
from vigorl.policy.reader.language.phrases import parse_condition, parse_target
from vigorl.policy.reader.language.quotes import (
    NUMBER,
    QUOTE,
    InstructionError,
    QuotedText,
    number,
)
from vigorl.policy.reader.language.sentence import TARGET, UNIT_S, Found, Sentences
from vigorl.policy.reader.language.steps import (
    ActStep,
    AnswerStep,
    Direction,
    Relation,
    ScrollStep,
    Step,
    TellStep,
    Until,
    WaitStep,
)

SEEING = Sentences()


_NO_ARITHMETIC = "reader can read out a value, not count, compare, reckon or explain"
_COUNTED = r"number|sum|average|mean|count|difference|maximum|minimum|ratio|product|rest|percentage"


@SEEING.sentence(
    rf"answer(?: with|:)? (?P<text>{QUOTE})",
    rf"(?:reply|respond|finish|stop) with (?P<text>{QUOTE})",
    r"answer:? (?P<text>.+)",
)
def _answer(text: QuotedText, found: Found) -> Step | None:
    raw = found["text"]
    if re.match(r"(?:with|the|what|how)\b", raw, re.IGNORECASE):
        return None
    return AnswerStep(parse_literal(text, raw))


@SEEING.sentence(
    rf"(?:tell|give|read) me {TARGET}",
    rf"show me (?=.*{QUOTE}){TARGET}",
    rf"(?:what(?:'s|’s| is| are)|read out) (?=.*{QUOTE}|the\b){TARGET}",
    rf"(?:read|report|return) (?=the\b.*{QUOTE}){TARGET}",
    rf"answer with (?=the\b){TARGET}",
)
def _tell(text: QuotedText, found: Found) -> Step | None:
    raw = re.sub(r"^what |\s+(?:is|are|says?)$", "", found["target"].strip(" ?.!"), flags=re.I)
    if re.match(r"(?:how|whether|if|why|when|where|which|who|about|more|a)\b", raw, re.IGNORECASE):
        raise InstructionError(text.shown(found.group()), _NO_ARITHMETIC)
    if re.match(rf"(?:the )?(?:{_COUNTED}) (?:of|between)\b|that\b", raw, re.IGNORECASE):
        raise InstructionError(text.shown(raw), _NO_ARITHMETIC)
    raw = re.sub(
        r"^(?:the )?(?:value|text|content|amount|number|figure)s? (?:of|in|for|at) ",
        "",
        raw,
        flags=re.I,
    )
    if unnamed := re.match(r"(?:the )?(?:value|text|content|amount|number|figure) ", raw, re.I):
        return TellStep(parse_target(text, raw[unnamed.end() :]))
    target = parse_target(text, raw)
    if target.relation is None and (belongs := re.fullmatch(r"(.+?) (?:of|for) (.+)", raw, re.I)):
        anchor = parse_target(text, belongs[2])
        target = replace(parse_target(text, belongs[1]), relation=Relation("of", anchor))
    return TellStep(target)


_DIRECTIONS: dict[str, Direction] = {d: d for d in get_args(Direction)}
_BACK: dict[Direction, Direction] = {"down": "up", "up": "up", "right": "left", "left": "left"}


@SEEING.sentence(
    rf"wait(?: for)?(?: about)? (?P<number>{NUMBER}) ?(?P<unit>m(?=s|illi)|s|minute)[a-z]*",
    r"wait(?: (?:for )?a (?:bit|moment|while))?",
)
def _wait(text: QuotedText, found: Found) -> Step | None:
    groups = found.groupdict()
    if not groups.get("number"):
        return ActStep(Wait())
    return ActStep(Wait(number(groups["number"]) * UNIT_S[groups["unit"].lower()]))


@SEEING.sentence(
    r"wait (?P<condition>until .+)",
    rf"wait for {TARGET}",
    r"(?:check|verify|ensure|make sure|assert)(?: that)? (?P<seen>.+ .+)",
)
def _wait_for(text: QuotedText, found: Found) -> Step | None:
    groups = found.groupdict()
    if condition := groups.get("condition"):
        return WaitStep(parse_condition(text, condition.partition(" ")[2]))
    if seen := groups.get("seen"):
        try:
            return WaitStep(parse_condition(text, seen))
        except InstructionError:
            return None
    raw = re.sub(r" to (?:appear|show(?: up)?|load|be (?:shown|visible))$", "", found["target"])
    if gone := re.search(r" to (?:disappear|go away|be gone|vanish)$", raw):
        raw = raw[: gone.start()]
    gone_or_not = " disappears" if gone else " appears"
    return WaitStep(parse_condition(text, raw + gone_or_not))


@SEEING.sentence(
    r"scroll(?: (?P<direction>down|up|left|right))?(?: (?:by )?(?P<px>\d+) ?(?:px|pixels?))?"
    rf"(?: (?:by )?(?:a|one) (?:page|screen))?(?: (?:in|over|inside|within|on) {TARGET})?",
    r"scroll(?: (?P<direction>down|up|left|right))?(?: all the way)? to (?:the )?(?:very )?"
    rf"(?P<end>bottom|end|top|start|beginning)(?: of (?:the page|{TARGET}))?",
    rf"scroll(?: (?P<direction>down|up|left|right))? to {TARGET}",
)
def _scroll(text: QuotedText, found: Found) -> Step | None:
    groups = found.groupdict()
    direction = _DIRECTIONS[(groups.get("direction") or "down").lower()]
    over = parse_target(text, found["target"]) if groups.get("target") else None
    if end := groups.get("end"):
        backwards = end.lower() in ("top", "start", "beginning")
        return ScrollStep(_BACK[direction] if backwards else direction, to_end=True, over=over)
    if over and " to " in found.group().replace(found["target"], ""):
        return ScrollStep(direction, until=Until(over))
    px = groups.get("px")
    return ScrollStep(direction, distance_css_px=float(px) if px else None, over=over)
