"""The application `vigorl-agent`: its groups of commands, a module each.

What a command needs is imported inside of it, so that --help is instant.
"""

from typing import Annotated

import typer

from vigorl.agent.cli import (
    ablation,
    analyze,
    data,
    envs,
    evaluation,
    export,
    humans,
    mcp,
    record,
    replay,
    run,
    search,
    serve,
    setup,
    show,
    standin,
    tasks,
    train,
    view,
)
from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import EXIT_CODES

app = App(
    name="vigorl-agent",
    help="A browser agent that works from pixels: grounded reasoning, zoom, and a record of it.",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
)


def _print_version(asked: bool) -> None:
    if asked:
        from vigorl.agent.cli.version import version_line

        typer.echo(version_line())
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version, and the commit where it is known.",
        ),
    ] = False,
) -> None:
    """A browser agent that works from pixels: grounded reasoning, zoom, and a record of it."""


app.add_typer(run.app)
app.add_typer(record.app)
app.add_typer(show.app)
app.add_typer(replay.app)
app.add_typer(view.app)
app.add_typer(setup.app)
app.add_typer(serve.app)
app.add_typer(mcp.app)
app.add_typer(envs.app, name="envs")
app.add_typer(evaluation.app, name="eval")
app.add_typer(analyze.app, name="analyze")
app.add_typer(humans.app, name="humans")
app.add_typer(tasks.app, name="tasks")
app.add_typer(standin.sites, name="sites")
app.add_typer(data.app, name="data")
app.add_typer(search.app)
app.add_typer(train.app, name="train")
app.add_typer(ablation.app)
app.add_typer(export.app)
