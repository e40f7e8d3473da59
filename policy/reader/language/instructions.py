"""The language of literal instructions: a goal in, its steps out, or a refusal that says why.

A goal is a list of steps in plain English, separated by line breaks, semicolons, full stops,
commas, 'then' or 'and'. Text in quotes is what stands on the screen, or what is to be typed, to
the letter. The forms are in `phrasebook.FORMS`, which `docs/reader.md` shows; what is not wholly
understood is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from vigorl.policy.reader.language.keys import MODIFIERS
from vigorl.policy.reader.language.limits import require_within_limits
from vigorl.policy.reader.language.names import INFINITIVES
from vigorl.policy.reader.language.phrasebook import nearest_forms
from vigorl.policy.reader.language.phrases import parse_condition, parse_target
from vigorl.policy.reader.language.quotes import (
    NUMBER,
    QUOTE,
    InstructionError,
    QuotedText,
    hold_quotes,
    number,
)
from vigorl.policy.reader.language.sentences import SENTENCES
from vigorl.policy.reader.language.steps import PointStep, ScrollStep, SelectStep, Step, Target

_MOST_WORDS_OF_A_NAME = 16
_MOST_REPETITIONS = 50

_LIST_MARK = re.compile(r"^\s*(?:step )?(?:\d+\s*[.):]|[-*•–])\s+", re.IGNORECASE)
_CONNECTIVE = (
    r"(?:and|then|next|first(?:ly)?|second(?:ly)?|finally|lastly|now|also|please|kindly|again"
    r"|after that|afterwards|you should|(?:can|could|would) you|just|simply|let['’]s|be sure to"
    r"|go ahead and|i(?:['’]d| would) like you to|i want you to|you (?:need|have) to)"
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
    | (?:toggle|expand|collapse|focus)\s.*?{QUOTE}
    | (?:hold|drop|long[- ]press|verify|ensure|make\ssure)\s
    | (?:ctrl|control|cmd|command|meta|shift|alt|option)[- +]click\s
    | (?:accept|reject|confirm|dismiss|cancel|allow|deny|grant|block)\s+(?:the|access)\s
    | (?:select|choose|pick|check|enter|input)\s+(?-i:[A-Z\d])
    | (?:un)?tick\s | uncheck\s | check\sthat\s | (?:log|sign)\s?in\s(?:with|as|using)\s
    | (?:turn|switch)\s+(?:on|off)\b | (?:enable|disable|set|change)\s""",
    re.IGNORECASE | re.VERBOSE,
)
"""How a step begins, strictly: 'Save and close' is a name, 'save and close the tab' is not."""
_SHARED_VERB = re.compile(
    r"(?:(?:double|right)[- ]?click|click|tap|hover over|type|fill(?: in)?"
    r"|(?:un)?check|(?:un)?tick|tell me(?: the)?)\b(?: on)?",
    re.IGNORECASE,
)


def parse_instructions(goal: str) -> tuple[Step, ...]:
    """The steps of a goal, in order; at least one.

    Raises:
        InstructionError: a part of it is not understood.
    """
    text = hold_quotes(goal)
    clauses = _clauses(text.raw)
    if not goal.strip():
        raise InstructionError("", "the goal is empty: say what to do, step by step")
    if not clauses or _NOTHING.fullmatch(text.raw.strip()):
        raise InstructionError(goal.strip(), "it says nothing to do")
    steps: list[Step] = []
    for clause in clauses:
        try:
            for step in _steps(text, clause):
                _append(steps, step, clause)
        except InstructionError as error:
            forms = error.forms or nearest_forms(text, clause)
            why = _FOREIGN_WHY if _is_foreign(text.raw) else error.why
            raise InstructionError(error.part, why, forms) from None
    return tuple(steps)


