"""The stand-in tasks: VisualWebArena's format and evaluators on three small sites of our own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Opened, Opening, Setting

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class StandInOptions:
    """Which stand-in tasks."""

    task: list[str] | None = None
    """Play only this site (classifieds, reddit, shopping) or task (reddit/3); may be repeated."""
    limit: Annotated[int | None, Option(min=1)] = None
    """Play only the first N tasks."""
    max_turns: Annotated[int, Option(min=1)] = 30
    """Most turns of an episode."""


def _open(options: StandInOptions) -> Opening:
    @asynccontextmanager
    async def opened(setting: Setting) -> AsyncIterator[Opened]:
        from vigorl.agent.benchmarks.mock_sites import open_stand_ins
        from vigorl.agent.benchmarks.visualwebarena import LIMITS, Answering

        limits = replace(LIMITS, steps=options.max_turns)
        chosen = (options.task, options.limit, setting.boundary)
        async with open_stand_ins(*chosen, envs=setting.envs) as samples:
            yield Opened(samples, limits, wrap=Answering)

    return opened


def _list(seed: int) -> "RenderableType":
    from vigorl.agent.benchmarks.mock_sites import stand_in_table

    return stand_in_table()


BENCHMARKS = (
    Benchmark(
        name="standin",
        about="""Do the stand-in tasks: VisualWebArena's format and evaluators on sites of our own.

Three small sites are started for it and put back before each task. The results say nothing
about VisualWebArena itself.

[dim]$[/dim] vigorl-agent eval standin --model http://localhost:8000/v1""",
        options=StandInOptions,
        open=_open,
        has_pages=True,
        is_served=True,
        workers=None,
        run_name=lambda options: "stand-in",
        tasks=_list,
    ),
)
