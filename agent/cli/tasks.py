"""`vigorl-agent tasks`: the tasks of benchmarks, to list and to try by hand."""

from typing import Annotated

import typer

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console

app = App(help="List the tasks of benchmarks, or try them by hand.")


@app.command("list")
def tasks_list(
    benchmark: Annotated[
        str,
        typer.Argument(help="Benchmark: tasks (embedded), miniwob, standin, or an added one."),
    ] = "tasks",
    seed: Annotated[int, typer.Option(help="Seed of the goals to show.")] = 0,
    miniwob: Annotated[
        bool, typer.Option("--miniwob", help="The same as the argument miniwob.", hidden=True)
    ] = False,
    standin: Annotated[
        bool, typer.Option("--standin", help="The same as the argument standin.", hidden=True)
    ] = False,
) -> None:
    """Name the tasks of a benchmark, each with its goal for one seed.

    [dim]$[/dim] vigorl-agent tasks list miniwob
    """
    with errors(as_json=False):
        from vigorl.agent.benchmarks.registry import find, with_tasks
        from vigorl.browser.errors import UsageError

        name = "miniwob" if miniwob else "standin" if standin else benchmark
        shown = find(name).tasks
        if shown is None:
            raise UsageError(f"{name} has no list of tasks: name one of {', '.join(with_tasks())}")
        Console().print(shown(seed))


@app.command("serve")
def tasks_serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8720,
) -> None:
    """Serve the embedded tasks to your own browser, until Ctrl-C.

    [dim]$[/dim] vigorl-agent tasks serve --port 8720
    """
    with errors(as_json=False):
        from vigorl.tasks.local.showroom import serve

        Console().print(f"http://127.0.0.1:{port}/  [dim](Ctrl-C ends it)[/dim]", highlight=False)
        play(serve(port))
