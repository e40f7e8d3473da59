"""The language of literal instructions, and its parser.

A goal for `reader` is a list of steps in plain English, separated by line breaks, semicolons,
full stops, commas, 'then', 'and' or 'and then' outside of quotes. Text in quotes ("…", '…' or
“…”) is what stands on the screen, or what is to be typed, to the letter::

    click "Sign in"                               click the "Save" button
    click "Edit" in the row of "Anna Berg"        click the delete icon next to "Buy milk"
    open the second result                        click the 3rd "Add to cart"
    click the search icon                         double-click / right-click / hover over "X"
    type "kettle" into "Search"                   type "kettle" and press Enter
    replace the text in "Street" with "Low Rd 5"  clear "Search"
    press Enter                                   press Control+A
    select "Norway" in "Country"                  check "I agree" / uncheck "Newsletter"
    click "Next" until you see "Order 1042"       scroll down / scroll down until you see "Terms"
    wait until you see "Saved"                    wait 2 seconds
    drag "Milk" to "Done"                         upload "/tmp/a.png" to "Photo"
    go to http://…  go back  go forward  reload   open a new tab / switch to the tab "Help" /
                                                  close the tab
    tell me the "Total"                           tell me the price
    tell me the "Price" of "Red kettle"           answer "yes"

'in the row of', 'of', 'next to', 'under', 'above', 'left of', 'right of' pick one of several
equal targets by a neighbour; ordinals pick by reading order. 'check' and 'uncheck' look at the
box first and click only where its state differs. 'tell me' ends the task with what it read.

One verb may serve several quotes ('check "A" and "B"'), 'twice' or '3 times' repeats a step, 'at
the top', 'on the left' or 'in the dialog' says where to look. Names without quotes are looked for
less literally ('click Sign in', 'open the search'). A goal that is one line without quotes and
no step is the name of something to click ('Contribute', 'Toggle navigation').
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from vigorl.policy.reader.phrases import parse_condition, parse_target
from vigorl.policy.reader.quotes import (
    NUMBER,
    QUOTE,
    InstructionError,
    Text,
    hold_quotes,
    number,
)
from vigorl.policy.reader.sentences import SENTENCES
from vigorl.policy.reader.steps import PointStep, ScrollStep, Step, Target

_MOST_WORDS_OF_A_NAME = 16
_MOST_REPETITIONS = 50

_LIST_MARK = re.compile(r"^\s*(?:step )?(?:\d+\s*[.):]|[-*•–])\s+", re.IGNORECASE)
_CONNECTIVE = (
    r"(?:and|then|next|first(?:ly)?|second(?:ly)?|finally|lastly|now|also|please|kindly|again"
    r"|after that|afterwards|you should|(?:can|could|would) you)"
)
_COURTESY = re.compile(rf"^(?:{_CONNECTIVE}\b[\s,:]*)+", re.IGNORECASE)
_PAUSE = re.compile(
    rf"(?:\s*[.,!?]+(?=\s|$|{QUOTE})|\s+(?=(?:and|then|after that|afterwards)\b))"
    rf"\s*(?:{_CONNECTIVE}\b,?\s*)*",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"""(?:(?:double|right|middle|left)[- ]?)?(?:click|tap)\s
    | (?:press|hit|push|hover|drag|attach|upload|open|follow|visit|type)\s
    | (?:write|input|enter|put|insert|fill|replace|set|change|clear|empty|mark|move)\s.*?{QUOTE}
    | (?:select|choose|pick|(?:un)?check|(?:un)?tick|deselect|enable|disable)\s.*?{QUOTE}
    | (?:select|choose|pick|(?:un)?check|(?:un)?tick|deselect|clear)\s+(?:the|a)\s
    | (?:turn|switch)\s+(?:on|off|to)\s | (?:turn|switch)\s.*\s(?:on|off)\b
    | scroll\b | wait\b | reload\b | refresh\b
    | (?:go|navigate)\s+(?:to|back|forward)\b
    | (?:close|dismiss)\s+(?:the|this|that)\s
    | (?:tell|give|show|read)\s+me\s | (?:read|report|say|return)\s+(?:the|out)\s
    | what(?:'s|’s|\s+is)\s+(?:the\s|{QUOTE})
    | (?:answer|reply|respond|finish)\b
    | (?:toggle|expand|collapse|focus)\s.*?{QUOTE}""",
    re.IGNORECASE | re.VERBOSE,
)
"""How a step begins, strictly: 'Save and close' is a name, 'save and close the tab' is not."""
_SHARED_VERB = re.compile(
    r"(?:(?:double|right)[- ]?click|click|tap|hover over|type|fill(?: in)?|select|choose"
    r"|(?:un)?check|(?:un)?tick|tell me(?: the)?)\b(?: on)?",
    re.IGNORECASE,
)


def parse_instructions(goal: str) -> tuple[Step, ...]:
    """The steps of a goal, in order; at least one.

    Raises:
        InstructionError: a part of it is not understood.
    """
    text = hold_quotes(goal)
    try:
        steps = tuple(step for clause in _clauses(text.raw) for step in _steps(text, clause))
        if not steps:
            raise InstructionError(goal, "it says nothing to do")
    except InstructionError:
        if not _may_be_a_name(text):
            raise
        return (PointStep(_bare_name(text), bare_name=True),)
    match steps:
        case (PointStep(Target(names=(_, *_)) as target, gesture="click"),) if _may_be_a_name(
            text
        ) and not re.match(r"click|tap|press", text.raw, re.IGNORECASE):
            # 'open menu' may as well be what a button is called.
            return (PointStep(replace(target, names=_unique(*target.names, text.raw.strip(" .")))),)
    return steps


def as_name(goal: str) -> PointStep | None:
    """The step that clicks what the whole goal names; None where it can be no name."""
    text = hold_quotes(goal)
    return PointStep(_bare_name(text), bare_name=True) if _may_be_a_name(text) else None


def _may_be_a_name(text: Text) -> bool:
    """Whether a goal that is no list of steps can be a name: a line of some words, unquoted."""
    return (
        not text.quotes
        and not re.search(r"[\n;]|^(?:please )?(?:tell|give) me\b", text.raw.strip(), re.IGNORECASE)
        and 0 < len(text.raw.split()) <= _MOST_WORDS_OF_A_NAME
    )


def _bare_name(text: Text) -> Target:
    """A goal as a name: all of it, or what is left of it without words such as 'icon'."""
    whole = " ".join(text.raw.split())
    try:
        target = parse_target(text, whole)
    except InstructionError:
        return Target((whole,))
    if target.relation or target.place:
        return Target((whole,))
    return Target(_unique(whole, *target.names), role=target.role, ordinal=target.ordinal)


def _unique(*names: str) -> tuple[str, ...]:
    """The names in order, each once."""
    return tuple(dict.fromkeys(name for name in names if name))


def _clauses(raw: str) -> list[str]:
    """Cut a goal where its next step begins."""
    lines = (_LIST_MARK.sub("", line) for line in re.split(r"[\n;]+", raw))
    return [clause for line in lines for part in _cut(line) if (clause := _plain(part))]


def _cut(line: str) -> Iterator[str]:
    """Cut one line; a verb that serves several quotes is repeated before each."""
    line, start, verb = _plain(line), 0, ""
    for pause in _PAUSE.finditer(line):
        clause, after = verb + line[start : pause.start()], line[pause.end() :]
        shared = _SHARED_VERB.match(_plain(clause))
        if _OPENING.match(after):
            verb = ""
        elif shared and re.match(rf"(?:the )?{QUOTE}", after, re.IGNORECASE):
            verb = f"{shared.group()} "
        else:
            continue
        yield clause
        start = pause.end()
    yield verb + line[start:]


def _plain(clause: str) -> str:
    """A clause without punctuation around it and words of courtesy before it."""
    clause = " ".join(clause.split()).strip(" .,:!?")
    polite = _COURTESY.match(clause)
    return clause[polite.end() :] if polite and _OPENING.match(clause[polite.end() :]) else clause


def _steps(text: Text, clause: str) -> tuple[Step, ...]:
    """The step of one clause, as often as it says.

    Raises:
        InstructionError: the clause is not understood.
    """
    if found := re.fullmatch(rf"(.+?),? (once|twice|{NUMBER} times)", clause, re.IGNORECASE):
        count = int(number(found[2].split()[0]))
        if count > _MOST_REPETITIONS:
            raise InstructionError(text.shown(clause), f"at most {_MOST_REPETITIONS} times")
        return (_step(text, found[1]),) * count
    if found := re.fullmatch(r"(?!wait\b)(.+?),? until (.+)", clause, re.IGNORECASE):
        match _step(text, found[1]):
            case (PointStep() | ScrollStep()) as step:
                return (replace(step, until=parse_condition(text, found[2])),)
            case _:
                raise InstructionError(
                    text.shown(clause), "'until' goes with a click, scrolling or waiting"
                )
    return (_step(text, clause),)


def _step(text: Text, clause: str) -> Step:
    """The step of a clause without repetition.

    Raises:
        InstructionError: the clause is not understood.
    """
    for pattern, builder in SENTENCES:
        if (found := pattern.fullmatch(clause)) and (step := builder(text, found)):
            return step
    if re.search(QUOTE, clause):
        return PointStep(parse_target(text, clause))
    raise InstructionError(text.shown(clause), "it is no step of the kind that reader follows")
