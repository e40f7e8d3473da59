"""The phrases that single out one thing on the screen: `the 2nd "Edit" in the row of "Anna"`."""

import re
from dataclasses import replace

from vigorl.policy.reader.quotes import ORDINAL, QUOTE, InstructionError, Text, ordinal
from vigorl.policy.reader.steps import Place, Relation, Role, Side, Target, Until

_ROLES: dict[Role, str] = {
    "button": r"buttons?|push ?buttons?",
    "link": r"(?:hyper)?links?",
    "icon": r"icons?|symbols?|icon buttons?",
    "field": (
        r"(?:text |input |entry )?(?:fields?|inputs?|boxe?s?|bar|area)|textbox(?:es)?"
        r"|textarea|text entry"
    ),
    "checkbox": r"check ?box(?:es)?|check mark|tick ?box(?:es)?",
    "radio": r"radio(?: ?buttons?)?|radio options?",
    "switch": r"switch(?:es)?|toggles?|toggle switch",
    "select": r"(?:drop-?down|select|combo|list)(?: ?(?:list|menu|box|field))?|selector|picker",
    "tab": r"tabs?",
    "menu": r"menus?(?: item| entry)?",
    "row": r"(?:table )?rows?",
    "item": (
        r"(?:search )?results?|items?|entr(?:y|ies)|hits?|cards?|e-?mails?|messages?|products?"
        r"|articles?|posts?|threads?|conversations?|list items?|options?|tiles?|blocks?"
    ),
    "price": r"price|cost",
}
_ROLE = {role: re.compile(rf"\b(?:{pattern})$", re.IGNORECASE) for role, pattern in _ROLES.items()}
_PLAIN = re.compile(
    r"^(?:(?:text|words?|label|heading|headline|title|line|name|value|caption|image|picture"
    r"|section|panel|group|dialog(?:ue)?|window|pop-?up|list|form|table|column|cell|side ?bar)"
    r"\b ?)+$",
    re.IGNORECASE,
)
"""Words beside a quoted name that tell nothing about what to look for."""

_PLACES: dict[Place, str] = {
    "top": r"(?:at|on|in|near) the (?:(?:very )?top|header|tool ?bar|top bar|navigation(?: bar)?)",
    "bottom": r"(?:at|on|in|near) the (?:(?:very )?bottom|footer)",
    "left": r"(?:at|on|to) the left(?:[- ]hand)?(?: side)?",
    "right": r"(?:at|on|to) the right(?:[- ]hand)?(?: side)?",
    "center": (
        r"(?:in|of|on) the (?:(?:modal|pop-?up) )?"
        r"(?:dialog(?:ue)?|pop-?up|modal|overlay|cent(?:er|re)|middle)(?: window| box)?"
    ),
}
_PLACE = {
    place: re.compile(rf"\s*\b{pattern}(?: of the (?:page|screen|window))?$", re.IGNORECASE)
    for place, pattern in _PLACES.items()
}
_NOWHERE = re.compile(
    r"\s*\b(?:on|in) (?:the|this) (?:(?:current|web) ?)?(?:page|screen|site|website|window|form"
    r"|list|table|menu)$",
    re.IGNORECASE,
)

_SAFE_RELATIONS: tuple[tuple[Side, str], ...] = (
    ("row", r"(?:in|on|of|from) (?:the |that )?(?:same )?row (?:of|with|for|as|that (?:says|has))"),
    ("near", r"(?:right |directly |just )?(?:next to|beside)"),
    ("left", r"(?:(?:to|on|at) the |directly |just )*left of"),
    ("right", r"(?:(?:to|on|at) the |directly |just )*right of"),
)
"""Relations that no name contains."""
_RISKY_RELATIONS: tuple[tuple[Side, str], ...] = (
    ("below", r"(?:directly |just |right )?(?:under|below|beneath|underneath)"),
    ("above", r"(?:directly |just |right )?(?:above|over)"),
    ("near", r"(?:near|by|beside|with|at)"),
    ("row", r"for"),
    ("of", r"of"),
    ("in", r"(?:in|inside|within|on|from)"),
)
"""Words that also stand in names ('Terms of service'): they relate only beside a quote."""
_THE = r"(?:(?:the|this|that|your|my|its|an?)\s+)*"
_BEFORE_QUOTE = rf"(?=\s+{_THE}(?:{ORDINAL}\s+|[a-z-]+\s+){{0,3}}?{QUOTE})"
_BEFORE_ROW = (
    rf"(?=\s+{_THE}(?:{ORDINAL}\s+)(?:row|result|item|entry|product|card|message|e-?mail))"
)
_JOINTS: list[tuple[Side, re.Pattern[str]]] = [
    *((side, re.compile(rf"(?:^|\s+){p}\s+", re.IGNORECASE)) for side, p in _SAFE_RELATIONS),
    ("row", re.compile(rf"\s+(?:in|on|of|from)\s+(?={_THE}.*\brow$)", re.IGNORECASE)),
    *(
        (side, re.compile(rf"(?:^|\s+){p}(?:{_BEFORE_QUOTE}|{_BEFORE_ROW})\s+", re.IGNORECASE))
        for side, p in _RISKY_RELATIONS
    ),
]
_CALLED = re.compile(
    r"\s+(?:(?:that is |which is )?(?:labell?ed|named|called|titled|marked|saying|reading)"
    r"|(?:that|which) (?:says|reads|is)|with (?:the )?(?:text|label|name|title|placeholder))"
    r"(?: as)?(?=\s)",
    re.IGNORECASE,
)


