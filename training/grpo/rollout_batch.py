"""Rollout batches: groups of rollouts, sampled until enough of them have reward variance.

A batch needs a policy and tasks, and knows nothing of how the policy learns. Groups whose rollouts
all have the same reward are discarded and others sampled in their place. A rollout that a fault has
ended says nothing of the policy: its place in the group is filled again by another, which draws
with a seed of its own, so that what is drawn elsewhere stays as it is.

Source: dynamic sampling, arXiv 2503.14476 (DAPO).
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vigorl.agent.evaluation.play_queue import Here, PlayQueue
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import PlayedSample, Tries, play
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.environment import is_solved
from vigorl.browser.errors import InfrastructureFault, VigorlError
from vigorl.browser.first_error import first_error
from vigorl.browser.run_folder import disk
from vigorl.policy.policy import Policy, numbered
from vigorl.training.grpo.config import VarianceOf
from vigorl.training.grpo.groups import Group, group_of
from vigorl.training.grpo.rewards import Reward, RewardRule, reward_of
from vigorl.training.run.ranks import Ranks

OnRollout = Callable[[Trajectory], None]
"""Told each rollout as it ends."""


@dataclass(frozen=True, slots=True)
class RolloutLimits:
    """How many rollouts a batch consists of, and how long one may take."""

    group_size: int
    """Rollouts of one task."""
    groups: int
    """Groups with reward variance that are wanted."""
    max_groups: int
    """Most groups sampled to find them."""
    at_once: int
    """Rollouts sampled at the same time."""
    episode: Limits
    """Turns and seconds of a rollout."""
    variance_of: VarianceOf = "score"
    """By what a group's rollouts have to differ for it to be kept."""
    tries: Tries = field(default_factory=Tries)
    """How often a rollout's place in its group is filled again where a fault ends it."""


@dataclass(frozen=True, slots=True)
class _RolloutOrder:
    """Which rollout is to be played."""

    task: int
    """How many tasks of the run come before its own."""
    index: int
    """In its group."""
    episode: int
    """Its number in the run, by whose seed it draws."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a run's tasks and seeds a batch begins."""

    tasks: int = 0
    """Tasks sampled before."""
    episodes: int = 0
    """Rollouts begun before."""


START = Position()
"""Of a run."""


@dataclass
class _Tally:
    """What came of the rollouts of this process."""

    episodes: list[Trajectory] = field(default_factory=list)
    rewards: list[Reward] = field(default_factory=list)
    """Of those that could be judged."""
    scores: dict[str, list[float]] = field(default_factory=dict)
    """Of those of each source, where there are several."""
    groups: list[Group] = field(default_factory=list)
    """Those with reward variance."""
    stds: list[float] = field(default_factory=list)
    """Of the rewards of every group that can be compared."""
    all_right: int = 0
    """Groups whose every rollout solved the task."""
    all_wrong: int = 0
    """Groups of which no rollout did."""
    retried: int = 0
    """Times that a rollout broke and was played again."""
    refilled: int = 0
    """Places in groups that have a rollout because it was."""
    short: int = 0
    """Groups that lack rollouts."""
    errors: list[VigorlError] = field(default_factory=list)
    """Why samples cannot be used as they are written."""
    mistakes: list[Exception] = field(default_factory=list)
    """Of the program."""


