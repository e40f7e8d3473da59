"""MiniWoB++: a hundred small pages with a goal each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Opened, Opening, Setting

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class MiniwobOptions:
    """Which tasks of MiniWoB++."""

    task: list[str] | None = None
    """Play only this task, of either split; may be repeated."""
    seeds: Annotated[int, Option(min=1)] = 5
    """Number of seeds of each task."""
    skip_seeds: Annotated[int, Option(min=0)] = 0
    """Leave out the first N seeds, which were looked at before."""
    split: Literal["train", "test"] = "test"
    """Split of the tasks (BrowserGym's) and of the seeds; test is held out."""
    max_turns: Annotated[int, Option(min=1)] = 30
    """Most turns of an episode."""


def _open(options: MiniwobOptions) -> Opening:
    @asynccontextmanager
    async def opened(setting: Setting) -> AsyncIterator[Opened]:
        from vigorl.agent.benchmarks.miniwob import open_miniwob
        from vigorl.agent.rollout import Limits

        # A click that changes nothing is no sign of a loop where pages are this small.
        most = options.max_turns
        limits = Limits(steps=most, repeats=most, unchanged=most)
        chosen = (options.seeds, options.task, options.split, options.skip_seeds)
        how = (setting.workers, setting.boundary, setting.envs)
        async with open_miniwob(*chosen, *how) as samples:
            yield Opened(samples, limits)

    return opened


def _list(seed: int) -> "RenderableType":
    from vigorl.agent.benchmarks.miniwob import miniwob_table

    return miniwob_table()


BENCHMARKS = (
    Benchmark(
        name="miniwob",
        about="""Do the tasks of MiniWoB++; a raw reward above 0 counts as done, as in BrowserGym.

[dim]$[/dim] vigorl-agent eval miniwob --seeds 1 --model nano""",
        options=MiniwobOptions,
        open=_open,
        has_pages=True,
        is_served=True,
        workers=4,
        tasks=_list,
    ),
)
