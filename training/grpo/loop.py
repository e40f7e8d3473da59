"""A GRPO training run: sample a rollout batch, learn from it, log, save; from a base model on.

::

    OUT/
        config.json, metrics.jsonl   and whatever every run has (`vigorl.training.run.training_run`)
        rollouts/000001/…            every rollout of the update, as `rollout` records them
        checkpoints/000010/          model/ plays as --model
        sampler/000010/              the adapter that a server samples with (`--sampler URL`)

What happens at a step depends on the checkpoint and on numbers alone: which task is next, and how
many rollouts were begun before (each is sampled with a seed of its own). So a run that was
interrupted goes on with the same next step, as far as the worlds do the same again.

A line of metrics.jsonl is one rollout batch and what was learnt from it:

====================  ============================================================================
step                  optimizer updates made, these included
s                     seconds since the run was started or resumed
score                 mean score of the rollouts that could be judged, 0 to 1
score/tasks           of those on embedded tasks, where a training has several sources
score/sites           of those on the stand-in sites
score/miniwob         of those on MiniWoB++
score/screenshots     of those on screenshots
score/questions       of those on questions
reward_kept           mean reward of the rollouts that are trained on
reward/format         share of the judged rollouts whose every turn is well formed
reward/zoom           share of them that zoomed into a region not seen before
reward/std            mean over groups of the standard deviation of the reward within a group
groups, groups_kept   groups sampled; groups with reward variance, which are trained on
groups/all_right      groups whose every rollout solved the task
groups/all_wrong      groups of which no rollout did
episodes              rollouts sampled; of these
faults                … ended by a fault: neither judged nor trained on
retried               times that one broke and was played again
refilled              places in groups that were filled so
groups/short          groups that lack rollouts: a fault, or nobody could judge
mistakes              … met a mistake of the program
turns                 turns of all rollouts
sampled_tokens        tokens sampled in them
model_s, world_s      seconds that all rollouts together waited for policy and pages
loss, norm, kl, …     means over the updates of what the learner reports; of the learner in this
                      process: `vigorl.training.grpo.update.update`
rows_too_long         rows that do not fit into a prefix tree (`tree_tokens`): not learnt from
skipped               share of the updates whose gradient was not finite: left out
learning_rate         mean over the updates
staleness             updates made before since the weights that sampled what is learnt from, mean
                      over tokens (`--sampler URL`)
prepare_s, update_s   seconds for what needs no gradient (the reference), and for the updates
play_s, learn_s       seconds of the rollout batch, and of all learning from it
====================  ============================================================================
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transformers.utils.logging import disable_progress_bar

from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.errors import UsageError, VigorlError
from vigorl.browser.run_folder import Identity
from vigorl.training.grpo.config import LOCAL, GrpoRunConfig, as_now
from vigorl.training.grpo.learner import Learner, LocalLearner, OpenLearner
from vigorl.training.grpo.rewards import RULES
from vigorl.training.grpo.rollout_batch import Position, RolloutBatch, RolloutLimits
from vigorl.training.grpo.sources import Sources, open_samples
from vigorl.training.run.base_model import base_model
from vigorl.training.run.ranks import Ranks, open_ranks
from vigorl.training.run.training_run import TrainingRun, check_folder, config_values

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService

OnEpisode = Callable[[int, Trajectory], None]
"""Told the update that is sampled for, counted from 1, and each of its rollouts as it ends."""


@dataclass(frozen=True)
class GrpoProgress:
    """How far a run has come."""

    step: int = 0
    """Updates made."""
    tasks: int = 0
    """Tasks sampled, with or without use."""
    episodes: int = 0
    """Rollouts begun."""


async def train_grpo(
    config: GrpoRunConfig,
    out: Path,
    tasks: Sequence[Sample],
    log: Callable[[str], None] = lambda line: None,
    on_episode: OnEpisode = lambda step, episode: None,
    ranks: Ranks | None = None,
    open_learner: OpenLearner = LocalLearner,
) -> GrpoProgress:
    """Train; resume where `out` holds an interrupted run.

    A cancellation (Ctrl-C) and an error save what was learnt by the last update, and are raised
    again; of several processes, the last checkpoint remains.

    Args:
        config: How.
        out: Gets everything that is written.
        tasks: What is trained on, one after another, and again from the first.
        log: Told what came of every step, in a line for a person.
        on_episode: Told whenever a rollout is over.
        ranks: The processes that train as one, where there are several: each calls this.
        open_learner: The engine: who samples, and who learns.

    Raises:
        InfrastructureFault: every rollout of a step broke, there is no memory for an update, or
            the folder cannot be written.
        UsageError: the configuration cannot be carried out as written, or there are no tasks.
        InconsistentData: a task contradicts itself, or its judge says no number from 0 to 1.
    """
    if not tasks:
        raise UsageError("there is nothing to train on: no tasks")
    disable_progress_bar()  # of every checkpoint that is written
    ranks = ranks or Ranks()
    identity = identity_of(config)
    check_folder(out, identity)
    learner = await asyncio.to_thread(open_learner, config, ranks)
    try:
        run = await asyncio.to_thread(TrainingRun, out, identity, learner, ranks)
        with run.opened():
            try:
                await _Loop(config, run, learner, tasks, log, on_episode).go()
            except (asyncio.CancelledError, VigorlError):
                run.save_alone()
                raise
            run.save()
    finally:
        await learner.close()
    return GrpoProgress(**run.progress)


@dataclass(frozen=True)
class _Loop:
    """A run under way."""

    config: GrpoRunConfig
    run: TrainingRun
    learner: Learner
    tasks: Sequence[Sample]
    log: Callable[[str], None]
    on_episode: OnEpisode

    async def go(self) -> None:
        """Sample, learn, log and save until all updates are made."""
        began_s = time.monotonic()
        run, every = self.run, self.config.checkpoint_every
        while (step := run.step) < self.config.steps:
            batch = self._next_batch()
            played_s = time.monotonic()
            groups = await batch.sample()
            learnt_s = time.monotonic()
            # On this thread, so that a cancellation cannot fall between weights and progress.
            run.progress |= asdict(batch.position)
            made = []
            for metrics in self.learner.learn(groups, step):
                run.progress["step"] += 1
                made.append(metrics)
            line = {
                "step": run.step,
                "s": round(time.monotonic() - began_s, 1),
                **batch.metrics(),
                **{name: float(f"{value:.6g}") for name, value in _over_updates(made).items()},
                "play_s": round(learnt_s - played_s, 2),
                "learn_s": round(time.monotonic() - learnt_s, 2),
            }
            run.log(line)
            self.log(summary(line, self.config.steps))
            if run.step // every > step // every:
                run.save()
            await asyncio.sleep(0)

    def _next_batch(self) -> RolloutBatch:
        """The rollout batch of the next update."""
        config, run, step = self.config, self.run, self.run.step + 1
        return RolloutBatch(
            self.learner.policy,
            self.tasks,
            RolloutLimits(
                config.group_size,
                config.groups,
                config.max_groups,
                config.episodes_at_once,
                Limits(steps=config.turns, seconds=config.episode_s, clock="world"),
                config.update.variance_of,
                Tries(count=1 + config.refills, deadline_s=config.refill_s),
            ),
            run.folder / "rollouts" / f"{step:06d}",
            rule=RULES[config.reward],
            begin=Position(run.progress.get("tasks", 0), run.progress.get("episodes", 0)),
            ranks=run.ranks,
            on_rollout=lambda trajectory: self.on_episode(step, trajectory),
        )


def _over_updates(made: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Means over updates, and sums of seconds; what an update does not report counts as 0."""
    sums: dict[str, float] = {}
    for metrics in made:
        for name, value in metrics.items():
            sums[name] = sums.get(name, 0.0) + value
    return {
        name: value if name.endswith("_s") else value / len(made) for name, value in sums.items()
    }


