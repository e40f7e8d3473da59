"""Groups: rollouts of one task from one beginning, as they are compared and trained on."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from vigorl.agent.record.trajectory import Trajectory, sha256_of
from vigorl.browser.errors import UsageError
from vigorl.browser.picture import Picture
from vigorl.training.data.rows import Row, rows_of
from vigorl.training.grpo.config import VarianceOf
from vigorl.training.grpo.rewards import Reward, RewardRule, reward_of


@dataclass(frozen=True)
class Rollout:
    """One trajectory as it is trained on: its tokens, and its reward."""

    rows: tuple[Row, ...]
    reward: Reward


@dataclass(frozen=True)
class Group:
    """Rollouts of one task from one beginning, and the pictures that they saw, by sha256."""

    rollouts: tuple[Rollout, ...]
    pictures: Mapping[str, Picture]
    name: str = "a group"
    """For messages."""

    def __post_init__(self) -> None:
        if len(self.rollouts) < 2:
            raise UsageError(
                f"a group of {len(self.rollouts)}: a rollout is judged by comparison, so that "
                "a group needs at least two"
            )

    @property
    def rewards(self) -> list[float]:
        """What is compared, rollout by rollout."""
        return [rollout.reward.total for rollout in self.rollouts]

    @property
    def row_count(self) -> int:
        """Rows of all rollouts."""
        return sum(len(rollout.rows) for rollout in self.rollouts)

    def compared(self, by: VarianceOf) -> list[float]:
        """The judge's score of each rollout, or the whole of its reward."""
        match by:
            case "score":
                return [rollout.reward.score for rollout in self.rollouts]
            case "reward":
                return self.rewards
            case _:
                assert_never(by)

    def varies(self, by: VarianceOf) -> bool:
        """Whether one rollout was better than another; otherwise nothing is learnt."""
        return len(set(self.compared(by))) > 1

    @property
    def reward_std(self) -> float:
        """Standard deviation of the rewards, over the number of rollouts less one."""
        return statistics.stdev(self.rewards)


def without_long_rows(groups: Sequence[Group], most_tokens: int) -> tuple[list[Group], int]:
    """Groups without the rows that are too long to be learnt from, and how many these are.

    A rollout that loses its rows is still one that the others are compared with.

    Args:
        groups: Of a rollout batch.
        most_tokens: Most tokens of a row.
    """
    count = 0
    kept = []
    for group in groups:
        rollouts = tuple(
            replace(rollout, rows=tuple(row for row in rollout.rows if len(row.ids) <= most_tokens))
            for rollout in group.rollouts
        )
        left_out = group.row_count - (fitting := replace(group, rollouts=rollouts)).row_count
        count += left_out
        kept.append(fitting if left_out else group)
    return kept, count


def rollout_of(trajectory: Trajectory, rule: RewardRule) -> Rollout | None:
    """A rollout from its record; None where it could not be judged, or nothing was sampled.

    Raises:
        UsageError: it was recorded without tokens.
        InconsistentData: the record contradicts itself.
    """
    reward = reward_of(trajectory, rule)
    if reward is None or not trajectory.steps:
        return None
    tokens = [step.turn.tokens for step in trajectory.steps]
    known = [turn for turn in tokens if turn is not None]
    if len(known) < len(tokens):
        raise UsageError(
            f"{trajectory.folder} was recorded without tokens: train on what a checkpoint in "
            "this process played, or a server that tells token ids"
        )
    return Rollout(tuple(rows_of(known)), reward)


def pictures_of(
    trajectory: Trajectory, rollout: Rollout, known: Collection[str] = ()
) -> dict[str, Picture]:
    """The pictures that stand in a rollout's rows, by their sha256; not those that are known.

    Raises:
        InconsistentData: the record names one that is not there.
    """
    needed = {image.sha256 for row in rollout.rows for image in row.images} - set(known)
    return {
        sha256: trajectory.picture(image)
        for image in trajectory.images()
        if (sha256 := sha256_of(image)) in needed
    }


def group_of(trajectories: Sequence[Trajectory], rule: RewardRule) -> Group | None:
    """A group from the records of its episodes.

    Episodes that could not be judged, or in which nothing was sampled, are left out.

    Returns:
        None where fewer than two are left.

    Raises:
        UsageError: an episode was recorded without tokens.
        InconsistentData: a record contradicts itself.
    """
    rollouts: list[Rollout] = []
    pictures: dict[str, Picture] = {}
    for trajectory in trajectories:
        rollout = rollout_of(trajectory, rule)
        if rollout is not None:
            rollouts.append(rollout)
            pictures |= pictures_of(trajectory, rollout, pictures)
    if len(rollouts) < 2:
        return None
    return Group(tuple(rollouts), pictures, f"the group of {trajectories[0].folder}")
