"""What a person may ask of a run under way: records, which a page sends as JSON.

A command that is about something (a proposal, a screen, a question) names it by its `turn`, so
that nobody decides about what somebody else has decided already.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from vigorl.browser.actions import Action


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold the next action back until somebody lets it go; a take-over ends."""

    type: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True)
class Resume:
    """Let the policy go on by itself; what is held back is done, and a take-over ends."""

    type: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True)
class StepOnce:
    """Let one action go, and hold the one after it."""

    turn: int | None = None
    type: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class TakeControl:
    """Act oneself from here on; what is held back is not done."""

    type: Literal["take_over"] = "take_over"


@dataclass(frozen=True, slots=True)
class Act:
    """Do this, as a person who has taken over: an action, or a line of the action language."""

    action: Action | str
    turn: int | None = None
    type: Literal["act"] = "act"


@dataclass(frozen=True, slots=True)
class Edit:
    """Do this in the place of what is held back."""

    action: Action | str
    turn: int | None = None
    type: Literal["edit"] = "edit"


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not do what is held back, and tell the policy why."""

    why: str = ""
    turn: int | None = None
    type: Literal["veto"] = "veto"


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the policy something at its next turn."""

    text: str
    type: Literal["say"] = "say"


@dataclass(frozen=True, slots=True)
class GiveAnswer:
    """Answer what the policy has asked."""

    text: str
    is_secret: bool = False
    """It may be typed by its name, and neither the model nor the record sees it."""
    turn: int | None = None
    type: Literal["reply"] = "reply"


@dataclass(frozen=True, slots=True)
class Decide:
    """Say yes or no to something risky that is about to be done."""

    answer: Literal["yes", "no", "always", "stop"]
    turn: int | None = None
    type: Literal["decide"] = "decide"


@dataclass(frozen=True, slots=True)
class Stop:
    """End the episode, with what was recorded."""

    type: Literal["stop"] = "stop"


Command = (
    Pause | Resume | StepOnce | TakeControl | Act | Edit | Refuse | Say | GiveAnswer | Decide | Stop
)

COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])
"""Reads a command from JSON."""


class NotNow(Exception):
    """A command that cannot be carried out as things are; the message says so to the person."""
