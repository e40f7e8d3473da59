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
`faults`, `retried` after one, `mistakes` of the program, `turns` and `sampled_tokens`; of the
updates what `update` returns and the `learning_rate`; and where the time went: `play_s`, of which
all episodes together, side by side, waited `model_s` for the policy, its reading of screens
included, and `world_s` for their pages; `learn_s`, of which `prepare_s` for what needs no gradient
(the reference), and `update_s`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from transformers.utils.logging import disable_progress_bar

from vigorl.agent.evaluation.evaluation import Sample
from vigorl.browser.errors import UsageError, VigorlError
from vigorl.training.grpo.config import GrpoRunConfig
from vigorl.training.grpo.folder import PracticeFolder
from vigorl.training.grpo.learner import Practice, Progress
from vigorl.training.grpo.rollout_batch import Stint, Watch
from vigorl.training.run.base_model import trainable
from vigorl.training.run.ranks import Ranks, open_ranks
from vigorl.training.run.tensorboard import open_tensorboard

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary


async def train_grpo(
    config: GrpoRunConfig,
    out: Path,
    tasks: Sequence[Sample],
    say: Callable[[str], None] = lambda line: None,
    watch: Watch = lambda step, episode: None,
    ranks: Ranks | None = None,
) -> Progress:
    """Train; go on where `out` says that it was interrupted.

    A cancellation (Ctrl-C) and an error save what was learnt by the last update, and are raised
    again; of several processes, the last checkpoint remains.

    Args:
        config: How.
        out: Gets everything that is written.
        tasks: What is practised, one after another, and again from the first.
        say: Told what came of every step, in a line for a person.
        watch: Told whenever an episode is over.
        ranks: The processes that learn as one, where there are several: each calls this.

    Raises:
        InfrastructureFault: every episode of a step broke, there is no memory for an update, or
            the folder cannot be written.
        UsageError: the configuration cannot be carried out as written, or there are no tasks.
        InconsistentData: a task contradicts itself, or its judge says no number from 0 to 1.
    """
    if not tasks:
        raise UsageError("there is nothing to practise: no tasks")
    disable_progress_bar()  # of every checkpoint that is written
    folder = PracticeFolder(out)
    practice = await asyncio.to_thread(Practice, config, folder, ranks)
    await asyncio.to_thread(practice.ranks.all_gather, None)  # all have read it before it changes
    begin = practice.progress.step
    try:
        with ExitStack() as stack:
            notes = []
            if practice.ranks.is_first:
                notes.append(stack.enter_context(folder.claimed(config, begin)))
                notes.append(stack.enter_context(open_tensorboard(out, begin)))
            try:
                await _steps(practice, tasks, notes, say, watch)
            except (asyncio.CancelledError, VigorlError):
                # What the others hold of the optimizer cannot be had now: they are elsewhere.
                if practice.ranks.count == 1:
                    practice.save()
                raise
            practice.save()
    finally:
        await practice.policy.close()
    return practice.progress


async def _steps(
    practice: Practice,
    tasks: Sequence[Sample],
    notes: Sequence[Callable[[Mapping[str, float]], None]],
    say: Callable[[str], None],
    watch: Watch,
) -> None:
    """Play, learn, note, and keep, until all updates are made."""
    config = practice.config
    began_s = time.monotonic()
    while (step := practice.progress.step) < config.steps:
        played_s = time.monotonic()
        stint = Stint(practice, tasks, watch)
        await stint.play()
        learnt_s = time.monotonic()
        # On this thread, so that a cancellation cannot fall between weights and progress.
        practice.progress = stint.progress
        metrics = practice.learn(stint.kept)
        line = {
            "step": practice.progress.step,
            "s": round(time.monotonic() - began_s, 1),
            **stint.metrics(),
            **{name: float(f"{value:.6g}") for name, value in metrics.items()},
            "play_s": round(learnt_s - played_s, 2),
            "learn_s": round(time.monotonic() - learnt_s, 2),
        }
        for note in notes:
            note(line)
        say(told(line, config.steps))
        if practice.progress.step // config.checkpoint_every > step // config.checkpoint_every:
            practice.save()
        await asyncio.sleep(0)


def told(line: Mapping[str, float], steps: int) -> str:
    """A line of metrics.jsonl, for a person."""
    parts = [
        f"step {line['step']:g}/{steps}",
        f"score {line['score']:.2f} of {line['episodes']:g} episodes",
        f"{line['groups_kept']:g} of {line['groups']:g} groups differ",
    ]
    if line["faults"]:
        parts.append(f"{line['faults']:g} broke")
    if line.get("mistakes"):
        parts.append(
            f"{line['mistakes']:g} met a mistake in vigorl-agent (traces in their records)"
        )
    if not line["groups_kept"]:
        parts.append("nothing to learn from")
    if line.get("skipped"):
        parts.append("gradient not finite: left out")
    if "kl" in line:
        parts.append(f"kl {line['kl']:.4f}")
    parts.append(f"played {line['play_s']:.0f} s, learnt {line['learn_s']:.0f} s")
    return "  ".join(parts)


async def train_grpo_from_config(
    config: GrpoRunConfig,
    out: Path,
    say: Callable[[str], None] = lambda line: None,
    watch: Watch = lambda step, episode: None,
    boundary: "Boundary | None" = None,
) -> Progress:
    """Practise what the configuration names.

    Embedded tasks come seed by seed of the training split, all tasks of one in turn; still
    screenshots in an order of their own for each seed of the training. Pages may go where the
    boundary says, beside the tasks' site; None: nowhere else.

    Raises:
        UsageError: one of the names is no task, an entry of the data is broken, or the
            configuration cannot be carried out.
        InfrastructureFault: the browser, the site or the disk broke.
        InconsistentData: a box lies outside of its image.
    """
    PracticeFolder(out).check(config)  # before a browser is opened for nothing
    trainable(config.model)
    with open_ranks() as ranks:
        if not ranks.is_first:
            say, watch = (lambda line: None), (lambda step, episode: None)
        return await _practise_tasks(config, out, say, watch, ranks, boundary)


async def _practise_tasks(
    config: GrpoRunConfig,
    out: Path,
    say: Callable[[str], None],
    watch: Watch,
    ranks: Ranks,
    boundary: "Boundary | None",
) -> Progress:
    if config.data is not None:
        from vigorl.agent.benchmarks.still_images import still_samples

        tasks = still_samples(Path(config.data))
        Random(config.seed).shuffle(tasks)
        return await train_grpo(config, out, tasks, say, watch, ranks)
    # Playwright is needed here alone: whoever learns from other worlds need not have it.
    from vigorl.agent.benchmarks.embedded import open_tasks

    names = config.tasks or None
    skipped = config.skipped_seeds
    async with open_tasks(_SEEDS, names, "train", "goal", skipped, boundary) as tasks:
        return await train_grpo(config, out, tasks, say, watch, ranks)


_SEEDS = 200
"""Of each task; then they begin again."""
