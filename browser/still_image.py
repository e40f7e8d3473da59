"""The still-image environment: one picture, one answer on it, as grounding benchmarks ask for."""

from collections.abc import Mapping

from vigorl.browser.action_space import ActionSpace, not_offered
from vigorl.browser.actions import Action, Click, Drag
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.grounding_rule import RIGHT_OVERLAP, GroundingRule, asks_for_box, nearness
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View

NO_CLICK = "nothing was clicked"
"""Why an episode without a click scores 0."""

NO_BOX = "no box was drawn"
"""Why one without a box does, where a box is asked for."""

DRAW = "Draw the box around it: drag from its upper left to its lower right corner."
"""What is asked beside the instruction where the answer is a box."""


_BESIDE: Mapping[GroundingRule, tuple[str, ...]] = {
    "hit": (),
    "distance": ("hit",),
    "center": ("overlap",),
    "overlap": ("center",),
}
"""What goes along with a score, by other rules."""


class StaticScreenshot:
    """One picture, one answer.

    The picture's pixels are the viewport's. A click on the picture, or a drag where a box is asked
    for, ends the episode, and is judged by the target. Without a target nobody can tell.

    Args:
        picture: What is seen.
        goal: What to point at.
        target: Where it is, px of the picture; None: not known.
        rule: What the answer is, and when it is right.
    """

    def __init__(
        self, picture: Picture, goal: str, target: Box | None, rule: GroundingRule = "hit"
    ) -> None:
        is_boxed = asks_for_box(rule)
        self.goal = f"{goal}\n{DRAW}" if is_boxed else goal
        self.actions: ActionSpace = frozenset({"drag"} if is_boxed else {"click"})
        self._rule = rule
        self._target = target
        self._answer: Point | Box | None = None
        frame = Frame.of_viewport(picture.width_px, picture.height_px)
        self._first = Observation(View(picture, frame), still=True, actions=self.actions)
        self._frame = frame

    @property
    def first(self) -> Observation:
        """What is seen first, and, but for answers, at all."""
        return self._first

    async def reset(self) -> Observation:
        """Show the picture."""
        return self._first

    async def step(self, action: Action) -> Observation:
        """Take a click, or a drag, as the answer; nothing else can be done to a picture."""
        points: tuple[Point, ...]
        given: Point | Box
        match action:
            case Click(point) if "click" in self.actions:
                points, given = (point,), point
            case Drag(start, end) if "drag" in self.actions:
                points, given = (start, end), Box.spanned_by(start, end)
            case _:
                why = "This is a still picture."
                return self._first.answer("bad_action", not_offered(action, self.actions, why))
        for point in points:
            if not self._frame.contains(point):
                return self._first.answer(
                    "bad_action",
                    f"The point ({point.x:g}, {point.y:g}) is not on the picture, which is "
                    f"{self._frame.width_px} px wide and {self._frame.height_px} px high.",
                )
        self._answer = given
        return Observation(None, ended=True)

    async def score(self, answer: str | None) -> Score | None:
        """What the click or the box is worth; None where there is no target."""
        if self._target is None:
            return None
        match self._answer:
            case None:
                why = NO_BOX if asks_for_box(self._rule) else NO_CLICK
                return Score(0.0, why, dict.fromkeys(_BESIDE[self._rule], 0.0))
            case Point() as point:
                return _click_score(point, self._target, self._rule)
            case box:
                return _box_score(box, self._target, self._rule)

    async def close(self) -> None:
        """Nothing is held."""


def _click_score(point: Point, target: Box, rule: GroundingRule) -> Score:
    is_hit = target.contains(point)
    where = f"({point.x:g}, {point.y:g}) lies {'in' if is_hit else 'outside of'} the target"
    if rule == "hit":
        return Score(float(is_hit), where)
    return Score(1.0 if is_hit else nearness(point, target), where, {"hit": float(is_hit)})


def _box_score(box: Box, target: Box, rule: GroundingRule) -> Score:
    is_centered, overlap = target.contains(box.center), box.overlap(target)
    why = f"its overlap with the target is {overlap:.3g}, and its middle lies "
    why += "in it" if is_centered else "outside of it"
    if rule == "center":
        return Score(float(is_centered), why, {"overlap": overlap})
    value = 1.0 if overlap >= RIGHT_OVERLAP else overlap
    return Score(value, why, {"center": float(is_centered)})
