"""The desktop tasks: programs on virtual screens, whose judges read the programs' real state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vigorl.agent.benchmarks.benchmark import Benchmark, Opened, Opening, Setting
from vigorl.agent.benchmarks.builtin.tasks import TasksOptions

if TYPE_CHECKING:
    from rich.console import RenderableType


def _open(options: TasksOptions) -> Opening:
    from vigorl.tasks.desktop.environment import require_programs
    from vigorl.tasks.desktop.registry import desktop_rows

    rows = desktop_rows(options.split, options.seeds, options.task, options.skip_seeds)
    require_programs(rows)

    @asynccontextmanager
    async def opened(setting: Setting) -> AsyncIterator[Opened]:
        from vigorl.agent.benchmarks.desktop_tasks import desktop_samples
        from vigorl.agent.desktop import require_points
        from vigorl.agent.rollout import Limits

        require_points(setting.policy)
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

They need Xvfb and openbox (apt-get install xvfb openbox), and the programs that they are done
with: mousepad, pcmanfm, gnumeric, galculator, gpicview (apt-get install --no-install-recommends …),
unless --task names others.

[dim]$[/dim] vigorl-agent eval desktop --task desktop/tree --seeds 5""",
        options=TasksOptions,
        open=_open,
        workers=2,
        tasks=_list,
    ),
)
