"""The application of `vigorl-agent`: a module a group, put together here.

What a command needs is imported inside of it, so that --help is instant.
"""

import typer

from vigorl.agent.cli import (
    data,
    evaluation,
    export,
    run,
    search,
    setup,
    standin,
    study,
    tasks,
    train,
)
from vigorl.agent.cli.main import EXIT_CODES

app = typer.Typer(
    name="vigorl-agent",
    help="A browser agent that works from pixels: grounded reasoning, zoom, and a record of it.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
)
app.add_typer(run.app)
app.add_typer(setup.app)
app.add_typer(evaluation.app, name="eval")
app.add_typer(tasks.app, name="tasks")
app.add_typer(standin.sites, name="sites")
app.add_typer(data.app, name="data")
app.add_typer(train.app, name="train")
app.add_typer(search.app)
app.add_typer(study.app)
app.add_typer(export.app)
