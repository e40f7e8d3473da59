"""`vigorl-agent mcp`: the agent as an MCP server."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.fields import shown
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.options import (
    ANYWHERE,
    USUAL_BROWSER,
    BoundaryOptions,
    BrowserOptions,
    viewport_of,
)
from vigorl.agent.run_config import RunConfig
from vigorl.browser.errors import UsageError
from vigorl.policy.model_config import ModelConfig

if TYPE_CHECKING:
    from vigorl.agent.mcp_server import PageServer

app = App()


@dataclass(frozen=True)
class McpOptions:
    """What of a run's configuration is an option here, by the same names."""

    url: Annotated[str, Option(metavar="URL")] = "about:blank"
    """Page to start at."""
    runs: Annotated[Path, shown(RunConfig, "runs")] = Path("runs")
    max_steps: Annotated[int, shown(RunConfig, "max_steps")] = 30
    max_seconds: Annotated[float, shown(RunConfig, "max_seconds")] = 600.0
    headed: Annotated[bool, shown(RunConfig, "headed")] = False
    cdp: Annotated[str | None, shown(RunConfig, "cdp")] = None
    profile: Annotated[Path | None, shown(RunConfig, "profile")] = None
    proxy: Annotated[str | None, shown(RunConfig, "proxy")] = None
    storage_state: Annotated[Path | None, shown(RunConfig, "storage_state")] = None
    approve: Annotated[
        Literal["never", "risky", "always"] | None,
        Option(
            help="Ask the client's user before an action is done: never; when it is risky (pays, "
            "deletes, sends, publishes, uploads and the like); or always when it changes "
            "anything. A client that cannot ask is denied. Default: risky.",
            rich_help_panel="Safety",
        ),
    ] = None
    upload_from: Annotated[tuple[Path, ...], shown(RunConfig, "upload_from")] = ()


USUAL_OPTIONS = McpOptions()
"""Nothing was said."""


@app.command("mcp")
def mcp(
    model: ModelConfig,
    options: McpOptions = USUAL_OPTIONS,
    browser: BrowserOptions = USUAL_BROWSER,
    network: BoundaryOptions = ANYWHERE,
) -> None:
    """Serve a browser to an MCP client, such as an assistant on your desktop, over stdio.

    Its tools: look at the page, zoom into it, act on it, and run a whole task with the model.
    A client starts the server itself; it is told so by an entry in its settings:

    {"mcpServers": {"vigorl": {"command": "vigorl-agent", "args": ["mcp", "--allow", "a.example"]}}}

    [dim]$[/dim] vigorl-agent mcp --url https://shop.example --allow shop.example
    """
    with errors(as_json=False):
        play(_serve(_server(model, options, browser, network)))


def _server(
    model: ModelConfig, options: McpOptions, browser: BrowserOptions, network: BoundaryOptions
) -> "PageServer":
    try:
        from vigorl.agent.mcp_server import DRIVER, PageServer
    except ModuleNotFoundError as error:
        raise UsageError(
            f"serving MCP needs its SDK ({error}): pip install 'vigorl-agent[mcp]'"
        ) from error
    from vigorl.agent.secret_sources import read_secrets

    width_px, height_px = viewport_of(browser.viewport)
    config = RunConfig(
        DRIVER,
        **{field.name: getattr(options, field.name) for field in fields(options)},
        viewport_width_px=width_px,
        viewport_height_px=height_px,
        boundary=network.boundary(),
        secrets=read_secrets(browser.secret or ()),
    )
    return PageServer(config, model, browser.approve_seconds)


async def _serve(page: "PageServer") -> None:
    from vigorl.agent.mcp_server import mcp_server

    await mcp_server(page).run_stdio_async()