class RolloutBatch:
    """The rollouts of one batch: task after task, until enough groups have reward variance.

    Of several processes, each samples its share of every round.
    """

    def __init__(
        self,
        policy: Policy,
        tasks: Sequence[Sample],
        limits: RolloutLimits,
        folder: Path,
        *,
        rule: RewardRule,
        begin: Position = START,
        ranks: Ranks | None = None,
        on_rollout: OnRollout = lambda trajectory: None,
    ) -> None:
        """Nothing is sampled yet.

        Args:
            policy: Who plays; its tokens have to be recorded.
            tasks: What is played, one after another, and again from the first.
            limits: How much.
            folder: Gets the record of every rollout; what it held before is removed.
            rule: What a rollout is rewarded for.
            begin: Which task and seed are next.
            ranks: The processes that sample together.
            on_rollout: Told each rollout of this process as it ends.
        """
        self.position = begin
        """Which task and seed come after it."""
        self._policy = policy
        self._tasks = tasks
        self._limits = limits
        self._folder = folder
        self._rule = rule
        self._ranks = ranks or Ranks()
        self._on_rollout = on_rollout
        self._queue = PlayQueue([Here(self._play) for _ in range(limits.at_once)])
        self._tally = _Tally()
        self._sampled = 0
        """Groups, by all processes, and …"""
        self._kept = 0
        """… those with variance."""

    @property
    def groups(self) -> list[Group]:
        """The groups of this process that have reward variance."""
        return self._tally.groups

    async def sample(self) -> list[Group]:
        """Sample as many groups as are missing, and again for those without variance.

        Returns:
            Those of this process that have reward variance.

        Raises:
            InfrastructureFault: not one of the rollouts of a round could be judged; or what
                escaped from the first one, where that was another error.
        """
        if self._ranks.is_first:
            with disk(self._folder):
                shutil.rmtree(self._folder, ignore_errors=True)
        await asyncio.to_thread(self._ranks.all_gather, None)  # nobody plays before it is gone
        limits = self._limits
        while (missing := limits.groups - self._kept) > 0:
            count = min(missing, limits.max_groups - self._sampled)
            if count <= 0:
                break
            await self._round(count)
        return self.groups

    async def _round(self, count: int) -> None:
        """Sample so many groups, all under way together."""
        size, first = self._limits.group_size, self.position.tasks
        share = self._ranks.share(range(first, first + count))
        begun = self.position.episodes - first * size
        with first_error(VigorlError):
            async with asyncio.TaskGroup() as running:
                started = [
                    [
                        running.create_task(self._rollout(number, index, begun + number * size))
                        for index in range(size)
                    ]
                    for number in share
                ]
        played = [[task.result() for task in group] for group in started]
        self._sampled += count
        self.position = Position(first + count, self.position.episodes + count * size)
        await self._judge(dict(zip(share, played, strict=True)))

    async def _judge(self, played: dict[int, list[Trajectory]]) -> None:
        """Reward what was played, and find out with all others whether anything could be.

        Args:
            played: The rollouts of each task, by its number in the run.
        """
        tally, rule = self._tally, self._rule
        episodes = [episode for group in played.values() for episode in group]
        tally.episodes += episodes
        for number, group in played.items():
            rewards = [reward_of(episode, rule) for episode in group]
            judged = [reward for reward in rewards if reward is not None]
            tally.rewards += judged
            if source := self._sample(number).source:
                tally.scores.setdefault(source, []).extend(reward.score for reward in judged)
        groups = [group_of(each, rule) for each in played.values()]
        size = self._limits.group_size
        tally.short += sum(group is None or len(group.rollouts) < size for group in groups)
        kept = sum(self._compare(group) for group in groups if group is not None)
        broken = [
            f"{episode.folder.name}: {episode.end.reason if episode.end else 'killed'}"
            for episode in episodes
            if episode.status == "fault"
        ]
        own = (kept, len(episodes) - len(broken), broken[:1])
        everywhere = await asyncio.to_thread(self._ranks.all_gather, own)
        self._kept += sum(kept for kept, _, _ in everywhere)
        if not any(whole for _, whole, _ in everywhere):
            if errors := [*tally.errors, *tally.mistakes]:
                raise errors[0]
            reason = next(reason for _, _, reasons in everywhere for reason in reasons)
            raise InfrastructureFault(f"every episode broke; the first one: {reason}")

    def _compare(self, group: Group) -> bool:
        """Count a group, and keep it if it has reward variance."""
        tally = self._tally
        solved = [is_solved(rollout.reward.score) for rollout in group.rollouts]
        tally.stds.append(group.reward_std)
        tally.all_right += all(solved)
        tally.all_wrong += not any(solved)
        is_kept = group.varies(self._limits.variance_of)
        if is_kept:
            tally.groups.append(group)
        return is_kept

    async def _rollout(self, number: int, index: int, before: int) -> Trajectory:
        """One rollout of a task, whose group begins after so many rollouts of the run."""
        tally = self._tally
        played = await self._queue.play(_RolloutOrder(number, index, before + index))
        tally.retried += len(played.broke)
        tally.refilled += bool(played.broke) and played.trajectory.status != "fault"
        tally.errors += [] if played.error is None else [played.error]
        tally.mistakes += played.mistakes
        self._on_rollout(played.trajectory)
        return played.trajectory

    async def _play(self, order: _RolloutOrder) -> PlayedSample:
        """Play a rollout here."""
        sample, limits = self._sample(order.task), self._limits
        name = f"{order.task:06d}-{folder_name(sample.id)}-{order.index}"
        policy = numbered(self._policy, order.episode)
        return await play(policy, sample, self._folder, name, limits.episode, limits.tries)

    def _sample(self, number: int) -> Sample:
        """What so many tasks of the run come before."""
        return self._tasks[number % len(self._tasks)]

    def metrics(self) -> dict[str, float]:
        """What the rollouts of all processes were like (`vigorl.training.grpo.loop`)."""
        total = self._ranks.all_reduce(_sums(self._tally))
        judged, trained = max(1, total.pop("judged")), max(1, total.pop("trained"))
        compared = max(1, total.pop("compared"))
        means = {
            "score": total.pop("score") / judged,
            "reward_kept": total.pop("reward_kept") / trained,
            "reward/format": total.pop("well_formed") / judged,
            "reward/zoom": total.pop("zoomed") / judged,
            "reward/std": total.pop("std") / compared,
        }
        for name in [name for name in total if name.startswith("score/")]:
            means[name] = total.pop(name) / total.pop(f"judged of {name}")
        return {
            **{name: round(value, 4) for name, value in means.items()},
            "groups": self._sampled,
            "groups_kept": self._kept,
            **{name: round(value, 2) for name, value in total.items()},
        }


