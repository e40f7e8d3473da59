"""Tasks that may be learnt from, of every kind and by name, as samples.

======================  =====================================================================
`shop`                  an embedded task
`sites/shop-buy`        on the stand-in sites, with contents that no other seed has
`miniwob/enter-text`    of MiniWoB++'s training split
======================  =====================================================================
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.agent.benchmarks.miniwob import open_miniwob
from vigorl.agent.benchmarks.practice_sites import open_practice_sites
from vigorl.agent.evaluation.sample import Sample
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import UsageError
from vigorl.browser.remote import RemoteService
from vigorl.tasks.local.registry import TASKS, check_name
from vigorl.tasks.miniwob import registry as miniwob
from vigorl.tasks.miniwob.files import html_folder
from vigorl.tasks.sites.practice import registry as sites
from vigorl.tasks.sites.serving import require_installed
from vigorl.tasks.task import TRAIN_SEEDS

MOST_SEEDS = 200
"""Of each task."""

_WILD = frozenset("*?[")
_HELD_OUT = (
    "of MiniWoB++'s test split, which is held out to measure on: learn from tasks of its training "
    "split, 'miniwob/*'"
)


@dataclass(frozen=True)
class TrainingTasks:
    """Which tasks, by kind; each kind is a source of samples of its own."""

    embedded: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    """With prefix."""
    miniwob: tuple[str, ...] = ()
    """With prefix."""

    @classmethod
    def named(cls, patterns: Sequence[str]) -> "TrainingTasks":
        """Those of these names, in which `*` stands for any letters; of none, all embedded ones.

        Raises:
            UsageError: a name is no task, or one that is held out; or nothing is called so.
        """
        if not patterns:
            return cls(embedded=tuple(TASKS))
        names = [name for each in patterns for name in _matching(each)]
        return cls(
            tuple(name for name in names if "/" not in name),
            tuple(name for name in names if name.startswith(sites.PREFIX)),
            tuple(name for name in names if name.startswith(miniwob.PREFIX)),
        )

    @property
    def kinds(self) -> dict[str, tuple[str, ...]]:
        """The names of each kind of which there are any."""
        every = {"tasks": self.embedded, "sites": self.sites, "miniwob": self.miniwob}
        return {kind: names for kind, names in every.items() if names}

    def require(self, envs: RemoteService | None) -> None:
        """Look, before a browser is started, whether they can be played.

        Raises:
            UsageError: what they need is not installed, or no service has them.
        """
        if self.sites and envs is not None:
            raise UsageError(
                f"no environment service has {self.sites[0]}: leave out --envs, or the tasks of "
                f"{sites.PREFIX}"
            )
        if self.sites:
            require_installed()
        if self.miniwob and envs is None:
            html_folder()


def _matching(pattern: str) -> list[str]:
    """The names that a pattern stands for; a name alone is looked at more closely.

    Raises:
        UsageError: there are none, or it is a task that is held out.
    """
    if _WILD & set(pattern):
        every = (*TASKS, *sites.NAMES, *map(_with_prefix, miniwob.task_names("train")))
        if found := [name for name in every if fnmatchcase(name, pattern)]:
            return found
        raise UsageError(_nothing_fits(pattern))
    if pattern.startswith(sites.PREFIX):
        sites.check_site_task(pattern)
    elif pattern.startswith(miniwob.PREFIX):
        ticket = miniwob.find(pattern)
        if ticket.name != pattern:
            raise UsageError(f"{pattern!r} is one seed: name the task alone, {ticket.name!r}")
        if miniwob.task_split(ticket.task) == "test":
            raise UsageError(f"{pattern} is {_HELD_OUT}")
    elif "/" in pattern:
        raise UsageError(
            f"there is no task {pattern!r} to learn from: there are embedded ones (login), "
            f"{sites.PREFIX}… (shop-buy) and {miniwob.PREFIX}… (enter-text)"
        )
    else:
        check_name(pattern)
    return [pattern]


def _nothing_fits(pattern: str) -> str:
    """Why, and what there is."""
    if any(fnmatchcase(_with_prefix(name), pattern) for name in miniwob.task_names("test")):
        return f"what fits {pattern!r} is {_HELD_OUT}"
    if pattern.startswith(miniwob.PREFIX):
        there = "`vigorl-agent tasks list miniwob` has the names"
    else:
        names = sites.NAMES if pattern.startswith(sites.PREFIX) else tuple(TASKS)
        there = f"there are {', '.join(names)}"
    return f"no task to learn from fits {pattern!r}: {there}"


def _with_prefix(task: str) -> str:
    return miniwob.PREFIX + task


@asynccontextmanager
async def open_training_tasks(
    tasks: TrainingTasks,
    count: int,
    skipped_seeds: int = 0,
    workers: int = 8,
    boundary: Boundary | None = None,
    envs: RemoteService | None = None,
) -> AsyncIterator[dict[str, list[Sample]]]:
    """Samples by kind on training seeds, told as goals, playable as long as the block lasts.

    All tasks of a kind and a seed come before the next seed. All kinds share one browser.

    Args:
        tasks: Which.
        count: Of each kind, as many as are wanted; of a task `MOST_SEEDS` at most.
        skipped_seeds: How many training seeds are left out at the beginning.
        workers: Episodes at once.
        boundary: Where pages may go beside their own sites; None: nowhere else.
        envs: A service on which they are played instead, and no browser is started here.

    Raises:
        UsageError: they cannot be played here, or there.
        InfrastructureFault: the browser or a site does not start.
    """
    tasks.require(envs)
    if skipped_seeds >= len(TRAIN_SEEDS):
        raise UsageError(f"there are {len(TRAIN_SEEDS):,} training seeds: skip fewer")

    def seeds(names: Sequence[str]) -> int:
        return min(MOST_SEEDS, -(-count // len(names)))

    async with AsyncExitStack() as stack:
        enter, skipped = stack.enter_async_context, skipped_seeds
        browser = await enter(Browser()) if envs is None else None
        found: dict[str, list[Sample]] = {}
        if names := tasks.embedded:
            embedded = open_tasks(
                seeds(names), names, "train", "goal", skipped, boundary, envs, browser
            )
            found["tasks"] = await enter(embedded)
        if names := tasks.sites:
            on_sites = open_practice_sites(seeds(names), names, skipped, workers, boundary, browser)
            found["sites"] = await enter(on_sites)
        if names := tasks.miniwob:
            pages = open_miniwob(
                seeds(names), names, "train", skipped, workers, boundary, envs, browser
            )
            found["miniwob"] = await enter(pages)
        yield found
