"""Configuration of a policy: which model plays, and how it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from typer import Option

READER = "reader"
"""The embedded policy that needs no model."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Which model plays, and how it is asked."""

    model: Annotated[str, Option("--model", "-m", metavar="MODEL", rich_help_panel="Model")] = (
        READER
    )
    """Policy: [bold]reader[/bold] (embedded, follows literal instructions), [bold]nano[/bold]
    (embedded, small; goals on pages like those it was trained on), [bold]random[/bold] (clicks
    anywhere), the URL of an OpenAI-compatible server, a checkpoint folder, a hub id, or the
    policy of another package (its name, or module:function)."""
    model_name: Annotated[str | None, Option(metavar="NAME")] = None
    """Model of a server that serves several. Default: its only one."""
    family: Annotated[str | None, Option(metavar="NAME")] = None
    """Prompt and answer format. Default: inferred from the model's name."""
    api_key: Annotated[str | None, Option(envvar="VIGORL_API_KEY", show_envvar=True)] = None
    """Bearer token for the server; never recorded. Better set in the environment: other processes
    can read a command line."""
    temperature: Annotated[float | None, Option(min=0)] = None
    """Sampling temperature; 0 is greedy. Default: the family's own."""
    window_screens: int | None = field(default=None, metadata={"option": False})
    """Screenshots that stay in the conversation; None: as the family has it."""
    zoom: bool = True
    """Let the model zoom, where its family can."""
    max_tokens: int | None = field(default=None, metadata={"option": False})
    """Sampled in one turn; None: as the family has it."""
    extra_body: Mapping[str, Any] = field(default_factory=dict, metadata={"option": False})
    """Further fields of every request to a server."""
