"""The API key of a model's server, as it comes in."""

import os

import typer

_VARIABLE = "VIGORL_API_KEY"


def take_api_key(context: typer.Context, value: str | None) -> str | None:
    """The key, no longer in the environment that other processes inherit."""
    os.environ.pop(_VARIABLE, None)
    source = context.get_parameter_source("api_key")
    if value is not None and source is not None and source.name == "COMMANDLINE":
        typer.echo(
            f"note: every process of this machine can read --api-key; set {_VARIABLE} instead",
            err=True,
        )
    return value
