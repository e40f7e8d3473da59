"""The sentences that `reader` understands: a pattern for each, and the step that it means."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

from vigorl.browser.actions import (
    Accept,
    Back,
    Dismiss,
    Forward,
    Goto,
    Press,
    Reload,
    TabClose,
    TabNew,
    Wait,
)
from vigorl.policy.reader.keys import MODIFIERS, chord, is_surely_key, modifiers
from vigorl.policy.reader.limits import parse_literal
from vigorl.policy.reader.phrases import parse_condition, parse_target
from vigorl.policy.reader.quotes import (
    NUMBER,
    ORDINAL,
    QUOTE,
    QUOTES,
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
_FILE = re.compile(
    r"[\w.-]+\.(?:txt|pdf|html?|zip|png|jpe?g|gif|csv|docx?|xlsx?|json|xml|mp[34])", re.IGNORECASE
)
"""Names of files, which look like hosts."""
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


def _first(*patterns: str) -> Callable[[Builder], Builder]:
    """Add a builder that is tried before all others."""

    def add(builder: Builder) -> Builder:
        SENTENCES[:0] = [(re.compile(pattern, re.IGNORECASE), builder) for pattern in patterns]
        return builder

    return add


def _names_something(text: Text, raw: str, roles: tuple[Role, ...]) -> bool:
    """Whether a phrase has a quote or one of these roles, and is not just part of a name."""
    return bool(re.search(QUOTE, raw)) or parse_target(text, raw).role in roles


def _role_ends(text: Text, raw: str) -> bool:
    """Whether a phrase says what kind of thing it names."""
    return bool(re.search(QUOTE, raw)) or parse_target(text, raw, loosely=True).role is not None


# Pages and tabs -----------------------------------------------------------------------------


@_sentence(
    rf"(?:go|navigate|browse|open|visit|load)(?: back)?(?: to)?{_THE_PAGE} {_URL}",
    rf"(?:go|navigate|browse|visit|load)(?: to)?{_THE_PAGE} (?P<url>{QUOTE})",
    rf"open (?:a new|another|new) (?:browser )?tab (?:with|at|on|for) (?P<tab>{_URL}|{QUOTE})",
)
def _goto(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    url = text.literal(groups.get("tab") or groups["url"])
    if not re.fullmatch(_URL, url, re.IGNORECASE) or _FILE.fullmatch(url):
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
    rf"{_ON_TABS} (?P<title>{QUOTE}|(?-i:[A-Z])[\w -]*?) (?:browser )?tab",
)
def _tab(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    close = groups["verb"].lower() == "close"
    if title := groups.get("title"):
        return TabStep(parse_literal(text, title), close=close)
    if digits := groups.get("number"):
        return TabStep(ordinal=int(digits), close=close)
    return TabStep(ordinal=ordinal(groups["ordinal"]), close=close)


# Reading ------------------------------------------------------------------------------------


_NO_ARITHMETIC = "reader can read out a value, not count, compare, reckon or explain"
_COUNTED = r"number|sum|average|mean|count|difference|maximum|minimum|ratio|product|rest|percentage"


@_sentence(
    rf"answer(?: with|:)? (?P<text>{QUOTE})",
    rf"(?:reply|respond|finish|stop) with (?P<text>{QUOTE})",
    r"answer:? (?P<text>.+)",
)
def _answer(text: Text, found: Found) -> Step | None:
    raw = found["text"]
    if re.match(r"(?:with|the|what|how)\b", raw, re.IGNORECASE):
        return None
    return AnswerStep(parse_literal(text, raw))


@_sentence(
    rf"(?:tell|give|read) me {_TARGET}",
    rf"show me (?=.*{QUOTE}){_TARGET}",
    rf"(?:what(?:'s|’s| is| are)|read out) (?=.*{QUOTE}|the\b){_TARGET}",
    rf"(?:read|report|return) (?=the\b.*{QUOTE}){_TARGET}",
    rf"answer with (?=the\b){_TARGET}",
)
def _tell(text: Text, found: Found) -> Step | None:
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


@_sentence(
    r"wait (?P<condition>until .+)",
    rf"wait for {_TARGET}",
    r"(?:check|verify|ensure|make sure|assert)(?: that)? (?P<seen>.+ .+)",
)
def _wait_for(text: Text, found: Found) -> Step | None:
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

_INTO = r"(?:into|in|inside)"


@_sentence(
    rf"(?:type|write|enter|input)(?: in)? (?P<text>{QUOTE}) {_INTO} {_TARGET}",
    rf"(?:put|insert) (?P<text>{QUOTE}) {_INTO} (?P<field>.+)",
    rf"(?:type|enter|input) (?P<text>.+?) {_INTO} {_TARGET}",
    rf"fill (?:in |out )?(?P<text>{QUOTE}) in(?:to)? {_TARGET}",
    rf"fill (?:in |out )?{_TARGET} with (?P<text>.+)",
    rf"(?:type|write|enter|input)(?: in)? (?P<text>{QUOTE})",
    r"type (?!in\b|into\b)(?P<text>.+)",
)
def _type(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    raw = groups.get("target") or groups.get("field")
    target = parse_target(text, raw) if raw else None
    if groups.get("field") and (target is None or target.role not in ("field", "select")):
        return None  # things are put elsewhere than into fields
    if named := re.fullmatch(r"the secret (?P<name>[A-Za-z][\w-]*)", found["text"], re.IGNORECASE):
        return TypeStep(f"<secret:{named['name']}>", target)
    literal = parse_literal(text, found["text"])
    if not literal:
        raise InstructionError(
            text.shown(found.group()), 'there is nothing to type; say: clear "…"'
        )
    return TypeStep(literal, target)


@_sentence(
    rf"replace {_CONTENT}{_TARGET} (?:with|by) (?P<text>.+)",
    rf"(?:set|change) {_CONTENT}{_TARGET} to (?P<text>.+)",
    rf"(?:choose|pick|select) (?:the )?(?:date|time|colou?r|month|week)"
    rf" (?P<text>{QUOTE}|[\w:#/.-]+) (?:in|for|as|from) {_TARGET}",
    rf"(?:clear|empty) {_CONTENT}{_TARGET}",
)
def _replace(text: Text, found: Found) -> Step | None:
    new = found.groupdict().get("text")
    if not new and not _names_something(text, found["target"], ("field", "select")):
        return None
    target = parse_target(text, found["target"])
    return TypeStep(parse_literal(text, new) if new else "", target, clear=True)


@_sentence(
    rf"(?:select|choose|pick) (?:the )?(?:options? |values? |items? )?(?P<options>{QUOTES})"
    rf"(?: options?)?(?: (?:in|from|for|as|under|of) {_TARGET})?",
    rf"(?:select|choose|pick) (?P<option>[^\U00100000-\U0010fffd]+?) (?:in|from) {_TARGET}",
    r"(?:select|choose|pick) (?P<option>(?-i:[A-Z\d]).*)",
    rf"(?:select|choose|pick) {_TARGET}",
)
def _select(text: Text, found: Found) -> Step | None:
    groups = found.groupdict()
    raw = groups.get("target")
    if options := groups.get("options"):
        first, *others = text.all_quotes(options)
        return SelectStep(first, parse_target(text, raw) if raw else None, tuple(others))
    if option := groups.get("option"):
        if _role_ends(text, option) or not (
            re.match(r"[A-Z\d]", option) or re.search(QUOTE, raw or "")
        ):
            return None
        return SelectStep(parse_literal(text, option), parse_target(text, raw) if raw else None)
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
    is_switched = not re.fullmatch(r"check|mark|unmark|deselect", found["verb"], re.IGNORECASE)
    is_name = is_switched or re.match(r"[A-Z]", found["target"])
    if not is_name and not _names_something(text, found["target"], _STATES):
        return None
    checked = not re.match(r"un|de|dis|off", found["verb"], re.IGNORECASE)
    return CheckStep(parse_target(text, found["target"]), checked)


# Pointing -----------------------------------------------------------------------------------


@_sentence(r"(?:press|hit|push|use)(?: on)? (?P<keys>.+)")
def _press(text: Text, found: Found) -> Step | None:
    raw = found["keys"]
    keys = chord(text.shown(raw).replace('"', "") if raw.endswith("key") else text.literal(raw))
    if keys is None or (re.fullmatch(QUOTE, raw) and not is_surely_key(keys)):
        return None
    return ActStep(Press(keys))


_GESTURES: dict[str, Gesture] = {
    "double": "double_click",
    "right": "right_click",
    "middle": "middle_click",
}
_CLICK = (
    r"(?:(?P<gesture>double|right|middle|left)[- ]?)?(?:click|tap|press|push|hit)"
    rf"(?: on| at| in| into)? {_TARGET}"
)
_HELD = rf"holding(?: down)? (?P<held>{MODIFIERS})(?: keys?)?(?: down)?"


@_sentence(
    rf"{_CLICK},? (?:while|and) {_HELD}",
    rf"{_CLICK} with (?P<held>{MODIFIERS})(?: keys?)? (?:held|pressed)(?: down)?",
    rf"(?P<held>{MODIFIERS})[- +]{_CLICK}",
    rf"hold(?: down)? (?P<held>{MODIFIERS})(?: keys?)?,? and {_CLICK}",
    _CLICK,
)
def _click(text: Text, found: Found) -> Step | None:
    gesture = _GESTURES.get((found["gesture"] or "").lower(), "click")
    held = found.groupdict().get("held")
    target = parse_target(text, found["target"])
    return PointStep(target, gesture, modifiers=modifiers(held) if held else ())


@_sentence(
    rf"(?:long[- ]press|hold)(?: down)?(?: on)? {_TARGET} for (?P<number>{NUMBER}) ?"
    rf"(?P<unit>m(?=s|illi)|s|minute)[a-z]*(?:,? (?:while|and) {_HELD})?",
)
def _hold(text: Text, found: Found) -> Step | None:
    hold_s = number(found["number"]) * _UNIT_S[found["unit"].lower()]
    raw, held = found["target"], found["held"]
    keys = None if re.fullmatch(QUOTE, raw) else chord(text.shown(raw).replace('"', ""))
    if keys and not held:
        return ActStep(Press(keys, hold_s))
    target = parse_target(text, raw)
    return PointStep(target, hold_s=hold_s, modifiers=modifiers(held) if held else ())


@_sentence(
    rf"hover(?: over| on)? {_TARGET}",
    rf"(?:move|point) (?:the |your )?(?:mouse|cursor|pointer)(?: over| to| at| onto) {_TARGET}",
    rf"point (?:to|at) {_TARGET}",
)
def _hover(text: Text, found: Found) -> Step | None:
    return PointStep(parse_target(text, found["target"]), "hover")


@_sentence(
    rf"(?P<verb>open|follow) {_TARGET}",
    rf"(?P<verb>go to|navigate to) {_TARGET}",
    rf"(?P<verb>toggle|expand|collapse|focus(?: on)?|switch to) (?=.*{QUOTE}){_TARGET}",
)
def _open(text: Text, found: Found) -> Step | None:
    target = parse_target(text, found["target"])
    is_name = target.names and not (target.quoted or target.relation or target.place)
    if is_name and found["verb"].lower() == "open":
        # 'open menu' may as well be what a button is called.
        names = dict.fromkeys((*target.names, found.group().strip(" .")))
        return PointStep(replace(target, names=tuple(names)))
    return PointStep(target)


@_sentence(
    r"(?:close|dismiss) (?:the |this |that )?(?P<what>(?:[\w-]+ )?(?:window|dialog(?:ue)?|pop-?up"
    r"|modal|overlay|banner|message|notification|panel|sidebar|menu))",
)
def _close(text: Text, found: Found) -> Step | None:
    return PointStep(Target((text.shown(found.group()), f"close {found['what']}", "close")))


@_sentence(r"(?P<verb>accept|reject) (?:the )?cookies")
def _cookies(text: Text, found: Found) -> Step | None:
    verb = found["verb"].lower()
    names = (found.group(), f"{verb} cookies", f"{verb} all cookies", f"{verb} all")
    return PointStep(Target(tuple(dict.fromkeys(names))))


@_sentence(
    rf"drag (?:from )?(?P<start>.+?) over (?P<via>.*{QUOTE}.*?) (?:onto|to|into) (?P<end>.+)",
    r"drag (?:from )?(?P<start>.+?)(?: and drop it)?"
    r" (?:onto|to|into|on top of|over|on) (?P<end>.+)",
    rf"drop (?P<start>{QUOTE}) (?:onto|on|into|in) (?P<end>.+)",
    rf"move (?P<start>.*{QUOTE}.*?) (?:onto|to|into) (?P<end>.+)",
)
def _drag(text: Text, found: Found) -> Step | None:
    start, end = found["start"], found["end"]
    if re.search(r"\bslider\b", start) or re.fullmatch(r"\d+ ?(?:%|px|pixels)?", end):
        raise InstructionError(
            text.shown(found.group()), 'a slider is set by its value; say: set "Volume" to "30"'
        )
    via = found.groupdict().get("via")
    return DragStep(
        parse_target(text, start),
        parse_target(text, end),
        tuple(parse_target(text, part) for part in re.split(r",? and |, ", via)) if via else (),
    )


@_sentence(
    rf"(?:upload|attach) (?:the file |the files )?(?P<paths>{QUOTES})"
    rf"(?: (?:to|into|in|on|at|using|with|via|as) {_TARGET})?",
    rf"drop the files? (?P<paths>{QUOTES}) (?:on|onto|in|into) {_TARGET}",
)
def _upload(text: Text, found: Found) -> Step | None:
    paths = text.all_quotes(found["paths"])
    return UploadStep(paths, parse_target(text, found["target"]) if found["target"] else None)


# Questions of the page and the browser -------------------------------------------------------

_DIALOG = (
    r"(?:the |this |that )?(?:dialog(?:ue)?(?: box)?|alert|confirm(?:ation)?(?: dialog(?:ue)?)?"
    r"|prompt)"
)
_PERMISSION = (
    r"(?:the |this )?(?:(?:location|geolocation|camera|microphone|notifications?|clipboard)"
    r"(?: (?:permission|access))?(?: request)?|permission(?: request)?)"
)


@_first(
    rf"(?P<yes>accept|confirm) {_DIALOG}",
    r"(?P<yes>confirm)",
    rf"(?P<yes>allow|grant) (?:access to )?{_PERMISSION}",
    rf"(?:dismiss|cancel|decline|reject) {_DIALOG}",
    rf"(?:deny|block|refuse|reject|decline) (?:access to )?{_PERMISSION}",
)
def _decide(text: Text, found: Found) -> Step | None:
    return ActStep(Accept() if found.groupdict().get("yes") else Dismiss())


@_first(rf"answer {_DIALOG} with (?P<text>.+)")
def _answer_prompt(text: Text, found: Found) -> Step | None:
    return ActStep(Accept(parse_literal(text, found["text"])))


@_first(
    r"(?:log|sign) ?in (?:with|as|using) (?:the )?(?:user ?name |user |name )?"
    rf"(?P<user>{QUOTE})(?:,? and|,|,? with)(?: the)?(?: password)? (?P<password>{QUOTE})"
)
def _log_in(text: Text, found: Found) -> Step | None:
    return ActStep(Accept(text.quote(found["user"]), text.quote(found["password"])))


@_first(rf"drop (?P<path>{QUOTE}) (?:on|onto|in|into) {_TARGET}")
def _drop_file(text: Text, found: Found) -> Step | None:
    path = text.quote(found["path"])
    if not re.match(r"[/~]|\.{1,2}/|[A-Za-z]:[\\/]", path):
        return None  # something on the page is dragged
    return UploadStep((path,), parse_target(text, found["target"]))
