"""`vigorl-agent eval`: many episodes, one table."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.benchmark_group import BenchmarkGroup, Make, add_commands
from vigorl.agent.cli.eval_command import command_of
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
