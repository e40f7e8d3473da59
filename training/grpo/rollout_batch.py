"""The rollouts that an update is made of."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace

from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries, play
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.errors import InfrastructureFault, VigorlError
from vigorl.browser.first_error import first_error
from vigorl.browser.run_folder import disk
from vigorl.training.grpo.groups import Group, group_of
from vigorl.training.grpo.learner import Practice
from vigorl.training.grpo.rewards import RULES

Watch = Callable[[int, Trajectory], None]
"""Told the update that is played for, counted from 1, and each of its episodes as it ends."""


class Stint:
    """The rollouts of one step: tasks one after another until enough groups have variance.

    Of several processes, each plays its share of every round.
    """

    def __init__(self, practice: Practice, tasks: Sequence[Sample], watch: Watch) -> None:
        practice.backend.forget()  # so that a step depends on no other
        self.kept: list[Group] = []
        self.progress = practice.progress
        self._config = practice.config
        self._policy = practice.policy
        self._tasks = tasks
        self._places = asyncio.Semaphore(practice.config.episodes_at_once)
        self._folder = practice.folder.path / "rollouts" / f"{practice.progress.step + 1:06d}"
        self._episodes: list[Trajectory] = []
        self._ranks = practice.ranks
        self._groups = 0
        """Played, and …"""
        self._kept = 0
        """… kept by all processes together."""
        self._step = practice.progress.step + 1
        self._watch = watch
        self._retried = 0
        """Episodes that broke and were played again."""
        self._errors: list[VigorlError] = []
        """Why samples cannot be used as they are written."""
        self._mistakes: list[Exception] = []
        """Of the program."""

    async def play(self) -> None:
        """Play as many groups as are missing, and again for those that teach nothing.

        Raises:
            InfrastructureFault: not one of the episodes of a round could be judged; or what
                escaped from the first one, where that was another error.
        """
        if self._ranks.is_first:
            with disk(self._folder):
                shutil.rmtree(self._folder, ignore_errors=True)
        await asyncio.to_thread(self._ranks.all_gather, None)  # nobody plays before it is gone
        while (missing := self._config.groups - self._kept) > 0:
            wanted = min(missing, self._config.max_groups - self._groups)
            if wanted <= 0:
                return
            first = self.progress.tasks
            share = self._ranks.share(range(first, first + wanted))
            before = share.start - first
            self._policy.begin_at(self.progress.episodes + before * self._config.group_size)
            played = await self._round(share)
            self._groups += wanted
            self.progress = replace(
                self.progress,
                tasks=first + wanted,
                episodes=self.progress.episodes + wanted * self._config.group_size,
            )
            episodes = [episode for group in played for episode in group]
            self._episodes += episodes
            rule = RULES[self._config.reward]
            groups = [group_of(trajectories, rule) for trajectories in played]
            kept = [group for group in groups if group is not None and group.has_variance]
            self.kept += kept
            broken = [
                f"{episode.folder.name}: {episode.end.reason if episode.end else 'killed'}"
                for episode in episodes
                if episode.status == "fault"
            ]
            told = (len(kept), len(episodes) - len(broken), broken[:1])
            everywhere = await asyncio.to_thread(self._ranks.all_gather, told)
            self._kept += sum(count for count, _, _ in everywhere)
            if not any(whole for _, whole, _ in everywhere):
                if errors := [*self._errors, *self._mistakes]:
                    raise errors[0]
                reason = next(reason for _, _, reasons in everywhere for reason in reasons)
                raise InfrastructureFault(f"every episode broke; the first one: {reason}")

    async def _round(self, numbers: range) -> list[list[Trajectory]]:
        """One group for each of these tasks, all under way together."""
        with first_error(VigorlError):
            async with asyncio.TaskGroup() as running:
                started = [
                    [
                        running.create_task(self._episode(number, index))
                        for index in range(self._config.group_size)
                    ]
                    for number in numbers
                ]
        return [[task.result() for task in group] for group in started]

    async def _episode(self, number: int, index: int) -> Trajectory:
        config = self._config
        async with self._places:
            sample = self._tasks[number % len(self._tasks)]
            name = f"{number:06d}-{folder_name(sample.id)}-{index}"
            limits = Limits(steps=config.turns, seconds=config.episode_s)
            played = await play(self._policy, sample, self._folder, name, limits, Tries())
        self._retried += len(played.broke)
        self._errors += [] if played.error is None else [played.error]
        self._mistakes += played.mistakes
        self._watch(self._step, played.trajectory)
        return played.trajectory

    def metrics(self) -> dict[str, float]:
        """What the episodes were like, everywhere; means over those that could be judged."""
        ends = [episode.end for episode in self._episodes if episode.end is not None]
        scores = [score.value for episode in self._episodes if (score := episode.score)]
        steps = [step for episode in self._episodes for step in episode.steps]
        rewards = [rollout.reward for group in self.kept for rollout in group.rollouts]
        total = self._ranks.all_reduce(
            {
                "score": sum(scores),
                "scores": len(scores),
                "reward_kept": sum(rewards),
                "rewards": len(rewards),
                "episodes": len(self._episodes),
                "faults": sum(end.status == "fault" for end in ends),
                "retried": self._retried,
                "mistakes": len(self._mistakes),
                "turns": len(steps),
                "sampled_tokens": sum(step.turn.sampled_token_count or 0 for step in steps),
                "model_s": sum(step.act_s for step in steps),
                "world_s": sum(step.observe_s for step in steps),
            }
        )
        means = {
            "score": round(total.pop("score") / max(1, total.pop("scores")), 4),
            "reward_kept": round(total.pop("reward_kept") / max(1, total.pop("rewards")), 4),
            "groups": self._groups,
            "groups_kept": self._kept,
        }
        return {**means, **{name: round(value, 2) for name, value in total.items()}}
