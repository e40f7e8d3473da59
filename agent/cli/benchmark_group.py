"""Groups of commands with one for each benchmark, those of other packages included."""

from collections.abc import Callable
from typing import Any, ClassVar

import typer

from vigorl.agent.benchmarks.benchmark import Benchmark
from vigorl.agent.cli.app_class import App, CommandGroup
from vigorl.agent.cli.main import errors
from vigorl.browser.errors import UsageError

Make = Callable[[Benchmark], "Callable[..., None] | None"]
"""Makes the function of a benchmark's command; None where it has none in a group."""


def add_commands(app: App, make: Make) -> None:
    """Give a group the commands of this package's benchmarks."""
    from vigorl.agent.benchmarks.registry import built_in

    for benchmark in built_in():
        command = make(benchmark)
        if command is not None:
            app.command(benchmark.name)(command)


class BenchmarkGroup(CommandGroup):
    """Finds benchmarks of other packages when they are asked for, and no earlier."""

    make: ClassVar[Make]

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands of this package, then those that others add."""
        from vigorl.agent.benchmarks.registry import added_names

        return [*super().list_commands(ctx), *added_names()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command; one of another package is made here, or says why it cannot be."""
        known = super().get_command(ctx, cmd_name)
        if known is not None:
            return known
        from vigorl.agent.benchmarks.registry import added, added_names

        app = App(rich_markup_mode="rich", add_completion=False, no_args_is_help=False)
        try:
            if cmd_name not in added_names():
                return None
            command = type(self).make(added(cmd_name))
        except UsageError as error:
            command = _failing(error)
            app.command(cmd_name, context_settings=_ANYTHING)(command)
        else:
            if command is None:
                return None
            app.command(cmd_name)(command)
        return typer.main.get_command(app)


_ANYTHING = {"ignore_unknown_options": True, "allow_extra_args": True}


def _failing(error: UsageError) -> Callable[[], None]:
    """A command that says what is wrong with the package that adds it."""

    def command() -> None:
        with errors(as_json=False):
            raise error

    command.__doc__ = str(error)
    return command
