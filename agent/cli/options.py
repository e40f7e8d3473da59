"""Options that several commands have."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary

Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="[bold]reader[/bold] (embedded, follows instructions), [bold]nano[/bold] (embedded, "
        "goals on pages like those it learnt from), [bold]random[/bold] (clicks anywhere), the "
        "URL of an OpenAI-compatible server, a checkpoint's folder, or a hub id.",
        rich_help_panel="Model",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(help="Which of the server's models.", rich_help_panel="Model"),
]
Family = Annotated[
    str | None,
    typer.Option(
        help="How the model is talked to; told by its name where left out.",
        rich_help_panel="Model",
    ),
]
API_KEY_VARIABLE = "VIGORL_API_KEY"


def _take_api_key(context: typer.Context, value: str | None) -> str | None:
    """The key, no longer in the environment that other processes inherit."""
    os.environ.pop(API_KEY_VARIABLE, None)
    source = context.get_parameter_source("api_key")
    if value is not None and source is not None and source.name == "COMMANDLINE":
        typer.echo(
            f"note: every process of this machine can read --api-key; set {API_KEY_VARIABLE} "
            "instead",
            err=True,
        )
    return value


ApiKey = Annotated[
    str | None,
    typer.Option(
        envvar=API_KEY_VARIABLE,
        callback=_take_api_key,
        help="Bearer token for the server; never recorded. Better in the environment: others can "
        "read a command.",
        rich_help_panel="Model",
        show_envvar=True,
    ),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="NAME[@HOST,…][=SOURCE]",
        help="A value that is typed by name (<secret:NAME>) on its hosts alone and that neither "
        "model nor record ever sees; may be repeated. SOURCE: env:VARIABLE, file:PATH, prompt, "
        "keyring:SERVICE/USER, totp:SOURCE. Default: the variable NAME, or a question; the host "
        "of --url.",
        rich_help_panel="Browser",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Of sampling; 0 is greedy. Default: the model's own.",
        rich_help_panel="Model",
    ),
]
Zoom = Annotated[
    bool,
    typer.Option(
        "--zoom/--no-zoom",
        help="May look closer, where its family can; or answers from one look.",
        rich_help_panel="Model",
    ),
]
Verify = Annotated[
    str | None,
    typer.Option(
        metavar="same|MODEL",
        help="Let a model look at the last screens when the policy says done, and say whether it "
        "is: the [bold]same[/bold] one, or another (as --model).",
        rich_help_panel="Model",
    ),
]
WHERE = "Network access"
"""Panel of the options that draw a boundary."""

Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="HOST[:PORT],…",
        help="Reach these hosts and no other, beside the page that it begins with and a task's own "
        "site: names, *.example.org, addresses, networks such as 10.0.0.0/8. May be repeated.",
        rich_help_panel=WHERE,
    ),
]
Deny = Annotated[
    list[str] | None,
    typer.Option(
        "--deny",
        metavar="HOST[:PORT],…",
        help="Never reach these, whatever else is allowed.",
        rich_help_panel=WHERE,
    ),
]
AllowLocal = Annotated[
    bool,
    typer.Option(
        "--allow-local",
        help="Reach services of this machine and private networks, too: all of them, or with "
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


AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object at the end, and nothing else, on stdout."),
]
MinScore = Annotated[
    float | None, typer.Option(help="Take episodes with at least this score. Default: 1.")
]
MaxScore = Annotated[float | None, typer.Option(help="And with at most this one.")]
Straight = Annotated[
    int,
    typer.Option(
        min=0,
        help="Chains of a tree that go straight to the answer, at most.",
        rich_help_panel="Chains of a search",
    ),
]
Corrected = Annotated[
    int,
    typer.Option(
        min=0,
        help="Chains that err, look back ('wait') and correct themselves, at most.",
        rich_help_panel="Chains of a search",
    ),
]
Detour = Annotated[
    int,
    typer.Option(
        min=1, help="Steps that these go astray, at most.", rich_help_panel="Chains of a search"
    ),
]
