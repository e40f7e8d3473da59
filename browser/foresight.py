"""What an action is aimed at, looked up just before it is carried out; and told in words."""

import asyncio
import json
from dataclasses import replace
from importlib import resources
from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import (
    Accept,
    Action,
    Click,
    Dismiss,
    Drag,
    Goto,
    Press,
    SelectOption,
    TabNew,
    Type,
    Upload,
)
from vigorl.browser.deeds import ActionTarget, Sent
from vigorl.browser.elements import Element, Elements
from vigorl.browser.observation import PendingQuestion
from vigorl.browser.prospect import Prospect
from vigorl.browser.quoting import address, quoted, shortened, visible
from vigorl.browser.risks import SECRET_KEYS
from vigorl.browser.tab import LiveTab

LOOK_LIMIT_S = 1.0
"""Time for a page to say what an action is aimed at; one that does not answer says nothing."""

MOST_VALUES = 12
MOST_VALUE = 80
"""Fields that are told, and characters of each."""

DOTS = "••••••"

_DEED = resources.files(__package__).joinpath("deed.js").read_text("utf-8")
_TEXTS = ("text", "search", "url", "tel", "email", "password", "number", "date", "time", "month")
_CHOICES = ("checkbox", "radio")


async def prospect_of(
    action: Action, tab: LiveTab, question: PendingQuestion | None, site: str
) -> Prospect:
    """What an action is about to do.

    Args:
        action: Not yet carried out.
        tab: That is shown.
        question: That waits for an answer.
        site: Origin at which the task is at home.
    """
    if isinstance(action, Accept | Dismiss):
        return Prospect(action, question=question, site=site)
    target = None
    try:
        async with asyncio.timeout(LOOK_LIMIT_S), Elements.of(tab, unseen=True) as elements:
            element = await _aimed_at(action, elements)
            if element is not None:
                target = ActionTarget.of(await element.call(_DEED, True))
    except (TimeoutError, PlaywrightError):  # it loads, or does not answer
        return Prospect(action, site=site, unknown=True)
    if target is None:
        return Prospect(action, site=site)
    activates, target = _activated(action, target)
    return Prospect(action, target, activates, site=site)


async def _aimed_at(action: Action, elements: Elements) -> Element | None:
    match action:
        case Click(point=point) | SelectOption(point=point) | Upload(point=point):
            return await elements.at(point)
        case Drag(end=point):
            return await elements.at(point)
        case Type(point=point) if point is not None:
            return await elements.at(point)
        case Type() | Press():
            found = await elements.focused("(element) => element.localName")
            return None if found is None else await elements.inside(found[0])
        case _:
            return None


def _activated(action: Action, target: ActionTarget) -> tuple[bool, ActionTarget]:
    """Whether an action presses what it is aimed at, and what that is to it."""
    is_text = target.is_field and target.type in _TEXTS
    if target.type in _CHOICES:
        target = replace(target, opens=True)  # a mark that is set is not sent yet
    match action:
        case Click(button=button):
            return button == "left" and not is_text, target
        case SelectOption():
            return True, target
        case Type(text=text, enter=enter):
            if not enter and (target.is_editor or not text.endswith(("\n", "\r"))):
                return False, target
            return True, _of_editor(target, plain=True)
        case Press(keys=keys):
            *held, key = keys.split("+")
            if key in ("Enter", "NumpadEnter", "Return"):
                return True, _of_editor(target, plain=not set(held) & _SENDING)
            presses = key in ("Space", " ", "") and not is_text and not target.is_editor
            return presses, target
        case _:
            return False, target


_SENDING = {"Control", "Meta", "ControlOrMeta"}
"""Keys with which Enter sends what an editor holds."""


def _of_editor(target: ActionTarget, plain: bool) -> ActionTarget:
    """In fields of several lines Enter presses no button of the form."""
    if target.is_editor and plain:
        return replace(target, button="", has_form=False, fields=())
    return target


def in_words(prospect: Prospect) -> str:
    """What is about to be done: `click the button "Place order"`."""
    action, target = prospect.action, prospect.target
    what = _named(target) if target is not None else "the page"
    match action:
        case Click(count=count):
            return f"{'double-click' if count == 2 else 'click'} {what}"
        case Type(text=text):
            pressed = f" and press Enter{_pressing(target)}" if prospect.activates else ""
            return f"type {quoted(text, MOST_VALUE)} into {what}{pressed}"
        case Press(keys=keys):
            return f"press {keys} on {what}{_pressing(target) if prospect.activates else ''}"
        case Drag():
            return f"drag something to {what}"
        case SelectOption(label=label):
            return f"choose {quoted(label, MOST_VALUE)} in {what}"
        case Upload(paths=paths):
            return f"hand over {', '.join(quoted(path) for path in paths)} at {what}"
        case Accept():
            asked = prospect.question
            return f"say yes to {quoted(asked.text)}" if asked is not None else "say yes"
        case Goto(url=url) | TabNew(url=url):
            return f"open {address(url, 300)}"
        case _:
            return action.type.replace("_", " ")


def _named(target: ActionTarget) -> str:
    kind = (
        "link" if target.href else
        "button" if target.is_button else
        "list" if target.tag == "select" else
        target.type if target.type in _CHOICES else
        "field" if target.is_field or target.is_editor else
        target.role or "element"
    )  # fmt: skip
    return f"the {kind} {quoted(target.name, MOST_VALUE)}" if target.name else f"a {kind}"


def _pressing(target: ActionTarget | None) -> str:
    return (
        f", which presses {quoted(target.button, MOST_VALUE)}" if target and target.button else ""
    )


def values_of(prospect: Prospect) -> tuple[tuple[str, str], ...]:
    """What goes along: the fields of the form that is sent, else what is typed."""
    action, target = prospect.action, prospect.target
    if target is None or not (prospect.activates and target.has_form):
        return ()
    told = []
    for each in target.fields:
        if each.type == "hidden" or not each.is_filled:
            continue
        value = DOTS if each.is_secret else each.value
        told.append((visible(each.label or each.name), shortened(visible(value), MOST_VALUE)))
    if isinstance(action, Type) and target.is_field:
        value = DOTS if target.is_secret else shortened(visible(action.text), MOST_VALUE)
        told = [pair for pair in told if pair[0] != target.name] + [(target.name, value)]
    return tuple(told[:MOST_VALUES])


def values_sent(sent: Sent) -> tuple[tuple[str, str], ...]:
    """What a request's body holds, where it is a form or JSON."""
    pairs: list[tuple[str, str]] = parse_qsl(sent.body)
    try:
        said = json.loads(sent.body) if sent.body.lstrip().startswith("{") else None
    except ValueError:
        said = None
    if isinstance(said, dict):
        pairs = [(str(key), value if isinstance(value, str) else json.dumps(value))
                 for key, value in said.items()]  # fmt: skip
    return tuple(
        (
            shortened(visible(key), MOST_VALUE),
            DOTS if SECRET_KEYS.search(key) else shortened(visible(value), MOST_VALUE),
        )
        for key, value in pairs[:MOST_VALUES]
    )


def request_line(sent: Sent) -> str:
    """Method and address of a request, without its query."""
    try:
        parts = urlsplit(sent.url)
    except ValueError:
        return sent.method
    return f"{sent.method} {address(parts._replace(query='', fragment='').geturl(), 300)}"
