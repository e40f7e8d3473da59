"""`vigorl-agent setup`: finds or installs a browser."""

import sys
from typing import Annotated

import typer
from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console

app = App()


@app.command()
def setup(
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Install with the system's package manager without asking."
        ),
    ] = False,
) -> None:
    """Find a browser, or get one: Playwright's own, the system's, or Debian's package.

    Nothing is installed into the system before you have said yes.

    [dim]$[/dim] vigorl-agent setup
    """
    with errors(as_json=False):
        from vigorl.browser.install import find_browser, install_packages

        console = Console()

        def say(line: str) -> None:
            console.print(line, style="dim", markup=False, soft_wrap=True)

        found = play(find_browser(say))
        if found is None:
            _require_permission(yes)
            found = play(install_packages(say))
        console.print(f"[green]ready[/green]  {escape(found)}", highlight=False)


def _require_permission(yes: bool) -> None:
    """Ask before the system is changed.

    Raises:
        BrowserMissing: there is nothing to install with, or the answer is no.
        UsageError: nobody is there to ask.
    """
    from vigorl.browser.chromium import MISSING
    from vigorl.browser.errors import BrowserMissing, UsageError
    from vigorl.browser.install import package_command

    command = package_command()
    if command is None:
        raise BrowserMissing(MISSING)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"no browser starts here, and installing one changes the system: run {command!r}, or "
            "allow it with vigorl-agent setup --yes"
        )
    if not typer.confirm(f"No browser starts here. Run {command!r}?"):
        raise BrowserMissing(MISSING)
