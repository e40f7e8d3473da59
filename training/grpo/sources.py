"""What a training practises on: samples of every source that it names, in turn.

The tasks of each kind are a source (embedded, `sites/`, `miniwob/`), and so is each `--data`. Where
there are several, they take turns, a group of each. Which task is next depends on its number in the
run alone, so that a run that is resumed goes on with the same one.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from vigorl.agent.evaluation.sample import Sample
from vigorl.browser.errors import UsageError
from vigorl.browser.grounding_rule import GroundingRule
from vigorl.training.data.pictures import asks_questions, learnable_pictures
from vigorl.training.grpo.config import GrpoRunConfig

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService


@dataclass(frozen=True)
class Sources:
    """What a run practises on, as `GrpoRunConfig` has it."""

    tasks: tuple[str, ...] = ()
    """Names and patterns; none of them and no data: all embedded ones."""
    data: tuple[str, ...] = ()
    grounding_rule: GroundingRule = "hit"
    skipped_seeds: int = 0
    seed: int = 0
    """Of the order of pictures."""
    count: int = 1
    """Samples that the run can ask for at most."""
    workers: int = 8
    """Episodes at once."""

    @classmethod
    def of(cls, config: GrpoRunConfig) -> "Sources":
        """Those of a run."""
        return cls(
            config.tasks,
            config.data,
            config.grounding_rule,
            config.skipped_seeds,
            config.seed,
            config.steps * config.max_groups,
            config.episodes_at_once,
        )

    def check_names(self) -> None:
        """See that there are such tasks to learn from, before anything is opened for them.

        Raises:
            UsageError: a name is no task, or one that is held out.
        """
        if self.tasks:
            from vigorl.agent.benchmarks.training_tasks import TrainingTasks

            TrainingTasks.named(self.tasks)


@asynccontextmanager
async def open_samples(
    named: Sources,
    boundary: "Boundary | None" = None,
    envs: "RemoteService | None" = None,
) -> AsyncIterator[list[Sample]]:
    """The samples that are named, playable as long as the block lasts.

    Tasks come seed by seed of the training split, all tasks of one in turn; pictures in an order of
    their own for each seed of the training. Pages may go where the boundary says, beside the
    tasks' sites; None: nowhere else. With `envs`, tasks are played on a service.

    Raises:
        UsageError: a name is no task, something is held out or not installed, the data are
            not as they should be, or the service has none of this.
        InfrastructureFault: the browser or a site does not start.
    """
    sources: list[tuple[str, list[Sample]]] = []
    for data in named.data:
        samples = learnable_pictures(data, named.grounding_rule)
        Random(named.seed).shuffle(samples)
        sources.append(("questions" if asks_questions(data) else "screenshots", samples))
    if named.data and not named.tasks:
        if envs is not None:
            raise UsageError("pictures need no environment service: leave out --envs")
        yield in_turn(sources)
        return
    # Playwright is needed here alone: whoever learns from pictures need not have it.
    from vigorl.agent.benchmarks.training_tasks import TrainingTasks, open_training_tasks

    tasks = TrainingTasks.named(named.tasks)
    places = len(tasks.kinds) + len(sources)
    count = -(-named.count // places)  # no more can be asked for
    how = (named.skipped_seeds, named.workers, boundary, envs)
    async with open_training_tasks(tasks, count, *how) as played:
        if not all(played.values()):
            raise UsageError(f"no training seeds are left behind the first {named.skipped_seeds}")
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
