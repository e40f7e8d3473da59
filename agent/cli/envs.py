"""`vigorl-agent envs`: environments as a service, for episodes that are played elsewhere."""

import secrets
from typing import TYPE_CHECKING

from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console
from vigorl.agent.service.service_config import ServiceConfig
from vigorl.browser.errors import UsageError

if TYPE_CHECKING:
    from vigorl.agent.service.serving import ServedEnvironments

app = App(help="Serve environments to whoever plays elsewhere.")


@app.callback()
def envs() -> None:
    """Serve environments to whoever plays elsewhere."""


@app.command("serve")
def envs_serve(config: ServiceConfig = ServiceConfig()) -> None:  # noqa: B008 -- frozen
    """Lend worlds and their browsers to evaluations and trainings, until Ctrl-C.

    A client leases a place for as long as it plays, and sends the token with all that it asks.
    The first Ctrl-C, or SIGTERM, lets those who play come to an end; the second ends at once.

    [dim]$[/dim] vigorl-agent envs serve --environment miniwob --places 16

    [dim]$[/dim] vigorl-agent eval miniwob --envs http://127.0.0.1:8940
    """
    with errors(as_json=False):
        play(_serve(config))


async def _serve(config: ServiceConfig) -> None:
    try:
        from vigorl.agent.service.serving import served_environments
    except ImportError as error:
        raise UsageError(
            f"a service needs prometheus-client and websockets ({error}): "
            "pip install 'vigorl-agent[service]'"
        ) from error
    token = config.token or secrets.token_urlsafe(18)
    async with served_environments(config, token) as served:
        _tell(served, config, token)
        await served.until_told()


def _tell(served: "ServedEnvironments", config: ServiceConfig, token: str) -> None:
    console = Console(highlight=False)
    console.print(
        f"[green]ready[/green]  {escape(served.url)}  [dim]{', '.join(served.names)} · "
        f"{config.places} places[/dim]",
        soft_wrap=True,
    )
    if config.token is None:
        console.print(f"export VIGORL_ENVS_TOKEN={escape(token)}", soft_wrap=True)
    console.print(
        f"[dim]play:[/dim]  vigorl-agent eval {served.names[0]} --envs {escape(served.url)}\n"
        "[dim]Ctrl-C ends it[/dim]",
        soft_wrap=True,
    )