_NOTHING = re.compile(
    r"(?:(?:please|kindly|thanks?|thank you|hello|hi|dear|now|then|and|so|ok|okay)\b[\s,.!]*)+",
    re.IGNORECASE,
)
_ALSO = re.compile(r"also (?=(?:select|choose|pick)\b)", re.IGNORECASE)
_FOREIGN_WHY = "instructions in English, names in any language"
_FOREIGN = re.compile(
    r"(?:wähle?|waehle|klicke?|gib|gebe|öffne|drücke?|suche?|gehe?|tippe|schreibe?|finde|zeige?"
    r"|scrolle|warte|lade|bitte|clique[rz]?|choisis(?:sez)?|sélectionne[rz]?|ouvre[rz]?|tape[rz]?"
    r"|appuye[rz]|appuie|entre[rz]|saisis(?:sez)?|alle[rz]|va|cherche[rz]?|trouve[rz]?|écris"
    r"|remplis(?:sez)?|haz|haga|elige|elija|selecciona|seleccione|abre|abra|escribe|escriba|pulsa"
    r"|pulse|presiona|presione|busca|busque|ve|vaya|clicca|seleziona|apri|scrivi|cerca|clica"
    r"|clique|selecione|abra|digite|klik|kies|zoek)(?= |$)",
    re.IGNORECASE,
)


def _is_foreign(raw: str) -> bool:
    """Whether the words outside of quotes are of another language than English."""
    words = re.sub(QUOTE, "", raw).strip()
    letters = [char for char in words if char.isalpha()]
    return bool(_FOREIGN.match(words)) or (
        len(letters) > 3 and sum(char.isascii() for char in letters) < len(letters) / 2
    )


def _append(steps: list[Step], step: Step, clause: str) -> None:
    """Add a step; 'also select "B"' adds an option to the selection before it."""
    match steps[-1:], step:
        case [SelectStep() as before], SelectStep(option, target, others) if _ALSO.match(
            clause
        ) and target in (None, before.target):
            steps[-1] = replace(before, others=(*before.others, option, *others))
        case _:
            steps.append(step)


def as_name(goal: str) -> PointStep | None:
    """The step that clicks what a goal names, on a still picture, where nothing else can be done.

    None where it can be no name: a list of steps, a question.
    """
    try:
        text = hold_quotes(goal)
    except InstructionError:
        return None
    if len(text.quotes) == 1 and not re.search(r"[\n;]", text.raw.strip()):
        return PointStep(Target(text.quotes, quoted=True), bare_name=True)
    return PointStep(_bare_name(text), bare_name=True) if _may_be_a_name(text) else None


def _may_be_a_name(text: QuotedText) -> bool:
    """Whether a goal that is no list of steps can be a name: a line of some words, unquoted."""
    return (
        not text.quotes
        and not re.search(r"[\n;]|^(?:please )?(?:tell|give) me\b", text.raw.strip(), re.IGNORECASE)
        and 0 < len(text.raw.split()) <= _MOST_WORDS_OF_A_NAME
    )


def _bare_name(text: QuotedText) -> Target:
    """A goal as a name: all of it, or what is left of it without words such as 'icon'."""
    whole = " ".join(text.raw.split())
    try:
        target = parse_target(text, whole, loosely=True)
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
    line = _HOLD_ON.sub("hold ", _DRAG_AND_DROP.sub("drag ", _plain(line)))
    start, verb, shape = 0, "", ""
    for pause in _PAUSE.finditer(line):
        clause, after = verb + line[start : pause.start()], line[pause.end() :]
        if _HELD_KEYS.fullmatch(clause) and re.search(r"\band\b", pause.group()):
            continue
        shared = _SHARED_VERB.match(_plain(clause))
        if _OPENING.match(after):
            also = re.search(r"\balso\b", pause.group(), re.IGNORECASE)
            is_choice = re.match(r"(?:select|choose|pick)\b", after, re.IGNORECASE)
            verb, shape = "also " if also and is_choice else "", ""
        elif shared and re.match(
            shape or (shape := _shape(_plain(clause)[shared.end() :])), after, re.IGNORECASE
        ):
            verb = f"{shared.group()} "
        else:
            shape = ""
            continue
        yield clause
        start = pause.end()
    yield verb + line[start:]


_DRAG_AND_DROP = re.compile(r"\bdrag and drop (?!it\b)", re.IGNORECASE)
_HOLD_ON = re.compile(r"\b(?:press|click|tap) and hold(?: down)?(?: on)? ", re.IGNORECASE)
_HELD_KEYS = re.compile(rf"hold(?: down)? {MODIFIERS}(?: keys?)?", re.IGNORECASE)
_ROLE_WORDS = (
    r"(?: (?:button|link|icon|field|box|checkbox|option|tab|switch|radio button)(?:es|s)?)?"
)


