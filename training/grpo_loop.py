"""Learning by doing: play groups, judge, update, and so on, from a checkpoint to a better one.

::

    OUT/
        config.json                  how
        metrics.jsonl                a line a batch of rollouts (below)
        events.out.tfevents.…        the same for TensorBoard, where it is installed
        rollouts/000001/…            every episode of the update, as `rollout` records them
        checkpoints/000010/          model/ (plays as --model), optimizer.pt, progress.json,
                                     adapters.pt where adapters learn

What happens at a step depends on the checkpoint and on numbers alone: which task is next, and how
many episodes were begun before (each draws with a seed of its own). So a run that is interrupted
goes on with the same next step, as far as the worlds do the same again. A checkpoint appears
whole, by renaming its folder; the one before is kept until then.

A line of metrics tells of the play: `score` (mean of the episodes that could be judged), `groups`
played and `groups_kept` because their episodes differ, `reward_kept` in these, `episodes`,
`faults`, `turns` and `sampled_tokens`; of the updates what `update` returns and the
`learning_rate`; and where the time went: `play_s`, of which all episodes together, side by side,
waited `model_s` for the policy, its reading of screens included, and `world_s` for their pages;
`learn_s`, of which `prepare_s` for what needs no gradient (the reference), and `update_s`.
"""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from transformers.utils.logging import disable_progress_bar

from vigorl.agent.evaluation import Sample, file_name
from vigorl.agent.rollout import Limits, rollout
from vigorl.agent.trajectory import Recorder, Trajectory, disk
from vigorl.browser.errors import InfrastructureFault, UsageError, VigorlError
from vigorl.policy.backend import Hardware, Sampling
from vigorl.policy.family import Family, family_named, family_of
from vigorl.policy.local.backend import LocalBackend
from vigorl.policy.local.network import Network, read_model_type
from vigorl.policy.model import ModelPolicy, checkpoint_of, policy_of
from vigorl.training.groups import Group, group_of
from vigorl.training.grpo import GrpoConfig, optimizer_of, prepare, update
from vigorl.training.lora import adapter_state, add_adapters, load_adapters, merged_state
from vigorl.training.rewards import RULES
from vigorl.training.scalars import open_board
from vigorl.training.sft import share_of_rate

Tasks = Callable[[int], Sample]
"""The n-th task to practise, from its number alone."""

Watch = Callable[[int, int], None]
"""Told a step, and how many of its episodes are over."""


@dataclass(frozen=True)
class PracticeConfig:
    """One training by doing."""

    model: str
    """Where it starts: `nano`, a checkpoint's folder, or a hub id; the reference of the KL, too."""
    family: str | None = None
    """How the model is talked to; None: told by its name."""
    tasks: tuple[str, ...] = ()
    """Names of embedded tasks; none: all."""
    steps: int = 500
    """Updates in all, by which a rate that falls has fallen. Source: arXiv 2505.23678."""
    group_size: int = 8
    """Episodes of one task. Source: the same, with looks closer (5 without)."""
    groups: int = 16
    """Groups with variance that are wanted for a batch of rollouts."""
    most_groups: int = 48
    """So many are played at most to find them; with fewer, the update is made of these."""
    updates: int = 1
    """Into so many updates a batch of rollouts is divided. Source: theirs are two."""
    reward: str = "multi-turn"
    """One of `vigorl.training.rewards.RULES`."""
    episodes_at_once: int = 8
    turns: int = 10
    """Of an episode, at most."""
    turn_tokens: int = 512
    """Sampled in one turn, at most."""
    episode_s: float = 300.0
    """Wall clock of an episode, at most."""
    seed: int = 0
    checkpoint_every: int = 10
    """Updates between two checkpoints; there is one at the end and at an interruption, too."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: a CUDA device where there is one."""
    update: GrpoConfig = field(default_factory=GrpoConfig)

    def __post_init__(self) -> None:
        if self.reward not in RULES:
            raise UsageError(f"no reward is called {self.reward!r}; there are {', '.join(RULES)}")
        if self.group_size < 2:
            raise UsageError(f"a group of {self.group_size}: at least 2, or nothing is compared")
        if not 1 <= self.updates <= self.groups <= self.most_groups:
            raise UsageError(
                f"{self.updates} updates from {self.groups} of {self.most_groups} groups: the "
                "first number is at least 1, and none is above the next"
            )
        if min(self.steps, self.episodes_at_once, self.checkpoint_every) < 1:
            raise UsageError("steps, episodes_at_once and checkpoint_every are at least 1")


