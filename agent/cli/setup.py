"""`vigorl-agent setup`: a browser."""

import typer
from rich.markup import escape

from vigorl.agent.cli.ending import errors, play
from vigorl.agent.terminal import Console

app = typer.Typer()


@app.command()
def setup() -> None:
    """Find a browser, or get one: Playwright's own, the system's, or Debian's package."""
    with errors(as_json=False):
        from vigorl.browser.install import install_browser

        console = Console()
        work = install_browser(
            lambda line: console.print(line, style="dim", markup=False, soft_wrap=True)
        )
        console.print(f"[green]ready[/green]  {escape(play(work))}", highlight=False)
