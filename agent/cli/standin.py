"""`vigorl-agent eval standin` and `vigorl-agent sites`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.eval_command import MaxFaults, Measurement, Out
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.options import (
    Allow,
    AllowLocal,
    ApiKey,
    AsJson,
    Deny,
    Family,
    Model,
    ModelName,
    Temperature,
    Verify,
    boundary_of,
)
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.tasks.sites.serving import StandIns

app = App()
sites = App(help="The stand-in sites.")


@app.command("standin")
def eval_standin(
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these: a site (classifieds, reddit, shopping) or a task (reddit/3); may be "
            "repeated."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N tasks.")] = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Of each episode.")] = 30,
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    verify: Verify = None,
    max_faults: MaxFaults = 0.05,
    allow: Allow = None,
    deny: Deny = None,
    allow_local: AllowLocal = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Do the stand-in tasks: VisualWebArena's format and evaluators on sites of our own.

    Three small sites are started for it and put back before each task. The results say nothing
    about VisualWebArena itself.

    [dim]$[/dim] vigorl-agent eval standin --model http://localhost:8000/v1
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.mock_sites import open_stand_ins
        from vigorl.agent.benchmarks.visualwebarena import LIMITS, Answering
        from vigorl.policy.factory import ModelConfig

        world = open_stand_ins(task, limit, boundary_of(allow, deny, allow_local))
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        limits = replace(LIMITS, steps=max_steps)
        Measurement(
            "stand-in",
            policy,
            world,
            limits,
            1,
            out,
            as_json,
            wrap=Answering,
            verify=verify,
            max_faults=max_faults,
        ).play()


@sites.command("up")
def sites_up(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where their databases stay; default: a folder that goes with them."),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65533, help="Of the first site; the others have the next. 0: free ones."
        ),
    ] = 0,
) -> None:
    """Serve classifieds, a forum and a shop on localhost, until Ctrl-C."""
    with errors(as_json=False):
        from vigorl.tasks.sites.serving import StandIns

        play(_serve(StandIns(folder, port)))


async def _serve(stand_ins: "StandIns") -> None:
    from vigorl.tasks.sites.serving import SITES

    console = Console(highlight=False)
    async with stand_ins as served:
        for site in SITES:
            url = getattr(served.urls, site.name)
            account = f"{site.account.name} / {site.account.password}"
            console.print(
                f"[bold]{site.title:<16}[/] {url}   [dim]as[/dim] {escape(account)}", soft_wrap=True
            )
        token = served.urls.reset_token
        console.print(
            f"[dim]put one back:[/dim]  curl -d token={token} {served.urls.classifieds}/reset\n"
            "[dim]try a task:[/dim]    vigorl-agent run 'open the second result' --url …\n"
            "[dim]measure:[/dim]       vigorl-agent eval standin --model …   "
            "[dim](on sites of its own)[/dim]\n"
            "[dim]Ctrl-C ends them[/dim]"
        )
        await served.forever()
