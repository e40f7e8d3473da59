"""When an episode is cut short because the agent does the same again and again.

Source: `early_stop` of the published runner (arXiv 2401.13649, `run.py` at commit 89f5af2). Turns
without a readable action, which count as actions there, never reach an environment: equal actions
before and after one are in a row here.
"""

from vigorl.browser.actions import Action, Click, Hover, Scroll, TabClose, TabNew, Type

MAX_STEPS = 30
"""Turns until an episode is cut short."""

MALFORMED = 3
"""Turns in a row without a readable action until it is."""

REPEATS = 5
"""Equal actions in a row until it is; of typing, equal ones in the whole episode."""


class EarlyStop:
    """The actions of one episode."""

    def __init__(self) -> None:
        self._taken: list[Action] = []

    def __len__(self) -> int:
        return len(self._taken)

    def note(self, action: Action) -> str | None:
        """Add an action; the reason to stop, as published, if there is one now."""
        self._taken.append(action)
        same = [is_same(each, action) for each in self._taken]
        if isinstance(action, Type):
            return f"Same typing action for {REPEATS} times" if sum(same) >= REPEATS else None
        in_a_row = same[-REPEATS:]
        return f"Same action for {REPEATS} times" if sum(in_a_row) == REPEATS else None


def is_same(first: Action, second: Action) -> bool:
    """Whether two actions count as equal: what is typed does not matter, but where it is.

    An element is told by the point at which it is acted on.
    """
    match first, second:
        case Click(), Click():
            return first.point == second.point and first.modifiers == second.modifiers
        case Hover(), Hover():
            return first.point == second.point
        case Type(), Type():
            if first.point is None or second.point is None:
                return first.text == second.text
            return first.point == second.point
        case Scroll(), Scroll():
            return (first.dy_css_px < 0) == (second.dy_css_px < 0)
        case (TabNew(), TabNew()) | (TabClose(), TabClose()):
            return True
        case _:
            return first == second
