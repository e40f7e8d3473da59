"""`vigorl-agent sites`: the stand-in sites, to serve and play on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.tasks.sites.serving import StandIns

sites = App(help="Serve the stand-in sites.")


@sites.command("up")
def sites_up(
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder of the sites' databases. Default: a temporary one."),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65533,
            help="Port of the first site; the others get the next. 0 takes free ones.",
        ),
    ] = 0,
) -> None:
    """Serve classifieds, a forum and a shop on localhost, until Ctrl-C.

    [dim]$[/dim] vigorl-agent sites up --port 9980
    """
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
