"""A question about pictures as an environment: one answer, in words or by pointing."""

from collections.abc import Sequence
from typing import Literal

from PIL import Image

from vigorl.browser.action_space import ActionSpace, not_offered
from vigorl.browser.actions import Action, Click
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.tasks.visual_reasoning.matching import (
    chosen,
    is_lenient_match,
    is_official_yes_or_no,
    official_point,
    points_in,
)
from vigorl.tasks.visual_reasoning.question import LETTERS, ImageQuestion
from vigorl.tasks.visual_reasoning.robospatial import UNIT, ImagePlace

ImageLayout = Literal["together", "apart"]
"""Several images of a question: side by side in one picture, which can be zoomed into, or each a
picture of its own, of which the last is the screen."""

NO_ANSWER = "no answer was given"
"""Why an episode without an answer scores 0."""

UNREADABLE = "the answer is none of the choices"
UNREADABLE_PLACE = "the answer is no list of points"

GAP_PX = 16
"""Between images that stand side by side."""


class PictureQuestion:
    """One question.

    What the policy says when it is done is the answer; where a place is asked for, a click is one,
    too. The score is by the strict rule, the others go along (`vigorl.tasks.visual_reasoning.
    matching`).

    Args:
        question: What is asked.
        layout: Of several images. The published evaluation put them together in one picture; how,
            is not known.
    """

    def __init__(self, question: ImageQuestion, layout: ImageLayout = "together") -> None:
        self.goal = question.goal
        self._question = question
        self._place = ImagePlace.of(question) if question.kind == "place" else None
        self._clicked: Point | None = None
        pictures = [image.picture() for image in question.images]
        if layout == "together" and len(pictures) > 1:
            pictures = [side_by_side(pictures)]
        *others, screen = pictures
        self._frame = Frame.of_viewport(screen.width_px, screen.height_px)
        self._first = Observation(View(screen, self._frame), pictures=tuple(others), still=True)

    @property
    def actions(self) -> ActionSpace:
        """A click where a place is asked for; every other answer ends the episode by itself."""
        return frozenset() if self._place is None else frozenset({"click"})

    async def reset(self) -> Observation:
        """Show the pictures."""
        return self._first

    async def step(self, action: Action) -> Observation:
        """Take a click as the answer where a place is asked for; nothing else can be done."""
        if isinstance(action, Click) and self._place is not None:
            if not self._frame.contains(action.point):
                return self._first.answer("bad_action", "This point is not on the picture.")
            parts = Frame(self._frame.width_px, self._frame.height_px, UNIT)
            self._clicked = parts.to_region(action.point)
            return Observation(None, ended=True)
        why = "This is a question about a picture: answer it."
        return self._first.answer("bad_action", not_offered(action, self.actions, why))

    async def score(self, answer: str | None) -> Score:
        """Judge the answer, or the click."""
        if self._place is not None:
            return self._score_place(self._place, answer)
        question = self._question
        if answer is None:
            return self._wrong(NO_ANSWER)
        other = {"lenient": float(is_lenient_match(answer, question.answer))}
        if question.benchmark == "robospatial":
            other["official"] = float(is_official_yes_or_no(answer, question.answer))
        lettered = question.kind == "choice"
        index = chosen(answer, question.options, lettered)
        if index is None:
            return Score(0.0, UNREADABLE, other)
        said = question.options[index]
        if said == question.answer:
            return Score(1.0, f"{self._called(said)} is right", other)
        right = self._called(question.answer)
        return Score(0.0, f"{self._called(said)} instead of {right}", other)

    async def close(self) -> None:
        """Nothing is held."""

    def _score_place(self, place: ImagePlace, answer: str | None) -> Score:
        if self._clicked is not None:
            points: tuple[Point, ...] | None = (self._clicked,)
            official: Point | None = self._clicked
        elif answer is None:
            return self._wrong(NO_ANSWER)
        else:
            points, official = points_in(answer), official_point(answer)
        other = {"official": float(official is not None and place.outlines(official))}
        if points is None:
            return Score(0.0, UNREADABLE_PLACE, other)
        where = f"({points[0].x:.3g}, {points[0].y:.3g})"
        if place.holds(points[0]):
            return Score(1.0, f"{where} lies in the place", other)
        return Score(0.0, f"{where} lies outside of the place", other)

    def _wrong(self, why: str) -> Score:
        return Score(0.0, why, dict.fromkeys(rules_of(self._question), 0.0))

    def _called(self, option: str) -> str:
        if self._question.kind != "choice":
            return f"“{option}”"
        return f"“{LETTERS[self._question.options.index(option)]}. {option}”"


def rules_of(question: ImageQuestion) -> tuple[str, ...]:
    """The rules beside the strict one that an answer to a question is judged by."""
    if question.kind == "place":
        return ("official",)
    return ("lenient", "official") if question.benchmark == "robospatial" else ("lenient",)


def side_by_side(pictures: Sequence[Picture]) -> Picture:
    """One picture with all of them, from left to right at their own sizes, on white."""
    width_px = sum(picture.width_px for picture in pictures) + GAP_PX * (len(pictures) - 1)
    sheet = Image.new("RGB", (width_px, max(picture.height_px for picture in pictures)), "white")
    left_px = 0
    for picture in pictures:
        sheet.paste(picture.image(), (left_px, 0))
        left_px += picture.width_px + GAP_PX
    return Picture.from_image(sheet)
