"""`vigorl-agent train`: models that learn."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from vigorl.agent.cli.ending import errors
from vigorl.browser.errors import UsageError

app = typer.Typer(help="Make models learn.", no_args_is_help=True)


@app.command("nano")
def train_nano(
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    route: Annotated[
        Literal["pixels", "reading"],
        typer.Option(help="From pixels alone, or from what `reader` reads on the screen."),
    ] = "pixels",
    preset: Annotated[
        Literal["cpu", "gpu"], typer.Option(help="A small network, or the one that is shipped.")
    ] = "cpu",
    minutes: Annotated[float, typer.Option(help="Wall clock.")] = 20.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same lessons.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make lessons.")] = 2,
    world: Annotated[
        list[Path] | None,
        typer.Option(help="Shards of `data generate`, for 'pixels'; may be repeated."),
    ] = None,
    lessons: Annotated[
        Path | None,
        typer.Option(help="What `data oracles` prepared, for 'reading'; default: the package's."),
    ] = None,
    fonts: Annotated[
        list[Path] | None, typer.Option(help="Folders of fonts; default: the system's.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="A checkpoint to go on from; default: random weights.")
    ] = None,
) -> None:
    """Train nano, the smallest model that learns to ground, from random weights.

    Writes metrics.jsonl, a checkpoint to play with (`--model OUT/checkpoint`) and the state to go
    on from.

    [dim]$[/dim] vigorl-agent train nano --minutes 20 --out runs/nano
    """
    with errors(as_json=False):
        try:
            from vigorl.training.nano.recipe import NanoConfig
            from vigorl.training.nano.recipe import train_nano as train
        except ImportError as error:
            raise UsageError(
                f"training needs torch and transformers ({error}): "
                "pip install 'vigorl-agent[model]'"
            ) from error
        config = NanoConfig(
            route, preset, minutes, seed, workers, tuple(fonts or ()), tuple(world or ()), start
        )
        if lessons is not None:
            config = replace(config, lessons=lessons)
        console = Console(stderr=True)
        checkpoint = train(config, out, lambda line: console.print(line, markup=False))
        console.print(f"[green]ready[/green]  {escape(str(checkpoint))}", highlight=False)