@dataclass(frozen=True)
class Progress:
    """How far a training has come."""

    step: int = 0
    """Updates made."""
    tasks: int = 0
    """Tasks played, with or without use."""
    episodes: int = 0
    """Episodes begun."""


class Practice:
    """A policy that learns, and everything that a checkpoint keeps of it."""

    def __init__(self, config: PracticeConfig, folder: Path) -> None:
        """Start, or go on from the newest checkpoint of the folder.

        Raises:
            UsageError: the checkpoint is not there, cannot be run here, or the folder holds
                another training.
        """
        self.config = config
        self.folder = folder
        _check_folder(folder, config)
        newest = max(_checkpoints(folder), default=None)
        begin = _start_of(config)
        family = family_of_start(config)
        hardware = Hardware(device=config.device, dtype="float32")
        how = config.update
        resumes_weights = newest is not None and not how.lora_rank
        self.network = Network(
            str(newest / "model") if newest and resumes_weights else begin, family, hardware
        )
        self.reference: Network | None = None
        if how.lora_rank:
            add_adapters(
                self.network, how.lora_rank, trains_vision=how.trains_vision, seed=config.seed
            )
            self.reference = self.network
        elif how.kl > 0:
            self.reference = Network(begin, family, hardware)
            self.reference.model.requires_grad_(False)
        self.optimizer = optimizer_of(self.network, how)
        self.progress = Progress()
        if newest is not None:
            self.progress = Progress(**json.loads((newest / "progress.json").read_text()))
            self.optimizer.load_state_dict(self._loaded(newest / "optimizer.pt"))
            if how.lora_rank:
                load_adapters(self.network, self._loaded(newest / _ADAPTERS))
        _claim(folder, config)  # not before: what could not begin leaves no trace
        _forget_after(folder, self.progress.step)

    def _loaded(self, path: Path) -> dict[str, Any]:
        loaded: dict[str, Any] = torch.load(
            path, map_location=self.network.device, weights_only=True
        )
        return loaded

    def policy(self) -> ModelPolicy:
        """Who plays: the network as it is now, and as it will be after each update."""
        longest = self.network.family.longest_turn_tokens or self.config.turn_tokens
        sampling = Sampling(
            temperature=1.0,  # what is trained is what was sampled from
            max_tokens=min(self.config.turn_tokens, longest),
            seed=self.config.seed + self.progress.episodes,
        )
        backend = LocalBackend(self.network, sampling, max_batch=self.config.episodes_at_once)
        return policy_of(self.network.family, backend, sampling)

    def learn(self, groups: Sequence[Group]) -> dict[str, float]:
        """All updates of one batch of rollouts; means of their metrics, and how long they took."""
        began_s = time.monotonic()
        parts = [groups[number :: self.config.updates] for number in range(self.config.updates)]
        lessons = [
            prepare(
                self.network,
                part,
                self.config.update,
                reference=self.reference,
                is_first=number == 0,
            )
            for number, part in enumerate(parts)
        ]
        prepared_s = time.monotonic()
        made = []
        for number, each in enumerate(lessons, self.progress.step + 1):
            how = self.config.update
            rate = how.learning_rate * share_of_rate(
                number, self.config.steps, how.warmup_steps, how.final_learning_rate
            )
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            metrics = update(self.network, self.optimizer, each, how)
            made.append({**metrics, "learning_rate": rate})
        names = dict.fromkeys(name for metrics in made for name in metrics)
        means = {name: sum(each.get(name, 0.0) for each in made) / len(made) for name in names}
        updated_s = time.monotonic()
        return {**means, "prepare_s": prepared_s - began_s, "update_s": updated_s - prepared_s}

    def save(self) -> None:
        """Write a checkpoint, whole or not at all.

        Raises:
            StorageFault: the disk refuses; the checkpoint before is whole.
        """
        final = self.folder / "checkpoints" / f"{self.progress.step:06d}"
        if final.exists():
            return
        before = _checkpoints(self.folder)
        partial = final.with_suffix(".part")
        with disk(self.folder):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            if self.config.update.lora_rank:
                self.network.save(partial / "model", merged_state(self.network))
                torch.save(adapter_state(self.network), partial / _ADAPTERS)
            else:
                self.network.save(partial / "model")
            torch.save(self.optimizer.state_dict(), partial / "optimizer.pt")
            (partial / "progress.json").write_text(json.dumps(asdict(self.progress)))
            os.replace(partial, final)
            for old in before:
                shutil.rmtree(old)


