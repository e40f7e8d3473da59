"""Options that several commands have."""

from typing import Annotated

import typer

Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="[bold]reader[/bold] (embedded, no GPU), [bold]random[/bold] (clicks anywhere), the "
        "URL of an OpenAI-compatible server, a checkpoint's folder, or a hub id.",
        rich_help_panel="Who plays",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(help="Which of the server's models.", rich_help_panel="Who plays"),
]
Family = Annotated[
    str | None,
    typer.Option(
        help="How the model is talked to; told by its name where left out.",
        rich_help_panel="Who plays",
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        envvar="VIGORL_API_KEY",
        help="Bearer token for the server; never recorded.",
        rich_help_panel="Who plays",
        show_envvar=True,
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Of sampling; 0 is greedy. Default: the model's own.",
        rich_help_panel="Who plays",
    ),
]
Zoom = Annotated[
    bool,
    typer.Option(
        "--zoom/--no-zoom",
        help="May look closer, where its family can; or answers from one look.",
        rich_help_panel="Who plays",
    ),
]
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
