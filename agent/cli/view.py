"""`vigorl-agent view`: every run folder as pages, on this machine alone."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape
from typer import Argument, Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.viewer.server.viewer import Viewer

app = App()


@app.command("view")
def view(
    folders: Annotated[
        list[Path] | None,
        Argument(
            metavar="FOLDER",
            help="Folders of runs, evaluations, trainings and searches, or of such folders. "
            "Default: [bold]runs[/bold].",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int, Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")
    ] = 0,
    opens: Annotated[bool, Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Serve pages of what was recorded, until Ctrl-C.

    Episodes with filters, evaluations side by side, the curves of trainings. The address holds a
    token: only who has it, on this machine, sees anything. Nothing is written into the folders.

    [dim]$[/dim] vigorl-agent view runs --open
    """
    with errors(as_json=False):
        from vigorl.agent.viewer.server.viewer import Viewer
        from vigorl.training.viewing.pages import TEMPLATES

        play(_serve(Viewer.of(folders or [Path("runs")], [TEMPLATES]), port, opens))


async def _serve(viewer: "Viewer", port: int, opens: bool) -> None:
    from vigorl.agent.viewer.server.application import viewer_application
    from vigorl.agent.viewer.server.guard import new_token
    from vigorl.tasks.server import LocalServer
    from vigorl.training.viewing.pages import ROUTES

    console = Console(highlight=False)
    token = new_token()
    async with LocalServer(viewer_application(viewer, token, ROUTES), port) as server:
        url = f"{server.origin}/{token}/"
        console.print(f"[green]ready[/green]  {escape(url)}", soft_wrap=True)
        console.print("[dim]Ctrl-C ends it[/dim]")
        if opens:
            webbrowser.open(url)
        await server.forever()
