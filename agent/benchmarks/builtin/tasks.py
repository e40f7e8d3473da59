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
    """Which tasks with seeds, and what the policy is told."""

    task: list[str] | None = None
    """Play only this task; may be repeated."""
    seeds: Annotated[int, Option(min=1)] = 20
    """Number of seeds of each task."""
    skip_seeds: Annotated[int, Option(min=0)] = 0
    """Leave out the first N seeds, which were looked at before."""
    split: Literal["train", "test"] = "test"
    """Split that the seeds are from; test seeds are held out."""
    prompt: Literal["goal", "instructions"] | None = None
    """Prompt with the goal, or with step-by-step instructions. Default: what the policy needs
    (reader: instructions; models: the goal)."""


def _open(options: TasksOptions) -> Opening:
    @asynccontextmanager
    async def opened(setting: Setting) -> AsyncIterator[Opened]:
        from vigorl.agent.benchmarks.embedded import open_tasks
        from vigorl.agent.rollout import Limits

        prompt = options.prompt or ("instructions" if setting.policy.needs_instructions else "goal")
        chosen = (options.seeds, options.task, options.split, prompt, options.skip_seeds)
        async with open_tasks(*chosen, setting.boundary, setting.envs) as samples:
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
        is_served=True,
        workers=2,
        tasks=_list,
    ),
)
