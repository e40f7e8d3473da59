"""The desktop tasks: programs on virtual screens, whose judges read the programs' real state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Opened, Opening, Setting

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class DesktopTasksOptions:
    """Which desktop tasks, and what the policy is told."""

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


def _open(options: DesktopTasksOptions) -> Opening:
    from vigorl.tasks.desktop.registry import desktop_rows

    rows = desktop_rows(options.split, options.seeds, options.task, options.skip_seeds)

    @asynccontextmanager
    async def opened(setting: Setting) -> AsyncIterator[Opened]:
        from vigorl.agent.benchmarks.desktop_tasks import desktop_samples
        from vigorl.agent.rollout import Limits

        told = options.prompt or ("instructions" if setting.policy.needs_instructions else "goal")
        yield Opened(desktop_samples(rows, told), Limits(steps=30))

    return opened


def _list(seed: int) -> "RenderableType":
    from vigorl.agent.benchmarks.desktop_tasks import desktop_table

    return desktop_table(seed)


BENCHMARKS = (
    Benchmark(
        name="desktop",
        about="""Do the desktop tasks, each with a program on a virtual screen of its own.

They need Xvfb and openbox (apt-get install xvfb openbox).

[dim]$[/dim] vigorl-agent eval desktop --task tree --seeds 5""",
        options=DesktopTasksOptions,
        open=_open,
        workers=2,
        tasks=_list,
    ),
)