async def practise(
    config: PracticeConfig,
    folder: Path,
    tasks: Tasks,
    say: Callable[[str], None] = lambda line: None,
    watch: Watch = lambda step, episodes: None,
) -> Progress:
    """Train; go on where `folder` says that it was interrupted.

    A cancellation (Ctrl-C) and a fault save what was learnt by the last update, and are raised
    again.

    Args:
        config: How.
        folder: Gets everything that is written.
        tasks: What is practised.
        say: Told what came of every step, in a line for a person.
        watch: Told whenever an episode is over.

    Raises:
        InfrastructureFault: every episode of a step broke, or the folder cannot be written.
        UsageError: the configuration cannot be carried out as written.
    """
    disable_progress_bar()  # of every checkpoint that is written
    practice = await asyncio.to_thread(Practice, config, folder)
    policy = practice.policy()
    began_s = time.monotonic()
    board = ExitStack()
    try:
        note = board.enter_context(open_board(folder, practice.progress.step))
        while practice.progress.step < config.steps:
            played_s = time.monotonic()
            stint = Stint(practice, policy, tasks, watch)
            await stint.play()
            learnt_s = time.monotonic()
            # On this thread, so that a cancellation cannot fall between weights and progress.
            metrics = practice.learn(stint.kept)
            practice.progress = replace(
                stint.progress, step=practice.progress.step + config.updates
            )
            line = {
                "step": practice.progress.step,
                "s": round(time.monotonic() - began_s, 1),
                **stint.metrics(),
                **{name: float(f"{value:.6g}") for name, value in metrics.items()},
                "play_s": round(learnt_s - played_s, 2),
                "learn_s": round(time.monotonic() - learnt_s, 2),
            }
            with disk(folder), (folder / "metrics.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
            note(line)
            say(told(line, config.steps))
            if practice.progress.step % config.checkpoint_every < config.updates:
                practice.save()
            await asyncio.sleep(0)
    except (asyncio.CancelledError, InfrastructureFault):
        practice.save()
        raise
    finally:
        board.close()
        await policy.close()
    practice.save()
    return practice.progress


def told(line: Mapping[str, float], steps: int) -> str:
    """A line of metrics.jsonl, for a person."""
    parts = [
        f"step {line['step']:g}/{steps}",
        f"score {line['score']:.2f} of {line['episodes']:g} episodes",
        f"{line['groups_kept']:g} of {line['groups']:g} groups differ",
    ]
    if line["faults"]:
        parts.append(f"{line['faults']:g} broke")
    if not line["groups_kept"]:
        parts.append("nothing to learn from")
    if line.get("skipped"):
        parts.append("gradient not finite: left out")
    if "kl" in line:
        parts.append(f"kl {line['kl']:.4f}")
    parts.append(f"played {line['play_s']:.0f} s, learnt {line['learn_s']:.0f} s")
    return "  ".join(parts)


class Stint:
    """The rollouts of one step: tasks one after another until enough groups have variance."""

    def __init__(self, practice: Practice, policy: ModelPolicy, tasks: Tasks, watch: Watch) -> None:
        self.kept: list[Group] = []
        self.progress = practice.progress
        self._config = practice.config
        self._policy = policy
        self._tasks = tasks
        self._places = asyncio.Semaphore(practice.config.episodes_at_once)
        self._folder = practice.folder / "rollouts" / f"{practice.progress.step + 1:06d}"
        self._episodes: list[Trajectory] = []
        self._groups = 0
        self._step = practice.progress.step + 1
        self._over = 0
        self._watch = watch

    async def play(self) -> None:
        """Play as many groups as are missing, and again for those that teach nothing.

        Raises:
            InfrastructureFault: not one of the episodes of a round could be judged.
        """
        with disk(self._folder):
            shutil.rmtree(self._folder, ignore_errors=True)
        while (missing := self._config.groups - len(self.kept)) > 0:
            wanted = min(missing, self._config.most_groups - self._groups)
            if wanted <= 0:
                return
            first = self.progress.tasks
            played = await self._round(range(first, first + wanted))
            self._groups += wanted
            self.progress = replace(
                self.progress,
                tasks=first + wanted,
                episodes=self.progress.episodes + wanted * self._config.group_size,
            )
            episodes = [episode for group in played for episode in group]
            if all(episode.status == "fault" for episode in episodes):
                reason = episodes[0].end.reason if episodes[0].end else "killed"
                raise InfrastructureFault(f"every episode broke; the first one: {reason}")
            self._episodes += episodes
            rule = RULES[self._config.reward]
            groups = [group_of(trajectories, rule) for trajectories in played]
            self.kept += [group for group in groups if group is not None and group.has_variance]

    async def _round(self, numbers: range) -> list[list[Trajectory]]:
        """One group for each of these tasks, all under way together."""
        try:
            async with asyncio.TaskGroup() as running:
                started = [
                    [
                        running.create_task(self._episode(number, index))
                        for index in range(self._config.group_size)
                    ]
                    for number in numbers
                ]
        except* VigorlError as errors:
            raise errors.exceptions[0] from None
        return [[task.result() for task in group] for group in started]

    async def _episode(self, number: int, index: int) -> Trajectory:
        config = self._config
        async with self._places:
            sample = self._tasks(number)
            name = f"{number:06d}-{file_name(sample.id)}-{index}"
            recorder = Recorder(self._folder / name, self._folder / "images")
            limits = Limits(steps=config.turns, seconds=config.episode_s)
            world = sample.make(self._policy)
            trajectory = await rollout(self._policy, world, recorder, limits, sample.task)
        self._over += 1
        self._watch(self._step, self._over)
        return trajectory

    def metrics(self) -> dict[str, float]:
        """What the episodes were like; means over those that could be judged."""
        ends = [episode.end for episode in self._episodes if episode.end is not None]
        scores = [end.score.value for end in ends if end.score is not None]
        steps = [step for episode in self._episodes for step in episode.steps]
        rewards = [attempt.reward for group in self.kept for attempt in group.attempts]
        return {
            "score": round(sum(scores) / max(1, len(scores)), 4),
            "reward_kept": round(sum(rewards) / max(1, len(rewards)), 4),
            "groups": self._groups,
            "groups_kept": len(self.kept),
            "episodes": len(self._episodes),
            "faults": sum(end.status == "fault" for end in ends),
            "turns": len(steps),
            "sampled_tokens": sum(step.turn.sampled_token_count or 0 for step in steps),
            "model_s": round(sum(step.act_s for step in steps), 2),
            "world_s": round(sum(step.observe_s for step in steps), 2),
        }


async def practise_embedded(
    config: PracticeConfig,
    folder: Path,
    say: Callable[[str], None] = lambda line: None,
    watch: Watch = lambda step, episodes: None,
) -> Progress:
    """Practise on the embedded tasks, seeds of the training split, all tasks of one in turn.

    Raises:
        UsageError: one of the names is no task, or the configuration cannot be carried out.
        InfrastructureFault: the browser, the site or the disk broke.
    """
    _check_folder(folder, config)  # before a browser is opened for nothing
    _start_of(config)
    if seeded := [name for name in config.tasks if ":" in name]:
        raise UsageError(
            f"{seeded[0]} is one seed of a task: practice takes many, so name the task alone"
        )
    # Playwright is needed here alone: whoever learns from other worlds need not have it.
    from vigorl.agent.embedded import open_tasks

    async with open_tasks(_SEEDS, config.tasks or None, "train", "goal") as samples:
        return await practise(
            config, folder, lambda number: samples[number % len(samples)], say, watch
        )


_ADAPTERS = "adapters.pt"
"""Beside the model of a checkpoint, where adapters learn."""

_SEEDS = 200
"""Of each task; then they begin again."""


def _start_of(config: PracticeConfig) -> str:
    """The checkpoint that it starts from, as far as a look at the disk can tell.

    Raises:
        UsageError: there is none.
    """
    if config.model.startswith(("http://", "https://")) or config.model in ("reader", "random"):
        raise UsageError(
            f"{config.model} has no weights that could be trained here: start from nano, the "
            "folder of a checkpoint, or a hub id"
        )
    return checkpoint_of(config.model)


def family_of_start(config: PracticeConfig) -> Family:
    """How the model is talked to, and has to be later: the name of a checkpoint may not tell it.

    Raises:
        UsageError: nobody says which family it is, or the checkpoint is not there.
    """
    if config.family is not None:
        return family_named(config.family)
    start = _start_of(config)
    return family_of(start, read_model_type(start))


def _checkpoints(folder: Path) -> list[Path]:
    """The whole ones."""
    found = (folder / "checkpoints").glob("*/progress.json")
    return [path.parent for path in found if path.parent.suffix != ".part"]


def _check_folder(folder: Path, config: PracticeConfig) -> None:
    """Refuse a folder of another training; some of the configuration may change."""
    path = folder / "config.json"
    if not path.exists():
        return
    with disk(folder):
        text = path.read_text()
    try:
        known = json.loads(text)
    except ValueError:
        known = None
    if not isinstance(known, dict) or "group_size" not in known:
        raise UsageError(f"{folder} holds something else ({path}): choose another folder")
    asked = _as_json(config)
    differing = [
        name for name in asked if known.get(name) != asked[name] and name not in _MAY_CHANGE
    ]
    if differing:
        raise UsageError(
            f"{folder} holds a training with another {', '.join(differing)}: choose another "
            f"folder, or ask for what {path} says"
        )


def _claim(folder: Path, config: PracticeConfig) -> None:
    """Note the configuration."""
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(_as_json(config), indent=1) + "\n")


def _as_json(config: PracticeConfig) -> dict[str, Any]:
    """The configuration as it is read back from its file."""
    asked: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    update = asked.pop("update")
    return {**asked, **{f"update.{name}": value for name, value in update.items()}}


_MAY_CHANGE = ("steps", "checkpoint_every", "episodes_at_once", "device")


def _forget_after(folder: Path, step: int) -> None:
    """Drop the metrics of updates that no checkpoint holds; they are made again."""
    path = folder / "metrics.jsonl"
    with disk(folder):
        if path.exists():
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if line.endswith(b"\n") and _step(line) <= step]
            partial = path.with_suffix(".part")
            partial.write_bytes(b"".join(kept))
            os.replace(partial, path)


def _step(line: bytes) -> int:
    return int(json.loads(line)["step"])
