"""Which tasks have an oracle, which have none and why, and what it does in an episode."""

from collections.abc import AsyncGenerator, Mapping

from vigorl.browser.actions import Action
from vigorl.tasks.miniwob.hand import Oracle, PlayedTask, actions
from vigorl.tasks.miniwob.registry import find
from vigorl.tasks.miniwob.solutions import (
    clicks,
    dates,
    drags,
    forms,
    games,
    lists,
    mail,
    shapes,
    texts,
)

ORACLES: Mapping[str, Oracle] = {
    **clicks.ORACLES,
    **dates.ORACLES,
    **drags.ORACLES,
    **forms.ORACLES,
    **games.ORACLES,
    **lists.ORACLES,
    **mail.ORACLES,
    **shapes.ORACLES,
    **texts.ORACLES,
}
"""By task, without prefix."""

UNSUPPORTED: Mapping[str, str] = {
    "draw-circle": "needs a curved stroke, and a drag is straight",
}
"""Tasks without an oracle, and why."""

FLAWED: Mapping[str, str] = {
    "click-pie": "the first slice, chosen from the start, slips from under the mouse",
    "click-pie-nodelay": "the first slice, chosen from the start, slips from under the mouse",
}
"""Tasks that cannot be done for some seeds, by mouse, in Chromium 156, and why."""


def solve(played: PlayedTask) -> AsyncGenerator[Action]:
    """The actions that do the task of an episode, one at a time; the last one is `Done`.

    Each must be carried out before the next one is asked for.

    Raises:
        KeyError: the task has no oracle.
        TaskFault: the page is not as the oracle knows it.
    """
    return actions(ORACLES[find(played.row.id).task], played)
