"""`vigorl-agent eval`: many episodes, one table; parts of it merged, two of them compared."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.benchmark_group import BenchmarkGroup, Make, add_commands
from vigorl.agent.cli.eval_command import command_of, new_folder
from vigorl.agent.cli.evaluation_tables import show_evaluation
from vigorl.agent.cli.main import errors, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console


class _Evaluations(BenchmarkGroup):
    make: ClassVar[Make] = staticmethod(command_of)


app = App(cls=_Evaluations, help="Evaluate a policy on a benchmark.")
add_commands(app, command_of)


@app.command("compare")
def eval_compare(
    one: Annotated[
        Path, typer.Argument(metavar="A", help="Folder of an evaluation, the baseline.")
    ],
    other: Annotated[Path, typer.Argument(metavar="B", help="Folder of another evaluation.")],
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare two evaluations on the samples that both have scored.

    Differences are paired, sample by sample; intervals are bootstrapped. An interval on one side
    of 0 says that the difference is hardly chance.

    [dim]$[/dim] vigorl-agent eval compare runs/reader runs/nano
    """
    with errors(as_json):
        from vigorl.agent.evaluation.comparison import compare, comparison_table

        comparison = compare(one, other, seed)
        Console(stderr=as_json).print(comparison_table(comparison))
    if as_json:
        print_json(comparison.as_json())


@app.command("merge")
def eval_merge(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER…", help="Folders of all shards, in any order."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the merged evaluation; default: a new one in runs/."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make one evaluation of all its shards, as if it had been played in one place.

    Shards of different models, settings or tasks are refused, as is a missing or unfinished one.
    The folders stay as they are; on the same disk, the merged one shares their files.

    [dim]$[/dim] vigorl-agent eval merge runs/part-1 runs/part-2 runs/part-3 --out runs/merged
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.registry import find
        from vigorl.agent.evaluation.merging import merge
        from vigorl.agent.evaluation.shards import read_plan

        name = read_plan(folders[0]).heading.benchmark
        benchmark = find(name) if name else None
        plan, summary = merge(folders, out or new_folder(name or "merged"))
        report = benchmark.report if benchmark else None
        show_evaluation(summary, plan.heading.title, report, as_json)