def _sums(tally: _Tally) -> dict[str, float]:
    """Sums over the rollouts of one process, and the numbers of what they are sums over."""
    ends = [episode.end for episode in tally.episodes if episode.end is not None]
    steps = [step for episode in tally.episodes for step in episode.steps]
    rewards = tally.rewards
    trained = [reward for group in tally.groups for reward in group.rewards]
    by_source = [(name, scores) for name, scores in tally.scores.items() if scores]
    return {
        "judged": len(rewards),
        "score": sum(reward.score for reward in rewards),
        "well_formed": sum(reward.is_well_formed for reward in rewards),
        "zoomed": sum(reward.crops > 0 for reward in rewards),
        "trained": len(trained),
        "reward_kept": sum(trained),
        "compared": len(tally.stds),
        "std": sum(tally.stds),
        "groups/short": tally.short,
        "groups/all_right": tally.all_right,
        "groups/all_wrong": tally.all_wrong,
        "episodes": len(tally.episodes),
        "faults": sum(end.status == "fault" for end in ends),
        "retried": tally.retried,
        "refilled": tally.refilled,
        "mistakes": len(tally.mistakes),
        "turns": len(steps),
        "sampled_tokens": sum(step.turn.sampled_token_count or 0 for step in steps),
        "model_s": sum(step.act_s for step in steps),
        "world_s": sum(step.observe_s for step in steps),
        **{f"score/{name}": sum(scores) for name, scores in by_source},
        **{f"judged of score/{name}": len(scores) for name, scores in by_source},
    }