def _shape(rest: str) -> str:
    """A pattern of what the shared verb may be repeated before: the same words, other quotes.

    So 'type "x" into "A" and "B"' is not taken for two texts to type.
    """
    if re.fullmatch(rf" ?(?:the )?{QUOTE}{_ROLE_WORDS}", rest, re.IGNORECASE):
        pattern = rf"(?:the )?{QUOTE}{_ROLE_WORDS}"
    else:
        pattern = "".join(
            QUOTE if re.fullmatch(QUOTE, char) else re.escape(char) for char in rest.strip()
        )
    return pattern + r"(?=\s*(?:[.,;!?]|$)|\s+(?:and|then)\b)"


def _plain(clause: str) -> str:
    """A clause without punctuation around it and words of courtesy before it."""
    clause = " ".join(clause.split()).strip(" .,:!?")
    clause = _AFTERWORDS.sub("", clause)
    if _ALSO.match(clause):
        return clause
    polite = _COURTESY.match(clause)
    return clause[polite.end() :] if polite and _OPENING.match(clause[polite.end() :]) else clause


_AFTERWORDS = re.compile(
    rf"(?<=[\w{QUOTE[1:-1]}]),? (?:please|now|again|too|as well|once more)$", re.I
)
_PURPOSE = re.compile(
    rf",? (?:in order to|so as to|so that|because|to (?={INFINITIVES}\b(?! ?$)|{INFINITIVES}$))"
    r"\s*(?P<why>.*)$",
    re.IGNORECASE,
)
_NAMED_BEFORE = re.compile(
    rf"(?:{QUOTE}|\b(?:button|link|icon|field|box|tab|menu|row|item|result|switch|checkbox|page"
    r"|down|up|left|right|enter|escape|tab|key))$",
    re.IGNORECASE,
)


def _steps(text: QuotedText, clause: str) -> tuple[Step, ...]:
    """The step of one clause, as often as it says.

    Raises:
        InstructionError: the clause is not understood.
    """
    body = _ALSO.sub("", clause)
    if found := re.fullmatch(
        rf"(.+?),? (?:(once|twice)|({NUMBER})(?: more)? times?)", body, re.IGNORECASE
    ):
        count = int(number(found[2] or found[3]))
        if count > _MOST_REPETITIONS:
            raise InstructionError(text.shown(clause), f"at most {_MOST_REPETITIONS} times")
        return (_step(text, found[1]),) * count
    if found := re.fullmatch(r"(?!wait\b)(.+?),? until (.+)", body, re.IGNORECASE):
        match _step(text, found[1]):
            case (PointStep(hold_s=0) | ScrollStep()) as step:
                return (replace(step, until=parse_condition(text, found[2])),)
            case _:
                raise InstructionError(
                    text.shown(clause), "'until' goes with a click, scrolling or waiting"
                )
    return (_step(text, body),)


def _without_purpose(text: QuotedText, clause: str) -> str | None:
    """A clause without what it is for; None where it says nothing of the kind.

    A purpose with a quote or a number says what is to be reached, which one step may not do.
    """
    found = _PURPOSE.search(clause)
    if found is None or not _NAMED_BEFORE.search(clause[: found.start()]):
        return None
    if re.match(r"wait|drag|move|set|change|switch", clause, re.IGNORECASE):
        return None
    if re.search(
        rf"{QUOTE}|\d|\b(?:{NUMBER[3:-1]})\b(?<!\ba)(?<!\ban)", found["why"], re.IGNORECASE
    ):
        raise InstructionError(
            text.shown(found.group()).strip(" ,"),
            "it says what is to be reached, and not by which steps: say each step, or wait until "
            'you see "…"',
        )
    return clause[: found.start()]


def _step(text: QuotedText, clause: str) -> Step:
    """The step of a clause without repetition.

    Raises:
        InstructionError: the clause is not understood.
    """
    if not re.match(
        r"wait until |(?:check|verify|ensure|make sure|assert) .*\bnot\b", clause, re.I
    ):
        require_within_limits(text, clause)
    for said in (_without_purpose(text, clause), clause):
        for pattern, builder in SENTENCES if said else ():
            if (found := pattern.fullmatch(said or "")) and (step := builder(text, found)):
                return step
    if re.fullmatch(QUOTE, clause):
        raise InstructionError(text.shown(clause), "it does not say what to do with it")
    raise InstructionError(text.shown(clause), "it is no step that reader follows")
