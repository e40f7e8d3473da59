"""The still-image environment: one picture, one click, as grounding benchmarks ask for."""

from vigorl.browser.action_space import ActionSpace, not_offered
from vigorl.browser.actions import Action, Click
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View

NO_CLICK = "nothing was clicked"
"""Why an episode without a click scores 0."""


class StaticScreenshot:
    """One picture, one click.

    The picture's pixels are the viewport's. A click on the picture ends the episode; it scores 1
    inside of the target, borders included, and 0 elsewhere. Without a target nobody can tell.
    """

    actions: ActionSpace = frozenset({"click"})

    def __init__(self, picture: Picture, goal: str, target: Box | None) -> None:
        self.goal = goal
        self._target = target
        self._clicked: Point | None = None
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
        """Take a click as the answer; nothing else can be done to a picture."""
        if not isinstance(action, Click):
            why = "This is a still picture."
            return self._first.answer("bad_action", not_offered(action, self.actions, why))
        if not self._frame.contains(action.point):
            return self._first.answer(
                "bad_action",
                f"The point ({action.point.x:g}, {action.point.y:g}) is not on the picture, which "
                f"is {self._frame.width_px} px wide and {self._frame.height_px} px high.",
            )
        self._clicked = action.point
        return Observation(None, ended=True)

    async def score(self, answer: str | None) -> Score | None:
        """Whether the click hit the target; None where there is no target."""
        if self._target is None:
            return None
        if self._clicked is None:
            return Score(0.0, NO_CLICK)
        x, y = self._clicked.x, self._clicked.y
        if self._target.contains(self._clicked):
            return Score(1.0, f"({x:g}, {y:g}) lies in the target")
        return Score(0.0, f"({x:g}, {y:g}) lies outside of the target")

    async def close(self) -> None:
        """Nothing is held."""
