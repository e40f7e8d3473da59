"""Sentences about the mouse and single keys: clicking, holding, dragging, pressing."""

import re
from dataclasses import replace

from vigorl.browser.actions import (
    Press,
)
from vigorl.policy.reader.language.keys import MODIFIERS, chord, is_surely_key, modifiers
from vigorl.policy.reader.language.phrases import parse_target
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
    DragStep,
    Gesture,
    PointStep,
    Step,
    Target,
)

POINTING = Sentences()


@POINTING.sentence(r"(?:press|hit|push|use)(?: on)? (?P<keys>.+)")
def _press(text: QuotedText, found: Found) -> Step | None:
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
    rf"(?: on| at| in| into)? {TARGET}"
)
_HELD = rf"holding(?: down)? (?P<held>{MODIFIERS})(?: keys?)?(?: down)?"


@POINTING.sentence(
    rf"{_CLICK},? (?:while|and) {_HELD}",
    rf"{_CLICK} with (?P<held>{MODIFIERS})(?: keys?)? (?:held|pressed)(?: down)?",
    rf"(?P<held>{MODIFIERS})[- +]{_CLICK}",
    rf"hold(?: down)? (?P<held>{MODIFIERS})(?: keys?)?,? and {_CLICK}",
    _CLICK,
)
def _click(text: QuotedText, found: Found) -> Step | None:
    gesture = _GESTURES.get((found["gesture"] or "").lower(), "click")
    held = found.groupdict().get("held")
    target = parse_target(text, found["target"])
    return PointStep(target, gesture, modifiers=modifiers(held) if held else ())


@POINTING.sentence(
    rf"(?:long[- ]press|hold)(?: down)?(?: on)? {TARGET} for (?P<number>{NUMBER}) ?"
    rf"(?P<unit>m(?=s|illi)|s|minute)[a-z]*(?:,? (?:while|and) {_HELD})?",
)
def _hold(text: QuotedText, found: Found) -> Step | None:
    hold_s = number(found["number"]) * UNIT_S[found["unit"].lower()]
    raw, held = found["target"], found["held"]
    keys = None if re.fullmatch(QUOTE, raw) else chord(text.shown(raw).replace('"', ""))
    if keys and not held:
        return ActStep(Press(keys, hold_s))
    target = parse_target(text, raw)
    return PointStep(target, hold_s=hold_s, modifiers=modifiers(held) if held else ())


@POINTING.sentence(
    rf"hover(?: over| on)? {TARGET}",
    rf"(?:move|point) (?:the |your )?(?:mouse|cursor|pointer)(?: over| to| at| onto) {TARGET}",
    rf"point (?:to|at) {TARGET}",
)
def _hover(text: QuotedText, found: Found) -> Step | None:
    return PointStep(parse_target(text, found["target"]), "hover")


@POINTING.sentence(
    rf"(?P<verb>open|follow) {TARGET}",
    rf"(?P<verb>go to|navigate to) {TARGET}",
    rf"(?P<verb>toggle|expand|collapse|focus(?: on)?|switch to) (?=.*{QUOTE}){TARGET}",
)
def _open(text: QuotedText, found: Found) -> Step | None:
    target = parse_target(text, found["target"])
    is_name = target.names and not (target.quoted or target.relation or target.place)
    if is_name and found["verb"].lower() == "open":
        # 'open menu' may as well be what a button is called.
        names = dict.fromkeys((*target.names, found.group().strip(" .")))
        return PointStep(replace(target, names=tuple(names)))
    return PointStep(target)


@POINTING.sentence(
    r"(?:close|dismiss) (?:the |this |that )?(?P<what>(?:[\w-]+ )?(?:window|dialog(?:ue)?|pop-?up"
    r"|modal|overlay|banner|message|notification|panel|sidebar|menu))",
)
def _close(text: QuotedText, found: Found) -> Step | None:
    return PointStep(Target((text.shown(found.group()), f"close {found['what']}", "close")))


@POINTING.sentence(r"(?P<verb>accept|reject) (?:the )?cookies")
def _cookies(text: QuotedText, found: Found) -> Step | None:
    verb = found["verb"].lower()
    names = (found.group(), f"{verb} cookies", f"{verb} all cookies", f"{verb} all")
    return PointStep(Target(tuple(dict.fromkeys(names))))


@POINTING.sentence(
    rf"drag (?:from )?(?P<start>.+?) over (?P<via>.*{QUOTE}.*?) (?:onto|to|into) (?P<end>.+)",
    r"drag (?:from )?(?P<start>.+?)(?: and drop it)?"
    r" (?:onto|to|into|on top of|over|on) (?P<end>.+)",
    rf"drop (?P<start>{QUOTE}) (?:onto|on|into|in) (?P<end>.+)",
    rf"move (?P<start>.*{QUOTE}.*?) (?:onto|to|into) (?P<end>.+)",
)
def _drag(text: QuotedText, found: Found) -> Step | None:
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
