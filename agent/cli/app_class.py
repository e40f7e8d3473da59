"""The Typer application, command and group that all of `vigorl-agent` is made of.

They differ from Typer's own in three things: a command may take configuration dataclasses
(`vigorl.agent.cli.fields`), help is printed for narrow terminals as well
(`vigorl.agent.cli.help_screen`), and old spellings are understood (`vigorl.agent.cli.renamed`).
"""

import inspect
from collections.abc import Callable
from copy import copy
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import ParameterInfo

from vigorl.agent.cli.bare_options import with_values
from vigorl.agent.cli.completion import completion_of
from vigorl.agent.cli.fields import expanded
from vigorl.agent.cli.help_screen import print_help
from vigorl.agent.cli.keys import VARIABLES, taker_of
from vigorl.agent.cli.main import errors
from vigorl.agent.cli.renamed import current_arguments, current_command
from vigorl.agent.cli.settings import SettingsFile, find_settings, has_settings, tell_settings


class Command(TyperCommand):
    """A command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line, old spellings included."""
        known = {name for param in self.get_params(ctx) for name in param.opts}
        given = with_values(current_arguments(args, known), known)
        file = None if ctx.resilient_parsing else _settings_of(ctx, given)
        if file is None:
            return super().parse_args(ctx, given)
        ctx.default_map = file.defaults_of(_section(ctx))
        rest = super().parse_args(ctx, given)
        tell_settings(file, ctx)
        return rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help screen."""
        print_help(self, ctx)


def _section(ctx: Any) -> str:
    """The part of the settings file that is a command's own: the command below the program."""
    path = ctx.command_path.split(" ")
    return path[1] if len(path) > 1 else str(ctx.info_name)


def _settings_of(ctx: Any, given: list[str]) -> SettingsFile | None:
    """The settings file, for commands that it has something to say to."""
    if not has_settings(_section(ctx)) or "api_key" not in (
        each.name for each in ctx.command.params
    ):
        return None
    try:
        with errors("--json" in given):
            return find_settings()
    except typer.Exit:
        if "--help" in given:
            return None
        raise


class CommandGroup(TyperGroup):
    """A group of commands."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name, or by the one that it had."""
        return super().get_command(ctx, cmd_name) or super().get_command(
            ctx, current_command(cmd_name)
        )

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help screen."""
        print_help(self, ctx)


class App(typer.Typer):
    """A group of commands in the making."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": CommandGroup, "no_args_is_help": True, **settings})

    def command(  # type: ignore[override]  # the rest of Typer's parameters is handed through
        self, name: str | None = None, **settings: Any
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Make a command of a function; each dataclass that it takes becomes options."""
        register = super().command(name, **{"cls": Command, **settings})

        def decorate(function: Callable[..., None]) -> Callable[..., None]:
            register(_with_hooks(expanded(function)))
            return function

        return decorate


def _with_hooks(function: Callable[..., None]) -> Callable[..., None]:
    """Let the shell complete values, and take the API key out of the environment."""
    signature = inspect.signature(function, eval_str=True)
    parameters = [_hooked(each) for each in signature.parameters.values()]
    function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {}
    return function


def _hooked(parameter: inspect.Parameter) -> inspect.Parameter:
    hint, *rest = get_args(parameter.annotation) or (parameter.annotation,)
    infos = [each for each in rest if isinstance(each, ParameterInfo)]
    if not infos:
        return parameter
    info: Any = copy(infos[0])
    info.autocompletion = info.autocompletion or completion_of(parameter.name)
    if parameter.name in VARIABLES:
        info.callback = taker_of(parameter.name)
    return parameter.replace(annotation=Annotated[hint, info])
