"""`vigorl-agent tasks`: what there is to do."""

from typing import Annotated

import typer

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console

app = App(help="The embedded tasks.")


@app.command("list")
def tasks_list(
    seed: Annotated[int, typer.Option(help="Whose words to show.")] = 0,
    miniwob: Annotated[
        bool, typer.Option("--miniwob", help="The tasks of MiniWoB++ instead.")
    ] = False,
    standin: Annotated[
        bool, typer.Option("--standin", help="The tasks on the stand-in sites instead.")
    ] = False,
) -> None:
    """Name the embedded tasks, each with its goal for one seed."""
    with errors(as_json=False):
        if miniwob:
            from vigorl.agent.benchmarks.miniwob import miniwob_table

            Console().print(miniwob_table())
            return
        if standin:
            from vigorl.agent.benchmarks.mock_sites import stand_in_table

            Console().print(stand_in_table())
            return
        from vigorl.agent.benchmarks.embedded import task_table

        Console().print(task_table(seed))


@app.command("serve")
def tasks_serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8720,
) -> None:
    """Serve the embedded tasks to your own browser, until Ctrl-C."""
    with errors(as_json=False):
        from vigorl.tasks.local.showroom import serve

        Console().print(f"http://127.0.0.1:{port}/  [dim](Ctrl-C ends it)[/dim]", highlight=False)
        play(serve(port))
