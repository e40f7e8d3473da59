"""The embedded tasks: pages of this package, whose judges read the pages' real state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Opened, Opening, Setting

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class TasksOptions:
    """Which embedded tasks, and what the policy is told."""

    task: list[str] | None = None
    """Only these; may be repeated."""
    seeds: Annotated[int, Option(min=1)] = 20
    """Seeds of each task."""
    skip: Annotated[int, Option(min=0)] = 0
    """Leave out the first N seeds: those already looked at."""
    split: Literal["train", "test"] = "test"
    """Whose seeds; test seeds are held out."""
    told: Literal["goal", "instructions"] | None = None
    """Give the goal in words, or step by step. Default: as the policy needs it (instructions for
    reader, the goal for models)."""


def _open(options: TasksOptions) -> Opening:
    @asynccontextmanager
    async def opened(setting: Setting) -> AsyncIterator[Opened]:
        from vigorl.agent.benchmarks.embedded import open_tasks
        from vigorl.agent.rollout import Limits

        told = options.told or ("instructions" if setting.policy.needs_instructions else "goal")
        chosen = (options.seeds, options.task, options.split, told, options.skip)
        async with open_tasks(*chosen, setting.boundary) as samples:
            yield Opened(samples, Limits(steps=40))

    return opened


def _list(seed: int) -> "RenderableType":
    from vigorl.agent.benchmarks.embedded import task_table

    return task_table(seed)


BENCHMARKS = (
    Benchmark(
        name="tasks",
        about="""Do the embedded tasks, and let their judges read the pages' real state.

[dim]$[/dim] vigorl-agent eval tasks --task login --seeds 5 --model nano""",
        options=TasksOptions,
        open=_open,
        has_pages=True,
        workers=2,
        tasks=_list,
    ),
)
