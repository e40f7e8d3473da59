"""The sentences that `reader` understands: a pattern for each, and the step that it means."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

from vigorl.browser.actions import Back, Forward, Goto, Press, Reload, TabClose, TabNew, Wait
from vigorl.policy.reader.keys import chord
from vigorl.policy.reader.phrases import parse_condition, parse_target
from vigorl.policy.reader.quotes import (
    NUMBER,
    ORDINAL,
    QUOTE,
    InstructionError,
    Text,
    number,
    ordinal,
)
from vigorl.policy.reader.steps import (
    ActStep,
    AnswerStep,
    CheckStep,
    Direction,
    DragStep,
    Gesture,
    PointStep,
    Relation,
    Role,
    ScrollStep,
    SelectStep,
    Step,
    TabStep,
    Target,
    TellStep,
    TypeStep,
    Until,
    UploadStep,
    WaitStep,
)

Found = re.Match[str]
Builder = Callable[[Text, Found], Step | None]
"""Makes the step of a sentence, or None where the sentence turns out to be another one."""

_TARGET = r"(?P<target>.+)"
_URL = (
    r"(?P<url>(?:https?|file)://\S+|about:\S+|localhost(?::\d+)?\S*"
    r"|(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:/\S*)?)"
)
_THE_PAGE = r"(?: the (?:page|address|url|site))?"
_CONTENT = r"(?:the )?(?:(?:text|value|contents?) (?:in|of|inside) )?"
_STATES: tuple[Role, ...] = ("checkbox", "radio", "switch")

SENTENCES: list[tuple[re.Pattern[str], Builder]] = []
"""In the order in which they are tried; a pattern fits a whole clause."""


def _sentence(*patterns: str) -> Callable[[Builder], Builder]:
    """Add a builder for clauses of these patterns."""

    def add(builder: Builder) -> Builder:
        SENTENCES.extend((re.compile(pattern, re.IGNORECASE), builder) for pattern in patterns)
        return builder

    return add


def _names_something(text: Text, raw: str, roles: tuple[Role, ...]) -> bool:
    """Whether a phrase has a quote or one of these roles, and is not just part of a name."""
    return bool(re.search(QUOTE, raw)) or parse_target(text, raw).role in roles


# Pages and tabs -----------------------------------------------------------------------------


@_sentence(
    rf"(?:go|navigate|browse|open|visit|load)(?: back)?(?: to)?{_THE_PAGE} {_URL}",
    rf"(?:go|navigate|browse|visit|load)(?: to)?{_THE_PAGE} (?P<url>{QUOTE})",
    rf"open (?:a new|another|new) (?:browser )?tab (?:with|at|on|for) (?P<tab>{_URL}|{QUOTE})",
)
def _goto(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    url = text.literal(groups.get("tab") or groups["url"])
    if not re.fullmatch(_URL, url, re.IGNORECASE):
        return None
    if not re.match(r"\w+://|about:", url):
        url = f"http://{url}" if url.startswith("localhost") else f"https://{url}"
    return ActStep(TabNew(url) if groups.get("tab") else Goto(url))


@_sentence(r"(?:go )?back(?: (?:a|one|to the (?:previous|last)) page)?")
def _back(text: Text, found: Found) -> Step | None:
    return ActStep(Back())


@_sentence(r"(?:go )?forwards?(?: (?:a|one|to the next) page)?")
def _forward(text: Text, found: Found) -> Step | None:
    return ActStep(Forward())


@_sentence(r"(?:reload|refresh)(?: (?:the|this))?(?: (?:page|tab|site))?")
def _reload(text: Text, found: Found) -> Step | None:
    return ActStep(Reload())


@_sentence(r"open (?:a |an )?(?:new|another) (?:browser )?tab")
def _tab_new(text: Text, found: Found) -> Step | None:
    return ActStep(TabNew())


@_sentence(r"close (?:the |this |that )?(?:current |browser )?tab")
def _tab_close(text: Text, found: Found) -> Step | None:
    return ActStep(TabClose())


_ON_TABS = (
    r"(?P<verb>(?:switch|change|go|return)(?: back)? to|close|show)(?: the| that)?(?: browser)?"
)


@_sentence(
    rf"{_ON_TABS} tab (?:number |#)?(?P<number>\d+)",
    rf"{_ON_TABS} (?P<ordinal>{ORDINAL}) (?:browser )?tab",
    rf"{_ON_TABS} tab (?:(?:called|named|titled) )?(?P<title>{QUOTE})",
    rf"{_ON_TABS} (?P<title>{QUOTE}) (?:browser )?tab",
)
def _tab(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    close = groups["verb"].lower() == "close"
    if title := groups.get("title"):
        return TabStep(text.quote(title), close=close)
    if digits := groups.get("number"):
        return TabStep(ordinal=int(digits), close=close)
    return TabStep(ordinal=ordinal(groups["ordinal"]), close=close)


# Reading ------------------------------------------------------------------------------------


@_sentence(
    rf"(?:answer|reply|respond|finish|stop)(?: with|:)? (?P<text>{QUOTE})", r"answer:? (?P<text>.+)"
)
def _answer(text: Text, found: Found) -> Step | None:
    raw = found["text"]
    if re.match(r"(?:with|the|what|how)\b", raw, re.IGNORECASE):
        return None
    return AnswerStep(text.literal(raw))


@_sentence(
    rf"(?:tell|give|show|read) me {_TARGET}",
    rf"(?:what(?:'s|’s| is| are)|read out) (?=.*{QUOTE}|the\b){_TARGET}",
    rf"(?:read|report|say|return) (?=.*{QUOTE}){_TARGET}",
    rf"(?:answer|reply|respond|finish|stop) with {_TARGET}",
)
def _tell(text: Text, found: Found) -> Step | None:
    raw = re.sub(r"^what |\s+(?:is|are|says?)$", "", found["target"].strip(" ?.!"), flags=re.I)
    if re.match(r"(?:how|whether|if|why|when|where|which|who|about|more|a)\b", raw, re.IGNORECASE):
        raise InstructionError(
            text.shown(found.group()), "it can read out a value, not count, compare or explain"
        )
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


# Waiting and scrolling ----------------------------------------------------------------------


_DIRECTIONS: dict[str, Direction] = {d: d for d in get_args(Direction)}
_BACK: dict[Direction, Direction] = {"down": "up", "up": "up", "right": "left", "left": "left"}
_UNIT_S = {"m": 0.001, "s": 1.0, "minute": 60.0}


@_sentence(
    rf"wait(?: for)?(?: about)? (?P<number>{NUMBER}) ?(?P<unit>m(?=s|illi)|s|minute)[a-z]*",
    r"wait(?: (?:for )?a (?:bit|moment|while))?",
)
def _wait(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    if not groups.get("number"):
        return ActStep(Wait())
    return ActStep(Wait(number(groups["number"]) * _UNIT_S[groups["unit"].lower()]))


@_sentence(r"wait (?P<condition>until .+)", rf"wait for {_TARGET}")
def _wait_for(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    if condition := groups.get("condition"):
        return WaitStep(parse_condition(text, condition.partition(" ")[2]))
    raw = re.sub(r" to (?:appear|show(?: up)?|load|be (?:shown|visible))$", "", found["target"])
    if gone := re.search(r" to (?:disappear|go away|be gone|vanish)$", raw):
        raw = raw[: gone.start()]
    return WaitStep(Until(parse_target(text, raw), bool(gone)))


@_sentence(
    r"scroll(?: (?P<direction>down|up|left|right))?(?: (?:by )?(?P<px>\d+) ?(?:px|pixels?))?"
    rf"(?: (?:by )?(?:a|one) (?:page|screen))?(?: (?:in|over|inside|within|on) {_TARGET})?",
    r"scroll(?: (?P<direction>down|up|left|right))?(?: all the way)? to (?:the )?(?:very )?"
    rf"(?P<end>bottom|end|top|start|beginning)(?: of (?:the page|{_TARGET}))?",
    rf"scroll(?: (?P<direction>down|up|left|right))? to {_TARGET}",
)
def _scroll(text: Text, found: Found) -> Step | None:
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


# Typing and choosing ------------------------------------------------------------------------

_INTO = r"(?:into|in|to|on|inside|at)"


@_sentence(
    rf"(?:type|write|enter|input|put|insert)(?: in)? (?P<text>{QUOTE}) {_INTO} {_TARGET}",
    rf"type (?P<text>.+?) into {_TARGET}",
    rf"fill (?:in |out )?(?P<text>{QUOTE}) in(?:to)? {_TARGET}",
    rf"fill (?:in |out )?{_TARGET} with (?P<text>.+)",
    rf"(?:type|write|enter|input)(?: in)? (?P<text>{QUOTE})",
    r"type (?!in\b|into\b)(?P<text>.+)",
)
def _type(text: Text, found: Found) -> Step | None:
    target = found.groupdict().get("target")
    return TypeStep(text.literal(found["text"]), parse_target(text, target) if target else None)


@_sentence(
    rf"replace {_CONTENT}{_TARGET} (?:with|by) (?P<text>.+)",
    rf"(?:set|change) {_CONTENT}{_TARGET} to (?P<text>.+)",
    rf"(?:clear|empty) {_CONTENT}{_TARGET}",
)
def _replace(text: Text, found: Found) -> Step | None:
    if not _names_something(text, found["target"], ("field", "select")):
        return None
    new = found.groupdict().get("text")
    target = parse_target(text, found["target"])
    return TypeStep(text.literal(new) if new else "", target, clear=True)


@_sentence(
    rf"(?:select|choose|pick) (?:the )?(?:option |value |item )?(?P<option>{QUOTE})(?: option)?"
    rf" (?:in|from|for|as|under|of) {_TARGET}",
    rf"(?:select|choose|pick) (?P<option>.+?) (?:in|from) (?=.*{QUOTE}){_TARGET}",
    rf"(?:select|choose|pick) (?:the )?(?:option |value |item )?(?P<option>{QUOTE})(?: option)?",
    rf"(?:select|choose|pick) {_TARGET}",
)
def _select(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    raw = groups.get("target")
    if option := groups.get("option"):
        return SelectStep(text.literal(option), parse_target(text, raw) if raw else None)
    target = parse_target(text, found["target"])
    if target.role in _STATES:
        return CheckStep(target)
    named = target.quoted or target.role in ("item", "row", "tab") or target.ordinal
    return PointStep(target) if named else None


@_sentence(
    rf"(?P<verb>check|tick|mark|uncheck|untick|unmark|deselect) {_TARGET}",
    rf"(?:turn|switch) (?P<verb>on|off) {_TARGET}",
    rf"(?:turn|switch) {_TARGET} (?P<verb>on|off)",
    rf"(?P<verb>enable|disable|activate|deactivate) {_TARGET}",
)
def _check(text: Text, found: Found) -> Step | None:
    if not _names_something(text, found["target"], _STATES):
        return None
    checked = not re.match(r"un|de|dis|off", found["verb"], re.IGNORECASE)
    return CheckStep(parse_target(text, found["target"]), checked)


# Pointing -----------------------------------------------------------------------------------


@_sentence(r"(?:press|hit|push|use)(?: on)? (?P<keys>.+)")
def _press(text: Text, found: Found) -> Step | None:
    keys = chord(text.literal(found["keys"]))
    return ActStep(Press(keys)) if keys else None


_GESTURES: dict[str, Gesture] = {
    "double": "double_click",
    "right": "right_click",
    "middle": "middle_click",
}


@_sentence(
    r"(?:(?P<gesture>double|right|middle|left)[- ]?)?(?:click|tap|press|push|hit)(?: on| at)?"
    rf" {_TARGET}",
)
def _click(text: Text, found: Found) -> Step | None:
    gesture = _GESTURES.get((found["gesture"] or "").lower(), "click")
    return PointStep(parse_target(text, found["target"]), gesture)


@_sentence(
    rf"hover(?: over| on)? {_TARGET}",
    r"(?:move|point)(?: (?:the|your))?(?: mouse| cursor| pointer)?(?: over| to| at| onto)"
    rf" {_TARGET}",
)
def _hover(text: Text, found: Found) -> Step | None:
    return PointStep(parse_target(text, found["target"]), "hover")


@_sentence(
    rf"(?:open|follow) {_TARGET}",
    rf"(?:toggle|expand|collapse|focus(?: on)?|go to|navigate to|switch to) (?=.*{QUOTE}){_TARGET}",
)
def _open(text: Text, found: Found) -> Step | None:
    return PointStep(parse_target(text, found["target"]))


@_sentence(
    r"(?:close|dismiss) (?:the |this |that )?(?P<what>(?:[\w-]+ )?(?:window|dialog(?:ue)?|pop-?up"
    r"|modal|overlay|banner|message|notification|panel|sidebar|menu))",
)
def _close(text: Text, found: Found) -> Step | None:
    return PointStep(Target((text.shown(found.group()), f"close {found['what']}", "close")))


@_sentence(
    r"drag(?: and drop)? (?P<start>.+?)(?: and drop it)? (?:onto|to|into|on top of|over|on)"
    r" (?P<end>.+)",
    rf"move (?P<start>.*{QUOTE}.*?) (?:onto|to|into) (?P<end>.+)",
)
def _drag(text: Text, found: Found) -> Step | None:
    return DragStep(parse_target(text, found["start"]), parse_target(text, found["end"]))


@_sentence(
    rf"(?:upload|attach) (?:the file |the files )?(?P<paths>{QUOTE}(?:(?:,| and|, and) {QUOTE})*)"
    rf"(?: (?:to|into|in|on|at|using|with|via|as) {_TARGET})?",
)
def _upload(text: Text, found: Found) -> Step | None:
    paths = tuple(text.quote(held) for held in re.findall(QUOTE, found["paths"]))
    return UploadStep(paths, parse_target(text, found["target"]) if found["target"] else None)
