"""Sentences about filling in: typing, choosing, checking, handing over files."""

import re

from vigorl.policy.reader.language.limits import parse_literal
from vigorl.policy.reader.language.phrases import parse_target
from vigorl.policy.reader.language.quotes import (
    QUOTE,
    QUOTES,
    InstructionError,
    QuotedText,
)
from vigorl.policy.reader.language.sentence import TARGET, Found, Sentences
from vigorl.policy.reader.language.steps import (
    CheckStep,
    PointStep,
    Role,
    SelectStep,
    Step,
    TypeStep,
    UploadStep,
)

_CONTENT = r"(?:the )?(?:(?:text|value|contents?) (?:in|of|inside) )?"
_STATES: tuple[Role, ...] = ("checkbox", "radio", "switch")
_INTO = r"(?:into|in|inside)"
FILLING = Sentences()


def _names_something(text: QuotedText, raw: str, roles: tuple[Role, ...]) -> bool:
    """Whether a phrase has a quote or one of these roles, and is not just part of a name."""
    return bool(re.search(QUOTE, raw)) or parse_target(text, raw).role in roles


def _role_ends(text: QuotedText, raw: str) -> bool:
    """Whether a phrase says what kind of thing it names."""
    return bool(re.search(QUOTE, raw)) or parse_target(text, raw, loosely=True).role is not None


@FILLING.sentence(
    rf"(?:type|write|enter|input)(?: in)? (?P<text>{QUOTE}) {_INTO} {TARGET}",
    rf"(?:put|insert) (?P<text>{QUOTE}) {_INTO} (?P<field>.+)",
    rf"(?:type|enter|input) (?P<text>.+?) {_INTO} {TARGET}",
    rf"fill (?:in |out )?(?P<text>{QUOTE}) in(?:to)? {TARGET}",
    rf"fill (?:in |out )?{TARGET} with (?P<text>.+)",
    rf"(?:type|write|enter|input)(?: in)? (?P<text>{QUOTE})",
    r"type (?!in\b|into\b)(?P<text>.+)",
)
def _type(text: QuotedText, found: Found) -> Step | None:
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


@FILLING.sentence(
    rf"replace {_CONTENT}{TARGET} (?:with|by) (?P<text>.+)",
    rf"(?:set|change) {_CONTENT}{TARGET} to (?P<text>.+)",
    rf"(?:choose|pick|select) (?:the )?(?:date|time|colou?r|month|week)"
    rf" (?P<text>{QUOTE}|[\w:#/.-]+) (?:in|for|as|from) {TARGET}",
    rf"(?:clear|empty) {_CONTENT}{TARGET}",
)
def _replace(text: QuotedText, found: Found) -> Step | None:
    new = found.groupdict().get("text")
    if not new and not _names_something(text, found["target"], ("field", "select")):
        return None
    target = parse_target(text, found["target"])
    return TypeStep(parse_literal(text, new) if new else "", target, clear=True)


@FILLING.sentence(
    rf"(?:select|choose|pick) (?:the )?(?:options? |values? |items? )?(?P<options>{QUOTES})"
    rf"(?: options?)?(?: (?:in|from|for|as|under|of) {TARGET})?",
    rf"(?:select|choose|pick) (?P<option>[^\U00100000-\U0010fffd]+?) (?:in|from) {TARGET}",
    r"(?:select|choose|pick) (?P<option>(?-i:[A-Z\d]).*)",
    rf"(?:select|choose|pick) {TARGET}",
)
def _select(text: QuotedText, found: Found) -> Step | None:
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


@FILLING.sentence(
    rf"(?P<verb>check|tick|mark|uncheck|untick|unmark|deselect) {TARGET}",
    rf"(?:turn|switch) (?P<verb>on|off) {TARGET}",
    rf"(?:turn|switch) {TARGET} (?P<verb>on|off)",
    rf"(?P<verb>enable|disable|activate|deactivate) {TARGET}",
)
def _check(text: QuotedText, found: Found) -> Step | None:
    is_switched = not re.fullmatch(r"check|mark|unmark|deselect", found["verb"], re.IGNORECASE)
    is_name = is_switched or re.match(r"[A-Z]", found["target"])
    if not is_name and not _names_something(text, found["target"], _STATES):
        return None
    checked = not re.match(r"un|de|dis|off", found["verb"], re.IGNORECASE)
    return CheckStep(parse_target(text, found["target"]), checked)


@FILLING.sentence(rf"drop (?P<path>{QUOTE}) (?:on|onto|in|into) {TARGET}")
def _drop_file(text: QuotedText, found: Found) -> Step | None:
    path = text.quote(found["path"])
    if not re.match(r"[/~]|\.{1,2}/|[A-Za-z]:[\\/]", path):
        return None  # something on the page is dragged
    return UploadStep((path,), parse_target(text, found["target"]))


@FILLING.sentence(
    rf"(?:upload|attach) (?:the file |the files )?(?P<paths>{QUOTES})"
    rf"(?: (?:to|into|in|on|at|using|with|via|as) {TARGET})?",
    rf"drop the files? (?P<paths>{QUOTES}) (?:on|onto|in|into) {TARGET}",
)
def _upload(text: QuotedText, found: Found) -> Step | None:
    paths = text.all_quotes(found["paths"])
    return UploadStep(paths, parse_target(text, found["target"]) if found["target"] else None)
