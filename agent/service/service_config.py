"""ServiceConfig: what an environment service serves, to whom, and how much of it at once."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from typer import Option

from vigorl.browser.errors import UsageError

ENVIRONMENTS = ("tasks", "miniwob", "standin", "stills")


@dataclass(frozen=True)
class ServiceConfig:
    """An environment service."""

    environment: list[str] | None = None
    """Serve this one of tasks, miniwob, standin and stills; may be repeated. Default: each of the
    first three whose package is installed, and stills where --stills names some."""
    stills: Path | None = None
    """Still pictures of the environment stills: a folder or file that eval grounding takes."""
    places: Annotated[int, Option(min=1, max=1000)] = 8
    """Episodes at once; two cores are busy with four to eight."""
    host: str = "127.0.0.1"
    """Address to listen on; another one than this machine's own needs a token."""
    port: Annotated[int, Option(min=0, max=65535)] = 8940
    """Port to listen on; 0 takes a free one."""
    token: Annotated[str | None, Option(envvar="VIGORL_ENVS_TOKEN", show_envvar=True)] = field(
        default=None, repr=False
    )
    """Bearer token that clients have to send. Default, on this machine's own address: a new one,
    which is printed."""
    contexts: Annotated[int, Option(min=1, rich_help_panel="Chromium")] = 8
    """Episodes that share one Chromium."""
    max_episodes: Annotated[int, Option(min=1)] = 200
    """Episodes after which a Chromium is replaced, once its last one is over."""
    max_memory_mb: Annotated[float, Option(min=1)] = 1536
    """Memory of a Chromium, MB, above which it is replaced in the same way."""
    lease_seconds: Annotated[float, Option(min=1, rich_help_panel="Leases")] = 60
    """Seconds without a word after which a place is taken back."""
    grace_seconds: Annotated[float, Option(min=0)] = 30
    """Seconds that sessions have to come to an end after SIGTERM or the first Ctrl-C."""

    def __post_init__(self) -> None:
        for name in self.environment or ():
            if name not in ENVIRONMENTS:
                raise UsageError(
                    f"there is no environment {name!r} to serve: {', '.join(ENVIRONMENTS)}"
                )
        if "stills" in (self.environment or ()) and self.stills is None:
            raise UsageError("which still pictures? name their folder: --stills FOLDER")
        if self.token is not None and len(self.token) < SHORTEST_TOKEN:
            raise UsageError(
                f"a token has {SHORTEST_TOKEN} characters at least, so that nobody guesses it"
            )
        if self.token is None and not is_loopback(self.host):
            raise UsageError(
                f"who may play, if the service listens on {self.host}? Give a token: "
                "VIGORL_ENVS_TOKEN=$(openssl rand -hex 16), or --token"
            )


SHORTEST_TOKEN = 16
"""Characters."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
