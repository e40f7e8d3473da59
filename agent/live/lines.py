"""Actions as a person gives them, and as they are told: lines of the action language."""

import math
import re

from vigorl.agent.live.commands import NotNow
from vigorl.browser.action_space import ENDINGS, not_offered
from vigorl.browser.actions import Action, AskPerson, Drag
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import View
from vigorl.policy.commands import read_command, write_command
from vigorl.policy.points import Malformed

_ANYWHERE = Frame.of_viewport(100_000, 100_000)
_POINT_AFTER_NAME = re.compile(r"^(\w+) \([^)]*\)")


def action_of(given: Action | str, seen: Observation, screen: View | None) -> Action:
    """What a person wants to be done.

    Args:
        given: The action, or a line such as `click (412, 80)` whose points are CSS px.
        seen: What there is to see.
        screen: The last whole screen, which points are on.

    Raises:
        NotNow: it is no action, cannot be done here, or points outside of the screen.
    """
    region = screen.frame.region_css_px if screen is not None else Box(0, 0, 0, 0)
    if isinstance(given, str):
        frame = Frame.of_viewport(round(region.right), round(region.bottom))
        try:
            action = read_command(given, frame, seen.offered)
        except Malformed as malformed:
            raise NotNow(str(malformed)) from malformed
    else:
        action = given
    if isinstance(action, AskPerson):
        raise NotNow("You are the person that would be asked.")
    if action.type not in seen.offered | ENDINGS:
        raise NotNow(not_offered(action, seen.offered))
    for point in points_of(action):
        if not (math.isfinite(point.x) and math.isfinite(point.y) and region.contains(point)):
            raise NotNow(f"({point.x:g}, {point.y:g}) is not on the screen.")
    return action


def points_of(action: Action) -> tuple[Point, ...]:
    """All points that an action names."""
    if isinstance(action, Drag):
        return (action.start, *action.via, action.end)
    point = getattr(action, "point", None)
    return (point,) if isinstance(point, Point) else ()


def line_of(action: Action) -> str:
    """An action as a line that a person can change; empty where no line says it."""
    try:
        return write_command(action, _ANYWHERE)
    except ValueError:
        return ""


def deed_in_words(action: Action) -> str:
    """What was done, without its points, which every policy counts in units of its own."""
    if isinstance(action, Drag):
        return "drag"
    return _POINT_AFTER_NAME.sub(r"\1", line_of(action)) or action.type
