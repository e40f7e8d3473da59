"""`vigorl-agent eval standin` and `vigorl-agent sites`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.tasks.sites.serving import StandIns

sites = typer.Typer(help="The stand-in sites.", no_args_is_help=True)


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
