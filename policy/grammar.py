"""Turn formats: the text of a turn, read and written; outside of `vigorl.policy` nothing parses it.

A turn is a thought, anchored to points of the screen, and then an action or a zoom. How
that is written differs between models; a `TurnFormat` is one way, and a `Family` names its own:

========================  ==========================================================
`tags.Tags`               `<think> … (412, 633) </think> <answer> … </answer>`, ours and
                          that of the published ViGoRL checkpoints
`tool_calls.ToolCalls`    `<tool_call>{"name": "computer_use", "arguments": …}</tool_call>`
`json_turns.JsonTurns`    `{"thought": …, "action": {"action": "click_element", …}}`
`function_calls`          `Thought: … Action: click(start_box='(412,633)')`, and kin
========================  ==========================================================

Reading is lenient: the first complete action counts, whatever stands around it. Where that is not
how the format says it, the turn has a `slip`, which costs a reward and nothing else.
"""

from dataclasses import dataclass
from typing import Protocol

from vigorl.browser.action_space import EVERY_ACTION, ActionSpace
from vigorl.browser.actions import Action, ZoomStyle
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Mark
from vigorl.policy.points import Mention


@dataclass(frozen=True, slots=True)
class Lens:
    """How much of the screen a zoom shows, and how it is made."""

    half_width_css_px: float
    half_height_css_px: float
    style: ZoomStyle


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a turn says; either `action` or `error` is set."""

    thought: str
    mentions: tuple[Mention, ...]
    """The pairs of coordinates that the thought names, in order."""
    action: Action | None
    error: str | None
    """Addressed to the model: what is wrong, and how it is written."""
    slip: str = ""
    """How the text departs from its format, where it was understood nonetheless."""

    @property
    def points_css_px(self) -> tuple[Point, ...]:
        """The points that the thought names, as far as they are on the screen."""
        return tuple(each.point for each in self.mentions if each.point is not None)


class TurnFormat(Protocol):
    """One way to write a turn."""

    @property
    def acts_on_marks(self) -> bool:
        """Whether actions name numbered elements instead of points."""
        ...

    def read(self, text: str, dialect: "Dialect") -> Parsed:
        """Understand a turn; what cannot be understood is data, not an exception."""
        ...

    def write(self, thought: str, action: Action, dialect: "Dialect") -> str:
        """The text of a turn, in which `read` finds the same thought and the same action.

        Raises:
            ValueError: the format cannot say this action.
        """
        ...

    def write_action(self, action: Action, dialect: "Dialect") -> str:
        """The action alone, as a line in a list of what was done.

        Raises:
            ValueError: the format cannot say this action.
        """
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the turn about one screen is written."""

    frame: Frame
    """The coordinates of its points: the grid that the model was told to use, over the screen."""
    format: TurnFormat
    lens: Lens | None = None
    """None where the family cannot zoom."""
    marks: tuple[Mark, ...] = ()
    """The numbered elements of the screen, for actions on marks."""
    actions: ActionSpace = EVERY_ACTION
    """Types of action that the environment offers."""


def parse(text: str, dialect: Dialect) -> Parsed:
    """Understand the text of a turn; what cannot be understood is data, not an exception."""
    return dialect.format.read(text, dialect)


def write(thought: str, action: Action, dialect: Dialect) -> str:
    """The text of a turn: `parse` finds the same thought and the same action in it.

    Points are rounded to whole units of the dialect's frame; those in the thought are written by
    the caller, with `write_point`. A zoom on a point says only its middle: how much it shows is
    the dialect's affair. A tag inside the thought (quoted from a page, say) is defused.

    Raises:
        ValueError: the dialect cannot say this action.
    """
    return dialect.format.write(thought, action, dialect)


def write_answer(action: Action, dialect: Dialect) -> str:
    """The action alone, without a thought.

    Raises:
        ValueError: the dialect cannot say this action.
    """
    return dialect.format.write_action(action, dialect)
