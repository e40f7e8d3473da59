"""What can be seen of a run under way: one record, whoever looks at it."""

import re
from dataclasses import dataclass
from typing import Literal

from vigorl.agent.record.trajectory import StepRecord
from vigorl.browser.actions import Action
from vigorl.browser.deeds import Deed
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Event, Observation
from vigorl.browser.picture import View
from vigorl.policy.policy import Turn

_CONFIDENTIAL = re.compile(
    r"pass(?:word|code|phrase|wort)|kennwort|mot de passe|contrase|senha|\bpins?\b|secret|token|"
    r"\bcodes?\b|\bcv[cv]\b|credential|log-?in",
    re.IGNORECASE,
)

Mode = Literal["running", "paused", "taken_over", "ended"]
"""Who has the say: the policy; the policy, with each action held back; a person; nobody."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the policy has chosen and nobody has done yet."""

    action: Action
    turn: Turn

    @property
    def points(self) -> tuple[Point, ...]:
        """What its thought points at, each once."""
        return tuple(dict.fromkeys(self.turn.points))


@dataclass(frozen=True, slots=True)
class Question:
    """What the policy asks the person."""

    text: str

    @property
    def is_confidential(self) -> bool:
        """Whether the answer is to be kept secret, unless the person says otherwise."""
        return _CONFIDENTIAL.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that is over."""

    number: int
    """From 1."""
    record: StepRecord


@dataclass(frozen=True, slots=True)
class SteeredState:
    """A run under way."""

    revision: int = 0
    """Grows with every change."""
    mode: Mode = "running"
    turn: int = 0
    """Names what is to be decided now; another number, another decision."""
    doing: str = "starting"
    """What is under way, in a few words."""
    goal: str = ""
    policy: str = ""
    hears: bool = True
    """Whether what is said to the policy reaches it."""
    seen: Observation | None = None
    """What there is to see; None before the first page."""
    screen: View | None = None
    """The last whole screen."""
    events: tuple[Event, ...] = ()
    """What the last action led to beside the picture."""
    proposal: Proposal | None = None
    awaits_action: bool = False
    """A person has taken over, and it is their turn."""
    asked: Deed | Question | None = None
    """Waits for an answer."""
    lets_one: bool = False
    """The next action is let go, and the one after it is held back."""
    to_be_told: tuple[str, ...] = ()
    """What was said to the policy and it has not been told yet."""
    past: tuple[PastStep, ...] = ()
    ending: str = ""
    """How it ended, in a sentence."""
