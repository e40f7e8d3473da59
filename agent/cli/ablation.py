"""`vigorl-agent ablation`: variants of training, side by side."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape
from rich.table import Table
from typer import Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play, print_json, torch_needed
from vigorl.agent.cli.options import ANYWHERE, AsJson, BoundaryOptions
from vigorl.agent.cli.terminal import Console
from vigorl.training.ablation.config import AblationConfig, AblationTasks

if TYPE_CHECKING:
    from vigorl.agent.evaluation.comparison import Difference
    from vigorl.agent.evaluation.statistics import Cell
    from vigorl.training.ablation.ablation import AblationFindings

app = App()


@app.command("ablation")
def ablation(
    out: Annotated[Path, Option(help="Folder of the ablation. The same command again resumes it.")],
    config: AblationConfig = AblationConfig(),  # noqa: B008 -- frozen
    tasks: AblationTasks = AblationTasks(),  # noqa: B008 -- frozen
    network: BoundaryOptions = ANYWHERE,
    as_json: AsJson = False,
) -> None:
    """Ask whether grounding helps, and zoom: four ways to train, side by side.

    [bold]direct[/bold] is fine-tuned on answers without reasoning. The others are trained by
    GRPO: [bold]vanilla[/bold] with reasoning that names no points, [bold]grounded[/bold] with
    reasoning that does, and [bold]zoom[/bold] may zoom besides. All have one base model, the same
    tasks and as many updates, once per seed, and are tested on held-out tasks. Writes ablation.json
    and index.html.

    [dim]$[/dim] vigorl-agent ablation --task lookup --task panel --out runs/ablation

    [dim]$[/dim] vigorl-agent ablation --data small-train --held-out small-test --out runs/small
    """
    with errors(as_json):
        with torch_needed():
            from vigorl.training.ablation.page import write_ablation_page
        tasks = replace(tasks, boundary=network.boundary())
        console = Console(stderr=True)
        try:
            found = play(_studied(config, out, tasks, console))
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("to resume: the same command again", style="dim")
            raise
        page = write_ablation_page(out, found)
        console.print(_table(found))
        console.print(f"[green]ready[/green]  {escape(str(page))}", highlight=False, soft_wrap=True)
    if as_json:
        print_json(found.as_json())


async def _studied(
    config: AblationConfig, out: Path, tasks: AblationTasks, console: Console
) -> "AblationFindings":
    from vigorl.training.ablation.ablation import run_ablation
    from vigorl.training.ablation.tasks import open_ablation_tasks

    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    async with open_ablation_tasks(tasks) as (practised, held_out):
        return await run_ablation(config, out, practised, held_out, say)


def _table(found: "AblationFindings") -> Table:
    """The variants in a terminal."""
    table = Table(title="held-out tasks, percent", title_justify="left")
    table.add_column("", style="bold")
    for heading in ("before", "in the end", "gain", "points a turn", "zooms an episode"):
        table.add_column(heading, justify="right")
    for shown, cell in found.start.items():
        table.add_row(f"start, {shown}", _percent(cell), "", "", "", "")
    for outcome in found.outcomes:
        table.add_row(
            outcome.variant.name,
            _percent(outcome.form),
            _percent(outcome.score),
            _points(outcome.gain),
            f"{outcome.points:.2f}",
            f"{outcome.looks:.2f}",
        )
    for name, difference in found.between.items():
        table.add_row(name, "", "", _points(difference), "", "")
    return table


def _percent(cell: "Cell") -> str:
    if cell.mean is None or cell.low is None or cell.high is None:
        return "–"
    return f"{cell.mean:.1%} [{100 * cell.low:.1f}, {100 * cell.high:.1f}]"


def _points(cell: "Difference") -> str:
    interval = (
        "" if cell.low is None or cell.high is None
        else f" [{100 * cell.low:+.1f}, {100 * cell.high:+.1f}]"
    )  # fmt: skip
    return f"{100 * cell.difference:+.1f}{interval}"
