"""Options that several commands have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from vigorl.agent.cli.fields import shown
from vigorl.agent.run_config import RunConfig
from vigorl.browser.errors import UsageError
from vigorl.policy.model_config import ModelConfig

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService

Model = Annotated[str, shown(ModelConfig, "model")]
Verify = Annotated[str | None, shown(RunConfig, "verify")]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="NAME[@HOST,…][=SOURCE]",
        help="Value that is typed by name (<secret:NAME>), on its hosts alone, and that neither "
        "the model nor the record ever sees; may be repeated. SOURCE: env:VARIABLE, file:PATH, "
        "prompt, keyring:SERVICE/USER or totp:SOURCE. Default: the variable NAME, or a question; "
        "the host of --url.",
        rich_help_panel="Safety",
    ),
]


@dataclass(frozen=True)
class BrowserOptions:
    """What a run's configuration is made of beside its own fields."""

    viewport: Annotated[str, Option(metavar="WxH", rich_help_panel="Browser")] = "1280x720"
    """Width and height of the page, CSS px."""
    secret: Secrets = None
    approve_seconds: Annotated[float, Option(min=1, rich_help_panel="Safety")] = 120
    """Seconds to wait for your answer; then it is no."""


@dataclass(frozen=True)
class LiveOptions:
    """How a person steers a run while it works."""

    view: Annotated[bool, Option("--view", rich_help_panel="Live control")] = False
    """Serve a page on which you steer the run while it works: pause, step, edit or veto, take over,
    say something, stop. Only this machine, and who has the address, gets there."""
    no_open: Annotated[bool, Option("--no-open")] = False
    """Print the address of that page, and do not open it. Without a display it is never opened."""
    pause: Annotated[bool, Option("--pause")] = False
    """Begin paused: the first action waits for you."""
    ask: Annotated[bool, Option("--ask")] = False
    """Let the policy ask you what only you can know, on that page or in the terminal."""


UNWATCHED = LiveOptions()
"""Nobody steers but who sits at the terminal."""

USUAL_BROWSER = BrowserOptions()
"""Nothing was said about the browser."""


def viewport_of(text: str) -> tuple[int, int]:
    """Width and height of `WxH`, CSS px.

    Raises:
        UsageError: it is no size, or none of a page.
    """
    try:
        width_px, height_px = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise UsageError(
            f"--viewport {text!r}: give width x height in px, such as 1280x720"
        ) from None
    if not (100 <= width_px <= 8192 and 100 <= height_px <= 8192):
        raise UsageError(f"--viewport {text}: each side must be between 100 and 8192 px")
    return width_px, height_px


@dataclass(frozen=True)
class EvaluationOptions:
    """How an evaluation is played, whatever the benchmark."""

    workers: Annotated[int | None, typer.Option(min=1)] = None
    """Episodes at once, and turns that a checkpoint in this process generates at a time. Default:
    16 for a server or a GPU, 32 for vLLM, but at most four for each CPU core; few for a policy on
    this CPU."""
    processes: Annotated[int | None, typer.Option(min=1)] = None
    """Processes that play in place of this one, each one episode at a time, with a policy and a
    browser of its own: for policies that fill a core (reader, nano) on many cores. One that dies or
    hangs is replaced, and its episode played again, three times at most. Default: this process
    alone."""
    ray: Annotated[str | None, typer.Option(metavar="[ADDRESS]")] = None
    """Play on the machines of the Ray cluster at HOST:PORT, to which this one has been added; with
    no address, on a Ray of this machine alone. [bold]--processes[/bold] says how many workers it
    has, each with a core; default: all free cores. --out is on a disk that all of them see. Needs
    the extra [bold]ray[/bold]. Default: this machine, without Ray."""
    shard: Annotated[str | None, typer.Option(metavar="K/N")] = None
    """Play only the K-th of N parts of the samples, in a folder of its own; any machine draws the
    same parts. [bold]eval merge[/bold] makes one evaluation of all N. Default: all samples."""
    max_faults: Annotated[float, typer.Option(min=0, max=1)] = 0.05
    """Share of episodes that may break (server, browser, judge); above it there is no score but its
    bounds, and exit code 5."""


WHERE = "Network access"
"""Panel of the options that draw a boundary."""

Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="HOST[:PORT],…",
        help="Reach these hosts and no others, beside that of the first page and a task's own: "
        "names, *.example.org, addresses, networks such as 10.0.0.0/8; may be repeated.",
        rich_help_panel=WHERE,
    ),
]
Deny = Annotated[
    list[str] | None,
    typer.Option(
        "--deny",
        metavar="HOST[:PORT],…",
        help="Never reach these hosts, whatever else is allowed; may be repeated.",
        rich_help_panel=WHERE,
    ),
]
AllowLocal = Annotated[
    bool,
    typer.Option(
        "--allow-local",
        help="Reach services of this machine and private networks as well: all of them, or with "
        "--allow those that it lists, by names without a port as well.",
        rich_help_panel=WHERE,
    ),
]


@dataclass(frozen=True)
class BoundaryOptions:
    """Which hosts pages may reach."""

    allow: Allow = None
    deny: Deny = None
    allow_local: AllowLocal = False

    def boundary(self) -> "Boundary | None":
        """The boundary that they draw; None where nothing is given.

        Raises:
            UsageError: an entry is no host.
        """
        return boundary_of(self.allow, self.deny, self.allow_local)


ANYWHERE = BoundaryOptions()
"""Nothing was said about hosts."""


def boundary_of(
    allow: Sequence[str] | None, deny: Sequence[str] | None, allow_local: bool
) -> "Boundary | None":
    """What these options say; None where they say nothing.

    Raises:
        UsageError: an entry is no host.
    """
    if not (allow or deny or allow_local):
        return None
    from vigorl.browser.boundary import Boundary, entries

    allowed = entries(allow) if allow else None
    return Boundary(allowed, entries(deny or ()), allow_local)


@dataclass(frozen=True)
class EnvsOptions:
    """Where episodes are played, if not in this process."""

    envs: Annotated[
        list[str] | None, Option("--envs", metavar="URL", rich_help_panel="Environment service")
    ] = None
    """Play on the browsers of this environment service ([bold]envs serve[/bold]); may be repeated.
    Default: on browsers of this process."""
    envs_token: Annotated[str | None, Option(envvar="VIGORL_ENVS_TOKEN", show_envvar=True)] = None
    """Bearer token of the service; never recorded."""

    def service(self, boundary: "Boundary | None" = None) -> "RemoteService | None":
        """The service; None where none is named.

        Args:
            boundary: Where pages may go, as it was given here; there, it would be of no effect.

        Raises:
            UsageError: it has no token, its address is none, or a boundary is given.
        """
        if not self.envs:
            return None
        if boundary is not None:
            raise UsageError(
                "pages of an environment service reach their own sites alone: leave out --allow, "
                "--deny and --allow-local beside --envs"
            )
        from vigorl.browser.remote import RemoteService

        return RemoteService(tuple(self.envs), self.envs_token or "")


HERE = EnvsOptions()
"""No service is named."""


AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object at the end on stdout, all else on stderr."),
]
