"""The phrases that single out one thing on the screen: `the 2nd "Edit" in the row of "Anna"`."""

import re
from dataclasses import replace

from vigorl.policy.perception.layout import Side
from vigorl.policy.reader.language.limits import require_within_limits
from vigorl.policy.reader.language.names import require_name
from vigorl.policy.reader.language.quotes import (
    ORDINAL,
    QUOTE,
    InstructionError,
    QuotedText,
    ordinal,
)
from vigorl.policy.reader.language.steps import Place, Relation, Role, Target, Until

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
    r"|section|panel|group|dialog(?:ue)?|window|pop-?up|list|form|table|column|cell|side ?bar"
    r"|page|option|banner|notice|slider|file|folder|colou?r|date|time)"
    r"\b ?)+$",
    re.IGNORECASE,
)
"""Words beside a quoted name that tell nothing about what to look for."""

_OF_SCREEN = r"(?: of the (?:page|screen|window))?"
_TOP, _BOTTOM = r"(?:top|upper)", r"(?:bottom|lower)"
_CORNER = r"(?:[- ](?:hand )?(?:corner|side|part|half))?"
_BARS = r"(?:(?:side ?)?bar|menu|column|panel|pane|navigation(?: bar| menu)?|section|list|side)"
_PLACES: dict[Place, str] = {
    "top left": rf"(?:at|on|in|near) the {_TOP}[- ]left{_CORNER}",
    "top right": rf"(?:at|on|in|near) the {_TOP}[- ]right{_CORNER}",
    "bottom left": rf"(?:at|on|in|near) the {_BOTTOM}[- ]left{_CORNER}",
    "bottom right": rf"(?:at|on|in|near) the {_BOTTOM}[- ]right{_CORNER}",
    "top": (
        r"(?:at|on|in|near) the (?:(?:very )?top(?: of the list)?"
        r"|(?:page )?header|tool ?bar|top (?:bar|menu)|menu ?bar|navigation(?: bar)?)"
    ),
    "bottom": (
        r"(?:at|on|in|near) the (?:(?:very )?(?:bottom|end)(?: of the list)?|(?:page )?footer)"
    ),
    "left": rf"(?:at|on|in|to) the left(?:[- ]hand)?(?: {_BARS})?|in the side ?bar",
    "right": rf"(?:at|on|in|to) the right(?:[- ]hand)?(?: {_BARS})?",
    "center": (
        r"(?:in|of|on) the (?:(?:modal|pop-?up) )?"
        r"(?:dialog(?:ue)?|pop-?up|modal|overlay|cent(?:er|re)|middle)(?: window| box)?"
    ),
}
_PLACE = {
    place: re.compile(rf"\s*,?\s*\b(?:{pattern}){_OF_SCREEN}$", re.IGNORECASE)
    for place, pattern in _PLACES.items()
}
_ELSEWHERE = rf"(?!(?:next|previous|following|new|other|{ORDINAL})\b)"
_NOWHERE = re.compile(
    r"\s*,?\s*\b(?:on|in|of|from|inside|within) (?:the|this|that|your|my) "
    rf"(?:(?:{_ELSEWHERE}[a-z][a-z-]* ){{0,3}}?(?:page|screen|site|website|web ?page|app"
    r"|application|window|form|list|table|grid|results)|(?:main |side |navigation |context "
    r"|drop-?down |hamburger |user )?menu)$",
    re.IGNORECASE,
)
"""Places that tell nothing apart: what is looked for is on the page that is shown."""
_WITHIN: tuple[tuple[str, Role | None], ...] = (
    (r"(?:in|from|of|on) the (?P<anchor>{name}) (?P<role>menu)", "menu"),
    (r"(?:in|from|under|on) the (?P<anchor>{name}) (?:section|group|panel|area|box|card)", None),
)
"""Parts of a page that have a name of their own, before a quote or without quotes."""
_NAME = rf"(?:{QUOTE}|(?!(?:the|a|an)\b)[\w'’&-]+(?: [\w'’&-]+){{0,2}}?)"
_WITHIN_NAMED = tuple(
    (re.compile(rf"\s+{pattern.format(name=_NAME)}$", re.IGNORECASE), role)
    for pattern, role in _WITHIN
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


def parse_target(text: QuotedText, raw: str, *, loosely: bool = False) -> Target:
    """Read a phrase such as `the 2nd "Edit" button in the row of "Anna"`.

    Args:
        text: the goal that it is from.
        raw: the phrase.
        loosely: take any words without quotes for a name.

    Raises:
        InstructionError: the phrase names nothing, or has words that are not understood.
    """
    raw = _without_nowhere(" ".join(raw.split()).strip(" .,:;!?"))
    for place, pattern in _PLACE.items():
        if (found := pattern.search(raw)) and found.start() > 0:
            return replace(parse_target(text, raw[: found.start()], loosely=loosely), place=place)
    for pattern, role in _WITHIN_NAMED:
        if (found := pattern.search(raw)) and not loosely:
            anchor = replace(parse_target(text, found["anchor"]), role=role)
            return _at(parse_target(text, raw[: found.start()]), Relation("in", anchor), text, raw)
    joints = [(found, side) for side, pattern in _JOINTS if (found := pattern.search(raw))]
    if not joints:
        return _parse_head(text, raw, loosely)
    joint, side = min(joints, key=lambda item: (item[0].start(), -item[0].end()))
    relation = Relation(side, parse_target(text, raw[joint.end() :], loosely=loosely))
    head = raw[: joint.start()].strip()
    if not head or re.fullmatch(_NO_HEAD, head, re.IGNORECASE):
        return Target(relation=relation)
    return replace(_parse_head(text, head, loosely), relation=relation)


_NO_HEAD = r"(?:the )?(?:thing|element|control)(?: that is| which is)?"


def _without_nowhere(raw: str) -> str:
    """A phrase without the places at its end that tell nothing apart."""
    while (found := _NOWHERE.search(raw)) and found.start() > 0:
        raw = raw[: found.start()]
    return raw


def _at(target: Target, relation: Relation, text: QuotedText, raw: str) -> Target:
    if target.relation:
        raise InstructionError(text.shown(raw), "it names two neighbours: one is enough")
    return replace(target, relation=relation)


def _parse_head(text: QuotedText, raw: str, loosely: bool) -> Target:
    """Read a phrase that names one thing, without its neighbours."""
    raw = _CALLED.sub("", raw)
    rest = re.sub(rf"^{_THE}", "", raw, flags=re.IGNORECASE).strip()
    which = None
    if (found := re.match(rf"{ORDINAL}\b\s*", rest, re.IGNORECASE)) and (
        loosely or not _ORDINAL_IN_NAME.match(rest)
    ):
        which = ordinal(found.group().strip())
        rest = rest[found.end() :]
    held = re.findall(QUOTE, rest)
    if held:
        return _quoted_head(text, raw, rest, held, which)
    if which is None and (found := re.search(r"\s+(?:number |no\.? ?|#)?(\d+)$", rest)):
        match _role_of(rest[: found.start()]):
            case (role, ""):
                return Target(role=role, ordinal=int(found.group(1)))
    if not rest and (which is None or not loosely):
        raise InstructionError(text.shown(raw) or text.shown(text.raw), "it names nothing")
    role_and_name = _role_of(rest)
    if not loosely:
        require_name(text, raw, rest, which, role_and_name)
    match role_and_name:
        case None:
            return Target((rest,) if rest else (), ordinal=which)
        case ("menu", "") if which is None:
            return Target((rest,))
        case (role, ""):
            return Target(role=role, ordinal=which)
        case (role, name):
            return Target((name, rest), role=role, ordinal=which)


_ORDINAL_IN_NAME = re.compile(r"(?:first|last|second|middle) (?:names?|updated)\b", re.IGNORECASE)
"""What looks like an ordinal and is the beginning of a name."""


def _quoted_head(
    text: QuotedText, raw: str, rest: str, held: list[str], which: int | None
) -> Target:
    """Read a phrase around one quoted name."""
    if not text.quote(held[0]).strip():
        raise InstructionError(text.shown(raw), "the name is empty")
    before, after = (part.strip(" :-") for part in rest.split(held[0], 1))
    role: Role | None = None
    for words in (before, after):
        found = _role_of(words)
        if not words or ((found is None or found[1]) and _PLAIN.match(words)):
            continue
        if found is None or found[1]:
            unknown = found[1] if found else words
            raise InstructionError(
                text.shown(unknown), f"it is not clear what that adds in: {text.shown(raw)}"
            )
        if which is None and words.lower().endswith("s") and found[0] != "price":
            raise InstructionError(text.shown(words), "that is several; name one")
        role = found[0]
    return Target((text.quote(held[0]),), quoted=True, role=role, ordinal=which)


def _role_of(words: str) -> tuple[Role, str] | None:
    """The role that a phrase ends with and the words before it, or None."""
    found = [(match.start(), role) for role, p in _ROLE.items() if (match := p.search(words))]
    if not found:
        return None
    start, role = min(found)
    return role, words[:start].strip()


def parse_condition(text: QuotedText, condition: str) -> Until:
    """Read what follows 'until': `you see "Saved"`, `"Loading" disappears`.

    Raises:
        InstructionError: it is no condition.
    """
    for pattern, gone in _CONDITIONS:
        if found := pattern.fullmatch(condition.strip(" .,!")):
            require_within_limits(text, found["target"])
            target = parse_target(text, found["target"])
            if target.names and not target.quoted and not re.search(r"[A-Z\d]", target.name):
                raise InstructionError(
                    text.shown(found["target"]),
                    f'is that a text on the screen? Then put it in quotes: "{target.name}"',
                )
            return Until(target, gone)
    raise InstructionError(text.shown(condition), 'it is no condition; say: until you see "…"')


_SEES = r"(?:(?:you|I|we|one)(?: can)? )?(?:sees?|finds?|reach(?:es)?)"
_CONDITIONS = [
    (re.compile(pattern, re.IGNORECASE), gone)
    for pattern, gone in (
        (r"(?:you|I|we) (?:no longer see|(?:do not|don['’]t|cannot) see) (?P<target>.+)", True),
        (
            r"(?P<target>.+?) (?:disappears?|(?:is|has) gone|goes away|vanishes|is hidden"
            r"|(?:is no longer|is not|isn['’]t) (?:there|shown|visible|displayed|on the (?:screen"
            r"|page)))",
            True,
        ),
        (rf"{_SEES} (?P<target>.+)", False),
        (r"there (?:is|are) (?P<target>.+)", False),
        (r"(?:it|the (?:page|screen)) (?:says|shows|reads) (?P<target>.+)", False),
        (
            r"(?P<target>.+?) (?:appears?|shows(?: up)?|loads"
            r"|(?:is|are|becomes?) (?:shown|visible|there|displayed|on the (?:screen|page)))",
            False,
        ),
        (rf"(?P<target>{QUOTE})", False),
    )
]
