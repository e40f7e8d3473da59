"""`vigorl-agent study`: ways of learning, side by side."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play, print_json, torch_needed
from vigorl.agent.cli.options import (
    LEARNS,
    PRACTISED,
    Allow,
    AllowLocal,
    AsJson,
    AtOnce,
    Deny,
    Family,
    Group,
    Groups,
    MaxSteps,
    MaxTokens,
    PractisedTasks,
    SkippedSeeds,
    Start,
    Stills,
    boundary_of,
)
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.evaluation.comparison import Difference
    from vigorl.agent.evaluation.statistics import Cell
    from vigorl.training.ablation.ablation import Findings, StudyConfig
    from vigorl.training.ablation.tasks import StudyTasks

app = App()


@app.command("study")
def study(
    out: Annotated[Path, typer.Option(help="Folder of the study; run again to go on.")],
    model: Start = "nano",
    family: Family = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(help="Only these ways; may be repeated.", rich_help_panel=LEARNS),
    ] = None,
    task: PractisedTasks = None,
    skip: SkippedSeeds = 3000,
    data: Stills = None,
    held_out: Annotated[
        Path | None,
        typer.Option(
            help="Others, that nobody learns from; needed with --data.",
            rich_help_panel=PRACTISED,
        ),
    ] = None,
    practised: Annotated[
        int,
        typer.Option(
            min=1,
            help="So many screenshots, or seeds of each task.",
            rich_help_panel=PRACTISED,
        ),
    ] = 40,
    measured: Annotated[
        int, typer.Option(min=1, help="The same, held out.", rich_help_panel=PRACTISED)
    ] = 40,
    seeds: Annotated[
        int, typer.Option(min=1, help="Trainings of each arm.", rich_help_panel=LEARNS)
    ] = 3,
    steps: Annotated[
        int, typer.Option(min=1, help="Updates of each training.", rich_help_panel=LEARNS)
    ] = 10,
    form_steps: Annotated[
        int,
        typer.Option(
            min=1, help="Updates that first teach an arm its form.", rich_help_panel=LEARNS
        ),
    ] = 16,
    form_batch: Annotated[
        int, typer.Option(min=1, help="Examples of each of these.", rich_help_panel=LEARNS)
    ] = 8,
    form_rate: Annotated[
        float, typer.Option(help="Of AdamW in these.", rich_help_panel=LEARNS)
    ] = 5e-4,
    attempts: Annotated[
        int,
        typer.Option(
            min=1,
            help="Of the start at each practised task: its right answers teach the forms.",
            rich_help_panel=LEARNS,
        ),
    ] = 2,
    group: Group = 8,
    groups: Groups = 4,
    learning_rate: Annotated[
        float, typer.Option(help="Of AdamW in each training.", rich_help_panel=LEARNS)
    ] = 1e-4,
    max_steps: MaxSteps = 6,
    max_tokens: MaxTokens = 96,
    workers: AtOnce = 8,
    allow: Allow = None,
    deny: Deny = None,
    allow_local: AllowLocal = False,
    as_json: AsJson = False,
) -> None:
    """Ask whether grounding helps, and looking closer: four ways to learn, side by side.

    [bold]direct[/bold] learns by example, without a thought. The others learn by doing
    (GRPO): [bold]vanilla[/bold] with thoughts that name no points, [bold]grounded[/bold] with
    thoughts that do, and [bold]zoom[/bold] may look closer besides. All have one start, the
    same tasks and as many updates, once for every seed, and are measured on tasks that
    nobody has learnt from. Writes study.json and index.html.

    [dim]$[/dim] vigorl-agent study --task lookup --task panel --out runs/study

    [dim]$[/dim] vigorl-agent study --data small-train --held-out small-test --out runs/small
    """
    with errors(as_json):
        with torch_needed():
            from vigorl.training.ablation.ablation import ARMS, StudyConfig
            from vigorl.training.ablation.page import write_study
            from vigorl.training.ablation.tasks import StudyTasks
        tasks = StudyTasks(
            data,
            held_out,
            tuple(task or ()),
            skip,
            practised,
            measured,
            boundary_of(allow, deny, allow_local),
        )
        config = StudyConfig(
            model=model,
            family=family,
            arms=tuple(arm or ARMS),
            seeds=seeds,
            steps=steps,
            form_steps=form_steps,
            form_batch=form_batch,
            form_rate=form_rate,
            attempts=attempts,
            group_size=group,
            groups=groups,
            learning_rate=learning_rate,
            turns=max_steps,
            turn_tokens=max_tokens,
            workers=workers,
        )
        console = Console(stderr=True)
        try:
            found = play(_studied(config, out, tasks, console))
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("to go on: the same command again", style="dim")
            raise
        page = write_study(out, found)
        console.print(_table(found))
        console.print(f"[green]ready[/green]  {escape(str(page))}", highlight=False, soft_wrap=True)
    if as_json:
        print_json(found.as_json())


async def _studied(
    config: "StudyConfig", out: Path, tasks: "StudyTasks", console: Console
) -> "Findings":
    from vigorl.training.ablation.ablation import study
    from vigorl.training.ablation.tasks import open_study_tasks

    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    async with open_study_tasks(tasks) as (practised, held_out):
        return await study(config, out, practised, held_out, say)


def _table(found: "Findings") -> Table:
    """The arms in a terminal."""
    table = Table(title="held-out tasks, percent", title_justify="left")
    table.add_column("", style="bold")
    for heading in ("before", "in the end", "gain", "points a turn", "looks closer"):
        table.add_column(heading, justify="right")
    for shown, cell in found.start.items():
        table.add_row(f"start, {shown}", _percent(cell), "", "", "", "")
    for outcome in found.outcomes:
        table.add_row(
            outcome.arm.name,
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
