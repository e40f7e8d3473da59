"""What a training practises on: samples of every source that it names, in turn.

The tasks of each kind are a source (embedded, `sites/`, `miniwob/`), and so is each `--data`. Where
there are several, they take turns, a group of each. Which task is next depends on its number in the
run alone, so that a run that is resumed goes on with the same one.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from vigorl.agent.evaluation.sample import Sample
from vigorl.browser.errors import UsageError
from vigorl.training.data.pictures import asks_questions, learnable_pictures
from vigorl.training.grpo.config import GrpoRunConfig

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService


def check_names(config: GrpoRunConfig) -> None:
    """See that there are tasks of these names to learn from, before anything is opened for them.

    Raises:
        UsageError: a name is no task, or one that is held out.
    """
    if config.tasks:
        from vigorl.agent.benchmarks.training_tasks import TrainingTasks

        TrainingTasks.named(config.tasks)


@asynccontextmanager
async def open_samples(
    config: GrpoRunConfig,
    boundary: "Boundary | None" = None,
    envs: "RemoteService | None" = None,
) -> AsyncIterator[list[Sample]]:
    """The samples that a configuration names, playable as long as the block lasts.

    Tasks come seed by seed of the training split, all tasks of one in turn; pictures in an order of
    their own for each seed of the training. Pages may go where the boundary says, beside the
    tasks' sites; None: nowhere else. With `envs`, tasks are played on a service.

    Raises:
        UsageError: a name is no task, something is held out or not installed, the data are
            not as they should be, or the service has none of this.
        InfrastructureFault: the browser or a site does not start.
    """
    sources: list[tuple[str, list[Sample]]] = []
    for data in config.data:
        samples = learnable_pictures(data, config.grounding_rule)
        Random(config.seed).shuffle(samples)
        sources.append(("questions" if asks_questions(data) else "screenshots", samples))
    if config.data and not config.tasks:
        if envs is not None:
            raise UsageError("pictures need no environment service: leave out --envs")
        yield in_turn(sources)
        return
    # Playwright is needed here alone: whoever learns from pictures need not have it.
    from vigorl.agent.benchmarks.training_tasks import TrainingTasks, open_training_tasks

    tasks = TrainingTasks.named(config.tasks)
    places = len(tasks.kinds) + len(sources)
    count = -(-config.steps * config.max_groups // places)  # no more can be asked for
    how = (config.skipped_seeds, config.episodes_at_once, boundary, envs)
    async with open_training_tasks(tasks, count, *how) as played:
        yield in_turn([*played.items(), *sources])


def in_turn(sources: Sequence[tuple[str, list[Sample]]]) -> list[Sample]:
    """One sample of each source, and so on; short ones begin again until the longest is through.

    Args:
        sources: Their names, for metrics, and their samples, of which there are some.
    """
    if len(sources) == 1:
        return sources[0][1]
    named = [[replace(sample, source=name) for sample in samples] for name, samples in sources]
    longest = max(map(len, named))
    return [samples[number % len(samples)] for number in range(longest) for samples in named]
