"""The page of a group: rollouts of one task, their rewards by part, and where they part."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.agent.viewer.server.entry import EpisodeEntry
from vigorl.agent.viewer.server.viewer import viewer_of
from vigorl.browser.environment import is_solved
from vigorl.training.grpo.config import VarianceOf
from vigorl.training.grpo.rewards import MOST_CROPS, RULES, Reward, RewardRule, reward_of
from vigorl.training.viewing.said_tree import said_tree
from vigorl.training.viewing.training_pages import read_config, siblings

STD_FLOOR = 1e-4
"""Added to a group's standard deviation, as `vigorl.training.grpo.update` does."""
MOST_BYTES = 64 << 20
"""Of the records of a group that one page reads."""


@dataclass(frozen=True)
class RewardedRollout:
    """One rollout of a group, its reward, and how much better than its group it was."""

    number: int
    entry: EpisodeEntry
    episode: Trajectory
    reward: Reward | None
    """None where nobody could judge: not trained on."""
    advantage: float | None

    def parts(self, rule: RewardRule) -> dict[str, float]:
        """What the reward is made of."""
        if self.reward is None:
            return {}
        is_right = is_solved(self.reward.score)
        crops = min(self.reward.crops, MOST_CROPS) / MOST_CROPS
        return {
            "score": 1.0 if is_right else rule.partial * self.reward.score,
            "format": rule.format * self.reward.is_well_formed,
            "zoom": rule.diversity * crops if is_right else 0.0,
        }

    @property
    def sampled(self) -> int:
        """Tokens that were sampled."""
        return sum(step.turn.sampled_token_count or 0 for step in self.episode.steps)


def rewarded(
    entries: Sequence[EpisodeEntry],
    episodes: Sequence[Trajectory],
    rule: RewardRule,
    scaled_by: VarianceOf | None,
) -> list[RewardedRollout]:
    """The rollouts of a group with their advantages.

    Args:
        entries: As the index has them.
        episodes: The same, read.
        rule: What is rewarded.
        scaled_by: Advantages are divided by the standard deviation of this; None: by nothing.

    Raises:
        InconsistentData: a score is no number from 0 to 1.
    """
    rewards = [reward_of(episode, rule) if episode.steps else None for episode in episodes]
    totals = [reward.total for reward in rewards if reward is not None]
    mean = statistics.fmean(totals) if totals else 0.0
    compared = [
        reward.score if scaled_by == "score" else reward.total
        for reward in rewards
        if reward is not None
    ]
    std = statistics.stdev(compared) + STD_FLOOR if scaled_by and len(compared) > 1 else 1.0
    can_compare = len(totals) > 1
    return [
        RewardedRollout(
            number,
            entry,
            episode,
            reward,
            (reward.total - mean) / std if reward is not None and can_compare else None,
        )
        for number, (entry, episode, reward) in enumerate(
            zip(entries, episodes, rewards, strict=True), 1
        )
    ]


def show_group(request: Request) -> Response:
    """`/group/<place of a training>/rollouts/<update>?group=<name>`."""
    viewer = viewer_of(request)
    place = request.path_params["place"].strip("/")
    asked = request.query_params.get("group", "")
    groups = siblings(viewer.index.snapshot().below(place))
    names = [group.name for group in groups]
    if asked not in names:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{place} has no group {asked!r}")
    group = groups[names.index(asked)]
    size = sum(entry.stamp.size for entry in group.rollouts)
    if size > MOST_BYTES:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"the records of this group have {size / 2**20:,.0f} MiB, which is too much for one "
            "page: open its episodes one by one",
        )
    training = place.rpartition("/rollouts/")[0]
    config = read_config(viewer.places.folder(training)) if training else {}
    rule = RULES.get(str(config.get("reward")), RULES["multi-turn"])
    episodes = [read_trajectory(viewer.places.folder(entry.place)) for entry in group.rollouts]
    compares = _compares(config)
    scales = config.get("update.scale_by_std", True) is not False
    rollouts = rewarded(group.rollouts, episodes, rule, compares if scales else None)
    at = names.index(asked)
    return viewer.page(
        request,
        "group.html.jinja",
        place=place,
        training=training,
        group=group,
        rule=rule,
        rule_name=config.get("reward", "multi-turn, as nothing else is known"),
        scales=scales,
        compares=compares,
        rollouts=rollouts,
        has_variance=len(
            {
                each.reward.score if compares == "score" else each.reward.total
                for each in rollouts
                if each.reward
            }
        )
        > 1,
        tree=said_tree(episodes),
        screens=_screens(episodes),
        before=names[at - 1] if at else "",
        behind=names[at + 1] if at + 1 < len(names) else "",
    )


def _screens(episodes: Sequence[Trajectory]) -> dict[str, int]:
    """A number for each picture that any of them saw, in order."""
    views = (step.seen.view for episode in episodes for step in episode.steps)
    hashes = dict.fromkeys(view.sha256 for view in views if view is not None)
    return {sha256: number for number, sha256 in enumerate(hashes, 1)}


def _compares(config: dict[str, Any]) -> VarianceOf:
    """By what rollouts are compared; trainings that do not say are older, and compare rewards."""
    return "score" if config.get("update.variance_of") == "score" else "reward"