def parse_target(text: Text, raw: str) -> Target:
    """Read a phrase such as `the 2nd "Edit" button in the row of "Anna"`.

    Raises:
        InstructionError: the phrase names nothing, or has words that are not understood.
    """
    raw = " ".join(raw.split()).strip(" .,:;!?")
    raw = _NOWHERE.sub("", raw)
    for place, pattern in _PLACE.items():
        if (found := pattern.search(raw)) and found.start() > 0:
            return replace(parse_target(text, raw[: found.start()]), place=place)
    joints = [(found, side) for side, pattern in _JOINTS if (found := pattern.search(raw))]
    if not joints:
        return _parse_head(text, raw)
    joint, side = min(joints, key=lambda item: (item[0].start(), -item[0].end()))
    relation = Relation(side, parse_target(text, raw[joint.end() :]))
    head = raw[: joint.start()].strip()
    return (
        replace(_parse_head(text, head), relation=relation) if head else Target(relation=relation)
    )


def _parse_head(text: Text, raw: str) -> Target:
    """Read a phrase that names one thing, without its neighbours."""
    raw = _CALLED.sub("", raw)
    rest = re.sub(rf"^{_THE}", "", raw, flags=re.IGNORECASE).strip()
    which = None
    if found := re.match(rf"{ORDINAL}\b\s*", rest, re.IGNORECASE):
        which = ordinal(found.group().strip())
        rest = rest[found.end() :]
    held = re.findall(QUOTE, rest)
    if held:
        return _quoted_head(text, raw, rest, held, which)
    if which is None and (found := re.search(r"\s+(?:number |no\.? ?|#)?(\d+)$", rest)):
        match _role_of(rest[: found.start()]):
            case (role, ""):
                return Target(role=role, ordinal=int(found.group(1)))
    if not rest and which is None:
        raise InstructionError(text.shown(raw) or text.shown(text.raw), "it names nothing")
    match _role_of(rest):
        case None:
            return Target((rest,) if rest else (), ordinal=which)
        case ("menu", "") if which is None:
            return Target((rest,))
        case (role, ""):
            return Target(role=role, ordinal=which)
        case (role, name):
            return Target((name, rest), role=role, ordinal=which)


def _quoted_head(text: Text, raw: str, rest: str, held: list[str], which: int | None) -> Target:
    """Read a phrase around one quoted name."""
    before, after = (part.strip(" :-") for part in rest.split(held[0], 1))
    role: Role | None = None
    for words in (before, after):
        found = _role_of(words)
        if not words or ((found is None or found[1]) and _PLAIN.match(words)):
            continue
        if found is None or found[1]:
            unknown = found[1] if found else words
            raise InstructionError(
                text.shown(raw), f"it is not clear what “{text.shown(unknown)}” adds to the name"
            )
        role = found[0]
    return Target((text.quote(held[0]),), quoted=True, role=role, ordinal=which)


def _role_of(words: str) -> tuple[Role, str] | None:
    """The role that a phrase ends with and the words before it, or None."""
    found = [(match.start(), role) for role, p in _ROLE.items() if (match := p.search(words))]
    if not found:
        return None
    start, role = min(found)
    return role, words[:start].strip()


def parse_condition(text: Text, condition: str) -> Until:
    """Read what follows 'until': `you see "Saved"`, `"Loading" disappears`.

    Raises:
        InstructionError: it is no condition.
    """
    for pattern, gone in _CONDITIONS:
        if found := pattern.fullmatch(condition.strip(" .,!")):
            return Until(parse_target(text, found["target"]), gone)
    raise InstructionError(text.shown(f"until {condition}"), 'say: until you see "…"')


_SEES = r"(?:(?:you|I|we|one)(?: can)? )?(?:sees?|finds?|reach(?:es)?)"
_CONDITIONS = [
    (re.compile(pattern, re.IGNORECASE), gone)
    for pattern, gone in (
        (r"(?:you|I|we) (?:no longer|do not|don't) see (?P<target>.+)", True),
        (r"(?P<target>.+?) (?:disappears?|is gone|goes away|vanishes|is no longer there)", True),
        (rf"{_SEES} (?P<target>.+)", False),
        (r"there (?:is|are) (?P<target>.+)", False),
        (r"(?:it|the (?:page|screen)) (?:says|shows|reads) (?P<target>.+)", False),
        (
            r"(?P<target>.+?) (?:appears?|shows(?: up)?|loads"
            r"|(?:is|are|becomes?) (?:shown|visible|there|displayed|on the screen))",
            False,
        ),
        (rf"(?P<target>{QUOTE})", False),
    )
]
