"""Asking before an action on a desktop: about all that may change something, or about nothing.

Nothing on a screen says what a click does, so there are no rules for what is risky here.
"""

import time
from typing import TYPE_CHECKING

from vigorl.browser.actions import Action, Click, Drag, Press, TabClose, TabNew, Type
from vigorl.browser.clock import somebody_elses_time
from vigorl.browser.deeds import Approval, Consent, Deed
from vigorl.browser.desktop.screen import ORIGIN
from vigorl.browser.errors import StoppedByPerson
from vigorl.browser.quoting import quoted

if TYPE_CHECKING:
    from vigorl.browser.desktop.environment import DesktopSettings

RULE = "desktop"
WHY = "What this does cannot be told from the screen."
_NOBODY = Approval(False, why="nobody is there to be asked (--approve never asks nobody)")


async def asked(action: Action, settings: "DesktopSettings", title: str) -> Consent | None:
    """What somebody says to an action; None where it changes nothing.

    Args:
        action: What is about to be done.
        settings: Who is asked, and what is kept secret.
        title: Of the window that is in front.

    Raises:
        StoppedByPerson: no, and nothing else either.
    """
    words = described(action)
    if not words:
        return None
    redact = settings.vault.redact
    deed = Deed(redact(words), ORIGIN, redact(title), (RULE,), WHY)
    began_s = time.monotonic()
    with somebody_elses_time():
        approver = settings.approver
        approval = _NOBODY if approver is None else await approver.approve(deed)
    if approval.stop and not approval.granted:
        raise StoppedByPerson(f"stopped where it was about to {deed.what}")
    return Consent(deed, approval, time.monotonic() - began_s)


def described(action: Action) -> str:
    """An action in words; empty where it changes nothing."""
    match action:
        case Click(point, button, count):
            times = "double-click" if count == 2 else "click"
            name = times if button == "left" else f"{button}-{times}"
            return f"{name} at ({point.x:g}, {point.y:g})"
        case Type(text, point, _, enter):
            where = f" at ({point.x:g}, {point.y:g})" if point is not None else ""
            return f"type {quoted(text)}{where}{' and press Enter' if enter else ''}"
        case Press(keys):
            return f"press {keys}"
        case Drag(start, end):
            return f"drag from ({start.x:g}, {start.y:g}) to ({end.x:g}, {end.y:g})"
        case TabClose(index):
            return f"close {'the window' if index is None else f'window {index}'}"
        case TabNew(name):
            return f"start {name}"
        case _:
            return ""
