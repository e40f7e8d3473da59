"""Action spaces: the types of action that an environment offers, and what is said beyond them.

An environment names its own (`Environment.actions`). A policy's prompt teaches those, and what
lies outside of them is answered by a sentence that lists what there is.
"""

from typing import Literal, get_args

from vigorl.browser.actions import Action

ActionType = Literal[
    "click",
    "hover",
    "type",
    "press",
    "scroll",
    "drag",
    "select",
    "upload",
    "accept",
    "dismiss",
    "goto",
    "back",
    "forward",
    "reload",
    "tab_new",
    "tab_switch",
    "tab_close",
    "wait",
    "zoom",
    "call",
    "ask",
    "done",
    "give_up",
]
"""The `type` of an action, in the order in which they are listed."""

ActionSpace = frozenset[ActionType]
"""Types of action."""

ENDINGS: ActionSpace = frozenset({"done", "give_up"})
"""What ends an episode: answered by the loop, and offered whatever the environment is."""

ANSWERS: ActionSpace = frozenset({"accept", "dismiss"})
"""What answers a question of the page or the browser, which admits nothing else."""

NAVIGATION: ActionSpace = frozenset(
    {"goto", "back", "forward", "reload", "tab_new", "tab_switch", "tab_close"}
)
"""What leads to another page, as a browser's own controls do."""

INPUT: ActionSpace = frozenset(
    {"click", "hover", "type", "press", "scroll", "drag", "select", "upload", "wait"}
)
"""What mouse and keyboard do to what is shown."""

PAGE: ActionSpace = INPUT | ANSWERS
"""What can be done to one page without leaving it."""

BROWSER: ActionSpace = PAGE | NAVIGATION
"""What a live page in a browser of its own offers."""

EVERY_ACTION: ActionSpace = BROWSER | ENDINGS | {"zoom"}
"""What can be done wherever nobody adds functions to be called, or a person to be asked."""


MANY_CLICKS: ActionSpace = frozenset({"click", "hover"})
"""Where double clicks and the right button may do something of their own: where there is a mouse
to be moved as well, and not only a picture to be pointed at."""

OPENS_TABS: ActionSpace = frozenset({"click", "tab_switch"})
"""Where the middle button does."""


def listed(actions: ActionSpace) -> list[ActionType]:
    """The types of a space and those that end an episode, always in the same order."""
    return [each for each in _ORDER if each in actions | ENDINGS]


def not_offered(action: Action, actions: ActionSpace, why: str = "") -> str:
    """What is said to an action that an environment does not offer.

    Args:
        action: What was tried.
        actions: What is offered.
        why: A sentence about this environment, to begin with.
    """
    offered = ", ".join(listed(actions))
    begin = f"{why} " if why else ""
    return f"{begin}`{action.type}` cannot be done here. What can be done: {offered}."


_ORDER: tuple[ActionType, ...] = get_args(ActionType)