def identity_of(config: GrpoRunConfig) -> Identity:
    """What makes it this run; names of older versions are understood."""
    asked = json.loads(json.dumps(config_values(asdict(config), "update")))
    may_change = (
        *("steps", "checkpoint_every", "episodes_at_once", "device", "episode_s"),
        *("refills", "refill_s", "sampler"),
        *("update.tree_tokens", "update.gradient_checkpointing"),  # what memory asks for
    )
    return Identity("training", asked, may_change, "group_size", flat=as_now)


def summary(line: Mapping[str, float], steps: int) -> str:
    """A line of metrics.jsonl, for a person."""
    parts = [
        f"step {line['step']:g}/{steps}",
        f"score {line['score']:.2f} of {line['episodes']:g} episodes",
        f"{line['groups_kept']:g} of {line['groups']:g} groups differ",
    ]
    if line["faults"]:
        parts.append(f"{line['faults']:g} broke")
    if line.get("refilled"):
        parts.append(f"{line['refilled']:g} played again for those that broke")
    if line.get("mistakes"):
        parts.append(
            f"{line['mistakes']:g} met a mistake in vigorl-agent (traces in their records)"
        )
    if not line["groups_kept"]:
        parts.append("nothing to learn from")
    if line.get("rows_too_long"):
        parts.append(f"{line['rows_too_long']:g} rows longer than --tree-tokens: not learnt from")
    if line.get("skipped"):
        parts.append("gradient not finite: left out")
    if "kl" in line:
        parts.append(f"kl {line['kl']:.4f}")
    parts.append(f"played {line['play_s']:.0f} s, learnt {line['learn_s']:.0f} s")
    return "  ".join(parts)


