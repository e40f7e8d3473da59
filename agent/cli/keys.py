"""Keys and tokens, as they come in."""

import os
from collections.abc import Callable

import typer

VARIABLES = {
    "api_key": "VIGORL_API_KEY",
    "token": "VIGORL_ENVS_TOKEN",
    "envs_token": "VIGORL_ENVS_TOKEN",
}
"""Of the environment, by the names of their options' parameters."""

Taker = Callable[[typer.Context, str | None], str | None]


def taker_of(name: str) -> Taker:
    """Takes the key of this parameter out of the environment, which other processes inherit."""
    variable, option = VARIABLES[name], f"--{name.replace('_', '-')}"

    def take(context: typer.Context, value: str | None) -> str | None:
        os.environ.pop(variable, None)
        source = context.get_parameter_source(name)
        if value is not None and source is not None and source.name == "COMMANDLINE":
            typer.echo(
                f"note: every process of this machine can read {option}; set {variable} instead",
                err=True,
            )
        return value

    return take
