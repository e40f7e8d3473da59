"""What an episode is worth to training: the task's score, and shaping beside it.

The score is the judge's, and all that evaluation ever sees. Shaping (form, looks closer) exists
for training alone, and cannot turn the order of the two around: a right answer is worth 1 and
more, whatever its form, and any other less than 1, whatever its form::

    right (score 1)    1 + format · is_well_formed + diversity · crops / 4
    otherwise          partial · score + format · is_well_formed        partial + format < 1

Source: the kinds of reward of arXiv 2505.23678 (answer, form with points inside the picture, bonus
for distinct crops). The weights are ours: with those of the published code a wrong answer with
five crops is worth 0.72, and a right one with a slip in a tag 0.60.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.agent.record.trajectory import StepRecord, Trajectory
from vigorl.browser.actions import (
    Action,
    Click,
    Done,
    Drag,
    Hover,
    SelectOption,
    Type,
    Upload,
    Zoom,
)
from vigorl.browser.environment import is_solved
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box
from vigorl.policy.policy import Turn

MOST_CROPS = 4
"""Further ones earn nothing. Source: the published settings allow five pictures in all."""


@dataclass(frozen=True, slots=True)
class RewardRule:
    """How much shaping counts, in units of a right answer."""

    format: float = 0.1
    """For an episode whose every turn is well formed."""
    diversity: float = 0.2
    """For MOST_CROPS distinct crops before a right answer; in proportion for fewer."""
    partial: float = 0.5
    """What is paid of a score below 1."""
    is_grounded: bool = True
    """Well formed means as well that a thought names a point where there is one to name: before
    an action on something of the screen, and before an answer read off it."""

    def __post_init__(self) -> None:
        if min(self.format, self.diversity, self.partial) < 0 or self.partial + self.format >= 1:
            raise UsageError(
                f"{self}: weights are at least 0, and partial + format below 1, or a wrong answer "
                "could be worth more than a right one"
            )


RULES = {
    "multi-turn": RewardRule(),
    "single-turn": RewardRule(diversity=0),
    "vanilla": RewardRule(diversity=0, is_grounded=False),
    "score": RewardRule(format=0, diversity=0, partial=1 - 1e-6),
}
"""ViGoRL with and without looks closer; GRPO whose thoughts need not name points; no shaping."""


@dataclass(frozen=True, slots=True)
class Reward:
    """What an episode is worth, part by part; only `total` is trained on."""

    score: float
    """The judge's, in [0, 1]."""
    is_well_formed: bool
    crops: int
    """Distinct ones."""
    total: float


def reward_of(trajectory: Trajectory, rule: RewardRule) -> Reward | None:
    """The reward of an episode; None where nobody could judge it, which is not trained on.

    Raises:
        InconsistentData: the score is no number from 0 to 1; names the trajectory.
    """
    if trajectory.score is None:
        return None
    score = trajectory.score.value
    if math.isnan(score) or not 0 <= score <= 1:
        raise InconsistentData(
            f"{trajectory.folder} has a score of {score}: its judge must say a number from 0 to "
            "1, or None where it cannot tell"
        )
    turns = [step.turn for step in trajectory.steps]
    return shaped(score, is_well_formed(turns, rule), distinct_crops(trajectory.steps), rule)


def shaped(score: float, is_well_formed: bool, crops: int, rule: RewardRule) -> Reward:
    """The formula above."""
    total = rule.format * is_well_formed
    if is_solved(score):
        total += 1 + rule.diversity * min(crops, MOST_CROPS) / MOST_CROPS
    else:
        total += rule.partial * score
    return Reward(score, is_well_formed, crops, total)


def is_well_formed(turns: Sequence[Turn], rule: RewardRule) -> bool:
    """Whether every turn is written as the grammar says, with its points inside the picture.

    A turn that was begun for the model says nothing of its form, and does not count.

    An action off the screen is refused by the grammar. A thought keeps those of its points that
    are on the screen, so one that is elsewhere shows in their number.
    """
    return bool(turns) and all(
        turn.error is None
        and not turn.slip
        and tuple(each.point for each in turn.named) == turn.points
        and (bool(turn.points) or not (rule.is_grounded and _is_about_a_place(turn.action)))
        for turn in turns
        if not turn.begun
    )


def _is_about_a_place(action: Action | None) -> bool:
    """Whether the thought before it has something on the screen to point at."""
    match action:
        case Click() | Hover() | Type() | Drag() | SelectOption() | Upload() | Zoom():
            return True
        case Done(answer):
            return answer != ""  # without one, it says that there is nothing left to do
        case _:
            return False


def distinct_crops(steps: Sequence[StepRecord]) -> int:
    """How many looks closer were looked at whose middle no earlier one of that screen showed."""
    screen = ""
    seen: dict[str, list[Box]] = {}
    for step in steps:
        view = step.seen.view
        if view is None:
            continue
        if view.kind == "screen":
            screen = view.image
            continue
        regions = seen.setdefault(screen, [])
        if not any(region.contains(view.frame.region_css_px.center) for region in regions):
            regions.append(view.frame.region_css_px)
    return sum(map(len, seen.values()))