async def train_grpo_from_config(
    config: GrpoRunConfig,
    out: Path,
    log: Callable[[str], None] = lambda line: None,
    on_episode: OnEpisode = lambda step, episode: None,
    boundary: "Boundary | None" = None,
    envs: "RemoteService | None" = None,
    api_key: str | None = None,
) -> GrpoProgress:
    """Train on what the configuration names (`vigorl.training.grpo.sources`).

    Pages may go where the boundary says, beside the tasks' sites; None: nowhere else. With `envs`,
    tasks are played on a service. With a server as sampler, whose key is `api_key`, both it and the
    model are ready before a browser opens.

    Raises:
        UsageError: one of the names is no task, an entry of the data is broken, something is held
            out, or the configuration cannot be carried out.
        InfrastructureFault: the browser, a site or the disk broke.
        InconsistentData: a box lies outside of its image.
    """
    check_folder(out, identity_of(config))  # before a browser is opened for nothing
    base_model(config.model)
    with open_ranks() as ranks:
        if not ranks.is_first:
            log, on_episode = (lambda line: None), (lambda step, episode: None)
        sources = Sources.of(config)
        sources.check_names()
        async with (
            _opener(config, out, ranks, api_key) as open_learner,
            open_samples(sources, boundary, envs) as samples,
        ):
            return await train_grpo(config, out, samples, log, on_episode, ranks, open_learner)


@asynccontextmanager
async def _opener(
    config: GrpoRunConfig, out: Path, ranks: Ranks, api_key: str | None
) -> AsyncIterator[OpenLearner]:
    """Who opens the engine of a run; one that samples on a server is open, and ready, at once.

    Raises:
        UsageError: there are several processes, another one trains into the folder, or the server
            was not started for this.
        PolicyFault: nobody answers.
    """
    if config.sampler == LOCAL:
        yield LocalLearner
        return
    if ranks.count > 1:
        raise UsageError(
            f"--sampler {config.sampler} learns in one process: start it without torchrun"
        )
    from vigorl.training.grpo.served_learner import served_learner

    async with served_learner(config, out, api_key) as learner:
        yield lambda config, ranks: learner
